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
INSERT INTO needed VALUES ('sqlite');
INSERT INTO needed VALUES ('mailbounce');
INSERT INTO needed VALUES ('functions');
DROP TABLE needed;

BEGIN IMMEDIATE;

-- ---- 1. settings ----

CREATE TABLE IF NOT EXISTS setting (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT
);

-- Only what is missing: a value that you changed stays.
INSERT INTO setting(name, value)
VALUES ('policy', 'default'),            -- when a contact is confirmed dead: doc/state.md
       ('perspective', 'default'),       -- which bounces the reports call hard, soft and block
       ('own_rules', NULL),              -- your rules, read before the built-in ones: doc/rules.md
       ('bounce_rate_mark', '0.02'),     -- above this rate a campaign is marked
       ('keep_days', '7'),               -- contacts mailed in these days are neither deleted nor archived
       ('pending_hours', '72'),          -- a message still being tried after this is overdue
       ('global_accounts', '3')          -- hard in so many accounts is a global bounce
ON CONFLICT (name) DO NOTHING;

-- Wrong values: the function that is to use the value names what is wrong.
DROP TRIGGER IF EXISTS setting_insert;
CREATE TRIGGER setting_insert BEFORE INSERT ON setting
WHEN NEW.name NOT IN ('policy', 'perspective', 'own_rules', 'bounce_rate_mark', 'keep_days', 'pending_hours', 'global_accounts')
BEGIN
    SELECT RAISE(ABORT, 'unknown setting; legal: policy, perspective, own_rules, bounce_rate_mark, keep_days, pending_hours, global_accounts');
END;

DROP TRIGGER IF EXISTS setting_name;
CREATE TRIGGER setting_name BEFORE UPDATE OF name ON setting WHEN NEW.name <> OLD.name
BEGIN
    SELECT RAISE(ABORT, 'settings cannot be renamed: change the value');
END;

DROP TRIGGER IF EXISTS setting_delete;
CREATE TRIGGER setting_delete BEFORE DELETE ON setting
BEGIN
    SELECT RAISE(ABORT, 'settings cannot be deleted: change the value');
END;

DROP TRIGGER IF EXISTS setting_value;
CREATE TRIGGER setting_value BEFORE UPDATE OF value ON setting
BEGIN
    SELECT CASE NEW.name
        WHEN 'policy' THEN bounce_state_of(NULL, NEW.value)
        WHEN 'perspective' THEN bounce_type('550', NEW.value)
        WHEN 'own_rules' THEN classify_bounce('550', NEW.value)
    END;
    SELECT RAISE(ABORT, 'setting policy cannot be empty: write default')
    WHERE NEW.name = 'policy' AND NEW.value IS NULL;
    SELECT RAISE(ABORT, 'setting policy cannot have asof: address.asof is the moment of evaluation')
    WHERE NEW.name = 'policy' AND lower(NEW.value) GLOB '*asof=*';
    SELECT RAISE(ABORT, 'setting bounce_rate_mark must be a number from 0 to 1, e.g. 0.02')
    WHERE NEW.name = 'bounce_rate_mark'
      AND (NEW.value IS NULL OR NEW.value GLOB '*[^0-9.]*' OR NEW.value NOT GLOB '[0-9]*' OR NEW.value GLOB '*.*.*' OR CAST(NEW.value AS REAL) > 1);
    SELECT RAISE(ABORT, 'settings keep_days, pending_hours and global_accounts must be whole numbers')
    WHERE NEW.name IN ('keep_days', 'pending_hours', 'global_accounts')
      AND (NEW.value IS NULL OR NEW.value = '' OR NEW.value GLOB '*[^0-9]*' OR length(NEW.value) > 6);
END;

-- ---- 2. tables ----

-- An address and its history. The history belongs to the address: a contact that changes address starts clean, one that was archived and is
-- imported again does not.
CREATE TABLE IF NOT EXISTS address (
    email          TEXT PRIMARY KEY NOT NULL,
    domain         TEXT GENERATED ALWAYS AS (CASE WHEN instr(email, '@') > 0
                       THEN substr(email, length(rtrim(email, replace(email, '@', ''))) + 1) ELSE '' END) VIRTUAL,
    bounces        BLOB,                                  -- NULL: no events
    policy         TEXT NOT NULL DEFAULT 'default',       -- setting policy
    asof           TEXT,                                  -- when the job looked at it last; NULL: the newest event
    bounce_state   TEXT GENERATED ALWAYS AS (bounce_state_of(bounces, policy || coalesce(' asof=' || asof, ''))) STORED,
    sendable       INTEGER GENERATED ALWAYS AS (bounce_sendable_of(bounces, policy || coalesce(' asof=' || asof, ''))) STORED,
    -- active: nothing that time could change (and summaries take their time)
    next_change_at TEXT GENERATED ALWAYS AS (CASE WHEN bounce_state <> 'active'
                       THEN bounce_summary_of(bounces, policy || coalesce(' asof=' || asof, '')) ->> 'next_change_at' END) STORED,
    verdict        TEXT GENERATED ALWAYS AS (email_check(email)) STORED,
    added_at       TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    -- also of those who unsubscribed or complained since
    confirmed_at   TEXT GENERATED ALWAYS AS (CASE WHEN bounce_state IN ('confirmed', 'unsubscribed', 'complained')
                       THEN bounce_summary_of(bounces, policy || coalesce(' asof=' || asof, '')) ->> 'confirmed_at' END) STORED
);
CREATE INDEX IF NOT EXISTS address_domain ON address(domain);
CREATE INDEX IF NOT EXISTS address_next_change ON address(next_change_at) WHERE next_change_at IS NOT NULL;

-- A person of your application, with the current address.
CREATE TABLE IF NOT EXISTS contact (
    contact_id   INTEGER PRIMARY KEY,
    email        TEXT NOT NULL,
    name         TEXT,
    consent      TEXT NOT NULL DEFAULT 'given'            -- asked: double opt-in, not yet answered
        CONSTRAINT "consent is given, asked or withdrawn" CHECK (consent IN ('given', 'asked', 'withdrawn')),
    paused_until TEXT,
    created_at   TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
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
    sent_at    TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
);
CREATE INDEX IF NOT EXISTS message_contact ON message(contact_id, sent_at);
CREATE INDEX IF NOT EXISTS message_campaign ON message(account, campaign);

-- What happened to messages. Give event (a word: delivered, open, hard, user_unknown/5 ...) or diagnostic (what the server said), or both:
-- then the event counts. The same event_id for the same address is stored once.
CREATE TABLE IF NOT EXISTS bounce_event (
    event_number  INTEGER PRIMARY KEY,
    event_id      TEXT DEFAULT (lower(hex(randomblob(16)))),
    email         TEXT,
    at,                                                   -- no type, so that a number keeps its fraction until it is read
    event         TEXT,
    diagnostic    TEXT,
    message_id    TEXT,
    account       TEXT,
    category      TEXT GENERATED ALWAYS AS (CASE WHEN instr('|sent|delivered|open|click|complaint|unsubscribe|subscribe|reactivate|hard|soft|block|pending|none|',
                      '|' || substr(event, 1, instr(event || '/', '/') - 1) || '|') = 0 THEN substr(event, 1, instr(event || '/', '/') - 1) END) VIRTUAL,
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
    since        TEXT
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
    word     TEXT PRIMARY KEY NOT NULL,
    category TEXT                                         -- NULL: a kind or a type
) WITHOUT ROWID;
DELETE FROM event_word;
INSERT INTO event_word(word)
VALUES ('sent'), ('delivered'), ('open'), ('click'), ('complaint'), ('unsubscribe'), ('subscribe'), ('reactivate'),
       ('hard'), ('soft'), ('block'), ('pending'), ('none');
INSERT INTO event_word(word, category)
SELECT c.category || s.column1, c.category
FROM bounce_categories AS c, (VALUES (''), ('/4'), ('/5'), ('/pending'), ('/hard'), ('/soft'), ('/block'), ('/none')) AS s
WHERE true
ON CONFLICT (word) DO NOTHING;                            -- complaint and delivered are kinds first

-- Whose event an INSERT OR REPLACE may replace, between its two triggers: one row at most.
CREATE TABLE IF NOT EXISTS replaced_event (
    email TEXT
);

-- ---- 3. how an event is read ----

-- Every event as its row says it, and as it is understood: NULL where it can't be. What is understood reads the same again.
-- The first branch of each CASE is the common form, for speed.
DROP VIEW IF EXISTS event_reading;
CREATE VIEW event_reading AS
WITH trimmed AS (
    SELECT event_number, email, at, event, diagnostic,
        lower(trim(email, char(9, 10, 13, 32))) AS address,
        trim(at, char(9, 10, 13, 32)) AS moment,
        lower(trim(event, char(9, 10, 13, 32))) AS word
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
    CASE WHEN address GLOB '?*@?*' AND length(address) <= 320 AND address NOT GLOB '*[' || char(1) || '-' || char(32, 127) || ']*' THEN address END AS email,
    CASE
        WHEN strftime('%Y-%m-%dT%H:%M:%S', substr(at, 1, 19), '+0 days') = substr(at, 1, 19) AND at >= '0001' AND substr(at, 20) = 'Z' THEN substr(at, 1, 19) || '.000000Z'
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
        WHEN EXISTS (SELECT 1 FROM event_word WHERE event_word.word = parts.event) THEN event
        WHEN event IS NULL THEN bounce_event_of(diagnostic, (SELECT value FROM setting WHERE name = 'own_rules'))
        WHEN is_text THEN bounce_event_of(event, (SELECT value FROM setting WHERE name = 'own_rules'))
        WHEN EXISTS (SELECT 1 FROM event_word WHERE event_word.word = parts.word) THEN word
    END AS event,
    -- what was read: the diagnostic, or one that was given as the event
    CASE WHEN diagnostic IS NULL AND is_text THEN event ELSE diagnostic END AS diagnostic,
    CASE WHEN event IS NULL OR (diagnostic IS NULL AND is_text) THEN bounce_rules_version() END AS rules_version
FROM parts;

-- ---- 4. triggers that keep histories ----

-- INSERT OR REPLACE removes the event that was there without calling its delete trigger: remember whose it was.
DROP TRIGGER IF EXISTS bounce_event_replace;
CREATE TRIGGER bounce_event_replace BEFORE INSERT ON bounce_event
WHEN EXISTS (SELECT 1 FROM bounce_event WHERE email = NEW.email AND event_id = NEW.event_id)
    OR EXISTS (SELECT 1 FROM bounce_event WHERE event_number = NEW.event_number)
BEGIN
    DELETE FROM replaced_event;
    INSERT INTO replaced_event
    SELECT email FROM bounce_event WHERE (email = NEW.email AND event_id = NEW.event_id) OR event_number = NEW.event_number;
END;

-- One event more. What can't be read never aborts the insert.
DROP TRIGGER IF EXISTS bounce_event_insert;
CREATE TRIGGER bounce_event_insert AFTER INSERT ON bounce_event
BEGIN
    -- received_at is NULL until the event was read: so the update trigger knows this update from others
    UPDATE bounce_event SET received_at = NULL WHERE event_number = NEW.event_number AND NEW.received_at IS NOT NULL;
    UPDATE bounce_event SET (at, event, diagnostic, rules_version, received_at) = (
        SELECT r.at, r.event, r.diagnostic, r.rules_version,
            CASE
                WHEN NEW.email IS NULL THEN 'rejected: no address'
                WHEN r.email IS NULL THEN 'rejected: "' || substr(NEW.email, 1, 80) || '" is no address'
                WHEN NEW.at IS NULL THEN 'rejected: no time'
                WHEN r.at IS NULL AND r.out_of_range THEN 'rejected: time out of range; legal: the years 0001 to 9999'
                WHEN r.at IS NULL THEN 'rejected: "' || substr(NEW.at, 1, 80) || '" is no time'
                WHEN NEW.event IS NULL AND NEW.diagnostic IS NULL THEN 'rejected: no event and no diagnostic'
                WHEN r.event IS NULL THEN 'rejected: unknown event "' || substr(NEW.event, 1, 80) || '"'
                ELSE coalesce(NEW.received_at, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
            END
        FROM (SELECT * FROM event_reading WHERE event_number = NEW.event_number LIMIT 1) AS r      -- LIMIT: read once, not once a column
        WHERE r.event_number > 0 OR r.event_number <= 0)
    WHERE event_number = NEW.event_number;

    -- the address in lower case; then it may turn out to be a redelivery
    DELETE FROM bounce_event
    WHERE event_number = NEW.event_number AND NEW.email IS NOT lower(trim(NEW.email, char(9, 10, 13, 32)))
      AND EXISTS (SELECT 1 FROM bounce_event WHERE email = lower(trim(NEW.email, char(9, 10, 13, 32))) AND event_id = NEW.event_id);
    UPDATE bounce_event SET email = lower(trim(email, char(9, 10, 13, 32))), event_id = coalesce(event_id, lower(hex(randomblob(16))))
    WHERE event_number = NEW.event_number
      AND (NEW.event_id IS NULL OR NEW.email IS NOT lower(trim(NEW.email, char(9, 10, 13, 32))));
    -- XXX incident

    INSERT INTO address(email, bounces, policy)
    SELECT email, CASE WHEN incident_id IS NULL THEN bounce_history_add(NULL, event, at) END, (SELECT value FROM setting WHERE name = 'policy')
    FROM bounce_event WHERE event_number = NEW.event_number
    ON CONFLICT (email) DO UPDATE SET
        bounces = bounce_history_merge(bounces, excluded.bounces),
        asof = CASE WHEN asof IS NULL OR asof >= (SELECT at FROM bounce_event WHERE event_number = NEW.event_number) THEN asof END;

    UPDATE address SET policy = policy WHERE email = (SELECT email FROM replaced_event); -- XXX
    DELETE FROM replaced_event;
END;

-- What can't be read goes apart.
DROP TRIGGER IF EXISTS bounce_event_reject;
CREATE TRIGGER bounce_event_reject AFTER UPDATE OF received_at ON bounce_event WHEN NEW.received_at GLOB 'rejected: *'
BEGIN
    INSERT INTO rejected_event(event_id, email, at, event, diagnostic, message_id, account, reason)
    VALUES (OLD.event_id, OLD.email, OLD.at, OLD.event, OLD.diagnostic, OLD.message_id, OLD.account, substr(NEW.received_at, 11));
    DELETE FROM bounce_event WHERE event_number = NEW.event_number;
END;
COMMIT;
