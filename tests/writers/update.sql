-- an event of any client changes: its time, its meaning, its address; or it is read again
\set n :n + 1
\set a random(1, :addresses)
\set b random(1, :addresses)
\set k random(1, 4)
UPDATE bounce_event
SET at = CASE :k WHEN 1 THEN at - interval '1 hour' ELSE at END,
    event = CASE :k WHEN 2 THEN 'soft' WHEN 3 THEN CASE WHEN rules_version IS NULL THEN event END ELSE event END,
    email = CASE :k WHEN 4 THEN 'user' || :b || '@example.com' ELSE email END
WHERE event_number = (SELECT event_number FROM bounce_event WHERE email = 'user' || :a || '@example.com' AND event_id LIKE 'c%' ORDER BY random() LIMIT 1);
