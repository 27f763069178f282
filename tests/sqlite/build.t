#!/usr/bin/perl
# the loadable library and the linked-in one
use strict;
use warnings;
use Test::More;

my @exported = grep { /^sqlite3_|^bnc_/ } map { (split)[2] } grep { / T / } `nm -D build/sqlite/mailbounce.so`;
is("@exported", 'sqlite3_mailbounce_init', 'one symbol is exported');

is(`build/test/static_link`, "user_unknown\nhard\n", 'linked into a program, with sqlite3_auto_extension');

is(`sqlite3 -batch :memory: ".load build/sqlite/mailbounce" ".load build/sqlite/mailbounce" "select classify_bounce('550 user unknown')"`,
    "user_unknown\n", 'loading twice does no harm');

done_testing();
