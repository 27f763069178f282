\echo Use "CREATE EXTENSION mailbounce" to load this file. \quit

-- COST: measured against cpu_operator_cost (see doc/performance.md).
-- Functions of one argument are STRICT; in the others a NULL perspective or NULL rules means none given.

CREATE FUNCTION classify_bounce(diagnostic text) RETURNS text
    AS 'MODULE_PATHNAME', 'classify_bounce' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION classify_bounce(text) IS 'the category of a bounce diagnostic';

CREATE FUNCTION classify_bounce(diagnostic text, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'classify_bounce' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION classify_bounce(text, text) IS 'the category of a bounce diagnostic';

CREATE FUNCTION classify_bounce(diagnostic bytea) RETURNS text
    AS 'MODULE_PATHNAME', 'classify_bounce' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION classify_bounce(bytea) IS 'the category of a bounce diagnostic';

CREATE FUNCTION classify_bounce(diagnostic bytea, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'classify_bounce' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION classify_bounce(bytea, text) IS 'the category of a bounce diagnostic';

CREATE FUNCTION bounce_event_of(diagnostic text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_event_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_event_of(text) IS 'the category with what came with it, for an events table';

CREATE FUNCTION bounce_event_of(diagnostic text, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_event_of' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_event_of(text, text) IS 'the category with what came with it, for an events table';

CREATE FUNCTION bounce_event_of(diagnostic bytea) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_event_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_event_of(bytea) IS 'the category with what came with it, for an events table';

CREATE FUNCTION bounce_event_of(diagnostic bytea, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_event_of' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_event_of(bytea, text) IS 'the category with what came with it, for an events table';

CREATE FUNCTION bounce_type(diagnostic text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_type(text) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_type(diagnostic text, perspective text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_type(text, text) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_type(diagnostic text, perspective text, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_type(text, text, text) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_type(diagnostic bytea) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_type(bytea) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_type(diagnostic bytea, perspective text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_type(bytea, text) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_type(diagnostic bytea, perspective text, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_type' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_type(bytea, text, text) IS 'hard, soft, block, pending, none or unknown';

CREATE FUNCTION bounce_action(diagnostic text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_action' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_action(text) IS 'what to do about a bounce';

CREATE FUNCTION bounce_action(diagnostic text, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_action' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_action(text, text) IS 'what to do about a bounce';

CREATE FUNCTION bounce_action(diagnostic bytea) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_action' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_action(bytea) IS 'what to do about a bounce';

CREATE FUNCTION bounce_action(diagnostic bytea, rules text) RETURNS text
    AS 'MODULE_PATHNAME', 'bounce_action' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_action(bytea, text) IS 'what to do about a bounce';

CREATE FUNCTION bounce_explain(diagnostic text) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_explain(text) IS 'category, type, action, and the words that decided';

CREATE FUNCTION bounce_explain(diagnostic text, perspective text) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_explain(text, text) IS 'category, type, action, and the words that decided';

CREATE FUNCTION bounce_explain(diagnostic text, perspective text, rules text) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_explain(text, text, text) IS 'category, type, action, and the words that decided';

CREATE FUNCTION bounce_explain(diagnostic bytea) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_explain(bytea) IS 'category, type, action, and the words that decided';

CREATE FUNCTION bounce_explain(diagnostic bytea, perspective text) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_explain(bytea, text) IS 'category, type, action, and the words that decided';

CREATE FUNCTION bounce_explain(diagnostic bytea, perspective text, rules text) RETURNS json
    AS 'MODULE_PATHNAME', 'bounce_explain' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
COMMENT ON FUNCTION bounce_explain(bytea, text, text) IS 'category, type, action, and the words that decided';

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
