#!/usr/bin/perl
# what README.md and doc/contact-list.md show is what PostgreSQL prints
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use Document 'run_document';
use Test::More;

cmp_ok(run_document('README.md', 'postgresql'), '>', 15, 'README.md was run');
cmp_ok(run_document('doc/contact-list.md', 'postgresql', 1), '>', 30, 'doc/contact-list.md was run');

done_testing;
