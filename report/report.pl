#!/usr/bin/perl
# report.pl - a contact list as a page to look at, or as bars in the terminal.
#
#     perl report/report.pl [--language=en|zh] [--out=report.html] DATABASE
#     perl report/report.pl --bars DATABASE
#
# DATABASE is a SQLite file or whatever psql takes as a connection string. `make report` says the rest. The parts: sql/report.sql asks,
# List.pm hands the questions to sqlite3 or psql, Words.pm and texts.tsv speak, Page.pm and style.css draw, Bars.pm draws in letters.
use strict;
use warnings;
use FindBin '$Bin';
use lib $Bin;
use Encode 'decode';
use Getopt::Long;
use POSIX 'strftime';
use Time::Local 'timegm';
use Bars 'bars';
use List;
use Page 'page';
use Words;

my %option = (bars => 0, extension => 'build/sqlite/mailbounce', schema => 'contact_list');
GetOptions(\%option, 'bars', 'ascii', 'extension=s', 'language:s', 'now:s', 'out=s', 'schema=s', 'title:s') && @ARGV == 1
    or die "usage: report.pl [--bars [--ascii]] [--language=en|zh] [--now=TIME] [--title=TEXT] [--out=FILE] [--schema=NAME] [--extension=FILE] DATABASE\n";
my ($database) = @ARGV;

# the reader's locale, unless the language is named
my $locale = (grep { defined && $_ ne '' } @ENV{qw(LC_ALL LC_CTYPE LANG)}, 'C')[0];
my $messages = (grep { defined && $_ ne '' } @ENV{qw(LC_ALL LC_MESSAGES LANG)}, 'C')[0];
$option{ascii} //= $locale !~ /utf-?8/i;
$option{language} = $messages =~ /^zh/ ? 'zh' : 'en' if ($option{language} // '') eq '';
$option{language} = 'en' if $option{bars} && $option{ascii};
$option{now} = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime) if ($option{now} // '') eq '';

sub seconds_of {
    my @t = $_[0] =~ /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)/ or die "report: '$_[0]' is no time; one is 2026-01-02T03:04:05Z\n";
    return timegm(0, $t[4], $t[3], $t[2], $t[1] - 1, $t[0]);
}
seconds_of($option{now});

# a year of months
my ($year, $month) = $option{now} =~ /^(\d{4})-(\d\d)/;
my @months = map { my $n = $year * 12 + $month - 1 - $_; sprintf '%04d-%02d', int($n / 12), $n % 12 + 1 } reverse 0 .. 11;

my $answer = List::ask($database, "$Bin/../sql/report.sql", \%option, first_month => "'$months[0]'", last_month => "'$months[-1]'");
my $words = Words->new("$Bin/texts.tsv", $option{language});
my %report = (title => decode('UTF-8', ($option{title} // '') ne '' ? $option{title} : List::title_of($database)), now => $option{now}, months => \@months, seconds_of => \&seconds_of, ascii => $option{ascii});

my $text;
if ($option{bars}) {
    $text = bars($words, $answer, \%report);
} else {
    open my $style, '<:encoding(UTF-8)', "$Bin/style.css" or die "style.css: $!\n";
    $report{style} = do { local $/; <$style> =~ s{/\*.*?\*/\n?}{}sgr };
    $text = page($words, $answer, \%report);
}

my $out = \*STDOUT;
if (defined $option{out}) {
    open $out, '>', $option{out} or die "report: $option{out}: $!\n";
}
binmode $out, ':encoding(UTF-8)';
print $out $text;
close $out or die "report: $!\n";
