-- what an application asks before it sends, and what a person looks at
\set n :n + 1
\set a random(1, :addresses)
SELECT bounce_state, sendable FROM address WHERE email = 'user' || :a || '@example.com';
SELECT at, event, diagnostic FROM bounce_event WHERE email = 'user' || :a || '@example.com' ORDER BY at DESC LIMIT 10;
SELECT count(*) FROM address WHERE email BETWEEN 'user' || :a AND 'user' || :a + 50 AND bounce_state <> 'active';
