# Writers.pm - what many writers leave behind, for the tests that run them: are all acknowledged events there, each once, none half?
#
# The name of an event says which unit it came with, as 'c3.17.2of5': the second event of five that client 3 wrote in one statement or
# transaction, its seventeenth. 'bad' at the end marks one that cannot be read. It knows no database.
package Writers;

use strict;
use warnings;
use Exporter 'import';
use POSIX 'WNOHANG';

our @EXPORT_OK = qw(faults start running finish slurp);

# faults(\%acknowledged, \@stored, \@rejected, \@deleted): units that were acknowledged, and names of events; returns sentences
sub faults {
    my ($acknowledged, $stored, $rejected, $deleted) = @_;
    my (%times, %known, @faults);

    $times{$_}++ for @$stored;
    push @faults, map { "$_ is stored $times{$_} times" } grep { $times{$_} > 1 } sort keys %times;
    push @faults, map { "$_ is stored although it cannot be read" } grep { /bad$/ } sort keys %times;
    push @faults, map { "$_ is rejected although it can be read" } grep { !/bad$/ } @$rejected;
    for my $name (@$stored, @$rejected, @$deleted) {
        my ($unit, $number, $of) = $name =~ /^(.*)\.(\d+)of(\d+)(?:bad)?$/ or die "event $name";
        $known{$unit}{of} = $of;
        $known{$unit}{have}{$number} = 1;
    }
    for my $unit (sort keys %known) {
        my $have = keys %{$known{$unit}{have}};
        push @faults, "$unit is there by halves: $have of $known{$unit}{of}" if $have != $known{$unit}{of};
    }
    push @faults, map { "$_ was acknowledged and is missing" } grep { !$known{$_} } sort keys %$acknowledged;
    return @faults;
}

# a process in the background; its input and complaints are files, its output is one or, without a name, a pipe (from)
sub start {
    my ($in, $out, $err, @command) = @_;
    my ($from, $to);
    if (!defined $out) {
        pipe $from, $to or die "pipe: $!";
    }
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        open STDIN, '<', $in or die "$in: $!";
        open STDERR, '>', $err or die "$err: $!";
        open STDOUT, $to ? '>&' : '>', $to // $out or die "output: $!";
        exec @command or die "$command[0]: $!";
    }
    close $to if $to;
    return {pid => $pid, out => $out, err => $err, from => $from};
}

sub running {
    my ($process) = @_;
    return 0 if defined $process->{status};
    return 1 if waitpid($process->{pid}, WNOHANG) == 0;
    $process->{status} = $?;
    return 0;
}

sub finish {
    my ($process) = @_;
    return $process->{status} if defined $process->{status};
    waitpid($process->{pid}, 0);
    return $process->{status} = $?;
}

sub slurp {
    my ($name) = @_;
    open my $f, '<', $name or die "$name: $!";
    my @lines = <$f>;
    chomp @lines;
    return @lines;
}

1;
