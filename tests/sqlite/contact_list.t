#!/usr/bin/perl
# the contact-list kit in SQLite: the real file, the real shell
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use File::Copy 'copy';
use File::Temp 'tempdir';
use Shell qw(sqlite sqlite_error);
use Test::More;

my $kit = "$ENV{MAILBOUNCE_SOURCE}/sql/contact_list_sqlite.sql";
my $dir = tempdir(CLEANUP => 1);
my $made = 0;
my $list;

sub slurp { my ($name) = @_; local $/; open my $f, '<', $name or die "$name: $!"; return scalar <$f> }

# a new list, with the kit
sub fresh {
    $list = "$dir/list" . $made++ . '.db';
    copy("$dir/template.db", $list) or die;
}
sub run { return sqlite($_[0], $list) }
sub fails { return sqlite_error($_[0], $list) }
sub states { return run("SELECT email || '=' || bounce_state FROM address ORDER BY email") =~ s/\n/ /gr }
sub right { my ($name) = @_; is(run('SELECT * FROM state_check'), '', "$name: every state is that of the events") }

# ---- installing ----

is(sqlite(slurp($kit), "$dir/template.db") =~ s/ [0-9].*//r, 'contact list ready: mailbounce', 'installs, and says so in one line');
like(`sqlite3 -batch $dir/none.db < $kit 2>&1`, qr/^[^\n]*mailbounce is not loaded: run [^\n]*\n$/, 'without the extension: one sentence');
is(-s "$dir/none.db", 0, '... and nothing is made');
{
    my $old = slurp($kit) =~ s/< 3040/< 99000/r;
    my $complaint = sqlite_error($old, "$dir/old.db");
    like($complaint, qr/^[^\n]*this SQLite is too old: the contact-list kit needs SQLite 3\.40 or newer[^\n]*\n$/, 'an old SQLite: one sentence');
}

for my $table ('contact', 'message', 'address', 'setting', 'incident') {
    like(sqlite_error("CREATE TABLE $table(id INTEGER PRIMARY KEY, email TEXT, name TEXT); INSERT INTO $table(email) VALUES ('x\@example.com');\n" . slurp($kit), "$dir/own_$table.db"),
        qr/^[^\n]*this file has a table or view "$table" that is not the contact list's[^\n]*\n$/, "a table $table of your own: one sentence");
    is(sqlite("SELECT group_concat(name) FROM sqlite_schema; SELECT email FROM $table", "$dir/own_$table.db"), "$table\nx\@example.com", '... and it is left alone');
}

for my $own ('CREATE VIEW sendable AS SELECT 1 AS x', 'CREATE TABLE provider_payload(x)', 'CREATE TABLE contact(contact_id, phone)', 'CREATE TABLE confirmed(x)') {
    (my $file = "$dir/clash_$own.db") =~ s/[^\w\/.]/_/g;
    like(sqlite_error("$own;\n" . slurp($kit), $file), qr/^[^\n]*this file has a table or view of a name that the contact list needs[^\n]*\n$/, "$own of your own: one sentence");
    is(sqlite('SELECT count(*) FROM sqlite_schema', $file), '1', '... and nothing else is made');
}

# ---- single events ----

fresh();
run("INSERT INTO contact(email, name) VALUES (' Ann\@Example.COM ', 'Ann'), ('bob\@example.net', 'Bob')");
is(run('SELECT email FROM contact UNION ALL SELECT email FROM address ORDER BY 1'), "ann\@example.com\nann\@example.com\nbob\@example.net\nbob\@example.net",
    'contacts are written in lower case and have a row in address');
run("INSERT INTO bounce_event(email, at, diagnostic) VALUES ('ANN\@example.com', '2026-03-01', '550 5.1.1 <ann\@example.com>: User unknown')");
is(run('SELECT email, at, event, category, rules_version = bounce_rules_version(), received_at IS NOT NULL FROM bounce_event'),
    'ann@example.com|2026-03-01T00:00:00.000000Z|user_unknown/5|user_unknown|1|1', 'a diagnostic is read');
is(run('SELECT bounce_state, sendable, next_change_at, verdict, domain, confirmed_at FROM address WHERE email GLOB \'ann*\''),
    'confirmed|0||ok|example.com|2026-03-01T00:00:00.000000Z', 'the state follows');
run("INSERT INTO bounce_event(email, at, event) VALUES ('new\@example.org', '2026-03-01', 'Hard')");
is(run("SELECT bounce_state FROM address WHERE email = 'new\@example.org'"), 'confirmed', 'an unknown address is kept');
is(run("SELECT count(*) FROM contact WHERE email = 'new\@example.org'"), '0', '... but is not on the list');
run("INSERT INTO bounce_event(email, at, event) VALUES ('raw\@example.org', '2026-03-01', '552 5.2.2 mailbox full')");
is(run("SELECT event, diagnostic, rules_version IS NOT NULL FROM bounce_event WHERE email GLOB 'raw*'"), 'mailbox_full/5|552 5.2.2 mailbox full|1', 'a diagnostic given as the event');
run("INSERT INTO bounce_event(email, at, event, diagnostic) VALUES ('both\@example.org', '2026-03-01', 'block', '550 5.1.1 user unknown')");
is(run("SELECT event, rules_version IS NULL FROM bounce_event WHERE email GLOB 'both*'"), 'block|1', 'event and diagnostic: the event counts');
run("INSERT INTO bounce_event(email, at, event, diagnostic) VALUES ('two\@example.org', '2026-03-01', '552 5.2.2 mailbox full', '550 5.1.1 user unknown'), ('angry\@example.org', '2026-03-01', 'Complaint/5', NULL)");
is(run("SELECT event, diagnostic, rules_version IS NULL FROM bounce_event WHERE email GLOB 'two*'"), 'mailbox_full/5|550 5.1.1 user unknown|1', '... also one that the server did not say');
is(run("SELECT event, category IS NULL FROM bounce_event WHERE email GLOB 'angry*'") . states() =~ s/ .*//r, 'complaint|1angry@example.org=complained', 'complaint/5 is a complaint');
right('single events');

# ---- times ----

my @times = (
    ["'2026-01-02'", '2026-01-02T00:00:00.000000Z'], ["'2026-01-02 03:04'", '2026-01-02T03:04:00.000000Z'],
    ["'2026-01-02T03:04:05.678901Z'", '2026-01-02T03:04:05.678901Z'], ["'2026-01-02 03:04:05.9999996+00'", '2026-01-02T03:04:05.999999Z'],
    ["'2026-01-02T03:04:05.5+0230'", '2026-01-02T00:34:05.500000Z'], ["'2026-01-02 03:04:05-08:00'", '2026-01-02T11:04:05.000000Z'],
    ['1767312000', '2026-01-02T00:00:00.000000Z'], ['1767312000.25', '2026-01-02T00:00:00.250000Z'], ["'1767312000.654321'", '2026-01-02T00:00:00.654321Z'],
    ['2461042.5', '2026-01-02T00:00:00.000000Z'], ["' 2024-02-29 '", '2024-02-29T00:00:00.000000Z'], ['-86400', '1969-12-31T00:00:00.000000Z']);
fresh();
run("INSERT INTO bounce_event(email, at, event) VALUES ('t\@example.com', $_->[0], 'open')") for @times;
is(run('SELECT at FROM bounce_event ORDER BY event_number'), join("\n", map { $_->[1] } @times), 'times of every form become one form');
is(run("SELECT count(*) FROM bounce_event WHERE bounce_history_add(NULL, event, at) IS NULL"), '0', '... which the extension reads');
right('times');

# ---- what can't be read ----

fresh();
my @bad = (
    ["NULL, '2026-01-01', 'open', NULL", 'no address'], ["'  ', '2026-01-01', 'open', NULL", 'no address'], ["'nobody', '2026-01-01', 'open', NULL", '"nobody" is no address'],
    ["'a b\@example.com', '2026-01-01', 'open', NULL", '"a b@example.com" is no address'],
    ["'a\@exam' || char(0) || 'ple.com', '2026-01-01', 'open', NULL", '"a@exam" is no address'],
    ["'" . 'x' x 400 . "\@example.com', '2026-01-01', 'open', NULL", '"' . 'x' x 80 . '" is no address'],
    ["'ann\@example.com', NULL, 'open', NULL", 'no time'], ["'ann\@example.com', 'yesterday', 'open', NULL", '"yesterday" is no time'],
    ["'ann\@example.com', 'now', 'open', NULL", '"now" is no time'], ["'ann\@example.com', '2026-02-30', 'open', NULL", '"2026-02-30" is no time'],
    ["'ann\@example.com', '20260102', 'open', NULL", '"20260102" is no time'], ["'ann\@example.com', '12:00', 'open', NULL", '"12:00" is no time'],
    ["'ann\@example.com', '2026-01-02T25:00:00Z', 'open', NULL", '"2026-01-02T25:00:00Z" is no time'], ["'ann\@example.com', '', 'open', NULL", '"" is no time'],
    ["'ann\@example.com', 0, 'open', NULL", 'time out of range; legal: the years 0001 to 9999'], ["'ann\@example.com', 1e18, 'open', NULL", 'time out of range; legal: the years 0001 to 9999'],
    ["'ann\@example.com', '0000-01-01', 'open', NULL", 'time out of range; legal: the years 0001 to 9999'],
    ["'ann\@example.com', '2026-01-01', 'hrad', NULL", 'unknown event "hrad"'], ["'ann\@example.com', '2026-01-01', 'user_unknown/6', NULL", 'unknown event "user_unknown/6"'],
    ["'ann\@example.com', '2026-01-01', NULL, NULL", 'no event and no diagnostic'], ["'ann\@example.com', '2026-01-01', ' ', ' '", 'no event and no diagnostic'],
    ["x'ff00', x'00', x'00ff', x'00'", undef]);
for (@bad) {
    my ($row, $reason) = @$_;
    is(run("INSERT INTO bounce_event(email, at, event, diagnostic) VALUES ($row)"), '', 'an insert never fails: ' . ($reason // 'bytes'));
    is(run('SELECT reason FROM rejected_event ORDER BY rejected_id DESC LIMIT 1'), $reason, "... the reason: $reason") if defined $reason;
}
is(run('SELECT count(*) FROM bounce_event'), '0', 'none of them is stored as an event');
is(run('SELECT count(*) FROM rejected_event'), scalar @bad, '... none is lost');
is(run("SELECT email, at, event, diagnostic FROM rejected_event WHERE event = 'hrad'"), 'ann@example.com|2026-01-01|hrad|', '... and they are kept as they came');
run("INSERT INTO bounce_event(email, at, event, event_id) VALUES ('ann\@example.com', '2026-01-01', 'hard', 1), ('ann\@example.com', 'bad', 'hard', 2), ('bob\@example.com', '2026-01-01', 'hard', 3)");
is(states(), 'ann@example.com=confirmed bob@example.com=confirmed', 'a bad row does not keep the others back');
is(run("SELECT count(*) FROM (SELECT bounce_history_add(NULL, word, '2026-01-01') FROM event_word)"), run('SELECT count(*) FROM event_word'), 'every word that is let in is an event');
is(run("INSERT INTO bounce_event(email, at, event) SELECT 'w\@example.com', '2026-01-01', upper(word) || ' ' FROM event_word; SELECT count(*) FROM bounce_event WHERE email = 'w\@example.com'"),
    run('SELECT count(*) FROM event_word'), '... in any letter case');
right('unreadable events');

# ---- redelivery, replacing, changing, deleting; recursive triggers off and on ----

for my $recursive ('off', 'on') {
    my $set = "PRAGMA recursive_triggers = $recursive;";
    fresh();
    run("$set INSERT INTO bounce_event(event_id, email, at, event) VALUES ('e1', 'ann\@example.com', '2026-01-01', 'soft'), ('e1', 'ann\@example.com', '2026-01-05', 'hard'),"
          . " ('e1', ' ANN\@example.com', '2026-01-06', 'hard'), ('e1', 'bob\@example.com', '2026-01-01', 'soft'), (NULL, 'bob\@example.com', '2026-01-03', 'open'), (NULL, 'bob\@example.com', '2026-01-03', 'open')");
    is(run('SELECT email, event FROM bounce_event ORDER BY 1, 2'), "ann\@example.com|soft\nbob\@example.com|open\nbob\@example.com|open\nbob\@example.com|soft",
        "recursive triggers $recursive: an event_id is stored once for each address");
    right("redelivery, $recursive");
    run("$set INSERT OR IGNORE INTO bounce_event(event_id, email, at, event) VALUES ('e1', 'ann\@example.com', '2026-01-05', 'hard')");
    is(states(), 'ann@example.com=soft bob@example.com=active', "INSERT OR IGNORE, $recursive");
    run("$set INSERT OR REPLACE INTO bounce_event(event_id, email, at, event) VALUES ('e1', 'ann\@example.com', '2026-01-05', 'block'), ('e9', 'new\@example.com', '2026-01-05', 'hard')");
    is(states(), 'ann@example.com=block bob@example.com=active new@example.com=confirmed', "INSERT OR REPLACE, $recursive");
    right("INSERT OR REPLACE, $recursive");
    run("$set INSERT OR REPLACE INTO bounce_event(event_number, event_id, email, at, event) SELECT event_number, 'e10', 'joe\@example.com', '2026-01-05', 'hard' FROM bounce_event WHERE event_id = 'e9'");
    is(states(), 'ann@example.com=block bob@example.com=active joe@example.com=confirmed new@example.com=active', "INSERT OR REPLACE of a number, $recursive");
    run("$set INSERT INTO bounce_event(event_id, email, at, event) VALUES ('e1', 'ann\@example.com', '2026-01-07', 'HARD') ON CONFLICT (email, event_id) DO UPDATE SET at = excluded.at, event = excluded.event");
    is(states() =~ s/ .*//r, 'ann@example.com=confirmed', "UPSERT, $recursive");
    is(run("SELECT at, event FROM bounce_event WHERE email GLOB 'ann*'"), '2026-01-07T00:00:00.000000Z|hard', "... read like any other, $recursive");
    right("UPSERT, $recursive");
    for my $conflict ('FAIL', 'ABORT', 'ROLLBACK') {
        run("$set INSERT OR $conflict INTO bounce_event(event_id, email, at, event) VALUES ('$conflict', 'Or\@example.com', '2026-01-02', 'soft'), ('$conflict', '?', '2026-01-02', 'soft')");
    }
    is(run("SELECT count(*) FROM bounce_event WHERE email = 'or\@example.com'"), '3', "INSERT OR FAIL, ABORT, ROLLBACK, $recursive");
    right("conflict clauses, $recursive");

    run("$set UPDATE bounce_event SET event = 'Open' WHERE event_id = 'e10'");
    is(run("SELECT bounce_state FROM address WHERE email GLOB 'joe*'"), 'active', "an event that changes, $recursive");
    run("$set UPDATE bounce_event SET event = '550 5.1.1 user unknown', at = 1767312000 WHERE event_id = 'e10'");
    is(run("SELECT event, at, diagnostic, rules_version IS NOT NULL FROM bounce_event WHERE event_id = 'e10'"), 'user_unknown/5|2026-01-02T00:00:00.000000Z|550 5.1.1 user unknown|1', "... to a diagnostic, $recursive");
    run("$set UPDATE bounce_event SET diagnostic = '552 5.2.2 mailbox full' WHERE event_id = 'e10'");
    is(run("SELECT event FROM bounce_event WHERE event_id = 'e10'"), 'mailbox_full/5', "a diagnostic that changes is read again, $recursive");
    run("$set UPDATE bounce_event SET event = NULL WHERE event_id = 'e10'");
    is(run("SELECT event, rules_version IS NOT NULL FROM bounce_event WHERE event_id = 'e10'"), 'mailbox_full/5|1', "read again on demand, $recursive");
    run("$set UPDATE bounce_event SET email = 'MOE\@example.com' WHERE event_id = 'e10'");
    is(run("SELECT email || '=' || bounce_state FROM address WHERE email GLOB '[jm]oe*' ORDER BY 1"), "joe\@example.com=active\nmoe\@example.com=soft", "an address that changes, $recursive");
    run("$set UPDATE bounce_event SET at = '2026-05-05 12:00+02' WHERE event_id = 'e10'");
    is(run("SELECT last_event_at FROM address WHERE email GLOB 'moe*'"), '2026-05-05T10:00:00.000000Z', "a time that changes, $recursive");
    right("updates, $recursive");
    like(fails("$set UPDATE bounce_event SET event = 'hrad' WHERE event_id = 'e10'"), qr/unknown event "hrad"; legal: sent/, "an UPDATE to a wrong word is an error that names it, $recursive");
    like(fails("$set UPDATE bounce_event SET at = 'yesterday' WHERE event_id = 'e10'"), qr/time "yesterday" can't be read/, "... to a wrong time, $recursive");
    like(fails("$set UPDATE bounce_event SET email = 'x' WHERE event_id = 'e10'"), qr/bounce_event\.email must be an address/, "... to no address, $recursive");
    like(fails("$set UPDATE bounce_event SET event = NULL, diagnostic = NULL WHERE event_id = 'e10'"), qr/needs an event or a diagnostic/, "... to nothing, $recursive");
    like(fails("$set UPDATE bounce_event SET email = ' OR\@example.com', event_id = 'FAIL' WHERE event_id = 'e10'"), qr/this event_id is stored for this address already/, "... to one that is there, $recursive");
    run("$set DELETE FROM bounce_event WHERE email IN ('moe\@example.com', 'ann\@example.com')");
    is(states(), 'ann@example.com=active bob@example.com=active joe@example.com=active moe@example.com=active new@example.com=active or@example.com=soft', "deleting, $recursive");
    is(run('SELECT count(*) FROM address WHERE bounces IS NULL'), '4', "... leaves addresses without events, $recursive");
    right("deletes, $recursive");
}

# ---- bulk: duplicates, late events, many addresses; then everything again in another order ----

fresh();
my $bulk = <<'SQL';
CREATE TEMP TABLE stage AS
SELECT 'id' || (value % 17000) AS event_id, CASE value % 3 WHEN 0 THEN 'USER' ELSE 'user' END || (value % 1700) || '@d' || (value % 13) || '.example' AS email,
    1767312000 + (value % 17000) * 7919 % 40000000 AS at,
    CASE value % 11 WHEN 0 THEN 'user_unknown/5' WHEN 1 THEN 'mailbox_full/4' WHEN 2 THEN 'delivered' WHEN 3 THEN 'greylisted/pending' WHEN 4 THEN 'unsubscribe'
        WHEN 5 THEN 'complaint' WHEN 6 THEN 'hrad' WHEN 7 THEN '550 5.7.1 blocked using zen.example' WHEN 8 THEN 'subscribe' ELSE 'open' END AS event
FROM generate_series(1, 20000);
SQL
run("$bulk INSERT INTO bounce_event(event_id, email, at, event) SELECT * FROM stage ORDER BY random()");
is(run("SELECT (SELECT count(*) FROM bounce_event) + (SELECT count(*) FROM rejected_event WHERE reason = 'unknown event \"hrad\"') > 17000"), '1', 'bulk: many events in one statement');
right('bulk, one statement');
my $before = run("SELECT count(*), sum(length(bounces)) FROM address");
run("$bulk BEGIN; INSERT INTO bounce_event(event_id, email, at, event) SELECT * FROM stage WHERE event <> 'hrad' ORDER BY random();"
      . "INSERT OR REPLACE INTO bounce_event(event_id, email, at, event) SELECT * FROM stage WHERE event <> 'hrad' ORDER BY at DESC LIMIT 3000; COMMIT;");
is(run("SELECT count(*), sum(length(bounces)) FROM address") =~ s/\|.*//r, $before =~ s/\|.*//r, 'everything again: the same addresses');
right('bulk, redelivered');
run("UPDATE bounce_event SET at = datetime(at, '-300 days') WHERE event_number % 5 = 0; DELETE FROM bounce_event WHERE event_number % 7 = 0");
right('bulk updates and deletes');
run("BEGIN; INSERT INTO bounce_event(email, at, event) VALUES ('rolled\@example.com', '2026-01-01', 'hard'); ROLLBACK");
is(run("SELECT count(*) FROM address WHERE email = 'rolled\@example.com'"), '0', 'a rollback takes the address along');
run("UPDATE address SET bounces = NULL WHERE email GLOB 'user1*'; UPDATE address SET policy = 'ses' WHERE email = 'user2\@d2.example'; DELETE FROM address WHERE email = (SELECT max(email) FROM bounce_event)");
is(run("SELECT problem, count(*) > 0 FROM state_check GROUP BY 1 ORDER BY 1"), "history differs from the events|1\nno row in address|1\npolicy differs from the setting|1", 'state_check sees what is wrong');
run("INSERT INTO rebuild SELECT email FROM state_check; UPDATE address SET policy = (SELECT value FROM setting WHERE name = 'policy')");
right('rebuild');

run("CREATE TABLE copy AS SELECT * FROM bounce_event; DELETE FROM bounce_event; INSERT INTO bounce_event(event_number, event_id, email, at, event, diagnostic, incident_id, rules_version, received_at)"
      . " SELECT event_number, event_id, email, at, event, diagnostic, incident_id, rules_version, received_at FROM copy");
is(run('SELECT count(*) FROM (SELECT * FROM copy EXCEPT SELECT * FROM bounce_event)'), '0', 'events that are taken out and put in again are the same');
right('copied');
my $copied = "$dir/restored.db";
run(".output $dir/dump.sql\n.dump\n");
is(sqlite(".read $dir/dump.sql\nSELECT count(*) FROM state_check; PRAGMA integrity_check", $copied), "0\nok", 'a dump can be restored');

# ---- incoming_event ----

fresh();
run("INSERT INTO incoming_event(event_id, email, at, event, diagnostic) VALUES ('1', 'ann\@example.com', '2026-01-01', '', '550 5.1.1 user unknown'), ('', 'ann\@example.com', '', 'open', '')");
is(run('SELECT event FROM bounce_event UNION ALL SELECT reason FROM rejected_event'), "user_unknown/5\nno time", 'incoming_event: empty texts are nothing');

# ---- settings ----

fresh();
run("INSERT INTO bounce_event(email, at, event) VALUES ('ann\@example.com', '2026-01-01', 'hard'), ('ann\@example.com', '2026-01-02', 'hard')");
run("UPDATE setting SET value = 'benchmark' WHERE name = 'policy'");
is(states(), 'ann@example.com=hard', 'another policy: every state is found anew');
run("INSERT INTO bounce_event(email, at, event) VALUES ('bob\@example.com', '2026-01-01', 'hard'); INSERT INTO rebuild(email) VALUES (' JOE\@example.com')");
is(run('SELECT email, policy FROM address ORDER BY 1'), "ann\@example.com|benchmark\nbob\@example.com|benchmark\njoe\@example.com|benchmark", 'new addresses have it');
right('policy');
run("INSERT OR REPLACE INTO setting(name, value) VALUES ('policy', 'ses')");
is(states(), 'ann@example.com=confirmed bob@example.com=confirmed joe@example.com=active', 'INSERT OR REPLACE acts, too');
like(fails("UPDATE setting SET value = 'nopreset' WHERE name = 'policy'"), qr/nopreset/, 'a wrong policy is named');
like(fails("UPDATE setting SET value = 'hard=1 hrad=2' WHERE name = 'policy'"), qr/hrad/, '... and a wrong key');
like(fails("UPDATE setting SET value = 'nobody' WHERE name = 'perspective'"), qr/nobody/, 'a wrong perspective is named');
like(fails("UPDATE setting SET value = '[user_unknown' WHERE name = 'own_rules'"), qr/line 1/, 'wrong rules: the line is named');
like(fails("UPDATE setting SET value = 'two' WHERE name = 'keep_days'"), qr/settings bounce_rate_mark, keep_days.*must be numbers/, 'a number is asked for');
like(fails("INSERT INTO setting VALUES ('polciy', 'ses')"), qr/unknown setting; legal: policy, perspective/, 'an unknown setting');
like(fails("DELETE FROM setting"), qr/settings cannot be deleted/, 'settings stay');
run("UPDATE setting SET value = '[mailbox_disabled]' || char(10) || 'acme.gone: \"went to sea\"' WHERE name = 'own_rules';"
      . "INSERT INTO bounce_event(email, at, diagnostic) VALUES ('acme\@example.com', '2026-01-01', '550 She went to sea')");
is(run("SELECT category FROM bounce_event WHERE email = 'acme\@example.com'"), 'mailbox_disabled', 'own rules are read');
run("UPDATE setting SET value = NULL WHERE name = 'own_rules'; UPDATE bounce_event SET event = NULL WHERE rules_version IS NOT NULL");
isnt(run("SELECT category FROM bounce_event WHERE email = 'acme\@example.com'"), 'mailbox_disabled', '... and all is read again without them');
right('own rules');

# ---- installing again ----

run("UPDATE setting SET value = '0.05' WHERE name = 'bounce_rate_mark'; DELETE FROM cleaning_rule WHERE name = 'hard'; UPDATE cleaning_rule SET enabled = 1 WHERE name = 'invalid'");
my $dump = sub { return join "\n", map { run("SELECT * FROM $_") } qw(setting address contact bounce_event rejected_event cleaning_rule event_word) };
my $rows = $dump->();
unlike(sqlite(slurp($kit), $list), qr/ERROR/, 'installs again');
is($dump->(), $rows, '... nothing is lost, nothing comes back');
run("DROP VIEW sendable; CREATE VIEW sendable AS SELECT 1 AS old; DROP TRIGGER bounce_event_delete");
sqlite(slurp($kit), $list);
is(run("SELECT count(*) FROM sqlite_schema WHERE name = 'bounce_event_delete' OR (name = 'sendable' AND sql GLOB '*transactional*')"), '2', '... views and triggers are brought up to date');

# ---- who may be mailed ----

fresh();
run(<<'SQL');
INSERT INTO contact(contact_id, email, consent, paused_until) VALUES (1, 'fine@example.com', 'given', NULL), (2, 'asked@example.com', 'asked', NULL), (3, 'gone@example.com', 'given', NULL),
    (4, 'left@example.com', 'given', NULL), (5, 'angry@example.com', 'given', NULL), (6, 'rests@example.com', 'given', '2999-01-01'), (7, 'woke@example.com', 'given', '2020-01-01'),
    (8, 'typo@gmial.com', 'given', NULL), (9, 'wrong@', 'given', NULL), (10, 'leftdead@example.com', 'given', NULL), (11, 'soft@example.com', 'given', NULL), (12, 'no@example.com', 'withdrawn', NULL);
INSERT INTO bounce_event(email, at, event, diagnostic) VALUES ('gone@example.com', '2026-01-01', NULL, '550 5.1.1 user unknown'), ('gone@example.com', '2026-01-02', 'user_unknown/5', 'later'),
    ('left@example.com', '2026-01-01', 'unsubscribe', NULL), ('angry@example.com', '2026-01-01', 'complaint', NULL),
    ('leftdead@example.com', '2026-01-01', 'hard', NULL), ('leftdead@example.com', '2026-01-02', 'unsubscribe', NULL), ('soft@example.com', '2026-01-01', 'soft', NULL);
SQL
is(run('SELECT contact_id, stream FROM sendable ORDER BY 1, 2') =~ s/\n/ /gr =~ s/marketing/M/gr =~ s/transactional/T/gr, '1|M 1|T 2|T 4|T 7|M 7|T 11|M 11|T 12|T', 'sendable, per stream');
is(run('SELECT contact_id, bounce_state, reason, category, confirmed_at, last_strike_at, diagnostic FROM confirmed ORDER BY 1'),
    "3|confirmed|hard|user_unknown|2026-01-01T00:00:00.000000Z|2026-01-02T00:00:00.000000Z|550 5.1.1 user unknown\n10|unsubscribed|unsubscribe||2026-01-01T00:00:00.000000Z|2026-01-01T00:00:00.000000Z|",
    'confirmed, apart, with the reason');
is(run("SELECT count(*) FROM confirmed WHERE advice_en <> '' AND advice_zh <> ''"), '1', '... and with advice');
is(run('SELECT contact_id, verdict, suggestion FROM invalid_address ORDER BY 1'), "8|typo|typo\@gmail.com\n9|syntax|", 'invalid addresses, apart from bounces');
run("INSERT INTO bounce_event(email, event, at) VALUES ('gone\@example.com', 'reactivate', '2026-01-03')");
is(run('SELECT count(*) FROM sendable WHERE contact_id = 3'), '2', 'one contact is taken off the confirmed list');
run("UPDATE contact SET email = 'GONE\@example.com ' WHERE contact_id = 1; UPDATE contact SET email = 'clean\@example.com' WHERE contact_id = 5");
is(run("SELECT email FROM contact WHERE contact_id = 1") . run('SELECT count(*) FROM sendable WHERE contact_id = 5'), 'gone@example.com2', 'a contact that changes address starts clean');

# ---- without the extension ----

sub bare { my ($sql) = @_; my $out = `sqlite3 -batch '$list' "$sql" 2>&1`; chomp $out; return $out }
is(bare('SELECT contact_id, stream FROM sendable WHERE contact_id = 4'), '4|transactional', 'without the extension: the view sendable can be read');
is(bare("SELECT bounce_state, sendable, verdict FROM address WHERE email = 'angry\@example.com'"), 'complained|0|ok', '... and address');
unlike(bare("SELECT * FROM $_"), qr/[Ee]rror/, "... SELECT * FROM $_")
    for qw(setting address contact message bounce_event rejected_event incident cleaning_rule cleaning_run archived_contact paused_contact saved_list sendable);
is(bare('.dump') =~ /^COMMIT;/m ? 'whole' : 'cut', 'whole', '... and dumped');

# ---- campaigns and reports ----

fresh();
run(<<'SQL');
INSERT INTO contact(contact_id, email) SELECT value, 'u' || value || '@example.com' FROM generate_series(1, 100);
INSERT INTO message(message_id, contact_id, account, campaign, sent_at) SELECT 'm' || value, value, 'acme', CASE WHEN value <= 50 THEN 'spring' ELSE 'summer' END, '2026-03-01' FROM generate_series(1, 100);
INSERT INTO bounce_event(email, at, event, message_id) VALUES
    ('u1@example.com', '2026-03-01 01:00', 'user_unknown/5', 'm1'), ('u2@example.com', '2026-03-01 01:00', 'mailbox_full/4', 'm2'), ('u3@example.com', '2026-03-01 01:00', 'blocklisted/5', 'm3'),
    ('u4@example.com', '2026-03-01 01:00', 'suppressed', 'm4'), ('u5@example.com', '2026-03-01 01:00', 'mailbox_full/4', 'm5'), ('u5@example.com', '2026-03-01 02:00', 'delivered', 'm5'),
    ('u6@example.com', '2026-03-01 01:00', 'delivered', 'm6'), ('u6@example.com', '2026-03-01 01:00', 'user_unknown/5', 'm6'), ('u7@example.com', '2026-03-01 01:00', 'greylisted/pending', 'm7'),
    ('u8@example.com', '2026-03-01 01:00', 'unknown', 'm8'), ('u51@example.com', '2026-03-01 01:00', 'user_unknown/5', 'm51'), ('u9@example.com', '2026-03-01 01:00', 'user_unknown/5', 'nosuchmessage'),
    ('u2@example.com', '2026-03-02 01:00', 'user_unknown/5', 'm2');
SQL
is(run('SELECT * FROM campaign_bounce_rate ORDER BY campaign'), "acme|spring|50|3|1|1|5|1|0.1|1\nacme|summer|50|1|0|0|1|0|0.02|0", 'bounce rate per campaign, the mark at 2 %');
run("UPDATE setting SET value = 'ses' WHERE name = 'perspective'");
is(run("SELECT hard, soft, block FROM campaign_bounce_rate WHERE campaign = 'spring'"), '4|1|0', '... under another perspective');
is(run("SELECT email, contact_id, sent_at FROM message WHERE message_id = 'm1'"), 'u1@example.com|1|2026-03-01T00:00:00.000000Z', 'a message has the address of its contact');
is(run("INSERT INTO message(message_id, email, sent_at) VALUES ('x1', 'U7\@example.com', 1767312000); SELECT contact_id, email, sent_at FROM message WHERE message_id = 'x1'"), '7|u7@example.com|2026-01-02T00:00:00.000000Z', '... or the contact of its address');
run("UPDATE setting SET value = 'default' WHERE name = 'perspective'; INSERT INTO bounce_event(email, at, event) VALUES ('u1\@example.com', '2026-04-01', 'hard')");
is(run("SELECT * FROM reason_over_time WHERE type = 'hard' ORDER BY 1, 2"), "2026-03|suppressed|hard|1|1\n2026-03|user_unknown|hard|5|5\n2026-04|hard|hard|1|1", 'reasons over time');

fresh();
run(<<'SQL');
INSERT INTO bounce_event(email, at, event, diagnostic) VALUES
    ('a@dead.example', '2026-01-01', NULL, '550 5.1.2 Host unknown'), ('b@dead.example', '2026-01-02', 'user_unknown/5', NULL), ('c@dead.example', '2026-01-01', 'delivered', NULL), ('c@dead.example', '2026-01-03', 'user_unknown/5', 'no such user here'),
    ('a@block.example', '2026-01-01', 'blocklisted/5', NULL), ('b@block.example', '2026-01-01', 'policy_rejected/5', 'policy'), ('c@block.example', '2026-01-01', 'open', NULL),
    ('a@full.example', '2026-01-01', 'mailbox_full/4', NULL), ('a@full.example', '2026-01-01', 'delivered', NULL),
    ('a@fine.example', '2026-01-02', 'delivered', NULL), ('a@fine.example', '2026-01-01', 'user_unknown/5', NULL);
SQL
is(run('SELECT domain, addresses, fine, gone, refused, blocked, full_up, other, health, evidence, last_reply FROM domain_health ORDER BY 1'),
    "block.example|3|1|0|0|2|0|0|blocking you|blocklisted 1, policy_rejected 1|policy\ndead.example|3|0|1|2|0|0|0|dead|user_unknown 2, domain_unknown 1|no such user here\n"
      . "fine.example|1|1|0|0|0|0|0|fine||\nfull.example|1|0|0|0|0|1|0|full|mailbox_full 1|", 'many bounces from one domain: dead, blocking you, full');

fresh();
run(<<'SQL');
INSERT INTO message(message_id, email, account) VALUES ('m3', 'x@example.com', 'c');
INSERT INTO bounce_event(email, at, event, account, message_id) VALUES
    ('x@example.com', '2026-01-01', 'user_unknown/5', 'a', NULL), ('x@example.com', '2026-01-02', 'mailbox_full/5', 'b', NULL), ('x@example.com', '2026-01-03', 'user_unknown/5', NULL, 'm3'),
    ('two@example.com', '2026-01-01', 'user_unknown/5', 'a', NULL), ('two@example.com', '2026-01-02', 'user_unknown/5', 'b', NULL), ('two@example.com', '2026-01-03', 'blocklisted/5', 'c', NULL);
SQL
is(run('SELECT * FROM global_bounce'), 'x@example.com|3|mailbox_full,user_unknown|2026-01-01T00:00:00.000000Z|2026-01-03T00:00:00.000000Z', 'global: hard in three accounts');
run("INSERT INTO bounce_event(email, at, event) VALUES ('x\@example.com', '2026-01-04', 'reactivate')");
is(run('SELECT * FROM global_bounce'), '', '... until it is brought back');

fresh();
run(<<'SQL');
INSERT INTO bounce_event(email, at, event, message_id, account) VALUES
    ('late@example.com', datetime('now', '-100 hours'), 'greylisted/pending', 'm1', 'a'), ('late@example.com', datetime('now', '-90 hours'), 'pending', 'm1', 'a'),
    ('new@example.com', datetime('now', '-10 hours'), 'pending', 'm2', NULL), ('done@example.com', datetime('now', '-100 hours'), 'pending', 'm3', NULL),
    ('done@example.com', datetime('now', '-99 hours'), 'delivered', 'm3', NULL), ('failed@example.com', datetime('now', '-100 hours'), 'pending', NULL, NULL),
    ('failed@example.com', datetime('now', '-50 hours'), 'user_unknown/5', NULL, NULL);
SQL
is(run('SELECT email, message_id, account, hours, tries FROM pending_overdue'), 'late@example.com|m1|a|100|2', 'pending beyond 72 hours');

is(run("SELECT email, bounce_state, last_category, strikes FROM address_summary WHERE email = 'failed\@example.com'"), 'failed@example.com|confirmed|user_unknown|1', 'the summary in columns');

# ---- time alone ----

fresh();
run("UPDATE setting SET value = 'hubspot hold=30d' WHERE name = 'policy';"
      . "INSERT INTO bounce_event(email, at, event) VALUES ('p\@example.com', '2026-01-01', 'pending'), ('h\@example.com', '2026-01-01', 'hard'), ('n\@example.com', datetime('now', '-1 hour'), 'pending')");
is(run('SELECT email, stored_state, state_now, next_change_at FROM time_change ORDER BY 1'),
    "h\@example.com|confirmed|active|2026-01-31T00:00:00.000000Z\np\@example.com|pending|soft|2026-01-04T00:00:00.000000Z", 'what changes with time alone');
is(run(slurp("$ENV{MAILBOUNCE_SOURCE}/sql/schedule_sqlite.sql")), '', 'the scheduled job runs');
is(states(), 'h@example.com=active n@example.com=pending p@example.com=soft', '... the states are those of now');
is(run('SELECT count(*) FROM time_change'), '0', '... nothing is left to do');
right('asof');
run("INSERT INTO bounce_event(email, at, event) VALUES ('p\@example.com', '2026-01-02', 'delivered'), ('h\@example.com', datetime('now', '+1 day'), 'hard')");
is(states(), 'h@example.com=confirmed n@example.com=pending p@example.com=active', 'late events, and events after asof');
right('late events');

# ---- cleaning ----

my $people = <<'SQL';
INSERT INTO contact(contact_id, email, name, created_at) VALUES (1, 'dead@example.com', 'Dead', '2020-01-01'), (2, 'mailed@example.com', 'Mailed', '2020-01-01'), (3, 'soft@example.com', 'Soft', '2020-01-01'),
    (4, 'fine@example.com', 'Fine', '2020-01-01'), (5, 'left@example.com', NULL, '2020-01-01'), (6, 'x@gmial.com', NULL, '2020-01-01'), (7, 'soft3@example.net', NULL, '2020-01-01'), (8, 'new@example.com', NULL, datetime('now'));
INSERT INTO bounce_event(email, at, event) VALUES ('dead@example.com', '2026-01-01', 'user_unknown/5'), ('mailed@example.com', '2026-01-01', 'user_unknown/5'), ('soft@example.com', datetime('now', '-3 days'), 'mailbox_full/4'),
    ('fine@example.com', datetime('now', '-2 days'), 'open'), ('left@example.com', '2026-01-01', 'unsubscribe'),
    ('soft3@example.net', datetime('now', '-5 days'), 'soft'), ('soft3@example.net', datetime('now', '-4 days'), 'soft'), ('soft3@example.net', datetime('now', '-3 days'), 'soft');
INSERT INTO message(message_id, contact_id, sent_at) VALUES ('m2', 2, datetime('now', '-2 days')), ('m1', 1, datetime('now', '-20 days'));
SQL
fresh();
run($people);
my $day = run("SELECT date('now', '-2 days')");
is(run("SELECT contact_id, action, bounce_state, category, since, strikes, kept_because FROM cleaning_preview WHERE rule = 'confirmed' ORDER BY 1"),
    "1|archive|confirmed|user_unknown|2026-01-01T00:00:00.000000Z|1|\n2|archive|confirmed|user_unknown|2026-01-01T00:00:00.000000Z|1|mailed on $day, less than 7 days ago", 'the dry run');
is(run("SELECT rule || ':' || group_concat(contact_id) FROM (SELECT * FROM cleaning_preview ORDER BY contact_id) GROUP BY rule ORDER BY rule") =~ s/\n/ /gr,
    'confirmed:1,2 inactive:1,2,3,5,6,7 invalid:6 soft:3,7 soft_pause:7 unsubscribed:5', 'by state, by strikes, by age, by validity');
is(run('SELECT count(*) FROM contact'), '8', '... changes nothing');
run("INSERT INTO cleaning_run(rule) VALUES ('confirmed')");
is(run('SELECT rule, archived, paused, saved, kept FROM cleaning_run'), 'confirmed|1|0|0|1', 'a run archives, and keeps who was mailed');
is(run('SELECT contact_id, email, name, created_at, run_id, rule, bounce_state, category, since FROM archived_contact'),
    '1|dead@example.com|Dead|2020-01-01T00:00:00.000000Z|1|confirmed|confirmed|user_unknown|2026-01-01T00:00:00.000000Z', '... loses nothing');
is(run('SELECT group_concat(contact_id) FROM (SELECT contact_id FROM contact ORDER BY 1)'), '2,3,4,5,6,7,8', '... takes the contact off the list');
run("INSERT INTO contact(contact_id, email) VALUES (20, 'Dead\@example.com')");
is(run('SELECT count(*) FROM sendable WHERE contact_id = 20') . run('SELECT contact_id FROM confirmed WHERE contact_id = 20'), '020', 'an archived address that is imported again keeps its history');
run('DELETE FROM contact WHERE contact_id = 20');
run("INSERT INTO cleaning_run(rule) VALUES ('soft'), ('soft_pause'), ('soft')");
is(run('SELECT list, contact_id, email, run_id, bounce_state, category FROM saved_list ORDER BY 2'), "soft|3|soft\@example.com|2|soft|mailbox_full\nsoft|7|soft3\@example.net|2|soft|", 'soft ones are saved as a list of their own');
is(run('SELECT count(*) FROM sendable WHERE contact_id = 7') . '|' . run("SELECT count(*) FROM contact WHERE contact_id = 7 AND paused_until > datetime('now', '+29 days')"), '0|1', '... or paused');
run("UPDATE cleaning_run SET undone_at = datetime('now') WHERE run_id = 3");
is(run('SELECT count(*) FROM sendable WHERE contact_id = 7') . run('SELECT count(*) FROM paused_contact'), '20', 'undo: the pause is taken back');
run("UPDATE cleaning_run SET undone_at = datetime('now') WHERE run_id = 2");
is(run('SELECT count(*) FROM saved_list'), '0', '... and the saved list');
run("UPDATE cleaning_run SET undone_at = datetime('now') WHERE run_id = 1");
is(run('SELECT contact_id, email, name, created_at FROM contact WHERE contact_id = 1') . run('SELECT count(*) FROM archived_contact'), '1|dead@example.com|Dead|2020-01-01T00:00:00.000000Z0', '... and who was archived comes back');
like(fails("UPDATE cleaning_run SET undone_at = NULL WHERE run_id = 1"), qr/was undone already: run the rule again/, 'a run is undone once');
like(fails("INSERT INTO cleaning_run(rule) VALUES ('nosuchrule')"), qr/cleaning_run\.rule: there is no such rule in cleaning_rule/, 'an unknown rule');
like(fails("INSERT INTO cleaning_rule(name, action, applies_to) VALUES ('r', 'delete', 'soft')"), qr/action is archive, pause or save/, 'a wrong action is an error in words');
like(fails("INSERT INTO cleaning_rule(name, action, applies_to) VALUES ('r', 'save', 'sfot')"), qr/applies_to is a state/, '... and a wrong state');
like(fails("INSERT INTO cleaning_rule(name, action, applies_to) VALUES ('r', 'pause', 'soft')"), qr/a rule that pauses needs pause_days/, '... and a pause without end');
like(fails("INSERT INTO cleaning_rule(name, action, applies_to, category) VALUES ('r', 'save', 'soft', 'mailbox_ful')"), qr/mailbox_ful/, '... and a wrong category, by name');
run("INSERT INTO cleaning_rule(name, action, applies_to, category, older_than_days, at_least, domain) VALUES ('full', 'save', 'soft', 'mailbox_full', 2, 1, 'EXAMPLE.com'), ('full_old', 'save', 'soft', 'mailbox_full', 5, 1, 'example.com')");
is(run("SELECT rule, contact_id FROM cleaning_preview WHERE rule GLOB 'full*'"), 'full|3', 'a rule by reason, age, number and domain');

# consent
fresh();
run("$people INSERT INTO cleaning_run(rule) VALUES ('confirmed'), ('unsubscribed'), ('invalid');"
      . "INSERT INTO bounce_event(email, at, event) VALUES ('dead\@example.com', '2026-02-01', 'unsubscribe');"
      . "INSERT INTO contact(contact_id, email) VALUES (6, 'other\@example.com'), (30, 'dead\@example.com');"
      . "UPDATE cleaning_run SET undone_at = datetime('now')");
is(run('SELECT rule, contact_id FROM archived_contact ORDER BY 2'), "confirmed|1\ninvalid|6", 'undo leaves out who unsubscribed since, and who exists again');
is(run('SELECT count(*) FROM contact WHERE contact_id = 5'), '1', '... but not who had unsubscribed before');
is(run("INSERT INTO restored_contact SELECT archive_id FROM archived_contact WHERE contact_id = 1; SELECT name FROM contact WHERE contact_id = 1"), 'Dead', 'one contact is brought back by hand');

# the seven days
like(fails('DELETE FROM contact WHERE contact_id = 2'), qr/was mailed less than keep_days days ago .*cannot be deleted/, 'a contact mailed in the last seven days is not deleted');
run("UPDATE setting SET value = '1' WHERE name = 'keep_days'; DELETE FROM contact WHERE contact_id = 2");
is(run('SELECT count(*) FROM contact WHERE contact_id = 2'), '0', '... the number of days can be set');
like(fails("INSERT INTO contact(email, paused_until) VALUES ('a\@example.com', 'soon')"), qr/contact\.paused_until .* must be times/, 'a pause until no time');
like(fails("UPDATE contact SET paused_until = 'soon'"), qr/contact\.paused_until and contact\.created_at must be times/, '... also in an UPDATE');
like(fails("INSERT INTO contact(email, consent) VALUES ('a\@example.com', 'yes')"), qr/consent is given, asked or withdrawn/, 'a wrong consent');
like(fails("INSERT INTO message(message_id, email, stream) VALUES ('z', 'a\@example.com', 'news')"), qr/stream is marketing or transactional/, 'a wrong stream');
like(fails("INSERT INTO contact(email) VALUES (' ')"), qr/contact\.email must not be empty/, 'a contact without an address');
like(fails("INSERT INTO message(message_id, contact_id) VALUES ('z', 999)"), qr/message\.email: a message needs an address/, 'a message without one');
like(fails("INSERT INTO message(message_id, email, sent_at) VALUES ('z', 'a\@example.com', 'then')"), qr/message\.sent_at must be a time/, 'a message sent at no time');

# ---- incidents ----

fresh();
run(<<'SQL');
INSERT INTO contact(contact_id, email, created_at) VALUES (1, 'in@example.com', '2020-01-01'), (2, 'out@example.com', '2020-01-01'), (3, 'other@example.net', '2020-01-01'), (4, 'left@example.com', '2020-01-01');
INSERT INTO bounce_event(email, at, event) VALUES ('in@example.com', '2026-03-01 10:30', 'user_unknown/5'), ('in@example.com', '2026-03-01 10:31', 'open'), ('out@example.com', '2026-03-01 11:00', 'user_unknown/5'),
    ('other@example.net', '2026-03-01 10:30', 'user_unknown/5'), ('left@example.com', '2026-03-01 10:30', 'user_unknown/5'), ('left@example.com', '2026-03-01 10:40', 'unsubscribe'),
    ('sub@mail.example.com', '2026-03-01 10:30', 'user_unknown/5');
INSERT INTO cleaning_run(rule) VALUES ('confirmed');
SQL
is(run('SELECT group_concat(contact_id) FROM contact'), '4', 'before the incident was known');
run("INSERT INTO incident(domain, category, since, until, note) VALUES ('Example.com', 'user_unknown', '2026-03-01T10:00Z', '2026-03-01 12:00+01:00', 'directory down')");
is(states(), 'in@example.com=active left@example.com=unsubscribed other@example.net=confirmed out@example.com=confirmed sub@mail.example.com=confirmed',
    'an incident by domain, category and time: its bounces leave the histories');
is(run('SELECT group_concat(contact_id) FROM (SELECT contact_id FROM contact ORDER BY 1)'), '1,4', '... who was archived for them comes back');
is(run("SELECT confirmed_at IS NULL FROM address WHERE email = 'left\@example.com'"), '1', '... consent is not touched');
right('incident');
run("INSERT INTO bounce_event(email, at, event) VALUES ('late\@example.com', '2026-03-01 10:59:59.999', 'user_unknown/5'), ('late\@example.com', '2026-03-01 10:59', 'open')");
is(run("SELECT incident_id, event FROM bounce_event WHERE email = 'late\@example.com' ORDER BY at"), "|open\n1|user_unknown/5", 'late events of an incident are marked when they come');
is(run("SELECT bounce_state FROM address WHERE email = 'late\@example.com'"), 'active', '... and do not count');
run("UPDATE incident SET until = '2026-03-01 11:30' WHERE incident_id = 1");
is(run("SELECT bounce_state FROM address WHERE email = 'out\@example.com'"), 'active', 'an incident that grows');
right('incident changed');
run("UPDATE bounce_event SET at = '2026-03-02' WHERE email = 'out\@example.com'");
is(run("SELECT bounce_state FROM address WHERE email = 'out\@example.com'"), 'confirmed', 'an event that leaves it by its time');
run('DELETE FROM incident');
is(states(), 'in@example.com=confirmed late@example.com=confirmed left@example.com=unsubscribed other@example.net=confirmed out@example.com=confirmed sub@mail.example.com=confirmed',
    'without the incident they count again');
is(run('SELECT count(*) FROM bounce_event WHERE incident_id IS NOT NULL'), '0', '... no mark is left');
right('incident deleted');
like(fails("INSERT INTO incident(since, until) VALUES ('2026-01-02', '2026-01-01')"), qr/incident\.since must be earlier than incident\.until/, 'an incident that ends before it begins');
like(fails("INSERT INTO incident(since, until) VALUES ('then', '2026-01-01')"), qr/incident\.since and incident\.until must be times/, '... at no time');
like(fails("INSERT INTO incident(since, until, category) VALUES ('2026-01-01', '2026-01-02', 'user_unkown')"), qr/user_unkown/, '... of no category, by name');

# ---- after a rules update ----

fresh();
run("INSERT INTO bounce_event(email, at, diagnostic) VALUES ('ann\@example.com', '2026-01-01', '550 5.1.1 user unknown'), ('bob\@example.com', '2026-01-01', '550 5.1.1 user unknown')");
run("UPDATE bounce_event SET event = 'blocklisted/5', rules_version = 'older'");
run("UPDATE bounce_event SET rules_version = 'older'");
is(states(), 'ann@example.com=block bob@example.com=block', 'as older rules read them');
run('UPDATE bounce_event SET event = NULL WHERE rules_version <> bounce_rules_version()');
is(states() . run(' SELECT count(*) FROM bounce_event WHERE rules_version = bounce_rules_version()'), 'ann@example.com=confirmed bob@example.com=confirmed2', 'one statement reads all diagnostics again');
right('rules update');

# ---- tables that are there already ----

fresh();
my $shown = slurp($kit);
my ($forward) = $shown =~ /(--     CREATE TRIGGER my_bounce.*?--     END;\n--     INSERT INTO bounce_event.*?\n)/s;
my ($alone) = $shown =~ /(--     ALTER TABLE subscriber.*?--     END;\n)/s;
my ($ask) = $shown =~ /--     (SELECT s\.\* FROM subscriber.*?;)/;
s/^--//mg for $forward, $alone;
my $own = "CREATE TABLE subscriber(mail TEXT PRIMARY KEY, who TEXT); CREATE TABLE my_bounces(id INTEGER PRIMARY KEY, rcpt TEXT, reply TEXT, received TEXT);"
  . "INSERT INTO subscriber VALUES ('Ann\@example.com', 'Ann'), ('bob\@example.com', 'Bob'), ('eve\@example.com', 'Eve');"
  . "INSERT INTO my_bounces VALUES (1, 'ann\@example.com', '550 5.1.1 user unknown', '2026-01-01');";
run("$own $forward INSERT INTO rebuild SELECT mail FROM subscriber; INSERT INTO my_bounces(rcpt, reply, received) VALUES ('bob\@example.com', '550 5.1.1 user unknown', '2026-01-01'), ('eve\@example.com', '?', 'whenever')");
is(run($ask), 'eve@example.com|Eve', 'attached to tables with other names');
is(run('SELECT reason FROM rejected_event'), '"whenever" is no time', '... the kit keeps apart what it can\'t read');
is(sqlite("$own $alone INSERT INTO my_bounces(rcpt, reply, received) VALUES ('bob\@example.com', '550 5.1.1 user unknown', '2026-01-01'), ('bob\@example.com', 'hard', '2026-01-02'); SELECT mail, bounce_state FROM subscriber ORDER BY 1"),
    "Ann\@example.com|active\nbob\@example.com|hard\neve\@example.com|active", 'or the state in a table of your own');

# ---- several processes at once ----

fresh();
run('PRAGMA journal_mode = WAL');
my @children;
for my $n (1 .. 4) {
    my $child = fork // die;
    if ($child == 0) {
        my $sql = join '', map { "INSERT INTO bounce_event(event_id, email, at, event) SELECT '$n-$_-' || value, 'u' || (value % 20) || '\@example.com', 1767312000 + value * 86400 + $n * $_, "
              . "CASE (value + $n) % 4 WHEN 0 THEN 'soft' WHEN 1 THEN 'delivered' WHEN 2 THEN 'mailbox_full/4' ELSE 'open' END FROM generate_series(1, 40);\n" } 1 .. 10;
        exec('/bin/sh', '-c', "sqlite3 -batch -cmd '.load build/sqlite/mailbounce' -cmd '.timeout 60000' '$list' > '$dir/child$n' 2>&1 <<'SQL'\n${sql}SQL\n") or die;
    }
    push @children, $child;
}
waitpid $_, 0 for @children;
is(join('', map { slurp("$dir/child$_") } 1 .. 4), '', 'four processes write at once');
is(run('SELECT count(*) FROM bounce_event'), '1600', '... nothing is lost');
right('concurrent writers');

done_testing();
