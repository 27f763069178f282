-- one event that can be read and three that cannot
\set n :n + 1
\set a random(1, :addresses)
INSERT INTO bounce_event (event_id, email, at, event)
VALUES ('c' || :client_id || '.' || :n || '.1of4bad', 'user' || :a || '@example.com', '2025-01-01Z', 'hrad'),
    ('c' || :client_id || '.' || :n || '.2of4', 'user' || :a || '@example.com', '2025-01-01Z', 'hard'),
    ('c' || :client_id || '.' || :n || '.3of4bad', 'nobody', '2025-01-01Z', 'hard'),
    ('c' || :client_id || '.' || :n || '.4of4bad', 'user' || :a || '@example.com', NULL, 'hard');
