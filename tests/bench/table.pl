#!/usr/bin/perl
# table.pl - samples to a table of ratios with their marks.
#
#   table.pl SECTION marks.tsv < samples
#
# A sample is a line "name<TAB>value"; the nth samples of two names belong to the same round. Lines "note<TAB>text" go below.
# Without a section it prints the head of the table.
use strict;
use warnings;

my ($section, $marks) = @ARGV;
my $format = "%-62s | %-26s | %-8s | %-6s | %s\n";
if (!defined $marks) {
    printf $format, 'what', 'ratio [min-max]', 'mark', '', 'ns/row';
    printf "%s\n", '-' x 124;
    exit 0;
}

my (%samples, @notes);
while (my $line = <STDIN>) {
    chomp $line;
    my ($name, $value) = split /\t/, $line, 2;
    if ($name eq 'note') { push @notes, $value unless grep { $_ eq $value } @notes }
    else                 { push @{ $samples{$name} }, $value }
}

sub median { my @s = sort { $a <=> $b } @_; return ($s[ $#s / 2 ] + $s[ @s / 2 ]) / 2 }

# three digits that count
sub number {
    my ($n) = @_;
    my $size = abs $n;
    return sprintf $size >= 100 ? '%.0f' : $size >= 10 ? '%.1f' : $size >= 1 || $size == 0 ? '%.2f' : '%.3f', $n;
}

my %combine = (
    ratio  => sub { $_[0] / $_[1] },
    faster => sub { $_[1] / $_[0] },
    more   => sub { $_[0] - $_[1] },
    value  => sub { $_[0] },
);

print "$section\n";
open my $in, '<', $marks or die "$marks: $!\n";
while (my $line = <$in>) {
    chomp $line;
    next if $line =~ /^#/;
    my ($of, $what, $form, $measured, $against, $mark) = split /\t/, $line, -1;
    next if $of ne $section;
    my @a = @{ $samples{$measured} // [] };
    my @b = $against eq '' ? @a : @{ $samples{$against} // [] };
    my $n = @a < @b ? @a : @b;
    if ($n == 0) {
        printf $format, "  $what", 'not measured', $mark, '', '';
        next;
    }
    my @results = map { $combine{$form}->($a[$_], $b[$_]) } 0 .. $n - 1;
    my $median  = median(@results);
    my ($least, $most) = (sort { $a <=> $b } @results)[0, -1];
    my $range = $n > 1 ? sprintf ' [%s-%s]', number($least), number($most) : '';
    my $verdict = '';
    if ($mark =~ /^(<=|>=) (\S+)$/) {
        $verdict = ($1 eq '<=' ? $median <= $2 : $median >= $2) ? 'ok' : 'missed';
    }
    my $hint = $form eq 'value' || $form eq 'more' ? '' : sprintf '%.0f', median(@a);
    $hint .= sprintf ' against %.0f', median(@b) if $hint ne '';
    printf $format, "  $what", number($median) . $range, $mark, $verdict, $hint;
}
print "    $_\n" for @notes;
