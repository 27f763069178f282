-- schedule_postgresql.sql - the contact list looks after itself, by pg_cron: every hour, states that change with time alone (a hold that
-- lapses, a window that passes) are brought up to date, and the enabled cleaning rules run.
--
--     psql -d DATABASE -f sql/schedule_postgresql.sql
--     psql -d DATABASE -v schema=crm -v schedule='*/5 * * * *' -f sql/schedule_postgresql.sql
--
-- In the database that cron.database_name names, as its owner, after contact_list_postgresql.sql; again to change the schedule (times in UTC).
-- What it did: SELECT * FROM contact_list.cleaning_run; whether it ran: SELECT * FROM cron.job_run_details.
-- No longer: SELECT cron.unschedule('contact_list').
--
-- Without pg_cron, give the two statements below to psql from cron.

\set ON_ERROR_STOP on
\if :{?schema}
\else
    \set schema contact_list
\endif
\if :{?schedule}
\else
    \set schedule '17 * * * *'
\endif

SELECT cron.schedule(:'schema', :'schedule', format($job$
UPDATE %1$I.address a SET asof = now()
    FROM (SELECT email FROM %1$I.address WHERE next_change_at <= now() ORDER BY email FOR NO KEY UPDATE) due WHERE a.email = due.email;
INSERT INTO %1$I.cleaning_run (rule) SELECT name FROM %1$I.cleaning_rule WHERE enabled ORDER BY name;
$job$, :'schema')) AS job;
