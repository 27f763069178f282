-- cleans the list and changes its mind: what a person and the scheduled job do, while the clients write
INSERT INTO cleaning_run (rule) VALUES ('confirmed');
INSERT INTO incident (domain, category, since, until) VALUES ('example.com', 'user_unknown', '2025-03-01Z', '2025-06-01Z');
INSERT INTO cleaning_run (rule) VALUES ('soft');
UPDATE setting SET value = 'benchmark' WHERE name = 'policy';
UPDATE cleaning_run SET undone_at = now() WHERE run_id = (SELECT max(run_id) FROM cleaning_run WHERE rule = 'confirmed');
UPDATE address SET asof = now()
    FROM (SELECT email FROM address WHERE next_change_at <= now() ORDER BY email FOR NO KEY UPDATE) due WHERE address.email = due.email;
INSERT INTO cleaning_run (rule) SELECT name FROM cleaning_rule WHERE enabled ORDER BY name;
DELETE FROM incident WHERE incident_id = (SELECT min(incident_id) FROM incident);
UPDATE setting SET value = 'default' WHERE name = 'policy';
UPDATE bounce_event SET event = NULL WHERE rules_version IS NOT NULL;
INSERT INTO cleaning_run (rule) VALUES ('soft_pause');
UPDATE cleaning_run SET undone_at = now() WHERE run_id = (SELECT max(run_id) FROM cleaning_run);
