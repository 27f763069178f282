#!/usr/bin/perl
# the unit tests in C: each program of tests/unit prints TAP, which is renumbered here
use strict;
use warnings;
use Test::More;

for my $source (sort glob "$ENV{MAILBOUNCE_SOURCE}/tests/unit/*.c") {
    my ($name) = $source =~ m{([^/]+)\.c$};
    my @lines = `CMOCKA_MESSAGE_OUTPUT=TAP build/test/$name 2>&1`;
    my $status = $?;
    for (@lines) {
        if (/^(not )?ok \d+ - (.*)/) { ok(!$1, "$name: $2") }
        elsif (/^# / || !/^(1\.\.|TAP version)/) { diag($_) if $status }
    }
    is($status, 0, "$name ends well");
}
done_testing();
