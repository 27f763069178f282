/*
 * names_test.c - what is hidden of names and what is shown; vectors against plain C.
 *
 * names.c is compiled here a second time, in plain C; the linked one has vectors where the machine has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "names.h"

#define BNC_PORTABLE
#define bnc_names_in portable_names_in
#define bnc_names_labels portable_names_labels
#define bnc_names_hide portable_names_hide
#define bnc_names_mask portable_names_mask
#include "names.c"
#undef bnc_names_in
#undef bnc_names_labels
#undef bnc_names_hide
#undef bnc_names_mask

/* ---- a small set of labels ---- */

#define SLOT_BITS 8

static uint32_t filter[1 << (BNC_LABEL_FILTER_BITS - 4)];
static uint32_t slots[1 << SLOT_BITS];
static const bnc_label_set set = {filter, slots, SLOT_BITS};

static void
add_to_set(void *context, uint32_t of_label, uint32_t hash)
{
    uint32_t bit = BNC_LABEL_FILTER(of_label) * 2 + (of_label == hash);
    uint32_t at = BNC_LABEL_SLOT(hash) & ((1u << SLOT_BITS) - 1);

    (void)context;
    filter[bit / 32] |= 1u << bit % 32;
    while (slots[at] != 0 && slots[at] != hash)
        at = (at + 1) & ((1u << SLOT_BITS) - 1);
    slots[at] = hash;
}

static int
make_set(void **state)
{
    static const char *const known[] = {"outlook.com", "known.example.net", "example.com/p=why", "nosuchuser"};
    unsigned char padded[100];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        memset(padded, 0, sizeof(padded));
        memcpy(padded, known[i], strlen(known[i]));
        bnc_names_labels(padded, strlen(known[i]), add_to_set, NULL);
    }
    return 0;
}

/* ---- what is hidden and what is shown ---- */

static bnc_text text;

/* BNC_MASK is written as #; what is noted as a name stands in braces. */
static void
expect(const char *diagnostic, const char *expected)
{
    char got[2 * BNC_TEXT_MAX];
    size_t n = 0, k = 0;
    size_t i;

    bnc_text_read(&text, (bnc_slice){diagnostic, strlen(diagnostic)});
    bnc_names_hide(&text, &set, 1);
    for (i = 0; i <= text.len; i++) {
        if (k < text.n_names && text.names[k].end == i && text.names[k].end > text.names[k].start) {
            got[n++] = '}';
            k++;
        }
        if (k < text.n_names && text.names[k].start == i)
            got[n++] = '{';
        if (i < text.len)
            got[n++] = text.raw[i] == BNC_MASK ? '#' : (char)text.raw[i];
    }
    got[n] = '\0';
    assert_int_equal(k, text.n_names);
    assert_string_equal(got, expected);
}

static void
hides_names(void **state)
{
    (void)state;
    expect("550 <ann@mail.example.org>: unknown", "550 <#>: unknown");
    expect("to mx.example.org, or 192.0.2.1", "to #, or #");
    expect("see https://example.org/a?b=c.", "see #.");
    expect("see www.example.org/a/b, now", "see #, now");
    expect("550-mx.example.org said", "550-# said");
    expect("\"two words\"@example.org gone", "# gone");
    expect("user@[ipv6:2001:db8::1] gone", "# gone");
    expect("user@[192.0.2.1", "#");
    expect("a.b.example.org@example.org", "#");
    expect("@example.org @nothing @ a@", "# @nothing @ a@");
    expect("mx.example.museum mx.xn--p1ai mx.example.example", "# # #");
    expect("mx.solutions mx.localdomain mx.noname", "# # mx.noname");
    expect("ann@example.org[192.0.2.1]:25", "#[#]:25");
    expect("<a@example.org>http://example.org", "<#>#");
    expect("x@[192.0.2.1]y@example.org end", "# end");
}

static void
hides_ids(void **state)
{
    (void)state;
    expect("queued as 12 now", "queued as # now");
    expect("queue id: a-b-1 now", "queue id: # now");
    expect("queueid: 7 queue-id 8 session id 9", "queueid: # queue-id # session id #");
    expect("(id=7) id=8 message-id: 9x", "(id=#) id=# message-id: #");
    expect("550-4XfUll0tQ9zB said", "550-# said");
    expect("4XfUll0tQ9zB: ab1cd2ef; abc_12_def", "#: #; #");
    /* in one order with hosts */
    expect("4XfUll0tQ9zB mx.example.org 5XfUll0tQ9zB ann@example.org 6XfUll0tQ9zB", "# # # # #");
    expect("[192.0.2.1] abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0a done",
           "[#] # done");
}

static void
leaves_words(void **state)
{
    (void)state;
    expect("550 5.1.1 5.7.26 unknown. see below", "550 5.1.1 5.7.26 unknown. see below");
    expect("said: 550 valid 550 as 550 id 550", "said: 550 valid 550 as 550 id 550");
    expect("queued as now, queue id: none", "queued as now, queue id: none");
    expect("1.2.3 1.2.3.4.5 1..2.com .com a:/b ://", "1.2.3 1.2.3.4.5 1..2.com .com a:/b ://");
    expect("a1b2c3 ofr006_102 2026-01-02 1234567890ab", "a1b2c3 ofr006_102 2026-01-02 1234567890ab");
}

static void
shows_known_labels(void **state)
{
    (void)state;
    expect("mx1.example.outlook.com gone", "{#.outlook.com} gone");
    expect("<ann@outlook.com>", "<{#@outlook.com}>");
    expect("outlook.com.example.org", "{outlook.com.#}");
    expect("x.outlook.org y.com z.outlook-com.net", "# # #");
    expect("myoutlook.com outlook.com1", "# outlook.com1");
    expect("mx.known.example.net mx.example.net mx.known.example.org",
           "{#.known.example.net} {#.example.net} {#.known.example.#}");
    expect("http://a.example.com/p=why?b=c", "{#.example.com/p=why?#}");
    expect("http://example.org/?p=nosuchuser&q=1", "{#=nosuchuser&#}");
    expect("nosuchuser", "nosuchuser");
}

static void
notes_reporters(void **state)
{
    (void)state;
    expect("host mx.example.org[192.0.2.1] said: no", "{host} #[#] said: no");
    expect("host mx.outlook.com[192.0.2.1] refused", "{host} {#.outlook.com}[#] refused");
    expect("host mx.example.org[2001:db8::1] said: no", "{host} #[2001:db8::1] said: no");
    expect("host mx.example.org [192.0.2.1] said", "host # [#] said");
    expect("host mx.example.org[192.0.2.1] told", "host #[#] told");
    expect("ghost", "ghost");
}

static void
keeps_numbered_lines(void **state)
{
    (void)state;
    expect("550 a\nb\nmx.example.org 5\n551 c", "550 a b # 5 551 c");
    assert_int_equal(text.n_lines, 2);
    assert_int_equal(text.lines[0], 0);
    assert_int_equal(text.lines[1], 12);
}

/* In GB18030, Shift_JIS and the like, the second byte of a character may look like a sign. */
static void
keeps_names_in_legacy_texts(void **state)
{
    (void)state;
    expect("\xd5\xca mx.example.org", "\xd5\xca {mx.example.org}");
    expect("$ mx.example.org", "$ {mx.example.org}");
    expect("\xc3\xa9 mx.example.org", "\xc3\xa9 #");
}

/* What is known behind LABELS_MAX labels stays hidden, with the signs. */
static void
reads_so_many_labels(void **state)
{
    char name[400];
    size_t labels, i, n;

    (void)state;
    for (labels = LABELS_MAX - 3; labels < LABELS_MAX + 3; labels++) {
        for (i = n = 0; i < labels; i++, n += 2)
            memcpy(name + n, "a.", 2);
        strcpy(name + n, "outlook.com");
        expect(name, labels + 2 <= LABELS_MAX ? "{#.outlook.com}" : "#");
    }
    for (i = n = 0; i < LABELS_MAX - 2; i++, n += 2)
        memcpy(name + n, "a.", 2);
    strcpy(name + n, "outlook.com/b/c");
    expect(name, "{#.outlook.com}");
}

/* With the end of a block of 64 bytes at each of their bytes, and ids that are longer than blocks. */
static void
hides_names_at_every_place(void **state)
{
    char words[500];
    char hidden[500];
    size_t before, n;

    (void)state;
    for (before = 0; before < 140; before++) {
        memset(words, 'w', before);
        memset(hidden, 'w', before);
        strcpy(words + before, " example.org (id=7) a1bcdefg");
        strcpy(hidden + before, " # (id=#) #");
        expect(words + (before == 0), hidden + (before == 0));
        memset(words, 'w', before);
        n = (size_t)(stpcpy(words + before, " queued as ") - words);
        memset(words + n, 'i', 2 * before);
        strcpy(words + n + 2 * before, "7 end");
        strcpy(hidden + before, " queued as # end");
        expect(words + (before == 0), hidden + (before == 0));
    }
}

/* A known name at every place of a long one, so that its labels lie across every block of 64 bytes. */
static void
shows_labels_at_every_place(void **state)
{
    char name[400];
    size_t before, after, n;

    (void)state;
    for (before = 1; before < 150; before++)
        for (after = 0; after < 80; after += after < 3 ? 1 : 7) {
            memset(name, 'a', before);
            n = before;
            memcpy(name + n, ".outlook.com/", 13);
            memset(name + n + 13, 'b', after);
            name[n + 13 + after] = '\0';
            expect(name, after > 0 ? "{#.outlook.com/#}" : "{#.outlook.com/}");
        }
}

/* ---- vectors and plain C ---- */

/* clang-format off */
static const char *const pieces[] = {
    " ", "\n", ".", "-", "_", "@", "://", "/", ":", ": ", "[", "]", "<", ">", "\"", "=", "?q=", "'", ",", "..", "$",
    "mx", "mail-1", "example.org", "mx.example.com", "outlook.com", "known.example.net", "nosuchuser", "p=why", "com",
    "192.0.2.1", "1.2.3.", "5.1.1", "550", "550-", "\n550-5.1.1 ", "http://", "ann", "host ", "] said", "4XfUll0tQ9zB",
    "a1", "abc", "123", " id=", "(id=", "queued as ", "queue id ", "queueid: ", "message-id: ", "said: ", "as ", "id ",
    "\xc3\xa9", "\xd5", "x.y.z.w.v.u.t.s.r.q.p.o.n.m.l.k.j.i.h.g.f.e.d.c.b.a.", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
};
/* clang-format on */
#define PIECES (sizeof(pieces) / sizeof(pieces[0]))

/* Sums up what is given. */
static void
sum_labels(void *context, uint32_t of_label, uint32_t hash)
{
    uint64_t *sum = context;

    *sum = *sum * 31 + of_label * UINT64_C(7) + hash;
}

static void
check(const char *diagnostic, size_t len)
{
    static bnc_text fast, plain;
    uint64_t fast_sum = 0, plain_sum = 0;

    memset(&fast, 0, sizeof(fast));
    bnc_text_read(&fast, (bnc_slice){diagnostic, len});
    /* what is behind the text may be read, but must not count */
    memset(fast.words + fast.len, "a5. @d:/"[chance(8)], BNC_PADDING);
    plain = fast;
    memset(plain.words + plain.len, 0, BNC_PADDING);
    assert_int_equal(bnc_names_in(fast.words, fast.len), portable_names_in(plain.words, plain.len));
    bnc_names_labels(fast.words, fast.len, sum_labels, &fast_sum);
    portable_names_labels(plain.words, plain.len, sum_labels, &plain_sum);
    assert_int_equal(fast_sum, plain_sum);
    bnc_names_hide(&fast, &set, 1);
    portable_names_hide(&plain, &set, 1);
    assert_int_equal(fast.len, plain.len);
    assert_memory_equal(fast.raw, plain.raw, fast.len);
    assert_int_equal(fast.wide, plain.wide);
    assert_int_equal(fast.n_names, plain.n_names);
    assert_memory_equal(fast.names, plain.names, fast.n_names * sizeof(fast.names[0]));
    assert_int_equal(fast.n_lines, plain.n_lines);
    assert_memory_equal(fast.lines, plain.lines, fast.n_lines * sizeof(fast.lines[0]));
}

static void
finds_the_same_in_plain_c(void **state)
{
    static char random[BNC_HEAD + 100];
    size_t round, len, want, kinds, first;
    const char *piece;

    (void)state;
    for (round = 0; round < 30000; round++) {
        want = chance(500) == 0 ? chance(BNC_HEAD) : chance(8) == 0 ? chance(600) : chance(80);
        kinds = 1 + chance(PIECES);
        first = chance(PIECES);
        for (len = 0; len < want; len += strlen(piece)) {
            piece = pieces[(first + chance(kinds)) % PIECES];
            memcpy(random + len, piece, strlen(piece));
        }
        check(random, len);
    }
}

/* As many names as a text can hold. */
static void
finds_so_many_names(void **state)
{
    static const char *const shortest[] = {"a@b", "a@b ", "://", " id=1", "(id=1", "a.aa", "a.aa "};
    static char full[BNC_HEAD];
    size_t i, n;

    (void)state;
    for (i = 0; i < sizeof(shortest) / sizeof(shortest[0]); i++) {
        for (n = 0; n + strlen(shortest[i]) <= sizeof(full); n += strlen(shortest[i]))
            memcpy(full + n, shortest[i], strlen(shortest[i]));
        check(full, n);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hides_names),
                                       cmocka_unit_test(hides_ids),
                                       cmocka_unit_test(leaves_words),
                                       cmocka_unit_test(shows_known_labels),
                                       cmocka_unit_test(notes_reporters),
                                       cmocka_unit_test(keeps_numbered_lines),
                                       cmocka_unit_test(keeps_names_in_legacy_texts),
                                       cmocka_unit_test(reads_so_many_labels),
                                       cmocka_unit_test(hides_names_at_every_place),
                                       cmocka_unit_test(shows_labels_at_every_place),
                                       cmocka_unit_test(finds_the_same_in_plain_c),
                                       cmocka_unit_test(finds_so_many_names)};

    return cmocka_run_group_tests(tests, make_set, NULL);
}
