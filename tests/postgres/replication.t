#!/usr/bin/perl
# the contact list on a streaming replica and, by logical replication, on another server; what doc/scale.md says about both
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use Cwd 'abs_path';
use Servers servers => 'main replica=main subscriber collector', conf => 'wal_level = logical';
use Test::More;

my $source = abs_path($ENV{MAILBOUNCE_SOURCE});
sub slurp { my ($name) = @_; local $/; open my $f, '<', $name or die "$name: $!"; return scalar <$f> }
my $doc = slurp("$source/doc/scale.md");

for my $server (qw(main subscriber collector)) {
    like(psql($server, "\\i $source/sql/contact_list_postgresql.sql"), qr/^contact list ready/, "$server has the contact list");
    psql($server, 'ALTER DATABASE postgres SET search_path = contact_list, public');
}
is(psql('main', <<'SQL'), '', 'the list is filled, in part before there is a subscriber');
INSERT INTO contact (email) SELECT 'user' || i || '@example.com' FROM generate_series(1, 300) i;
INSERT INTO bounce_event (event_id, email, at, diagnostic) SELECT 'e' || i, 'user' || i % 250 || '@example.com', '2026-01-01Z'::timestamptz + i * interval '1 day',
    CASE i % 4 WHEN 0 THEN '550 5.1.1 User unknown' WHEN 1 THEN '552 mailbox full' WHEN 2 THEN 'open' ELSE '421 4.7.0 try later' END FROM generate_series(1, 600) i;
SQL

# ---- as the documentation says ----

my ($publish) = $doc =~ /^```sql\n(CREATE PUBLICATION .*?)^```/ms or die;
my ($subscribe) = $doc =~ /^```sql\n(TRUNCATE .*?CREATE SUBSCRIPTION .*?)^```/ms or die;
my ($collect) = $doc =~ /^```sql\n(CREATE FUNCTION .*?ENABLE REPLICA TRIGGER .*?)^```/ms or die;
my ($again) = $doc =~ /^```sql\n(UPDATE contact_list\.address .*?)^```/ms or die;
my $from = "host=" . socket_of('main') . " dbname=postgres user=postgres";
is(psql('main', $publish), '', 'publication');
is(psql('subscriber', $subscribe =~ s/CONNECTION '[^']*'/CONNECTION '$from'/r), '', 'subscription');
is(psql('collector', $collect), '', 'the collector builds histories by a trigger of its own');
is(psql('main', 'CREATE PUBLICATION events FOR TABLE contact_list.bounce_event'), '', 'and subscribes to events only');
is(psql('collector', "CREATE SUBSCRIPTION events CONNECTION '$from' PUBLICATION events"), '', '... so it does');
my $state = 'SELECT email, bounces, bounce_state, sendable, next_change_at, domain, verdict FROM address';
my $digest = "SELECT count(*), md5(string_agg(a::text, E'\n' ORDER BY email)) FROM ($state WHERE bounces IS NOT NULL) a";

sub same_everywhere {
    my ($name, @servers) = @_;
    my $wanted = psql('main', $digest);
    like($wanted, qr/^[1-9]\d*\|\w{32}$/, "$name: there are states");
    is(wait_for($_, $digest, $wanted), $wanted, "$name: the same histories and states on the $_") for @servers;
    $wanted = psql('main', "SELECT count(*), count(category), count(DISTINCT category) FROM bounce_event");
    is(wait_for($_, "SELECT count(*), count(category), count(DISTINCT category) FROM bounce_event", $wanted), $wanted, "$name: and events with categories") for @servers;
}
same_everywhere('what was there', qw(replica subscriber collector));

is(psql('main', <<'SQL'), '', 'more events, singly and many at once');
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('x1', 'user7@example.com', '2028-02-01Z', 'complaint');
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('x2', 'late@example.com', '2028-02-01Z', 'hard');
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('x2', 'late@example.com', '2028-02-01Z', 'hard');
INSERT INTO bounce_event (event_id, email, at, diagnostic) SELECT 'm' || i, 'user' || i % 270 || '@example.com', '2028-03-01Z'::timestamptz + i * interval '1 hour', '550 5.1.1 User unknown' FROM generate_series(1, 500) i;
SQL
same_everywhere('new events', qw(replica subscriber collector));

is(psql('main', "UPDATE setting SET value = 'benchmark hard=2 hold=200d' WHERE name = 'policy'; UPDATE address SET asof = '2028-09-25Z' WHERE next_change_at <= '2028-09-25Z'"), '', 'another policy, and time passes');
same_everywhere('another policy', qw(replica subscriber));
is(psql('main', "DELETE FROM bounce_event WHERE email = 'user8\@example.com'; INSERT INTO cleaning_run (rule) VALUES ('confirmed')"), '', 'events go, contacts are archived');
same_everywhere('after cleaning', qw(replica subscriber));
my $histories = "SELECT count(*), md5(string_agg(email || bounces::text, '' ORDER BY email)) FROM address WHERE bounces IS NOT NULL";
my $events = 'SELECT count(*) FROM bounce_event';
is(wait_for('collector', $events, psql('main', $events)), psql('main', $events), 'the collector has lost the same events');
isnt(psql('collector', $histories), psql('main', $histories), '... its histories keep them');
is(psql('collector', $again), '', '... until they are made anew');
is(psql('collector', $histories), psql('main', $histories), '... then they are the same');
for my $what ('SELECT count(*) FROM contact', 'SELECT count(*) FROM archived_contact', 'SELECT count(*), sum(archived) FROM cleaning_run', 'SELECT count(*) FROM sendable', 'SELECT count(*) FROM confirmed') {
    my $wanted = psql('main', $what);
    like($wanted, qr/^[1-9]/, "$what: there are some");
    is(wait_for($_, $what, $wanted), $wanted, "$what: the same on the $_") for qw(replica subscriber);
}
is(psql($_, 'SELECT * FROM state_check'), '', "$_: every state is that of the events") for qw(main replica subscriber);

# ---- what else a replica and a subscriber can do ----

is(psql('replica', "SELECT bounce_state(event, at, 'ses'), classify_bounce('550 user unknown'), pg_is_in_recovery() FROM bounce_event WHERE email = 'late\@example.com'"), 'confirmed|user_unknown|t', 'the replica answers');
like(psql('replica', "INSERT INTO bounce_event (email, at, event) VALUES ('a\@example.com', now(), 'hard')"), qr/^ERROR:  cannot execute INSERT in a read-only transaction/, 'and refuses events');
unlike(psql('subscriber', "DROP SUBSCRIPTION contact_list;\n$_"), qr/ERROR/, 'the subscriber takes over') for $doc =~ /^```sql\n(SELECT format.*?)^```/ms;
is(psql('subscriber', "INSERT INTO bounce_event (email, at, event) VALUES ('late\@example.com', '2030-01-01Z', 'subscribe'); INSERT INTO contact (email) VALUES ('late\@example.com')"), '', 'takes events and contacts itself');
is(psql('subscriber', "SELECT bounce_state FROM address WHERE email = 'late\@example.com'"), 'active', 'and keeps states');
psql('collector', 'DROP SUBSCRIPTION events');

done_testing();
