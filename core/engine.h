/*
 * engine.h - what a connection keeps between calls: working memory and compiled rules.
 *
 * What it does: owns memory and regular expressions. What it must not know: how an answer is found.
 */
#ifndef BNC_ENGINE_H
#define BNC_ENGINE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "match.h"
#include "memo.h"
#include "reply.h"
#include "rules.h"

#define BNC_KEPT_RULES 4 /* texts of own rules that stay compiled */

/* Rules with their regular expressions, compiled on first need. */
typedef struct bnc_rule_set {
    const bnc_rules *rules;
    pcre2_code **patterns; /* by rule; NULL as a whole when no rule has one */
} bnc_rule_set;

/* Own rules, compiled from a text. */
typedef struct bnc_own_rules {
    char *text;
    size_t text_len;
    bnc_compiler *compiler; /* holds the tables */
    bnc_rules rules;
    bnc_rule_set set;
    unsigned long number; /* of all that this engine ever compiled */
    unsigned long used;   /* when, for eviction */
} bnc_own_rules;

struct bnc_engine {
    bnc_allocator allocator;
    bnc_rule_set builtin;
    bnc_own_rules own[BNC_KEPT_RULES];
    unsigned long clock; /* counts uses of own rules */
    bnc_memo memo;

    pcre2_general_context *pcre_general;
    pcre2_compile_context *pcre_compile;
    pcre2_match_context *pcre_match;
    pcre2_match_data *pcre_data;

    bool no_memory;                            /* a regular expression could not be tried in this call */
    bnc_candidates candidates, own_candidates; /* of the whole text */
    bnc_buffer answer;

    /* working memory of one call, never cleared: a short text needs little of its 90 KB */
    bnc_text text;
    bnc_replies replies;
    char event[BNC_EVENT_MAX];
    char matched[512];
    bnc_gram_index grams;
    unsigned char view_raw[2][BNC_TEXT_MAX + BNC_PADDING], view_words[2][BNC_TEXT_MAX + BNC_PADDING];
};

/* Compiles own rules to report their problems, and forgets them. */
bnc_status bnc_engine_try_rules(bnc_engine *engine, bnc_slice text, bnc_problem_fn report, void *context);

/* The compiled form of own rules; kept, and compared in full. */
bnc_status bnc_engine_own_rules(bnc_engine *engine, bnc_slice text, bnc_own_rules **own, bnc_error *error);

/*
 * Whether the rule's regular expression matches the words of the view; places[0] and places[1] get
 * start and end. A pattern that exceeds its limits does not match.
 */
bool bnc_engine_pattern(bnc_engine *engine, bnc_rule_set *set, uint32_t rule, const bnc_view *view, size_t places[2]);

/* bnc_classify; without explain, verdict->matched may stay empty. */
bnc_status bnc_decide(bnc_engine *engine, bnc_slice diagnostic, const bnc_slice *rules, bool explain,
                      bnc_verdict *verdict, bnc_error *error);

#endif
