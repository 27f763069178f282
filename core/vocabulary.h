/*
 * vocabulary.h - categories, perspectives and types inside the core; users' side is in mailbounce.h.
 *
 * The tables come from core/rules/categories.tsv and perspectives.tsv at build time: no C file lists
 * categories. The few that the code must treat apart are found by name here, and only here.
 */
#ifndef BNC_VOCABULARY_H
#define BNC_VOCABULARY_H

#include "mailbounce.h"
#include "vocabulary_tables.h"

/* The category of a text that tells nothing. */
int bnc_category_unknown(void);

/* The perspective that holds when none is given. */
int bnc_perspective_default(void);

/* All perspectives' names, for messages: "default, rfc, ..." */
void bnc_perspective_names(char *text, size_t room);

#endif
