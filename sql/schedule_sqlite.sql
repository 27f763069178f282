-- schedule_sqlite.sql - what a list with contact_list_sqlite.sql needs every hour, from cron or a systemd timer (doc/scale.md): states that
-- change with time alone (a hold that lapses, a window that passes) are brought up to date, and the enabled cleaning rules run.
-- What it did: SELECT * FROM cleaning_run.

BEGIN IMMEDIATE;
UPDATE address SET asof = strftime('%Y-%m-%dT%H:%M:%f000Z', 'now') WHERE next_change_at <= strftime('%Y-%m-%dT%H:%M:%f000Z', 'now');
INSERT INTO cleaning_run(rule) SELECT name FROM cleaning_rule WHERE enabled ORDER BY name;
COMMIT;
