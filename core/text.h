/*
 * text.h - bytes of a diagnostic, made comparable.
 *
 * What it does: folds letter case, quotes and blanks. What it must not know: names (names.h), replies, rules.
 */
#ifndef BNC_TEXT_H
#define BNC_TEXT_H

#include "mailbounce.h"

/* Folding may lengthen a text: it parts glued sentences ("unknown.Please"). */
#define BNC_TEXT_MAX (BNC_HEAD + BNC_HEAD / 4)
#define BNC_PADDING 64 /* bytes after a text that may be read */
#define BNC_LINES_MAX 256

/* Stands for a byte that words must not match; never in a folded text otherwise. */
#define BNC_MASK 0x7f

/* What is shown of names. The last of BNC_NAMES_MAX covers all that found no place. */
#define BNC_NAMES_MAX 64
typedef struct bnc_name_span {
    uint16_t start, end;
} bnc_name_span;

/* raw and words have the same length: words is raw with the bytes of names replaced by BNC_MASK. */
typedef struct bnc_text {
    unsigned char raw[BNC_TEXT_MAX + BNC_PADDING];
    unsigned char words[BNC_TEXT_MAX + BNC_PADDING];
    size_t len;
    /* offsets at which a line of the original starts; once names are hidden, only of lines that start with a digit */
    uint16_t lines[BNC_LINES_MAX];
    size_t n_lines;
    bnc_name_span names[BNC_NAMES_MAX];
    size_t n_names;
    bool wide; /* holds a byte that is not ASCII, or BNC_WIDE_SIGN, which may be left of one */
} bnc_text;

/* ISO-2022-JP writes hiragana with it. */
#define BNC_WIDE_SIGN '$'

/* Characters, without a locale: only ASCII letters and digits count. */

static inline bool
bnc_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static inline bool
bnc_is_upper(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool
bnc_is_lower(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool
bnc_is_alpha(unsigned char c)
{
    return bnc_is_lower(c | ('a' - 'A'));
}

static inline bool
bnc_is_alnum(unsigned char c)
{
    return bnc_is_alpha(c) || bnc_is_digit(c);
}

static inline unsigned char
bnc_lower(unsigned char c)
{
    return bnc_is_upper(c) ? (unsigned char)(c + ('a' - 'A')) : c;
}

/* Letters of any script count as such: what is not ASCII is a part of some word. */
static inline bool
bnc_is_word_byte(unsigned char c)
{
    return bnc_is_alpha(c) || c >= 0x80;
}

/* A C string as a slice. */
bnc_slice bnc_slice_of(const char *text);

bool bnc_slice_equal(bnc_slice a, bnc_slice b);
bool bnc_slice_equal_caseless(bnc_slice a, bnc_slice b);

/* Blanks and control characters at both ends cut off. */
bnc_slice bnc_slice_trim(bnc_slice text);

/* The first place of needle (not empty) in hay at or after from, or SIZE_MAX. */
size_t bnc_find(const unsigned char *hay, size_t len, size_t from, const unsigned char *needle, size_t needle_len);

/*
 * Folds text (any bytes) into out, at most cap bytes, and returns their number. lines, if not NULL,
 * gets the offsets of line starts. One blank at either end is kept: phrases may want it. Is in fold.c;
 * out may be written up to cap, not only what it returns.
 */
size_t bnc_fold(bnc_slice text, unsigned char *out, size_t cap, uint16_t *lines, size_t *n_lines);

/* Whether s is UTF-8; a character cut off at the end is forgiven, since heads are cut anywhere. */
bool bnc_is_utf8(const unsigned char *s, size_t n);

/* Folds the head of a diagnostic into text->words and notes its lines; raw is left to names.h. */
void bnc_text_read(bnc_text *text, bnc_slice diagnostic);

#endif
