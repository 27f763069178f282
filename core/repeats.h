/*
 * repeats.h - stretches of a long text that repeat themselves.
 *
 * What it does: finds where a text goes on as it was some bytes before, so that the matcher need not look at the same
 * words a thousand times. What it must not know: what is looked for.
 */
#ifndef BNC_REPEATS_H
#define BNC_REPEATS_H

#include "text.h"

#define BNC_REPEATS_MAX 8
#define BNC_REPEAT_REACH 192 /* bytes from a place on that are compared */

/*
 * Each place in [from + period, to) is like the one a period before: the byte before it, and BNC_REPEAT_REACH bytes
 * from it on, are the same, in raw and in words.
 */
typedef struct bnc_repeat {
    size_t from, to, period;
} bnc_repeat;

/* In the order of the text. */
typedef struct bnc_repeats {
    bnc_repeat item[BNC_REPEATS_MAX];
    int n;
    size_t longest_word; /* the most bytes in them without a blank; BNC_REPEAT_REACH stands for any number */
} bnc_repeats;

/* The stretches that are long enough to matter: short texts have none. */
void bnc_repeats_find(const bnc_text *text, bnc_repeats *found);

#endif
