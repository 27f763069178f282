#!/usr/bin/perl
# matcher.t - the matcher against a simple one, on random rules and texts (tests/fuzz/match.c).
use strict;
use warnings;
use Test::More;

my $n = $ENV{MAILBOUNCE_MATCHES} || 20000;
for my $seed (1 .. 4) {
    my $out = `build/test/match_random $n $seed 2>&1`;
    is($?, 0, "$n random rule sets, seed $seed") or diag(substr($out, -2000));
}
done_testing();
