\echo Use "CREATE EXTENSION mailbounce" to load this file. \quit

-- COST: measured against cpu_operator_cost (see doc/performance.md).
-- Functions of one argument are STRICT; in the others a NULL perspective or NULL rules means none given.

CREATE FUNCTION classify_bounce(diagnostic text) RETURNS text
    AS 'MODULE_PATHNAME', 'classify_bounce' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 250;
COMMENT ON FUNCTION classify_bounce(text) IS 'the category of a bounce diagnostic';

CREATE FUNCTION classify_bounce(diagnostic text, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'classify_bounce' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION classify_bounce(text, text) IS 'the category of a bounce diagnostic';

CREATE FUNCTION classify_bounce(diagnostic bytea) RETURNS text
    AS 'MODULE_PATHNAME', 'classify_bounce' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 250;
COMMENT ON FUNCTION classify_bounce(bytea) IS 'the category of a bounce diagnostic';

CREATE FUNCTION classify_bounce(diagnostic bytea, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'classify_bounce' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION classify_bounce(bytea, text) IS 'the category of a bounce diagnostic';

CREATE FUNCTION bounce_event_of(diagnostic text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_event_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_event_of(text) IS 'the category with what came with it, for an events table';

CREATE FUNCTION bounce_event_of(diagnostic text, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_event_of' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_event_of(text, text) IS 'the category with what came with it, for an events table';

CREATE FUNCTION bounce_event_of(diagnostic bytea) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_event_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_event_of(bytea) IS 'the category with what came with it, for an events table';

CREATE FUNCTION bounce_event_of(diagnostic bytea, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_event_of' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_event_of(bytea, text) IS 'the category with what came with it, for an events table';

CREATE FUNCTION bounce_type(diagnostic text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_type(text) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_type(diagnostic text, perspective text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_type(text, text) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_type(diagnostic text, perspective text, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_type(text, text, text) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_type(diagnostic bytea) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_type(bytea) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_type(diagnostic bytea, perspective text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_type(bytea, text) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_type(diagnostic bytea, perspective text, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_type(bytea, text, text) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_action(diagnostic text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_action' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_action(text) IS 'what to do about a bounce';

CREATE FUNCTION bounce_action(diagnostic text, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_action' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_action(text, text) IS 'what to do about a bounce';

CREATE FUNCTION bounce_action(diagnostic bytea) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_action' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_action(bytea) IS 'what to do about a bounce';

CREATE FUNCTION bounce_action(diagnostic bytea, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_action' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_action(bytea, text) IS 'what to do about a bounce';

CREATE FUNCTION bounce_explain(diagnostic text) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_explain(text) IS 'category, type, action, and the words that decided';

CREATE FUNCTION bounce_explain(diagnostic text, perspective text) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_explain(text, text) IS 'category, type, action, and the words that decided';

CREATE FUNCTION bounce_explain(diagnostic text, perspective text, rules text) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_explain(text, text, text) IS 'category, type, action, and the words that decided';

CREATE FUNCTION bounce_explain(diagnostic bytea) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_explain(bytea) IS 'category, type, action, and the words that decided';

CREATE FUNCTION bounce_explain(diagnostic bytea, perspective text) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_explain(bytea, text) IS 'category, type, action, and the words that decided';

CREATE FUNCTION bounce_explain(diagnostic bytea, perspective text, rules text) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_explain(bytea, text, text) IS 'category, type, action, and the words that decided';

-- counts of categories: one pass, an array of numbers for each group

CREATE FUNCTION bounce_counts_add(internal, text) RETURNS internal
    AS 'MODULE_PATHNAME', 'bounce_counts_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_counts_add(internal, text) IS 'for aggregates';
CREATE FUNCTION bounce_counts_add(internal, text, text) RETURNS internal
    AS 'MODULE_PATHNAME', 'bounce_counts_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_counts_add(internal, text, text) IS 'for aggregates';
CREATE FUNCTION bounce_counts_add(internal, bytea) RETURNS internal
    AS 'MODULE_PATHNAME', 'bounce_counts_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_counts_add(internal, bytea) IS 'for aggregates';
CREATE FUNCTION bounce_counts_add(internal, bytea, text) RETURNS internal
    AS 'MODULE_PATHNAME', 'bounce_counts_add' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_counts_add(internal, bytea, text) IS 'for aggregates';
CREATE FUNCTION bounce_counts_remove(internal, text) RETURNS internal
    AS 'MODULE_PATHNAME', 'bounce_counts_remove' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_counts_remove(internal, text) IS 'for aggregates';
CREATE FUNCTION bounce_counts_remove(internal, text, text) RETURNS internal
    AS 'MODULE_PATHNAME', 'bounce_counts_remove' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_counts_remove(internal, text, text) IS 'for aggregates';
CREATE FUNCTION bounce_counts_remove(internal, bytea) RETURNS internal
    AS 'MODULE_PATHNAME', 'bounce_counts_remove' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_counts_remove(internal, bytea) IS 'for aggregates';
CREATE FUNCTION bounce_counts_remove(internal, bytea, text) RETURNS internal
    AS 'MODULE_PATHNAME', 'bounce_counts_remove' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
COMMENT ON FUNCTION bounce_counts_remove(internal, bytea, text) IS 'for aggregates';
CREATE FUNCTION bounce_counts_combine(internal, internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_counts_combine(internal, internal) IS 'for aggregates';
CREATE FUNCTION bounce_counts_serial(internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_counts_serial(internal) IS 'for aggregates';
CREATE FUNCTION bounce_counts_deserial(bytea, internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_counts_deserial(bytea, internal) IS 'for aggregates';
CREATE FUNCTION bounce_counts_json(internal) RETURNS json
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_counts_json(internal) IS 'for aggregates';

CREATE AGGREGATE bounce_counts(diagnostic text) (
    SFUNC = bounce_counts_add, STYPE = internal, SSPACE = 320, FINALFUNC = bounce_counts_json,
    COMBINEFUNC = bounce_counts_combine, SERIALFUNC = bounce_counts_serial, DESERIALFUNC = bounce_counts_deserial,
    MSFUNC = bounce_counts_add, MINVFUNC = bounce_counts_remove, MSTYPE = internal, MFINALFUNC = bounce_counts_json,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE bounce_counts(text) IS 'how often each category occurs';

CREATE AGGREGATE bounce_counts(diagnostic text, rules text) (
    SFUNC = bounce_counts_add, STYPE = internal, SSPACE = 320, FINALFUNC = bounce_counts_json,
    COMBINEFUNC = bounce_counts_combine, SERIALFUNC = bounce_counts_serial, DESERIALFUNC = bounce_counts_deserial,
    MSFUNC = bounce_counts_add, MINVFUNC = bounce_counts_remove, MSTYPE = internal, MFINALFUNC = bounce_counts_json,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE bounce_counts(text, text) IS 'how often each category occurs';

CREATE AGGREGATE bounce_counts(diagnostic bytea) (
    SFUNC = bounce_counts_add, STYPE = internal, SSPACE = 320, FINALFUNC = bounce_counts_json,
    COMBINEFUNC = bounce_counts_combine, SERIALFUNC = bounce_counts_serial, DESERIALFUNC = bounce_counts_deserial,
    MSFUNC = bounce_counts_add, MINVFUNC = bounce_counts_remove, MSTYPE = internal, MFINALFUNC = bounce_counts_json,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE bounce_counts(bytea) IS 'how often each category occurs';

CREATE AGGREGATE bounce_counts(diagnostic bytea, rules text) (
    SFUNC = bounce_counts_add, STYPE = internal, SSPACE = 320, FINALFUNC = bounce_counts_json,
    COMBINEFUNC = bounce_counts_combine, SERIALFUNC = bounce_counts_serial, DESERIALFUNC = bounce_counts_deserial,
    MSFUNC = bounce_counts_add, MINVFUNC = bounce_counts_remove, MSTYPE = internal, MFINALFUNC = bounce_counts_json,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE bounce_counts(bytea, text) IS 'how often each category occurs';

-- addresses, before sending

CREATE FUNCTION email_check(address text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION email_check(text) IS 'ok, syntax or typo';

CREATE FUNCTION email_suggestion(address text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION email_suggestion(text) IS 'the likely address for a mistyped well-known domain';

CREATE FUNCTION mailbounce_version() RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mailbounce_version() IS 'version of mailbounce';

CREATE FUNCTION bounce_rules_version() RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_rules_version() IS 'version of the built-in rules; results never change within one';

CREATE FUNCTION bounce_categories(
    OUT category text, OUT definition_en text, OUT definition_zh text, OUT action text,
    OUT advice_en text, OUT advice_zh text, OUT type text, OUT type_4xx text, OUT type_5xx text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 37;
COMMENT ON FUNCTION bounce_categories() IS 'the rows of the view bounce_categories';

CREATE VIEW bounce_categories AS
    SELECT category, definition_en, definition_zh, action, advice_en, advice_zh, type, type_4xx, type_5xx
    FROM bounce_categories();
COMMENT ON VIEW bounce_categories IS 'every category, what it means and what to do';
GRANT SELECT ON bounce_categories TO PUBLIC;

CREATE FUNCTION bounce_crosswalk(
    OUT category text, OUT system text, OUT term text, OUT type text, OUT outward boolean, OUT inward boolean)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 500;
COMMENT ON FUNCTION bounce_crosswalk() IS 'the rows of the view bounce_crosswalk';

CREATE VIEW bounce_crosswalk AS
    SELECT category, system, term, type, outward, inward FROM bounce_crosswalk();
COMMENT ON VIEW bounce_crosswalk IS 'how other systems name each category';
GRANT SELECT ON bounce_crosswalk TO PUBLIC;

CREATE FUNCTION bounce_term(category text, system text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_term(text, text) IS 'a system''s one term for a category';

CREATE FUNCTION bounce_from(system text, term text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_from(text, text) IS 'the category that a system''s term means';

CREATE FUNCTION bounce_rules_check(rules text, OUT line integer, OUT problem text) RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 10;
COMMENT ON FUNCTION bounce_rules_check(text) IS 'the problems of own rules, by line';

CREATE FUNCTION bounce_policies(OUT policy text, OUT definition text, OUT source text, OUT description text)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 16;
COMMENT ON FUNCTION bounce_policies() IS 'the rows of the view bounce_policies';

CREATE VIEW bounce_policies AS
    SELECT policy, definition, source, description FROM bounce_policies();
COMMENT ON VIEW bounce_policies IS 'the policies that have a name';
GRANT SELECT ON bounce_policies TO PUBLIC;

-- the type

CREATE TYPE bounce_history;

CREATE FUNCTION bounce_history_in(cstring) RETURNS bounce_history
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION bounce_history_out(bounce_history) RETURNS cstring
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION bounce_history_recv(internal) RETURNS bounce_history
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION bounce_history_send(bounce_history) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

CREATE TYPE bounce_history (
    INPUT = bounce_history_in,
    OUTPUT = bounce_history_out,
    RECEIVE = bounce_history_recv,
    SEND = bounce_history_send,
    STORAGE = extended
);
COMMENT ON TYPE bounce_history IS 'the events of a contact, as a set';
COMMENT ON FUNCTION bounce_history_in(cstring) IS 'I/O';
COMMENT ON FUNCTION bounce_history_out(bounce_history) IS 'I/O';
COMMENT ON FUNCTION bounce_history_recv(internal) IS 'I/O';
COMMENT ON FUNCTION bounce_history_send(bounce_history) IS 'I/O';

CREATE FUNCTION bounce_history_of_bytea(bytea) RETURNS bounce_history
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_history_of_bytea(bytea) IS 'a history from its bytes, checked';
CREATE CAST (bytea AS bounce_history) WITH FUNCTION bounce_history_of_bytea(bytea);
CREATE CAST (bounce_history AS bytea) WITHOUT FUNCTION;

CREATE FUNCTION bounce_history_lt(bounce_history, bounce_history) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_history_lt(bounce_history, bounce_history) IS 'implementation of <';
CREATE FUNCTION bounce_history_le(bounce_history, bounce_history) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_history_le(bounce_history, bounce_history) IS 'implementation of <=';
CREATE FUNCTION bounce_history_eq(bounce_history, bounce_history) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_history_eq(bounce_history, bounce_history) IS 'implementation of =';
CREATE FUNCTION bounce_history_ne(bounce_history, bounce_history) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_history_ne(bounce_history, bounce_history) IS 'implementation of <>';
CREATE FUNCTION bounce_history_ge(bounce_history, bounce_history) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_history_ge(bounce_history, bounce_history) IS 'implementation of >=';
CREATE FUNCTION bounce_history_gt(bounce_history, bounce_history) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_history_gt(bounce_history, bounce_history) IS 'implementation of >';
CREATE OPERATOR < (
    LEFTARG = bounce_history, RIGHTARG = bounce_history, FUNCTION = bounce_history_lt,
    COMMUTATOR = >, NEGATOR = >=, RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR <= (
    LEFTARG = bounce_history, RIGHTARG = bounce_history, FUNCTION = bounce_history_le,
    COMMUTATOR = >=, NEGATOR = >, RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR = (
    LEFTARG = bounce_history, RIGHTARG = bounce_history, FUNCTION = bounce_history_eq,
    COMMUTATOR = =, NEGATOR = <>, RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR <> (
    LEFTARG = bounce_history, RIGHTARG = bounce_history, FUNCTION = bounce_history_ne,
    COMMUTATOR = <>, NEGATOR = =, RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR >= (
    LEFTARG = bounce_history, RIGHTARG = bounce_history, FUNCTION = bounce_history_ge,
    COMMUTATOR = <=, NEGATOR = <, RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR > (
    LEFTARG = bounce_history, RIGHTARG = bounce_history, FUNCTION = bounce_history_gt,
    COMMUTATOR = <, NEGATOR = <=, RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
CREATE FUNCTION bounce_history_cmp(bounce_history, bounce_history) RETURNS integer
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_history_cmp(bounce_history, bounce_history) IS 'order of bytes, for btree';
CREATE FUNCTION bounce_history_hash(bounce_history) RETURNS integer
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_history_hash(bounce_history) IS 'hash';
CREATE FUNCTION bounce_history_hash_extended(bounce_history, bigint) RETURNS bigint
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_history_hash_extended(bounce_history, bigint) IS 'hash with a seed';

CREATE OPERATOR CLASS bounce_history_ops DEFAULT FOR TYPE bounce_history USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
    FUNCTION 1 bounce_history_cmp(bounce_history, bounce_history);
CREATE OPERATOR CLASS bounce_history_ops DEFAULT FOR TYPE bounce_history USING hash AS
    OPERATOR 1 =,
    FUNCTION 1 bounce_history_hash(bounce_history),
    FUNCTION 2 bounce_history_hash_extended(bounce_history, bigint);

-- stored histories: a NULL history is empty

CREATE FUNCTION bounce_history_add(history bounce_history, event text, at timestamptz) RETURNS bounce_history
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION bounce_history_add(bounce_history, text, timestamptz) IS 'history with one more event';

CREATE FUNCTION bounce_history_merge(a bounce_history, b bounce_history) RETURNS bounce_history
    AS 'MODULE_PATHNAME', 'bounce_history_union' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION bounce_history_merge(bounce_history, bounce_history) IS 'union of two histories';

CREATE FUNCTION bounce_state_of(history bounce_history) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION bounce_state_of(bounce_history) IS 'the state that a history means';

CREATE FUNCTION bounce_state_of(history bounce_history, policy text) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION bounce_state_of(bounce_history, text) IS 'the state that a history means';

CREATE FUNCTION bounce_summary_of(history bounce_history) RETURNS json
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION bounce_summary_of(bounce_history) IS 'all that a history means';

CREATE FUNCTION bounce_summary_of(history bounce_history, policy text) RETURNS json
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION bounce_summary_of(bounce_history, text) IS 'all that a history means';

CREATE FUNCTION bounce_sendable_of(history bounce_history) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION bounce_sendable_of(bounce_history) IS 'whether a contact with this history may be mailed';

CREATE FUNCTION bounce_sendable_of(history bounce_history, policy text) RETURNS boolean
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
COMMENT ON FUNCTION bounce_sendable_of(bounce_history, text) IS 'whether a contact with this history may be mailed';

-- aggregates: a tally is what they keep for one group

CREATE FUNCTION bounce_tally_add(internal, text, timestamptz) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_add(internal, text, timestamptz) IS 'for aggregates';
CREATE FUNCTION bounce_tally_add(internal, text, timestamptz, text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_add(internal, text, timestamptz, text) IS 'for aggregates';
CREATE FUNCTION bounce_tally_add_moving(internal, text, timestamptz) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_add_moving(internal, text, timestamptz) IS 'for aggregates';
CREATE FUNCTION bounce_tally_add_moving(internal, text, timestamptz, text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_add_moving(internal, text, timestamptz, text) IS 'for aggregates';
CREATE FUNCTION bounce_tally_remove(internal, text, timestamptz) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_remove(internal, text, timestamptz) IS 'for aggregates';
CREATE FUNCTION bounce_tally_remove(internal, text, timestamptz, text) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_remove(internal, text, timestamptz, text) IS 'for aggregates';
CREATE FUNCTION bounce_tally_add_history(internal, bounce_history) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_add_history(internal, bounce_history) IS 'for aggregates';
CREATE FUNCTION bounce_tally_combine(internal, internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_combine(internal, internal) IS 'for aggregates';
CREATE FUNCTION bounce_tally_serial(internal) RETURNS bytea
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_serial(internal) IS 'for aggregates';
CREATE FUNCTION bounce_tally_deserial(bytea, internal) RETURNS internal
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_deserial(bytea, internal) IS 'for aggregates';
CREATE FUNCTION bounce_tally_state(internal) RETURNS text
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_state(internal) IS 'for aggregates';
CREATE FUNCTION bounce_tally_summary(internal) RETURNS json
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_summary(internal) IS 'for aggregates';
CREATE FUNCTION bounce_tally_history(internal) RETURNS bounce_history
    AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION bounce_tally_history(internal) IS 'for aggregates';
CREATE AGGREGATE bounce_state(event text, at timestamptz) (
    SFUNC = bounce_tally_add, STYPE = internal, SSPACE = 128, FINALFUNC = bounce_tally_state,
    COMBINEFUNC = bounce_tally_combine, SERIALFUNC = bounce_tally_serial, DESERIALFUNC = bounce_tally_deserial,
    MSFUNC = bounce_tally_add_moving, MINVFUNC = bounce_tally_remove, MSTYPE = internal, MFINALFUNC = bounce_tally_state,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE bounce_state(text, timestamptz) IS 'a contact''s state';

CREATE AGGREGATE bounce_state(event text, at timestamptz, policy text) (
    SFUNC = bounce_tally_add, STYPE = internal, SSPACE = 128, FINALFUNC = bounce_tally_state,
    COMBINEFUNC = bounce_tally_combine, SERIALFUNC = bounce_tally_serial, DESERIALFUNC = bounce_tally_deserial,
    MSFUNC = bounce_tally_add_moving, MINVFUNC = bounce_tally_remove, MSTYPE = internal, MFINALFUNC = bounce_tally_state,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE bounce_state(text, timestamptz, text) IS 'a contact''s state';

CREATE AGGREGATE bounce_summary(event text, at timestamptz) (
    SFUNC = bounce_tally_add, STYPE = internal, SSPACE = 128, FINALFUNC = bounce_tally_summary,
    COMBINEFUNC = bounce_tally_combine, SERIALFUNC = bounce_tally_serial, DESERIALFUNC = bounce_tally_deserial,
    MSFUNC = bounce_tally_add_moving, MINVFUNC = bounce_tally_remove, MSTYPE = internal, MFINALFUNC = bounce_tally_summary,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE bounce_summary(text, timestamptz) IS 'all about a contact''s state';

CREATE AGGREGATE bounce_summary(event text, at timestamptz, policy text) (
    SFUNC = bounce_tally_add, STYPE = internal, SSPACE = 128, FINALFUNC = bounce_tally_summary,
    COMBINEFUNC = bounce_tally_combine, SERIALFUNC = bounce_tally_serial, DESERIALFUNC = bounce_tally_deserial,
    MSFUNC = bounce_tally_add_moving, MINVFUNC = bounce_tally_remove, MSTYPE = internal, MFINALFUNC = bounce_tally_summary,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE bounce_summary(text, timestamptz, text) IS 'all about a contact''s state';

CREATE AGGREGATE bounce_history(event text, at timestamptz) (
    SFUNC = bounce_tally_add, STYPE = internal, SSPACE = 128, FINALFUNC = bounce_tally_history,
    COMBINEFUNC = bounce_tally_combine, SERIALFUNC = bounce_tally_serial, DESERIALFUNC = bounce_tally_deserial,
    MSFUNC = bounce_tally_add_moving, MINVFUNC = bounce_tally_remove, MSTYPE = internal, MFINALFUNC = bounce_tally_history,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE bounce_history(text, timestamptz) IS 'the events, as a value to store';

CREATE AGGREGATE bounce_history_merge(history bounce_history) (
    SFUNC = bounce_tally_add_history, STYPE = internal, SSPACE = 1024, FINALFUNC = bounce_tally_history,
    COMBINEFUNC = bounce_tally_combine, SERIALFUNC = bounce_tally_serial, DESERIALFUNC = bounce_tally_deserial,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE bounce_history_merge(bounce_history) IS 'union of histories';
