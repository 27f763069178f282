#!/usr/bin/perl
# provider events in SQLite: every payload of tests/providers through the contact-list kit
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use File::Temp 'tempdir';
use Providers qw(payloads compare_events);
use Shell qw(sqlite);
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my $kit = ".output $dir/install\n.read $ENV{MAILBOUNCE_SOURCE}/sql/contact_list_sqlite.sql\n.output\n";
my $db = "$dir/list.db";
my @payloads = payloads();

sub text { return defined $_[0] ? "'$_[0]'" : 'NULL' }

my $load = join '', map { "INSERT INTO provider_payload(provider, payload) VALUES (" . text($_->[1]) . ", CAST(readfile('$_->[2]') AS TEXT));\n" } @payloads;
my $names = "CREATE TABLE name(payload_id INTEGER PRIMARY KEY, name);\n" . join '', map { "INSERT INTO name(name) VALUES ('$_->[0]');\n" } @payloads;
my $events = "SELECT event_id, email, at, event, diagnostic, message_id, account FROM bounce_event ORDER BY event_id, email";
my $answers = <<'SQL';
.mode list
.separator "\t"
.headers off
SELECT name, v.event_id, b.email, b.at, b.event, replace(b.diagnostic, char(10), ' '), b.message_id, b.account, ''
FROM provider_event v JOIN name USING (payload_id) LEFT JOIN bounce_event b ON b.event_id = v.event_id AND b.email = v.email WHERE problem IS NULL
UNION ALL SELECT name, '', '', '', '', '', '', '', problem FROM provider_event JOIN name USING (payload_id) WHERE problem IS NOT NULL;
SQL

is(sqlite("$kit$load$names", $db), '', 'no payload makes the insert fail');
cmp_ok(compare_events(sqlite($answers, $db), 'every payload gives the events, or the reasons, of expected.tsv'), '>', 150, 'events and reasons');
is(sqlite("SELECT count(*) FROM provider_event v WHERE problem IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rejected_event r WHERE r.reason = v.problem AND r.payload IS NOT NULL);"
      . "SELECT (SELECT count(*) FROM provider_event WHERE problem IS NOT NULL) = (SELECT count(*) FROM rejected_event)", $db), "0\n1", 'what can\'t be read is kept apart, with the payload');
is(sqlite("SELECT count(*) FROM state_check", $db), '0', 'the histories are right');

# again: by the same request, by the view, by hand
my $before = sqlite($events, $db);
is(sqlite("INSERT INTO provider_payload(provider, payload) SELECT v.provider, payload FROM provider_payload JOIN provider_document v USING (payload_id);$events", $db), $before,
    'a payload that comes again adds no event, and nor does naming its provider');
my $by_hand = join '', map { "INSERT INTO bounce_event(event_id, email, at, event, diagnostic, message_id, account) SELECT event_id, email, at, event, diagnostic, message_id, account FROM ${_}_event WHERE problem IS NULL;\n" }
    qw(ses sendgrid mailgun postmark);
is(sqlite("$by_hand$events", $db), $before, 'the statements by hand neither');
is(sqlite("$kit$events", $db), $before, 'the file again changes nothing');
is(sqlite("${kit}DROP TRIGGER provider_payload_insert;\n$load${by_hand}$events"), $before, 'without the trigger they do the same');

# what users change
my $apple = "$ENV{MAILBOUNCE_SOURCE}/tests/providers/ses_event_open_apple.json";
is(sqlite("${kit}DELETE FROM machine_agent WHERE agent = 'Mozilla/5.0'; INSERT INTO provider_payload(payload) VALUES (CAST(readfile('$apple') AS TEXT)); SELECT event FROM bounce_event"), 'open',
    'a user agent that is no machine to you');
my $nothing = "$ENV{MAILBOUNCE_SOURCE}/tests/providers/ses_bounce_words_say_nothing.json";
is(sqlite("${kit}UPDATE setting SET value = '[mailbox_full]' || char(10) || 'own.full: \"rejected\"' WHERE name = 'own_rules';"
      . "INSERT INTO provider_payload(payload) VALUES (CAST(readfile('$nothing') AS TEXT)); SELECT event, rules_version = bounce_rules_version() FROM bounce_event"), 'mailbox_full/5|1', 'own rules count');
is(sqlite("${kit}INSERT INTO provider_payload(provider, payload) VALUES (' SES ', CAST(readfile('$nothing') AS TEXT)); SELECT event FROM bounce_event"), 'unknown/5', 'blanks and capitals of a provider do not matter');

done_testing;
