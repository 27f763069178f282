#!/usr/bin/perl
# the core, SQLite and PostgreSQL give the same bytes: all cases, and as many texts with odd bytes
use strict;
use warnings;
use File::Temp 'tempdir';
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my @perspectives = qw(default rfc ses hubspot benchmark sisimai sparkpost postmark bmh listmonk);
my $answers = join " || '|' || ", 'bounce_explain(d)%s', 'bounce_event_of(d)', map { "bounce_type(d, '$_')" } @perspectives;

sub slurp { open my $f, '<:raw', $_[0] or die "$_[0]: $!"; return <$f> }
sub spew { my ($name, @lines) = @_; open my $f, '>:raw', $name or die; print $f @lines; close $f or die }

system("build/test/ask texts $ENV{MAILBOUNCE_SOURCE}/tests/cases/*.tsv > $dir/texts") == 0 or die;
system("build/test/ask answers < $dir/texts > $dir/core") == 0 or die;
my @texts = slurp("$dir/texts");
my @core = slurp("$dir/core");
cmp_ok(scalar @texts, '>', 2000, scalar(@texts) . ' texts');

sub same {
    my ($name, $got, $which) = @_;
    my @wanted = map { $core[$_] } @$which;
    my $wrong = 0;
    is(scalar @$got, scalar @wanted, "$name: as many answers");
    for my $i (0 .. $#wanted) {
        next if ($got->[$i] // '') eq $wanted[$i];
        diag("text $texts[$which->[$i]]core    $wanted[$i]$name " . ($got->[$i] // 'nothing')) if $wrong++ < 3;
    }
    is($wrong, 0, "$name answers as the core does, byte for byte");
}

my @all = 0 .. $#texts;
chomp(my @hex = @texts);

# SQLite: blobs, and as text where there is no NUL
my $select = sprintf $answers, '';
spew("$dir/sqlite.sql", "create table t(d);\n", "begin;\n", (map { "insert into t values(x'$_');\n" } @hex), "commit;\n",
    "select $select from t order by rowid;\n", "select bounce_counts(d) from t;\n");
system("sqlite3 -batch -cmd '.load build/sqlite/mailbounce' :memory: < $dir/sqlite.sql > $dir/sqlite") == 0 or die;
my @answers = slurp("$dir/sqlite");
my $counts = pop @answers;
same('SQLite with blobs', \@answers, \@all);
my @no_nul = grep { my $h = $hex[$_]; !grep { $_ eq '00' } unpack '(A2)*', $h } @all;
spew("$dir/sqlite.sql", "create table t(d);\n", "begin;\n", (map { "insert into t values(cast(x'$hex[$_]' as text));\n" } @no_nul), "commit;\n",
    "select $select from t order by rowid;\n");
system("sqlite3 -batch -cmd '.load build/sqlite/mailbounce' :memory: < $dir/sqlite.sql > $dir/sqlite") == 0 or die;
same('SQLite with text', [slurp("$dir/sqlite")], \@no_nul);

# PostgreSQL: bytea for all, text for what UTF-8 allows
$select = sprintf $answers, '::text';
system('psql -Xq -c "SET client_min_messages = warning" -c "CREATE EXTENSION IF NOT EXISTS mailbounce"') == 0 or die;
spew("$dir/pg", map { "$_\t$hex[$_]\n" } @all);
my $setup = "CREATE TEMP TABLE t (i int, h text);\n\\copy t FROM '$dir/pg'\n";
spew("$dir/pg.sql", $setup, "SELECT $select FROM (SELECT i, decode(h, 'hex') d FROM t) t ORDER BY i;\n", "SELECT bounce_counts(decode(h, 'hex')) FROM t;\n");
system("psql -XqAt -v ON_ERROR_STOP=1 -f $dir/pg.sql > $dir/postgres") == 0 or die;
@answers = slurp("$dir/postgres");
is(pop @answers, $counts, 'the same counts of categories');
same('PostgreSQL with bytea', \@answers, \@all);
my @utf8 = grep { my $bytes = pack 'H*', $hex[$_]; utf8::decode($bytes) && $bytes !~ /[\x{d800}-\x{dfff}]/ } @no_nul;
@utf8 = grep { my $b = pack 'H*', $hex[$_]; $b !~ /\xf4[\x90-\xbf]|[\xf5-\xff]/ } @utf8;
spew("$dir/pg", map { "$_\t$hex[$_]\n" } @utf8);
spew("$dir/pg.sql", $setup, "SELECT $select FROM (SELECT i, convert_from(decode(h, 'hex'), 'UTF8') d FROM t) t ORDER BY i;\n");
system("psql -XqAt -v ON_ERROR_STOP=1 -f $dir/pg.sql > $dir/postgres") == 0 or die;
same('PostgreSQL with text', [slurp("$dir/postgres")], \@utf8);

done_testing();
