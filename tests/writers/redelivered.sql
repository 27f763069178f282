-- events that other clients report, too, at the same moment and in another order, one of them twice
\set n :n + 1
\set first (:client_id * 31 + :n * 17) % 40
\set step random(0, 1) * 2 - 1
INSERT INTO bounce_event (event_id, email, at, event)
SELECT 's' || number || '.1of1', 'user' || 1 + number % :addresses || '@example.com', timestamptz '2025-05-01Z' + number * interval '1 hour', 'soft'
FROM (SELECT :first + i % 4 AS number FROM generate_series(0, 4) i) s
ORDER BY number * :step;
