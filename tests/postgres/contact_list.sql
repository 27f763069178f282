-- the contact-list kit in PostgreSQL: what each table, trigger and view promises
\set ON_ERROR_STOP 1
SET timezone = 'UTC';
BEGIN;
\getenv source MAILBOUNCE_SOURCE
\set kit :source '/sql/contact_list_postgresql.sql'
\set schema list
\o /dev/null
\i :kit
\o
SET search_path = public;        -- the kit works from any search_path
SELECT no_plan();
CREATE FUNCTION n(text) RETURNS bigint LANGUAGE plpgsql AS $$DECLARE c bigint; BEGIN EXECUTE 'SELECT count(*) FROM ' || $1 INTO c; RETURN c; END$$;
CREATE FUNCTION state(text) RETURNS text LANGUAGE sql AS $$SELECT bounce_state FROM list.address WHERE email = $1$$;
CREATE FUNCTION right_now() RETURNS SETOF text LANGUAGE sql AS $$SELECT is_empty('SELECT * FROM list.state_check', '... and every state is right')$$;

-- ---- events, one by one ----

INSERT INTO list.bounce_event (event_id, email, at, diagnostic) VALUES ('a1', ' Ann@Example.COM ', '2026-03-01', '550 5.1.1 User unknown');
SELECT is(state('ann@example.com'), 'confirmed', 'an event of an unknown address is kept, and makes it known');
SELECT results_eq($$SELECT email, event, category, rules_version = bounce_rules_version() FROM list.bounce_event WHERE event_id = 'a1'$$,
    $$VALUES ('ann@example.com', 'user_unknown/5', 'user_unknown', true)$$, 'the address is normalised, the diagnostic read');
INSERT INTO list.bounce_event (email, at, event, diagnostic) VALUES ('two@example.com', '2026-03-01', '552 5.2.2 mailbox full', 'what the log said'), ('two@example.com', '2026-03-02', 'complaint/5', NULL);
SELECT results_eq($$SELECT event, diagnostic, rules_version FROM list.bounce_event WHERE email LIKE 'two%' ORDER BY at$$,
    $$VALUES ('mailbox_full/5', 'what the log said', NULL), ('complaint', NULL, NULL)$$, 'two diagnostics: the event is read, the other stays; a complaint is a complaint');
SELECT is(n('list.contact'), 0::bigint, 'being an address is not being on the list');
INSERT INTO list.bounce_event (event_id, email, at, event) VALUES ('a2', 'ann@example.com', '2026-03-05', ' Reactivate ');
SELECT is(state('ann@example.com'), 'active', 'taken off the confirmed list by hand');
SELECT is((SELECT category FROM list.bounce_event WHERE event = 'reactivate'), NULL, 'a kind has no category');
INSERT INTO list.bounce_event (email, at, event) VALUES ('raw@example.com', '2026-03-01', '552 5.2.2 mailbox full');
SELECT results_eq($$SELECT event, diagnostic, category FROM list.bounce_event WHERE email LIKE 'raw%'$$,
    $$VALUES ('mailbox_full/5', '552 5.2.2 mailbox full', 'mailbox_full')$$, 'a diagnostic given as the event');
INSERT INTO list.bounce_event (email, at, event, diagnostic) VALUES ('both@example.com', '2026-03-01', 'soft', '550 5.1.1 User unknown');
SELECT results_eq($$SELECT event, diagnostic, rules_version FROM list.bounce_event WHERE email LIKE 'both%'$$,
    $$VALUES ('soft', '550 5.1.1 User unknown', NULL)$$, 'a given event wins, the diagnostic stays');
INSERT INTO list.bounce_event (email, at, event) VALUES ('ann@example.com', '2026-03-02', 'hard'), ('ann@example.com', '2026-03-06', 'open');
SELECT is(state('ann@example.com'), 'active', 'a late event takes its place in time');
SELECT right_now();

-- ---- redelivered ----

INSERT INTO list.bounce_event (event_id, email, at, diagnostic) VALUES ('a1', 'ann@example.com', '2026-03-01', '550 5.1.1 User unknown');
SELECT is(n($$list.bounce_event WHERE event_id = 'a1'$$), 1::bigint, 'stored once, in two statements');
INSERT INTO list.bounce_event (event_id, email, at, event) VALUES ('d1', 'dup@example.com', '2026-03-01', 'hard'), ('d1', 'dup@example.com', '2026-03-09', 'soft'), ('d1', 'dup2@example.com', '2026-03-09', 'soft');
SELECT results_eq($$SELECT email, event FROM list.bounce_event WHERE event_id = 'd1' ORDER BY 1$$, $$VALUES ('dup2@example.com', 'soft'), ('dup@example.com', 'hard')$$,
    'and in one: the first stays; one id may name several recipients');
SELECT right_now();
INSERT INTO list.bounce_event (event_id, email, at, event) VALUES ('d1', 'dup@example.com', '2026-04-01', 'reactivate') ON CONFLICT DO NOTHING;
SELECT is(state('dup@example.com'), 'confirmed', 'an id that comes again with another event changes nothing');
INSERT INTO list.bounce_event (email, at, event) VALUES ('noid@example.com', '2026-04-01', 'soft'), ('noid@example.com', '2026-04-02', 'soft');
SELECT is(n($$list.bounce_event WHERE email LIKE 'noid%'$$), 2::bigint, 'events without an id are all stored');
SELECT right_now();

-- ---- unreadable ----

INSERT INTO list.bounce_event (event_id, email, at, event, diagnostic) VALUES
    ('r1', NULL, '2026-03-01', 'hard', NULL), ('r2', '  ', '2026-03-01', 'hard', NULL), ('r3', 'nobody', '2026-03-01', 'hard', NULL),
    ('r4', 'ann@example.com', NULL, 'hard', NULL), ('r5', 'ann@example.com', '2026-03-01', 'hrad', NULL), ('r6', 'ann@example.com', '2026-03-01', NULL, NULL),
    ('r7', 'ann@example.com', 'infinity', 'hard', NULL), ('r8', repeat('x', 400) || '@example.com', '2026-03-01', 'hard', NULL), ('r9', 'ann@example.com', '2026-03-01', ' ', ' '),
    ('r10', 'ann@example.com', '0044-03-15 BC', NULL, '550 user unknown'), ('r11', 'a b@example.com', '2026-03-01', 'hard', NULL),
    ('r12', 'ann@example.com', '2026-03-01', 'user_unknown/9', NULL), ('ok', 'good@example.com', '2026-03-01', 'hard', NULL);
SELECT results_eq($$SELECT event_id, reason FROM list.rejected_event ORDER BY rejected_id$$, $$VALUES
    ('r1', 'no address'), ('r2', 'no address'), ('r3', '"nobody" is no address'), ('r4', 'no time'), ('r5', 'unknown event "hrad"'), ('r6', 'no event and no diagnostic'),
    ('r7', 'time out of range; legal: the years 0001 to 9999'), ('r8', '"' || repeat('x', 80) || '" is no address'), ('r9', 'no event and no diagnostic'),
    ('r10', 'time out of range; legal: the years 0001 to 9999'), ('r11', '"a b@example.com" is no address'), ('r12', 'unknown event "user_unknown/9"')$$,
    'what cannot be read is kept apart, with the reason');
SELECT is(state('good@example.com'), 'confirmed', 'the rest of the statement is stored');
SELECT lives_ok($$INSERT INTO list.bounce_event (event_id, email, at, event, diagnostic, message_id, account) SELECT long, 'long@example.com', '2026-03-01', NULL, long, long, long
    FROM (SELECT string_agg(md5(i::text), ' ') AS long FROM generate_series(1, 1000) i) x$$, 'no length of anything fails');
SELECT is(n($$list.bounce_event WHERE email LIKE 'long%'$$), 1::bigint, 'and it is stored');
INSERT INTO list.incoming_event (event_id, email, at, event) VALUES ('i1', 'in@example.com', '2026-03-01T10:00:00Z', 'soft'), ('i2', 'in@example.com', 'last Tuesday', 'hard'),
    ('i3', 'in@example.com', '2026-02-30', 'hard'), ('i4', 'in@example.com', NULL, 'hard'), ('i5', 'in@example.com', '1772359200', 'open'), ('i6', 'in@example.com', 'now', 'hrad'),
    ('i7', 'in@example.com', '', 'hard'), ('i8', 'in@example.com', '20260301', 'hard'), ('i9', 'in@example.com', '01/02/2026', 'hard'), ('i1', 'in@example.com', '2026-03-01T10:00:00Z', 'soft');
SELECT results_eq($$SELECT event_id, at, reason FROM list.rejected_event WHERE event_id LIKE 'i%' ORDER BY 1$$, $$VALUES ('i2', 'last Tuesday', '"last Tuesday" is no time'),
    ('i3', '2026-02-30', '"2026-02-30" is no time'), ('i4', NULL, 'no time'), ('i6', 'now', '"now" is no time'), ('i7', NULL, 'no time'),
    ('i8', '20260301', '"20260301" is no time'), ('i9', '01/02/2026', '"01/02/2026" is no time')$$, 'times in text that are none');
SELECT results_eq($$SELECT event_id, at FROM list.bounce_event WHERE email LIKE 'in@%' ORDER BY 1$$, $$VALUES ('i1', '2026-03-01 10:00Z'::timestamptz), ('i5', '2026-03-01 10:00Z')$$, 'the others are stored');
SELECT is(n('list.incoming_event'), 0::bigint, 'nothing stays behind');
SELECT right_now();

-- ---- changes and deletions ----

INSERT INTO list.bounce_event (event_id, email, at, event) VALUES ('c1', 'cat@example.com', '2026-03-01', 'hard'), ('c2', 'cat@example.com', '2026-03-02', 'soft');
UPDATE list.bounce_event SET event = 'Soft' WHERE event_id = 'c1';
SELECT is(state('cat@example.com'), 'soft', 'an event that is corrected');
UPDATE list.bounce_event SET at = '2026-01-01' WHERE event_id = 'c1';
SELECT is((SELECT first_strike_at FROM list.address_summary WHERE email = 'cat@example.com'), '2026-01-01'::timestamptz, 'its time');
UPDATE list.bounce_event SET email = ' DOG@example.com', event = 'hard' WHERE event_id = 'c1';
SELECT results_eq($$SELECT state('cat@example.com'), state('dog@example.com')$$, $$VALUES ('soft', 'confirmed')$$, 'its address: both histories follow');
SELECT right_now();
SELECT throws_ok($$UPDATE list.bounce_event SET event = 'hrad' WHERE event_id = 'c1'$$, '22023',
    format('event %s: unknown event "hrad"', (SELECT event_number FROM list.bounce_event WHERE event_id = 'c1')), 'an unreadable correction is an error');
DELETE FROM list.bounce_event WHERE event_id IN ('c1', 'c2');
SELECT results_eq($$SELECT state('cat@example.com'), state('dog@example.com')$$, $$VALUES ('active', 'active')$$, 'deleted');
SELECT is((SELECT bounces FROM list.address WHERE email = 'dog@example.com'), NULL, 'without events the history is NULL');
SELECT right_now();
UPDATE list.bounce_event SET diagnostic = '552 5.2.2 mailbox full' WHERE event_id = 'a1';
SELECT is((SELECT event FROM list.bounce_event WHERE event_id = 'a1'), 'mailbox_full/5', 'a corrected diagnostic is read again');
SELECT right_now();

-- ---- rules ----

INSERT INTO list.bounce_event (event_id, email, at, diagnostic) VALUES ('o1', 'own@example.com', '2026-03-01', '550 Verdict purple');
SELECT isnt(state('own@example.com'), 'confirmed', 'before a rule of its own');
SELECT throws_like($$UPDATE list.setting SET value = '[user_unknwon]' WHERE name = 'own_rules'$$, 'own_rules, line 1: %user_unknwon%', 'a wrong rule is named');
UPDATE list.setting SET value = E'[user_unknown]\nacme.gone: "verdict purple"' WHERE name = 'own_rules';
UPDATE list.bounce_event SET event = NULL WHERE rules_version IS NOT NULL;
SELECT is(state('own@example.com'), 'confirmed', 'all events read again');
SELECT is((SELECT event FROM list.bounce_event WHERE email = 'both@example.com'), 'soft', 'but not those whose event was given');
INSERT INTO list.bounce_event (email, at, diagnostic) VALUES ('own2@example.com', '2026-03-01', '551 verdict PURPLE');
SELECT is(state('own2@example.com'), 'confirmed', 'new ones, too');
UPDATE list.setting SET value = NULL WHERE name = 'own_rules';
UPDATE list.bounce_event SET rules_version = 'old' WHERE event_id = 'o1';
UPDATE list.bounce_event SET event = NULL WHERE rules_version <> bounce_rules_version();
SELECT isnt(state('own@example.com'), 'confirmed', 'events of an older version');
SELECT is(state('own2@example.com'), 'confirmed', 'only these');
SELECT right_now();

-- ---- settings ----

UPDATE list.setting SET value = 'benchmark' WHERE name = 'policy';
SELECT is(state('good@example.com'), 'hard', 'another policy: every address is looked at anew');
INSERT INTO list.bounce_event (email, at, event) VALUES ('after@example.com', '2026-03-01', 'hard');
SELECT is(state('after@example.com'), 'hard', 'new addresses have it, too');
SELECT right_now();
SELECT throws_like($$UPDATE list.setting SET value = 'default hrad=1' WHERE name = 'policy'$$, '%unknown key "hrad"%', 'a wrong policy');
SELECT throws_like($$UPDATE list.setting SET value = 'hubspto' WHERE name = 'perspective'$$, '%hubspto%', 'a wrong perspective');
SELECT throws_ok($$UPDATE list.setting SET value = 'two' WHERE name = 'keep_days'$$, '22023', 'setting "keep_days" must be a number, not "two"', 'a wrong number');
SELECT throws_ok($$INSERT INTO list.setting VALUES ('colour', 'red')$$, '22023',
    'unknown setting "colour"; legal: bounce_rate_mark, global_accounts, keep_days, own_rules, pending_hours, perspective, policy', 'a wrong name');
SELECT throws_ok($$DELETE FROM list.setting WHERE name = 'policy'$$, '22023', 'setting "policy" cannot be deleted: UPDATE its value', 'no deletion');
UPDATE list.setting SET value = 'default' WHERE name = 'policy';
SELECT is(state('good@example.com'), 'confirmed', 'and back');

-- ---- bulk ----

INSERT INTO list.bounce_event (event_id, email, at, event)
    SELECT 'b' || i % 9000, 'bulk' || i % 9000 % 500 || '@example.net', '2026-01-01'::timestamptz + (i % 9000 * 7919 % 3000) * interval '1 hour',
        (ARRAY['user_unknown/5', 'delivered', 'mailbox_full/5', 'open', 'greylisted/4', 'blocklisted/5'])[i % 9000 % 6 + 1]
    FROM generate_series(1, 10000) i;
SELECT is(n($$list.bounce_event WHERE event_id LIKE 'b%'$$), 9000::bigint, 'ten thousand in one statement, a thousand of them twice');
SELECT is(n($$list.address WHERE domain = 'example.net'$$), 500::bigint, 'five hundred addresses');
SELECT right_now();
UPDATE list.bounce_event SET email = replace(email, 'bulk1', 'bulk2') WHERE email LIKE 'bulk1%';
SELECT right_now();
DELETE FROM list.bounce_event WHERE email LIKE 'bulk%' AND event_number % 3 = 0;
SELECT right_now();
UPDATE list.address SET bounces = NULL WHERE email = 'bulk2@example.net';
SELECT results_eq('SELECT email, stored_state, problem FROM list.state_check', $$VALUES ('bulk2@example.net', 'active', 'history differs from the events')$$, 'state_check sees a wrong history');
DELETE FROM list.address WHERE email = 'bulk2@example.net';
SELECT results_eq('SELECT email, stored_state, problem FROM list.state_check', $$VALUES ('bulk2@example.net', NULL::text, 'no row in address')$$, 'and a missing address');
INSERT INTO list.bounce_event (email, at, event) VALUES ('gone@example.net', '2026-01-01', 'hard');
ALTER TABLE list.bounce_event DISABLE TRIGGER deleted;
DELETE FROM list.bounce_event WHERE email = 'gone@example.net';
ALTER TABLE list.bounce_event ENABLE TRIGGER deleted;
INSERT INTO list.address AS a (email, bounces, last_event_at)
    SELECT email, bounce_history(event, at), max(at) FROM list.bounce_event WHERE incident_id IS NULL GROUP BY email ORDER BY email
ON CONFLICT (email) DO UPDATE SET bounces = excluded.bounces, last_event_at = excluded.last_event_at;
UPDATE list.address a SET bounces = NULL, last_event_at = NULL
    WHERE bounces IS NOT NULL AND NOT EXISTS (SELECT FROM list.bounce_event e WHERE e.email = a.email AND e.incident_id IS NULL);
SELECT is_empty('SELECT * FROM list.state_check', 'all histories from all events');

-- ---- time ----

UPDATE list.setting SET value = 'default hold=30d' WHERE name = 'policy';
INSERT INTO list.bounce_event (email, at, event) VALUES ('hold@example.com', now() - interval '31 days', 'hard');
SELECT is(state('hold@example.com'), 'confirmed', 'at the time of its newest event');
SELECT results_eq($$SELECT stored_state, state_now FROM list.time_change WHERE email = 'hold@example.com'$$, $$VALUES ('confirmed', 'active')$$, 'time alone has changed it');
UPDATE list.address SET asof = now()
    FROM (SELECT email FROM list.address WHERE next_change_at <= now() ORDER BY email FOR NO KEY UPDATE) due WHERE address.email = due.email;
SELECT is(state('hold@example.com'), 'active', 'after the scheduled statement');
SELECT is_empty('SELECT * FROM list.time_change', 'nothing is due');
SELECT right_now();
INSERT INTO list.bounce_event (email, at, event) VALUES ('hold@example.com', now() + interval '1 minute', 'hard');
SELECT is(state('hold@example.com'), 'confirmed', 'an event after that moment counts');
DELETE FROM list.bounce_event WHERE email = 'hold@example.com' AND at > now();
SELECT is(state('hold@example.com'), 'active', 'and is gone when deleted');
SELECT right_now();
UPDATE list.setting SET value = 'default' WHERE name = 'policy';

TRUNCATE list.bounce_event;
SELECT right_now();
SELECT is(n($$list.address WHERE bounce_state <> 'active'$$), 0::bigint, 'TRUNCATE');
DELETE FROM list.address;

-- ---- contacts ----

INSERT INTO list.contact (contact_id, email, name, consent, paused_until) VALUES
    (1, ' Ann@Example.com', 'Ann', 'given', NULL), (2, 'bob@example.com', 'Bob', 'given', NULL), (3, 'cem@example.com', 'Cem', 'given', NULL),
    (4, 'dan@example.com', 'Dan', 'given', NULL), (5, 'eve@example.com', 'Eve', 'asked', NULL), (6, 'fay@gmial.com', 'Fay', 'given', NULL),
    (7, 'gil@@example.com', 'Gil', 'given', NULL), (8, 'hal@example.com', 'Hal', 'given', now() + interval '1 day'), (9, 'ida@example.com', 'Ida', 'given', now() - interval '1 day'),
    (10, 'jan@example.com', 'Jan', 'withdrawn', NULL);
SELECT is(n('list.address'), 10::bigint, 'contacts have addresses');
INSERT INTO list.bounce_event (event_id, email, at, event, diagnostic) VALUES
    ('k2', 'bob@example.com', '2026-03-01', NULL, '550 5.1.1 User unknown'), ('k3', 'cem@example.com', '2026-03-01', 'unsubscribe', NULL), ('k4', 'dan@example.com', '2026-03-01', 'complaint', NULL);
SELECT results_eq('SELECT contact_id, stream FROM list.sendable ORDER BY 1, 2', $$VALUES (1::bigint, 'marketing'), (1, 'transactional'), (3, 'transactional'),
    (5, 'transactional'), (9, 'marketing'), (9, 'transactional'), (10, 'transactional')$$, 'who may be mailed, by stream');
INSERT INTO list.bounce_event (email, at, event) VALUES ('cem@example.com', '2026-03-02', 'user_unknown/5');
SELECT is(state('cem@example.com'), 'unsubscribed', 'unsubscribed and confirmed');
SELECT is_empty('SELECT * FROM list.sendable WHERE contact_id = 3', 'gets nothing at all');
SELECT results_eq('SELECT contact_id, bounce_state, reason, category, confirmed_at, diagnostic FROM list.confirmed ORDER BY 1', $$VALUES
    (2::bigint, 'confirmed', 'hard', 'user_unknown', '2026-03-01'::timestamptz, '550 5.1.1 User unknown'), (3, 'unsubscribed', 'unsubscribe', 'user_unknown', '2026-03-02', NULL)$$,
    'the confirmed apart, with the reason');
SELECT ok((SELECT advice_en LIKE 'Check whether%' AND advice_zh IS NOT NULL FROM list.confirmed WHERE contact_id = 2), 'and the advice');
SELECT results_eq('SELECT contact_id, verdict, suggestion FROM list.invalid_address ORDER BY 1', $$VALUES (6::bigint, 'typo', 'fay@gmail.com'), (7, 'syntax', NULL)$$, 'invalid addresses');
UPDATE list.contact SET email = 'Bob.New@example.com' WHERE contact_id = 2;
SELECT is(n($$list.sendable WHERE email = 'bob.new@example.com'$$), 2::bigint, 'a contact that changes address starts clean');
UPDATE list.contact SET email = 'bob@example.com' WHERE contact_id = 2;
SELECT throws_ok($$INSERT INTO list.contact (contact_id, email) VALUES (77, ' ')$$, '22023', 'contact 77 has no address', 'a contact without an address');
SELECT throws_like($$INSERT INTO list.contact (contact_id, email) VALUES (77, repeat('y', 400))$$, 'the address of contact 77 is longer than 320 characters: "yyy%', 'or with a huge one');
SELECT right_now();

-- ---- messages, and the seven days ----

INSERT INTO list.message (message_id, contact_id, account, campaign, sent_at) VALUES ('old', 1, 'main', 'january', '2026-01-05'), ('new', 4, 'main', 'today', now() - interval '2 days');
SELECT is((SELECT email FROM list.message WHERE message_id = 'old'), 'ann@example.com', 'a message takes the address of its contact');
INSERT INTO list.message (message_id, email) VALUES ('by address', ' EVE@example.com'), ('nobody', 'nobody@example.com');
SELECT results_eq($$SELECT email, contact_id FROM list.message WHERE message_id IN ('by address', 'nobody') ORDER BY 1$$, $$VALUES ('eve@example.com', 5::bigint), ('nobody@example.com', NULL)$$, 'or the contact of its address');
SELECT throws_ok($$INSERT INTO list.message (message_id, contact_id) VALUES ('lost', 999)$$, '22023', 'message "lost" has neither an address nor a contact that has one', 'if there is one');
SELECT throws_ok('DELETE FROM list.contact WHERE contact_id = 4', '23001', format('contact 4 (dan@example.com) was mailed on %s, less than 7 days ago: it cannot be deleted before %s',
    to_char(now() - interval '2 days', 'YYYY-MM-DD'), to_char(now() + interval '5 days', 'YYYY-MM-DD')), 'mailed two days ago: not deleted');
SELECT throws_like('TRUNCATE list.contact', 'contact 4 (dan@example.com) was mailed on %', 'nor truncated');
SAVEPOINT s;
DELETE FROM list.contact WHERE contact_id = 1;
SELECT is(n('list.contact WHERE contact_id = 1'), 0::bigint, 'mailed long ago: deleted');
UPDATE list.setting SET value = '1' WHERE name = 'keep_days';
SELECT lives_ok('DELETE FROM list.contact WHERE contact_id = 4', 'the days can be set');
ROLLBACK TO s;

-- ---- cleaning ----

SELECT results_eq($$SELECT rule, action, contact_id, bounce_state, category, since, strikes, kept_because FROM list.cleaning_preview WHERE rule IN ('confirmed', 'complained') ORDER BY 1, 3$$,
    format($$VALUES ('complained', 'archive', 4::bigint, 'complained', NULL, '2026-03-01'::timestamptz, 0, 'mailed on %s, less than 7 days ago'),
    ('confirmed', 'archive', 2, 'confirmed', 'user_unknown', '2026-03-01', 1, NULL)$$, to_char(now() - interval '2 days', 'YYYY-MM-DD')), 'the dry run says what would go, and why');
SELECT is(n('list.contact'), 10::bigint, 'and does nothing');
INSERT INTO list.cleaning_run (run_id, rule) VALUES (101, 'complained'), (102, 'confirmed');
SELECT results_eq('SELECT run_id, archived, paused, saved, kept FROM list.cleaning_run ORDER BY 1', 'VALUES (101::bigint, 0, 0, 0, 1), (102, 1, 0, 0, 0)', 'a run counts what it did');
SELECT results_eq('SELECT contact_id, email, name, run_id, rule, bounce_state, category, since FROM list.archived_contact',
    $$VALUES (2::bigint, 'bob@example.com', 'Bob', 102::bigint, 'confirmed', 'confirmed', 'user_unknown', '2026-03-01'::timestamptz)$$, 'archived, not lost');
SELECT is(n('list.contact WHERE contact_id = 2'), 0::bigint, 'and off the list');
SELECT is(state('bob@example.com'), 'confirmed', 'its address keeps the history');
INSERT INTO list.contact (contact_id, email) VALUES (12, 'BOB@example.com');
SELECT is_empty('SELECT * FROM list.sendable WHERE contact_id = 12', 'imported again, it is as dead as before');
UPDATE list.cleaning_run SET undone_at = now() WHERE run_id = 102;
SELECT results_eq('SELECT email, name, consent FROM list.contact WHERE contact_id = 2', $$VALUES ('bob@example.com', 'Bob', 'given')$$, 'undone: back');
SELECT is(n('list.archived_contact'), 0::bigint, 'and no longer in the archive');
SELECT throws_ok('UPDATE list.cleaning_run SET undone_at = NULL WHERE run_id = 102', '22023', 'run 102 was undone already; run the rule "confirmed" again', 'once');
SELECT throws_like($$INSERT INTO list.cleaning_run (rule) VALUES ('confrimed')$$, 'unknown cleaning rule "confrimed"; legal: complained, confirmed, hard, %', 'a wrong rule is named');

INSERT INTO list.cleaning_run (run_id, rule) VALUES (103, 'confirmed');
INSERT INTO list.bounce_event (email, at, event) VALUES ('bob@example.com', now(), 'unsubscribe');
UPDATE list.cleaning_run SET undone_at = now() WHERE run_id = 103;
SELECT results_eq('SELECT contact_id FROM list.archived_contact ORDER BY 1', 'VALUES (2::bigint), (12)', 'who unsubscribed since does not come back');
INSERT INTO list.contact (contact_id, email) VALUES (2, 'bob2@example.com');
DELETE FROM list.bounce_event WHERE email = 'bob@example.com' AND event = 'unsubscribe';
UPDATE list.cleaning_run SET undone_at = NULL WHERE run_id = 101 AND false;
INSERT INTO list.cleaning_run (run_id, rule) VALUES (104, 'confirmed');
SELECT is((SELECT archived FROM list.cleaning_run WHERE run_id = 104), 0, 'nothing left to clean');

INSERT INTO list.contact (contact_id, email, created_at) VALUES (20, 's1@example.com', '2024-01-01'), (21, 's2@example.com', '2024-01-01'), (22, 's3@example.org', now());
INSERT INTO list.bounce_event (email, at, event) VALUES ('s1@example.com', '2026-03-01', 'mailbox_full/5'), ('s2@example.com', now() - interval '3 days', 'system_error/5'),
    ('s2@example.com', now() - interval '2 days', 'system_error/5'), ('s2@example.com', now() - interval '1 day', 'system_error/5'), ('s3@example.org', now() - interval '1 day', 'mailbox_full/5');
INSERT INTO list.cleaning_run (run_id, rule) VALUES (105, 'soft');
SELECT results_eq('SELECT list, contact_id, category, run_id FROM list.saved_list ORDER BY 2', $$VALUES ('soft', 20::bigint, 'mailbox_full', 105::bigint), ('soft', 21, 'system_error', 105), ('soft', 22, 'mailbox_full', 105)$$,
    'soft ones saved as a list of their own');
SELECT is(n('list.contact WHERE contact_id IN (20, 21, 22)'), 3::bigint, 'they stay on the list');
INSERT INTO list.cleaning_run (run_id, rule) VALUES (106, 'soft_pause');
SELECT results_eq('SELECT contact_id, paused_until FROM list.contact WHERE contact_id IN (20, 21, 22) AND paused_until IS NOT NULL', $$VALUES (21::bigint, now() + interval '30 days')$$, 'three strikes: paused');
SELECT is_empty('SELECT * FROM list.sendable WHERE contact_id = 21', 'gets nothing');
INSERT INTO list.cleaning_run (run_id, rule) VALUES (107, 'soft_pause');
SELECT is((SELECT paused FROM list.cleaning_run WHERE run_id = 107), 0, 'not twice');
UPDATE list.cleaning_run SET undone_at = now() WHERE run_id IN (105, 106);
SELECT is((SELECT paused_until FROM list.contact WHERE contact_id = 21), NULL, 'the pause taken back');
SELECT is(n('list.saved_list'), 0::bigint, 'and the list');
INSERT INTO list.cleaning_rule (name, action, applies_to, category, older_than_days, at_least, domain) VALUES
    ('full', 'save', 'soft', 'mailbox_full', NULL, NULL, NULL), ('old', 'save', 'soft', NULL, 30, NULL, NULL), ('two', 'save', 'soft', NULL, NULL, 2, NULL), ('org', 'save', 'soft', NULL, NULL, NULL, 'Example.org');
SELECT results_eq($$SELECT rule, contact_id FROM list.cleaning_preview WHERE rule IN ('full', 'old', 'two', 'org') ORDER BY 1, 2$$,
    $$VALUES ('full', 20::bigint), ('full', 22), ('old', 20), ('org', 22), ('two', 21)$$, 'by reason, age, number and domain');
SELECT results_eq($$SELECT contact_id FROM list.cleaning_preview WHERE rule = 'inactive' ORDER BY 1$$, 'VALUES (20::bigint), (21)', 'neither opened nor clicked for a year');
INSERT INTO list.bounce_event (email, at, event) VALUES ('s1@example.com', now() - interval '10 days', 'open');
SELECT results_eq($$SELECT contact_id FROM list.cleaning_preview WHERE rule = 'inactive' ORDER BY 1$$, 'VALUES (21::bigint)', 'an open counts');
SELECT results_eq($$SELECT contact_id FROM list.cleaning_preview WHERE rule = 'invalid' ORDER BY 1$$, 'VALUES (6::bigint), (7)', 'invalid addresses');
SELECT results_eq($$SELECT contact_id FROM list.cleaning_preview WHERE rule = 'unsubscribed' ORDER BY 1$$, 'VALUES (3::bigint)', 'unsubscribed');
SELECT throws_like($$INSERT INTO list.cleaning_rule (name, action, applies_to) VALUES ('x', 'delete', 'soft')$$, '%"action is archive, pause or save"%', 'no such action');
INSERT INTO list.cleaning_run (rule) SELECT name FROM list.cleaning_rule WHERE enabled ORDER BY name;
SELECT right_now();

-- ---- incidents ----

INSERT INTO list.contact (contact_id, email) VALUES (30, 'p@prov.test'), (31, 'q@prov.test'), (32, 'r@prov.test'), (33, 's@other.test');
INSERT INTO list.bounce_event (event_id, email, at, event) VALUES ('x1', 'p@prov.test', '2026-04-01 10:10', 'user_unknown/5'), ('x2', 'q@prov.test', '2026-04-01 10:20', 'user_unknown/5'),
    ('x3', 'r@prov.test', '2026-04-01 12:00', 'user_unknown/5'), ('x4', 's@other.test', '2026-04-01 10:10', 'user_unknown/5'), ('x5', 'p@prov.test', '2026-04-01 10:05', 'open'),
    ('x6', 'q@prov.test', '2026-04-01 10:25', 'unsubscribe'), ('x7', 'p@prov.test', '2026-04-01 10:12', 'mailbox_full/5');
INSERT INTO list.cleaning_run (run_id, rule) VALUES (201, 'confirmed'), (202, 'unsubscribed');
SELECT is(n('list.archived_contact WHERE run_id = 201'), 3::bigint, 'archived for an incident');
INSERT INTO list.incident (incident_id, domain, category, since, until, note) VALUES (1, '@Prov.test', 'user_unknown', '2026-04-01 10:00', '2026-04-01 11:00', 'answered 5.1.1 for everybody');
SELECT results_eq('SELECT event_id FROM list.bounce_event WHERE incident_id = 1 ORDER BY 1', $$VALUES ('x1'), ('x2')$$, 'bounces by domain, category and time; no opens, no consent');
SELECT results_eq($$SELECT state('p@prov.test'), state('q@prov.test'), state('r@prov.test'), state('s@other.test')$$, $$VALUES ('soft', 'unsubscribed', 'confirmed', 'confirmed')$$, 'out of the histories');
SELECT results_eq('SELECT contact_id FROM list.contact WHERE contact_id >= 30 ORDER BY 1', 'VALUES (30::bigint)', 'its victims are back; who unsubscribed is not');
SELECT right_now();
INSERT INTO list.bounce_event (event_id, email, at, event) VALUES ('x8', 'new@prov.test', '2026-04-01 10:59', 'user_unknown/5'), ('x9', 'new@prov.test', '2026-04-01 11:00', 'soft');
SELECT is(state('new@prov.test'), 'soft', 'late events of the incident do not count either');
SELECT right_now();
INSERT INTO list.bounce_event (event_id, email, at, event) VALUES ('x1', 'p@prov.test', '2026-04-01 10:10', 'user_unknown/5');
SELECT is(state('p@prov.test'), 'soft', 'nor do its events that come again');
SELECT right_now();
UPDATE list.incident SET until = '2026-04-01 13:00' WHERE incident_id = 1;
SELECT is(state('r@prov.test'), 'active', 'a longer incident');
SELECT is(n('list.contact WHERE contact_id = 32'), 1::bigint, 'brings back more');
SELECT right_now();
INSERT INTO list.incident (incident_id, since, until) VALUES (2, '2026-04-01', '2026-04-02');
DELETE FROM list.incident WHERE incident_id = 1;
SELECT is(n('list.bounce_event WHERE incident_id = 2'), 7::bigint, 'incidents may overlap; this one takes every bounce of the day');
DELETE FROM list.incident;
SELECT results_eq($$SELECT state('p@prov.test'), state('r@prov.test')$$, $$VALUES ('confirmed', 'confirmed')$$, 'without the incident they count again');
SELECT right_now();
SELECT throws_like($$INSERT INTO list.incident (since, until) VALUES ('2026-04-02', '2026-04-01')$$, 'an incident must begin before it ends%', 'an incident that ends before it begins');
SELECT throws_ok($$INSERT INTO list.incident (category, since, until) VALUES ('user_unknwon', '2026-04-01', '2026-04-02')$$, '22023',
    'unknown category "user_unknwon"; legal: those of bounce_categories', 'an unknown category');

-- ---- reports ----

TRUNCATE list.bounce_event;
INSERT INTO list.message (message_id, email, account, campaign) SELECT 'm' || i, 'm' || i || '@example.com', 'main', 'spring' FROM generate_series(1, 100) i;
INSERT INTO list.message (message_id, email, account, campaign) SELECT 'n' || i, 'm' || i || '@example.com', 'main', 'autumn' FROM generate_series(1, 100) i;
INSERT INTO list.bounce_event (email, at, event, message_id) VALUES
    ('m1@example.com', '2026-05-01 10:00', 'user_unknown/5', 'm1'), ('m2@example.com', '2026-05-01 10:00', 'mailbox_full/5', 'm2'), ('m3@example.com', '2026-05-01 10:00', 'blocklisted/5', 'm3'),
    ('m4@example.com', '2026-05-01 10:00', 'mailbox_full/4', 'm4'), ('m4@example.com', '2026-05-01 11:00', 'delivered', 'm4'),              -- delivered later
    ('m5@example.com', '2026-05-01 10:00', 'delivered', 'm5'), ('m5@example.com', '2026-05-02 10:00', 'content_rejected/5', 'm5'),            -- accepted, then returned
    ('m6@example.com', '2026-05-01 10:00', 'suppressed', 'm6'), ('m7@example.com', '2026-05-01 10:00', 'greylisted/4', 'm7'),                -- not sent; not final
    ('m8@example.com', '2026-05-01 10:00', 'mailbox_full/pending', 'm8'), ('m8@example.com', '2026-05-01 12:00', 'expired', 'm8'),           -- twice the same message
    ('m9@example.com', '2026-05-01 10:00', 'delivered', 'm9'), ('m9@example.com', '2026-05-01 10:00', 'unknown/5', 'm9'),                   -- at one time
    ('m10@example.com', '2026-05-01 10:00', 'auto_reply', 'm10'), ('m11@example.com', '2026-05-01 10:00', 'open', 'm11'), ('m12@example.com', '2026-05-01 10:00', 'hard', 'm12'),
    ('m1@example.com', '2026-06-01 10:00', 'user_unknown/5', 'n1'), ('m3@example.com', '2026-06-01 10:00', 'blocklisted/5', 'n3');
SELECT results_eq($$SELECT campaign, sent, hard, soft, block, bounced, suppressed, rate, over_mark FROM list.campaign_bounce_rate WHERE campaign IN ('spring', 'autumn') ORDER BY 1$$,
    $$VALUES ('autumn', 100::bigint, 1::bigint, 0::bigint, 1::bigint, 2::bigint, 0::bigint, 0.0200, false), ('spring', 100, 2, 3, 2, 7, 1, 0.0700, true)$$, 'bounce rate per campaign, and the mark');
SELECT results_eq($$SELECT month, category, type, events, addresses FROM list.reason_over_time WHERE category IN ('user_unknown', 'blocklisted', 'hard', 'auto_reply') ORDER BY 1, 2$$, $$VALUES
    ('2026-05', 'auto_reply', 'none', 1::bigint, 1::bigint), ('2026-05', 'blocklisted', 'block', 1, 1), ('2026-05', 'hard', 'hard', 1, 1), ('2026-05', 'user_unknown', 'hard', 1, 1),
    ('2026-06', 'blocklisted', 'block', 1, 1), ('2026-06', 'user_unknown', 'hard', 1, 1)$$, 'reasons over time');
UPDATE list.setting SET value = 'hubspot' WHERE name = 'perspective';
SELECT is((SELECT hard FROM list.campaign_bounce_rate WHERE campaign = 'autumn'), 2::bigint, 'types as the perspective has them');
UPDATE list.setting SET value = 'default' WHERE name = 'perspective';

INSERT INTO list.bounce_event (email, at, event, diagnostic) VALUES
    ('a@dead.test', '2026-05-01', NULL, '550 5.1.2 Host not found'), ('b@gone.test', '2026-05-01', 'user_unknown/5', NULL), ('c@gone.test', '2026-05-01', 'user_unknown/5', NULL), ('d@gone.test', '2026-05-01', 'mailbox_disabled/5', NULL),
    ('a@block.test', '2026-05-01', 'delivered', NULL), ('b@block.test', '2026-05-01', 'delivered', NULL), ('b@block.test', '2026-05-02', 'blocklisted/5', NULL), ('c@block.test', '2026-05-02', 'bad_reputation/4', NULL),
    ('a@full.test', '2026-05-01', 'mailbox_full/5', NULL), ('b@full.test', '2026-05-01', 'mailbox_full/5', NULL),
    ('a@fine.test', '2026-05-01', 'user_unknown/5', NULL), ('b@fine.test', '2026-05-01', 'delivered', NULL), ('c@fine.test', '2026-05-01', 'blocklisted/5', NULL), ('c@fine.test', '2026-05-02', 'open', NULL),
    ('a@one.test', '2026-05-01', 'user_unknown/5', NULL);
SELECT results_eq($$SELECT domain, addresses, fine, gone, refused, blocked, full_up, health, evidence, last_reply FROM list.domain_health WHERE domain LIKE '%.test' ORDER BY 1$$, $$VALUES
    ('block.test', 3::bigint, 1::bigint, 0::bigint, 0::bigint, 2::bigint, 0::bigint, 'blocking you', 'bad_reputation 1, blocklisted 1', NULL),
    ('dead.test', 1, 0, 1, 0, 0, 0, 'dead', 'domain_unknown 1', '550 5.1.2 Host not found'),
    ('fine.test', 3, 2, 0, 1, 0, 0, 'fine', 'user_unknown 1', NULL),
    ('full.test', 2, 0, 0, 0, 0, 2, 'full', 'mailbox_full 2', NULL),
    ('gone.test', 3, 0, 0, 3, 0, 0, 'dead', 'user_unknown 2, mailbox_disabled 1', NULL),
    ('one.test', 1, 0, 0, 1, 0, 0, 'fine', 'user_unknown 1', NULL)$$, 'domains: dead, blocking you, full, fine, with the evidence');

INSERT INTO list.message (message_id, email, account) VALUES ('g3', 'glob@example.com', 'three');
INSERT INTO list.bounce_event (email, at, event, account, message_id) VALUES
    ('glob@example.com', '2026-05-01', 'user_unknown/5', 'one', NULL), ('glob@example.com', '2026-05-02', 'mailbox_full/5', 'two', NULL), ('glob@example.com', '2026-05-03', 'user_unknown/5', NULL, 'g3'),
    ('loc@example.com', '2026-05-01', 'user_unknown/5', 'one', NULL), ('loc@example.com', '2026-05-02', 'user_unknown/5', 'one', NULL), ('loc@example.com', '2026-05-03', 'user_unknown/5', 'two', NULL),
    ('tmp@example.com', '2026-05-01', 'user_unknown/4', 'one', NULL), ('tmp@example.com', '2026-05-02', 'blocklisted/5', 'two', NULL), ('tmp@example.com', '2026-05-03', 'user_unknown/5', 'three', NULL);
SELECT results_eq('SELECT email, accounts, categories, first_at, last_at FROM list.global_bounce',
    $$VALUES ('glob@example.com', 3::bigint, 'mailbox_full,user_unknown', '2026-05-01'::timestamptz, '2026-05-03'::timestamptz)$$, 'hard in three accounts');
INSERT INTO list.bounce_event (email, at, event) VALUES ('glob@example.com', '2026-05-04', 'reactivate');
SELECT is_empty('SELECT * FROM list.global_bounce', 'until a person takes it back');

INSERT INTO list.bounce_event (email, at, event, message_id) VALUES
    ('w1@example.com', now() - interval '80 hours', 'mailbox_full/pending', 'w1'), ('w1@example.com', now() - interval '2 hours', 'greylisted/4', 'w1'),
    ('w2@example.com', now() - interval '80 hours', 'greylisted/4', 'w2'), ('w2@example.com', now() - interval '79 hours', 'delivered', 'w2'),
    ('w3@example.com', now() - interval '80 hours', 'greylisted/4', 'w3'), ('w3@example.com', now() - interval '70 hours', 'expired', 'w3'),
    ('w4@example.com', now() - interval '71 hours', 'greylisted/4', 'w4'), ('w5@example.com', now() - interval '100 hours', 'pending', NULL);
SELECT results_eq($$SELECT email, message_id, hours, tries, category FROM list.pending_overdue WHERE email LIKE 'w%' ORDER BY 1$$,
    $$VALUES ('w1@example.com', 'w1', 80, 2::bigint, 'greylisted'), ('w5@example.com', NULL, 100, 1, NULL)$$, 'pending for more than 72 hours');
SELECT right_now();

-- ---- tables that were there before ----

CREATE SCHEMA shop;
CREATE TABLE shop."Subscriber" (mail text PRIMARY KEY, name text);
CREATE TABLE shop.mail_log (id int, rcpt text, reply text, logged_at timestamptz);
INSERT INTO shop."Subscriber" VALUES ('x@example.com'), ('y@example.com'), ('z@example.com');
INSERT INTO shop.mail_log VALUES (1, 'x@example.com', '550 5.1.1 User unknown', '2026-01-01');
ALTER TABLE shop."Subscriber" ADD bounces bounce_history, ADD bounce_state text GENERATED ALWAYS AS (bounce_state_of(bounces)) STORED;
CREATE TRIGGER history_insert AFTER INSERT ON shop.mail_log REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION list.keep_history('"Subscriber"', 'mail', 'bounces', 'rcpt', 'reply', 'logged_at');
CREATE TRIGGER history_update AFTER UPDATE ON shop.mail_log REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION list.keep_history('shop."Subscriber"', 'mail', 'bounces', 'rcpt', 'reply', 'logged_at');
CREATE TRIGGER history_delete AFTER DELETE ON shop.mail_log REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION list.keep_history('"Subscriber"', 'mail', 'bounces', 'rcpt', 'reply', 'logged_at');
UPDATE shop.mail_log SET rcpt = rcpt;
SELECT is((SELECT bounce_state FROM shop."Subscriber" WHERE mail = 'x@example.com'), 'confirmed', 'own tables: the events that were there');
INSERT INTO shop.mail_log VALUES (2, 'y@example.com', '552 5.2.2 mailbox full', '2026-01-01'), (3, 'y@example.com', 'open', '2026-01-02'), (4, 'z@example.com', 'hrad', '2026-01-02'),
    (5, 'z@example.com', NULL, NULL), (6, NULL, 'hard', '2026-01-01'), (7, 'unknown@example.com', 'hard', '2026-01-01'), (8, 'y@example.com', 'block', '2026-01-03');
SELECT results_eq('SELECT mail, bounce_state FROM shop."Subscriber" ORDER BY 1', $$VALUES ('x@example.com', 'confirmed'), ('y@example.com', 'block'), ('z@example.com', 'active')$$, 'new ones, readable and not');
UPDATE shop.mail_log SET rcpt = 'z@example.com' WHERE id IN (1, 8);
DELETE FROM shop.mail_log WHERE id = 3;
SELECT results_eq('SELECT mail, bounce_state FROM shop."Subscriber" ORDER BY 1', $$VALUES ('x@example.com', 'active'), ('y@example.com', 'soft'), ('z@example.com', 'confirmed')$$, 'changed and deleted ones');

SELECT * FROM finish();
ROLLBACK;
