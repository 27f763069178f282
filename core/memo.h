/*
 * memo.h - answers to texts that were seen before but for their names.
 *
 * What it does: keeps the verdicts of the last few thousand forms of texts. A form is all that rules see: the text
 * whose names are hidden, where in it names are shown and numbers start lines. What it must not know: how a verdict is
 * found.
 */
#ifndef BNC_MEMO_H
#define BNC_MEMO_H

#include "text.h"

#define BNC_MEMO_SLOTS 4096
#define BNC_MEMO_BYTES 560 /* of a form and the words that matched; longer ones are not kept */

typedef struct bnc_memo_slot {
    uint64_t hash;
    unsigned long rules; /* number of the own rules, 0: none */
    uint16_t len;        /* of the text */
    uint16_t form;       /* bytes of the form */
    uint8_t n_names, n_lines;
    bool wide, explained;
    bool again; /* was asked for since another form wanted this slot */
    bnc_verdict verdict;
    unsigned char bytes[BNC_MEMO_BYTES]; /* text, names, lines, matched words */
} bnc_memo_slot;

/* All zeros: empty. Its memory, 2.7 MB of which only slots in use are touched, comes with the first text. */
typedef struct bnc_memo {
    bnc_memo_slot *slots;
    bool failed;                        /* no memory in the last call */
    unsigned long asked, found;         /* how often, for benchmarks */
    uint64_t used[BNC_MEMO_SLOTS / 64]; /* a bit for each slot that was written */
} bnc_memo;

/*
 * Whether the verdict on the text, whose names are hidden and to which nothing else was done, is known, with the words
 * that matched if explain asks for them. rules: a number that no other own rules had, 0 for none. If it is not, *room
 * gets what bnc_memo_keep wants, NULL if the verdict will not be kept.
 */
bool bnc_memo_find(bnc_memo *memo, const bnc_allocator *allocator, const bnc_text *text, unsigned long rules,
                   bool explain, bnc_verdict *verdict, bnc_memo_slot **room);

/* Keeps the verdict that was missed. */
void bnc_memo_keep(bnc_memo *memo, bnc_memo_slot *room, bool explained, const bnc_verdict *verdict);

/* Forgets all verdicts, for tests and benchmarks; the memory stays. */
void bnc_memo_forget(bnc_memo *memo);

void bnc_memo_release(bnc_memo *memo, const bnc_allocator *allocator);

#endif
