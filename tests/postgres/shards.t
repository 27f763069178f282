#!/usr/bin/perl
# one contact list over three servers and a coordinator, by postgres_fdw: the same answers as one server, and the work done on the shards
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use Cwd 'abs_path';
use List::Util 'sum';
use Servers servers => 'main north south east one';
use Test::More;

my $source = abs_path($ENV{MAILBOUNCE_SOURCE});
my @shards = qw(north south east);
sub slurp { my ($name) = @_; local $/; open my $f, '<', $name or die "$name: $!"; return scalar <$f> }

# ---- as doc/scale.md says ----

like(psql($_, "\\i $source/sql/contact_list_postgresql.sql"), qr/^contact list ready/, "$_ has the contact list") for @shards, 'one';
my ($servers) = slurp("$source/doc/scale.md") =~ /^```sql\n(CREATE SERVER shard1.*?)^```/ms or die;
for my $i (1 .. 3) {
    my $socket = socket_of($shards[$i - 1]);
    my $sql = $servers =~ s/shard1/shard$i/gr =~ s/host '[^']*'/host '$socket'/r =~ s/dbname '[^']*'/dbname 'postgres'/r =~ s/user '[^']*'(?:, password '[^']*')?/user 'postgres'/r;
    is(psql('main', "CREATE EXTENSION IF NOT EXISTS mailbounce; CREATE EXTENSION IF NOT EXISTS postgres_fdw; $sql"), '', "the coordinator knows $shards[$i - 1]");
}
is(psql('main', "\\i $source/sql/shards_postgresql.sql"), 'shards ready', 'and shows them as one');
psql($_, 'ALTER DATABASE postgres SET search_path = contact_list, public') for 'main', 'one', @shards;

# ---- the same list on one server and on three ----

my @load = (<<'CONTACTS', <<'MESSAGES', <<'EVENTS');
INSERT INTO contact (contact_id, email, name) SELECT i, 'user' || i || '@example' || i % 7 || '.test', 'User ' || i FROM generate_series(1, 2000) i;
CONTACTS
INSERT INTO message (message_id, contact_id, email, account, campaign, sent_at)
    SELECT 'm' || i, (i % 2000) + 1, 'user' || (i % 2000) + 1 || '@example' || ((i % 2000) + 1) % 7 || '.test', 'account', 'campaign ' || i % 3, '2026-01-01Z'::timestamptz + i * interval '1 minute'
    FROM generate_series(1, 3000) i;
MESSAGES
INSERT INTO incoming_event (event_id, email, at, event, diagnostic, message_id, account)
    SELECT 'e' || i, CASE i % 10 WHEN 0 THEN ' User' || 1 + i % 1777 || '@EXAMPLE' || (1 + i % 1777) % 7 || '.test ' ELSE 'user' || 1 + i % 1777 || '@example' || (1 + i % 1777) % 7 || '.test' END,
        to_char('2026-01-01'::timestamp + i * interval '7 minutes', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        CASE i % 13 WHEN 0 THEN 'open' WHEN 1 THEN 'delivered' WHEN 2 THEN 'complaint' WHEN 3 THEN 'hrad' WHEN 4 THEN 'soft' WHEN 5 THEN 'unsubscribe' WHEN 6 THEN 'reactivate' END,
        CASE i % 5 WHEN 0 THEN '550 5.1.1 User unknown' WHEN 1 THEN '552 5.2.2 mailbox full' WHEN 2 THEN '421 try again later' WHEN 3 THEN '550 5.7.1 blocked using a block list'
            ELSE 'smtp; 450 4.2.1 ' || chr(20320 + i % 50) END,
        'm' || coalesce(nullif(i % 1777, 0), 2000), 'account'
    FROM generate_series(1, 12000) i;
EVENTS
for my $server ('main', 'one') {
    is(psql($server, $_), '', "$server: " . ($_ =~ /INTO (\w+)/)[0]) for @load;
    is(psql($server, $load[2]), '', "$server: every event once more");
}
my @spread = map { psql($_, 'SELECT count(*) FROM address') } @shards;
cmp_ok($_, '>', 500, 'a shard has its part') for @spread;
is(sum(@spread), 2000, 'and each address is on one of them');

my %same = (
    'states' => 'SELECT email, bounce_state, sendable, next_change_at, last_event_at, domain, verdict, bounces FROM address ORDER BY email',
    'contacts' => 'SELECT contact_id, email, name, consent FROM contact ORDER BY contact_id',
    'events' => 'SELECT event_id, email, at, event, diagnostic, category, rules_version FROM bounce_event ORDER BY event_id',
    'rejected events' => 'SELECT event_id, email, event, reason FROM rejected_event ORDER BY event_id, rejected_id',
    'states by aggregates' => "SELECT email, bounce_state(event, at, 'benchmark'), bounce_summary(event, at), bounce_history(event, at) FROM bounce_event GROUP BY email ORDER BY email",
    'who may be mailed' => 'SELECT * FROM sendable ORDER BY contact_id, stream',
    'who is confirmed' => 'SELECT * FROM confirmed ORDER BY contact_id',
    'counts of states' => 'SELECT bounce_state, count(*) FROM address GROUP BY 1 ORDER BY 1',
    'histories merged by domain' => "SELECT domain, bounce_state_of(bounce_history_merge(bounces)), md5(bounce_history_merge(bounces)::text) FROM address GROUP BY 1 ORDER BY 1",
    'counts of reasons' => 'SELECT bounce_counts(diagnostic) FROM bounce_event',
    'what to clean' => "SELECT * FROM cleaning_preview ORDER BY rule, contact_id",
    'reasons over time' => 'SELECT month, category, type, sum(events), sum(addresses) FROM reason_over_time GROUP BY 1, 2, 3 ORDER BY 1, 2, 3',
    'bounce rates' => 'SELECT account, campaign, sum(sent), sum(bounced), round(sum(bounced)::numeric / sum(sent), 4) FROM campaign_bounce_rate GROUP BY 1, 2 ORDER BY 1, 2',
);
for my $name (sort keys %same) {
    my $wanted = psql('one', $same{$name});
    unlike($wanted, qr/^(?:ERROR.*|)$/m, "$name: there are some");
    my $got = psql('main', $same{$name});
    ok($got eq $wanted, "$name: as on one server") or diag(substr($got, 0, 600), "\n---- one server:\n", substr($wanted, 0, 600));
}

# ---- who does the work ----

psql($_, 'ANALYZE') for @shards;
sub plan_of { return psql('main', "EXPLAIN (VERBOSE, COSTS OFF) $_[0]") }

# the whole statement goes to the shards, all at a time
my @remote = (
    ['SELECT email, bounce_state(event, at) FROM bounce_event GROUP BY email', 'public.bounce_state(event, at) FROM contact_list.bounce_event GROUP BY 1'],
    ["SELECT email, bounce_summary(event, at, 'benchmark') FROM bounce_event GROUP BY email", "public.bounce_summary(event, at, 'benchmark'::text) FROM"],
    ["SELECT email, bounce_history(event, at) FROM bounce_event GROUP BY email HAVING bounce_state(event, at, 'benchmark') = 'confirmed'",
        "HAVING ((public.bounce_state(event, at, 'benchmark'::text) = 'confirmed'::text))"],
    ['SELECT email, bounce_counts(diagnostic) FROM bounce_event GROUP BY email', 'public.bounce_counts(diagnostic) FROM'],
    ['SELECT a.email, bounce_summary(e.event, e.at, a.policy) FROM address a JOIN bounce_event e USING (email) GROUP BY a.email, a.policy', 'INNER JOIN contact_list.bounce_event'],
);
for (@remote) {
    my ($sql, $part) = @$_;
    my $plan = plan_of($sql);
    is(() = $plan =~ /Async Foreign Scan\n.*\n\s+Relations: Aggregate on.*\n\s+Remote SQL: .*\Q$part\E/g, 3, "aggregated on the shards: $sql") or diag($plan);
}
my @filtered = (
    ["SELECT email FROM bounce_event WHERE classify_bounce(diagnostic) = 'user_unknown'", "WHERE ((public.classify_bounce(diagnostic) = 'user_unknown'::text))"],
    ["SELECT email FROM bounce_event WHERE bounce_type(event, 'hubspot') = 'hard'", "WHERE ((public.bounce_type(event, 'hubspot'::text) = 'hard'::text))"],
    ['SELECT email FROM address WHERE bounce_sendable_of(bounces)', 'WHERE (public.bounce_sendable_of(bounces))'],
    ["SELECT email FROM address WHERE bounce_state_of(bounces, policy) = 'confirmed'", "WHERE ((public.bounce_state_of(bounces, policy) = 'confirmed'::text))"],
    ["SELECT email FROM address WHERE bounce_state = 'confirmed'", "WHERE ((bounce_state = 'confirmed'"],
);
for (@filtered) {
    my ($sql, $part) = @$_;
    my $plan = plan_of($sql);
    is(() = $plan =~ /Async Foreign Scan on .*\n\s+Output:.*\n\s+Remote SQL: .*\Q$part\E/g, 3, "filtered on the shards: $sql") or diag($plan);
}
my $plan = plan_of("SELECT bounce_state FROM address WHERE email = 'user1\@example1.test'");
is(() = $plan =~ /Foreign Scan/g, 1, 'one address: one shard') or diag($plan);
$plan = psql('main', <<'SQL');
PREPARE states(text) AS SELECT email, bounce_state(event, at, $1) FROM bounce_event GROUP BY email;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (VERBOSE, COSTS OFF) EXECUTE states('benchmark asof=2026-03-01');
SQL
is(() = $plan =~ /Remote SQL: .*public\.bounce_state\(event, at, \$1::text\)/g, 3, 'a policy with asof, as a parameter') or diag($plan);

# what PostgreSQL does not send, and what to write instead (doc/scale.md)
unlike(plan_of("SELECT email FROM address WHERE bounce_state_of(bounces, 'benchmark') = 'confirmed'"), qr/Remote SQL: .*bounce_state_of/,
    'not sent: a history with a constant policy (it would be, with the column policy)');
$plan = plan_of("SELECT email FROM bounce_event GROUP BY email HAVING bounce_summary(event, at) ->> 'reason' = 'hard'");
is(() = $plan =~ /Filter: .*->>.*\n.*\n\s+Remote SQL: SELECT email, public\.bounce_summary\(event, at\) FROM .* GROUP BY 1$/mg, 3, 'not sent: a field of the summary (the summary is)') or diag($plan);
unlike(plan_of("SELECT email FROM bounce_event WHERE at > now() - interval '1 day'"), qr/Remote SQL: .*(now|WHERE)/, 'not sent: now()');
like(plan_of('SELECT domain, bounce_history_merge(bounces) FROM address GROUP BY domain'), qr/^HashAggregate\n.*Remote SQL: SELECT bounces, domain FROM/s,
    'not sent: histories of a domain are merged here');
unlike(plan_of('SELECT category, count(*) FROM bounce_event GROUP BY category'), qr/Remote SQL: .*count/, 'not sent: a group that is on every shard');
like(plan_of('SELECT month, category, sum(events) FROM reason_over_time GROUP BY 1, 2'), qr/Foreign Scan on shard1\.reason_over_time/, '... but a view of the shards is counted there');

# ---- writing ----

cmp_ok(psql('north', 'SELECT count(DISTINCT cmin::text) FROM bounce_event'), '<', 10, 'a bulk load comes in batches of a thousand');
is(psql('main', "INSERT INTO bounce_event (email, at, diagnostic) VALUES ('new\@example.com', '2026-05-01Z', '550 5.1.1 User unknown') RETURNING event_number IS NOT NULL, event, category"),
    't|user_unknown/5|user_unknown', 'the shard reads the diagnostic and fills its columns');
is(psql('main', "SELECT bounce_state FROM address WHERE email = 'new\@example.com'"), 'confirmed', '... and keeps the history');
like(psql('main', "INSERT INTO $_"), qr/^ERROR:  the address " Ann\@Example.com" chooses the shard: give it in lower case/, "an address that would go astray is refused: $_")
    for "bounce_event (email, at, event) VALUES (' Ann\@Example.com', now(), 'open')", "contact (email) VALUES (' Ann\@Example.com')", "message (message_id, email) VALUES ('a', ' Ann\@Example.com')";
like(psql('main', "UPDATE contact SET email = 'other\@example.com' WHERE contact_id = 7"), qr/^ERROR:  the address "user7\@example0.test" chooses the shard and cannot be changed/, 'nor does one change under way');
is(psql('main', "SELECT setval('contact_number', 2000); INSERT INTO contact (email, name) VALUES ('ann\@example.com', 'Ann'), ('eve\@example.com', 'Eve') RETURNING contact_id"),
    "2000\n2001\n2002", 'contacts are numbered for all shards');
is(psql('main', "INSERT INTO incoming_event (email, at, event) SELECT ' Bad' || i || '\@Example.COM', 'soon', 'hard' FROM generate_series(1, 8) i;
    SELECT count(*) FROM generate_series(1, 8) i JOIN rejected_event ON email = ' Bad' || i || '\@Example.COM'"), '8', 'a rejected address is found as it came');
like(psql('main', "SELECT reason FROM rejected_event WHERE email = ' Bad$_\@Example.COM'"), qr/^"soon" is no time$/, '... on every shard') for 1 .. 4;
like(psql('main', "INSERT INTO cleaning_run (rule) VALUES ('confirmed')"), qr/^ERROR: /, 'what has no address is written on a shard');
my $left = psql('main', 'SELECT count(*) FROM contact');
my $archived = 0;
for my $i (1 .. 3) {
    like(my $n = psql('main', "INSERT INTO shard$i.cleaning_run (rule) VALUES ('confirmed') RETURNING archived"), qr/^[1-9]\d*$/, "cleaning on shard $i");
    $archived += $n;
}
is(psql('main', 'SELECT count(*), (SELECT count(*) FROM contact) FROM archived_contact'), $archived . '|' . ($left - $archived), 'the archives of all shards');
is(psql('main', "UPDATE setting SET value = 'benchmark' WHERE name = 'policy'"), '', 'a setting changes on all shards');
psql('one', "UPDATE setting SET value = 'benchmark' WHERE name = 'policy'");
my $count = "SELECT bounce_state, count(*) FROM address WHERE email LIKE 'user%' GROUP BY 1 ORDER BY 1";
is(psql('main', $count), psql('one', $count), '... and every state follows');

# ---- are all shards alike? ----

is(psql('main', 'SELECT * FROM shard_check'), '', 'all shards are alike');
psql('south', "UPDATE setting SET value = 'ses' WHERE name = 'policy'");
like(psql('main', 'SELECT * FROM shard_check'), qr/^shard2\|has the settings .*policy = ses/, 'one with another policy is named');
psql('east', 'CREATE OR REPLACE FUNCTION bounce_rules_version() RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT \'2020.1\'$$');
like(psql('main', 'SELECT * FROM shard_check ORDER BY shard'), qr/^shard3\|has rules 2020\.1, the coordinator /m, 'and one with other rules');
is(psql('main', "\\i $source/sql/shards_postgresql.sql"), 'shards ready', 'the file can be run again');
like(psql('main', '\i ' . "$source/sql/shards_postgresql.sql", "-v servers='nothing%'"), qr/^ERROR:  there is no foreign server like "nothing%": CREATE SERVER first/, 'without servers it says so');

is(psql('main', "CREATE TABLE shard2.mine (a int)"), '', 'what is not ours');
like(psql('main', "\\i $source/sql/shards_postgresql.sql"), qr/^ERROR:  the schema shard2 holds more than the tables of the server shard2/, '... is not dropped');
psql('one', 'CREATE EXTENSION postgres_fdw; CREATE SERVER shard1 FOREIGN DATA WRAPPER postgres_fdw');
like(psql('one', "\\i $source/sql/shards_postgresql.sql"), qr/^ERROR:  the schema contact_list holds a contact list of its own/, 'nor is a contact list on the same server');

done_testing();
