-- an event of any client goes; the table deleted remembers it
\set n :n + 1
\set a random(1, :addresses)
WITH gone AS (
    DELETE FROM bounce_event
    WHERE event_number = (SELECT event_number FROM bounce_event WHERE email = 'user' || :a || '@example.com' AND event_id LIKE 'c%' ORDER BY random() LIMIT 1)
    RETURNING event_id)
INSERT INTO deleted SELECT event_id FROM gone;
