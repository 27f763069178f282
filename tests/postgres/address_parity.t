#!/usr/bin/perl
# the core, SQLite and PostgreSQL say the same of addresses: all cases, and as many with odd bytes
use strict;
use warnings;
use File::Temp 'tempdir';
use Test::More;

my $dir = tempdir(CLEANUP => 1);

sub slurp { open my $f, '<:raw', $_[0] or die "$_[0]: $!"; chomp(my @lines = <$f>); return @lines }
sub spew { my ($name, @lines) = @_; open my $f, '>:raw', $name or die; print $f @lines; close $f or die }

system("build/test/ask texts $ENV{MAILBOUNCE_SOURCE}/tests/addresses.tsv > $dir/texts") == 0 or die;
system("build/test/ask checks < $dir/texts > $dir/core") == 0 or die;
my @hex = slurp("$dir/texts");
my @core = slurp("$dir/core");
cmp_ok(scalar @hex, '>', 1000, scalar(@hex) . ' addresses');

sub same {
    my ($name, $which) = @_;
    my @got = slurp("$dir/got");
    is(scalar @got, scalar @$which, "$name: as many answers");
    my @wrong = grep { $got[$_] ne $core[$which->[$_]] } 0 .. $#$which;
    is(scalar @wrong, 0, "$name says what the core does") or diag("$hex[$which->[$wrong[0]]]: $core[$which->[$wrong[0]]], $name: $got[$wrong[0]]");
}

sub sqlite {
    my ($name, $value, @which) = @_;
    spew("$dir/sql", "create table t(d);\n", "begin;\n", (map { sprintf "insert into t values($value);\n", $hex[$_] } @which),
        "commit;\n", "select email_check(d) || '|' || coalesce(email_suggestion(d), '') from t order by rowid;\n");
    system("sqlite3 -batch -cmd '.load build/sqlite/mailbounce' :memory: < $dir/sql > $dir/got") == 0 or die;
    same($name, \@which);
}

sub postgres {
    my ($name, $database, @which) = @_;
    spew("$dir/rows", map { "$_\t$hex[$_]\n" } @which);
    spew("$dir/sql", "SET client_min_messages = warning;\nCREATE EXTENSION IF NOT EXISTS mailbounce;\nCREATE TEMP TABLE t (i int, h text);\n",
        "\\copy t FROM '$dir/rows'\n", "SET client_encoding = 'UTF8';\n",
        "SELECT email_check(d) || '|' || coalesce(email_suggestion(d), '') FROM (SELECT i, convert_from(decode(h, 'hex'), 'UTF8') d FROM t) t ORDER BY i;\n");
    system("psql -XqAt -v ON_ERROR_STOP=1 -d $database -f $dir/sql > $dir/got") == 0 or die;
    same($name, \@which);
}

my @all = 0 .. $#hex;
my @no_nul = grep { $hex[$_] !~ /^(?:..)*00/ } @all;
my @utf8 = grep {
    my $b = pack 'H*', $hex[$_];
    $b !~ /\xf4[\x90-\xbf]|[\xf5-\xff]/ && utf8::decode($b) && $b !~ /[\x{d800}-\x{dfff}]/
} @no_nul;
my @latin1 = grep { my $b = pack 'H*', $hex[$_]; utf8::decode($b); $b !~ /[^\x00-\xff]/ } @utf8;

sqlite('SQLite with blobs', "x'%s'", @all);
sqlite('SQLite with text', "cast(x'%s' as text)", @no_nul);
postgres('PostgreSQL', 'postgres', @utf8);
system(q{psql -Xqc "CREATE DATABASE latin1 ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'"}) == 0 or die;
postgres('PostgreSQL in LATIN1', 'latin1', @latin1);
cmp_ok(scalar(grep { my $b = pack 'H*', $hex[$_]; $b =~ /[\x80-\xff]/ } @latin1), '>', 5, 'with letters beyond ASCII');
system('psql -Xqc "DROP DATABASE latin1"') == 0 or die;

done_testing();
