-- contact_list_postgresql.sql - a contact list that keeps itself clean: addresses with their bounce history and state,
-- contacts, messages, bounce events, cleaning, incidents.
--
--     psql -d DATABASE -f sql/contact_list_postgresql.sql                     into the schema contact_list
--     psql -d DATABASE -v schema=crm -f sql/contact_list_postgresql.sql       into a schema of your choice
--
-- As the owner of the database; PostgreSQL 15 or newer with the extension mailbounce installed on the server. Run it again after an
-- update: it changes no data, and brings functions, triggers and views up to date. The same tables and views exist for
-- SQLite in contact_list_sqlite.sql. Everything here is plain SQL over mailbounce's functions: take a statement and change it.
--
-- Who may do what: a program that reports events needs USAGE on the schema and INSERT on bounce_event (or incoming_event),
-- nothing else; the triggers act with the rights of whoever installed the kit.
--
-- Locks: a statement changes events first, then addresses in the order of email, then contacts in the order of contact_id.
-- Statements that keep to this order never deadlock with each other.

\set kit_quiet :QUIET
\set kit_stop :ON_ERROR_STOP
\set QUIET on
\set ON_ERROR_STOP on
\if :{?schema}
\else
    \set schema contact_list
\endif

-- one transaction, also when psql -1 has begun it already
SELECT now() <> statement_timestamp() AS kit_in_transaction, current_setting('search_path') AS kit_path,
    current_setting('client_min_messages') AS kit_messages \gset
\if :kit_in_transaction
\else
    BEGIN;
\endif
SET LOCAL client_min_messages = warning;

DO $$
BEGIN
    IF current_setting('server_version_num')::int < 150000 THEN
        RAISE EXCEPTION 'the contact list needs PostgreSQL 15 or newer, this server is %', current_setting('server_version');
    ELSIF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'mailbounce') THEN
        RAISE EXCEPTION 'the extension mailbounce is not installed on this server: run "make && sudo make install" there, then this file again';
    END IF;
END $$;
CREATE EXTENSION IF NOT EXISTS mailbounce;
CREATE SCHEMA IF NOT EXISTS :"schema";
SELECT quote_ident(:'schema') || ', ' || extnamespace::regnamespace || ', pg_temp' AS kit_own_path
    FROM pg_extension WHERE extname = 'mailbounce' \gset
SELECT set_config('search_path', :'kit_own_path', true) AS kit_ignored \gset


-- ==== Tables ====

-- What you can set: UPDATE setting SET value = 'benchmark' WHERE name = 'policy'. Changing the policy looks at every address anew.
CREATE TABLE IF NOT EXISTS setting (
    name text PRIMARY KEY,
    value text
);
INSERT INTO setting VALUES
    ('policy', 'default'),              -- when an address is confirmed dead: a preset of bounce_policies, or keys
    ('perspective', 'default'),         -- what the reports call hard, soft and block
    ('own_rules', NULL),                -- your own rules, read before the built-in ones
    ('bounce_rate_mark', '0.02'),       -- the part of a campaign that may bounce
    ('keep_days', '7'),                 -- a contact mailed within so many days is not deleted
    ('pending_hours', '72'),            -- after so long a pending message is overdue
    ('global_accounts', '3')            -- hard in so many accounts is a global bounce
ON CONFLICT DO NOTHING;

-- A time from text of the form 2026-01-02T03:04:05Z; the same in every session, as generated columns ask.
CREATE OR REPLACE FUNCTION utc_time(value text) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RETURN value::timestamptz;
END $$;

-- Every address that was ever on the list or had an event. The history belongs to the address, not to the contact: a contact
-- that changes address starts clean; an address that was archived and is imported again does not.
-- bounces and last_event_at are kept by the triggers on bounce_event. asof is when time_change last looked at the row: time
-- alone changes some states; it counts while no event is newer.
CREATE TABLE IF NOT EXISTS address (
    email text PRIMARY KEY,
    domain text GENERATED ALWAYS AS (CASE WHEN email LIKE '%@%' THEN split_part(email, '@', -1) ELSE '' END) STORED,
    bounces bounce_history,
    last_event_at timestamptz,
    policy text NOT NULL,
    asof timestamptz,
    bounce_state text GENERATED ALWAYS AS (bounce_state_of(bounces,
        policy || CASE WHEN asof > last_event_at THEN ' asof=' || extract(epoch FROM asof - 'epoch'::timestamptz)::text ELSE '' END)) STORED,
    sendable boolean GENERATED ALWAYS AS (bounce_sendable_of(bounces,
        policy || CASE WHEN asof > last_event_at THEN ' asof=' || extract(epoch FROM asof - 'epoch'::timestamptz)::text ELSE '' END)) STORED,
    next_change_at timestamptz GENERATED ALWAYS AS (utc_time(bounce_summary_of(bounces,
        policy || CASE WHEN asof > last_event_at THEN ' asof=' || extract(epoch FROM asof - 'epoch'::timestamptz)::text ELSE '' END)
        ->> 'next_change_at')) STORED,
    verdict text GENERATED ALWAYS AS (email_check(email)) STORED,
    added_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 80);       -- updated often
CREATE INDEX IF NOT EXISTS address_domain ON address (domain);
CREATE INDEX IF NOT EXISTS address_bounce_state ON address (bounce_state) WHERE bounce_state <> 'active';
CREATE INDEX IF NOT EXISTS address_next_change_at ON address (next_change_at) WHERE next_change_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS address_verdict ON address (verdict) WHERE verdict <> 'ok';

-- Your application's person and its current address. consent: given; asked (double opt-in, not answered yet); withdrawn.
-- No foreign keys in the kit: contacts go to the archive while addresses, messages and events stay.
CREATE TABLE IF NOT EXISTS contact (
    contact_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    email text NOT NULL,
    name text,
    consent text NOT NULL DEFAULT 'given' CONSTRAINT "consent is given, asked or withdrawn" CHECK (consent IN ('given', 'asked', 'withdrawn')),
    paused_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS contact_email ON contact (email);

-- Who was sent what.
CREATE TABLE IF NOT EXISTS message (
    message_id text PRIMARY KEY,
    contact_id bigint,
    email text NOT NULL,
    account text,
    campaign text,
    stream text NOT NULL DEFAULT 'marketing' CONSTRAINT "stream is marketing or transactional" CHECK (stream IN ('marketing', 'transactional')),
    sent_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS message_contact ON message (contact_id, sent_at);
CREATE INDEX IF NOT EXISTS message_campaign ON message (account, campaign);

-- What happened. Give email, at, and event (a kind, type or category) or diagnostic (what the server said); event is then read from it,
-- under the rules of rules_version. An event that comes again (same email and event_id) is stored once.
CREATE TABLE IF NOT EXISTS bounce_event (
    event_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text,              -- the provider's; NULL if it gives none
    email text NOT NULL,
    at timestamptz NOT NULL,
    event text NOT NULL,
    diagnostic text,
    message_id text,
    account text,
    category text GENERATED ALWAYS AS (CASE WHEN split_part(event, '/', 1) IN
        ('sent', 'delivered', 'open', 'click', 'complaint', 'unsubscribe', 'subscribe', 'reactivate', 'hard', 'soft', 'block', 'pending', 'none')
        THEN NULL ELSE split_part(event, '/', 1) END) STORED,
    incident_id bigint,         -- set: the event is out of the history
    rules_version text,         -- NULL: the event was given, not read from the diagnostic
    received_at timestamptz NOT NULL DEFAULT now()
);
-- not unique: two sessions that insert the same events in different order would wait for each other's keys, and deadlock;
-- the trigger stores an event once, under the lock of its address
CREATE INDEX IF NOT EXISTS bounce_event_email ON bounce_event (email, event_id);
CREATE INDEX IF NOT EXISTS bounce_event_message ON bounce_event USING hash (message_id);
CREATE INDEX IF NOT EXISTS bounce_event_at ON bounce_event USING brin (at);
CREATE INDEX IF NOT EXISTS bounce_event_incident ON bounce_event (incident_id) WHERE incident_id IS NOT NULL;

-- Events that could not be read, with the reason. To try again: correct them here and INSERT INTO bounce_event ... SELECT.
CREATE TABLE IF NOT EXISTS rejected_event (
    rejected_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    event_id text,
    email text,
    at text,
    event text,
    diagnostic text,
    message_id text,
    account text,
    payload text,
    reason text NOT NULL
);

-- For files and logs whose times may be no times: all text. Rows go on to bounce_event or rejected_event at once.
CREATE TABLE IF NOT EXISTS incoming_event (
    incoming_number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text,
    email text,
    at text,
    event text,
    diagnostic text,
    message_id text,
    account text
);

-- A provider that answered "no such user" for living users for an hour: its bounces are taken out of the histories.
CREATE TABLE IF NOT EXISTS incident (
    incident_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    domain text,                -- NULL: all
    category text,              -- NULL: every bounce
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    note text,
    created_at timestamptz NOT NULL DEFAULT now()
);


-- ==== Settings ====

CREATE OR REPLACE FUNCTION read_setting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    problem text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'setting "%" cannot be deleted: UPDATE its value', OLD.name USING ERRCODE = 'invalid_parameter_value';
    ELSIF NEW.name = 'policy' THEN
        NEW.value := coalesce(NEW.value, 'default');
        PERFORM bounce_state_of(NULL, NEW.value);
        IF NEW.value ~* 'asof\s*=' THEN
            problem := 'setting "policy": asof does not belong there, it is a column of address';
        END IF;
    ELSIF NEW.name = 'perspective' THEN
        PERFORM bounce_type('hard', NEW.value);
    ELSIF NEW.name = 'own_rules' THEN
        SELECT format('own_rules, line %s: %s', c.line, c.problem) INTO problem FROM bounce_rules_check(NEW.value) c ORDER BY c.line LIMIT 1;
    ELSIF NEW.name IN ('bounce_rate_mark', 'keep_days', 'pending_hours', 'global_accounts') THEN
        IF coalesce(NEW.value, '') !~ '^\d{1,6}(\.\d{1,6})?$' THEN
            problem := format('setting "%s" must be a number, not "%s"', NEW.name, NEW.value);
        END IF;
    ELSE
        problem := format('unknown setting "%s"; legal: %s', NEW.name, (SELECT string_agg(name, ', ' ORDER BY name) FROM setting));
    END IF;
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION '%', problem USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER read BEFORE INSERT OR UPDATE OR DELETE ON setting FOR EACH ROW EXECUTE FUNCTION read_setting();

CREATE OR REPLACE FUNCTION policy_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    LOCK TABLE address IN SHARE ROW EXCLUSIVE MODE;     -- no address may come in under the old policy meanwhile
    UPDATE address SET policy = NEW.value WHERE policy <> NEW.value;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER policy_changed AFTER UPDATE OF value ON setting FOR EACH ROW WHEN (NEW.name = 'policy') EXECUTE FUNCTION policy_changed();


-- ==== Events: reading them ====

-- One event, before it is stored. What cannot be read goes to rejected_event, so that an INSERT never fails.
CREATE OR REPLACE FUNCTION read_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    problem text;
    reply text;
    own_rules text;
    history bounce_history;
    given bounce_event := NEW;
BEGIN
    NEW.email := lower(btrim(NEW.email, E' \t\r\n') COLLATE "C");
    NEW.event_id := nullif(NEW.event_id, '');        -- as files have it
    IF length(NEW.event_id) > 250 THEN      -- longer than an index can hold
        NEW.event_id := md5(NEW.event_id);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.event IS DISTINCT FROM OLD.event THEN
            NEW.rules_version := NULL;
        ELSIF NEW.diagnostic IS DISTINCT FROM OLD.diagnostic AND OLD.rules_version IS NOT NULL THEN
            NEW.event := NULL;
        END IF;
    END IF;

    -- the event: a word; or read from a diagnostic, perhaps given as the event
    IF btrim(NEW.event, E' \t\r\n') ~ '^([A-Za-z_]+(/[A-Za-z0-9_]*)?|/[A-Za-z0-9_]*)$' THEN
        NEW.event := regexp_replace(lower(btrim(NEW.event, E' \t\r\n') COLLATE "C"), '^complaint/.*', 'complaint');
        BEGIN
            history := bounce_history_add(NULL, NEW.event, 'epoch');
        EXCEPTION WHEN invalid_parameter_value THEN
            problem := format('unknown event "%s"', left(btrim(given.event, E' \t\r\n'), 80));
        END;
    ELSE
        reply := nullif(btrim(NEW.event, E' \t\r\n'), '');
        IF coalesce(btrim(NEW.diagnostic, E' \t\r\n'), '') = '' THEN
            NEW.diagnostic := nullif(NEW.event, '');
            NEW.rules_version := CASE WHEN reply IS NOT NULL THEN bounce_rules_version() END;
        ELSE
            NEW.rules_version := CASE WHEN reply IS NULL THEN bounce_rules_version() END;
        END IF;
        reply := coalesce(reply, nullif(btrim(NEW.diagnostic, E' \t\r\n'), ''));
        SELECT value INTO own_rules FROM setting WHERE name = 'own_rules';
        NEW.event := bounce_event_of(reply, own_rules);
        IF NEW.event IS NULL THEN
            problem := 'no event and no diagnostic';
        END IF;
    END IF;

    problem := CASE
        WHEN coalesce(NEW.email, '') = '' THEN 'no address'
        WHEN length(NEW.email) > 320 OR NEW.email COLLATE "C" !~ '^[^[:space:][:cntrl:]]+@[^[:space:][:cntrl:]]+$'
            THEN format('"%s" is no address', left(given.email, 80))
        WHEN NEW.at IS NULL THEN 'no time'
        WHEN NEW.at < '0001-01-01 00:00Z' OR NEW.at >= '10000-01-01 00:00Z' THEN 'time out of range; legal: the years 0001 to 9999'
        ELSE problem END;
    IF problem IS NULL AND TG_OP = 'UPDATE' AND NEW.event_id IS NOT NULL AND (NEW.email, NEW.event_id) IS DISTINCT FROM (OLD.email, OLD.event_id)
        AND EXISTS (SELECT FROM bounce_event WHERE email = NEW.email AND event_id = NEW.event_id AND event_number <> OLD.event_number) THEN
        problem := format('event_id "%s" is stored for %s already', left(NEW.event_id, 80), NEW.email);
    END IF;
    IF problem IS NULL THEN
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'event %: %', OLD.event_number, problem USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF NEW.event_id IS NOT NULL AND EXISTS (SELECT FROM bounce_event WHERE email = NEW.email AND event_id = NEW.event_id) THEN
        RETURN NULL;        -- it is there already, and readable
    END IF;
    INSERT INTO rejected_event (event_id, email, at, event, diagnostic, message_id, account, reason)
        VALUES (given.event_id, given.email, given.at, given.event, given.diagnostic, given.message_id, given.account, problem);
    RETURN NULL;
END $$;
-- Rows that are in order need no reading: the function is not even called for them, which makes bulk loads much faster.
SELECT format($when$CREATE OR REPLACE TRIGGER read BEFORE INSERT ON bounce_event FOR EACH ROW WHEN ((
        (NEW.event IN ('sent', 'delivered', 'open', 'click', 'complaint', 'unsubscribe', 'subscribe', 'reactivate', 'hard', 'soft', 'block',
                'pending', 'none')
            OR split_part(NEW.event, '/', 1) = ANY (%L) AND substr(NEW.event, length(split_part(NEW.event, '/', 1)) + 1) IN ('', '/4', '/5', '/pending'))
        AND NEW.email COLLATE "C" ~ '^[!-?[-~]+@[!-?[-~]+$' AND length(NEW.email) <= 320
        AND NEW.at BETWEEN '0001-01-02Z' AND '9999-12-30Z' AND coalesce(length(NEW.event_id), 1) BETWEEN 1 AND 250) IS NOT TRUE)
    EXECUTE FUNCTION read_event()$when$, array_agg(category ORDER BY category))
FROM bounce_categories WHERE category <> 'complaint' \gexec
CREATE OR REPLACE TRIGGER read_again BEFORE UPDATE OF event_id, email, at, event, diagnostic ON bounce_event FOR EACH ROW EXECUTE FUNCTION read_event();


-- ==== Events: keeping the histories ====

-- The incident that an event falls into: bounces only, never consent, opens or deliveries.
CREATE OR REPLACE FUNCTION incident_of(email text, at timestamptz, category text, event text) RETURNS bigint LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT min(i.incident_id) FROM incident i
    WHERE $2 >= i.since AND $2 < i.until AND (i.domain IS NULL OR split_part($1, '@', -1) = i.domain) AND (i.category IS NULL OR $3 = i.category)
        AND ($3 IS NOT NULL OR $4 IN ('hard', 'soft', 'block', 'pending'))
$$;

-- New events: one statement merges them into the addresses, in the order of email, so that sessions wait but never deadlock.
CREATE OR REPLACE FUNCTION events_added() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
    SET enable_seqscan = off SET jit = off AS $$      -- plans are kept, and statistics are old during a bulk load: always by index
BEGIN
    INSERT INTO address AS a (email, bounces, last_event_at, policy)
        SELECT email, CASE WHEN count(*) > count(incident_id) THEN bounce_history(event, at) FILTER (WHERE incident_id IS NULL) END,
            max(at) FILTER (WHERE incident_id IS NULL),
            (SELECT value FROM setting WHERE name = 'policy')
        FROM added GROUP BY email ORDER BY email
    ON CONFLICT (email) DO UPDATE SET bounces = bounce_history_merge(a.bounces, excluded.bounces),
        last_event_at = greatest(a.last_event_at, excluded.last_event_at)
        WHERE a.bounces IS DISTINCT FROM bounce_history_merge(a.bounces, excluded.bounces);     -- the row is locked even where nothing is new

    -- What came again. Only rows of this statement go, so that nobody can be waiting for them; the others are there already,
    -- earlier in this transaction, or from one that committed while we waited for the address.
    DELETE FROM bounce_event WHERE event_number = ANY (ARRAY(
        SELECT n.event_number FROM added n WHERE n.event_id IS NOT NULL AND EXISTS (
            SELECT FROM bounce_event b WHERE b.email = n.email AND b.event_id = n.event_id
                AND (b.event_number < n.event_number OR b.xmin <> (SELECT xmin FROM bounce_event WHERE event_number = (SELECT min(event_number) FROM added)))
            OFFSET 0)));

    -- late events of an incident
    IF EXISTS (SELECT FROM incident) THEN
        UPDATE bounce_event SET incident_id = incident_of(email, at, category, event)
        WHERE event_number = ANY (ARRAY(SELECT event_number FROM added WHERE incident_id IS NULL AND incident_of(email, at, category, event) IS NOT NULL));
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER added AFTER INSERT ON bounce_event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION events_added();

-- Histories anew from the events: the addresses are locked, in the order of email; then, so that everything committed while we waited is
-- seen, a second statement aggregates.
CREATE OR REPLACE FUNCTION rebuild_addresses(emails text[]) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
BEGIN
    -- locks those that are there, too
    INSERT INTO address AS a (email, policy)
        SELECT email, (SELECT value FROM setting WHERE name = 'policy') FROM unnest(emails) email GROUP BY email ORDER BY email
    ON CONFLICT (email) DO UPDATE SET added_at = a.added_at WHERE false;
    UPDATE address a SET (bounces, last_event_at) = (
            SELECT CASE WHEN count(*) > 0 THEN bounce_history(event, at) END, max(at) FROM bounce_event e
            WHERE e.email = a.email AND e.incident_id IS NULL)
        WHERE email = ANY (emails);
END $$;

-- Changed and deleted events.
CREATE OR REPLACE FUNCTION events_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
    SET enable_seqscan = off SET jit = off AS $$
DECLARE
    emails text[];
    moved bigint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN    -- only what a history holds counts
        emails := ARRAY(SELECT DISTINCT email FROM (
            (SELECT email, event, at, incident_id IS NULL FROM removed EXCEPT ALL SELECT email, event, at, incident_id IS NULL FROM added) UNION ALL
            (SELECT email, event, at, incident_id IS NULL FROM added EXCEPT ALL SELECT email, event, at, incident_id IS NULL FROM removed)) x);
    ELSE
        -- (called for what came again: where the same event is still there, nothing changes)
        emails := ARRAY(SELECT DISTINCT email FROM removed r WHERE pg_trigger_depth() = 1 OR NOT EXISTS (
            SELECT FROM bounce_event b WHERE b.email = r.email AND b.event_id = r.event_id AND b.event = r.event AND b.at = r.at AND b.incident_id IS NULL
            OFFSET 0));
    END IF;
    IF emails = '{}' THEN
        RETURN NULL;
    END IF;
    PERFORM rebuild_addresses(emails);
    -- an event that was changed may have left an incident, or come into one
    IF TG_OP = 'UPDATE' AND EXISTS (SELECT FROM incident) THEN
        moved := ARRAY(
            SELECT n.event_number FROM added n JOIN removed o USING (event_number)
            WHERE (n.email, n.at, n.event) IS DISTINCT FROM (o.email, o.at, o.event) AND n.incident_id IS NOT DISTINCT FROM o.incident_id
                AND n.incident_id IS DISTINCT FROM incident_of(n.email, n.at, n.category, n.event));
        IF moved <> '{}' THEN
            UPDATE bounce_event SET incident_id = incident_of(email, at, category, event) WHERE event_number = ANY (moved);
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER updated AFTER UPDATE ON bounce_event REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION events_changed();
CREATE OR REPLACE TRIGGER deleted AFTER DELETE ON bounce_event REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION events_changed();

CREATE OR REPLACE FUNCTION events_truncated() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE address SET bounces = NULL, last_event_at = NULL
        FROM (SELECT email FROM address WHERE bounces IS NOT NULL ORDER BY email FOR NO KEY UPDATE) a WHERE address.email = a.email;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER truncated AFTER TRUNCATE ON bounce_event FOR EACH STATEMENT EXECUTE FUNCTION events_truncated();

-- A time from any text, NULL where there is none: never an error. Without a zone it is UTC.
CREATE OR REPLACE FUNCTION event_time(value text) RETURNS timestamptz LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET timezone = 'UTC' AS $$
BEGIN
    IF value ~ '^\s*\d{9,10}(\.\d+)?\s*$' THEN
        RETURN to_timestamp(value::double precision);       -- Unix seconds, as some providers write
    ELSIF value !~ '\d' OR value ~ '\d/\d|^\s*\d{1,2}[.-]\d{1,2}[.-]|^\s*\d+\s*$' THEN
        RETURN NULL;                                        -- not "now", nor what may be read in two ways
    END IF;
    RETURN value::timestamptz;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION events_arrived() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET enable_seqscan = off AS $$
BEGIN
    INSERT INTO bounce_event (event_id, email, at, event, diagnostic, message_id, account)
        SELECT event_id, email, event_time(at), nullif(event, ''), nullif(diagnostic, ''), nullif(message_id, ''), nullif(account, '') FROM arrived
        WHERE coalesce(btrim(at), '') = '' OR event_time(at) IS NOT NULL;
    INSERT INTO rejected_event (event_id, email, at, event, diagnostic, message_id, account, reason)
        SELECT event_id, email, at, event, diagnostic, message_id, account, format('"%s" is no time', left(at, 80)) FROM arrived
        WHERE btrim(at) <> '' AND event_time(at) IS NULL;
    DELETE FROM incoming_event WHERE incoming_number = ANY (ARRAY(SELECT incoming_number FROM arrived));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER arrived AFTER INSERT ON incoming_event REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION events_arrived();

-- After an update of mailbounce the events that were read by older rules are read again, and the histories follow:
--     UPDATE bounce_event SET event = NULL WHERE rules_version <> bounce_rules_version();
-- after a change of your own rules:
--     UPDATE bounce_event SET event = NULL WHERE rules_version IS NOT NULL;
-- all histories from all events, should state_check ever show something:
--     INSERT INTO rebuild SELECT email FROM address;
CREATE TABLE IF NOT EXISTS rebuild (
    email text NOT NULL         -- always empty: the trigger does it at once
);
CREATE OR REPLACE FUNCTION rebuild_wanted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM rebuild_addresses(ARRAY(SELECT lower(btrim(email, E' \t\r\n') COLLATE "C") FROM added));
    DELETE FROM rebuild;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER added AFTER INSERT ON rebuild REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION rebuild_wanted();


-- ==== Addresses, contacts, messages ====

CREATE OR REPLACE FUNCTION read_address() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    NEW.email := lower(btrim(NEW.email, E' \t\r\n') COLLATE "C");
    NEW.policy := coalesce(NEW.policy, (SELECT value FROM setting WHERE name = 'policy'));
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER read BEFORE INSERT OR UPDATE OF email, policy ON address FOR EACH ROW
    WHEN (NEW.policy IS NULL OR NEW.email <> lower(btrim(NEW.email, E' \t\r\n') COLLATE "C")) EXECUTE FUNCTION read_address();

CREATE OR REPLACE FUNCTION read_contact() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    NEW.email := lower(btrim(NEW.email, E' \t\r\n') COLLATE "C");
    IF coalesce(NEW.email, '') = '' THEN
        RAISE EXCEPTION 'contact % has no address', NEW.contact_id USING ERRCODE = 'invalid_parameter_value';
    ELSIF length(NEW.email) > 320 THEN
        RAISE EXCEPTION 'the address of contact % is longer than 320 characters: "%..."', NEW.contact_id, left(NEW.email, 80) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER read BEFORE INSERT OR UPDATE OF email ON contact FOR EACH ROW
    WHEN ((NEW.email = lower(btrim(NEW.email, E' \t\r\n') COLLATE "C") AND length(NEW.email) BETWEEN 1 AND 320) IS NOT TRUE) EXECUTE FUNCTION read_contact();

-- every contact's address has a row
CREATE OR REPLACE FUNCTION contacts_added() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO address (email, policy)
        SELECT email, (SELECT value FROM setting WHERE name = 'policy') FROM added GROUP BY email ORDER BY email
    ON CONFLICT (email) DO NOTHING;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER added AFTER INSERT ON contact REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION contacts_added();
CREATE OR REPLACE TRIGGER updated AFTER UPDATE ON contact REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION contacts_added();

-- A message takes the address of its contact, or the contact of its address.
CREATE OR REPLACE FUNCTION read_message() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    NEW.email := lower(btrim(coalesce(NEW.email, (SELECT email FROM contact WHERE contact_id = NEW.contact_id)), E' \t\r\n') COLLATE "C");
    IF NEW.email IS NULL THEN
        RAISE EXCEPTION 'message "%" has neither an address nor a contact that has one', NEW.message_id USING ERRCODE = 'invalid_parameter_value';
    END IF;
    NEW.contact_id := coalesce(NEW.contact_id, (SELECT min(contact_id) FROM contact WHERE email = NEW.email));
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER read BEFORE INSERT OR UPDATE OF email, contact_id ON message FOR EACH ROW
    WHEN ((NEW.email = lower(btrim(NEW.email, E' \t\r\n') COLLATE "C") AND NEW.contact_id IS NOT NULL) IS NOT TRUE) EXECUTE FUNCTION read_message();

-- Nobody who was mailed in the last days is deleted: bounces and complaints are still to come. (Archiving, by a cleaning_rule, obeys it too.)
CREATE OR REPLACE FUNCTION keep_contact() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    days numeric := (SELECT value FROM setting WHERE name = 'keep_days');
    recent record;
BEGIN
    IF TG_OP = 'DELETE' THEN
        SELECT OLD.contact_id, OLD.email, max(sent_at) AS sent_at INTO recent FROM message WHERE contact_id = OLD.contact_id AND sent_at > now() - days * interval '1 day';
    ELSE
        SELECT c.contact_id, c.email, m.sent_at INTO recent FROM message m JOIN contact c USING (contact_id) WHERE m.sent_at > now() - days * interval '1 day' LIMIT 1;
    END IF;
    IF recent.sent_at IS NOT NULL THEN
        RAISE EXCEPTION 'contact % (%) was mailed on %, less than % days ago: it cannot be deleted before %', recent.contact_id, recent.email,
            to_char(recent.sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), days, to_char((recent.sent_at + days * interval '1 day') AT TIME ZONE 'UTC', 'YYYY-MM-DD')
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE OR REPLACE TRIGGER keep BEFORE DELETE ON contact FOR EACH ROW EXECUTE FUNCTION keep_contact();
CREATE OR REPLACE TRIGGER keep_all BEFORE TRUNCATE ON contact FOR EACH STATEMENT EXECUTE FUNCTION keep_contact();


-- ==== Who may be mailed, and who not ====

-- What a state blocks:            marketing   transactional
--   invalid or mistyped address       x             x
--   confirmed                         x             x          (also beneath unsubscribed)
--   complained                        x             x
--   paused                            x             x
--   unsubscribed                      x
--   consent not given                 x
-- To leave out global bounces, too, add: AND email NOT IN (SELECT email FROM global_bounce)
CREATE OR REPLACE VIEW sendable AS
SELECT c.contact_id, c.email, c.name, s.stream
FROM contact c JOIN address a USING (email) CROSS JOIN (VALUES ('marketing'), ('transactional')) s (stream)
WHERE a.verdict = 'ok'
    AND a.bounce_state NOT IN ('confirmed', 'complained')
    AND (c.paused_until IS NULL OR c.paused_until <= now())
    AND (s.stream = 'transactional' OR a.sendable AND c.consent = 'given')
    AND CASE WHEN a.bounce_state = 'unsubscribed' THEN bounce_summary_of(a.bounces,
            a.policy || CASE WHEN a.asof > a.last_event_at THEN ' asof=' || extract(epoch FROM a.asof - 'epoch'::timestamptz)::text ELSE '' END)
        ->> 'confirmed_at' IS NULL ELSE true END;

-- What the history of an address says, in columns.
CREATE OR REPLACE VIEW address_summary AS
SELECT a.email, a.bounce_state, s.reason, s.confirmed_at, s.confirmed_category, s.first_strike_at, s.last_strike_at, s.last_category, s.last_event_at,
    (s.strikes ->> 'hard')::int + (s.strikes ->> 'soft')::int + (s.strikes ->> 'block')::int AS strikes
FROM address a CROSS JOIN LATERAL json_to_record(bounce_summary_of(a.bounces,
        a.policy || CASE WHEN a.asof > a.last_event_at THEN ' asof=' || extract(epoch FROM a.asof - 'epoch'::timestamptz)::text ELSE '' END))
    AS s (reason text, strikes json, confirmed_at timestamptz, confirmed_category text, first_strike_at timestamptz, last_strike_at timestamptz,
        last_category text, last_event_at timestamptz);

-- The confirmed ones apart, with the reason. To take one off by hand:
--     INSERT INTO bounce_event (email, event, at) VALUES ('ann@example.com', 'reactivate', now());
CREATE OR REPLACE VIEW confirmed AS
SELECT c.contact_id, c.email, s.bounce_state, s.reason, s.confirmed_category AS category, s.confirmed_at, s.last_strike_at, e.diagnostic, k.advice_en, k.advice_zh
FROM contact c JOIN address_summary s USING (email)
    LEFT JOIN bounce_categories k ON k.category = s.confirmed_category
    LEFT JOIN LATERAL (SELECT diagnostic FROM bounce_event e
        WHERE e.email = c.email AND e.at <= s.confirmed_at AND e.category IS NOT DISTINCT FROM s.confirmed_category AND e.incident_id IS NULL
            AND (e.category IS NOT NULL OR e.event IN ('hard', 'soft', 'block', 'pending'))
        ORDER BY e.at DESC, e.event_number DESC LIMIT 1) e ON true
WHERE s.bounce_state IN ('confirmed', 'complained', 'unsubscribed') AND s.confirmed_at IS NOT NULL;

-- Never sent to, and no bounces.
CREATE OR REPLACE VIEW invalid_address AS
SELECT c.contact_id, c.email, a.verdict, email_suggestion(c.email) AS suggestion
FROM contact c JOIN address a USING (email)
WHERE a.verdict <> 'ok';


-- ==== Reports ====

-- Messages finally hard, soft or block, over messages sent. Not final: pending, and what was delivered later. A message that was accepted
-- and then returned did bounce. Suppression is not counted: the provider did not send.
CREATE OR REPLACE VIEW campaign_bounce_rate AS
SELECT account, campaign, sent, hard, soft, block, hard + soft + block AS bounced, suppressed,
    round((hard + soft + block)::numeric / sent, 4) AS rate,
    hard + soft + block > (SELECT value::numeric FROM setting WHERE name = 'bounce_rate_mark') * sent AS over_mark
FROM (
    SELECT account, campaign, count(*) AS sent, count(*) FILTER (WHERE outcome = 'hard') AS hard,
        count(*) FILTER (WHERE outcome IN ('soft', 'unknown')) AS soft, count(*) FILTER (WHERE outcome = 'block') AS block,
        count(*) FILTER (WHERE outcome = 'suppressed') AS suppressed
    FROM (
        SELECT DISTINCT ON (m.account, m.campaign, m.message_id) m.account, m.campaign, o.outcome
        FROM message m LEFT JOIN bounce_event e USING (message_id)
            CROSS JOIN LATERAL (SELECT CASE WHEN e.event = 'delivered' OR e.category = 'suppressed' THEN coalesce(e.category, e.event)
                WHEN e.category IS NOT NULL OR e.event IN ('hard', 'soft', 'block')
                THEN nullif(nullif(bounce_type(e.event, (SELECT value FROM setting WHERE name = 'perspective')), 'pending'), 'none') END AS outcome) o
        ORDER BY m.account, m.campaign, m.message_id, o.outcome IS NULL, e.at DESC, o.outcome = 'delivered', e.event_number DESC) final
    GROUP BY account, campaign) counted;

-- Why mail bounces, month by month.
CREATE OR REPLACE VIEW reason_over_time AS
SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, coalesce(category, event) AS category,
    bounce_type(event, (SELECT value FROM setting WHERE name = 'perspective')) AS type, count(*) AS events, count(DISTINCT email) AS addresses
FROM bounce_event
WHERE category IS NOT NULL OR event IN ('hard', 'soft', 'block', 'pending')
GROUP BY 1, 2, 3;

-- Many bounces from one domain: is it dead, does it block you, is it full? Judged by the newest sign of each address.
CREATE OR REPLACE VIEW domain_health AS
WITH sign AS (
    SELECT DISTINCT ON (email) split_part(email, '@', -1) AS domain, at, event, category, diagnostic, event_number,
        CASE WHEN event IN ('delivered', 'open', 'click') THEN 'fine'
            WHEN category = 'mailbox_full' THEN 'full'
            ELSE bounce_type(event, (SELECT value FROM setting WHERE name = 'perspective')) END AS type
    FROM bounce_event
    WHERE (event IN ('delivered', 'open', 'click') OR incident_id IS NULL AND (event IN ('hard', 'soft', 'block', 'pending') OR category IS NOT NULL)
            AND bounce_type(event, (SELECT value FROM setting WHERE name = 'perspective')) <> 'none')
    ORDER BY email, at DESC, event IN ('delivered', 'open', 'click'), event_number DESC
), counted AS (
    SELECT domain, count(*) AS addresses, count(*) FILTER (WHERE type = 'fine') AS fine,
        count(*) FILTER (WHERE type = 'hard' AND category IN ('domain_unknown', 'not_accepting')) AS gone,
        count(*) FILTER (WHERE type = 'hard' AND category IS DISTINCT FROM 'domain_unknown' AND category IS DISTINCT FROM 'not_accepting') AS refused,
        count(*) FILTER (WHERE type = 'block') AS blocked,
        count(*) FILTER (WHERE type = 'full') AS full_up,
        count(*) FILTER (WHERE type NOT IN ('fine', 'hard', 'block', 'full')) AS other,
        (array_agg(diagnostic ORDER BY at DESC, event_number DESC) FILTER (WHERE type <> 'fine' AND diagnostic IS NOT NULL))[1] AS last_reply
    FROM sign GROUP BY domain
), reason AS (
    SELECT domain, string_agg(category || ' ' || n, ', ' ORDER BY n DESC, category) AS evidence
    FROM (SELECT domain, coalesce(category, event) AS category, count(*) AS n FROM sign WHERE type <> 'fine' GROUP BY 1, 2) x
    GROUP BY domain
)
SELECT domain, addresses, fine, gone, refused, blocked, full_up, other,
    CASE WHEN fine = 0 AND (gone * 2 >= addresses OR gone + refused = addresses AND addresses >= 3) THEN 'dead'
        WHEN blocked * 2 >= addresses THEN 'blocking you'
        WHEN full_up * 2 >= addresses THEN 'full'
        ELSE 'fine' END AS health,
    evidence, last_reply
FROM counted LEFT JOIN reason USING (domain);

-- HubSpot's global bounce: hard for an unknown user or a full mailbox in three or more accounts, until a person takes it back.
CREATE OR REPLACE VIEW global_bounce AS
SELECT email, count(DISTINCT account) AS accounts, string_agg(DISTINCT category, ',' ORDER BY category) AS categories, min(at) AS first_at, max(at) AS last_at
FROM (
    SELECT e.email, e.at, e.category, coalesce(e.account, m.account) AS account
    FROM bounce_event e LEFT JOIN message m USING (message_id)
    WHERE e.category IN ('user_unknown', 'mailbox_full') AND bounce_type(e.event, 'hubspot') = 'hard' AND e.incident_id IS NULL
        AND NOT EXISTS (SELECT FROM bounce_event r WHERE r.email = e.email AND r.event IN ('reactivate', 'subscribe') AND r.at >= e.at)) hard
WHERE account IS NOT NULL
GROUP BY email
HAVING count(DISTINCT account) >= (SELECT value::numeric FROM setting WHERE name = 'global_accounts');

-- Still pending, after 72 hours, without an end.
CREATE OR REPLACE VIEW pending_overdue AS
SELECT email, message_id, max(account) AS account, min(at) AS since, max(at) AS last_try, floor(extract(epoch FROM now() - min(at)) / 3600)::int AS hours,
    count(*) AS tries, (array_agg(category ORDER BY at DESC, event_number DESC))[1] AS category
FROM bounce_event e
WHERE bounce_type(event, (SELECT value FROM setting WHERE name = 'perspective')) = 'pending'
    AND NOT EXISTS (SELECT FROM bounce_event d WHERE d.email = e.email AND d.message_id IS NOT DISTINCT FROM e.message_id AND d.at >= e.at
        AND (d.event = 'delivered' OR bounce_type(d.event, (SELECT value FROM setting WHERE name = 'perspective')) IN ('hard', 'soft', 'block', 'unknown')
            AND (d.category IS NOT NULL OR d.event IN ('hard', 'soft', 'block'))))
GROUP BY email, message_id
HAVING min(at) < now() - (SELECT value::numeric FROM setting WHERE name = 'pending_hours') * interval '1 hour';

-- What time alone has changed: a hold that lapsed, a window that passed, a pending bounce that matured. The scheduled job looks at these:
--     UPDATE address SET asof = now()
--         FROM (SELECT email FROM address WHERE next_change_at <= now() ORDER BY email FOR NO KEY UPDATE) due WHERE address.email = due.email;
-- with pg_cron: schedule_postgresql.sql
CREATE OR REPLACE VIEW time_change AS
SELECT email, bounce_state AS stored_state, bounce_state_of(bounces, policy || ' asof=' || extract(epoch FROM now() - 'epoch'::timestamptz)::text) AS state_now, next_change_at
FROM address
WHERE next_change_at <= now();

-- Empty when every address is what its events say.
CREATE OR REPLACE VIEW state_check AS
SELECT email, a.bounce_state AS stored_state, bounce_state_of(e.bounces, coalesce(a.policy, p.value)
        || CASE WHEN a.asof > e.last_event_at THEN ' asof=' || extract(epoch FROM a.asof - 'epoch'::timestamptz)::text ELSE '' END) AS right_state,
    CASE WHEN a.policy IS NULL THEN 'no row in address' WHEN a.policy <> p.value THEN 'policy differs from the setting'
        ELSE 'history differs from the events' END AS problem
FROM address a FULL JOIN (
        SELECT email, CASE WHEN count(*) > count(incident_id) THEN bounce_history(event, at) FILTER (WHERE incident_id IS NULL) END AS bounces,
            max(at) FILTER (WHERE incident_id IS NULL) AS last_event_at
        FROM bounce_event GROUP BY email) e USING (email)
    CROSS JOIN (SELECT value FROM setting WHERE name = 'policy') p
WHERE a.policy IS DISTINCT FROM p.value OR a.bounces::bytea IS DISTINCT FROM e.bounces::bytea OR a.last_event_at IS DISTINCT FROM e.last_event_at
UNION ALL
SELECT email, NULL, 'active', 'no row in address' FROM contact c
WHERE NOT EXISTS (SELECT FROM address a WHERE a.email = c.email) AND NOT EXISTS (SELECT FROM bounce_event e WHERE e.email = c.email);


-- ==== Cleaning the list ====

-- What is to go, or to rest, or to be saved as a list of its own. NULL means any. enabled: run by the scheduled job.
CREATE TABLE IF NOT EXISTS cleaning_rule (
    name text PRIMARY KEY,
    action text NOT NULL CONSTRAINT "action is archive, pause or save" CHECK (action IN ('archive', 'pause', 'save')),
    applies_to text NOT NULL            -- a state; or: no open or click for older_than_days; or: an invalid address
        CONSTRAINT "applies_to is a bounce_state, inactive or invalid"
        CHECK (applies_to IN ('active', 'hard', 'soft', 'block', 'pending', 'confirmed', 'unsubscribed', 'complained', 'inactive', 'invalid')),
    category text,
    older_than_days integer CONSTRAINT "older_than_days is a number of days" CHECK (older_than_days >= 0),
    at_least integer CONSTRAINT "at_least is a number of strikes" CHECK (at_least >= 0),
    domain text,
    pause_days integer CONSTRAINT "pause_days is a number of days" CHECK (pause_days > 0),
    enabled boolean NOT NULL DEFAULT false,
    note text,
    CONSTRAINT "a rule that pauses needs pause_days" CHECK (action <> 'pause' OR pause_days IS NOT NULL),
    CONSTRAINT "inactive needs older_than_days" CHECK (applies_to <> 'inactive' OR older_than_days IS NOT NULL)
);
INSERT INTO cleaning_rule (name, action, applies_to, older_than_days, at_least, pause_days, enabled, note)
SELECT * FROM (VALUES
    ('confirmed', 'archive', 'confirmed', NULL::int, NULL::int, NULL::int, true, 'dead addresses: never mailed again'),
    ('soft', 'save', 'soft', NULL, NULL, NULL, true, 'soft bounces as a list of their own, to look at before they become hard'),
    ('soft_pause', 'pause', 'soft', NULL, 3, 30, false, 'three soft strikes: leave them alone for a month'),
    ('hard', 'archive', 'hard', NULL, NULL, NULL, false, 'hard bounces below the limit, for policies that wait for three'),
    ('complained', 'archive', 'complained', NULL, NULL, NULL, false, 'reported your mail as spam'),
    ('unsubscribed', 'archive', 'unsubscribed', NULL, NULL, NULL, false, 'want no marketing; archived they get no receipts either'),
    ('inactive', 'archive', 'inactive', 365, NULL, NULL, false, 'neither opened nor clicked for a year'),
    ('invalid', 'archive', 'invalid', NULL, NULL, NULL, false, 'addresses that are none, or mistyped')) preset
WHERE NOT EXISTS (SELECT FROM cleaning_rule);       -- a preset that you deleted stays deleted

CREATE OR REPLACE FUNCTION read_cleaning_rule() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    NEW.domain := nullif(lower(btrim(NEW.domain, E'@ \t\r\n') COLLATE "C"), '');
    NEW.category := lower(NEW.category COLLATE "C");
    IF NEW.category IS NOT NULL AND NOT EXISTS (SELECT FROM bounce_categories WHERE category = NEW.category) THEN
        RAISE EXCEPTION 'unknown category "%"; legal: those of bounce_categories', NEW.category USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER read BEFORE INSERT OR UPDATE OF category, domain ON cleaning_rule FOR EACH ROW EXECUTE FUNCTION read_cleaning_rule();

-- INSERT INTO cleaning_run (rule) VALUES ('confirmed') RETURNING *;                    runs a rule
-- UPDATE cleaning_run SET undone_at = now() WHERE run_id = 1;                          takes it back
CREATE TABLE IF NOT EXISTS cleaning_run (
    run_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    rule text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    archived integer,
    paused integer,
    saved integer,
    kept integer,           -- the rule asked for them, something spoke against it: cleaning_preview.kept_because
    undone_at timestamptz
);

CREATE TABLE IF NOT EXISTS archived_contact (
    archive_id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    contact_id bigint NOT NULL,
    email text NOT NULL,
    name text,
    consent text NOT NULL,
    paused_until timestamptz,
    created_at timestamptz NOT NULL,
    run_id bigint,
    rule text,
    archived_at timestamptz NOT NULL DEFAULT now(),
    bounce_state text,      -- what the rule applied to
    category text,
    since timestamptz,
    address_state text      -- the address's own: differs for inactive and invalid
);
CREATE INDEX IF NOT EXISTS archived_contact_run ON archived_contact (run_id);
CREATE INDEX IF NOT EXISTS archived_contact_email ON archived_contact (email);

CREATE TABLE IF NOT EXISTS paused_contact (
    run_id bigint,
    contact_id bigint,
    email text NOT NULL,
    paused_before timestamptz,
    paused_until timestamptz NOT NULL,
    PRIMARY KEY (run_id, contact_id)
);

CREATE TABLE IF NOT EXISTS saved_list (
    list text,              -- the rule's name
    contact_id bigint,
    email text NOT NULL,
    run_id bigint,
    saved_at timestamptz NOT NULL DEFAULT now(),
    bounce_state text,
    category text,
    PRIMARY KEY (list, contact_id)
);

-- The dry run: what each rule would take now, and why; kept_because says why it would not.
CREATE OR REPLACE VIEW cleaning_preview AS
SELECT rule, action, contact_id, email, bounce_state, category, since, strikes, CASE WHEN action = 'archive' AND last_sent_at > now() - keep_days * interval '1 day'
    THEN format('mailed on %s, less than %s days ago', to_char(last_sent_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), keep_days) END AS kept_because
FROM (
    SELECT r.name AS rule, r.action, c.contact_id, c.email, a.bounce_state, coalesce(s.confirmed_category, s.last_category) AS category, coalesce(s.strikes, 0) AS strikes,
        (SELECT value::numeric FROM setting WHERE name = 'keep_days') AS keep_days,
        (SELECT max(m.sent_at) FROM message m WHERE m.contact_id = c.contact_id) AS last_sent_at,
        CASE r.applies_to
            WHEN 'confirmed' THEN s.confirmed_at
            WHEN 'unsubscribed' THEN (SELECT max(e.at) FROM bounce_event e WHERE e.email = c.email AND e.event = 'unsubscribe')
            WHEN 'complained' THEN (SELECT max(e.at) FROM bounce_event e WHERE e.email = c.email AND e.event = 'complaint')
            WHEN 'inactive' THEN greatest(c.created_at, (SELECT max(e.at) FROM bounce_event e WHERE e.email = c.email AND e.event IN ('open', 'click')))
            WHEN 'invalid' THEN a.added_at
            WHEN 'active' THEN c.created_at
            ELSE coalesce(s.first_strike_at, s.last_event_at) END AS since,
        r.older_than_days, r.at_least, r.category AS wanted, r.pause_days, c.paused_until
    FROM cleaning_rule r
        JOIN address a ON CASE r.applies_to WHEN 'inactive' THEN true WHEN 'invalid' THEN a.verdict <> 'ok' ELSE a.bounce_state = r.applies_to END
            AND (r.domain IS NULL OR a.domain = r.domain)
        JOIN contact c USING (email)
        LEFT JOIN LATERAL (SELECT * FROM address_summary s WHERE s.email = a.email OFFSET 0) s ON true) candidate
WHERE (older_than_days IS NULL OR since < now() - older_than_days * interval '1 day')
    AND (at_least IS NULL OR strikes >= at_least)
    AND (wanted IS NULL OR category = wanted)
    AND (action <> 'pause' OR paused_until IS NULL OR paused_until < now() + pause_days * interval '1 day' - interval '1 hour')     -- not paused already
    AND (action <> 'save' OR NOT EXISTS (SELECT FROM saved_list l WHERE l.list = rule AND l.contact_id = candidate.contact_id));

CREATE OR REPLACE FUNCTION run_cleaning() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    wanted cleaning_rule;
    chosen bigint[];
BEGIN
    IF EXISTS (SELECT FROM cleaning_run WHERE run_id = NEW.run_id) THEN
        RETURN NEW;         -- the primary key, or ON CONFLICT, has the say
    END IF;
    SELECT * INTO wanted FROM cleaning_rule WHERE name = NEW.rule;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unknown cleaning rule "%"; legal: %', NEW.rule, (SELECT string_agg(name, ', ' ORDER BY name) FROM cleaning_rule)
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- the contacts are locked first, in order, and then looked at again: what changed while we waited counts
    chosen := ARRAY(SELECT contact_id FROM cleaning_preview WHERE rule = NEW.rule);
    PERFORM FROM contact WHERE contact_id = ANY (chosen) ORDER BY contact_id FOR UPDATE;
    NEW.archived := 0;
    NEW.paused := 0;
    NEW.saved := 0;
    NEW.undone_at := NULL;
    SELECT count(*) INTO NEW.kept FROM cleaning_preview p WHERE p.rule = NEW.rule AND contact_id = ANY (chosen) AND kept_because IS NOT NULL;
    IF wanted.action = 'archive' THEN
        WITH gone AS (
            DELETE FROM contact c USING cleaning_preview p
            WHERE p.rule = NEW.rule AND p.kept_because IS NULL AND c.contact_id = p.contact_id AND c.contact_id = ANY (chosen)
            RETURNING c.contact_id, c.email, c.name, c.consent, c.paused_until, c.created_at, p.category, p.since, p.bounce_state)
        INSERT INTO archived_contact (contact_id, email, name, consent, paused_until, created_at, run_id, rule, bounce_state, category, since, address_state)
            SELECT contact_id, email, name, consent, paused_until, created_at, NEW.run_id, NEW.rule, wanted.applies_to, category, since, bounce_state FROM gone;
        GET DIAGNOSTICS NEW.archived = ROW_COUNT;
    ELSIF wanted.action = 'pause' THEN
        INSERT INTO paused_contact (run_id, contact_id, email, paused_before, paused_until)
            SELECT NEW.run_id, c.contact_id, c.email, c.paused_until, now() + wanted.pause_days * interval '1 day'
            FROM cleaning_preview p JOIN contact c USING (contact_id) WHERE p.rule = NEW.rule AND c.contact_id = ANY (chosen);
        UPDATE contact c SET paused_until = p.paused_until FROM paused_contact p WHERE p.run_id = NEW.run_id AND p.contact_id = c.contact_id;
        GET DIAGNOSTICS NEW.paused = ROW_COUNT;
    ELSE
        INSERT INTO saved_list (list, contact_id, email, run_id, bounce_state, category)
            SELECT NEW.rule, contact_id, email, NEW.run_id, bounce_state, category FROM cleaning_preview p WHERE p.rule = NEW.rule AND contact_id = ANY (chosen)
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS NEW.saved = ROW_COUNT;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER run BEFORE INSERT ON cleaning_run FOR EACH ROW EXECUTE FUNCTION run_cleaning();

-- Contacts come back from the archive, unless they exist again.
CREATE OR REPLACE FUNCTION bring_back(archive_ids bigint[]) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    WITH newest AS (
        SELECT DISTINCT ON (contact_id) archive_id FROM archived_contact WHERE archive_id = ANY ($1) ORDER BY contact_id, archive_id DESC
    ), back AS (
        DELETE FROM archived_contact a USING newest n WHERE a.archive_id = n.archive_id AND NOT EXISTS (SELECT FROM contact c WHERE c.contact_id = a.contact_id)
        RETURNING a.*)
    INSERT INTO contact (contact_id, email, name, consent, paused_until, created_at)
        SELECT contact_id, email, name, consent, paused_until, created_at FROM back ORDER BY contact_id;
$$;

-- By hand: INSERT INTO restored_contact SELECT archive_id FROM archived_contact WHERE email = 'ann@example.com';
CREATE OR REPLACE VIEW restored_contact AS SELECT archive_id FROM archived_contact;
CREATE OR REPLACE FUNCTION restore_contact() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM bring_back(ARRAY[NEW.archive_id]);
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER restore INSTEAD OF INSERT ON restored_contact FOR EACH ROW EXECUTE FUNCTION restore_contact();

-- Taking a run back. Who has unsubscribed or complained since stays in the archive, and so does who was imported again.
CREATE OR REPLACE FUNCTION undo_cleaning() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    IF OLD.undone_at IS NOT NULL THEN
        RAISE EXCEPTION 'run % was undone already; run the rule "%" again', OLD.run_id, OLD.rule USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM bring_back(ARRAY(
        SELECT archive_id FROM archived_contact c JOIN address a USING (email)
        WHERE run_id = OLD.run_id AND (a.bounce_state NOT IN ('unsubscribed', 'complained') OR a.bounce_state = c.address_state)
            AND NOT EXISTS (SELECT FROM contact again WHERE again.email = c.email AND again.created_at > c.archived_at)));
    PERFORM FROM contact WHERE contact_id IN (SELECT contact_id FROM paused_contact WHERE run_id = OLD.run_id) ORDER BY contact_id FOR UPDATE;
    UPDATE contact c SET paused_until = p.paused_before FROM paused_contact p
        WHERE p.run_id = OLD.run_id AND p.contact_id = c.contact_id AND c.paused_until = p.paused_until;
    DELETE FROM paused_contact WHERE run_id = OLD.run_id;
    DELETE FROM saved_list WHERE run_id = OLD.run_id;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER undo BEFORE UPDATE OF undone_at ON cleaning_run FOR EACH ROW WHEN (NEW.undone_at IS NOT NULL OR OLD.undone_at IS NOT NULL)
    EXECUTE FUNCTION undo_cleaning();


-- ==== Incidents ====

--     INSERT INTO incident (domain, category, since, until, note) VALUES ('example.com', 'user_unknown', '2026-03-01 10:00Z', '2026-03-01 11:00Z', '...');
-- takes the bounces out of the histories and brings back whom they sent to the archive; DELETE FROM incident puts the bounces in again.
CREATE OR REPLACE FUNCTION read_incident() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    NEW.domain := nullif(lower(btrim(NEW.domain, E'@ \t\r\n') COLLATE "C"), '');
    NEW.category := lower(NEW.category COLLATE "C");
    IF NEW.domain LIKE '%@%' THEN
        RAISE EXCEPTION 'incident.domain must be a domain, not "%"', NEW.domain USING ERRCODE = 'invalid_parameter_value';
    ELSIF NEW.since >= NEW.until THEN
        RAISE EXCEPTION 'an incident must begin before it ends: since % is not before until %', NEW.since, NEW.until USING ERRCODE = 'invalid_parameter_value';
    ELSIF NEW.category IS NOT NULL AND NOT EXISTS (SELECT FROM bounce_categories WHERE category = NEW.category) THEN
        RAISE EXCEPTION 'unknown category "%"; legal: those of bounce_categories', NEW.category USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER read BEFORE INSERT OR UPDATE ON incident FOR EACH ROW EXECUTE FUNCTION read_incident();

CREATE OR REPLACE FUNCTION mark_incident() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    LOCK TABLE bounce_event IN SHARE ROW EXCLUSIVE MODE;        -- no event may come in unseen meanwhile
    UPDATE bounce_event SET incident_id = incident_of(email, at, category, event)
        WHERE (incident_id = OLD.incident_id OR incident_id IS NULL AND at >= NEW.since AND at < NEW.until)
            AND incident_id IS DISTINCT FROM incident_of(email, at, category, event);
    PERFORM bring_back(ARRAY(
        SELECT archive_id FROM archived_contact c JOIN address a USING (email)
        WHERE c.bounce_state IN ('pending', 'block', 'soft', 'hard', 'confirmed') AND a.bounce_state <> c.bounce_state AND a.sendable
            AND NOT EXISTS (SELECT FROM contact again WHERE again.email = c.email AND again.created_at > c.archived_at)
            AND EXISTS (SELECT FROM bounce_event e WHERE e.email = c.email AND e.incident_id = NEW.incident_id)));
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER mark AFTER INSERT OR UPDATE OR DELETE ON incident FOR EACH ROW EXECUTE FUNCTION mark_incident();


-- ==== Your own tables ====

-- The history and state on tables that you have already: add the columns to your table of addresses, and three triggers to your table of events.
--     ALTER TABLE subscriber ADD bounces bounce_history,
--         ADD bounce_state text GENERATED ALWAYS AS (bounce_state_of(bounces, 'benchmark')) STORED;
--     CREATE TRIGGER history_insert AFTER INSERT ON mail_log REFERENCING NEW TABLE AS added
--         FOR EACH STATEMENT EXECUTE FUNCTION contact_list.keep_history('subscriber', 'mail', 'bounces', 'rcpt', 'reply', 'logged_at');
--     CREATE TRIGGER history_update AFTER UPDATE ON mail_log REFERENCING OLD TABLE AS removed NEW TABLE AS added
--         FOR EACH STATEMENT EXECUTE FUNCTION contact_list.keep_history('subscriber', 'mail', 'bounces', 'rcpt', 'reply', 'logged_at');
--     CREATE TRIGGER history_delete AFTER DELETE ON mail_log REFERENCING OLD TABLE AS removed
--         FOR EACH STATEMENT EXECUTE FUNCTION contact_list.keep_history('subscriber', 'mail', 'bounces', 'rcpt', 'reply', 'logged_at');
-- The arguments: the table of addresses, its address and history; the address, event (or diagnostic) and time of an event. What cannot be read is left out of
-- the history. For the events that are there already: UPDATE mail_log SET rcpt = rcpt.

-- Whether an event can be read: never an error.
CREATE OR REPLACE FUNCTION readable(event text, at timestamptz) RETURNS boolean LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN event IS NOT NULL AND at IS NOT NULL AND bounce_history_add(NULL, event, at) IS NOT NULL;
EXCEPTION WHEN data_exception THEN
    RETURN false;
END $$;

CREATE OR REPLACE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kit text := (SELECT pronamespace::regnamespace FROM pg_proc WHERE oid = (SELECT tgfoid FROM pg_trigger WHERE tgrelid = TG_RELID AND tgname = TG_NAME));
    own text := (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'mailbounce');
    addresses regclass;
    emails text;
BEGIN
    IF TG_NARGS <> 6 THEN
        RAISE EXCEPTION 'keep_history needs six arguments: the table of addresses, its address and history, and the address, event and time of an event'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    addresses := CASE WHEN cardinality(parse_ident(TG_ARGV[0])) = 1 THEN quote_ident(TG_TABLE_SCHEMA) || '.' ELSE '' END || TG_ARGV[0];
    emails := CASE TG_OP WHEN 'INSERT' THEN 'SELECT %4$I FROM added' WHEN 'DELETE' THEN 'SELECT %4$I FROM removed'
        ELSE 'SELECT %4$I FROM added UNION SELECT %4$I FROM removed' END;
    EXECUTE format('SELECT FROM %1$s WHERE %2$I IN (' || emails || ') ORDER BY %2$I FOR NO KEY UPDATE', addresses, TG_ARGV[1], NULL, TG_ARGV[3]);
    EXECUTE format(CASE TG_OP
        WHEN 'INSERT' THEN 'UPDATE %1$s a SET %3$I = %8$s.bounce_history_merge(a.%3$I, e.h)
            FROM (SELECT %4$I AS email, %8$s.bounce_history(%5$I::text, %6$I) AS h FROM added WHERE %7$s.readable(%5$I::text, %6$I) GROUP BY 1) e
            WHERE a.%2$I = e.email'
        ELSE 'UPDATE %1$s a SET %3$I = (SELECT %8$s.bounce_history(%5$I::text, %6$I) FROM %9$s e WHERE e.%4$I = a.%2$I AND %7$s.readable(%5$I::text, %6$I) HAVING count(*) > 0)
            WHERE a.%2$I IN (' || emails || ')' END,
        addresses, TG_ARGV[1], TG_ARGV[2], TG_ARGV[3], TG_ARGV[4], TG_ARGV[5], kit, own, TG_RELID::regclass);
    RETURN NULL;
END $$;


-- ==== Provider events ====
--
-- What Amazon SES, SendGrid, Mailgun and Postmark report to a webhook, as they send it.
--
--     INSERT INTO provider_payload(provider, payload) VALUES ('ses', :'body_of_the_request');
--
-- That is all: a trigger reads the payload, writes its events into bounce_event, and puts what can't be read into
-- rejected_event with the reason. Without a provider (NULL) the payload itself tells which one it is. The same payload
-- again adds no event: an event's id is made of the provider's own ids. Who reports payloads needs USAGE on the schema and
-- INSERT on provider_payload, nothing else.
--
-- To see what a payload means before it counts, or to take it in by hand, select from ses_event, sendgrid_event,
-- mailgun_event or postmark_event. The trigger does the same as this statement (and its like for the other three), which may
-- be run at any time:
--
--     INSERT INTO bounce_event(event_id, email, at, event, diagnostic, message_id, account)
--     SELECT event_id, email, at, event, diagnostic, message_id, account FROM ses_event WHERE problem IS NULL;
--
-- Which event: where the provider hands on the receiving server's words, they decide. Where these say nothing, or there
-- are none, the provider's own term does (bounce_from). A delay is pending; an answer from a suppression list is
-- suppressed. Opens and clicks by machines are left out, for they would make a dead address look alive.
--
-- Payloads are kept. To throw old ones away: DELETE FROM provider_payload WHERE received_at < now() - interval '90 days';

CREATE TABLE IF NOT EXISTS provider_payload (
    payload_id  bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    provider    text,               -- ses, sendgrid, mailgun, postmark; NULL: the payload tells
    payload     text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);

-- Programs that open and click without a person: patterns of ILIKE over the user agent. Add your own.
CREATE TABLE IF NOT EXISTS machine_agent (
    agent text PRIMARY KEY,
    note  text
);
INSERT INTO machine_agent(agent, note) VALUES
    ('Mozilla/5.0', 'Apple Mail Privacy Protection: nothing but these words'),
    ('%bot/%', 'robots'),
    ('%bot-%', 'robots'),
    ('%crawler%', 'robots'),
    ('%spider%', 'robots'),
    ('%scanner%', 'security scanners'),
    ('%barracuda%', 'security scanner'),
    ('%mimecast%', 'security scanner'),
    ('%proofpoint%', 'security scanner'),
    ('%HeadlessChrome%', 'browsers without a screen'),
    ('curl/%', 'programs'),
    ('Go-http-client/%', 'programs'),
    ('Java/%', 'programs'),
    ('okhttp/%', 'programs'),
    ('python-%', 'programs')
ON CONFLICT DO NOTHING;

-- The payload as JSON; NULL, and no error, if it is none. \u0000 is legal in JSON, but not in a text: it becomes the
-- replacement character, and so does half of a surrogate pair.
CREATE OR REPLACE FUNCTION provider_json(payload text) RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
    clean text := replace(payload, '\u0000', '\ufffd');
BEGIN
    PERFORM clean::jsonb;
    RETURN clean::json;
EXCEPTION WHEN OTHERS THEN
    BEGIN
        clean := regexp_replace(clean, '\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f][0-9a-f]{2})|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f][0-9a-f]{2}', '\\ufffd', 'gi');
        PERFORM clean::jsonb;
        RETURN clean::json;
    EXCEPTION WHEN OTHERS THEN
        RETURN NULL;
    END;
END
$$;

-- Unix seconds or ISO 8601 (UTC if it names no zone) as a time; NULL, and no error, if it is none.
CREATE OR REPLACE FUNCTION provider_time(moment text) RETURNS timestamptz LANGUAGE sql STABLE STRICT
RETURN (
    SELECT at FROM (SELECT CASE
        WHEN moment ~ '^[0-9]{9,12}([.][0-9]+)?$' AND moment::numeric < 253402300800 THEN to_timestamp(moment::double precision)
        WHEN moment ~* '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-5][0-9]:[0-5][0-9]([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$' THEN event_time(moment)
        WHEN moment ~* '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-5][0-9]:[0-5][0-9]([.][0-9]+)?$' THEN event_time(moment || 'Z')
        END AS at) AS read
    WHERE at >= '0001-01-01 00:00Z' AND at < '10000-01-01 00:00Z'
);

-- Whether an object has a key twice: then nobody knows which counts. jsonb keeps one of them, json keeps both.
CREATE OR REPLACE FUNCTION provider_key_twice(document json) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT length(keys) - length(replace(keys, ':', '')) <> length(unique_keys) - length(replace(unique_keys, ':', ''))
    FROM (SELECT regexp_replace(document::text, '"(\\.|[^"\\])*"', '', 'g') AS keys,
                 regexp_replace(document::jsonb::text, '"(\\.|[^"\\])*"', '', 'g') AS unique_keys) AS document_without_its_texts
$$;

-- The payload as a JSON document, NULL if it is none, and whose it is.
-- OFFSET 0: once for each payload, not once for each mention.
CREATE OR REPLACE VIEW provider_document AS
SELECT payload_id, document, doc,
       coalesce(nullif(lower(btrim(provider)), ''), CASE
           WHEN jsonb_typeof(doc) = 'array' THEN 'sendgrid'
           WHEN doc ? 'sg_event_id' THEN 'sendgrid'
           WHEN doc ? 'RecordType' THEN 'postmark'
           WHEN doc ? 'event-data' THEN 'mailgun'
           WHEN doc ? 'log-level' THEN 'mailgun'
           WHEN doc ? 'notificationType' THEN 'ses'
           WHEN doc ? 'eventType' THEN 'ses'
           WHEN doc ? 'TopicArn' THEN 'ses'
       END) AS provider
FROM provider_payload,
     LATERAL (SELECT provider_json(payload) AS document OFFSET 0) AS as_json,
     LATERAL (SELECT document::jsonb AS doc OFFSET 0) AS as_jsonb;

-- The four views below read one provider each, and give the same columns:
--   part                     the piece of JSON that the row is about: what is kept if it can't be read
--   event_id, email, time    as they stand there
--   event                    the event, if the provider's word alone says it (delivered, complaint, suppressed ...)
--   diagnostic               the receiving server's words
--   term                     the category that the provider's own term means; counts where those words say nothing
--   otherwise                what the provider says at the least: hard, soft ...; counts where there are no words
--   delayed                  the provider still tries
--   agent, left_out          the program that opened or clicked; whether this is no event at all
--   problem                  why it can't be read

-- Amazon SES. Documents: "Amazon SNS notification contents for Amazon SES" and "Contents of event data that Amazon SES
-- publishes to Amazon SNS" (Amazon SES Developer Guide); "HTTP/HTTPS notification JSON format" (Amazon SNS Developer
-- Guide) for the envelope, in which the message is a text.
CREATE OR REPLACE VIEW ses_reading AS
SELECT payload_id, message AS part,
       'ses:' || coalesce(m #>> '{bounce,feedbackId}', m #>> '{complaint,feedbackId}',
           coalesce(m #>> '{mail,messageId}', doc ->> 'MessageId') || ':' || kind || ':' || time) || ':' || lower(email COLLATE "C") AS event_id,
       email, time,
       CASE kind
           WHEN 'Bounce' THEN CASE WHEN ses.term = 'suppressed' THEN ses.term END
           WHEN 'Complaint' THEN CASE WHEN m #>> '{complaint,complaintSubType}' = 'OnAccountSuppressionList' THEN 'suppressed' ELSE 'complaint' END
           WHEN 'Delivery' THEN 'delivered'
           WHEN 'Send' THEN 'sent'
           WHEN 'Open' THEN 'open'
           WHEN 'Click' THEN 'click'
           WHEN 'Subscription' THEN CASE WHEN wants_mail THEN 'subscribe' ELSE 'unsubscribe' END
       END AS event,
       -- a status alone is the server's word, too, if it says something
       coalesce(recipient ->> 'diagnosticCode',
           CASE WHEN classify_bounce(recipient ->> 'status') <> 'unknown' THEN recipient ->> 'status' END) AS diagnostic,
       -- General and Undetermined say less than "unknown"
       CASE WHEN subtype NOT IN ('General', 'Undetermined') THEN ses.term END AS term,
       coalesce(ses.term, CASE m #>> '{bounce,bounceType}'
           WHEN 'Permanent' THEN 'hard' WHEN 'Transient' THEN 'soft' WHEN 'Undetermined' THEN 'unknown' END) AS otherwise,
       kind = 'DeliveryDelay' AS delayed,
       coalesce(m #>> '{open,userAgent}', m #>> '{click,userAgent}') AS agent,
       CASE
           WHEN kind IN ('Open', 'Click', 'Subscription') AND jsonb_typeof(m #> list) = 'array' AND jsonb_array_length(m #> list) > 1 THEN true    -- whose?
           WHEN kind = 'Subscription' THEN wants_mail = wanted_mail                         -- other topics, but not all or none
           WHEN kind = 'Complaint' THEN m #>> '{complaint,complaintFeedbackType}' IN ('not-spam', 'auth-failure')
       END AS left_out,
       m #>> '{mail,messageId}' AS message_id,
       m #>> '{mail,sendingAccountId}' AS account,
       CASE
           WHEN document IS NULL THEN 'the payload is not JSON'
           WHEN doc ->> 'Type' IN ('SubscriptionConfirmation', 'UnsubscribeConfirmation')
               THEN 'SNS ' || (doc ->> 'Type') || ', no event: open its SubscribeURL to confirm'
           WHEN doc ->> 'Type' IS NOT NULL AND provider_key_twice(document) THEN 'a key twice in one object'
           WHEN message IS NULL THEN 'the Message of the SNS notification is not JSON'
           WHEN kind IS NULL THEN 'neither notificationType nor eventType'
           WHEN list IS NULL THEN 'unknown event type "' || left(kind, 40) || '"'
           WHEN jsonb_typeof(m #> list) IS NULL THEN 'no ' || array_to_string(list, '.')
           WHEN jsonb_typeof(m #> list) <> 'array' THEN array_to_string(list, '.') || ' is not a list'
           WHEN email IS NULL THEN 'no address in ' || array_to_string(list, '.')
           WHEN kind = 'Subscription' AND jsonb_typeof(m #> '{subscription,newTopicPreferences}') IS DISTINCT FROM 'object'
               THEN 'no subscription.newTopicPreferences'
       END AS problem
FROM (SELECT *,
             CASE jsonb_typeof(r) WHEN 'object' THEN r END AS recipient,
             CASE jsonb_typeof(r) WHEN 'object' THEN r ->> 'emailAddress' WHEN 'string' THEN r #>> '{}' END AS email,
             m #>> CASE kind
                 WHEN 'Bounce' THEN '{bounce,timestamp}'::text[]
                 WHEN 'Complaint' THEN '{complaint,timestamp}'
                 WHEN 'Delivery' THEN '{delivery,timestamp}'
                 WHEN 'DeliveryDelay' THEN '{deliveryDelay,timestamp}'
                 WHEN 'Open' THEN '{open,timestamp}'
                 WHEN 'Click' THEN '{click,timestamp}'
                 WHEN 'Subscription' THEN '{subscription,timestamp}'
                 ELSE '{mail,timestamp}'
             END AS time,
             CASE kind
                 WHEN 'Bounce' THEN m #>> '{bounce,bounceSubType}'
                 WHEN 'DeliveryDelay' THEN m #>> '{deliveryDelay,delayType}'
                 ELSE kind
             END AS subtype,
             bounce_from('ses', CASE kind
                 WHEN 'Bounce' THEN (m #>> '{bounce,bounceType}') || '/' || (m #>> '{bounce,bounceSubType}')
                 WHEN 'DeliveryDelay' THEN 'DeliveryDelay/' || (m #>> '{deliveryDelay,delayType}')
                 WHEN 'Reject' THEN kind
                 WHEN 'Rendering Failure' THEN kind
             END) AS term,
             -- wants mail: has not unsubscribed from all, nor from every topic
             NOT (coalesce(m #>> '{subscription,newTopicPreferences,unsubscribeAll}', '') IN ('true', '1')
                  OR m @? '$.subscription.newTopicPreferences.topicSubscriptionStatus[*].subscriptionStatus'
                     AND NOT m @? '$.subscription.newTopicPreferences.topicSubscriptionStatus[*].subscriptionStatus ? (@ == "OptIn")') AS wants_mail,
             NOT (coalesce(m #>> '{subscription,oldTopicPreferences,unsubscribeAll}', '') IN ('true', '1')
                  OR m @? '$.subscription.oldTopicPreferences.topicSubscriptionStatus[*].subscriptionStatus'
                     AND NOT m @? '$.subscription.oldTopicPreferences.topicSubscriptionStatus[*].subscriptionStatus ? (@ == "OptIn")') AS wanted_mail
      FROM (SELECT *, CASE
                       WHEN kind = 'Bounce' THEN '{bounce,bouncedRecipients}'::text[]
                       WHEN kind = 'Complaint' THEN '{complaint,complainedRecipients}'
                       WHEN kind = 'Delivery' THEN '{delivery,recipients}'
                       WHEN kind = 'DeliveryDelay' THEN '{deliveryDelay,delayedRecipients}'
                       WHEN kind IN ('Send', 'Reject', 'Rendering Failure', 'Open', 'Click', 'Subscription') THEN '{mail,destination}'
                   END AS list
            FROM (SELECT payload_id, document, doc, message, m, coalesce(m ->> 'notificationType', m ->> 'eventType') AS kind
                  FROM provider_document,
                       LATERAL (SELECT CASE WHEN doc ->> 'Type' IS NULL THEN document ELSE provider_json(doc ->> 'Message') END AS message
                                OFFSET 0) AS unwrapped,
                       LATERAL (SELECT message::jsonb AS m OFFSET 0) AS unwrapped_jsonb
                  WHERE provider = 'ses') AS of_kind) AS with_list
      LEFT JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(m #> list) = 'array' THEN m #> list END) AS each(r) ON true) AS ses;

-- SendGrid. Document: "Event Webhook Reference" (Twilio SendGrid). One request holds a list of events.
CREATE OR REPLACE VIEW sendgrid_reading AS
SELECT payload_id, part,
       'sendgrid:' || coalesce(doc ->> 'sg_event_id',
           coalesce(doc ->> 'sg_message_id', doc ->> 'smtp-id', '') || ':' || kind || ':' || (doc ->> 'timestamp') || ':' || lower(email COLLATE "C")) AS event_id,
       email,
       doc ->> 'timestamp' AS time,
       CASE kind
           WHEN 'processed' THEN 'sent'
           WHEN 'delivered' THEN 'delivered'
           WHEN 'open' THEN 'open'
           WHEN 'click' THEN 'click'
           WHEN 'spamreport' THEN 'complaint'
           WHEN 'unsubscribe' THEN 'unsubscribe'
           WHEN 'group_unsubscribe' THEN 'unsubscribe'
           WHEN 'group_resubscribe' THEN 'subscribe'
       END AS event,
       -- a status alone is the server's word, too, if it says something
       CASE
           WHEN kind = 'deferred' THEN doc ->> 'response'
           WHEN kind IN ('bounce', 'blocked', 'expired') THEN coalesce(doc ->> 'reason',
               CASE WHEN classify_bounce(doc ->> 'status') <> 'unknown' THEN doc ->> 'status' END)
           WHEN kind = 'dropped' THEN doc ->> 'reason'
       END AS diagnostic,
       CASE
           WHEN kind = 'dropped' AND doc ->> 'reason' = 'Invalid' THEN 'bad_address'
           WHEN kind = 'dropped' AND doc ->> 'reason' <> '' THEN 'block'                      -- SendGrid's own reasons
           WHEN kind = 'expired' OR doc ->> 'type' = 'expired' THEN 'expired'
           WHEN doc ->> 'bounce_classification' <> 'Unclassified' THEN bounce_from('sendgrid', doc ->> 'bounce_classification')
       END AS term,
       CASE
           WHEN kind = 'dropped' THEN bounce_from('sendgrid', kind)
           WHEN kind = 'blocked' OR doc ->> 'type' = 'blocked' THEN 'block'
           WHEN kind = 'bounce' THEN 'hard'
       END AS otherwise,
       kind = 'deferred' AS delayed,
       doc ->> 'useragent' AS agent,
       doc ->> 'sg_machine_open' IN ('true', '1') AS left_out,
       -- as the answer to the sending request names it (X-Message-Id)
       regexp_replace(doc ->> 'sg_message_id', '[.](filter|recvd).*', '') AS message_id,
       NULL AS account,
       CASE
           WHEN document IS NULL THEN 'the payload is not JSON'
           WHEN doc IS NULL AND json_typeof(document) = 'array' THEN 'the list holds no event'
           WHEN doc IS NULL THEN 'not a list of events'
           WHEN jsonb_typeof(doc) <> 'object' THEN 'what the list holds is not an event'
           WHEN kind IS NULL THEN 'no event type'
           WHEN kind NOT IN ('processed', 'deferred', 'delivered', 'bounce', 'blocked', 'expired', 'dropped', 'open', 'click', 'spamreport',
               'unsubscribe', 'group_unsubscribe', 'group_resubscribe') THEN 'unknown event type "' || left(kind, 40) || '"'
       END AS problem
FROM (SELECT payload_id, document, part, e.doc, e.doc ->> 'event' AS kind, e.doc ->> 'email' AS email
      FROM provider_document AS d,
           LATERAL (SELECT CASE json_typeof(document) WHEN 'array' THEN document WHEN 'object' THEN json_build_array(document) END AS list
                    OFFSET 0) AS as_list
           LEFT JOIN LATERAL ROWS FROM (json_array_elements(list), jsonb_array_elements(list::jsonb)) AS e(part, doc) ON true
      WHERE provider = 'sendgrid') AS sendgrid;

-- Mailgun. Documents: "Webhooks", "Webhook Payloads" and "Event Structure" (Mailgun user manual). The event is in
-- event-data; what the Events API gives has no such cover. An id is unique within a day only.
CREATE OR REPLACE VIEW mailgun_reading AS
SELECT payload_id, document AS part,
       'mailgun:' || coalesce(doc ->> 'id', (doc #>> '{message,headers,message-id}') || ':' || kind || ':' || lower(email COLLATE "C"))
           || ':' || substring(doc ->> 'timestamp' FROM '^[0-9]+') AS event_id,
       email,
       doc ->> 'timestamp' AS time,
       CASE
           WHEN kind = 'accepted' THEN 'sent'
           WHEN kind = 'delivered' THEN 'delivered'
           WHEN kind = 'opened' THEN 'open'
           WHEN kind = 'clicked' THEN 'click'
           WHEN kind = 'complained' THEN 'complaint'
           WHEN kind = 'unsubscribed' THEN 'unsubscribe'
           WHEN kind = 'failed' AND reason LIKE 'suppress-%' THEN 'suppressed'
       END AS event,
       -- the server's code stands apart from its words; 498, 602, 605 ... are Mailgun's own
       CASE kind
           WHEN 'failed' THEN CASE WHEN code ~ '^(4[0-8][0-9]|49[0-7]|5[0-9][0-9])$' AND NOT starts_with(said, code) THEN code || ' ' ELSE '' END
               || said
           WHEN 'rejected' THEN nullif(doc #>> '{reject,reason}', '')
       END AS diagnostic,
       CASE
           WHEN kind = 'rejected' THEN 'block'
           WHEN reason = 'espblock' THEN 'blocklisted'
           WHEN reason = 'greylisted' THEN 'greylisted'
           WHEN reason = 'old' THEN 'expired'
       END AS term,
       CASE WHEN kind = 'failed' THEN CASE severity WHEN 'permanent' THEN 'hard' ELSE 'soft' END END AS otherwise,
       -- "old": the last of the tries
       kind = 'failed' AND severity = 'temporary' AND coalesce(reason, '') <> 'old' AS delayed,
       doc #>> '{client-info,user-agent}' AS agent,
       coalesce(doc #>> '{client-info,bot}', '') NOT IN ('', '0', 'false') OR coalesce(doc #>> '{client-info,client-type}', '') = 'robot' AS left_out,
       btrim(doc #>> '{message,headers,message-id}', '<>') AS message_id,
       doc #>> '{account,id}' AS account,
       CASE
           WHEN document IS NULL THEN 'the payload is not JSON'
           WHEN doc IS NULL OR jsonb_typeof(doc) <> 'object' THEN 'event-data is not an event'
           WHEN kind IS NULL THEN 'no event type'
           WHEN kind NOT IN ('accepted', 'rejected', 'delivered', 'failed', 'opened', 'clicked', 'complained', 'unsubscribed')
               THEN 'unknown event type "' || left(kind, 40) || '"'
       END AS problem
FROM (SELECT payload_id, document, doc, doc ->> 'event' AS kind, doc ->> 'recipient' AS email, doc ->> 'severity' AS severity, doc ->> 'reason' AS reason,
             doc #>> '{delivery-status,code}' AS code,
             coalesce(nullif(doc #>> '{delivery-status,message}', ''), nullif(doc #>> '{delivery-status,description}', '')) AS said
      FROM (SELECT payload_id, document, CASE WHEN doc ? 'event-data' THEN doc -> 'event-data' ELSE doc END AS doc
            FROM provider_document WHERE provider = 'mailgun') AS unwrapped) AS mailgun;

-- Postmark. Documents: "Bounce webhook", "Delivery webhook", "Open tracking webhook", "Click webhook", "Spam complaint
-- webhook", "Subscription change webhook" and "Bounce types" (Postmark developer documentation).
CREATE OR REPLACE VIEW postmark_reading AS
SELECT payload_id, document AS part,
       'postmark:' || kind || ':' || coalesce(doc ->> 'ID', coalesce(doc ->> 'MessageID', '') || ':' || lower(email COLLATE "C") || ':' || time) AS event_id,
       email, time,
       CASE
           WHEN kind = 'Delivery' THEN 'delivered'
           WHEN kind = 'Open' THEN 'open'
           WHEN kind = 'Click' THEN 'click'
           WHEN kind = 'SpamComplaint' OR type = 'SpamComplaint' THEN 'complaint'
           WHEN kind = 'Bounce' AND type = 'Unsubscribe' THEN 'unsubscribe'
           WHEN kind = 'Bounce' AND postmark.term = 'suppressed' THEN 'suppressed'
           -- put on the suppression list, or taken off it, by the person or by you
           WHEN kind = 'SubscriptionChange' AND doc ->> 'SuppressSending' = 'true' THEN CASE
               WHEN doc ->> 'SuppressionReason' = 'SpamComplaint' THEN 'complaint'
               WHEN doc ->> 'SuppressionReason' = 'ManualSuppression' AND doc ->> 'Origin' = 'Recipient' THEN 'unsubscribe'
               ELSE 'suppressed' END
           WHEN kind = 'SubscriptionChange' THEN CASE WHEN doc ->> 'Origin' = 'Recipient' THEN 'subscribe' ELSE 'reactivate' END
       END AS event,
       CASE WHEN kind IN ('Bounce', 'SMTPApiError') THEN nullif(doc ->> 'Details', '') END AS diagnostic,
       CASE WHEN type <> 'Unknown' THEN postmark.term END AS term,
       CASE WHEN kind IN ('Bounce', 'SMTPApiError') THEN coalesce(postmark.term, 'unknown') END AS otherwise,
       false AS delayed,
       doc ->> 'UserAgent' AS agent,
       false AS left_out,
       doc ->> 'MessageID' AS message_id,
       doc ->> 'ServerID' AS account,
       CASE
           WHEN document IS NULL THEN 'the payload is not JSON'
           WHEN kind IS NULL THEN 'no RecordType'
           WHEN kind NOT IN ('Bounce', 'SMTPApiError', 'SpamComplaint', 'Delivery', 'Open', 'Click', 'SubscriptionChange')
               THEN 'unknown event type "' || left(kind, 40) || '"'
           WHEN kind = 'SubscriptionChange' AND coalesce(jsonb_typeof(doc -> 'SuppressSending'), '') <> 'boolean'
               THEN 'SuppressSending is neither true nor false'
       END AS problem
FROM (SELECT payload_id, document, doc, doc ->> 'RecordType' AS kind, doc ->> 'Type' AS type,
             coalesce(doc ->> 'Email', doc ->> 'Recipient') AS email,
             coalesce(doc ->> 'BouncedAt', doc ->> 'DeliveredAt', doc ->> 'ReceivedAt', doc ->> 'ChangedAt') AS time,
             bounce_from('postmark', doc ->> 'Type') AS term
      FROM provider_document WHERE provider = 'postmark') AS postmark;

-- All four, and the payloads that are nobody's.
CREATE OR REPLACE VIEW provider_reading AS
SELECT 'ses' AS provider, * FROM ses_reading
UNION ALL SELECT 'sendgrid', * FROM sendgrid_reading
UNION ALL SELECT 'mailgun', * FROM mailgun_reading
UNION ALL SELECT 'postmark', * FROM postmark_reading
UNION ALL SELECT provider, payload_id, document, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, CASE
        WHEN provider IS NOT NULL THEN 'unknown provider "' || left(provider, 40) || '": ses, sendgrid, mailgun or postmark'
        WHEN document IS NULL THEN 'the payload is not JSON'
        ELSE 'no known provider''s payload' END
    FROM provider_document WHERE provider IS NULL OR provider NOT IN ('ses', 'sendgrid', 'mailgun', 'postmark');

-- What all providers have in common: which words decide, the time, the last checks.
-- An event that is NULL is read from the diagnostic by the trigger on bounce_event, and again after a rules update.
CREATE OR REPLACE VIEW provider_event AS
SELECT payload_id, provider, part, event_id, common.email, common.at, decided.event, diagnostic, message_id, account,
       coalesce(problem, CASE
           WHEN provider_key_twice(part) THEN 'a key twice in one object'
           WHEN common.email IS NULL THEN 'no address'
           WHEN common.email NOT LIKE '_%@_%' THEN '"' || left(common.email, 80) || '" is no address'
           WHEN common.at IS NULL THEN 'no time that can be read'
           WHEN decided.event IS NULL AND diagnostic IS NULL THEN 'no event and no diagnostic'
       END) AS problem
FROM provider_reading,
     LATERAL (SELECT lower(btrim(coalesce(substring(email FROM '<([^>]*)>'), email)) COLLATE "C") AS email,        -- Name <address>
                     provider_time(time) AS at,
                     classify_bounce(diagnostic, (SELECT value FROM setting WHERE name = 'own_rules')) AS category OFFSET 0) AS common,
     LATERAL (SELECT CASE
                  WHEN event IS NOT NULL THEN event
                  WHEN delayed THEN coalesce(CASE WHEN category NOT IN ('unknown', 'delivered', 'complaint', 'auto_reply', 'suppressed')
                      THEN category ELSE term END || '/', '') || 'pending'
                  WHEN diagnostic IS NULL THEN coalesce(term, otherwise)
                  WHEN category = 'unknown' THEN term
              END AS event) AS decided
WHERE left_out IS NOT TRUE AND NOT EXISTS (SELECT FROM machine_agent AS m WHERE provider_reading.agent ILIKE m.agent);

CREATE OR REPLACE VIEW ses_event AS
SELECT payload_id, event_id, email, at, event, diagnostic, message_id, account, problem FROM provider_event WHERE provider = 'ses';
CREATE OR REPLACE VIEW sendgrid_event AS
SELECT payload_id, event_id, email, at, event, diagnostic, message_id, account, problem FROM provider_event WHERE provider = 'sendgrid';
CREATE OR REPLACE VIEW mailgun_event AS
SELECT payload_id, event_id, email, at, event, diagnostic, message_id, account, problem FROM provider_event WHERE provider = 'mailgun';
CREATE OR REPLACE VIEW postmark_event AS
SELECT payload_id, event_id, email, at, event, diagnostic, message_id, account, problem FROM provider_event WHERE provider = 'postmark';

CREATE OR REPLACE FUNCTION payload_added() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
    SET plan_cache_mode = force_generic_plan AS $$      -- the views cost more to plan than to run
DECLARE
    ids bigint[] := (SELECT array_agg(payload_id) FROM added);      -- what joins the views to added would read every payload
BEGIN
    WITH found AS MATERIALIZED (
        SELECT * FROM provider_event WHERE payload_id = ANY (ids)
    ), taken AS (
        INSERT INTO bounce_event(event_id, email, at, event, diagnostic, message_id, account)
        SELECT event_id, email, at, event, diagnostic, message_id, account FROM found WHERE problem IS NULL
    )
    INSERT INTO rejected_event(event_id, email, at, event, diagnostic, message_id, account, payload, reason)
    SELECT event_id, email, at, event, diagnostic, message_id, account, coalesce(part::text, payload), problem
    FROM found JOIN added USING (payload_id) WHERE problem IS NOT NULL;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER added AFTER INSERT ON provider_payload REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION payload_added();


-- ==== Done ====

-- with the rights of the owner: nobody else may hang them on tables of his own
REVOKE EXECUTE ON FUNCTION read_setting(), policy_changed(), read_event(), events_added(), events_changed(), events_truncated(), events_arrived(), rebuild_wanted(), read_address(),
    read_contact(), contacts_added(), read_message(), keep_contact(), read_cleaning_rule(), run_cleaning(), restore_contact(), undo_cleaning(), read_incident(), mark_incident(), payload_added() FROM PUBLIC;

SELECT format('contact list ready in schema %I: mailbounce %s, rules %s', :'schema', mailbounce_version(), bounce_rules_version()) AS kit_done,
    set_config('search_path', :'kit_path', true) AS kit_path, set_config('client_min_messages', :'kit_messages', true) AS kit_messages \gset
\if :kit_in_transaction
\else
    COMMIT;
\endif
\qecho :kit_done
\set ON_ERROR_STOP :kit_stop
\set QUIET :kit_quiet
