-- contact_list_sqlite.sql - the contact-list kit for SQLite 3.40 and newer: who may be mailed, who is dead and why, and what to clean.
--
--     sqlite3 -cmd '.load build/sqlite/mailbounce' list.db < sql/contact_list_sqlite.sql
--
-- Run it again after an update: tables keep their rows, views and triggers are made anew. The same tables, views and columns are in
-- contact_list_postgresql.sql. Take what you need and change it; the parts are
--
--     1  settings                       5  views: who may be mailed, who not, and why
--     2  tables                         6  cleaning: preview, archive, pause, save, undo
--     3  how an event is read           7  incidents
--     4  triggers that keep histories   8  statements to copy: scheduled job, rules update, your own tables
--                                       9  provider events: Amazon SES, SendGrid, Mailgun, Postmark
--
-- Times are text in UTC, '2026-01-02T03:04:05.000000Z', and sort as text. What you insert may have any form that SQLite reads.
--
-- Who writes events needs the extension. Who only reads tables, or the view sendable, does not: the columns of address that call functions are
-- STORED, so that they are computed once, by the writer, and a program without the extension finds them in the file.

.bail on

-- ---- 0. is everything there? ----

CREATE TEMP TABLE IF NOT EXISTS needed(what);
CREATE TEMP TRIGGER IF NOT EXISTS needed_sqlite BEFORE INSERT ON needed
WHEN NEW.what = 'sqlite' AND CAST(substr(sqlite_version(), 1, instr(sqlite_version(), '.') - 1) AS INTEGER) * 1000
    + CAST(substr(sqlite_version(), instr(sqlite_version(), '.') + 1) AS INTEGER) < 3040
BEGIN
    SELECT RAISE(ABORT, 'this SQLite is too old: the contact-list kit needs SQLite 3.40 or newer');
END;
CREATE TEMP TRIGGER IF NOT EXISTS needed_mailbounce BEFORE INSERT ON needed
WHEN NEW.what = 'mailbounce' AND NOT EXISTS (SELECT 1 FROM pragma_function_list WHERE name = 'mailbounce_version')
BEGIN
    SELECT RAISE(ABORT, 'mailbounce is not loaded: run  sqlite3 -cmd ''.load build/sqlite/mailbounce'' list.db < sql/contact_list_sqlite.sql');
END;
CREATE TEMP TRIGGER IF NOT EXISTS needed_functions BEFORE INSERT ON needed
WHEN NEW.what = 'functions' AND NOT EXISTS (SELECT 1 FROM pragma_function_list WHERE name = 'email_check')
BEGIN
    SELECT RAISE(ABORT, 'the mailbounce that is loaded is older than this file: build and load the newer one');
END;
CREATE TEMP TRIGGER IF NOT EXISTS needed_names BEFORE INSERT ON needed WHEN NEW.what = 'names'
BEGIN
    SELECT RAISE(ABORT, 'this file has a table or view "setting" that is not the contact list''s: rename it, or use another file')
    WHERE EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'setting') AND NOT EXISTS (SELECT 1 FROM pragma_table_info('setting', 'main') WHERE name = 'value');
    SELECT RAISE(ABORT, 'this file has a table or view "address" that is not the contact list''s: rename it, or use another file')
    WHERE EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'address') AND NOT EXISTS (SELECT 1 FROM pragma_table_info('address', 'main') WHERE name = 'bounces');
    SELECT RAISE(ABORT, 'this file has a table or view "contact" that is not the contact list''s: rename it, or use another file')
    WHERE EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'contact') AND NOT EXISTS (SELECT 1 FROM pragma_table_info('contact', 'main') WHERE name = 'contact_id');
    SELECT RAISE(ABORT, 'this file has a table or view "message" that is not the contact list''s: rename it, or use another file')
    WHERE EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'message') AND NOT EXISTS (SELECT 1 FROM pragma_table_info('message', 'main') WHERE name = 'stream');
    SELECT RAISE(ABORT, 'this file has a table or view "bounce_event" that is not the contact list''s: rename it, or use another file')
    WHERE EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'bounce_event') AND NOT EXISTS (SELECT 1 FROM pragma_table_info('bounce_event', 'main') WHERE name = 'event_number');
    SELECT RAISE(ABORT, 'this file has a table or view "rejected_event" that is not the contact list''s: rename it, or use another file')
    WHERE EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'rejected_event') AND NOT EXISTS (SELECT 1 FROM pragma_table_info('rejected_event', 'main') WHERE name = 'rejected_id');
    SELECT RAISE(ABORT, 'this file has a table or view "incident" that is not the contact list''s: rename it, or use another file')
    WHERE EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'incident') AND NOT EXISTS (SELECT 1 FROM pragma_table_info('incident', 'main') WHERE name = 'until');
    SELECT RAISE(ABORT, 'this file has a table or view "cleaning_rule" that is not the contact list''s: rename it, or use another file')
    WHERE EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'cleaning_rule') AND NOT EXISTS (SELECT 1 FROM pragma_table_info('cleaning_rule', 'main') WHERE name = 'applies_to');
    SELECT RAISE(ABORT, 'this file has a table or view "cleaning_run" that is not the contact list''s: rename it, or use another file')
    WHERE EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'cleaning_run') AND NOT EXISTS (SELECT 1 FROM pragma_table_info('cleaning_run', 'main') WHERE name = 'undone_at');
    SELECT RAISE(ABORT, 'this file has a table or view "archived_contact" that is not the contact list''s: rename it, or use another file')
    WHERE EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'archived_contact') AND NOT EXISTS (SELECT 1 FROM pragma_table_info('archived_contact', 'main') WHERE name = 'archive_id');
    SELECT RAISE(ABORT, 'this file has a table or view "saved_list" that is not the contact list''s: rename it, or use another file')
    WHERE EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'saved_list') AND NOT EXISTS (SELECT 1 FROM pragma_table_info('saved_list', 'main') WHERE name = 'list');
    -- the rest in one sentence: a list that is there has replaced_event
    SELECT RAISE(ABORT, 'this file has a table or view of a name that the contact list needs (all are in doc/contact-list.md): rename it, or use another file')
    WHERE NOT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = 'replaced_event') AND EXISTS (SELECT 1 FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name IN (
        'address', 'address_summary', 'archived_contact', 'bounce_event', 'campaign_bounce_rate', 'cleaning_preview',
        'cleaning_rule', 'cleaning_run', 'confirmed', 'contact', 'domain_health', 'event_reading', 'event_word', 'global_bounce',
        'incident', 'incident_event', 'incoming_event', 'invalid_address', 'machine_agent', 'mailgun_event', 'mailgun_reading',
        'message', 'paused_contact', 'pending_overdue', 'postmark_event', 'postmark_reading', 'provider_document',
        'provider_event', 'provider_payload', 'provider_reading', 'reason_over_time', 'rebuild', 'rejected_event',
        'replaced_event', 'restored_contact', 'saved_list', 'sendable', 'sendgrid_event', 'sendgrid_reading', 'ses_event',
        'ses_reading', 'setting', 'state_check', 'time_change', 'typed_bounce'));
END;
INSERT INTO needed VALUES ('sqlite');
INSERT INTO needed VALUES ('mailbounce');
INSERT INTO needed VALUES ('functions');
INSERT INTO needed VALUES ('names');
DROP TABLE needed;

BEGIN IMMEDIATE;

-- ---- 1. settings ----

CREATE TABLE IF NOT EXISTS setting (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT
);

-- Wrong values are errors; where a function is to use the value, it says what is wrong.
DROP TRIGGER IF EXISTS setting_value;
CREATE TRIGGER setting_value BEFORE UPDATE ON setting
BEGIN
    SELECT RAISE(ABORT, 'settings cannot be renamed: change the value') WHERE NEW.name <> OLD.name;
    SELECT CASE NEW.name
        WHEN 'policy' THEN bounce_state_of(NULL, NEW.value)
        WHEN 'perspective' THEN bounce_type('550', NEW.value)
        WHEN 'own_rules' THEN classify_bounce('550', NEW.value)
    END;
    SELECT RAISE(ABORT, 'setting policy: asof does not belong there, it is a column of address')
    WHERE NEW.name = 'policy' AND lower(NEW.value) GLOB '*asof=*';
    SELECT RAISE(ABORT, 'settings bounce_rate_mark, keep_days, pending_hours and global_accounts must be numbers')
    WHERE NEW.name IN ('bounce_rate_mark', 'keep_days', 'pending_hours', 'global_accounts')
      AND (NEW.value IS NULL OR NEW.value NOT GLOB '[0-9]*' OR NEW.value GLOB '*[^0-9.]*' OR NEW.value GLOB '*.*.*' OR NEW.value GLOB '*.'
        OR length(NEW.value) > 13 OR CAST(NEW.value AS INTEGER) > 999999);
END;

DROP TRIGGER IF EXISTS setting_policy;
CREATE TRIGGER setting_policy AFTER UPDATE ON setting WHEN NEW.name = 'policy' AND NEW.value IS NOT OLD.value
BEGIN
    UPDATE setting SET value = 'default' WHERE name = 'policy' AND value IS NULL;
    UPDATE address SET policy = coalesce(NEW.value, 'default') WHERE policy IS NOT coalesce(NEW.value, 'default');
END;

DROP TRIGGER IF EXISTS setting_delete;
CREATE TRIGGER setting_delete BEFORE DELETE ON setting
BEGIN
    SELECT RAISE(ABORT, 'settings cannot be deleted: change the value');
END;

-- Only what is missing: a value that you changed stays.
DROP TRIGGER IF EXISTS setting_insert;
INSERT INTO setting(name, value)
VALUES ('policy', 'default'),            -- when an address is confirmed dead: a preset of bounce_policies, or keys (doc/state.md)
       ('perspective', 'default'),       -- what the reports call hard, soft and block
       ('own_rules', NULL),              -- your rules, read before the built-in ones (doc/rules.md)
       ('bounce_rate_mark', '0.02'),     -- the part of a campaign that may bounce
       ('keep_days', '7'),               -- a contact mailed in these days is neither deleted nor archived
       ('pending_hours', '72'),          -- a message still tried after so long is overdue
       ('global_accounts', '3')          -- hard in so many accounts is a global bounce
ON CONFLICT (name) DO NOTHING;

-- From now on an INSERT is an UPDATE, so that INSERT OR REPLACE is checked and acts, too.
CREATE TRIGGER setting_insert BEFORE INSERT ON setting
BEGIN
    SELECT RAISE(ABORT, 'unknown setting; legal: policy, perspective, own_rules, bounce_rate_mark, keep_days, pending_hours, global_accounts')
    WHERE NOT EXISTS (SELECT 1 FROM setting WHERE name = NEW.name);
    UPDATE setting SET value = NEW.value WHERE name = NEW.name;
    SELECT RAISE(IGNORE);
END;

-- ---- 2. tables ----

-- An address and its history. The history belongs to the address: a contact that changes address starts clean, one that was archived and is
-- imported again does not. Its rows are made by contacts and events, or by INSERT INTO rebuild(email).
CREATE TABLE IF NOT EXISTS address (
    email          TEXT PRIMARY KEY NOT NULL
        CONSTRAINT "address.email is in lower case, without blanks" CHECK (email = lower(trim(email))),
    domain         TEXT GENERATED ALWAYS AS (CASE WHEN instr(email, '@') = 0 THEN ''
                       WHEN instr(substr(email, instr(email, '@') + 1), '@') = 0 THEN substr(email, instr(email, '@') + 1)
                       ELSE substr(email, length(rtrim(email, replace(email, '@', ''))) + 1) END) VIRTUAL,
    bounces        BLOB,                                  -- the history; NULL: no events
    last_event_at  TEXT,
    policy         TEXT NOT NULL,                         -- that of setting
    asof           TEXT,                                  -- when the job looked at it; counts while no event is newer
    bounce_state   TEXT GENERATED ALWAYS AS (bounce_state_of(bounces,
                       policy || CASE WHEN asof > last_event_at THEN ' asof=' || asof ELSE '' END)) STORED,
    sendable       INTEGER GENERATED ALWAYS AS (bounce_sendable_of(bounces,
                       policy || CASE WHEN asof > last_event_at THEN ' asof=' || asof ELSE '' END)) STORED,
    -- time changes nothing for an active one (and summaries take their time)
    next_change_at TEXT GENERATED ALWAYS AS (CASE WHEN bounce_state <> 'active' THEN bounce_summary_of(bounces,
                       policy || CASE WHEN asof > last_event_at THEN ' asof=' || asof ELSE '' END) ->> 'next_change_at' END) STORED,
    verdict        TEXT GENERATED ALWAYS AS (email_check(email)) STORED,
    added_at       TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    -- dead: also of those who unsubscribed or complained
    confirmed_at   TEXT GENERATED ALWAYS AS (CASE WHEN NOT sendable THEN bounce_summary_of(bounces,
                       policy || CASE WHEN asof > last_event_at THEN ' asof=' || asof ELSE '' END) ->> 'confirmed_at' END) STORED
);
CREATE INDEX IF NOT EXISTS address_domain ON address(domain);

-- A person of your application, with the current address.
CREATE TABLE IF NOT EXISTS contact (
    contact_id   INTEGER PRIMARY KEY,
    email        TEXT NOT NULL,
    name         TEXT,
    consent      TEXT NOT NULL DEFAULT 'given'            -- asked: double opt-in, not yet answered
        CONSTRAINT "consent is given, asked or withdrawn" CHECK (consent IN ('given', 'asked', 'withdrawn')),
    paused_until TEXT,
    created_at   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
);
CREATE INDEX IF NOT EXISTS contact_email ON contact(email);

-- Who was sent what, when.
CREATE TABLE IF NOT EXISTS message (
    message_id TEXT PRIMARY KEY NOT NULL,
    contact_id INTEGER,
    email      TEXT,                                      -- NULL: the contact's
    account    TEXT,
    campaign   TEXT,
    stream     TEXT NOT NULL DEFAULT 'marketing'
        CONSTRAINT "stream is marketing or transactional" CHECK (stream IN ('marketing', 'transactional')),
    sent_at    TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
);
CREATE INDEX IF NOT EXISTS message_contact ON message(contact_id, sent_at);
CREATE INDEX IF NOT EXISTS message_campaign ON message(account, campaign);

-- What happened to messages. Give event (a word: delivered, open, hard, user_unknown/5 ...) or diagnostic (what the server said), or both:
-- then the event counts. The same event_id for the same address is stored once.
CREATE TABLE IF NOT EXISTS bounce_event (
    event_number  INTEGER PRIMARY KEY,
    event_id      TEXT,                                   -- the provider's; NULL if it gives none
    email         TEXT,
    at,                                                   -- no type, so that a number keeps its fraction until it is read
    event         TEXT,
    diagnostic    TEXT,
    message_id    TEXT,
    account       TEXT,
    category      TEXT GENERATED ALWAYS AS (CASE substr(event, 1, instr(event || '/', '/') - 1)
                      WHEN 'sent' THEN NULL WHEN 'delivered' THEN NULL WHEN 'open' THEN NULL WHEN 'click' THEN NULL
                      WHEN 'complaint' THEN NULL WHEN 'unsubscribe' THEN NULL WHEN 'subscribe' THEN NULL WHEN 'reactivate' THEN NULL
                      WHEN 'hard' THEN NULL WHEN 'soft' THEN NULL WHEN 'block' THEN NULL WHEN 'pending' THEN NULL WHEN 'none' THEN NULL
                      ELSE substr(event, 1, instr(event || '/', '/') - 1) END) VIRTUAL,
    incident_id   INTEGER,                                -- an incident that takes it out of the history
    rules_version TEXT,                                   -- of the rules that read the diagnostic; NULL: the event was given
    received_at   TEXT,                                   -- filled by the trigger: NULL is an event that was not read yet
    UNIQUE (email, event_id) ON CONFLICT IGNORE
);
CREATE INDEX IF NOT EXISTS bounce_event_message ON bounce_event(message_id) WHERE message_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS bounce_event_incident ON bounce_event(incident_id) WHERE incident_id IS NOT NULL;

-- Events that can't be read, and why. Correct and insert them again.
CREATE TABLE IF NOT EXISTS rejected_event (
    rejected_id INTEGER PRIMARY KEY,
    received_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    event_id    TEXT,
    email       TEXT,
    at          TEXT,
    event       TEXT,
    diagnostic  TEXT,
    message_id  TEXT,
    account     TEXT,
    payload     TEXT,
    reason      TEXT NOT NULL
);

-- A provider that refused living users for an hour: these events do not count.
CREATE TABLE IF NOT EXISTS incident (
    incident_id INTEGER PRIMARY KEY,
    domain      TEXT,                                     -- NULL: any
    category    TEXT,                                     -- NULL: any
    since       TEXT NOT NULL,
    until       TEXT NOT NULL,                            -- not included
    note        TEXT,
    created_at  TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
);

-- What cleaning does. NULL is any.
CREATE TABLE IF NOT EXISTS cleaning_rule (
    name            TEXT PRIMARY KEY NOT NULL,
    action          TEXT NOT NULL
        CONSTRAINT "action is archive, pause or save" CHECK (action IN ('archive', 'pause', 'save')),
    applies_to      TEXT NOT NULL
        CONSTRAINT "applies_to is a state (active, hard, soft, block, pending, confirmed, unsubscribed, complained), inactive or invalid"
        CHECK (applies_to IN ('active', 'hard', 'soft', 'block', 'pending', 'confirmed', 'unsubscribed', 'complained', 'inactive', 'invalid')),
    category        TEXT,
    older_than_days INTEGER
        CONSTRAINT "older_than_days is a number of days" CHECK (older_than_days IS NULL OR (typeof(older_than_days) = 'integer' AND older_than_days >= 0)),
    at_least        INTEGER                               -- strikes
        CONSTRAINT "at_least is a number of strikes" CHECK (at_least IS NULL OR (typeof(at_least) = 'integer' AND at_least >= 0)),
    domain          TEXT,
    pause_days      INTEGER
        CONSTRAINT "pause_days is a number of days" CHECK (pause_days IS NULL OR (typeof(pause_days) = 'integer' AND pause_days > 0)),
    enabled         INTEGER NOT NULL DEFAULT 0            -- for the scheduled job; by hand any rule runs
        CONSTRAINT "enabled is 0 or 1" CHECK (enabled IN (0, 1)),
    note            TEXT,
    CONSTRAINT "a rule that pauses needs pause_days" CHECK (action <> 'pause' OR pause_days IS NOT NULL),
    CONSTRAINT "inactive needs older_than_days" CHECK (applies_to <> 'inactive' OR older_than_days IS NOT NULL)
);

-- INSERT INTO cleaning_run(rule) VALUES ('confirmed') runs a rule; UPDATE cleaning_run SET undone_at = ... takes it back.
CREATE TABLE IF NOT EXISTS cleaning_run (
    run_id     INTEGER PRIMARY KEY,
    rule       TEXT NOT NULL,
    started_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    archived   INTEGER NOT NULL DEFAULT 0,
    paused     INTEGER NOT NULL DEFAULT 0,
    saved      INTEGER NOT NULL DEFAULT 0,
    kept       INTEGER NOT NULL DEFAULT 0,                -- refused: see kept_because
    undone_at  TEXT
);

CREATE TABLE IF NOT EXISTS archived_contact (
    archive_id   INTEGER PRIMARY KEY,
    contact_id   INTEGER,
    email        TEXT,
    name         TEXT,
    consent      TEXT,
    paused_until TEXT,
    created_at   TEXT,
    run_id       INTEGER,
    rule         TEXT,
    archived_at  TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    bounce_state TEXT,                                    -- what the rule applied to
    category     TEXT,
    since        TEXT,
    address_state TEXT                                    -- the address's own: differs for inactive and invalid
);
CREATE INDEX IF NOT EXISTS archived_contact_run ON archived_contact(run_id);
CREATE INDEX IF NOT EXISTS archived_contact_email ON archived_contact(email);

CREATE TABLE IF NOT EXISTS paused_contact (
    run_id        INTEGER,
    contact_id    INTEGER,
    email         TEXT,
    paused_before TEXT,
    paused_until  TEXT,
    PRIMARY KEY (run_id, contact_id)
);

CREATE TABLE IF NOT EXISTS saved_list (
    list         TEXT,
    contact_id   INTEGER,
    email        TEXT,
    run_id       INTEGER,
    saved_at     TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    bounce_state TEXT,
    category     TEXT,
    PRIMARY KEY (list, contact_id)
);

-- Two tables for the triggers. The words that are events, from the extension that is loaded; all other words are misspelt.
CREATE TABLE IF NOT EXISTS event_word (
    word  TEXT PRIMARY KEY NOT NULL,
    event TEXT NOT NULL                                   -- as it is stored: complaint/5 is the kind complaint
) WITHOUT ROWID;
DELETE FROM event_word;
INSERT INTO event_word(word, event)
VALUES ('sent', 'sent'), ('delivered', 'delivered'), ('open', 'open'), ('click', 'click'), ('complaint', 'complaint'), ('unsubscribe', 'unsubscribe'),
       ('subscribe', 'subscribe'), ('reactivate', 'reactivate'), ('hard', 'hard'), ('soft', 'soft'), ('block', 'block'), ('pending', 'pending'), ('none', 'none');
INSERT INTO event_word(word, event)
SELECT c.category || s.column1, CASE c.category WHEN 'complaint' THEN 'complaint' ELSE c.category || s.column1 END
FROM bounce_categories AS c, (VALUES (''), ('/4'), ('/5'), ('/pending'), ('/hard'), ('/soft'), ('/block'), ('/none')) AS s
WHERE true
ON CONFLICT (word) DO NOTHING;                            -- delivered is a kind first

-- Whose events an INSERT OR REPLACE may replace, between its two triggers: by address and event_id (1), by number (2).
CREATE TABLE IF NOT EXISTS replaced_event (
    which INTEGER PRIMARY KEY,
    email TEXT
);

-- ---- 3. how an event is read ----

-- Every event as its row says it, and as it is understood: NULL where it can't be. What is understood reads the same again.
DROP VIEW IF EXISTS event_reading;
CREATE VIEW event_reading AS
WITH trimmed AS (
    SELECT event_number, email, at, event, diagnostic,
        lower(trim(email, char(9, 10, 13, 32))) AS address,
        trim(at, char(9, 10, 13, 32)) AS moment,
        lower(trim(event, char(9, 10, 13, 32))) AS word,
        nullif(trim(diagnostic, char(9, 10, 13, 32)), '') AS said
    FROM bounce_event),
parts AS (
    SELECT *,
        -- 2026-01-02 03:04:05.678+02 without its fraction: SQLite reads milliseconds, a history has microseconds
        CASE WHEN instr(moment, '.') THEN substr(moment, 1, instr(moment, '.') - 1) || ltrim(substr(moment, instr(moment, '.') + 1), '0123456789')
             ELSE moment END AS whole,
        CASE WHEN instr(moment, '.') THEN substr(printf('%.6f', min(0.999999, CAST('0' || substr(moment, instr(moment, '.')) AS REAL))), 2)
             ELSE '.000000' END AS fraction,
        -- 20260102 may be a date or seconds: it is no time
        CASE WHEN typeof(at) IN ('integer', 'real') THEN at
             WHEN moment GLOB '[0-9]*' AND moment NOT GLOB '*[^0-9.]*' AND moment NOT GLOB '*.*.*'
                 AND (length(moment) <> 8 OR instr(moment, '.')) THEN CAST(moment AS REAL) END AS number,
        -- not only letters, "_" and a suffix: what a server said
        substr(word, 1, instr(word || '/', '/') - 1) GLOB '*[^a-z_]*' OR substr(word, instr(word || '/', '/') + 1) GLOB '*[^a-z_0-9]*' AS is_text
    FROM trimmed)
SELECT event_number,
    CASE WHEN address GLOB '?*@?*' AND length(address) <= 320 AND instr(address, char(0)) = 0 AND address NOT GLOB '*[' || char(1) || '-' || char(32, 127) || ']*' THEN address END AS email,
    CASE
        WHEN moment GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*' THEN
            CASE WHEN moment >= '0001' AND date(substr(moment, 1, 10), '+0 days') = substr(moment, 1, 10) AND substr(moment, 12, 2) < '24' THEN
                strftime('%Y-%m-%dT%H:%M:%S',                                         -- the zones +02 and +0200 are +02:00
                    CASE WHEN length(whole) < 16 THEN whole
                         WHEN whole GLOB '*[+-][0-9][0-9]' THEN whole || ':00'
                         WHEN whole GLOB '*[+-][0-9][0-9][0-9][0-9]' THEN substr(whole, 1, length(whole) - 2) || ':' || substr(whole, -2)
                         ELSE whole END) || fraction || 'Z' END
        WHEN number >= 1721425.5 AND number < 5373484.5 THEN strftime('%Y-%m-%dT%H:%M:%f000Z', number)     -- a Julian day
        WHEN number >= 5373484.5 AND number < 253402300800 THEN                                             -- Unix seconds
            strftime('%Y-%m-%dT%H:%M:%S', CAST(round(number * 1000000) AS INTEGER) / 1000000, 'unixepoch')
            || printf('.%06dZ', CAST(round(number * 1000000) AS INTEGER) % 1000000)
        WHEN number < 0 AND number >= -62135596800 THEN strftime('%Y-%m-%dT%H:%M:%S.000000Z', CAST(number AS INTEGER), 'unixepoch')
    END AS at,
    number IS NOT NULL OR moment GLOB '0000-*' AS out_of_range,                    -- if at is NULL
    CASE
        WHEN is_text OR coalesce(word, '') = '' THEN
            replace(replace(bounce_event_of(CASE WHEN is_text THEN event ELSE said END, (SELECT value FROM setting WHERE name = 'own_rules')), 'complaint/5', 'complaint'), 'complaint/4', 'complaint')
        WHEN word GLOB 'complaint/*' THEN 'complaint'
        ELSE (SELECT event FROM event_word WHERE event_word.word = parts.word)
    END AS event,
    CASE WHEN is_text THEN coalesce(said, event) ELSE diagnostic END AS diagnostic,
    CASE WHEN coalesce(word, '') = '' OR (is_text AND said IS NULL) THEN bounce_rules_version() END AS rules_version
FROM parts;

-- ---- 4. triggers that keep histories ----

-- One address: its history, from its events. The place that says what a history is; INSERT INTO rebuild SELECT email FROM address does all.
DROP VIEW IF EXISTS rebuild;
CREATE VIEW rebuild AS SELECT email FROM address;
CREATE TRIGGER rebuild_insert INSTEAD OF INSERT ON rebuild
BEGIN
    INSERT INTO address(email, policy) VALUES (lower(trim(NEW.email, char(9, 10, 13, 32))), (SELECT value FROM setting WHERE name = 'policy'))
    ON CONFLICT (email) DO NOTHING;
    UPDATE address SET (bounces, last_event_at) = (
        SELECT CASE WHEN count(*) > 0 THEN bounce_history(event, at) END, max(at)
        FROM bounce_event WHERE email = lower(trim(NEW.email, char(9, 10, 13, 32))) AND incident_id IS NULL)
    WHERE email = lower(trim(NEW.email, char(9, 10, 13, 32)));
END;

-- INSERT OR REPLACE removes the event that was there without calling its delete trigger: remember whose it was.
DROP TRIGGER IF EXISTS bounce_event_replace;
CREATE TRIGGER bounce_event_replace BEFORE INSERT ON bounce_event
WHEN EXISTS (SELECT 1 FROM bounce_event WHERE email = NEW.email AND event_id = NEW.event_id)
    OR EXISTS (SELECT 1 FROM bounce_event WHERE event_number = NEW.event_number)
BEGIN
    INSERT INTO replaced_event(which, email) VALUES (1, NEW.email), (2, (SELECT email FROM bounce_event WHERE event_number = NEW.event_number))
    ON CONFLICT (which) DO UPDATE SET email = excluded.email;
END;

DROP TRIGGER IF EXISTS replaced_event_delete;
CREATE TRIGGER replaced_event_delete AFTER DELETE ON replaced_event WHEN OLD.email IS NOT NULL
BEGIN
    INSERT INTO rebuild(email) VALUES (OLD.email);
END;

-- One event more. An insert never fails: what can't be read goes apart. received_at is NULL for a new event, 'unread'
-- for one that is not in the common form ('reread' for one that was changed), then 'rejected: ' and the reason, or the time at which it came.
DROP TRIGGER IF EXISTS bounce_event_insert;
CREATE TRIGGER bounce_event_insert AFTER INSERT ON bounce_event
BEGIN
    UPDATE bounce_event SET received_at = NULL WHERE event_number = NEW.event_number AND NEW.received_at IS NOT NULL;

    UPDATE bounce_event SET event_id = NULL WHERE event_number = NEW.event_number AND NEW.event_id = '';      -- as files have it

    -- the common form, for speed: nothing here but what event_reading would say, too
    UPDATE bounce_event SET
        at = CASE WHEN typeof(NEW.at) = 'integer' THEN strftime('%Y-%m-%dT%H:%M:%S.000000Z', NEW.at, 'unixepoch')
                  ELSE replace(substr(NEW.at, 1, 19), ' ', 'T') || CASE WHEN length(NEW.at) > 20 THEN substr(NEW.at, 20) ELSE '.000000Z' END END,
        event = coalesce(NEW.event,
            replace(replace(bounce_event_of(NEW.diagnostic, (SELECT value FROM setting WHERE name = 'own_rules')), 'complaint/5', 'complaint'), 'complaint/4', 'complaint')),
        rules_version = CASE WHEN NEW.event IS NULL THEN bounce_rules_version() ELSE NEW.rules_version END,
        received_at = coalesce(NEW.received_at, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
    WHERE event_number = NEW.event_number
      AND NEW.email = lower(NEW.email) AND NEW.email GLOB '?*@?*' AND NEW.email NOT GLOB '*[^!-~]*' AND length(NEW.email) <= 320 AND instr(NEW.email, char(0)) = 0
      AND ((typeof(NEW.at) = 'integer' AND NEW.at >= 5373485 AND NEW.at < 253402300800)
        OR (NEW.at >= '0001' AND datetime(substr(NEW.at, 1, 19), '+0 days') = replace(substr(NEW.at, 1, 19), 'T', ' ')
            AND (length(NEW.at) = 19 OR substr(NEW.at, 20) = 'Z' OR substr(NEW.at, 20) GLOB '.[0-9][0-9][0-9][0-9][0-9][0-9]Z')))
      AND ((NEW.event IS NULL AND NEW.diagnostic GLOB '*[!-~]*') OR EXISTS (SELECT 1 FROM event_word WHERE word = NEW.event AND event = NEW.event));

    -- all others: the next trigger reads them
    UPDATE bounce_event SET received_at = 'unread' || coalesce(NEW.received_at, '') WHERE event_number = NEW.event_number AND received_at IS NULL;

    -- the history (not an upsert: that computes the columns of address twice)
    UPDATE address SET (bounces, last_event_at) = (
        SELECT bounce_history_add(address.bounces, event, at), max(at, coalesce(address.last_event_at, at)) FROM bounce_event WHERE event_number = NEW.event_number)
    WHERE email = (SELECT email FROM bounce_event WHERE event_number = NEW.event_number AND incident_id IS NULL);
    INSERT INTO address(email, bounces, last_event_at, policy)
    SELECT email, CASE WHEN incident_id IS NULL THEN bounce_history_add(NULL, event, at) END, CASE WHEN incident_id IS NULL THEN at END,
        (SELECT value FROM setting WHERE name = 'policy')
    FROM bounce_event WHERE event_number = NEW.event_number AND NOT EXISTS (SELECT 1 FROM address WHERE address.email = bounce_event.email);

    -- a late event of an incident; the trigger for updates takes it out again
    UPDATE bounce_event SET incident_id = (SELECT min(incident_id) FROM incident_event AS i WHERE i.event_number = NEW.event_number)
    WHERE event_number = NEW.event_number AND NEW.incident_id IS NULL AND EXISTS (SELECT 1 FROM incident);

    DELETE FROM replaced_event WHERE true;                -- rebuilds what was replaced
END;

DROP TRIGGER IF EXISTS bounce_event_read;
CREATE TRIGGER bounce_event_read AFTER UPDATE OF received_at ON bounce_event WHEN NEW.received_at GLOB 'unread*' OR NEW.received_at GLOB 'reread*'
BEGIN
    -- the address in lower case, after which it may turn out to be a redelivery
    DELETE FROM bounce_event
    WHERE event_number = NEW.event_number AND NEW.email <> lower(trim(NEW.email, char(9, 10, 13, 32)))
      AND EXISTS (SELECT 1 FROM bounce_event WHERE email = lower(trim(NEW.email, char(9, 10, 13, 32))) AND event_id = NEW.event_id);
    UPDATE bounce_event SET email = lower(trim(email, char(9, 10, 13, 32)))
    WHERE event_number = NEW.event_number AND email <> lower(trim(email, char(9, 10, 13, 32)));

    UPDATE bounce_event SET (at, event, diagnostic, rules_version, received_at) = (
        SELECT r.at, r.event, r.diagnostic, coalesce(r.rules_version, NEW.rules_version),
            CASE
                WHEN trim(coalesce(NEW.email, ''), char(9, 10, 13, 32)) = '' THEN 'rejected: no address'
                WHEN r.email IS NULL THEN 'rejected: "' || substr(NEW.email, 1, 80) || '" is no address'
                WHEN NEW.at IS NULL THEN 'rejected: no time'
                WHEN r.at IS NULL AND r.out_of_range THEN 'rejected: time out of range; legal: the years 0001 to 9999'
                WHEN r.at IS NULL THEN 'rejected: "' || substr(NEW.at, 1, 80) || '" is no time'
                WHEN r.event IS NULL AND trim(coalesce(NEW.event, ''), char(9, 10, 13, 32)) = '' THEN 'rejected: no event and no diagnostic'
                WHEN r.event IS NULL THEN 'rejected: unknown event "' || substr(trim(NEW.event, char(9, 10, 13, 32)), 1, 80) || '"'
                ELSE coalesce(nullif(substr(NEW.received_at, 7), ''), strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
            END
        FROM (SELECT * FROM event_reading WHERE event_number = NEW.event_number LIMIT 1) AS r     -- LIMIT: read once, not once a column
        WHERE r.event_number = NEW.event_number)
    WHERE event_number = NEW.event_number;

    INSERT INTO rejected_event(event_id, email, at, event, diagnostic, message_id, account, reason)
    SELECT NEW.event_id, NEW.email, NEW.at, NEW.event, NEW.diagnostic, NEW.message_id, NEW.account, substr(received_at, 11)
    FROM bounce_event WHERE event_number = NEW.event_number AND received_at GLOB 'rejected: *' AND NEW.received_at GLOB 'unread*';
    DELETE FROM bounce_event WHERE event_number = NEW.event_number AND received_at GLOB 'rejected: *' AND NEW.received_at GLOB 'unread*';
END;

-- The same event_id twice for one address would be left out silently: that is right for an insert, but not here.
DROP TRIGGER IF EXISTS bounce_event_identity;
CREATE TRIGGER bounce_event_identity BEFORE UPDATE OF event_id, email ON bounce_event WHEN NEW.event_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'this event_id is stored for this address already')
    WHERE EXISTS (SELECT 1 FROM bounce_event WHERE email = lower(trim(NEW.email, char(9, 10, 13, 32))) AND event_id = NEW.event_id AND event_number <> NEW.event_number);
END;

-- An event that is changed: read it again, and both addresses follow. Here what can't be read is an error.
DROP TRIGGER IF EXISTS bounce_event_update;
CREATE TRIGGER bounce_event_update AFTER UPDATE OF email, at, event, diagnostic, incident_id ON bounce_event
WHEN OLD.received_at NOT GLOB 'unread*' AND OLD.received_at NOT GLOB 'reread*'
    AND (NEW.email IS NOT OLD.email OR NEW.at IS NOT OLD.at OR NEW.event IS NOT OLD.event OR NEW.incident_id IS NOT OLD.incident_id
        OR (NEW.diagnostic IS NOT OLD.diagnostic AND OLD.rules_version IS NOT NULL))
BEGIN
    -- what was read from a diagnostic is read anew when the diagnostic changes; what is given was not read
    UPDATE bounce_event SET event = NULL
    WHERE event_number = NEW.event_number AND NEW.event IS OLD.event AND NEW.diagnostic IS NOT OLD.diagnostic AND OLD.rules_version IS NOT NULL;
    UPDATE bounce_event SET rules_version = NULL
    WHERE event_number = NEW.event_number AND NEW.event IS NOT OLD.event AND OLD.event IS NOT NULL AND NEW.rules_version IS OLD.rules_version;

    UPDATE bounce_event SET received_at = 'reread' || received_at
    WHERE event_number = NEW.event_number
      AND (NEW.email IS NOT OLD.email OR NEW.at IS NOT OLD.at OR NEW.event IS NOT OLD.event OR NEW.diagnostic IS NOT OLD.diagnostic);
    SELECT CASE WHEN at IS NULL OR event IS NULL THEN bounce_history_add(NULL, coalesce(NEW.event, 'open'), NEW.at) END,      -- says what is wrong
        CASE WHEN received_at GLOB '* address' THEN RAISE(ABORT, 'bounce_event.email must be an address, e.g. ann@example.com')
             WHEN at IS NULL THEN RAISE(ABORT, 'bounce_event.at must be a time, e.g. 2026-01-02T03:04:05Z')
             ELSE RAISE(ABORT, 'bounce_event needs an event or a diagnostic') END
    FROM bounce_event WHERE event_number = NEW.event_number AND received_at GLOB 'rejected: *';

    -- it may have left an incident, or come into one
    UPDATE bounce_event SET incident_id = (SELECT min(incident_id) FROM incident_event AS i WHERE i.event_number = NEW.event_number)
    WHERE event_number = NEW.event_number AND NEW.incident_id IS OLD.incident_id AND EXISTS (SELECT 1 FROM incident);

    INSERT INTO rebuild(email) VALUES (OLD.email);
    INSERT INTO rebuild(email) SELECT email FROM bounce_event WHERE event_number = NEW.event_number AND email <> OLD.email;
END;

DROP TRIGGER IF EXISTS bounce_event_delete;
CREATE TRIGGER bounce_event_delete AFTER DELETE ON bounce_event
WHEN EXISTS (SELECT 1 FROM address WHERE email = OLD.email)
BEGIN
    INSERT INTO rebuild(email) VALUES (OLD.email);
END;

-- For files and logs in which everything is text: an empty text is nothing. Rows go on to bounce_event or rejected_event.
DROP VIEW IF EXISTS incoming_event;
CREATE VIEW incoming_event(incoming_number, event_id, email, at, event, diagnostic, message_id, account) AS
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL WHERE false;
CREATE TRIGGER incoming_event_insert INSTEAD OF INSERT ON incoming_event
BEGIN
    INSERT INTO bounce_event(event_id, email, at, event, diagnostic, message_id, account)
    VALUES (nullif(NEW.event_id, ''), NEW.email, nullif(NEW.at, ''), nullif(NEW.event, ''), nullif(NEW.diagnostic, ''), nullif(NEW.message_id, ''), nullif(NEW.account, ''));
END;

-- A contact's address is in lower case and has a row in address, with whatever happened to it before.
DROP TRIGGER IF EXISTS contact_insert;
CREATE TRIGGER contact_insert AFTER INSERT ON contact
BEGIN
    SELECT RAISE(ABORT, 'contact.email must not be empty, nor longer than 320 characters')
    WHERE trim(NEW.email, char(9, 10, 13, 32)) = '' OR length(NEW.email) > 320;
    SELECT RAISE(ABORT, 'contact.paused_until and contact.created_at must be times, e.g. 2026-01-02T03:04:05Z')
    WHERE (NEW.paused_until IS NOT NULL AND strftime('%Y', NEW.paused_until, 'auto') IS NULL)
       OR (NEW.created_at IS NOT NULL AND strftime('%Y', NEW.created_at, 'auto') IS NULL);
    UPDATE contact SET email = lower(trim(email, char(9, 10, 13, 32))),
        paused_until = strftime('%Y-%m-%dT%H:%M:%f000Z', paused_until, 'auto'), created_at = strftime('%Y-%m-%dT%H:%M:%f000Z', created_at, 'auto')
    WHERE contact_id = NEW.contact_id;
    INSERT INTO address(email, policy) VALUES (lower(trim(NEW.email, char(9, 10, 13, 32))), (SELECT value FROM setting WHERE name = 'policy'))
    ON CONFLICT (email) DO NOTHING;
END;

DROP TRIGGER IF EXISTS contact_update;
CREATE TRIGGER contact_update AFTER UPDATE OF email, paused_until, created_at ON contact
WHEN NEW.email <> lower(trim(NEW.email, char(9, 10, 13, 32))) OR NEW.email <> OLD.email
    OR NEW.paused_until NOT GLOB '????-??-??T??:??:??.??????Z' OR NEW.created_at NOT GLOB '????-??-??T??:??:??.??????Z'
BEGIN
    SELECT RAISE(ABORT, 'contact.email must not be empty, nor longer than 320 characters')
    WHERE trim(NEW.email, char(9, 10, 13, 32)) = '' OR length(NEW.email) > 320;
    SELECT RAISE(ABORT, 'contact.paused_until and contact.created_at must be times, e.g. 2026-01-02T03:04:05Z')
    WHERE (NEW.paused_until IS NOT NULL AND strftime('%Y', NEW.paused_until, 'auto') IS NULL)
       OR (NEW.created_at IS NOT NULL AND strftime('%Y', NEW.created_at, 'auto') IS NULL);
    UPDATE contact SET email = lower(trim(email, char(9, 10, 13, 32))),
        paused_until = strftime('%Y-%m-%dT%H:%M:%f000Z', paused_until, 'auto'), created_at = strftime('%Y-%m-%dT%H:%M:%f000Z', created_at, 'auto')
    WHERE contact_id = NEW.contact_id
      AND (email <> lower(trim(email, char(9, 10, 13, 32))) OR paused_until NOT GLOB '????-??-??T??:??:??.??????Z'
        OR created_at NOT GLOB '????-??-??T??:??:??.??????Z');
    INSERT INTO address(email, policy) VALUES (lower(trim(NEW.email, char(9, 10, 13, 32))), (SELECT value FROM setting WHERE name = 'policy'))
    ON CONFLICT (email) DO NOTHING;
END;

-- Bounces of what was sent lately are still to come.
DROP TRIGGER IF EXISTS contact_delete;
CREATE TRIGGER contact_delete BEFORE DELETE ON contact
BEGIN
    SELECT RAISE(ABORT, 'this contact was mailed less than keep_days days ago (see setting): it cannot be deleted yet; pause it instead')
    WHERE EXISTS (SELECT 1 FROM message WHERE contact_id = OLD.contact_id
        AND sent_at > strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-' || (SELECT value FROM setting WHERE name = 'keep_days') || ' days'));
END;

-- A message takes the address of its contact, or the contact of its address.
DROP TRIGGER IF EXISTS message_insert;
CREATE TRIGGER message_insert AFTER INSERT ON message
WHEN NEW.contact_id IS NULL OR NEW.email IS NOT lower(trim(NEW.email, char(9, 10, 13, 32))) OR NEW.email IS NULL
    OR NEW.sent_at NOT GLOB '????-??-??T??:??:??.??????Z'
BEGIN
    SELECT RAISE(ABORT, 'message.sent_at must be a time, e.g. 2026-01-02T03:04:05Z')
    WHERE NEW.sent_at IS NOT NULL AND strftime('%Y', NEW.sent_at, 'auto') IS NULL;
    UPDATE message SET email = lower(trim(coalesce(email, (SELECT c.email FROM contact AS c WHERE c.contact_id = NEW.contact_id)), char(9, 10, 13, 32))),
        contact_id = coalesce(contact_id, (SELECT min(c.contact_id) FROM contact AS c WHERE c.email = lower(trim(NEW.email, char(9, 10, 13, 32))))),
        sent_at = strftime('%Y-%m-%dT%H:%M:%f000Z', sent_at, 'auto')
    WHERE message_id = NEW.message_id;
    SELECT RAISE(ABORT, 'message.email: a message needs an address, or a contact that has one')
    FROM message WHERE message_id = NEW.message_id AND coalesce(email, '') = '';
END;

DROP TRIGGER IF EXISTS message_update;
CREATE TRIGGER message_update AFTER UPDATE OF email, contact_id, sent_at ON message
WHEN (NEW.contact_id IS NULL AND EXISTS (SELECT 1 FROM contact WHERE email = NEW.email)) OR NEW.email IS NOT lower(trim(NEW.email, char(9, 10, 13, 32))) OR NEW.email IS NULL
    OR NEW.sent_at NOT GLOB '????-??-??T??:??:??.??????Z'
BEGIN
    SELECT RAISE(ABORT, 'message.sent_at must be a time, e.g. 2026-01-02T03:04:05Z')
    WHERE NEW.sent_at IS NOT NULL AND strftime('%Y', NEW.sent_at, 'auto') IS NULL;
    UPDATE message SET email = lower(trim(coalesce(email, (SELECT c.email FROM contact AS c WHERE c.contact_id = NEW.contact_id)), char(9, 10, 13, 32))),
        contact_id = coalesce(contact_id, (SELECT min(c.contact_id) FROM contact AS c WHERE c.email = lower(trim(NEW.email, char(9, 10, 13, 32))))),
        sent_at = strftime('%Y-%m-%dT%H:%M:%f000Z', sent_at, 'auto')
    WHERE message_id = NEW.message_id;
    SELECT RAISE(ABORT, 'message.email: a message needs an address, or a contact that has one')
    FROM message WHERE message_id = NEW.message_id AND coalesce(email, '') = '';
END;

-- ---- 5. views ----

-- Who may be mailed, one row for each contact and stream. Nothing is sent to addresses that are invalid, confirmed dead or
-- complained, nor to contacts that are paused. Marketing also needs consent, and stops at an unsubscription.
DROP VIEW IF EXISTS sendable;
CREATE VIEW sendable AS
SELECT c.contact_id, c.email, c.name, s.column1 AS stream
FROM contact AS c
JOIN address AS a ON a.email = c.email
JOIN (VALUES ('marketing'), ('transactional')) AS s
WHERE a.verdict = 'ok'
  AND a.confirmed_at IS NULL AND a.bounce_state <> 'complained'
  AND (c.paused_until IS NULL OR c.paused_until <= strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
  AND (s.column1 = 'transactional' OR (a.bounce_state <> 'unsubscribed' AND c.consent = 'given'));

-- What the history of an address says, in columns.
DROP VIEW IF EXISTS address_summary;
CREATE VIEW address_summary AS
WITH told AS (
    SELECT email, bounce_state, bounce_summary_of(bounces, policy || CASE WHEN asof > last_event_at THEN ' asof=' || asof ELSE '' END) AS summary FROM address)
SELECT email, bounce_state, summary ->> 'reason' AS reason, summary ->> 'confirmed_at' AS confirmed_at, summary ->> 'confirmed_category' AS confirmed_category,
    summary ->> 'first_strike_at' AS first_strike_at, summary ->> 'last_strike_at' AS last_strike_at, summary ->> 'last_category' AS last_category,
    summary ->> 'last_event_at' AS last_event_at,
    (summary ->> '$.strikes.hard') + (summary ->> '$.strikes.soft') + (summary ->> '$.strikes.block') AS strikes
FROM told;

-- The dead, with the reason. One is taken off by hand with
--     INSERT INTO bounce_event(email, event, at) VALUES ('ann@example.com', 'reactivate', strftime('%Y-%m-%dT%H:%M:%SZ', 'now'));
DROP VIEW IF EXISTS confirmed;
CREATE VIEW confirmed AS
SELECT c.contact_id, c.email, s.bounce_state, s.reason, s.confirmed_category AS category, s.confirmed_at, s.last_strike_at,
    (SELECT e.diagnostic FROM bounce_event AS e
     WHERE e.email = c.email AND e.category IS s.confirmed_category AND e.at <= s.confirmed_at AND e.incident_id IS NULL
       AND (e.category IS NOT NULL OR e.event IN ('hard', 'soft', 'block', 'pending'))
     ORDER BY e.at DESC, e.event_number DESC LIMIT 1) AS diagnostic,
    k.advice_en, k.advice_zh
FROM address AS a
JOIN contact AS c ON c.email = a.email
JOIN address_summary AS s ON s.email = a.email
LEFT JOIN bounce_categories AS k ON k.category = s.confirmed_category
WHERE a.confirmed_at IS NOT NULL;

-- Never mailed, and no bounces: wrongly written, or mistyped.
DROP VIEW IF EXISTS invalid_address;
CREATE VIEW invalid_address AS
SELECT c.contact_id, c.email, a.verdict, email_suggestion(c.email) AS suggestion
FROM contact AS c
JOIN address AS a ON a.email = c.email
WHERE a.verdict <> 'ok';

-- Every bounce with its type under the perspective that is set.
DROP VIEW IF EXISTS typed_bounce;
CREATE VIEW typed_bounce AS
SELECT event_number, event_id, email, at, event, diagnostic, message_id, account, category, incident_id,
    bounce_type(event, (SELECT value FROM setting WHERE name = 'perspective')) AS type
FROM bounce_event
WHERE category IS NOT NULL OR event IN ('hard', 'soft', 'block', 'pending');

-- Messages that finally failed, over messages sent. Suppressed ones were never sent and do not count as bounces; what was delivered
-- later did not fail; pending is not final.
DROP VIEW IF EXISTS campaign_bounce_rate;
CREATE VIEW campaign_bounce_rate AS
WITH failure AS (
    SELECT b.message_id, b.at,
        CASE WHEN b.category = 'suppressed' THEN 'suppressed' WHEN b.type = 'unknown' THEN 'soft' ELSE b.type END AS outcome,
        row_number() OVER (PARTITION BY b.message_id ORDER BY b.at DESC, b.event_number DESC) AS newest_first
    FROM typed_bounce AS b
    WHERE b.message_id IS NOT NULL AND b.type NOT IN ('pending', 'none')),
outcome AS (
    SELECT m.account, m.campaign, f.outcome
    FROM message AS m
    LEFT JOIN failure AS f ON f.message_id = m.message_id AND f.newest_first = 1
        AND NOT EXISTS (SELECT 1 FROM bounce_event AS d WHERE d.message_id = m.message_id AND d.event = 'delivered' AND d.at > f.at)),
counted AS (
    SELECT account, campaign, count(*) AS sent,
        count(*) FILTER (WHERE outcome = 'hard') AS hard,
        count(*) FILTER (WHERE outcome = 'soft') AS soft,
        count(*) FILTER (WHERE outcome = 'block') AS block,
        count(*) FILTER (WHERE outcome IN ('hard', 'soft', 'block')) AS bounced,
        count(*) FILTER (WHERE outcome = 'suppressed') AS suppressed
    FROM outcome
    GROUP BY account, campaign)
SELECT account, campaign, sent, hard, soft, block, bounced, suppressed,
    round(1.0 * bounced / sent, 4) AS rate,
    round(bounced - (SELECT CAST(value AS REAL) FROM setting WHERE name = 'bounce_rate_mark') * sent, 6) > 0 AS over_mark
FROM counted;

DROP VIEW IF EXISTS reason_over_time;
CREATE VIEW reason_over_time AS
SELECT substr(at, 1, 7) AS month, coalesce(category, event) AS category, type, count(*) AS events, count(DISTINCT email) AS addresses
FROM typed_bounce
GROUP BY 1, 2, 3;

-- Many bounces from one domain: is it dead, is it blocking you, or are its mailboxes full? By the newest sign of each address.
DROP VIEW IF EXISTS domain_health;
CREATE VIEW domain_health AS
WITH sign AS (
    SELECT email, at, 'fine' AS sign, NULL AS category, NULL AS diagnostic, event_number
    FROM bounce_event WHERE event IN ('delivered', 'open', 'click')
    UNION ALL
    SELECT email, at,
        CASE WHEN category = 'mailbox_full' THEN 'full_up'
             WHEN type = 'hard' AND category IN ('domain_unknown', 'not_accepting') THEN 'gone'
             WHEN type = 'block' THEN 'blocked'
             WHEN type = 'hard' THEN 'refused'
             ELSE 'other' END,
        coalesce(category, event), diagnostic, event_number
    FROM typed_bounce WHERE incident_id IS NULL AND type <> 'none'),
newest AS (
    SELECT a.domain, s.*
    FROM (SELECT *, row_number() OVER (PARTITION BY email ORDER BY at DESC, sign = 'fine', event_number DESC) AS newest_first FROM sign) AS s
    JOIN address AS a ON a.email = s.email
    WHERE s.newest_first = 1),
counted AS (
    SELECT domain, count(*) AS addresses,
        count(*) FILTER (WHERE sign = 'fine') AS fine,
        count(*) FILTER (WHERE sign = 'gone') AS gone,
        count(*) FILTER (WHERE sign = 'refused') AS refused,
        count(*) FILTER (WHERE sign = 'blocked') AS blocked,
        count(*) FILTER (WHERE sign = 'full_up') AS full_up,
        count(*) FILTER (WHERE sign = 'other') AS other
    FROM newest
    GROUP BY domain)
SELECT c.*,
    CASE WHEN fine = 0 AND (gone * 2 >= addresses OR (gone + refused = addresses AND addresses >= 3)) THEN 'dead'
         WHEN blocked * 2 >= addresses THEN 'blocking you'
         WHEN full_up * 2 >= addresses THEN 'full'
         ELSE 'fine' END AS health,
    (SELECT group_concat(line, ', ') FROM (
        SELECT n.category || ' ' || count(*) AS line FROM newest AS n WHERE n.domain = c.domain AND n.sign <> 'fine'
        GROUP BY n.category ORDER BY count(*) DESC, n.category)) AS evidence,
    (SELECT n.diagnostic FROM newest AS n WHERE n.domain = c.domain AND n.sign <> 'fine' AND n.diagnostic IS NOT NULL ORDER BY n.at DESC, n.event_number DESC LIMIT 1) AS last_reply
FROM counted AS c;

-- Hard for an unknown user or a full mailbox in three or more accounts (HubSpot's global bounce), and not brought back since.
DROP VIEW IF EXISTS global_bounce;
CREATE VIEW global_bounce AS
WITH bounce AS (
    SELECT e.email, e.at, e.category, coalesce(e.account, m.account) AS account
    FROM bounce_event AS e
    LEFT JOIN message AS m ON m.message_id = e.message_id
    WHERE e.category IN ('user_unknown', 'mailbox_full') AND e.incident_id IS NULL AND bounce_type(e.event, 'hubspot') = 'hard'
      AND NOT EXISTS (SELECT 1 FROM bounce_event AS back WHERE back.email = e.email AND back.event IN ('reactivate', 'subscribe') AND back.at >= e.at))
SELECT email, count(DISTINCT account) AS accounts,
    (SELECT group_concat(category, ',') FROM (SELECT DISTINCT b.category FROM bounce AS b WHERE b.email = bounce.email AND b.account IS NOT NULL ORDER BY 1)) AS categories,
    min(at) AS first_at, max(at) AS last_at
FROM bounce
WHERE account IS NOT NULL
GROUP BY email
HAVING count(DISTINCT account) >= (SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'global_accounts');

-- Still being tried, after too long, and nobody said how it ended.
DROP VIEW IF EXISTS pending_overdue;
CREATE VIEW pending_overdue AS
WITH waiting AS (
    SELECT p.*
    FROM typed_bounce AS p
    WHERE p.type = 'pending'
      AND NOT EXISTS (SELECT 1 FROM bounce_event AS d WHERE d.email = p.email AND d.message_id IS p.message_id AND d.event = 'delivered' AND d.at >= p.at)
      AND NOT EXISTS (SELECT 1 FROM typed_bounce AS b WHERE b.email = p.email AND b.message_id IS p.message_id AND b.type NOT IN ('pending', 'none') AND b.at >= p.at))
SELECT email, message_id, max(account) AS account, min(at) AS since, max(at) AS last_try,
    CAST((julianday('now') - julianday(min(at))) * 24 AS INTEGER) AS hours, count(*) AS tries,
    (SELECT w.category FROM waiting AS w WHERE w.email = waiting.email AND w.message_id IS waiting.message_id ORDER BY w.at DESC, w.event_number DESC LIMIT 1) AS category
FROM waiting
GROUP BY email, message_id
HAVING min(at) < strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-' || (SELECT value FROM setting WHERE name = 'pending_hours') || ' hours');

-- What time alone has changed by now; section 8 has the job that stores it.
DROP VIEW IF EXISTS time_change;
CREATE VIEW time_change AS
SELECT email, bounce_state AS stored_state,
    bounce_state_of(bounces, policy || ' asof=' || strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')) AS state_now, next_change_at
FROM address
WHERE next_change_at <= strftime('%Y-%m-%dT%H:%M:%f000Z', 'now');

-- Empty when every stored state is that of the events. Otherwise INSERT INTO rebuild SELECT email FROM state_check.
DROP VIEW IF EXISTS state_check;
CREATE VIEW state_check AS
WITH history AS (
    SELECT email, bounce_history(event, at) AS bounces, max(at) AS last_event_at
    FROM bounce_event WHERE incident_id IS NULL GROUP BY email),
checked AS (
    SELECT a.email, a.bounce_state AS stored_state,
        bounce_state_of(h.bounces, s.value || CASE WHEN a.asof > h.last_event_at THEN ' asof=' || a.asof ELSE '' END) AS right_state,
        CASE WHEN a.bounces IS NOT h.bounces OR a.last_event_at IS NOT h.last_event_at THEN 'history differs from the events'
             WHEN a.policy IS NOT s.value THEN 'policy differs from the setting' END AS problem
    FROM address AS a
    JOIN setting AS s ON s.name = 'policy'
    LEFT JOIN history AS h ON h.email = a.email)
SELECT email, stored_state, right_state, coalesce(problem, 'state differs from the history') AS problem
FROM checked WHERE problem IS NOT NULL OR stored_state IS NOT right_state
UNION ALL
SELECT h.email, NULL, bounce_state_of(h.bounces, (SELECT value FROM setting WHERE name = 'policy')), 'no row in address'
FROM history AS h WHERE h.email NOT IN (SELECT email FROM address)
UNION ALL
SELECT DISTINCT c.email, NULL, 'active', 'no row in address'
FROM contact AS c WHERE c.email NOT IN (SELECT email FROM address) AND c.email NOT IN (SELECT email FROM history);

-- ---- 6. cleaning ----

-- Only once, so that a rule that you deleted stays away.
INSERT INTO cleaning_rule(name, action, applies_to, older_than_days, at_least, pause_days, enabled, note)
SELECT * FROM (VALUES
    ('confirmed', 'archive', 'confirmed', NULL, NULL, NULL, 1, 'dead addresses: never mailed again'),
    ('invalid', 'archive', 'invalid', NULL, NULL, NULL, 0, 'addresses that are none, or mistyped'),
    ('complained', 'archive', 'complained', NULL, NULL, NULL, 0, 'reported your mail as spam'),
    ('unsubscribed', 'archive', 'unsubscribed', NULL, NULL, NULL, 0, 'want no marketing; archived they get no receipts either'),
    ('hard', 'archive', 'hard', NULL, NULL, NULL, 0, 'hard bounces below the limit, for policies that wait for three'),
    ('inactive', 'archive', 'inactive', 365, NULL, NULL, 0, 'neither opened nor clicked for a year'),
    ('soft', 'save', 'soft', NULL, NULL, NULL, 1, 'soft bounces as a list of their own, to look at before they become hard'),
    ('soft_pause', 'pause', 'soft', NULL, 3, 30, 0, 'three soft strikes: leave them alone for a month'))
WHERE NOT EXISTS (SELECT 1 FROM cleaning_rule);

DROP TRIGGER IF EXISTS cleaning_rule_insert;
CREATE TRIGGER cleaning_rule_insert AFTER INSERT ON cleaning_rule
BEGIN
    SELECT bounce_term(NEW.category, 'ses');              -- says which categories there are
    UPDATE cleaning_rule SET category = lower(category), domain = nullif(lower(trim(domain, '@' || char(9, 10, 13, 32))), '')
    WHERE name = NEW.name AND (category <> lower(category) OR domain IS NOT nullif(lower(trim(domain, '@' || char(9, 10, 13, 32))), ''));
END;

DROP TRIGGER IF EXISTS cleaning_rule_update;
CREATE TRIGGER cleaning_rule_update AFTER UPDATE OF category, domain ON cleaning_rule
BEGIN
    SELECT bounce_term(NEW.category, 'ses');
    UPDATE cleaning_rule SET category = lower(category), domain = nullif(lower(trim(domain, '@' || char(9, 10, 13, 32))), '')
    WHERE name = NEW.name AND (category <> lower(category) OR domain IS NOT nullif(lower(trim(domain, '@' || char(9, 10, 13, 32))), ''));
END;

-- The dry run: whom each rule would take, and why. kept_because: whom it must leave alone for now.
DROP VIEW IF EXISTS cleaning_preview;
CREATE VIEW cleaning_preview AS
WITH candidate AS (
    SELECT r.name AS rule, r.action, r.older_than_days, r.at_least, r.category AS wanted, r.pause_days, c.contact_id, c.email, c.paused_until, a.bounce_state,
        coalesce(s.confirmed_category, s.last_category) AS category, s.strikes,
        CASE r.applies_to
            WHEN 'confirmed' THEN s.confirmed_at
            WHEN 'unsubscribed' THEN (SELECT max(e.at) FROM bounce_event AS e WHERE e.email = c.email AND e.event = 'unsubscribe')
            WHEN 'complained' THEN (SELECT max(e.at) FROM bounce_event AS e WHERE e.email = c.email AND e.event GLOB 'complaint*')
            WHEN 'inactive' THEN max(c.created_at, coalesce((SELECT max(e.at) FROM bounce_event AS e WHERE e.email = c.email AND e.event IN ('open', 'click')), ''))
            WHEN 'invalid' THEN a.added_at
            WHEN 'active' THEN c.created_at
            ELSE coalesce(s.first_strike_at, s.last_event_at)
        END AS since
    FROM cleaning_rule AS r
    JOIN address AS a ON CASE r.applies_to WHEN 'inactive' THEN true WHEN 'invalid' THEN a.verdict <> 'ok' ELSE a.bounce_state = r.applies_to END
        AND (r.domain IS NULL OR a.domain = r.domain)
    JOIN contact AS c ON c.email = a.email
    JOIN address_summary AS s ON s.email = a.email)
SELECT rule, action, contact_id, email, bounce_state, category, since, strikes,
    CASE WHEN action = 'archive' THEN (
        SELECT 'mailed on ' || substr(max(m.sent_at), 1, 10) || ', less than ' || (SELECT value FROM setting WHERE name = 'keep_days') || ' days ago'
        FROM message AS m
        WHERE m.contact_id = candidate.contact_id
          AND m.sent_at > strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-' || (SELECT value FROM setting WHERE name = 'keep_days') || ' days')
        HAVING count(*) > 0) END AS kept_because
FROM candidate
WHERE (wanted IS NULL OR category = wanted)
  AND (at_least IS NULL OR strikes >= at_least)
  AND (older_than_days IS NULL OR since < strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-' || older_than_days || ' days'))
  -- not what is done already
  AND (action <> 'pause' OR paused_until IS NULL OR paused_until < strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '+' || pause_days || ' days', '-1 hour'))
  AND (action <> 'save' OR NOT EXISTS (SELECT 1 FROM saved_list AS l WHERE l.list = rule AND l.contact_id = candidate.contact_id));

DROP TRIGGER IF EXISTS cleaning_run_rule;
CREATE TRIGGER cleaning_run_rule BEFORE INSERT ON cleaning_run WHEN NOT EXISTS (SELECT 1 FROM cleaning_rule WHERE name = NEW.rule)
BEGIN
    SELECT RAISE(ABORT, 'cleaning_run.rule: there is no such rule in cleaning_rule');
END;

-- Runs the rule. One statement, so that it happens altogether or not at all.
DROP TRIGGER IF EXISTS cleaning_run_insert;
CREATE TRIGGER cleaning_run_insert AFTER INSERT ON cleaning_run
BEGIN
    UPDATE cleaning_run SET kept = (SELECT count(*) FROM cleaning_preview WHERE rule = NEW.rule AND kept_because IS NOT NULL) WHERE run_id = NEW.run_id;

    INSERT INTO archived_contact(contact_id, email, name, consent, paused_until, created_at, run_id, rule, bounce_state, category, since, address_state)
    SELECT c.contact_id, c.email, c.name, c.consent, c.paused_until, c.created_at, NEW.run_id, NEW.rule, r.applies_to, p.category, p.since, p.bounce_state
    FROM cleaning_preview AS p
    JOIN cleaning_rule AS r ON r.name = p.rule
    JOIN contact AS c ON c.contact_id = p.contact_id
    WHERE p.rule = NEW.rule AND p.action = 'archive' AND p.kept_because IS NULL;
    DELETE FROM contact WHERE contact_id IN (SELECT contact_id FROM archived_contact WHERE run_id = NEW.run_id);

    INSERT INTO paused_contact(run_id, contact_id, email, paused_before, paused_until)
    SELECT NEW.run_id, c.contact_id, c.email, c.paused_until, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '+' || r.pause_days || ' days')
    FROM cleaning_preview AS p
    JOIN cleaning_rule AS r ON r.name = p.rule
    JOIN contact AS c ON c.contact_id = p.contact_id
    WHERE p.rule = NEW.rule AND p.action = 'pause';
    UPDATE contact SET paused_until = p.paused_until FROM paused_contact AS p WHERE p.run_id = NEW.run_id AND p.contact_id = contact.contact_id;

    INSERT INTO saved_list(list, contact_id, email, run_id, bounce_state, category)
    SELECT NEW.rule, p.contact_id, p.email, NEW.run_id, p.bounce_state, p.category
    FROM cleaning_preview AS p
    WHERE p.rule = NEW.rule AND p.action = 'save'
    ON CONFLICT (list, contact_id) DO NOTHING;

    UPDATE cleaning_run SET archived = (SELECT count(*) FROM archived_contact WHERE run_id = NEW.run_id),
        paused = (SELECT count(*) FROM paused_contact WHERE run_id = NEW.run_id),
        saved = (SELECT count(*) FROM saved_list WHERE run_id = NEW.run_id)
    WHERE run_id = NEW.run_id;
END;

-- INSERT INTO restored_contact SELECT archive_id FROM archived_contact WHERE ... brings contacts back, unless they exist again.
DROP VIEW IF EXISTS restored_contact;
CREATE VIEW restored_contact AS SELECT archive_id FROM archived_contact;
CREATE TRIGGER restored_contact_insert INSTEAD OF INSERT ON restored_contact
BEGIN
    SELECT RAISE(IGNORE)
    FROM archived_contact AS a
    JOIN contact AS c ON c.contact_id = a.contact_id
    WHERE a.archive_id = NEW.archive_id;
    INSERT INTO contact(contact_id, email, name, consent, paused_until, created_at)
    SELECT contact_id, email, name, consent, paused_until, created_at FROM archived_contact WHERE archive_id = NEW.archive_id;
    DELETE FROM archived_contact WHERE archive_id = NEW.archive_id;
END;

-- Takes a run back. Who unsubscribed or complained since stays in the archive, and so does who was imported again.
DROP TRIGGER IF EXISTS cleaning_run_undo;
CREATE TRIGGER cleaning_run_undo AFTER UPDATE OF undone_at ON cleaning_run WHEN NEW.undone_at IS NOT NULL OR OLD.undone_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'this cleaning run was undone already: run the rule again instead') WHERE OLD.undone_at IS NOT NULL;
    INSERT INTO restored_contact(archive_id)
    SELECT c.archive_id
    FROM archived_contact AS c
    LEFT JOIN address AS a ON a.email = c.email
    WHERE c.run_id = NEW.run_id
      AND (a.bounce_state NOT IN ('unsubscribed', 'complained') OR a.bounce_state = c.address_state OR a.email IS NULL)
      AND NOT EXISTS (SELECT 1 FROM contact AS again WHERE again.email = c.email AND again.created_at > c.archived_at);
    UPDATE contact SET paused_until = p.paused_before
    FROM paused_contact AS p
    WHERE p.run_id = NEW.run_id AND p.contact_id = contact.contact_id AND contact.paused_until = p.paused_until;      -- not if paused anew
    DELETE FROM paused_contact WHERE run_id = NEW.run_id;
    DELETE FROM saved_list WHERE run_id = NEW.run_id;
END;

-- ---- 7. incidents ----

-- Which events lie in which incident: bounces only, never consent, opens or deliveries.
DROP VIEW IF EXISTS incident_event;
CREATE VIEW incident_event AS
SELECT i.incident_id, e.event_number
FROM incident AS i
JOIN bounce_event AS e ON e.at >= i.since AND e.at < i.until
    AND (i.domain IS NULL OR substr(e.email, -length(i.domain) - 1) = '@' || i.domain)
    AND (i.category IS NULL OR e.category = i.category)
    AND (e.category IS NOT NULL OR e.event IN ('hard', 'soft', 'block', 'pending'));

DROP TRIGGER IF EXISTS incident_insert;
CREATE TRIGGER incident_insert AFTER INSERT ON incident
BEGIN
    SELECT RAISE(ABORT, 'incident.since and incident.until must be times, e.g. 2026-01-02T03:04:05Z')
    WHERE strftime('%Y', NEW.since, 'auto') IS NULL OR strftime('%Y', NEW.until, 'auto') IS NULL;
    SELECT RAISE(ABORT, 'incident.domain must be a domain, e.g. example.com') WHERE trim(NEW.domain, '@' || char(9, 10, 13, 32)) GLOB '*@*';
    SELECT RAISE(ABORT, 'incident.since must be earlier than incident.until') WHERE julianday(NEW.since, 'auto') >= julianday(NEW.until, 'auto');
    SELECT bounce_term(NEW.category, 'ses');              -- says which categories there are
    UPDATE incident SET domain = nullif(lower(trim(domain, '@' || char(9, 10, 13, 32))), ''), category = lower(category),
        since = strftime('%Y-%m-%dT%H:%M:%f000Z', since, 'auto'), until = strftime('%Y-%m-%dT%H:%M:%f000Z', until, 'auto')
    WHERE incident_id = NEW.incident_id;

    UPDATE bounce_event SET incident_id = NEW.incident_id
    WHERE incident_id IS NULL AND event_number IN (SELECT event_number FROM incident_event WHERE incident_id = NEW.incident_id);
    -- who was archived for a state that the address has no longer comes back
    INSERT INTO restored_contact(archive_id)
    SELECT c.archive_id
    FROM archived_contact AS c
    JOIN address AS a ON a.email = c.email
    WHERE c.email IN (SELECT email FROM bounce_event WHERE incident_id = NEW.incident_id)
      AND c.bounce_state IN ('hard', 'soft', 'block', 'pending', 'confirmed') AND c.bounce_state <> a.bounce_state AND a.sendable
      AND NOT EXISTS (SELECT 1 FROM contact AS again WHERE again.email = c.email AND again.created_at > c.archived_at);
END;

DROP TRIGGER IF EXISTS incident_delete;
CREATE TRIGGER incident_delete AFTER DELETE ON incident
BEGIN
    UPDATE bounce_event SET incident_id = (SELECT min(i.incident_id) FROM incident_event AS i WHERE i.event_number = bounce_event.event_number)
    WHERE incident_id = OLD.incident_id;
END;

-- An incident that is changed is deleted and inserted.
DROP TRIGGER IF EXISTS incident_update;
CREATE TRIGGER incident_update BEFORE UPDATE OF incident_id, domain, category, since, until ON incident
WHEN (OLD.since GLOB '????-??-??T??:??:??.??????Z' AND OLD.until GLOB '????-??-??T??:??:??.??????Z')
    AND (NEW.domain IS NOT OLD.domain OR NEW.category IS NOT OLD.category OR NEW.since <> OLD.since OR NEW.until <> OLD.until OR NEW.incident_id <> OLD.incident_id)
BEGIN
    DELETE FROM incident WHERE incident_id = OLD.incident_id;
    INSERT INTO incident(incident_id, domain, category, since, until, note, created_at)
    VALUES (NEW.incident_id, NEW.domain, NEW.category, NEW.since, NEW.until, NEW.note, NEW.created_at);
    SELECT RAISE(IGNORE);
END;

-- ---- 8. statements to copy ----
--
-- The scheduled job: schedule_sqlite.sql, from cron or a systemd timer (doc/scale.md).
--
-- Clean: look first, then do it, then perhaps undo it.
--     SELECT * FROM cleaning_preview WHERE rule = 'confirmed';
--     INSERT INTO cleaning_run(rule) VALUES ('confirmed');
--     SELECT * FROM cleaning_run ORDER BY run_id DESC LIMIT 1;
--     UPDATE cleaning_run SET undone_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE run_id = 1;
-- A rule of your own: full mailboxes, older than 60 days, at least 5 strikes, of one domain, to rest for 90 days.
--     INSERT INTO cleaning_rule(name, action, applies_to, category, older_than_days, at_least, domain, pause_days)
--     VALUES ('full', 'pause', 'soft', 'mailbox_full', 60, 5, 'example.com', 90);
--
-- A provider refused living users for an hour. DELETE FROM incident puts its events in again.
--     INSERT INTO incident(domain, category, since, until, note)
--     VALUES ('example.com', 'user_unknown', '2026-03-01T10:00Z', '2026-03-01T11:00Z', 'their directory was down');
--
-- After an update of mailbounce: run this file again, then read all diagnostics under the new rules (after a change of own_rules: WHERE
-- rules_version IS NOT NULL). Histories follow; only addresses whose events changed are written.
--     UPDATE bounce_event SET event = NULL WHERE rules_version <> bounce_rules_version();
-- All histories anew from their events, for instance after bounce_event was loaded without triggers:
--     INSERT INTO rebuild SELECT email FROM address;
--
-- Unreadable events, corrected and given again:
--     INSERT INTO bounce_event(event_id, email, at, event, diagnostic, message_id, account)
--     SELECT event_id, email, '2026-01-02', event, diagnostic, message_id, account FROM rejected_event WHERE rejected_id = 1;
--     DELETE FROM rejected_event WHERE rejected_id = 1;
--
-- Your own tables. If bounces are in a table of yours, hand them on, and the kit does the rest:
--     CREATE TRIGGER my_bounce AFTER INSERT ON my_bounces BEGIN
--         INSERT INTO bounce_event(event_id, email, at, diagnostic) VALUES (NEW.id, NEW.rcpt, NEW.received, NEW.reply);
--     END;
--     INSERT INTO bounce_event(event_id, email, at, diagnostic) SELECT id, rcpt, received, reply FROM my_bounces;      -- those from before
-- Who may be mailed of a table of yours: the address decides (INSERT INTO rebuild SELECT mail FROM subscriber makes the rows).
--     SELECT s.* FROM subscriber AS s JOIN address AS a ON a.email = lower(s.mail) WHERE a.sendable AND a.verdict = 'ok';
-- Or without the kit, the history and its state in your own table; here a misspelt event is an error:
--     ALTER TABLE subscriber ADD COLUMN bounces BLOB;
--     ALTER TABLE subscriber ADD COLUMN bounce_state TEXT GENERATED ALWAYS AS (bounce_state_of(bounces, 'benchmark')) VIRTUAL;
--     CREATE TRIGGER my_bounce AFTER INSERT ON my_bounces BEGIN
--         UPDATE subscriber SET bounces = bounce_history_add(bounces, NEW.reply, NEW.received) WHERE mail = NEW.rcpt;
--     END;
--
-- Many processes that write at once: PRAGMA journal_mode = WAL once, and in each of them .timeout 60000 (PRAGMA busy_timeout = 60000).
-- Many events: one transaction, or one INSERT ... SELECT.

-- ---- 9. provider events ----
--
-- What Amazon SES, SendGrid, Mailgun and Postmark report to a webhook, as they send it.
--
--     INSERT INTO provider_payload(provider, payload) VALUES ('ses', :body_of_the_request);
--
-- That is all: a trigger reads the payload, writes its events into bounce_event, and puts what can't be read into
-- rejected_event with the reason. Without a provider (NULL) the payload itself tells which one it is. The same payload
-- again adds no event: an event's id is made of the provider's own ids.
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
-- Payloads are kept. To throw old ones away: DELETE FROM provider_payload WHERE received_at < date('now', '-90 days');

CREATE TABLE IF NOT EXISTS provider_payload (
    payload_id  INTEGER PRIMARY KEY,
    provider    TEXT,               -- ses, sendgrid, mailgun, postmark; NULL: the payload tells
    payload     TEXT NOT NULL,
    received_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
);

-- Programs that open and click without a person: patterns of LIKE over the user agent. Add your own.
CREATE TABLE IF NOT EXISTS machine_agent (
    agent TEXT PRIMARY KEY,
    note  TEXT
);
INSERT OR IGNORE INTO machine_agent(agent, note) VALUES
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
    ('python-%', 'programs');

-- views are made anew, so that a newer version of this file brings newer ones
DROP TRIGGER IF EXISTS provider_payload_insert;
DROP VIEW IF EXISTS ses_event;
DROP VIEW IF EXISTS sendgrid_event;
DROP VIEW IF EXISTS mailgun_event;
DROP VIEW IF EXISTS postmark_event;
DROP VIEW IF EXISTS provider_event;
DROP VIEW IF EXISTS provider_reading;
DROP VIEW IF EXISTS ses_reading;
DROP VIEW IF EXISTS sendgrid_reading;
DROP VIEW IF EXISTS mailgun_reading;
DROP VIEW IF EXISTS postmark_reading;
DROP VIEW IF EXISTS provider_document;

-- The payload as a JSON document, NULL if it is none, and whose it is. \u0000 is legal in JSON, but not in a text:
-- it becomes the replacement character.
-- json_each(json_array(x)) holds x fast: one row, its value. Without it SQLite would put the expression wherever it is named.
CREATE VIEW provider_document AS
SELECT payload_id, document,
       coalesce(nullif(lower(trim(provider)), ''), CASE
           WHEN json_type(document) = 'array' THEN 'sendgrid'
           WHEN json_type(document, '$.sg_event_id') IS NOT NULL THEN 'sendgrid'
           WHEN json_type(document, '$.RecordType') IS NOT NULL THEN 'postmark'
           WHEN json_type(document, '$.event-data') IS NOT NULL THEN 'mailgun'
           WHEN json_type(document, '$.log-level') IS NOT NULL THEN 'mailgun'
           WHEN json_type(document, '$.notificationType') IS NOT NULL THEN 'ses'
           WHEN json_type(document, '$.eventType') IS NOT NULL THEN 'ses'
           WHEN json_type(document, '$.TopicArn') IS NOT NULL THEN 'ses'
       END) AS provider
FROM (SELECT payload_id, provider, d.value AS document
      FROM (SELECT payload_id, provider, replace(CAST(payload AS TEXT), '\u0000', '\ufffd') AS text FROM provider_payload)
      JOIN json_each(json_array(CASE WHEN json_valid(text) THEN text END)) AS d);

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
CREATE VIEW ses_reading AS
SELECT payload_id, message AS part,
       'ses:' || coalesce(message ->> '$.bounce.feedbackId', message ->> '$.complaint.feedbackId',
           coalesce(message ->> '$.mail.messageId', document ->> '$.MessageId') || ':' || kind || ':' || time) || ':' || lower(email) AS event_id,
       email, time,
       CASE kind
           WHEN 'Bounce' THEN CASE WHEN term = 'suppressed' THEN term END
           WHEN 'Complaint' THEN CASE WHEN message ->> '$.complaint.complaintSubType' = 'OnAccountSuppressionList' THEN 'suppressed' ELSE 'complaint' END
           WHEN 'Delivery' THEN 'delivered'
           WHEN 'Send' THEN 'sent'
           WHEN 'Open' THEN 'open'
           WHEN 'Click' THEN 'click'
           WHEN 'Subscription' THEN CASE WHEN wants_mail THEN 'subscribe' ELSE 'unsubscribe' END
       END AS event,
       -- a status alone is the server's word, too, if it says something
       coalesce(recipient ->> '$.diagnosticCode',
           CASE WHEN classify_bounce(recipient ->> '$.status') <> 'unknown' THEN recipient ->> '$.status' END) AS diagnostic,
       -- General and Undetermined say less than "unknown"
       CASE WHEN subtype NOT IN ('General', 'Undetermined') THEN term END AS term,
       coalesce(term, CASE message ->> '$.bounce.bounceType'
           WHEN 'Permanent' THEN 'hard' WHEN 'Transient' THEN 'soft' WHEN 'Undetermined' THEN 'unknown' END) AS otherwise,
       kind = 'DeliveryDelay' AS delayed,
       coalesce(message ->> '$.open.userAgent', message ->> '$.click.userAgent') AS agent,
       CASE
           WHEN kind IN ('Open', 'Click', 'Subscription') AND json_array_length(message, '$.mail.destination') > 1 THEN 1    -- whose?
           WHEN kind = 'Subscription' THEN wants_mail = wanted_mail                         -- other topics, but not all or none
           WHEN kind = 'Complaint' THEN message ->> '$.complaint.complaintFeedbackType' IN ('not-spam', 'auth-failure')
       END AS left_out,
       message ->> '$.mail.messageId' AS message_id,
       message ->> '$.mail.sendingAccountId' AS account,
       CASE
           WHEN document IS NULL THEN 'the payload is not JSON'
           WHEN document ->> '$.Type' IN ('SubscriptionConfirmation', 'UnsubscribeConfirmation')
               THEN 'SNS ' || (document ->> '$.Type') || ', no event: open its SubscribeURL to confirm'
           WHEN document ->> '$.Type' IS NOT NULL AND EXISTS (SELECT 1 FROM json_tree(document) WHERE typeof(key) = 'text' GROUP BY parent, key HAVING count(*) > 1)
               THEN 'a key twice in one object'
           WHEN message IS NULL THEN 'the Message of the SNS notification is not JSON'
           WHEN kind IS NULL THEN 'neither notificationType nor eventType'
           WHEN list IS NULL THEN 'unknown event type "' || substr(kind, 1, 40) || '"'
           WHEN json_type(message, list) IS NULL THEN 'no ' || substr(list, 3)
           WHEN json_type(message, list) <> 'array' THEN substr(list, 3) || ' is not a list'
           WHEN email IS NULL THEN 'no address in ' || substr(list, 3)
           WHEN kind = 'Subscription' AND json_type(message, '$.subscription.newTopicPreferences') IS NOT 'object' THEN 'no subscription.newTopicPreferences'
       END AS problem
FROM (SELECT payload_id, document, message, kind, list,
             CASE r.type WHEN 'object' THEN r.value END AS recipient,
             CASE r.type WHEN 'object' THEN r.value ->> '$.emailAddress' WHEN 'text' THEN r.value END AS email,
             message ->> CASE kind
                 WHEN 'Bounce' THEN '$.bounce.timestamp'
                 WHEN 'Complaint' THEN '$.complaint.timestamp'
                 WHEN 'Delivery' THEN '$.delivery.timestamp'
                 WHEN 'DeliveryDelay' THEN '$.deliveryDelay.timestamp'
                 WHEN 'Open' THEN '$.open.timestamp'
                 WHEN 'Click' THEN '$.click.timestamp'
                 WHEN 'Subscription' THEN '$.subscription.timestamp'
                 ELSE '$.mail.timestamp'
             END AS time,
             CASE kind
                 WHEN 'Bounce' THEN message ->> '$.bounce.bounceSubType'
                 WHEN 'DeliveryDelay' THEN message ->> '$.deliveryDelay.delayType'
                 ELSE kind
             END AS subtype,
             bounce_from('ses', CASE kind
                 WHEN 'Bounce' THEN (message ->> '$.bounce.bounceType') || '/' || (message ->> '$.bounce.bounceSubType')
                 WHEN 'DeliveryDelay' THEN 'DeliveryDelay/' || (message ->> '$.deliveryDelay.delayType')
                 WHEN 'Reject' THEN kind
                 WHEN 'Rendering Failure' THEN kind
             END) AS term,
             -- wants mail: has not unsubscribed from all, nor from every topic
             NOT (coalesce(message ->> '$.subscription.newTopicPreferences.unsubscribeAll', 0) IN (1, 'true')
                 OR (SELECT count(*) > 0 AND sum(t.value = 'OptIn') = 0 FROM json_tree(message, '$.subscription.newTopicPreferences.topicSubscriptionStatus') t
                     WHERE t.key = 'subscriptionStatus')) AS wants_mail,
             NOT (coalesce(message ->> '$.subscription.oldTopicPreferences.unsubscribeAll', 0) IN (1, 'true')
                 OR (SELECT count(*) > 0 AND sum(t.value = 'OptIn') = 0 FROM json_tree(message, '$.subscription.oldTopicPreferences.topicSubscriptionStatus') t
                     WHERE t.key = 'subscriptionStatus')) AS wanted_mail
      FROM (SELECT payload_id, document, message, kind,
                   CASE
                       WHEN kind = 'Bounce' THEN '$.bounce.bouncedRecipients'
                       WHEN kind = 'Complaint' THEN '$.complaint.complainedRecipients'
                       WHEN kind = 'Delivery' THEN '$.delivery.recipients'
                       WHEN kind = 'DeliveryDelay' THEN '$.deliveryDelay.delayedRecipients'
                       WHEN kind IN ('Send', 'Reject', 'Rendering Failure', 'Open', 'Click', 'Subscription') THEN '$.mail.destination'
                   END AS list
            FROM (SELECT payload_id, document, m.value AS message, k.value AS kind
                  FROM provider_document
                  JOIN json_each(json_array(CASE
                      WHEN document ->> '$.Type' IS NULL THEN document
                      WHEN json_valid(document ->> '$.Message') THEN document ->> '$.Message'
                  END)) AS m
                  JOIN json_each(json_array(coalesce(m.value ->> '$.notificationType', m.value ->> '$.eventType'))) AS k
                  WHERE provider = 'ses'))
      LEFT JOIN json_each(CASE WHEN json_type(message, list) = 'array' THEN message END, list) r);

-- SendGrid. Document: "Event Webhook Reference" (Twilio SendGrid). One request holds a list of events.
CREATE VIEW sendgrid_reading AS
SELECT payload_id, doc AS part,
       'sendgrid:' || coalesce(doc ->> '$.sg_event_id',
           coalesce(doc ->> '$.sg_message_id', doc ->> '$.smtp-id', '') || ':' || kind || ':' || (doc ->> '$.timestamp') || ':' || lower(email)) AS event_id,
       email,
       doc ->> '$.timestamp' AS time,
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
           WHEN kind = 'deferred' THEN doc ->> '$.response'
           WHEN kind IN ('bounce', 'blocked', 'expired') THEN coalesce(doc ->> '$.reason',
               CASE WHEN classify_bounce(doc ->> '$.status') <> 'unknown' THEN doc ->> '$.status' END)
           WHEN kind = 'dropped' THEN doc ->> '$.reason'
       END AS diagnostic,
       CASE
           WHEN kind = 'dropped' AND doc ->> '$.reason' = 'Invalid' THEN 'bad_address'
           WHEN kind = 'dropped' AND doc ->> '$.reason' <> '' THEN 'block'                    -- SendGrid's own reasons
           WHEN kind = 'expired' OR doc ->> '$.type' = 'expired' THEN 'expired'
           WHEN doc ->> '$.bounce_classification' <> 'Unclassified' THEN bounce_from('sendgrid', doc ->> '$.bounce_classification')
       END AS term,
       CASE
           WHEN kind = 'dropped' THEN bounce_from('sendgrid', kind)
           WHEN kind = 'blocked' OR doc ->> '$.type' = 'blocked' THEN 'block'
           WHEN kind = 'bounce' THEN 'hard'
       END AS otherwise,
       kind = 'deferred' AS delayed,
       doc ->> '$.useragent' AS agent,
       doc ->> '$.sg_machine_open' IN (1, 'true') AS left_out,
       -- as the answer to the sending request names it (X-Message-Id)
       CASE
           WHEN instr(doc ->> '$.sg_message_id', '.filter') > 0 THEN substr(doc ->> '$.sg_message_id', 1, instr(doc ->> '$.sg_message_id', '.filter') - 1)
           WHEN instr(doc ->> '$.sg_message_id', '.recvd') > 0 THEN substr(doc ->> '$.sg_message_id', 1, instr(doc ->> '$.sg_message_id', '.recvd') - 1)
           ELSE doc ->> '$.sg_message_id'
       END AS message_id,
       NULL AS account,
       CASE
           WHEN type IS NULL THEN CASE         -- looks at the whole list: once, not for each of its events
               WHEN document IS NULL THEN 'the payload is not JSON'
               WHEN json_type(document) = 'array' THEN 'the list holds no event'
               ELSE 'not a list of events' END
           WHEN type <> 'object' THEN 'what the list holds is not an event'
           WHEN kind IS NULL THEN 'no event type'
           WHEN kind NOT IN ('processed', 'deferred', 'delivered', 'bounce', 'blocked', 'expired', 'dropped', 'open', 'click', 'spamreport',
               'unsubscribe', 'group_unsubscribe', 'group_resubscribe') THEN 'unknown event type "' || substr(kind, 1, 40) || '"'
       END AS problem
FROM (SELECT payload_id, document, type, doc, doc ->> '$.event' AS kind, doc ->> '$.email' AS email
      FROM (SELECT payload_id, document, e.type, CASE e.type WHEN 'object' THEN e.value ELSE json_quote(e.value) END AS doc
            FROM provider_document
            LEFT JOIN json_each(CASE json_type(document) WHEN 'array' THEN document WHEN 'object' THEN '[' || document || ']' END) e
            WHERE provider = 'sendgrid'));

-- Mailgun. Documents: "Webhooks", "Webhook Payloads" and "Event Structure" (Mailgun user manual). The event is in
-- event-data; what the Events API gives has no such cover. An id is unique within a day only.
CREATE VIEW mailgun_reading AS
SELECT payload_id, document AS part,
       'mailgun:' || coalesce(doc ->> '$.id', (doc ->> '$.message.headers.message-id') || ':' || kind || ':' || lower(email))
           || ':' || CAST(doc ->> '$.timestamp' AS INTEGER) AS event_id,
       email,
       doc ->> '$.timestamp' AS time,
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
           WHEN 'failed' THEN CASE WHEN (code BETWEEN 400 AND 497 OR code BETWEEN 500 AND 599) AND said NOT LIKE code || '%' THEN code || ' ' ELSE '' END
               || said
           WHEN 'rejected' THEN nullif(doc ->> '$.reject.reason', '')
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
       doc ->> '$.client-info.user-agent' AS agent,
       coalesce(doc ->> '$.client-info.bot', '') NOT IN ('', 0, 'false') OR coalesce(doc ->> '$.client-info.client-type', '') = 'robot' AS left_out,
       trim(doc ->> '$.message.headers.message-id', '<>') AS message_id,
       doc ->> '$.account.id' AS account,
       CASE
           WHEN document IS NULL THEN 'the payload is not JSON'
           WHEN doc IS NULL OR json_type(doc) <> 'object' THEN 'event-data is not an event'
           WHEN kind IS NULL THEN 'no event type'
           WHEN kind NOT IN ('accepted', 'rejected', 'delivered', 'failed', 'opened', 'clicked', 'complained', 'unsubscribed')
               THEN 'unknown event type "' || substr(kind, 1, 40) || '"'
       END AS problem
FROM (SELECT payload_id, document, doc, doc ->> '$.event' AS kind, doc ->> '$.recipient' AS email, doc ->> '$.severity' AS severity, doc ->> '$.reason' AS reason,
             CAST(doc ->> '$.delivery-status.code' AS INTEGER) AS code,
             coalesce(nullif(doc ->> '$.delivery-status.message', ''), nullif(doc ->> '$.delivery-status.description', '')) AS said
      FROM (SELECT payload_id, document, d.value AS doc
            FROM provider_document
            JOIN json_each(json_array(CASE json_type(document, '$.event-data')
                WHEN 'object' THEN document ->> '$.event-data'
                ELSE CASE WHEN json_type(document, '$.event-data') IS NULL THEN document END
            END)) AS d
            WHERE provider = 'mailgun'));

-- Postmark. Documents: "Bounce webhook", "Delivery webhook", "Open tracking webhook", "Click webhook", "Spam complaint
-- webhook", "Subscription change webhook" and "Bounce types" (Postmark developer documentation).
CREATE VIEW postmark_reading AS
SELECT payload_id, document AS part,
       'postmark:' || kind || ':' || coalesce(document ->> '$.ID', coalesce(document ->> '$.MessageID', '') || ':' || lower(email) || ':' || time) AS event_id,
       email, time,
       CASE
           WHEN kind = 'Delivery' THEN 'delivered'
           WHEN kind = 'Open' THEN 'open'
           WHEN kind = 'Click' THEN 'click'
           WHEN kind = 'SpamComplaint' OR type = 'SpamComplaint' THEN 'complaint'
           WHEN kind = 'Bounce' AND type = 'Unsubscribe' THEN 'unsubscribe'
           WHEN kind = 'Bounce' AND term = 'suppressed' THEN 'suppressed'
           -- put on the suppression list, or taken off it, by the person or by you
           WHEN kind = 'SubscriptionChange' AND document ->> '$.SuppressSending' THEN CASE
               WHEN document ->> '$.SuppressionReason' = 'SpamComplaint' THEN 'complaint'
               WHEN document ->> '$.SuppressionReason' = 'ManualSuppression' AND document ->> '$.Origin' = 'Recipient' THEN 'unsubscribe'
               ELSE 'suppressed' END
           WHEN kind = 'SubscriptionChange' THEN CASE WHEN document ->> '$.Origin' = 'Recipient' THEN 'subscribe' ELSE 'reactivate' END
       END AS event,
       CASE WHEN kind IN ('Bounce', 'SMTPApiError') THEN nullif(document ->> '$.Details', '') END AS diagnostic,
       CASE WHEN type <> 'Unknown' THEN term END AS term,
       CASE WHEN kind IN ('Bounce', 'SMTPApiError') THEN coalesce(term, 'unknown') END AS otherwise,
       0 AS delayed,
       document ->> '$.UserAgent' AS agent,
       0 AS left_out,
       document ->> '$.MessageID' AS message_id,
       CAST(document ->> '$.ServerID' AS TEXT) AS account,
       CASE
           WHEN document IS NULL THEN 'the payload is not JSON'
           WHEN kind IS NULL THEN 'no RecordType'
           WHEN kind NOT IN ('Bounce', 'SMTPApiError', 'SpamComplaint', 'Delivery', 'Open', 'Click', 'SubscriptionChange')
               THEN 'unknown event type "' || substr(kind, 1, 40) || '"'
           WHEN kind = 'SubscriptionChange' AND coalesce(json_type(document, '$.SuppressSending'), '') NOT IN ('true', 'false')
               THEN 'SuppressSending is neither true nor false'
       END AS problem
FROM (SELECT payload_id, document, document ->> '$.RecordType' AS kind, document ->> '$.Type' AS type,
             coalesce(document ->> '$.Email', document ->> '$.Recipient') AS email,
             coalesce(document ->> '$.BouncedAt', document ->> '$.DeliveredAt', document ->> '$.ReceivedAt', document ->> '$.ChangedAt') AS time,
             bounce_from('postmark', document ->> '$.Type') AS term
      FROM provider_document WHERE provider = 'postmark');

-- All four, and the payloads that are nobody's.
CREATE VIEW provider_reading AS
SELECT 'ses' AS provider, * FROM ses_reading
UNION ALL SELECT 'sendgrid', * FROM sendgrid_reading
UNION ALL SELECT 'mailgun', * FROM mailgun_reading
UNION ALL SELECT 'postmark', * FROM postmark_reading
UNION ALL SELECT provider, payload_id, document, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, CASE
        WHEN provider IS NOT NULL THEN 'unknown provider "' || substr(provider, 1, 40) || '": ses, sendgrid, mailgun or postmark'
        WHEN document IS NULL THEN 'the payload is not JSON'
        ELSE 'no known provider''s payload' END
    FROM provider_document WHERE provider IS NULL OR provider NOT IN ('ses', 'sendgrid', 'mailgun', 'postmark');

-- What all providers have in common: which words decide, the time in UTC, the last checks.
-- An event that is NULL is read from the diagnostic by the trigger on bounce_event, and again after a rules update.
CREATE VIEW provider_event AS
SELECT payload_id, provider, part, event_id, email, at, event, diagnostic, message_id, account,
       coalesce(problem, CASE
           WHEN EXISTS (SELECT 1 FROM json_tree(part) WHERE typeof(key) = 'text' GROUP BY parent, key HAVING count(*) > 1) THEN 'a key twice in one object'
           WHEN email IS NULL THEN 'no address'
           WHEN email NOT LIKE '_%@_%' THEN '"' || substr(email, 1, 80) || '" is no address'
           WHEN at IS NULL THEN 'no time that can be read'
           WHEN event IS NULL AND diagnostic IS NULL THEN 'no event and no diagnostic'
       END) AS problem
FROM (SELECT payload_id, provider, part, event_id, email, diagnostic, message_id, account, problem,
      CASE
          WHEN event IS NOT NULL THEN event
          WHEN delayed THEN coalesce(CASE WHEN category NOT IN ('unknown', 'delivered', 'complaint', 'auto_reply', 'suppressed')
              THEN category ELSE term END || '/', '') || 'pending'
          WHEN diagnostic IS NULL THEN coalesce(term, otherwise)
          WHEN category = 'unknown' THEN term
      END AS event,
      CASE
          -- Unix seconds
          WHEN typeof(time) IN ('integer', 'real') THEN CASE WHEN time >= 100000000 AND time < 253402300800
              THEN strftime('%Y-%m-%dT%H:%M:%S', CAST(round(time * 1000000) AS INTEGER) / 1000000, 'unixepoch')
                  || printf('.%06dZ', CAST(round(time * 1000000) AS INTEGER) % 1000000) END
          -- ISO 8601: seconds, their decimals, and the zone, UTC if there is none
          WHEN date(substr(time, 1, 10), '+0 days') = substr(time, 1, 10) AND substr(time, 11, 1) IN ('T', ' ') AND substr(time, 1, 4) > '0000'
              AND (decimals = '' OR decimals LIKE '._%') AND substr(decimals, 2) NOT GLOB '*[^0-9]*'
              THEN strftime('%Y-%m-%dT%H:%M:%S', substr(time, 1, 19) || coalesce(zone, 'Z'))
                  || substr(printf('%.6f', min(0.999999, CAST('0' || decimals AS REAL))), 2) || 'Z'
          END AS at
      FROM (SELECT payload_id, provider, part, event_id, event, diagnostic, term, otherwise, delayed, message_id, account, problem,
                   classify_bounce(diagnostic, (SELECT value FROM setting WHERE name = 'own_rules')) AS category,
                   -- Name <address>
                   lower(trim(CASE WHEN email LIKE '%<%>' THEN substr(email, instr(email, '<') + 1, instr(email, '>') - instr(email, '<') - 1) ELSE email END)) AS email,
                   CASE WHEN typeof(time) = 'text' AND time GLOB '[0-9]*' AND time NOT GLOB '*[^0-9.]*' AND time NOT LIKE '%.%.%' AND time NOT LIKE '%.'
                       THEN CAST(time AS REAL) ELSE time END AS time,
                   CASE WHEN time LIKE '%Z' THEN 'Z' WHEN substr(time, -6, 1) IN ('+', '-') THEN substr(time, -6) END AS zone,
                   CASE WHEN time LIKE '%Z' THEN substr(time, 20, length(time) - 20)
                        WHEN substr(time, -6, 1) IN ('+', '-') THEN substr(time, 20, length(time) - 25)
                        ELSE substr(time, 20) END AS decimals
            FROM provider_reading
            WHERE left_out IS NOT TRUE AND NOT EXISTS (SELECT 1 FROM machine_agent m WHERE provider_reading.agent LIKE m.agent)));

CREATE VIEW ses_event AS
SELECT payload_id, event_id, email, at, event, diagnostic, message_id, account, problem FROM provider_event WHERE provider = 'ses';
CREATE VIEW sendgrid_event AS
SELECT payload_id, event_id, email, at, event, diagnostic, message_id, account, problem FROM provider_event WHERE provider = 'sendgrid';
CREATE VIEW mailgun_event AS
SELECT payload_id, event_id, email, at, event, diagnostic, message_id, account, problem FROM provider_event WHERE provider = 'mailgun';
CREATE VIEW postmark_event AS
SELECT payload_id, event_id, email, at, event, diagnostic, message_id, account, problem FROM provider_event WHERE provider = 'postmark';

CREATE TRIGGER provider_payload_insert AFTER INSERT ON provider_payload
BEGIN
    INSERT INTO bounce_event(event_id, email, at, event, diagnostic, message_id, account)
    SELECT event_id, email, at, event, diagnostic, message_id, account
    FROM provider_event WHERE payload_id = NEW.payload_id AND problem IS NULL;

    INSERT INTO rejected_event(event_id, email, at, event, diagnostic, message_id, account, payload, reason)
    SELECT event_id, email, at, event, diagnostic, message_id, account, coalesce(part, NEW.payload), problem
    FROM provider_event WHERE payload_id = NEW.payload_id AND problem IS NOT NULL;
END;

COMMIT;

SELECT 'contact list ready: mailbounce ' || mailbounce_version() || ', rules ' || bounce_rules_version();
