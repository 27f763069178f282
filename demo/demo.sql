-- demo.sql - the main job: bounce events next to a contact table. Run by `make demo`.
.import --csv contacts.csv contact
.import --csv bounce_events.csv bounce_event
.mode column --wrap 0
.headers on

.print
.print == What each bounce means, and the words that decided (the first 24) ==
.print
WITH explained AS (
    SELECT id, bounce_explain(diagnostic) AS e FROM bounce_event
)
SELECT id, e->>'category' AS category, e->>'type' AS type, e->>'action' AS action,
       coalesce(e->>'provider', '') AS provider, substr(coalesce(e->>'matched', ''), 1, 60) AS "words that decided"
FROM explained
ORDER BY id
LIMIT 24;

.print
.print == The reasons, counted ==
.print
SELECT classify_bounce(diagnostic) AS category, bounce_type(diagnostic) AS type, count(*) AS bounces,
       (SELECT substr(definition_en, 1, 90) FROM bounce_categories c WHERE c.category = classify_bounce(diagnostic)) AS meaning
FROM bounce_event
GROUP BY 1, 2
ORDER BY bounces DESC, category;

.print
.print == Drop: dead addresses ==
.print
SELECT c.email, c.name, group_concat(DISTINCT classify_bounce(e.diagnostic)) AS reasons, max(e.at) AS last_bounce
FROM contact c JOIN bounce_event e USING (email)
WHERE bounce_type(e.diagnostic) = 'hard'
GROUP BY c.email
ORDER BY c.email;

.print
.print == Keep, although a server said 5xx ==
.print
SELECT c.email, max(bounce_explain(e.diagnostic)->>'reply_code') AS said,
       group_concat(DISTINCT classify_bounce(e.diagnostic)) AS reasons,
       group_concat(DISTINCT bounce_action(e.diagnostic)) AS "what to do"
FROM contact c JOIN bounce_event e USING (email)
GROUP BY c.email
HAVING max(bounce_type(e.diagnostic) = 'hard') = 0 AND said BETWEEN 500 AND 599
ORDER BY c.email;

.print
.mode list
.headers off
SELECT 'Of ' || count(DISTINCT c.email) || ' contacts, "5xx is hard" would drop '
    || count(DISTINCT CASE WHEN bounce_explain(diagnostic)->>'reply_code' BETWEEN 500 AND 599 THEN c.email END)
    || '; mailbounce drops ' || count(DISTINCT CASE WHEN bounce_type(diagnostic) = 'hard' THEN c.email END) || '.'
FROM contact c LEFT JOIN bounce_event e USING (email);
