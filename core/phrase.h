/*
 * phrase.h - whether a phrase occurs in a part of a text.
 *
 * What it does: verifies a phrase at a place, or looks for it. What it must not know: which phrases are worth a look,
 * and what rules ask beside them.
 */
#ifndef BNC_PHRASE_H
#define BNC_PHRASE_H

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

typedef enum bnc_standing {
    BNC_NOT_HERE,  /* at this place it does not stand; elsewhere it may */
    BNC_MAY_OCCUR, /* one of its stretches stands here; the others are to be looked for */
    BNC_OCCURS
} bnc_standing;

/* What is known of a phrase whose spelt elements are in the text at [start, end). */
bnc_standing bnc_phrase_stands(const bnc_rules *rules, const bnc_phrase *phrase, const bnc_view *view, size_t start,
                               size_t end);

#endif
