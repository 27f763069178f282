-- the SQL functions in PostgreSQL: results, NULLs, errors, labels, plans
\set ON_ERROR_STOP 1
BEGIN;
CREATE EXTENSION mailbounce;
SELECT no_plan();

SELECT is(classify_bounce('550 5.1.1 <user@example.com>: User unknown'), 'user_unknown', 'classify_bounce');
SELECT is(bounce_event_of('550 5.1.1 User unknown'), 'user_unknown/5', 'bounce_event_of');
SELECT is(bounce_type('550 5.1.1 User unknown'), 'hard', 'bounce_type');
SELECT is(bounce_action('550 5.1.1 User unknown'), 'remove', 'bounce_action');
SELECT is(bounce_action('450 4.1.1 User unknown'), 'retry', 'an address that may be alive is not removed');
SELECT is((SELECT string_agg(key, ',') FROM json_object_keys(bounce_explain('550 5.1.1 User unknown')) key),
    'category,type,action,event,reply_code,enhanced_code,provider,rule,evidence,matched', 'bounce_explain: all keys in order');
SELECT is(bounce_explain('')::text,
    '{"category":"unknown","type":"unknown","action":"review","event":"unknown","reply_code":null,"enhanced_code":null,'
    || '"provider":null,"rule":null,"evidence":"none","matched":null}', 'null where there is nothing');

-- perspectives, events, types
SELECT is(bounce_type('552 5.2.2 mailbox full', 'hubspot'), 'hard', 'a perspective');
SELECT is(bounce_type('552 5.2.2 mailbox full', NULL), 'soft', 'a NULL perspective is none');
SELECT is(bounce_type('mailbox_full/5', 'rfc'), 'hard', 'an event in place of a diagnostic');
SELECT is(bounce_type('mailbox_full/hard', 'sisimai'), 'hard', 'a rule''s own type holds in every perspective');
SELECT is_empty($$SELECT d, p FROM unnest(ARRAY['552 full mailbox', '450 greylisted', 'will be retried: 421', '250 ok queued as 1', 'x']) d,
        unnest(ARRAY['default', 'rfc', 'ses', 'hubspot', 'benchmark', 'sisimai', 'sparkpost', 'postmark', 'bmh', 'listmonk']) p
    WHERE bounce_type(d, p) <> bounce_type(bounce_event_of(d), p)$$, 'an event has the type of its diagnostic');

-- NULL and bytes
SELECT is(classify_bounce(NULL::text), NULL, 'NULL gives NULL');
SELECT is(bounce_type(NULL::text, 'rfc'), NULL, 'also with a perspective');
SELECT is(bounce_type(NULL::text, 'nope', 'nonsense'), NULL, 'whatever else is given');
SELECT is(classify_bounce('\x353530207573657200756e6b6e6f776e'::bytea), 'user_unknown', 'bytea: a NUL is a blank');
SELECT is(classify_bounce('\x353530ff'::bytea), 'unknown', 'bytea: bytes that no encoding allows');
SELECT is(classify_bounce(repeat('ab ', 3000000) || 'user unknown'), 'unknown', 'nine megabytes: the head decides');

-- errors
SELECT throws_ok($$SELECT bounce_type('x', 'nope')$$, '22023',
    'unknown perspective "nope"; legal: default, rfc, sisimai, ses, hubspot, benchmark, sparkpost, postmark, bmh, listmonk',
    'an unknown perspective is named');
SELECT throws_like($$SELECT classify_bounce('x', 'nonsense')$$, 'rules, line 1: can''t read "nonsense"; legal:%', 'a rule that can''t be read');
SELECT throws_ok($$SELECT classify_bounce('x', E'[user_unknown]\na: "b" type=hrad')$$, '22023',
    'rules, line 2: unknown type "hrad"; legal: hard, soft, block, pending, none', 'its line is told');

-- own rules
SELECT is(classify_bounce('550 She is no longer with ACME', E'[user_unknown]\nacme.gone: "no longer with acme"'), 'user_unknown', 'an own rule');
SELECT is(bounce_explain('550 She is no longer with ACME', NULL, E'[user_unknown]\nacme.gone: "no longer with acme"') ->> 'rule', 'acme.gone', 'and its id');
SELECT is(classify_bounce('550 x-17 no', E'[blocklisted]\nacme.x: /x-\\d+ no$/'), 'blocklisted', 'a regular expression');

-- labels
SELECT is_empty($$SELECT oid::regprocedure FROM pg_proc
    WHERE proname IN ('classify_bounce', 'bounce_event_of', 'bounce_type', 'bounce_action', 'bounce_explain', 'mailbounce_version', 'bounce_rules_version')
    AND (provolatile <> 'i' OR proparallel <> 's' OR proisstrict <> (pronargs <= 1))$$, 'immutable, parallel safe, strict with one argument');
SELECT is((SELECT count(*) FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid JOIN pg_extension e ON e.oid = d.refobjid
    WHERE e.extname = 'mailbounce' AND obj_description(p.oid) IS NULL), 0::bigint, 'every function has a comment');

-- what they can be used for
CREATE TABLE bounce (d text, category text GENERATED ALWAYS AS (classify_bounce(d)) STORED);
CREATE INDEX by_type ON bounce (bounce_type(d));
INSERT INTO bounce SELECT CASE WHEN i % 100 = 0 THEN '550 user unknown' ELSE '452 mailbox full' END FROM generate_series(1, 20000) i;
ANALYZE bounce;
SELECT is((SELECT count(*) FROM bounce WHERE category = 'user_unknown'), 200::bigint, 'generated column');
PREPARE by_type AS SELECT count(*) FROM bounce WHERE bounce_type(d) = 'hard';
CREATE FUNCTION plan_of(text) RETURNS SETOF text LANGUAGE plpgsql AS $$BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || $1; END$$;
SELECT matches((SELECT string_agg(l, E'\n') FROM plan_of('EXECUTE by_type') l), 'by_type', 'expression index');
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT matches((SELECT string_agg(l, E'\n') FROM plan_of('SELECT bounce_event_of(d), count(*) FROM bounce GROUP BY 1') l), 'Gather', 'parallel plan');
SELECT results_eq('SELECT bounce_event_of(d), count(*) FROM bounce GROUP BY 1 ORDER BY 1',
    $$VALUES ('mailbox_full/4', 19800::bigint), ('user_unknown/5', 200)$$, 'parallel result');

-- the view
SELECT is((SELECT count(*) FROM bounce_categories WHERE definition_zh <> '' AND advice_en <> '' AND advice_zh <> ''), 37::bigint, 'bounce_categories');
SELECT columns_are('bounce_categories', ARRAY['category', 'definition_en', 'definition_zh', 'action', 'advice_en', 'advice_zh', 'type', 'type_4xx', 'type_5xx']);
SELECT matches(mailbounce_version(), '^\d+\.\d+\.\d+$', 'mailbounce_version');
SELECT is(mailbounce_version(), (SELECT extversion FROM pg_extension WHERE extname = 'mailbounce'), 'is the extension''s');
SELECT matches(bounce_rules_version(), '^\d+\.\d+\.\d+-[0-9a-f]{16}$', 'bounce_rules_version');

-- counts
CREATE TABLE few AS SELECT * FROM unnest(ARRAY['550 user unknown', '552 mailbox full', 'no such user', NULL, 'over quota', '', '550 user unknown']) WITH ORDINALITY s (d, k);
SELECT is((SELECT bounce_counts(d)::text FROM few), '{"user_unknown":3,"mailbox_full":2,"unknown":1}', 'bounce_counts: the largest first');
SELECT is((SELECT bounce_counts(d)::text FROM few WHERE k < 3), '{"mailbox_full":1,"user_unknown":1}', 'then by name');
SELECT is((SELECT bounce_counts(d)::text FROM few WHERE false), '{}', 'no rows');
SELECT is((SELECT bounce_counts(NULL::text)::text FROM few), '{}', 'no diagnostics');
SELECT is((SELECT bounce_counts(NULL::text, 'nonsense')::text FROM few), '{}', 'no diagnostics, unread rules');
SELECT is((SELECT bounce_counts(d, NULL)::text FROM few), '{"user_unknown":3,"mailbox_full":2,"unknown":1}', 'NULL rules are none');
SELECT is((SELECT bounce_counts(convert_to(d, 'UTF8'))::text FROM few), '{"user_unknown":3,"mailbox_full":2,"unknown":1}', 'bytea');
SELECT is((SELECT bounce_counts(DISTINCT d) FILTER (WHERE k > 2)::text FROM few), '{"user_unknown":2,"mailbox_full":1,"unknown":1}', 'distinct, filter');
SELECT is((SELECT bounce_counts(d, E'[blocklisted]\nacme.quota: "over quota"')::text FROM few), '{"user_unknown":3,"blocklisted":1,"mailbox_full":1,"unknown":1}', 'own rules');
SELECT is((SELECT bounce_counts(convert_to(d, 'UTF8'), E'[blocklisted]\nacme.quota: "over quota"')::text FROM few), '{"user_unknown":3,"blocklisted":1,"mailbox_full":1,"unknown":1}', 'own rules for bytea');
SELECT throws_like($$SELECT bounce_counts(d, 'nonsense') FROM few$$, 'rules, line 1: can''t read "nonsense"%', 'a rule that can''t be read');
SELECT is(ARRAY(SELECT bounce_counts(d) OVER (ORDER BY k ROWS 1 PRECEDING)::text FROM few), ARRAY['{"user_unknown":1}', '{"mailbox_full":1,"user_unknown":1}',
    '{"mailbox_full":1,"user_unknown":1}', '{"user_unknown":1}', '{"mailbox_full":1}', '{"mailbox_full":1,"unknown":1}', '{"unknown":1,"user_unknown":1}'], 'a frame that moves');
SELECT is(ARRAY(SELECT bounce_counts(d, NULL) OVER (ORDER BY k ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING)::text FROM few ORDER BY k DESC LIMIT 2), ARRAY['{}', '{}'], 'an empty frame');
SELECT throws_ok($$SELECT bounce_counts_add(NULL, 'x'::text)$$, '42883', NULL, 'its parts are for aggregates');
SELECT matches((SELECT string_agg(l, E'\n') FROM plan_of('SELECT bounce_counts(d) FROM bounce') l), '(?s)Finalize Aggregate.*Gather.*Partial Aggregate', 'parallel plan');
INSERT INTO bounce SELECT d FROM unnest(ARRAY['250 ok queued as 1', 'listed by Spamhaus', 'out of office', 'over quota', 'feedback loop complaint', 'x']) d, generate_series(1, 500);
CREATE VIEW said AS SELECT '{' || string_agg(format('"%s":%s', c, n), ',' ORDER BY n DESC, c COLLATE "C") || '}' AS j
    FROM (SELECT classify_bounce(d) c, count(*) n FROM bounce GROUP BY 1) g;
SELECT is((SELECT bounce_counts(d)::text FROM bounce), (SELECT j FROM said), 'what GROUP BY says, in parallel');
SELECT is((SELECT bounce_counts(d, NULL)::text FROM bounce), (SELECT j FROM said), 'also with an argument for rules');
SELECT is((SELECT bounce_counts(convert_to(d, 'UTF8'))::text FROM bounce), (SELECT j FROM said), 'and for bytea');
SELECT is_empty($$SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'bounce_counts%' AND (provolatile <> 'i' OR proparallel <> 's')$$, 'immutable, parallel safe');

-- addresses
SELECT is(ARRAY(SELECT email_check(a) FROM unnest(ARRAY['aaa@hotmail.com', 'aaa@homail.com', 'aaa@homail..com', NULL]) a), ARRAY['ok', 'typo', 'syntax', NULL], 'email_check');
SELECT is(ARRAY(SELECT email_suggestion(a) FROM unnest(ARRAY['Aaa@HOMAIL.com', 'aaa@hotmail.com', 'aaa', NULL]) a), ARRAY['Aaa@hotmail.com', NULL, NULL, NULL], 'email_suggestion');
SELECT is(email_check(repeat('a.', 3000000) || '@example.com'), 'syntax', 'six megabytes');
SELECT is_empty($$SELECT oid::regprocedure FROM pg_proc WHERE proname IN ('email_check', 'email_suggestion')
    AND (provolatile <> 'i' OR proparallel <> 's' OR NOT proisstrict)$$, 'immutable, parallel safe, strict');
CREATE TABLE signup (email text CHECK (email_check(email) <> 'syntax'), meant text GENERATED ALWAYS AS (email_suggestion(email)) STORED);
SELECT results_eq($$INSERT INTO signup VALUES ('a@gmial.com') RETURNING meant$$, ARRAY['a@gmail.com'], 'in generated columns and constraints');
SELECT throws_ok($$INSERT INTO signup VALUES ('a@@gmail.com')$$, '23514', NULL, 'a constraint refuses bad syntax');

-- other systems' words
SELECT is(bounce_from('ses', 'Permanent/NoEmail'), 'user_unknown', 'bounce_from');
SELECT is(bounce_from('ses', 'no such term'), NULL, 'an unknown term gives NULL');
SELECT is(bounce_term('user_unknown', 'ses'), 'Permanent/NoEmail', 'bounce_term');
SELECT throws_like($$SELECT bounce_from('sess', 'x')$$, 'unknown system "sess"; legal: %', 'an unknown system is named');
SELECT throws_like($$SELECT bounce_term('usr', 'ses')$$, 'unknown category "usr"%', 'and so is a category');
SELECT is_empty('SELECT * FROM bounce_crosswalk WHERE outward AND bounce_term(category, system) IS DISTINCT FROM term', 'every outward row is what bounce_term gives');
SELECT is_empty('SELECT * FROM bounce_crosswalk WHERE inward AND bounce_from(system, term) IS DISTINCT FROM category', 'every inward row is what bounce_from gives');

-- problems of own rules
SELECT results_eq($$SELECT * FROM bounce_rules_check(E'[user_unknown]\na: "foo"\n  > bar\nb: "x" /x/')$$,
    $$VALUES (3, 'rule "a" does not win this example: "" does')$$, 'an example that its rule does not win');
SELECT is_empty($$SELECT * FROM bounce_rules_check(E'[user_unknown]\na: "foo"')$$, 'no problem, no row');

SELECT * FROM finish();
ROLLBACK;
