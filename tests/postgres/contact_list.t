#!/usr/bin/perl
# the contact-list kit where one session is not enough: installing it, rights, bulk loads, sessions that meet, dump and restore
use strict;
use warnings;
use File::Temp 'tempdir';
use IPC::Open2;
use Test::More;

my $kit = "$ENV{MAILBOUNCE_SOURCE}/sql/contact_list_postgresql.sql";
my $dir = tempdir(CLEANUP => 1);
sub psql { my ($db, $sql) = @_; open my $f, '>', "$dir/sql" or die; print $f $sql; close $f; my $out = qx{psql -XAtq -d "$db" -v ON_ERROR_STOP=1 -f $dir/sql 2>&1}; chomp $out; return $out }
sub install { my ($db, @options) = @_; my $out = qx{psql -X -d "$db" @options -f $kit 2>&1}; return $out }

# ---- installing ----

psql('postgres', 'CREATE ROLE keeper LOGIN; CREATE ROLE hook LOGIN; CREATE DATABASE list OWNER keeper');
my $owner = 'dbname=list user=keeper';
my $ready = qr/\Acontact list ready in schema contact_list: mailbounce \S+, rules \S+\n\z/;
like(install($owner), $ready, 'the owner of a database, no superuser, installs it; one line is printed');
psql($owner, "INSERT INTO contact_list.contact (contact_id, email) VALUES (1, 'ann\@example.com'); INSERT INTO contact_list.bounce_event (email, at, event) VALUES ('ann\@example.com', '2026-03-01', 'hard');
    UPDATE contact_list.setting SET value = 'benchmark' WHERE name = 'policy'; DELETE FROM contact_list.cleaning_rule WHERE name = 'inactive'");
my $all = 'SELECT a::text, c::text, e::text, (SELECT string_agg(s::text, \',\' ORDER BY name) FROM contact_list.setting s), (SELECT count(*) FROM contact_list.cleaning_rule)
    FROM contact_list.address a, contact_list.contact c, contact_list.bounce_event e';
my $before = psql($owner, $all);
psql($owner, 'DROP VIEW contact_list.sendable; DROP TRIGGER deleted ON contact_list.bounce_event');
like(install($owner), $ready, 'again: the same line');
is(psql($owner, $all), $before, 'it changes no data');
is(psql($owner, 'SELECT count(*) FROM contact_list.sendable'), '2', 'and brings views');
is(psql($owner, "DELETE FROM contact_list.bounce_event; SELECT bounce_state FROM contact_list.address"), 'active', 'and triggers up to date');
like(install($owner, '-1'), $ready, 'in one transaction, too');
like(install($owner, '-v', q{"schema=Her list"}), qr/\Acontact list ready in schema "Her list": [^\n]+\n\z/, 'in a schema of choice');
psql($owner, q{SET search_path = ''; INSERT INTO "Her list".bounce_event (email, at, event) VALUES ('bob@example.com', '2026-03-01', 'hard')});
is(psql($owner, q{SELECT email, bounce_state FROM "Her list".address}), 'bob@example.com|confirmed', 'it has its own addresses');
is(psql($owner, 'SELECT count(*) FROM contact_list.address'), '1', 'apart from the others');

psql('postgres', 'CREATE DATABASE elsewhere OWNER keeper');
psql('dbname=elsewhere user=keeper', 'CREATE SCHEMA "Some where"; CREATE EXTENSION mailbounce SCHEMA "Some where"');
like(install('dbname=elsewhere user=keeper'), $ready, 'with the extension in another schema');
is(psql('dbname=elsewhere user=keeper', "SET search_path = ''; INSERT INTO contact_list.bounce_event (email, at, diagnostic) VALUES ('bob\@example.com', '2026-03-01', '550 user unknown');
    SELECT bounce_state FROM contact_list.address; SELECT count(*) FROM contact_list.confirmed; SELECT count(*) FROM contact_list.cleaning_preview; SELECT count(*) FROM contact_list.state_check"),
    "confirmed\n0\n0\n0", 'it works from an empty search_path');

psql('postgres', 'CREATE DATABASE without');
chomp(my $sharedir = qx{pg_config --sharedir});
my $control = (split /:/, $ENV{PATH})[0] =~ s{/bin$}{}r;
chomp(($control) = grep { -e } "$sharedir/extension/mailbounce.control", glob("$ENV{PGHOST}/../copy$sharedir/extension/mailbounce.control"));
rename $control, "$control.away" or die "$control: $!";
my $missing = install('without');
rename "$control.away", $control or die;
like($missing, qr/\Apsql:[^\n]*ERROR:  the extension mailbounce is not installed on this server: run "make && sudo make install" there, then this file again\n/, 'without the extension: one clear sentence');
is(psql('without', "SELECT count(*) FROM pg_namespace WHERE nspname = 'contact_list'"), '0', 'and nothing is left behind');

# ---- rights ----

psql($owner, 'GRANT USAGE ON SCHEMA contact_list TO hook; GRANT INSERT ON contact_list.bounce_event, contact_list.incoming_event TO hook; GRANT CREATE ON DATABASE list TO hook');
my $hook = 'dbname=list user=hook';
is(psql($hook, "INSERT INTO contact_list.bounce_event (event_id, email, at, event) VALUES ('h1', 'eve\@example.com', '2026-03-01', 'hard'), ('h2', 'eve\@example.com', '2026-03-01', 'hrad');
    INSERT INTO contact_list.incoming_event (event_id, email, at, event) VALUES ('h1', 'eve\@example.com', '2026-03-01', 'hard'), ('h3', 'eve\@example.com', 'never', 'hard')"), '', 'a program that may only insert events inserts them');
is(psql($owner, "SELECT bounce_state FROM contact_list.address WHERE email LIKE 'eve%'; SELECT count(*) FROM contact_list.rejected_event"), "hard\n2", 'and all follows');
like(psql($hook, 'SELECT * FROM contact_list.address'), qr/permission denied/, 'it reads nothing');
like(psql($hook, 'CREATE SCHEMA mine; CREATE TABLE mine.t (email text, event text, at timestamptz, incident_id bigint, event_id text, event_number int);
    CREATE TRIGGER t AFTER INSERT ON mine.t REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION contact_list.events_added()'), qr/permission denied for function \S*events_added/,
    'and cannot borrow the rights of the triggers');

# ---- bulk ----

my $bulk = q{INSERT INTO contact_list.bounce_event (event_id, email, at, event)
    SELECT 'b' || n, 'user' || n % 7919 % 20000 || '@example.net', '2026-01-01'::timestamptz + (n::bigint * 104729 % 200000) * interval '1 minute',
        (ARRAY['user_unknown/5', 'delivered', 'mailbox_full/5', 'open', 'sent', 'blocklisted/5', 'greylisted/4'])[n % 7 + 1]
    FROM (SELECT (i % 190000)::int AS n FROM generate_series(1, 200000) i) x};
is(psql($owner, "INSERT INTO contact_list.bounce_event (email, at, event) VALUES ('one\@example.net', '2026-03-01', 'soft'); $bulk; SELECT count(*) FROM contact_list.bounce_event WHERE event_id LIKE 'b%';
    SELECT count(*) FROM contact_list.state_check"), "190000\n0", '200,000 events in one statement, 10,000 of them twice: every state is right');
is(psql($owner, "INSERT INTO contact_list.bounce_event (event_id, email, at, event) SELECT event_id, email, at, event FROM contact_list.bounce_event WHERE event_number % 4 = 0;
    SELECT count(*) FROM contact_list.bounce_event WHERE event_id LIKE 'b%'; SELECT count(*) FROM contact_list.state_check"), "190000\n0", 'loaded again: stored once');

# ---- sessions that meet ----

sub session { my ($db) = @_; my $pid = open2(my $out, my $in, 'psql', '-XAtq', '-d', $db); return { in => $in, out => $out, pid => $pid } }
sub ask { my ($s, $sql) = @_; print { $s->{in} } "$sql;\n"; $s->{in}->flush }
sub answer { my ($s) = @_; ask($s, "SELECT '--'"); my ($line, $all) = ('', ''); while (defined($line = readline $s->{out}) && $line ne "--\n") { $all .= $line } return $all }
sub leave { my ($s) = @_; close $s->{in}; close $s->{out}; waitpid $s->{pid}, 0 }
sub waits { my ($n) = @_; for (1 .. 600) { return 1 if psql($owner, 'SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = \'Lock\'') >= $n; select undef, undef, undef, 0.05 } return 0 }
my @redelivered = map { "INSERT INTO contact_list.bounce_event (event_id, email, at, event) VALUES " . join ', ', map { "('z$_', 'z$_\@example.org', '2026-03-01', 'hard')" } @$_ } [1, 2, 3], [3, 2, 1];
my ($ann, $bob) = (session($owner), session($owner));
ask($ann, "BEGIN; $redelivered[0]");
answer($ann);
ask($bob, "\\set VERBOSITY terse\n$redelivered[1]; SELECT 'done'");
ok(waits(1), 'a session that inserts the same events in another order waits');
ask($ann, 'COMMIT');
is(answer($bob), "done\n", 'and stores none of them again, without an error');
is(psql($owner, "SELECT count(*) FROM contact_list.bounce_event WHERE event_id LIKE 'z%'"), '3', 'each is there once');
ask($ann, "BEGIN; DELETE FROM contact_list.bounce_event WHERE event_id = 'z1'");
answer($ann);
ask($bob, "UPDATE contact_list.bounce_event SET email = 'z1\@example.org', event = 'soft' WHERE event_id = 'z2'; SELECT 'done'");
ok(waits(1), 'a session that changes an event waits for one that deletes another of the same address');
ask($ann, 'COMMIT');
is(answer($bob), "done\n", 'and goes on');
is(psql($owner, "SELECT bounce_state FROM contact_list.address WHERE email = 'z1\@example.org'; SELECT count(*) FROM contact_list.state_check"), "soft\n0", 'seeing what was committed meanwhile');
ask($ann, "BEGIN; INSERT INTO contact_list.bounce_event (event_id, email, at, event) VALUES ('z9', 'z9\@example.org', '2026-03-01', 'hard')");
answer($ann);
ask($bob, "INSERT INTO contact_list.incident (since, until) VALUES ('2026-03-01', '2026-03-02'); SELECT 'done'");
ok(waits(1), 'an incident waits for events that are coming in');
ask($ann, 'COMMIT');
is(answer($bob), "done\n", 'and takes them out');
is(psql($owner, "SELECT bounce_state FROM contact_list.address WHERE email = 'z9\@example.org'; DELETE FROM contact_list.incident; SELECT count(*) FROM contact_list.state_check"), "active\n0", 'too');
leave($_) for $ann, $bob;

# many sessions at once over the same addresses, each statement in an order of its own
psql($owner, "INSERT INTO contact_list.contact (contact_id, email) SELECT 100 + i, 'w' || i || '\@example.org' FROM generate_series(0, 39) i");
my @children;
for my $n (1 .. 6) {
    open my $f, '>', "$dir/worker$n" or die;
    for my $round (1 .. 12) {
        my $rows = join ', ', map { sprintf "('w%d', 'w%d\@example.org', '2026-03-01'::timestamptz + interval '%d hours', '%s')", ($n * 31 + $round * 17 + $_ * 7) % 200,
            ($n * 31 + $round * 17 + $_ * 7) % 200 % 40, $_, (qw(hard soft open delivered))[$_ % 4] } $n % 2 ? (1 .. 25) : reverse(1 .. 25);
        print $f "INSERT INTO contact_list.bounce_event (event_id, email, at, event) VALUES $rows;\n";
        print $f "UPDATE contact_list.bounce_event SET at = at + interval '1 hour' WHERE event_id = 'w" . (($n * 13 + $round) % 200) . "';\n" if $n == 1;
        print $f "DELETE FROM contact_list.bounce_event WHERE event_id = 'w" . (($n * 7 + $round * 3) % 200) . "';\n" if $n == 2;
        print $f "INSERT INTO contact_list.cleaning_run (run_id, rule) VALUES (" . ($n * 1000 + $round) . ", 'hard'); UPDATE contact_list.cleaning_run SET undone_at = now() WHERE run_id = " . ($n * 1000 + $round) . ";\n" if $n > 4;
        print $f "UPDATE contact_list.address SET asof = now() FROM (SELECT email FROM contact_list.address WHERE next_change_at <= now() ORDER BY email FOR NO KEY UPDATE) due WHERE address.email = due.email;\n" if $n == 3;
        print $f "INSERT INTO contact_list.contact (contact_id, email) VALUES (" . (1000 + $n * 100 + $round) . ", 'fresh$round\@example.org');\n" if $n == 4;
    }
    close $f;
    my $pid = fork // die;
    if (!$pid) { exec "psql -Xq -d '$owner' -f $dir/worker$n > $dir/out$n 2>&1" or die }
    push @children, $pid;
}
waitpid $_, 0 for @children;
is(join('', map { local (@ARGV, $/) = "$dir/out$_"; <> } 1 .. 6), '', 'six sessions insert, change, delete and clean: no error, no deadlock');
is(psql($owner, "SELECT count(*) FROM contact_list.state_check"), '0', 'every state is right');
is(psql($owner, "SELECT count(*) FROM (SELECT FROM contact_list.bounce_event WHERE event_id LIKE 'w%' GROUP BY email, event_id HAVING count(*) > 1) x"), '0', 'every event is stored once');

# ---- dump and restore ----

psql('postgres', 'CREATE DATABASE again OWNER keeper');
system("pg_dump -Fc -d list -f $dir/dump && pg_restore -d again $dir/dump > $dir/log 2>&1") == 0 or diag(do { local (@ARGV, $/) = "$dir/log"; <> });
my $sum = q{SELECT md5(string_agg(a::text, ',' ORDER BY email)), count(*) FROM contact_list.address a};
is(psql('again', $sum), psql('list', $sum), 'a restored list is the same');
is(psql('again', "INSERT INTO contact_list.bounce_event (email, at, event) VALUES ('new\@example.org', '2026-03-01', 'hard'); SELECT count(*) FROM contact_list.state_check; SELECT bounce_state FROM contact_list.address WHERE email LIKE 'new\@%'"),
    "0\nhard", 'and goes on');
like(install('dbname=again user=keeper'), $ready, 'and can be brought up to date');

done_testing();
