#!/usr/bin/perl
# random histories give the same summaries and the same bytes in SQLite and PostgreSQL, and a value moves between them
use strict;
use warnings;
use File::Temp 'tempdir';
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my (@policy, @rows);
my $model = "$ENV{MAILBOUNCE_SOURCE}/tests/model";
system("perl $model/generate.pl 3000 11 > $dir/cases && perl $model/run.pl $dir/cases > $dir/answers") == 0 or die;
my @cases = @{slurp('cases')};
my @answers = @{slurp('answers')};
for my $i (0 .. $#cases) {
    chomp(my $case = $cases[$i]);
    my ($policy, $events) = split /\t/, $case;
    # errors are tested elsewhere
    next if $policy =~ /'/ || $answers[$i] !~ /^\{/;
    push @policy, $policy;
    for my $pair (split /,/, $events // '') {
        my ($event, $at) = $pair =~ /^(.*)@([^@]*)$/ or next;
        push @rows, [scalar @policy, $event, $at] if $at =~ /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?$/;
    }
}
cmp_ok(scalar @rows, '>', 10000, scalar(@rows) . ' events of ' . @policy . ' contacts');

sub spew { my ($name, @lines) = @_; open my $f, '>', "$dir/$name" or die; print $f @lines; close $f or die }
sub slurp { open my $f, '<', "$dir/$_[0]" or die; my @lines = <$f>; return \@lines }

spew('policy', map { ($_ + 1) . "\t$policy[$_]\n" } 0 .. $#policy);
spew('event', map { join("\t", @$_) . "\n" } @rows);
my $common = "FROM policy p JOIN event e USING (c) GROUP BY p.c, policy ORDER BY p.c";

spew('lite.sql', "create table policy(c integer, policy text); create table event(c integer, event text, at text);\n.mode tabs\n",
    map({ ".import $dir/$_ $_\n" } qw(policy event)), ".mode list\n.once $dir/lite\n",
    "select p.c || '|' || bounce_summary(event, at, policy) || '|' || lower(hex(bounce_history(event, at))) $common;\n");
system("sqlite3 -batch -cmd '.load build/sqlite/mailbounce' :memory: < $dir/lite.sql") == 0 or die;
spew('pg.sql', "SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS mailbounce; SET timezone = 'UTC'; CREATE TEMP TABLE policy (c int, policy text); CREATE TEMP TABLE event (c int, event text, at timestamptz);\n",
    map({ "\\copy $_ from '$dir/$_'\n" } qw(policy event)), "\\o $dir/pg\n",
    "SELECT p.c || '|' || bounce_summary(event, at, policy)::text || '|' || substr(bounce_history(event, at)::text, 3) $common;\n",
    "CREATE TEMP TABLE lite (line text);\n\\o\n\\copy lite from '$dir/lite' (delimiter E'\\x01', format csv, quote E'\\x02')\n",
    "SELECT count(*) FROM lite JOIN policy p ON p.c = split_part(line, '|', 1)::int WHERE bounce_summary_of(('\\x' || split_part(line, '|', 3))::bounce_history, policy)::text <> split_part(line, '|', 2);\n");
my $moved = `psql -XqAt -v ON_ERROR_STOP=1 -f $dir/pg.sql`;
is($?, 0, 'PostgreSQL reads them');

my ($lite, $pg) = (slurp('lite'), slurp('pg'));
cmp_ok(scalar @$lite, '>', 2000, scalar(@$lite) . ' answers');
is(scalar @$pg, scalar @$lite, 'as many in both');
my @wrong = grep { $lite->[$_] ne $pg->[$_] } 0 .. $#$lite;
is(scalar @wrong, 0, 'the same, byte for byte') or diag("SQLite     $lite->[$wrong[0]]PostgreSQL $pg->[$wrong[0]]");
is($moved, "0\n", 'a history of SQLite gives the same answer in PostgreSQL');

done_testing();
