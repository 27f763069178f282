/*
 * fold_test.c - folding in blocks, with vectors and in plain C, against folding one character after the other.
 *
 * fold.c is compiled here a second time, in plain C; the linked one has vectors where the machine has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "text.h"

#define BNC_PORTABLE
#define bnc_fold portable_fold
#define bnc_is_utf8 portable_is_utf8
#include "fold.c"
#undef bnc_fold
#undef bnc_is_utf8

#define TEXT 600

/* What a folding gives. */
typedef struct folded {
    unsigned char out[TEXT * 2];
    size_t len;
    uint16_t lines[BNC_LINES_MAX];
    size_t n_lines;
} folded;

/* One character after the other, without blocks, without runs of blanks, and with lines of its own. */
static void
fold_simply(bnc_slice text, size_t cap, folded *to)
{
    const unsigned char *s = (const unsigned char *)text.data;
    fold_state f = {to->out, cap, 0, NULL, 0, 0, bnc_is_utf8(s, text.len)};
    bool line = true; /* the next byte that is no blank starts one */
    size_t i = 0;
    size_t from, step;

    to->n_lines = 0;
    while (i < text.len) {
        step = blank_length(s, text.len, i, &line);
        if (step > 0) {
            put(&f, ' ');
            i += step;
            continue;
        }
        from = f.len;
        i = fold_special(&f, s, text.len, i);
        while (from < f.len && f.out[from] == ' ')
            from++;
        if (line && from < f.len) {
            if (to->n_lines < BNC_LINES_MAX)
                to->lines[to->n_lines++] = (uint16_t)from;
            line = false;
        }
    }
    to->len = f.len;
}

static void
assert_same(const folded *a, const folded *b)
{
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->out, b->out, a->len);
    assert_int_equal(a->n_lines, b->n_lines);
    assert_memory_equal(a->lines, b->lines, a->n_lines * sizeof(a->lines[0]));
}

/* The text and out are blocks of exactly their size, so that sanitizers see a byte too many. */
static void
fold_exactly(size_t (*fold)(bnc_slice, unsigned char *, size_t, uint16_t *, size_t *), bnc_slice text, size_t cap,
             folded *to)
{
    char *exact = test_malloc(text.len + 1);
    unsigned char *out = test_malloc(cap + 1);
    bnc_slice end = {exact + 1, text.len};
    size_t len;

    memcpy(exact + 1, text.data, text.len);
    to->len = fold(end, out + 1, cap, to->lines, &to->n_lines);
    memcpy(to->out, out + 1, to->len);
    len = fold(end, out + 1, cap, NULL, NULL);
    assert_int_equal(len, to->len);
    assert_memory_equal(out + 1, to->out, len);
    test_free(exact);
    test_free(out);
}

static void
check(const char *text, size_t len, size_t cap)
{
    static folded simple, portable, fast;
    bnc_slice slice = {text, len};

    fold_simply(slice, cap, &simple);
    fold_exactly(portable_fold, slice, cap, &portable);
    fold_exactly(bnc_fold, slice, cap, &fast);
    assert_same(&portable, &simple);
    assert_same(&fast, &simple);
}

/* Bytes and words that folding treats apart, or that only look so; the empty one is a zero byte. */
/* clang-format off */
static const char *const pieces[] = {
    " ", "  ", "\n", "\r\n", "\\r\\n", "\\n", "\\t", "\\", "\t", "\x7f", "\x1f", "", "&", "&lt;", "&amp;", "&nbsp;",
    "&#39;", "&am", "=", "=C3=89", "=E2=80=99", "=41", "=A0=A0=20", "`", "'", ".", ".A", ".Ab", "n.Please", "n.A ",
    "n.Mx.b", "A", "Z", "a", "z", "@", "[", "{", "_", "550", "-5.1.1", "\xc3\x89", "\xce\x86", "\xe2\x80\x99",
    "\xe2\x80\x8b", "\xc2\xad", "\xc2\xa0", "\xe2\x80\xa6", "\xef\xbc\xa1", "\xef\xbb\xbf", "\xe4\xb8\xad",
    "\xe4\xb8", "\xf0\x9f\x98\x80", "t\x92t", "\x80", "\xc3", "\xff", "abcdefghijklmno", "ABCDEFGHIJKLMNOPQ",
    "User Unknown in"
};
/* clang-format on */
#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

static size_t
add_piece(char *text, size_t len, const char *piece)
{
    size_t n = strlen(piece) > 0 ? strlen(piece) : 1;

    memcpy(text + len, piece, n);
    return len + n;
}

/* Each piece, twice at most, at every place of a text of every length up to three blocks. */
static void
folds_at_every_place(void **state)
{
    char text[100];
    size_t piece, before, after, len;

    (void)state;
    for (piece = 0; piece < PIECES; piece++)
        for (before = 0; before < 34; before++)
            for (after = 0; after < 20; after += after < 3 ? 1 : 5) {
                memset(text, 'x', before);
                len = add_piece(text, before, pieces[piece]);
                if (before % 2 == 1)
                    len = add_piece(text, len, pieces[piece]);
                memset(text + len, 'Y', after);
                check(text, len + after, 2 * TEXT);
            }
}

/* Out is full in the middle of anything. */
static void
folds_into_any_room(void **state)
{
    static const char text[] = "  Ab\r\n\r\nCD &lt;x&gt; n.Please =C3=89=C3=89 \xe2\x80\xa6\\r\\n END of \xc3\x89 it";
    size_t len, cap;

    (void)state;
    for (len = 0; len < sizeof(text); len++)
        for (cap = 0; cap < len + 20; cap++)
            check(text, len, cap);
}

static void
folds_random_texts(void **state)
{
    char text[TEXT];
    size_t round, len, want, kinds, first;

    (void)state;
    for (round = 0; round < 30000; round++) {
        want = chance(8) == 0 ? chance(TEXT - 20) : chance(60);
        kinds = 1 + chance(PIECES);
        first = chance(PIECES);
        for (len = 0; len < want;)
            if (chance(20) == 0)
                text[len++] = (char)chance(256);
            else
                len = add_piece(text, len, pieces[(first + chance(kinds)) % PIECES]);
        check(text, len, chance(3) == 0 ? chance(len + 20) : 2 * TEXT);
    }
}

static void
notes_so_many_lines(void **state)
{
    char text[TEXT];
    size_t i;

    (void)state;
    for (i = 0; i < TEXT; i++)
        text[i] = i % 2 == 0 ? 'L' : '\n';
    for (i = 2 * BNC_LINES_MAX - 3; i < 2 * BNC_LINES_MAX + 3; i++)
        check(text, i, 2 * TEXT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(folds_at_every_place), cmocka_unit_test(folds_into_any_room),
                                       cmocka_unit_test(folds_random_texts), cmocka_unit_test(notes_so_many_lines)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
