-- shards_postgresql.sql - one contact list over many PostgreSQL servers: run on a coordinator, it shows the tables and views of the shards as
-- one. Everything about an address (its contacts, messages, events, history) is on one shard, chosen by the hash of the address.
--
--     on each shard:       psql -d DATABASE -f sql/contact_list_postgresql.sql
--     on the coordinator:  CREATE SERVER and CREATE USER MAPPING for each (doc/scale.md), then
--                          psql -d DATABASE -f sql/shards_postgresql.sql
--
-- Takes the servers whose names match the variable servers (-v servers='crm%'; default shard%), in the order of their names (shard2 before
-- shard10): their number and order decide where an address lives, and must stay. Variable schema: as for the contact list. Run it again after an update of the contact list.
--
-- Made for each server: a schema of its name with the shard's tables and views. Over them, in the schema contact_list:
--     with an email column    a table partitioned by it: insert, select, aggregate as if there were one server
--     without                 the rows of all shards (tableoid::regclass says whose): select, update; rejected_event, too
-- and shard_check, which has no rows when all shards are of the same version and have the same settings.
--
-- The address chooses the shard, so here it must be given in lower case and without blanks around it; only incoming_event takes any form.

\set QUIET on
\set ON_ERROR_STOP on
\if :{?schema}
\else
    \set schema contact_list
\endif
\if :{?servers}
\else
    \set servers 'shard%'
\endif

BEGIN;
SET LOCAL client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS mailbounce;
CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE EXTENSION IF NOT EXISTS dblink;      -- for shard_check
CREATE SCHEMA IF NOT EXISTS :"schema";
SELECT set_config('shards.schema', :'schema', true), set_config('shards.servers', :'servers', true),
    set_config('search_path', quote_ident(:'schema') || ', public', true) \g /dev/null

-- contacts are numbered here, for all shards
CREATE SEQUENCE IF NOT EXISTS contact_number;

CREATE OR REPLACE FUNCTION check_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.email IS DISTINCT FROM lower(btrim(NEW.email, E' \t\r\n') COLLATE "C") THEN
        RAISE EXCEPTION 'the address "%" chooses the shard: give it in lower case and without blanks around it', left(NEW.email, 80)
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF TG_OP = 'UPDATE' AND NEW.email IS DISTINCT FROM OLD.email THEN
        RAISE EXCEPTION 'the address "%" chooses the shard and cannot be changed: insert a new row', left(OLD.email, 80) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN NEW;
END $$;

DO $$
DECLARE
    kit text := current_setting('shards.schema');
    shards text[] := ARRAY(SELECT srvname FROM pg_foreign_server WHERE srvname LIKE current_setting('shards.servers') ORDER BY length(srvname), srvname COLLATE "C");
    shard text;
    relation text;
    own record;
    key text;
BEGIN
    IF cardinality(shards) = 0 THEN
        RAISE EXCEPTION 'there is no foreign server like "%": CREATE SERVER first', current_setting('shards.servers');
    END IF;
    IF to_regclass('setting') IS NOT NULL THEN
        IF EXISTS (SELECT FROM ONLY setting) THEN
            RAISE EXCEPTION 'the schema % holds a contact list of its own: run this file in another database', kit;
        END IF;
    END IF;
    FOREACH shard IN ARRAY shards LOOP
        IF EXISTS (SELECT FROM pg_class c LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver
            WHERE c.relnamespace = to_regnamespace(quote_ident(shard)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND s.srvname IS DISTINCT FROM shard) THEN
            RAISE EXCEPTION 'the schema % holds more than the tables of the server %: rename one of them', shard, shard;
        END IF;
        EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', shard);
        EXECUTE format('CREATE SCHEMA %I', shard);
        EXECUTE format('IMPORT FOREIGN SCHEMA %I FROM SERVER %I INTO %I OPTIONS (import_generated ''false'', import_default ''true'')', kit, shard, shard);
        EXECUTE format('CREATE FOREIGN TABLE pg_temp.shard_column (table_schema name, table_name name, column_name name, is_identity text, is_generated text)
            SERVER %I OPTIONS (schema_name ''information_schema'', table_name ''columns'')', shard);
        -- what the shard fills in is "generated" here: postgres_fdw then leaves it to the shard
        FOR own IN SELECT c.table_name, c.column_name, format_type(a.atttypid, a.atttypmod) AS type FROM pg_temp.shard_column c
            JOIN pg_attribute a ON a.attrelid = to_regclass(format('%I.%I', shard, c.table_name)) AND a.attname = c.column_name
            WHERE c.table_schema = kit AND (c.is_identity = 'YES' OR c.is_generated = 'ALWAYS') LOOP
            IF own.table_name = 'contact' THEN
                EXECUTE format('ALTER FOREIGN TABLE %I.contact ALTER %I SET DEFAULT nextval(%L)', shard, own.column_name, format('%I.contact_number', kit));
            ELSE
                EXECUTE format('ALTER FOREIGN TABLE %1$I.%2$I DROP %3$I, ADD %3$I %4$s GENERATED ALWAYS AS (NULL::%4$s) STORED', shard, own.table_name, own.column_name, own.type);
            END IF;
        END LOOP;
        DROP FOREIGN TABLE pg_temp.shard_column;
    END LOOP;

    FOR relation IN SELECT relname FROM pg_class WHERE relnamespace = quote_ident(shards[1])::regnamespace AND relkind = 'f' LOOP
        key := CASE relation WHEN 'incoming_event' THEN '(lower(btrim(email, E'' \t\r\n'') COLLATE "C"))'
            WHEN 'rejected_event' THEN NULL     -- holds addresses as they came
            ELSE (SELECT attname FROM pg_attribute WHERE attrelid = format('%I.%I', shards[1], relation)::regclass AND attname = 'email') END;
        EXECUTE format('DROP TABLE IF EXISTS %I', relation);
        IF key IS NULL THEN
            EXECUTE format('CREATE TABLE %1$I (LIKE %2$I.%1$I INCLUDING GENERATED, CHECK (false) NO INHERIT)', relation, shards[1]);
        ELSE
            EXECUTE format('CREATE TABLE %1$I (LIKE %2$I.%1$I INCLUDING GENERATED INCLUDING DEFAULTS) PARTITION BY HASH (%3$s)', relation, shards[1], key);
        END IF;
        FOR i IN 1 .. cardinality(shards) LOOP
            IF key IS NULL THEN
                EXECUTE format('ALTER FOREIGN TABLE %1$I.%2$I INHERIT %2$I', shards[i], relation);
            ELSE
                EXECUTE format('ALTER TABLE %2$I ATTACH PARTITION %1$I.%2$I FOR VALUES WITH (MODULUS %3$s, REMAINDER %4$s)',
                    shards[i], relation, cardinality(shards), i - 1);
            END IF;
        END LOOP;
        IF relation IN ('contact', 'message', 'bounce_event') THEN
            EXECUTE format('CREATE TRIGGER check_address BEFORE INSERT OR UPDATE OF email ON %I FOR EACH ROW EXECUTE FUNCTION check_address()', relation);
        END IF;
    END LOOP;
    EXECUTE format('ALTER DATABASE %I SET enable_partitionwise_aggregate = on', current_database());
    EXECUTE format('ALTER DATABASE %I SET enable_partitionwise_join = on', current_database());
END $$;

-- Shards that differ from the coordinator or, in their settings, from the first shard.
CREATE OR REPLACE VIEW shard_check AS
SELECT shard, problem
FROM (SELECT srvname AS shard, v.*, first_value(v.settings) OVER (ORDER BY length(srvname), srvname COLLATE "C") AS wanted
    FROM (SELECT srvname FROM pg_foreign_server WHERE srvname LIKE :'servers') s CROSS JOIN LATERAL dblink(s.srvname, format(
        'SELECT mailbounce_version(), bounce_rules_version(), (SELECT string_agg(name || '' = '' || value, '', '' ORDER BY name) FROM %I.setting)', :'schema'))
        AS v (version text, rules text, settings text)) shard
CROSS JOIN LATERAL (VALUES
    (format('has mailbounce %s, the coordinator %s', version, mailbounce_version()), version = mailbounce_version()),
    (format('has rules %s, the coordinator %s', rules, bounce_rules_version()), rules = bounce_rules_version()),
    (format('has the settings %s; the first shard %s', settings, wanted), settings = wanted)) problem (problem, fine)
WHERE NOT fine;
COMMIT;
\echo 'shards ready'
