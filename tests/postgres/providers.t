#!/usr/bin/perl
# provider events in PostgreSQL: every payload of tests/providers through the contact-list kit
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use File::Temp 'tempdir';
use Providers qw(payloads compare_events);
use Test::More;

my $dir = tempdir(CLEANUP => 1);
my @payloads = payloads();

# runs SQL in a database of this test; returns what psql prints and what it complains
sub psql {
    my ($sql, $database) = @_;
    open my $in, '>:raw', "$dir/in.sql" or die;
    print $in "SET timezone = 'UTC'; SET client_min_messages = warning; SET search_path = contact_list, public;\n$sql";
    close $in;
    my $out = `psql -XqAt -F '\t' -d ${\($database // 'providers')} -f $dir/in.sql 2>&1`;
    chomp $out;
    return $out;
}

sub install { return `psql -Xq -d $_[0] -f '$ENV{MAILBOUNCE_SOURCE}/sql/contact_list_postgresql.sql' 2>&1 >$dir/install` }

sub fresh {
    system("psql -Xq -c 'DROP DATABASE IF EXISTS $_[0]' -c 'CREATE DATABASE $_[0]' 2>$dir/err") == 0 or die;
    return install($_[0]);
}

sub text { return defined $_[0] ? "'$_[0]'" : 'NULL' }
sub payload { return "\\set payload `cat $_[0]`\n" }

my $load = join '', map { payload($_->[2]) . "INSERT INTO provider_payload(provider, payload) VALUES (" . text($_->[1]) . ", :'payload');\n" } @payloads;
my $names = "CREATE TABLE name(payload_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text);\n" . join '', map { "INSERT INTO name(name) VALUES ('$_->[0]');\n" } @payloads;
my $events = 'SELECT event_id, email, at, event, diagnostic, message_id, account FROM bounce_event ORDER BY event_id COLLATE "C", email COLLATE "C";';
my $answers = <<'SQL';
SELECT name, v.event_id, b.email, to_char(b.at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), b.event, replace(b.diagnostic, chr(10), ' '), b.message_id, b.account, ''
FROM provider_event v JOIN name USING (payload_id) LEFT JOIN bounce_event b ON b.event_id = v.event_id AND b.email = v.email WHERE problem IS NULL
UNION ALL SELECT name, '', '', '', '', '', '', '', problem FROM provider_event JOIN name USING (payload_id) WHERE problem IS NOT NULL;
SQL

is(fresh('providers'), '', 'installed');
is(psql("$load$names"), '', 'no payload makes the insert fail');
cmp_ok(compare_events(psql($answers), 'every payload gives the events, or the reasons, of expected.tsv'), '>', 150, 'events and reasons');
is(psql("SELECT count(*) FROM provider_event v WHERE problem IS NOT NULL AND NOT EXISTS (SELECT FROM rejected_event r WHERE r.reason = v.problem AND r.payload IS NOT NULL);"
      . "SELECT (SELECT count(*) FROM provider_event WHERE problem IS NOT NULL) = (SELECT count(*) FROM rejected_event)"), "0\nt", 'what can\'t be read is kept apart, with the payload');
is(psql('SELECT count(*) FROM state_check'), '0', 'the histories are right');

# again: by the same request, by the view, by hand
my $before = psql($events);
is(psql("INSERT INTO provider_payload(provider, payload) SELECT v.provider, payload FROM provider_payload JOIN provider_document v USING (payload_id);$events"), $before,
    'payloads that come again, many at once, add no event, and nor does naming the provider');
my $by_hand = join '', map { "INSERT INTO bounce_event(event_id, email, at, event, diagnostic, message_id, account) SELECT event_id, email, at, event, diagnostic, message_id, account FROM ${_}_event WHERE problem IS NULL;\n" }
    qw(ses sendgrid mailgun postmark);
is(psql("$by_hand$events"), $before, 'the statements by hand neither');
is(install('providers') . psql($events), $before, 'the file again changes nothing');

is(psql('RESET search_path; SELECT count(*) > 100 FROM contact_list.provider_event'), 't', 'the views need no search_path');

# what users change
my $apple = payload("$ENV{MAILBOUNCE_SOURCE}/tests/providers/ses_event_open_apple.json");
is(psql("BEGIN; DELETE FROM machine_agent WHERE agent = 'Mozilla/5.0'; ${apple}INSERT INTO provider_payload(payload) VALUES (:'payload');"
      . "SELECT event FROM bounce_event ORDER BY event_number DESC LIMIT 1; ROLLBACK;"), 'open', 'a user agent that is no machine to you');
my $nothing = payload("$ENV{MAILBOUNCE_SOURCE}/tests/providers/ses_bounce_words_say_nothing.json");
my $own = "UPDATE setting SET value = E'[mailbox_full]\\nown.full: \"rejected\"' WHERE name = 'own_rules';";
is(psql("BEGIN; $own DELETE FROM bounce_event; ${nothing}INSERT INTO provider_payload(payload) VALUES (:'payload');"
      . "SELECT event, rules_version = bounce_rules_version() FROM bounce_event; ROLLBACK;"), "mailbox_full/5\tt", 'own rules count');
is(psql("BEGIN; DELETE FROM bounce_event; ${nothing}INSERT INTO provider_payload(provider, payload) VALUES (' SES ', :'payload'); SELECT event FROM bounce_event; ROLLBACK;"),
    'unknown/5', 'blanks and capitals of a provider do not matter');
is(psql("BEGIN; DELETE FROM bounce_event; CREATE ROLE webhook; GRANT USAGE ON SCHEMA contact_list TO webhook; GRANT INSERT ON provider_payload TO webhook; SET ROLE webhook;"
      . "${nothing}INSERT INTO provider_payload(payload) VALUES (:'payload'); RESET ROLE; SELECT event FROM bounce_event; ROLLBACK;"), 'unknown/5', 'who reports payloads needs no other right');

# all at once, without the trigger
fresh('providers_by_hand');
is(psql("DROP TRIGGER added ON provider_payload;\n$load${by_hand}$events", 'providers_by_hand'), $before, 'without the trigger the statements do the same');
system("psql -Xq -c 'DROP DATABASE providers' -c 'DROP DATABASE providers_by_hand'") == 0 or die;

done_testing;
