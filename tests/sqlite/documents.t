#!/usr/bin/perl
# what README.md shows is what SQLite prints
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use Document 'run_document';
use Test::More;

cmp_ok(run_document('README.md', 'sqlite'), '>', 3, 'README.md was run');

done_testing;
