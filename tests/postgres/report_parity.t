#!/usr/bin/perl
# the report of the same list is the same in PostgreSQL and SQLite, byte for byte
use strict;
use warnings;
use File::Temp 'tempdir';
use POSIX 'strftime';
use Test::More;

my $source = $ENV{MAILBOUNCE_SOURCE};
my $dir = tempdir(CLEANUP => 1);
my $now = strftime('%Y-%m-%dT%H:00:00Z', gmtime);

sub slurp { my ($name) = @_; local $/; open my $in, '<', $name or die "$name: $!"; return scalar <$in> }
sub make {
    my ($out, $database, @argument) = @_;
    return system('perl', "$source/report/report.pl", '--extension=build/sqlite/mailbounce', '--title=shop', "--now=$now", "--out=$dir/$out", @argument, $database);
}

my %list = (none => undef, little => '--contacts=3 --campaigns=2 --domains=1', normal => '', hostile => '--contacts=100 --campaigns=6 --hostile');
for my $name (sort keys %list) {
    # a name that needs quotes, for one of them
    my $schema = $name eq 'little' ? 'My "list"' : 'contact_list';
    my $path = $schema =~ s/"/""/gr;
    is(system("createdb report_$name"), 0, "a database: $name");
    is(system("psql -Xq -v ON_ERROR_STOP=1 -d report_$name -v schema='$schema' -f $source/sql/contact_list_postgresql.sql >$dir/log 2>&1"), 0, '... with the kit') or diag(slurp("$dir/log"));
    system("sqlite3 -batch -cmd '.load build/sqlite/mailbounce' $dir/$name.db < $source/sql/contact_list_sqlite.sql >$dir/log") == 0 or die slurp("$dir/log");
    if (defined $list{$name}) {
        open my $sql, '>', "$dir/$name.sql" or die;
        print $sql qq(SET search_path = "$path", public;\n);
        close $sql;
        system("perl $source/report/sample.pl --now=$now $list{$name} >$dir/sample.sql && cat $dir/sample.sql >>$dir/$name.sql") == 0 or die;
        is(system("PGCLIENTENCODING=UTF8 psql -Xq -v ON_ERROR_STOP=1 -d report_$name -f $dir/$name.sql >$dir/log 2>&1"), 0, '... and rows') or diag(slurp("$dir/log"));
        is(system("sqlite3 -batch -cmd '.load build/sqlite/mailbounce' $dir/$name.db < $dir/sample.sql"), 0, '... in both');
    }
    for my $argument (['--language=en'], ['--language=zh'], ['--language=en', '--bars']) {
        is(make('lite', "$dir/$name.db", @$argument), 0, "@$argument: SQLite");
        is(make('pg', "dbname=report_$name", "--schema=$schema", @$argument), 0, '... PostgreSQL');
        my ($lite, $pg) = map { slurp("$dir/$_") } qw(lite pg);
        cmp_ok(length $lite, '>', 300, '... something');
        ok($lite eq $pg, '... the same') or diag(`diff $dir/lite $dir/pg | cut -c1-500 | head -20`);
    }
}

# other ways to say which database
is(make('uri', "postgresql:///report_normal?host=$ENV{PGHOST}&user=$ENV{PGUSER}", '--language=en', '--bars'), 0, 'a URI');
ok(slurp("$dir/uri") eq do { make('lite', "$dir/normal.db", '--language=en', '--bars'); slurp("$dir/lite") }, '... says the same');
{
    open my $service, '>', "$dir/service" or die;
    print $service "[shop]\ndbname=report_normal\n";
    close $service;
    local $ENV{PGSERVICEFILE} = "$dir/service";
    is(make('by_service', 'service=shop', '--language=en', '--bars'), 0, 'a service');
    ok(slurp("$dir/lite") eq slurp("$dir/by_service"), '... says the same');
}
like(`perl $source/report/report.pl dbname=postgres --schema=nowhere 2>&1`, qr/contact-list kit|has no mailbounce/, 'no kit: a sentence');

system("dropdb report_$_") for sort keys %list;
done_testing();
