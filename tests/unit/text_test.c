/*
 * text_test.c - folding and masking.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "names.h"

static bnc_text text;

static void
read_text(const char *diagnostic, size_t len)
{
    bnc_text_read(&text, (bnc_slice){diagnostic, len});
    bnc_names_hide(&text, NULL, 0);
    bnc_names_mask(&text);
}

static void
expect_raw(const char *diagnostic, const char *raw)
{
    read_text(diagnostic, strlen(diagnostic));
    assert_int_equal(text.len, strlen(raw));
    assert_memory_equal(text.raw, raw, text.len);
}

/* The words with masked runs written as one #. */
static void
expect_words(const char *diagnostic, const char *words)
{
    char got[BNC_TEXT_MAX + 1];
    size_t n = 0;
    size_t i;

    read_text(diagnostic, strlen(diagnostic));
    for (i = 0; i < text.len; i++) {
        if (text.words[i] != BNC_MASK)
            got[n++] = (char)text.words[i];
        else if (n == 0 || got[n - 1] != '#')
            got[n++] = '#';
    }
    got[n] = '\0';
    assert_string_equal(got, words);
}

static void
folds_case_and_blanks(void **state)
{
    (void)state;
    expect_raw("  550\tUSER \r\n  Unknown\n", "550 user unknown");
    expect_raw("a\0b", "a");
    expect_raw("", "");
    expect_raw(" \r\n\t ", "");
}

static void
folds_letters_of_two_bytes(void **state)
{
    (void)state;
    expect_raw("BO\xc3\x8eTE PLEINE", "bo\xc3\xaete pleine");
    expect_raw("\xd0\x9f\xd0\xa0\xd0\x81", "\xd0\xbf\xd1\x80\xd1\x91");
    expect_raw("\xc4\xb0stanbul \xc5\x81\xc3\x93", "istanbul \xc5\x82\xc3\xb3");
    expect_raw("\xce\x91\xce\x86", "\xce\xb1\xce\xac");
    /* not UTF-8: bytes stay */
    expect_raw("BO\xceTE", "bo\xcete");
}

static void
makes_signs_plain(void **state)
{
    (void)state;
    expect_raw("doesn\xe2\x80\x99t \xe2\x80\x9cx\xe2\x80\x9d", "doesn't \"x\"");
    expect_raw("doesn\x92t", "doesn't");
    expect_raw("doesn`t", "doesn't");
    expect_raw("a\xc2\xa0z", "a z");
    expect_raw("\xef\xbc\xa1\xef\xbc\x9a", "a:");
    expect_raw("&lt;x&gt; &amp; &quot;", "<x> & \"");
    expect_raw("one\\r\\ntwo", "one two");
    expect_raw("=D5=CA=BA=C5", "\xd5\xca\xba\xc5");
    expect_raw("a=41=42", "a=41=42");
}

static void
cuts_prefixes(void **state)
{
    (void)state;
    expect_raw("smtp; 550 no", "550 no");
    expect_raw("Diagnostic-Code: SMTP;550 no", "550 no");
    expect_raw("X-Postfix; unknown", "unknown");
}

static void
parts_glued_sentences(void **state)
{
    (void)state;
    expect_words("User unknown.For help", "user unknown. for help");
    expect_words("see mail.Example.com now", "see # now");
}

static void
masks_names(void **state)
{
    (void)state;
    expect_words("550 <mailbox.full@example.com>: no", "550 <#>: no");
    expect_words("rcpt to:user+spam=x@mx.example.com said", "rcpt to:# said");
    expect_words("550 \"mailbox full\"@example.com no", "550 # no");
    expect_words("host mailspamprotection.com[192.0.2.1] said", "host #[#] said");
    expect_words("see http://example.com/mailbox-full?a=b&c now", "see # now");
    expect_words("see www.example.com/spam/ now", "see # now");
    expect_words("queued as 4XfUll0tQ9zB now", "queued as # now");
    expect_words("id=spam1234 now", "id=spam1234 now");
    expect_words("a (id=spam1234) now", "a (id=#) now");
    expect_words("user@[192.0.2.1] gone", "# gone");
    expect_words("admin@example.com.", "#.");
}

static void
leaves_words(void **state)
{
    (void)state;
    expect_words("5.1.1 resolver.adr.exrecipnotfound; not found", "5.1.1 resolver.adr.exrecipnotfound; not found");
    expect_words("ofr006_102 aup#in-1310 s2017062302", "ofr006_102 aup#in-1310 s2017062302");
    expect_words("\xe6\x94\xb6\xe4\xbb\xb6user@example.com\xe4\xb8\x8d", "\xe6\x94\xb6\xe4\xbb\xb6#\xe4\xb8\x8d");
}

static void
takes_any_bytes(void **state)
{
    char bytes[256];
    int i;

    (void)state;
    for (i = 0; i < 256; i++)
        bytes[i] = (char)i;
    read_text(bytes, sizeof(bytes));
    for (i = 0; (size_t)i < text.len; i++)
        assert_true(text.raw[i] >= ' ' && text.raw[i] != BNC_MASK);
}

static void
stops_at_the_head(void **state)
{
    static char big[3 * BNC_HEAD];

    (void)state;
    memset(big, 'a', sizeof(big));
    read_text(big, sizeof(big));
    assert_int_equal(text.len, BNC_HEAD);
    memset(big, '.', sizeof(big));
    read_text(big, sizeof(big));
    assert_true(text.len <= BNC_TEXT_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_case_and_blanks), cmocka_unit_test(folds_letters_of_two_bytes),
        cmocka_unit_test(makes_signs_plain),     cmocka_unit_test(cuts_prefixes),
        cmocka_unit_test(parts_glued_sentences), cmocka_unit_test(masks_names),
        cmocka_unit_test(leaves_words),          cmocka_unit_test(takes_any_bytes),
        cmocka_unit_test(stops_at_the_head)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
