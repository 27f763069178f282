#!/usr/bin/perl
# one contact list over three servers and a coordinator, by postgres_fdw: the same answers as one server, and the work done on the shards
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use Cwd 'abs_path';
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
    is(psql('main', "CREATE EXTENSION IF NOT EXISTS postgres_fdw; $sql"), '', "the coordinator knows $shards[$i - 1]");
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
        'm' || i % 3000, 'account'
    FROM generate_series(1, 12000) i;
EVENTS
for my $server ('main', 'one') {
    is(psql($server, $_), '', "$server: " . ($_ =~ /INTO (\w+)/)[0]) for @load;
    is(psql($server, $load[2]), '', "$server: every event once more");
}
is(psql('main', 'SELECT count(*) FROM ' . join ', ', map { "shard$_.$_[0]" } 1), '') if 0;

my @spread = map { psql($_, 'SELECT count(*) FROM address') } @shards;
cmp_ok($_, '>', 500, 'a shard has its part') for @spread;
is(eval { my $sum = 0; $sum += $_ for @spread; $sum }, 2000, 'and each address is on one of them');

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

done_testing();
