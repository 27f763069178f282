-- report.sql - what the report on a contact list shows, through the kit's views. The same questions for SQLite and PostgreSQL:
-- the views have the same columns in both.
--
-- report/report.pl asks them, each under the name in its "-- ==" line, and puts in three words:
--     :first_month   the first month of the pictures, '2026-01'
--     :last_month    the last one
--     :bytes         after what is sorted as text: COLLATE "C" in PostgreSQL, COLLATE BINARY in SQLite: the order is the same in both
-- In psql they are variables: \set last_month '''2026-12''' and \set bytes 'COLLATE "C"' let you try a query as it stands.
--
-- Long lists end after some rows; "total" says how many there are.

-- == facts
SELECT (SELECT count(*) FROM contact) AS contacts,
    (SELECT count(*) FROM bounce_event) AS events,
    (SELECT count(*) FROM message) AS messages,
    (SELECT count(*) FROM sendable WHERE stream = 'transactional') AS transactional,
    (SELECT count(*) FROM rejected_event) AS rejected,
    (SELECT count(*) FROM archived_contact) AS archived,
    (SELECT value FROM setting WHERE name = 'policy') AS policy,
    (SELECT value FROM setting WHERE name = 'perspective') AS perspective,
    (SELECT value FROM setting WHERE name = 'bounce_rate_mark') AS mark,
    (SELECT value FROM setting WHERE name = 'keep_days') AS keep_days,
    (SELECT value FROM setting WHERE name = 'pending_hours') AS pending_hours,
    (SELECT value FROM setting WHERE name = 'global_accounts') AS global_accounts,
    mailbounce_version() AS version,
    bounce_rules_version() AS rules_version;

-- == standing
-- Every contact once, under the first that holds. May be mailed: with marketing.
SELECT standing, count(*) AS contacts
FROM (
    SELECT CASE
            WHEN s.contact_id IS NOT NULL AND a.bounce_state = 'active' THEN 'mailed'
            WHEN s.contact_id IS NOT NULL THEN 'watched'
            WHEN d.contact_id IS NOT NULL THEN 'confirmed'
            WHEN a.bounce_state IN ('complained', 'unsubscribed') THEN a.bounce_state
            WHEN a.verdict <> 'ok' THEN 'invalid'
            WHEN c.consent <> 'given' THEN 'no_consent'
            ELSE 'paused'
        END AS standing
    FROM contact AS c
    JOIN address AS a ON a.email = c.email
    LEFT JOIN sendable AS s ON s.contact_id = c.contact_id AND s.stream = 'marketing'
    LEFT JOIN confirmed AS d ON d.contact_id = c.contact_id) AS placed
GROUP BY standing;

-- == campaigns
-- The newest first.
SELECT r.account, r.campaign, r.sent, r.hard, r.soft, r.block, r.bounced, r.suppressed,
    CASE WHEN r.over_mark THEN 1 ELSE 0 END AS over_mark, m.first_sent,
    count(*) OVER () AS total,
    count(CASE WHEN r.over_mark THEN 1 END) OVER () AS total_over
FROM campaign_bounce_rate AS r
JOIN (SELECT account, campaign, min(sent_at) AS first_sent FROM message GROUP BY account, campaign) AS m
    ON m.campaign IS NOT DISTINCT FROM r.campaign AND m.account IS NOT DISTINCT FROM r.account
ORDER BY m.first_sent DESC, r.campaign :bytes NULLS LAST, r.account :bytes NULLS LAST
LIMIT 15;

-- == reasons
SELECT month, category, type, events
FROM reason_over_time
WHERE month BETWEEN :first_month AND :last_month AND type <> 'none'
ORDER BY month, category :bytes, type :bytes;

-- == domain_counts
SELECT health, count(*) AS domains
FROM domain_health
GROUP BY health;

-- == domains
-- Those that are not fine first, then by how many addresses fail.
SELECT domain, addresses, fine, gone, refused, blocked, full_up, other, health, evidence, last_reply
FROM domain_health
WHERE fine < addresses
ORDER BY CASE WHEN health = 'fine' THEN 1 ELSE 0 END, addresses - fine DESC, addresses DESC, domain :bytes
LIMIT 12;

-- == cleaning
SELECT r.name, r.action, r.applies_to, r.category, r.older_than_days, r.at_least, r.domain, r.pause_days,
    CASE WHEN r.enabled THEN 1 ELSE 0 END AS enabled,
    count(p.contact_id) AS found,
    count(p.kept_because) AS kept
FROM cleaning_rule AS r
LEFT JOIN cleaning_preview AS p ON p.rule = r.name
GROUP BY r.name
ORDER BY CASE WHEN r.enabled THEN 0 ELSE 1 END, count(p.contact_id) DESC, r.name :bytes
LIMIT 20;

-- == confirmed
SELECT email, bounce_state, reason, category, confirmed_at, diagnostic, advice_en, advice_zh, count(*) OVER () AS total
FROM confirmed
ORDER BY confirmed_at DESC, email :bytes, contact_id
LIMIT 20;

-- == pending
SELECT email, message_id, account, since, last_try, tries, category, count(*) OVER () AS total
FROM pending_overdue
ORDER BY since, email :bytes, message_id :bytes NULLS LAST
LIMIT 10;

-- == global
SELECT email, accounts, categories, first_at, last_at, count(*) OVER () AS total
FROM global_bounce
ORDER BY accounts DESC, last_at DESC, email :bytes
LIMIT 10;

-- == invalid
SELECT email, verdict, suggestion, count(*) OVER () AS total
FROM invalid_address
ORDER BY email :bytes, contact_id
LIMIT 10;
