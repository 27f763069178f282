-- scale.sql - what the contact list costs in PostgreSQL, per million events: the figures of doc/scale.md. make bench-scale
-- Run by with_postgres.sh; variables: events, per_address (events of one address).
\set ON_ERROR_STOP on
\set QUIET on
\timing off
SET client_min_messages = warning;
SET search_path = contact_list, public;
SET max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE figure (number serial, what text, value numeric, unit text);
CREATE TEMP TABLE started (at timestamptz);
-- mail servers' words, of usual length
CREATE TABLE raw AS SELECT i AS n, 'user' || i % (:events / :per_address) || '@example' || i % 1000 || '.test' AS email,
    '2026-01-01Z'::timestamptz + i * interval '20 seconds' AS at,
    CASE i % 8 WHEN 0 THEN '550 5.1.1 <user' || i || '@example.test>: Recipient address rejected: User unknown in local recipient table'
        WHEN 1 THEN '552 5.2.2 The email account that you tried to reach is over quota and inactive. Please direct the recipient to clear space.'
        WHEN 2 THEN '421 4.7.0 [192.0.2.' || i % 256 || '] Our system has detected an unusual rate of unsolicited mail. Try again later.'
        WHEN 3 THEN '550 5.7.1 Service unavailable; client [192.0.2.' || i % 256 || '] blocked using bl.example.org'
        WHEN 4 THEN '451 4.7.1 Greylisting in action, please come back later' ELSE '' END AS diagnostic,
    CASE WHEN i % 8 > 4 THEN (ARRAY['delivered', 'open', 'click'])[i % 8 - 4] END AS event
    FROM generate_series(1, :events) i;
CREATE INDEX ON raw (n);
VACUUM ANALYZE raw;

INSERT INTO started SELECT clock_timestamp();
SELECT format('INSERT INTO bounce_event (event_id, email, at, event, diagnostic) SELECT ''e'' || n, email, at, event, diagnostic FROM raw WHERE n > %s AND n <= %s', b, b + 1000)
    FROM generate_series(0, :events / 4 - 1, 1000) b \gexec
INSERT INTO figure (what, value, unit) SELECT 'insert, 1000 rows a statement', :events / 4 / extract(epoch FROM clock_timestamp() - max(at)), 'rows/s' FROM started;
INSERT INTO started SELECT clock_timestamp();
INSERT INTO bounce_event (event_id, email, at, event, diagnostic) SELECT 'e' || n, email, at, event, diagnostic FROM raw WHERE n > :events / 4 AND n <= :events - 2000;
INSERT INTO figure (what, value, unit) SELECT 'insert, all in one statement', (:events * 3 / 4 - 2000) / extract(epoch FROM clock_timestamp() - max(at)), 'rows/s' FROM started;
INSERT INTO started SELECT clock_timestamp();
SELECT format('INSERT INTO bounce_event (event_id, email, at, event, diagnostic) SELECT ''e'' || n, email, at, event, diagnostic FROM raw WHERE n = %s', n) FROM generate_series(:events - 1999, :events) n \gexec
INSERT INTO figure (what, value, unit) SELECT 'insert, one row a transaction', 2000 / extract(epoch FROM clock_timestamp() - max(at)), 'rows/s' FROM started;
VACUUM ANALYZE bounce_event, address;

INSERT INTO figure (what, value, unit) SELECT 'event on disk', pg_total_relation_size('bounce_event')::numeric / count(*), 'bytes' FROM bounce_event;
INSERT INTO figure (what, value, unit) SELECT '... of it indexes', pg_indexes_size('bounce_event')::numeric / count(*), 'bytes' FROM bounce_event;
INSERT INTO figure (what, value, unit) SELECT 'address on disk', pg_total_relation_size('address')::numeric / count(*), 'bytes' FROM address;
INSERT INTO figure (what, value, unit) SELECT 'history of an address', avg(pg_column_size(bounces)), 'bytes' FROM address;

INSERT INTO started SELECT clock_timestamp();
SELECT count(*) FROM bounce_event \g /dev/null
INSERT INTO figure (what, value, unit) SELECT 'count(*) of a million events', 1e6 / :events * extract(epoch FROM clock_timestamp() - max(at)), 's' FROM started;
INSERT INTO started SELECT clock_timestamp();
SELECT count(state) FROM (SELECT bounce_state(event, at, 'benchmark') AS state FROM bounce_event GROUP BY email) s \g /dev/null
INSERT INTO figure (what, value, unit) SELECT 'bounce_state of a million events by address', 1e6 / :events * extract(epoch FROM clock_timestamp() - max(at)), 's' FROM started;
INSERT INTO started SELECT clock_timestamp();
SELECT count(bounce_state_of(bounces, 'benchmark')) FROM address \g /dev/null
INSERT INTO figure (what, value, unit) SELECT 'bounce_state_of of a million histories', 1e6 * :per_address / :events * extract(epoch FROM clock_timestamp() - max(at)), 's' FROM started;
INSERT INTO started SELECT clock_timestamp();
SELECT bounce_counts(diagnostic) FROM bounce_event \g /dev/null
INSERT INTO figure (what, value, unit) SELECT 'bounce_counts of a million events', 1e6 / :events * extract(epoch FROM clock_timestamp() - max(at)), 's' FROM started;
INSERT INTO started SELECT clock_timestamp();
SELECT category, count(*) FROM bounce_event GROUP BY 1 \g /dev/null
INSERT INTO figure (what, value, unit) SELECT 'counts of a million events by the column category', 1e6 / :events * extract(epoch FROM clock_timestamp() - max(at)), 's' FROM started;
INSERT INTO started SELECT clock_timestamp();
SELECT count(*) FROM address WHERE bounce_state = 'confirmed' \g /dev/null
INSERT INTO figure (what, value, unit) SELECT 'confirmed among a million addresses, by the column', 1e6 * :per_address / :events * extract(epoch FROM clock_timestamp() - max(at)), 's' FROM started;
INSERT INTO started SELECT clock_timestamp();
UPDATE setting SET value = 'benchmark' WHERE name = 'policy';
INSERT INTO figure (what, value, unit) SELECT 'another policy for a million addresses', 1e6 * :per_address / :events * extract(epoch FROM clock_timestamp() - max(at)), 's' FROM started;
INSERT INTO started SELECT clock_timestamp();
UPDATE bounce_event SET event = NULL WHERE rules_version IS NOT NULL AND event_number <= :events / 5;
INSERT INTO figure (what, value, unit) SELECT 'reading a million diagnostics again', 1e6 / (count(*) FILTER (WHERE rules_version IS NOT NULL AND event_number <= :events / 5)) * extract(epoch FROM clock_timestamp() - (SELECT max(at) FROM started)), 's' FROM bounce_event;
SELECT rpad(what, 52) || lpad(CASE WHEN value < 10 THEN round(value, 2) ELSE round(value) END::text, 8) || ' ' || unit FROM figure ORDER BY number;
