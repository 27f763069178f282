/*
 * repeats.c - stretches of a text that repeat themselves, see repeats.h.
 *
 * At every 251st place the next one with the same eight bytes is looked for, near it; what follows both is compared.
 * Time is linear: no place starts more than one search, and what was compared is passed over.
 */
#include "repeats.h"

#include "bytes.h"

#define STEP 251 /* a prime: not always the same place of a period */
#define PERIOD_MAX 256
#define LEAST (2 * BNC_REPEAT_REACH) /* bytes that are worth it */

/* How many bytes are the same from two places on, the second one up to end. */
static size_t
same_from(const unsigned char *s, size_t a, size_t b, size_t end)
{
    size_t n = 0;

    while (b + n + 8 <= end && bnc_load8(s + a + n) == bnc_load8(s + b + n))
        n += 8;
    while (b + n < end && s[a + n] == s[b + n])
        n++;
    return n;
}

/* The distance of the next place with the same eight bytes, 0 if there is none. */
static size_t
period_at(const unsigned char *s, size_t at, size_t end)
{
    uint64_t here = bnc_load8(s + at);
    size_t most = end - at < PERIOD_MAX + 8 ? end - at - 8 : PERIOD_MAX;
    size_t period;

    for (period = 1; period <= most; period++)
        if (bnc_load8(s + at + period) == here)
            return period;
    return 0;
}

/* The longest word of what lies between two places. */
static size_t
longest_word(const unsigned char *s, size_t at, size_t end)
{
    size_t most = 0;
    size_t len;

    for (len = 0; at < end && most < BNC_REPEAT_REACH; at++) {
        len = s[at] == ' ' ? 0 : len + 1;
        if (len > most)
            most = len;
    }
    return most;
}

void
bnc_repeats_find(const bnc_text *text, bnc_repeats *found)
{
    size_t at = 0;
    size_t low = 0; /* what is before it belongs to another stretch */
    size_t period, start, end, words_end, word;

    found->n = 0;
    found->longest_word = 0;
    while (text->len - at > LEAST && found->n < BNC_REPEATS_MAX) {
        period = period_at(text->raw, at, text->len);
        end = at;
        if (period != 0) {
            end = at + period + same_from(text->raw, at, at + period, text->len);
            words_end = at + period + same_from(text->words, at, at + period, text->len);
            if (end > words_end)
                end = words_end;
        }
        if (end >= at + 2 * period + LEAST) {
            for (start = at; start > low && text->raw[start - 1] == text->raw[start - 1 + period] &&
                             text->words[start - 1] == text->words[start - 1 + period];)
                start--;
            found->item[found->n].from = start + 1;
            found->item[found->n].to = end - BNC_REPEAT_REACH + 1;
            found->item[found->n++].period = period;
            low = end;
            word = longest_word(text->words, start, start + 2 * period);
            if (word > found->longest_word)
                found->longest_word = word;
        }
        at = end > at + STEP ? end : at + STEP;
    }
}
