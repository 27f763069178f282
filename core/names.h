/*
 * names.h - addresses, host names, URLs, IP addresses and queue ids in a folded text.
 *
 * What it does: finds them, and hides what rules can't ask for, so that a text's words are what is left to look at.
 * What it must not know: replies, and rules beyond the labels that they name.
 */
#ifndef BNC_NAMES_H
#define BNC_NAMES_H

#include "text.h"

/*
 * The labels of names that rules ask for, by their hashes. A name's labels are its runs of letters, digits and "-";
 * what is in the set are pairs of neighbours ("spamhaus.org") and, where a rule's words hold no more than that, single
 * ones.
 */
typedef struct bnc_label_set {
    const uint32_t *filter; /* two bits for each label: in one of the pairs, alone */
    const uint32_t *slots;  /* an open table of 1 << bits slots, 0 where one is free */
    uint32_t bits;          /* 0: nothing is in the set */
} bnc_label_set;

/* The lowest bit of a hash is always 1. */
#define BNC_LABEL_SLOT(hash) ((hash) >> 1) /* of which the low bits count */
#define BNC_LABEL_FILTER_BITS 15
#define BNC_LABEL_FILTER(label) ((label) >> (32 - BNC_LABEL_FILTER_BITS))

/* Whether s holds a name; BNC_PADDING bytes after it may be read, as in all that follows. */
bool bnc_names_in(const unsigned char *s, size_t len);

/*
 * Gives what makes names seen that hold what a rule's words hold: each pair of neighbouring labels, or the only label,
 * of what stands between blanks in s and holds a name; of all of s if it has neither name nor blank ("nosuchuser",
 * which may be a part of a URL). hash: what belongs into slots; label: into the filter.
 */
typedef void (*bnc_label_fn)(void *context, uint32_t label, uint32_t hash);
void bnc_names_labels(const unsigned char *s, size_t len, bnc_label_fn add, void *context);

/*
 * Copies what bnc_text_read left in text->words to text->raw, without the names: each becomes one BNC_MASK, but for
 * labels that are in one of the sets. Those stay, with one BNC_MASK for what is next to them: "mx1.example.outlook.com"
 * is "?.outlook.com". Notes what stays in names. In a text of a legacy charset, whose words may look like names, all
 * names stay.
 */
void bnc_names_hide(bnc_text *text, const bnc_label_set *sets, size_t n_sets);

/* Copies raw to words without the names that were noted. */
void bnc_names_mask(bnc_text *text);

#endif
