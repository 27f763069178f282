#!/usr/bin/perl
# pg_dump and restore of a table with a stored generated column and an expression index over histories
use strict;
use warnings;
use File::Temp 'tempdir';
use Test::More;

my $dir = tempdir(CLEANUP => 1);
sub psql { my ($db, $sql) = @_; my $out = qx{psql -XAtq -d "$db" -v ON_ERROR_STOP=1 -c "$sql" 2>&1}; chomp $out; return $out }

psql('postgres', "CREATE DATABASE before");
is(psql('before', <<'SQL'), '', 'a list with histories');
CREATE SCHEMA kit; CREATE EXTENSION mailbounce SCHEMA kit;
CREATE TABLE address (email text PRIMARY KEY, bounces kit.bounce_history, diagnostic text,
    category text GENERATED ALWAYS AS (kit.classify_bounce(diagnostic)) STORED,
    state text GENERATED ALWAYS AS (kit.bounce_state_of(bounces, 'benchmark')) STORED);
CREATE INDEX ON address (kit.bounce_sendable_of(bounces));
INSERT INTO address (email, bounces, diagnostic)
    SELECT 'user' || i || '@example.com', (SELECT kit.bounce_history(CASE (i + k) % 4 WHEN 0 THEN 'open' ELSE 'hard' END, timestamptz '2026-01-01Z' + k * interval '1 day')
        FROM generate_series(1, i % 9) k), CASE i % 2 WHEN 0 THEN '550 user unknown' END FROM generate_series(1, 300) i;
SQL
my $all = "SELECT md5(string_agg(a::text, E'\\n' ORDER BY email)), count(*) FROM address a";
my $wanted = psql('before', $all);
like($wanted, qr/\|300$/, 'is filled');
for my $format ('p', 'c') {
    system("pg_dump -F$format -d before -f $dir/dump") == 0 or die;
    psql('postgres', "CREATE DATABASE after_$format");
    system($format eq 'p' ? "psql -Xq -v ON_ERROR_STOP=1 -d after_p -f $dir/dump > $dir/log 2>&1" : "pg_restore -d after_c $dir/dump > $dir/log 2>&1");
    is($?, 0, "format $format is restored") or diag(`cat $dir/log`);
    is(psql("after_$format", $all), $wanted, 'and is the same');
    is(psql("after_$format", 'SELECT count(*) FROM address WHERE state IS DISTINCT FROM kit.bounce_state_of(bounces, \'benchmark\')'), '0', 'states too');
}
# binary COPY goes through send and receive
system("psql -Xq -d before -c \"\\copy (SELECT email, bounces FROM address) TO '$dir/binary' (FORMAT binary)\"") == 0 or die;
psql('after_p', 'CREATE TABLE copied (email text, bounces kit.bounce_history)');
system("psql -Xq -d after_p -c \"\\copy copied FROM '$dir/binary' (FORMAT binary)\"") == 0 or die;
is(psql('after_p', 'SELECT count(*) FROM copied c JOIN address a USING (email) WHERE a.bounces::text IS NOT DISTINCT FROM c.bounces::text'), '300', 'binary form');

done_testing();
