/*
 * match.h - which rules' phrases occur in a text.
 *
 * What it does: finds, in one pass, every rule of which a phrase occurs. What it must not know:
 * codes, providers, categories, and which of the rules wins.
 */
#ifndef BNC_MATCH_H
#define BNC_MATCH_H

#include "rules.h"
#include "text.h"

#define BNC_HITS_WORDS (BNC_RULES_MAX / 32 + 2)

/* Where each run of four bytes is in a text, for phrases with gaps; made when first needed. */
#define BNC_GRAM_BITS 9
typedef struct bnc_gram_index {
    bool made;
    uint16_t first[1 << BNC_GRAM_BITS]; /* offset + 1, 0: none */
    uint16_t next[BNC_TEXT_MAX];        /* likewise, ascending */
} bnc_gram_index;

/* The part of a text that rules look at: raw and words have len bytes each, and four more may be read. */
typedef struct bnc_view {
    bnc_gram_index *grams; /* of raw; the caller clears made */
    const unsigned char *raw, *words;
    size_t len;
    size_t anchor; /* where the reply's text starts, for ^"phrase" */
} bnc_view;

/* Bit i: rule i has no phrases, or one of them occurs, be it anchored elsewhere. */
typedef struct bnc_hits {
    uint32_t bits[BNC_HITS_WORDS];
} bnc_hits;

/* Linear in view->len for a given rule set. */
void bnc_match(const bnc_rules *rules, const bnc_view *view, bnc_hits *hits);

/* The first rule at or after from that hits holds, rules' number if there is none. */
uint32_t bnc_hits_next(const bnc_rules *rules, const bnc_hits *hits, uint32_t from);

/* Whether the rule has no phrases, or one of them occurs in the view. */
bool bnc_rule_occurs(const bnc_rules *rules, const bnc_rule *rule, const bnc_view *view);

/* A stretch of a view: [start, end). */
typedef struct bnc_stretch {
    size_t start, end;
} bnc_stretch;

#define BNC_STRETCHES_MAX 16

/*
 * Whether the phrase occurs. found, if not NULL, gets what matched between its gaps, the first
 * BNC_STRETCHES_MAX of it, and *n_found their number.
 */
bool bnc_phrase_occurs(const bnc_rules *rules, const bnc_phrase *phrase, const bnc_view *view, bnc_stretch *found,
                       size_t *n_found);

#endif
