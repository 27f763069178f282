/*
 * reply.h - the SMTP replies that a diagnostic holds (RFC 5321 section 4.2, RFC 2034).
 *
 * What it does: finds reply codes and enhanced status codes, takes repeated continuation codes out of
 * the text, and tells which words belong to which reply. What it must not know: rules, categories.
 */
#ifndef BNC_REPLY_H
#define BNC_REPLY_H

#include "text.h"

#define BNC_REPLIES_MAX 24
#define BNC_SPANS_MAX 64
#define BNC_PREAMBLE (-1) /* owner of the words before the first reply */

typedef struct bnc_reply {
    uint16_t code;
    bnc_enhanced enhanced; /* its own; class 0: none */
    uint16_t text;         /* offset of its words, after the codes */
    bool nested;           /* stands inside another reply, or is reported by it */
} bnc_reply;

/* From this offset to the next span's, words belong to this reply. */
typedef struct bnc_span {
    uint16_t start;
    int16_t owner;
} bnc_span;

typedef struct bnc_replies {
    bnc_reply item[BNC_REPLIES_MAX];
    int count;
    bnc_span spans[BNC_SPANS_MAX];
    int n_spans;
    bnc_enhanced status; /* an enhanced code in the preamble, e.g. a DSN's Status field */
} bnc_replies;

/* Reads text->raw, shortens it where continuation codes are, and fills *replies. */
void bnc_replies_read(bnc_text *text, bnc_replies *replies);

/* Whether words other than "(in reply to ... command)" and masked ones stand in this reply. */
bool bnc_reply_has_words(const bnc_text *text, const bnc_replies *replies, int reply);

#endif
