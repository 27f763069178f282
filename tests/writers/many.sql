-- eight events in one statement, for addresses in no order
\set n :n + 1
\set seed random(1, 10000)
\set minutes random(1, 400000)
INSERT INTO bounce_event (event_id, email, at, event, diagnostic)
SELECT 'c' || :client_id || '.' || :n || '.' || i || 'of8', 'user' || 1 + (:seed * (i + 3) * 7919) % :addresses || '@example.com',
    timestamptz '2025-01-01Z' + (:minutes + i) * interval '1 minute',
    (ARRAY['delivered', 'open', 'hard', 'soft', 'user_unknown/5', 'complaint', NULL, NULL])[1 + (:seed + i) % 8], '550 5.1.1 User unknown'
FROM generate_series(1, 8) i;
