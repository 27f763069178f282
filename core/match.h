/*
 * match.h - which rules' phrases occur in a text.
 *
 * What it does: finds, in one pass, every phrase that may occur, and says of each whether it does. What
 * it must not know: codes, providers, categories, and which of the rules wins.
 */
#ifndef BNC_MATCH_H
#define BNC_MATCH_H

#include "repeats.h"
#include "rules.h"
#include "text.h"

/*
 * Where each run of four bytes is in a text, for phrases that are looked for; filled when first needed. Of stretches
 * that repeat themselves it has the first period only, and their ends.
 */
#define BNC_GRAM_BITS 11
typedef struct bnc_gram_index {
    bool made;
    const unsigned char *text;
    size_t len;
    bnc_repeats repeats;
    /* By hash, and by place, ascending. Where there is none, what an earlier text left, or what first began with. */
    uint16_t first[1 << BNC_GRAM_BITS];
    uint16_t next[BNC_TEXT_MAX];
} bnc_gram_index;

/* For another text, in which names are masked. */
void bnc_grams_start(bnc_gram_index *grams, const bnc_text *text);

/*
 * The part of a text that rules look at: [start, end) of raw and words, of which four bytes more may be
 * read. What is masked in words is a name; what is masked in both is hidden.
 */
typedef struct bnc_view {
    const unsigned char *raw, *words;
    size_t start, end;
    size_t anchor;         /* where the reply's text starts, for ^"phrase" */
    bnc_gram_index *grams; /* of the whole raw text, before anything was hidden */
} bnc_view;

/*
 * Where a phrase may occur: the phrase in the high 32 bits, so that they are in the order of rules; then where its
 * spelt elements end and start.
 */
typedef uint64_t bnc_candidate;

#define BNC_ANYWHERE 0xffff /* in place of a start: the phrase is to be looked for */

/* A place of a phrase, and the one before it of the same phrase; 0: none. */
typedef struct bnc_phrase_place {
    uint32_t place, before;
} bnc_phrase_place;

/* The memory is used again for the next text. */
typedef struct bnc_candidates {
    bnc_candidate *item;
    size_t n, room;
    uint32_t *last;          /* place of each phrase that has its bit set */
    bnc_phrase_place *place; /* counted from 1 */
    uint64_t *bits;          /* a bit for each phrase, zero between calls; then one for each of these words */
    bool failed;             /* no memory */
} bnc_candidates;

static inline uint32_t
bnc_candidate_phrase(bnc_candidate c)
{
    return (uint32_t)(c >> 32);
}

static inline size_t
bnc_candidate_start(bnc_candidate c)
{
    return (size_t)(c & 0xffff);
}

/*
 * Every phrase of the rules that may occur in the text, which repeats itself so, in their order, but for those with a
 * cue that is not among cues: bit 0, of those without one, and the text's.
 */
void bnc_candidates_find(const bnc_rules *rules, const bnc_text *text, const bnc_repeats *repeats, uint64_t cues,
                         const bnc_allocator *allocator, bnc_candidates *found);
void bnc_candidates_release(const bnc_allocator *allocator, bnc_candidates *found);

/* Whether the phrase of one of the candidates occurs in the view. */
bool bnc_candidates_hold(const bnc_rules *rules, const bnc_candidate *from, const bnc_candidate *to,
                         const bnc_view *view);

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
