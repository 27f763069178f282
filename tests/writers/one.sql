-- one event for one address
\set n :n + 1
\set a random(1, :addresses)
\set k random(1, 10)
\set minutes random(1, 400000)
INSERT INTO bounce_event (event_id, email, at, event, diagnostic)
VALUES ('c' || :client_id || '.' || :n || '.1of1', 'user' || :a || '@example.com', timestamptz '2025-01-01Z' + :minutes * interval '1 minute',
    (ARRAY['delivered', 'open', 'hard', 'soft', 'block', 'mailbox_full/4', 'unsubscribe', NULL, NULL, NULL])[:k],
    (ARRAY['550 5.1.1 User unknown', '452 4.2.2 mailbox full', '421 4.7.0 try again later'])[1 + :k % 3]);
