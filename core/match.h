/*
 * match.h - which rules' phrases occur in a text.
 *
 * What it does: finds, in one pass, every phrase that may occur. What it must not know: codes beyond cues, providers,
 * categories, and which of the rules wins.
 */
#ifndef BNC_MATCH_H
#define BNC_MATCH_H

#include "phrase.h"

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

#endif
