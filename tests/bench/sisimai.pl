#!/usr/bin/perl
# sisimai.pl ROWS.txt N - what Sisimai (Debian's libsisimai-perl) needs for a diagnostic text: samples for table.pl.
#
#   peers.match   Sisimai::Reason->match(text), the call for a text alone
#   peers.get     what Sisimai does with the text of a bounce that it has taken apart: Sisimai::SMTP::Status->find(text),
#                 Sisimai::SMTP::Reply->find(text), then Sisimai::Reason->get(object with the text and these codes)
use strict;
use warnings;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($path, $n) = @ARGV;
if (!eval { require Sisimai::Reason; require Sisimai::Data; require Sisimai::SMTP::Status; require Sisimai::SMTP::Reply; 1 }) {
    print "note\tSisimai is not installed (libsisimai-perl)\n";
    exit 0;
}

my %of = (n => "\n", r => "\r", t => "\t", '\\' => '\\');
my @rows;
open my $in, '<:raw', $path or die "$path: $!\n";
while (@rows < $n && defined(my $row = <$in>)) {
    chomp $row;
    $row =~ s/\\([nrt\\])/$of{$1}/g;
    push @rows, $row;
}

sub by_match { return Sisimai::Reason->match($_[0]) }

sub by_get {
    my ($text) = @_;
    my %given = (
        (map { $_ => '' } qw(reason action smtpcommand diagnostictype recipient)),
        diagnosticcode => $text,
        deliverystatus => Sisimai::SMTP::Status->find($text) || '',
        replycode      => Sisimai::SMTP::Reply->find($text)  || '',
    );
    return Sisimai::Reason->get(bless \%given, 'Sisimai::Data');
}

sub measure {
    my ($name, $ask) = @_;
    my $known = 0;
    $ask->($_) for @rows[ 0 .. 99 ];
    my $start = clock_gettime(CLOCK_MONOTONIC);
    for my $row (@rows) { my $reason = $ask->($row); $known++ if $reason && $reason !~ /^(?:undefined|onhold)$/ }
    my $took = clock_gettime(CLOCK_MONOTONIC) - $start;
    printf "%s\t%.0f\n", $name, $took * 1e9 / @rows;
    printf "note\tSisimai %s: %s finds a reason for %.1f %% of %d rows\n", Sisimai->version, $name, 100 * $known / @rows, scalar @rows;
}

require Sisimai;
measure('peers.match', \&by_match);
measure('peers.get',   \&by_get);
