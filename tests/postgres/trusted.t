#!/usr/bin/perl
# a user who owns a database but is no superuser installs the extension and reads every view; also in other encodings
use strict;
use warnings;
use Test::More;

sub psql { my ($db, $sql) = @_; my $out = qx{psql -X -A -t -d "$db" -v ON_ERROR_STOP=1 -c "$sql" 2>&1}; chomp $out; return $out }

psql('postgres', "CREATE ROLE owner LOGIN");
for my $case (['UTF8', 37], ['LATIN1', 0], ['EUC_CN', 37], ['SQL_ASCII', 37]) {
    my ($encoding, $chinese) = @$case;
    my $db = lc "owned_$encoding";
    psql('postgres', "CREATE DATABASE $db OWNER owner ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
    my $as_owner = "dbname=$db user=owner";
    is(psql($as_owner, 'CREATE EXTENSION mailbounce'), 'CREATE EXTENSION', "$encoding: trusted");
    is(psql($as_owner, 'SELECT count(*), count(definition_zh) FROM bounce_categories'), "37|$chinese", "$encoding: the view is readable");
    is(psql($as_owner, "SELECT classify_bounce('550 user unknown')"), 'user_unknown', "$encoding: and the functions");
}
psql('postgres', 'CREATE ROLE reader LOGIN');
is(psql('dbname=owned_utf8 user=reader', 'SELECT count(*) FROM bounce_categories'), '37', 'anybody may read the view');
is(psql('dbname=owned_utf8', 'CREATE SCHEMA other; ALTER EXTENSION mailbounce SET SCHEMA other; SELECT count(*) FROM other.bounce_categories'), "CREATE SCHEMA\nALTER EXTENSION\n37", 'it can be moved');

done_testing();
