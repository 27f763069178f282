/*
 * message.h - parts of the sentences that tell users what was wrong, and the characters of their texts.
 */
#ifndef BNC_MESSAGE_H
#define BNC_MESSAGE_H

#include "mailbounce.h"

/* The start of text, terminated; what is not printable ASCII, or is a quote, is written as "?". */
void bnc_quote(bnc_slice text, char *quoted, size_t room);

/* Adds a name to a list that starts empty and terminated: "a, b, c". What does not fit is left out. */
void bnc_list_add(char *list, size_t room, bnc_slice name);

/* Reads one character of UTF-8 (RFC 3629), gives its length; *code is U+FFFD, of length 1, where the bytes are none. */
size_t bnc_utf8_read(const unsigned char *s, size_t n, uint32_t *code);

#endif
