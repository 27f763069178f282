-- states in PostgreSQL: aggregates, plans, windows, the type, dump
\set ON_ERROR_STOP 1
SET timezone = 'UTC';
BEGIN;
CREATE EXTENSION IF NOT EXISTS mailbounce;
SELECT no_plan();

CREATE TABLE e (n serial, c text, event text, at timestamptz);
INSERT INTO e (c, event, at) VALUES
    ('ann', 'soft', '2026-01-01'), ('ann', 'soft', '2026-01-02'), ('ann', 'soft', '2026-01-03'), ('ann', 'soft', '2026-01-03'),
    ('bob', 'user_unknown/5', '2026-01-01 10:00'), ('bob', 'open', '2026-01-02'),
    ('eve', 'hard', '2026-01-01'), ('eve', 'delivered', '2026-01-03'), ('eve', 'complaint', '2026-01-05'),
    ('joe', 'open', '2026-01-01'), ('joe', NULL, '2026-01-02'), ('joe', 'hard', NULL);

SELECT results_eq($$SELECT c, bounce_state(event, at, 'three_strikes') FROM e GROUP BY c ORDER BY c$$,
    $$VALUES ('ann', 'confirmed'), ('bob', 'confirmed'), ('eve', 'complained'), ('joe', 'active')$$, 'bounce_state');
SELECT is((SELECT bounce_state(event, at) FROM e WHERE false), 'active', 'no rows: active');
SELECT is((SELECT bounce_summary('user_unknown/5', '2026-01-02T03:04:05Z'::timestamptz)::text),
    '{"state":"confirmed","reason":"hard","sendable":false,"strikes":{"hard":1,"soft":0,"block":0},"score":null,'
    || '"confirmed_at":"2026-01-02T03:04:05.000000Z","confirmed_category":"user_unknown","first_strike_at":"2026-01-02T03:04:05.000000Z",'
    || '"last_strike_at":"2026-01-02T03:04:05.000000Z","last_category":"user_unknown","last_event_at":"2026-01-02T03:04:05.000000Z",'
    || '"next_change_at":null,"events":1,"dropped":null}', 'bounce_summary: all keys in order');
SELECT is((SELECT bounce_state(event, at, 'three_strikes') FILTER (WHERE event <> 'complaint') FROM e WHERE c = 'eve'), 'confirmed', 'FILTER');
SELECT is((SELECT bounce_state(event, at, 'three_strikes' ORDER BY at DESC) FROM e WHERE c = 'ann'), 'confirmed', 'ORDER BY');
SELECT is((SELECT bounce_state(DISTINCT event, at, 'three_strikes') FROM e WHERE c = 'ann'), 'confirmed', 'DISTINCT');

-- stored histories
SELECT is_empty($$SELECT c FROM (SELECT c, bounce_history(event, at) h, bounce_state(event, at, 'three_strikes') s FROM e GROUP BY c) x
    WHERE bounce_state_of(h, 'three_strikes') <> s$$, 'a stored history gives the same state');
SELECT is(bounce_state_of(NULL), 'active', 'a NULL history is empty');
SELECT ok(bounce_sendable_of(NULL), 'and sendable');
SELECT is(bounce_history_merge(h, h), h, 'merging with itself changes nothing') FROM (SELECT bounce_history(event, at) h FROM e WHERE c = 'ann') x;
SELECT is((SELECT bounce_history_merge(h) FROM (SELECT bounce_history(event, at) h FROM e GROUP BY c) x), (SELECT bounce_history(event, at) FROM e),
    'the union of parts is the whole');
SELECT is(bounce_history_add(NULL, NULL, now()), NULL, 'NULL events add nothing');

-- the type
SELECT is(h::text::bounce_history, h, 'text form and back') FROM (SELECT bounce_history(event, at) h FROM e) x;
SELECT is(h::bytea::bounce_history, h, 'bytea and back') FROM (SELECT bounce_history(event, at) h FROM e) x;
SELECT is(bounce_history_add(NULL, 'hard', '2026-01-01Z')::text, '\x0100679d61b500e30747454c00000010', 'golden bytes, the same as in SQLite');
SELECT throws_ok($$SELECT '\x0100'::bounce_history$$, '22P02', NULL, 'a history that is cut');
SELECT throws_ok($$SELECT 'x'::bounce_history$$, '22P02', NULL, 'a history that is no history');
SELECT throws_ok($$SELECT '\x0100'::bytea::bounce_history$$, '22023', NULL, 'nor as bytea');
SELECT is((SELECT count(DISTINCT h) FROM (SELECT bounce_history(event, at) h FROM e WHERE c = 'ann' UNION ALL SELECT bounce_history(event, at) FROM e WHERE c = 'ann') x),
    1::bigint, 'DISTINCT');
SELECT is((SELECT count(*) FROM (SELECT bounce_history(event, at) h FROM e WHERE c = 'ann' UNION SELECT bounce_history(event, at) FROM e WHERE c = 'ann') x),
    1::bigint, 'UNION');
CREATE TABLE address (email text PRIMARY KEY, bounces bounce_history,
    state text GENERATED ALWAYS AS (bounce_state_of(bounces, 'benchmark')) STORED);
CREATE INDEX ON address (bounce_sendable_of(bounces));
CREATE INDEX ON address (bounces);
INSERT INTO address (email) VALUES ('ann');
UPDATE address SET bounces = bounce_history_add(bounces, 'hard', t) FROM (VALUES ('2026-01-01'::timestamptz)) v(t);
UPDATE address SET bounces = bounce_history_add(bounces, 'hard', '2026-01-02');
SELECT is((SELECT state FROM address), 'hard', 'generated column');
UPDATE address SET bounces = bounce_history_add(bounces, 'hard', '2026-01-03');
SELECT is((SELECT state FROM address), 'confirmed', 'follows its history');

-- plans
CREATE FUNCTION plan_of(text) RETURNS SETOF text LANGUAGE plpgsql AS $$BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || $1; END$$;
CREATE TABLE many AS SELECT (i % 500)::int AS c, (ARRAY['hard', 'open', 'soft', 'delivered', 'soft', 'block', 'greylisted/4'])[i * 7919 % 7 + 1] AS event,
    '2026-01-01Z'::timestamptz + (i * 104729 % 100000)::int * interval '1 minute' AS "at" FROM generate_series(1::bigint, 50000) i;
ANALYZE many;
CREATE TABLE serial AS SELECT c, bounce_summary(event, at, 'benchmark')::text s FROM many GROUP BY c;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT matches((SELECT string_agg(l, E'\n') FROM plan_of($$SELECT c, bounce_summary(event, at, 'benchmark') FROM many GROUP BY c$$) l),
    'Finalize[^\n]*Aggregate(.|\n)*Partial[^\n]*Aggregate(.|\n)*Parallel Seq Scan', 'partial aggregation in workers');
SELECT results_eq($$SELECT c, bounce_summary(event, at, 'benchmark')::text FROM many GROUP BY c ORDER BY c$$, 'SELECT c, s FROM serial ORDER BY c', 'gives the same');
SET LOCAL enable_hashagg = off;
SELECT results_eq($$SELECT c, bounce_summary(event, at, 'benchmark')::text FROM many GROUP BY c ORDER BY c$$, 'SELECT c, s FROM serial ORDER BY c', 'so do sorted groups');
SET LOCAL enable_hashagg = on;
SET LOCAL work_mem = '64kB';
SELECT results_eq($$SELECT c, bounce_summary(event, at, 'benchmark')::text FROM many GROUP BY c ORDER BY c$$, 'SELECT c, s FROM serial ORDER BY c', 'so do groups that spill');
SET LOCAL max_parallel_workers_per_gather = 0;

CREATE TABLE parts (c int, event text, at timestamptz) PARTITION BY HASH (c);
CREATE TABLE parts0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parts SELECT * FROM many;
ANALYZE parts;
SET LOCAL enable_partitionwise_aggregate = on;
SELECT matches((SELECT string_agg(l, E'\n') FROM plan_of($$SELECT c, bounce_summary(event, at, 'benchmark') FROM parts GROUP BY c$$) l),
    'Append(.|\n)*Aggregate(.|\n)*Aggregate', 'partitionwise aggregation');
SELECT results_eq($$SELECT c, bounce_summary(event, at, 'benchmark')::text FROM parts GROUP BY c ORDER BY c$$, 'SELECT c, s FROM serial ORDER BY c', 'gives the same');

-- windows
CREATE TABLE w AS SELECT row_number() OVER () AS i, event, at FROM many WHERE c = 7;
CREATE FUNCTION frame_agrees(frame text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
    EXECUTE format($q$SELECT count(*) FROM (SELECT array_agg(i) OVER win ids, bounce_summary(event, at, 'benchmark') OVER win s FROM w
        WINDOW win AS (ORDER BY at, i %s)) x
        WHERE s::text <> (SELECT bounce_summary(event, at, 'benchmark')::text FROM w WHERE i = ANY (x.ids))$q$, frame) INTO n;
    RETURN n;
END$$;
SELECT is(frame_agrees(f), 0::bigint, f) FROM unnest(ARRAY['ROWS BETWEEN 5 PRECEDING AND CURRENT ROW', 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
    'ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING', 'GROUPS BETWEEN 2 PRECEDING AND 1 FOLLOWING', 'ROWS BETWEEN 4 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW']) f;

-- errors
SELECT throws_like($$SELECT bounce_state('hrad', now())$$, 'unknown event "hrad"; legal: sent, delivered%', 'an event word is named');
SELECT throws_ok($$SELECT bounce_state('hard', now(), 'hrad=1')$$, '22023', NULL, 'a policy key');
SELECT throws_ok($$SELECT bounce_state(event, at, CASE n WHEN 1 THEN 'ses' ELSE 'hubspot' END) FROM e$$, '22023', 'the policy must be the same for all rows of a group', 'a policy that varies in a group');
SELECT throws_ok($$SELECT bounce_state('hard', 'infinity')$$, '22023', NULL, 'an infinite time');
SELECT is((SELECT count(*) FROM bounce_policies WHERE policy IN ('default', 'benchmark', 'ses')), 3::bigint, 'bounce_policies');

SELECT * FROM finish();
ROLLBACK;
