#!/usr/bin/perl
# the scheduled job, run by real schedulers' means: pg_cron in a server of its own; in SQLite, the commands of doc/scale.md
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use Cwd 'abs_path';
use File::Temp 'tempdir';
use Test::More;

my $share;
BEGIN {
    chomp($share = `\${PG_CONFIG:-pg_config} --sharedir`);
    plan skip_all => 'this server has no pg_cron' unless -f "$share/extension/pg_cron.control";
}
use Servers servers => 'main', conf => <<'CONF';
shared_preload_libraries = 'pg_cron'
cron.database_name = 'postgres'
cron.use_background_workers = on
timezone = 'Asia/Shanghai'
CONF

my $source = abs_path($ENV{MAILBOUNCE_SOURCE});
sub slurp { my ($name) = @_; local $/; open my $f, '<', $name or die "$name: $!"; return scalar <$f> }

# Bob's bounce is of yesterday, Ann's is older than the hold: nobody has looked since, so she still counts as confirmed
my $contacts = "INSERT INTO contact(email) VALUES ('ann\@example.com'), ('bob\@example.com'), ('eve\@example.com');";
my $policy = "UPDATE setting SET value = 'hard=1 hold=30d' WHERE name = 'policy';";
my $states = "SELECT email || '=' || bounce_state FROM address ORDER BY email";
my $left = "SELECT email FROM contact ORDER BY email";
my $archive = "SELECT email || ' ' || rule || ' ' || category FROM archived_contact";
my $before = "ann\@example.com=confirmed\nbob\@example.com=confirmed\neve\@example.com=active";
my $after = "ann\@example.com=active\nbob\@example.com=confirmed\neve\@example.com=active";

# ---- PostgreSQL ----

like(psql('main', "\\i $source/sql/contact_list_postgresql.sql"), qr/^contact list ready/, 'the contact list is there');
my $in_kit = 'SET search_path = contact_list, public;';
is(psql('main', <<"SQL"), '', 'and filled');
$in_kit $policy $contacts
INSERT INTO bounce_event(email, at, diagnostic) VALUES ('ann\@example.com', now() - interval '40 days', '550 5.1.1 User unknown'),
    ('bob\@example.com', now() - interval '1 day', '550 5.1.1 User unknown'), ('eve\@example.com', now() - interval '1 day', 'delivered');
SQL
is(psql('main', "$in_kit $states"), $before, 'states are those of the last events');

# pg_cron knew only minutes before 1.5
psql('main', 'CREATE EXTENSION pg_cron');
my $seconds = psql('main', "SELECT string_to_array(split_part(extversion, '-', 1), '.')::int[] >= '{1,5}' FROM pg_extension WHERE extname = 'pg_cron'");
my $schedule = $seconds eq 't' ? '5 seconds' : '* * * * *';
like(psql('main', "\\i $source/sql/schedule_postgresql.sql", "-v schedule='17 * * * *'"), qr/^\d+$/, 'the job is scheduled');
like(psql('main', "\\i $source/sql/schedule_postgresql.sql", "-v schedule='$schedule'"), qr/^\d+$/, 'and again, more often');
is(psql('main', 'SELECT jobname, schedule FROM cron.job'), "contact_list|$schedule", 'there is one job');

# ---- SQLite, while pg_cron waits for its minute ----

my ($doc) = slurp("$source/doc/scale.md") =~ /^## The scheduled job$(.*?)(?:^## |\z)/ms;
my @commands = $doc =~ /^(?:17 \* \* \* \* |ExecStart=)(.*sqlite3 .*)$/mg;
is(scalar @commands, 2, 'the documentation shows two ways');
my $dir = tempdir(CLEANUP => 1);
my $load = abs_path('build/sqlite/mailbounce.so') =~ s/\.so$//r;
for my $command (@commands) {
    my $list = "$dir/list" . ($command =~ m{^/} ? 1 : 2) . '.db';
    my $sqlite = "sqlite3 -batch -bail -cmd '.load $load' $list";
    like(`$sqlite < $source/sql/contact_list_sqlite.sql 2>&1`, qr/^contact list ready/, 'the contact list is there');
    open my $shell, '|-', $sqlite or die;
    print $shell "$policy $contacts INSERT INTO bounce_event(email, at, diagnostic) VALUES ('ann\@example.com', datetime('now', '-40 days'), '550 5.1.1 User unknown'),
        ('bob\@example.com', datetime('now', '-1 day'), '550 5.1.1 User unknown'), ('eve\@example.com', datetime('now', '-1 day'), 'delivered');\n";
    close $shell or die;
    is(`$sqlite "$states"`, "$before\n", 'states are those of the last events');
    $command =~ s{/usr/local/lib/mailbounce}{$load} or die;
    $command =~ s{/srv/list\.db}{$list} or die;
    $command =~ s{/usr/local/share/mailbounce}{$source/sql} or die;
    is(`$command 2>&1`, '', "$command: says nothing");
    is($?, 0, '... and succeeds');
    is(`$sqlite "$states"`, "$after\n", '... the hold has lapsed');
    is(`$sqlite "$archive"`, "bob\@example.com confirmed user_unknown\n", '... who is confirmed is in the archive');
    is(`$sqlite "$left"`, "ann\@example.com\neve\@example.com\n", '... and the others are on the list');
    isnt(system(($command =~ s/\Q$list\E/$dir\/empty.db/r) . " >$dir/said 2>&1"), 0, '... a list that is none: it fails');
}

# ---- PostgreSQL again ----

is(wait_for('main', 'SELECT DISTINCT status FROM cron.job_run_details WHERE end_time IS NOT NULL', 'succeeded'), 'succeeded', 'pg_cron has run the job')
    or diag(psql('main', 'SELECT * FROM cron.job_run_details'));
is(psql('main', "$in_kit $states"), $after, 'the hold has lapsed');
is(psql('main', "$in_kit $archive"), "bob\@example.com confirmed user_unknown", 'who is confirmed is in the archive');
is(psql('main', "$in_kit $left"), "ann\@example.com\neve\@example.com", 'and the others are on the list');
is(psql('main', "$in_kit SELECT count(*) FROM time_change"), '0', 'time has nothing to change');
is(psql('main', "SELECT cron.unschedule('contact_list')"), 't', 'no longer scheduled');

done_testing();
