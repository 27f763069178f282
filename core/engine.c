/*
 * engine.c - memory, compiled own rules and regular expressions; see engine.h.
 *
 * PCRE2 runs without JIT (its memory would not come from the allocator) and with limits, so that no
 * pattern and no text can hang a connection.
 */
#include "engine.h"

#include <stdio.h>
#include <string.h>

/* Measured: patterns of the kind that rules need stay below a tenth of these on 8 KB. */
#define MATCH_LIMIT 100000
#define DEPTH_LIMIT 1000
#define HEAP_LIMIT_KB 256
#define PATTERN_MAX 1000

static void *
pcre_allocate(size_t size, void *context)
{
    bnc_allocator *allocator = context;

    return allocator->resize(allocator->context, NULL, size > 0 ? size : 1);
}

static void
pcre_release(void *block, void *context)
{
    bnc_allocator *allocator = context;

    if (block != NULL)
        allocator->release(allocator->context, block);
}

bnc_status
bnc_engine_create(const bnc_allocator *allocator, const bnc_rules *builtin, bnc_engine **engine)
{
    bnc_engine *e = allocator->resize(allocator->context, NULL, sizeof(*e));

    if (e == NULL)
        return BNC_NO_MEMORY;
    memset(e, 0, offsetof(bnc_engine, text));
    memset(e->grams.first, 0, sizeof(e->grams.first));
    e->allocator = *allocator;
    e->builtin.rules = builtin;
    bnc_buffer_init(&e->answer, &e->allocator);
    *engine = e;
    return BNC_OK;
}

static void
release_patterns(bnc_engine *e, bnc_rule_set *set)
{
    uint32_t i;

    if (set->patterns == NULL)
        return;
    for (i = 0; i < bnc_tables(set->rules)->n_rules; i++)
        pcre2_code_free(set->patterns[i]);
    e->allocator.release(e->allocator.context, set->patterns);
    set->patterns = NULL;
}

static void
release_own(bnc_engine *e, bnc_own_rules *own)
{
    if (own->compiler != NULL)
        release_patterns(e, &own->set);
    bnc_compiler_destroy(own->compiler);
    if (own->text != NULL)
        e->allocator.release(e->allocator.context, own->text);
    memset(own, 0, sizeof(*own));
}

void
bnc_engine_destroy(bnc_engine *e)
{
    bnc_allocator allocator;
    int i;

    if (e == NULL)
        return;
    for (i = 0; i < BNC_KEPT_RULES; i++)
        release_own(e, &e->own[i]);
    release_patterns(e, &e->builtin);
    pcre2_match_data_free(e->pcre_data);
    pcre2_match_context_free(e->pcre_match);
    pcre2_compile_context_free(e->pcre_compile);
    pcre2_general_context_free(e->pcre_general);
    bnc_buffer_release(&e->answer);
    bnc_memo_release(&e->memo, &e->allocator);
    bnc_candidates_release(&e->allocator, &e->candidates);
    bnc_candidates_release(&e->allocator, &e->own_candidates);
    allocator = e->allocator;
    allocator.release(allocator.context, e);
}

/* ---- regular expressions ---- */

static bool
prepare_pcre(bnc_engine *e)
{
    if (e->pcre_data != NULL)
        return true;
    if (e->pcre_general == NULL)
        e->pcre_general = pcre2_general_context_create(pcre_allocate, pcre_release, &e->allocator);
    if (e->pcre_general == NULL)
        return false;
    if (e->pcre_compile == NULL)
        e->pcre_compile = pcre2_compile_context_create(e->pcre_general);
    if (e->pcre_match == NULL)
        e->pcre_match = pcre2_match_context_create(e->pcre_general);
    if (e->pcre_compile == NULL || e->pcre_match == NULL)
        return false;
    pcre2_set_max_pattern_length(e->pcre_compile, PATTERN_MAX);
    pcre2_set_match_limit(e->pcre_match, MATCH_LIMIT);
    pcre2_set_depth_limit(e->pcre_match, DEPTH_LIMIT);
    pcre2_set_heap_limit(e->pcre_match, HEAP_LIMIT_KB);
    e->pcre_data = pcre2_match_data_create(1, e->pcre_general);
    return e->pcre_data != NULL;
}

static pcre2_code *
compile_pattern(bnc_engine *e, bnc_slice pattern, int *problem, size_t *offset)
{
    return pcre2_compile((PCRE2_SPTR)pattern.data, pattern.len,
                         PCRE2_CASELESS | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C, problem, offset,
                         e->pcre_compile);
}

static bnc_slice
pattern_of(const bnc_rules *rules, const bnc_rule *rule)
{
    bnc_slice pattern = {(const char *)rules->bytes + rule->pattern, rule->pattern_len};

    return pattern;
}

/* Room for the patterns of a set, none compiled yet. */
static bool
prepare_set(bnc_engine *e, bnc_rule_set *set)
{
    size_t room = ((size_t)bnc_tables(set->rules)->n_rules + 1) * sizeof(pcre2_code *);

    if (!prepare_pcre(e))
        return false;
    if (set->patterns != NULL)
        return true;
    set->patterns = e->allocator.resize(e->allocator.context, NULL, room);
    if (set->patterns == NULL)
        return false;
    memset(set->patterns, 0, room);
    return true;
}

bool
bnc_engine_pattern(bnc_engine *e, bnc_rule_set *set, uint32_t number, const bnc_view *view, size_t places[2])
{
    const bnc_rule *rule = bnc_rule_at(set->rules, number);
    size_t *vector;
    size_t offset;
    int problem;

    if (!prepare_set(e, set)) {
        e->no_memory = true;
        return false;
    }
    if (set->patterns[number] == NULL)
        set->patterns[number] = compile_pattern(e, pattern_of(set->rules, rule), &problem, &offset);
    if (set->patterns[number] == NULL) {
        e->no_memory = e->no_memory || problem == PCRE2_ERROR_HEAP_FAILED;
        return false;
    }
    problem = pcre2_match(set->patterns[number], view->words + view->start, view->end - view->start, 0, 0, e->pcre_data,
                          e->pcre_match);
    if (problem < 0) {
        e->no_memory = e->no_memory || problem == PCRE2_ERROR_NOMEMORY;
        return false;
    }
    vector = pcre2_get_ovector_pointer(e->pcre_data);
    places[0] = view->start + (vector[0] < vector[1] ? vector[0] : vector[1]);
    places[1] = view->start + vector[1];
    return true;
}

/* ---- own rules ---- */

typedef struct first_problem {
    bnc_error *error;
    bool found;
} first_problem;

static void
note_first(void *context, int line, const char *problem)
{
    first_problem *first = context;

    if (first->found)
        return;
    first->found = true;
    snprintf(first->error->message, sizeof(first->error->message), "rules, line %d: %s", line, problem);
}

/* Reports every regular expression that PCRE2 refuses, with the place in it. */
static bnc_status
check_patterns(bnc_engine *e, bnc_rule_set *set, bnc_problem_fn report, void *context)
{
    uint32_t n = bnc_tables(set->rules)->n_rules;
    PCRE2_UCHAR reason[128];
    char text[256];
    const bnc_rule *rule;
    size_t offset;
    int problem;
    uint32_t i;

    if (bnc_tables(set->rules)->n_patterns == 0)
        return BNC_OK;
    if (!prepare_set(e, set))
        return BNC_NO_MEMORY;
    for (i = 0; i < n; i++) {
        rule = bnc_rule_at(set->rules, i);
        if (rule->pattern_len == 0)
            continue;
        set->patterns[i] = compile_pattern(e, pattern_of(set->rules, rule), &problem, &offset);
        if (set->patterns[i] != NULL)
            continue;
        if (problem == PCRE2_ERROR_HEAP_FAILED)
            return BNC_NO_MEMORY;
        pcre2_get_error_message(problem, reason, sizeof(reason));
        snprintf(text, sizeof(text), "regular expression, at character %u: %s", (unsigned)offset + 1,
                 (const char *)reason);
        report(context, (int)rule->line, text);
    }
    return BNC_OK;
}

/* Compiles a text of own rules into own; problems go to report. */
static bnc_status
compile_own(bnc_engine *e, bnc_slice text, bnc_problem_fn report, void *context, bnc_own_rules *own)
{
    bnc_status status;

    status = bnc_compiler_create(&e->allocator, e->builtin.rules, true, report, context, NULL, &own->compiler);
    if (status == BNC_OK)
        status = bnc_compiler_read(own->compiler, text);
    if (status == BNC_OK)
        status = bnc_compiler_finish(own->compiler, &own->rules);
    if (status == BNC_OK) {
        own->set.rules = &own->rules;
        status = check_patterns(e, &own->set, report, context);
    }
    return status;
}

bnc_status
bnc_engine_try_rules(bnc_engine *e, bnc_slice text, bnc_problem_fn report, void *context)
{
    bnc_own_rules tried;
    bnc_status status;

    memset(&tried, 0, sizeof(tried));
    status = compile_own(e, text, report, context, &tried);
    release_own(e, &tried);
    return status;
}

bnc_status
bnc_engine_own_rules(bnc_engine *e, bnc_slice text, bnc_own_rules **own, bnc_error *error)
{
    bnc_own_rules *oldest = &e->own[0];
    first_problem first = {error, false};
    bnc_status status;
    int i;

    e->clock++;
    for (i = 0; i < BNC_KEPT_RULES; i++) {
        bnc_own_rules *kept = &e->own[i];

        if (kept->compiler != NULL && kept->text_len == text.len &&
            (text.len == 0 || memcmp(kept->text, text.data, text.len) == 0)) {
            kept->used = e->clock;
            *own = kept;
            return BNC_OK;
        }
        if (kept->used < oldest->used)
            oldest = kept;
    }
    release_own(e, oldest);
    oldest->text = e->allocator.resize(e->allocator.context, NULL, text.len + 1);
    if (oldest->text == NULL)
        return BNC_NO_MEMORY;
    if (text.len > 0)
        memcpy(oldest->text, text.data, text.len);
    oldest->text_len = text.len;
    status = compile_own(e, text, note_first, &first, oldest);
    if (status == BNC_OK && first.found)
        status = BNC_BAD_RULES;
    if (status != BNC_OK) {
        release_own(e, oldest);
        return status;
    }
    oldest->used = e->clock;
    oldest->number = e->clock;
    *own = oldest;
    return BNC_OK;
}
