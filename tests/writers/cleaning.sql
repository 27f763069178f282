-- cleans the list and changes its mind: what a person and the scheduled job do, while the clients write;
-- at no moment is anything wrong (a view of writers.t)
INSERT INTO cleaning_run (rule) VALUES ('confirmed');
SELECT * FROM wrong;
INSERT INTO incident (domain, category, since, until) VALUES ('example.com', 'user_unknown', '2025-03-01Z', '2025-06-01Z');
SELECT * FROM wrong;
INSERT INTO cleaning_run (rule) VALUES ('soft');
SELECT * FROM wrong;
UPDATE setting SET value = 'benchmark' WHERE name = 'policy';
SELECT * FROM wrong;
UPDATE cleaning_run SET undone_at = now() WHERE run_id = (SELECT max(run_id) FROM cleaning_run WHERE rule = 'confirmed');
SELECT * FROM wrong;
UPDATE address SET asof = now()
    FROM (SELECT email FROM address WHERE next_change_at <= now() ORDER BY email FOR NO KEY UPDATE) due WHERE address.email = due.email;
SELECT * FROM wrong;
INSERT INTO cleaning_run (rule) SELECT name FROM cleaning_rule WHERE enabled ORDER BY name;
SELECT * FROM wrong;
DELETE FROM incident WHERE incident_id <> (SELECT max(incident_id) FROM incident);
SELECT * FROM wrong;
UPDATE setting SET value = 'default' WHERE name = 'policy';
SELECT * FROM wrong;
UPDATE bounce_event SET event = NULL WHERE rules_version IS NOT NULL;
SELECT * FROM wrong;
INSERT INTO cleaning_run (rule) VALUES ('soft_pause');
SELECT * FROM wrong;
UPDATE cleaning_run SET undone_at = now() WHERE run_id = (SELECT max(run_id) FROM cleaning_run);
SELECT * FROM wrong;
