#!/usr/bin/perl
# run.pl - the model's answers: reads lines "policy TAB event@time,event@time,…" (from files or standard input) and
# prints, for each, the summary as JSON, or "error: " and what is wrong.
#
#   run.pl [--bound=N] [file …]        N: how many events a history holds
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use State qw(parse_event parse_time state_of summary_json);

my $bound;
while (@ARGV && $ARGV[0] =~ /^--bound=(\d+)\z/) {
    $bound = $1;
    shift @ARGV;
}

sub read_life {
    my ($text) = @_;
    my @events;
    for my $word (split /,/, $text) {
        my ($event, $time) = $word =~ /^(.*)@(.*)\z/s or die "'$word' is not event\@time\n";
        push @events, [parse_event($event), parse_time($time)];
    }
    return \@events;
}

while (my $line = <>) {
    chomp $line;
    my ($policy, $life) = split /\t/, $line, -1;
    my $answer = eval { summary_json(state_of(read_life($life // ''), $policy, $bound)) };
    print defined $answer ? "$answer\n" : "error: $@";
}
