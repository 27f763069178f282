-- three statements, one transaction, one address
\set n :n + 1
\set a random(1, :addresses)
\set minutes random(1, 400000)
BEGIN;
INSERT INTO bounce_event (event_id, email, at, event, diagnostic)
VALUES ('c' || :client_id || '.' || :n || '.1of3', 'user' || :a || '@example.com', timestamptz '2025-01-01Z' + :minutes * interval '1 minute', 'delivered', 'ok');
INSERT INTO bounce_event (event_id, email, at, event, diagnostic)
VALUES ('c' || :client_id || '.' || :n || '.2of3', 'USER' || :a || '@example.com', timestamptz '2025-01-02Z' + :minutes * interval '1 minute', 'click', 'ok');
INSERT INTO bounce_event (event_id, email, at, diagnostic)
VALUES ('c' || :client_id || '.' || :n || '.3of3', 'user' || :a || '@example.com', timestamptz '2025-01-03Z' + :minutes * interval '1 minute', '550 5.1.1 User unknown');
COMMIT;
