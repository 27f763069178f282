/*
 * reply_test.c - finding replies, codes, continuation lines, nested replies.
 *
 * reply.c is compiled here a second time, in plain C: it must find the same as the linked one, which
 * has vectors where the machine has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "names.h"
#include "reply.h"

#define BNC_PORTABLE
#define bnc_replies_read portable_replies_read
#define bnc_reply_has_words portable_reply_has_words
#include "reply.c"
#undef bnc_replies_read
#undef bnc_reply_has_words

static bnc_text text;
static bnc_replies replies;

static void
read_both(void)
{
    static bnc_text portable;
    static bnc_replies expected;

    memcpy(&portable, &text, sizeof(text));
    memset(&expected, 0, sizeof(expected));
    memset(&replies, 0, sizeof(replies));
    portable_replies_read(&portable, &expected);
    bnc_replies_read(&text, &replies);
    assert_memory_equal(&replies, &expected, sizeof(expected));
    assert_int_equal(text.len, portable.len);
    assert_memory_equal(text.raw, portable.raw, text.len);
}

static void
read_replies(const char *diagnostic)
{
    bnc_text_read(&text, (bnc_slice){diagnostic, strlen(diagnostic)});
    bnc_names_hide(&text, NULL, 0);
    read_both();
    bnc_names_mask(&text);
}

static void
expect_reply(int i, unsigned code, unsigned class_, unsigned subject, unsigned detail, bool nested)
{
    assert_true(i < replies.count);
    assert_int_equal(replies.item[i].code, code);
    assert_int_equal(replies.item[i].enhanced.class_, class_);
    assert_int_equal(replies.item[i].enhanced.subject, subject);
    assert_int_equal(replies.item[i].enhanced.detail, detail);
    assert_int_equal(replies.item[i].nested, nested);
}

/* The whole text is one reply with these codes, and reads so without its continuation codes. */
static void
expect_one(const char *diagnostic, unsigned code, unsigned class_, unsigned subject, unsigned detail, const char *words)
{
    read_replies(diagnostic);
    assert_int_equal(replies.count, 1);
    expect_reply(0, code, class_, subject, detail, false);
    assert_int_equal(text.len - replies.item[0].text, strlen(words));
    assert_memory_equal(text.raw + replies.item[0].text, words, strlen(words));
}

static void
reads_codes(void **state)
{
    (void)state;
    expect_one("550 5.1.1 User unknown", 550, 5, 1, 1, "user unknown");
    expect_one("550-5.1.1 User unknown", 550, 5, 1, 1, "user unknown");
    expect_one("550 #5.1.1 User unknown", 550, 5, 1, 1, "user unknown");
    expect_one("smtp; 452 4.2.2 Full", 452, 4, 2, 2, "full");
    expect_one("550 User unknown (#5.1.1)", 550, 5, 1, 1, "user unknown (#5.1.1)");
    expect_one("550", 550, 0, 0, 0, "");
    expect_one("550 5.7.606 Access denied", 550, 5, 7, 606, "access denied");
}

static void
drops_continuation_codes(void **state)
{
    (void)state;
    expect_one("550-5.1.1 The account that you\r\n550-5.1.1 tried to reach\r\n550 5.1.1 does not exist", 550, 5, 1, 1,
               "the account that you tried to reach does not exist");
    expect_one("550-5.1.1 The account that you 550-5.1.1 tried to reach 550 5.1.1 does not exist", 550, 5, 1, 1,
               "the account that you tried to reach does not exist");
    expect_one("550-Requested action not taken: mailbox\r\n550 unavailable", 550, 0, 0, 0,
               "requested action not taken: mailbox unavailable");
    expect_one("421-4.7.0 try again421-4.7.0 later", 421, 4, 7, 0, "try again later");
}

static void
leaves_numbers(void **state)
{
    (void)state;
    expect_one("552 Message size 550 KB exceeds limit of 500 messages", 552, 0, 0, 0,
               "message size 550 kb exceeds limit of 500 messages");
    read_replies("connection to port 554 failed after 421 seconds");
    assert_int_equal(replies.count, 0);
    read_replies("192.0.2.550 5.1.1.4");
    assert_int_equal(replies.count, 0);
    assert_int_equal(replies.status.class_, 0);
}

static void
tells_numbers_by_their_neighbours(void **state)
{
    (void)state;
    read_replies("host said 550 no such user");
    expect_reply(0, 550, 0, 0, 0, false);
    read_replies("diagnostic-code: 550 no such user");
    expect_reply(0, 550, 0, 0, 0, false);
    read_replies("the message was put on page 550 of user mail");
    assert_int_equal(replies.count, 0);
    read_replies("too many of 550 recipients(max)");
    assert_int_equal(replies.count, 0);
    read_replies("we took 550 recipients today");
    assert_int_equal(replies.count, 0);
    read_replies("mailbox: 550 kb");
    assert_int_equal(replies.count, 0);
    read_replies("mailbox: 550 kbit");
    assert_int_equal(replies.count, 1);
    read_replies("mailbox: 550kb, queue: 7550, id 550_1 and 550.5");
    assert_int_equal(replies.count, 0);
}

static void
tells_a_status_from_a_version(void **state)
{
    (void)state;
    read_replies("exim 4.2.2 gave up");
    assert_int_equal(replies.status.class_, 0);
    read_replies("delayed 4.2.2 gave up");
    assert_int_equal(replies.status.class_, 4);
    read_replies("status 5.04.24 of 05.04.24, and 15.1.1");
    assert_int_equal(replies.status.class_, 5);
    assert_int_equal(replies.status.subject, 4);
    read_replies("status 05.04.24, status 15.1.1, status 5.1.1234, status 5.8.1, status 5.1.");
    assert_int_equal(replies.status.class_, 0);
    /* the word in front is the one that stays */
    read_replies("550-no such user\r\n550-of exim 5.1.1\r\n550 here");
    expect_reply(0, 550, 0, 0, 0, false);
    read_replies("550-no such user\r\n550-status 5.1.1\r\n550 here");
    expect_reply(0, 550, 5, 1, 1, false);
}

/* Digits are looked for in blocks: codes lie anywhere in them, and across their edges. */
static void
reads_codes_at_any_place(void **state)
{
    static const char words[] = "451-4.3.0 busy\r\n451 4.3.0 later\r\n550-5.1.1 no\r\n550 5.1.1 user";
    static const char kept[] = "451-4.3.0 busy later 550-5.1.1 no user";
    char diagnostic[200 + sizeof(words)];
    size_t n;

    (void)state;
    for (n = 0; n < 200; n++) {
        memset(diagnostic, '~', n);
        if (n > 0)
            diagnostic[n - 1] = ' ';
        memcpy(diagnostic + n, words, sizeof(words));
        read_replies(diagnostic);
        assert_int_equal(replies.count, 2);
        expect_reply(0, 451, 4, 3, 0, false);
        expect_reply(1, 550, 5, 1, 1, false);
        assert_true(text.len >= strlen(kept));
        assert_memory_equal(text.raw + text.len - strlen(kept), kept, strlen(kept));
    }
    /* nor does anything behind the text count */
    for (n = 0; n < 200; n++) {
        memset(text.raw, '7', sizeof(text.raw));
        memset(text.raw, '~', n);
        memcpy(text.raw + n, " 550", 4);
        text.len = n + 4;
        text.n_lines = 0;
        read_both();
        assert_int_equal(replies.count, n == 0);
        memcpy(text.raw + n, " :55", 4);
        text.len = n + 4;
        read_both();
        assert_int_equal(replies.count, 0);
    }
}

static void
finds_several(void **state)
{
    (void)state;
    read_replies("450 busy - please try later 551 not our user 503 need RCPT command");
    assert_int_equal(replies.count, 3);
    expect_reply(0, 450, 0, 0, 0, false);
    expect_reply(1, 551, 0, 0, 0, false);
    expect_reply(2, 503, 0, 0, 0, false);
    read_replies(
        "host a.example.com said: 451 later (in reply to RCPT TO command); host b.example.com said: 550 5.1.1 no");
    assert_int_equal(replies.count, 2);
    expect_reply(1, 550, 5, 1, 1, false);
}

static void
nests_reported_replies(void **state)
{
    (void)state;
    read_replies("550-Verification failed for <a@example.com>\r\n550-Called: 192.0.2.1\r\n"
                 "550-Response: 550 No such user\r\n550 Sender verify failed");
    assert_int_equal(replies.count, 2);
    expect_reply(1, 550, 0, 0, 0, true);
    assert_int_equal(replies.spans[replies.n_spans - 1].owner, 0);
    read_replies("554 4.4.7 Message expired: unable to deliver in 840 minutes.<421 4.4.2 Connection timed out>");
    assert_int_equal(replies.count, 2);
    expect_reply(0, 554, 4, 4, 7, false);
    expect_reply(1, 421, 4, 4, 2, true);
    read_replies("550 5.1.351 Remote server returned unknown recipient -> 550 5.1.1 User unknown");
    expect_reply(1, 550, 5, 1, 1, true);
}

static void
ends_a_report_with_its_bracket(void **state)
{
    (void)state;
    read_replies("550 sender verify failed (host [mx] said: (550 no (such) user) here) and more");
    assert_int_equal(replies.count, 2);
    expect_reply(1, 550, 0, 0, 0, true);
    assert_int_equal(replies.n_spans, 3);
    assert_int_equal(replies.spans[2].owner, 0);
    assert_memory_equal(text.raw + replies.spans[2].start, ") here) and more", 16);
    read_replies("550 sender verify failed \"451 it isn't there\" and more");
    assert_int_equal(replies.n_spans, 3);
    assert_memory_equal(text.raw + replies.spans[2].start, "\" and more", 10);
    /* without a bracket, until the next line */
    read_replies("550-sender verify failed: response: 551 no) user\r\n550 and more");
    assert_int_equal(replies.n_spans, 3);
    assert_memory_equal(text.raw + replies.spans[2].start, "and more", 8);
}

static void
knows_who_reports(void **state)
{
    (void)state;
    read_replies("550 relayed: < 551 no user");
    assert_int_equal(replies.count, 2);
    expect_reply(1, 551, 0, 0, 0, true);
    read_replies("550 relayed: <<< 551 no user");
    assert_int_equal(replies.count, 2);
    expect_reply(1, 551, 0, 0, 0, false);
    read_replies("451 later (in reply to end of data command), then said: 550 no user");
    assert_int_equal(replies.count, 2);
    expect_reply(1, 550, 0, 0, 0, false);
    read_replies("451 later (in reply to end of data), then said: 550 no user");
    assert_int_equal(replies.count, 2);
    expect_reply(1, 550, 0, 0, 0, true);
}

static void
joins_codes_without_words(void **state)
{
    (void)state;
    expect_one("550 5.7.1 550 User Unknown", 550, 5, 7, 1, "user unknown");
    expect_one("554 <a@example.com>... 550 Host unknown", 550 + 4, 0, 0, 0, "host unknown");
}

static void
reads_the_status_before(void **state)
{
    (void)state;
    read_replies("5.2.1 An error occurred: the mailbox is disabled");
    assert_int_equal(replies.count, 0);
    assert_int_equal(replies.status.class_, 5);
    assert_int_equal(replies.status.subject, 2);
}

static void
knows_a_bare_code(void **state)
{
    (void)state;
    read_replies("550 <a@example.com> (in reply to RCPT TO command)");
    assert_false(bnc_reply_has_words(&text, &replies, 0));
    read_replies("550 rejected");
    assert_true(bnc_reply_has_words(&text, &replies, 0));
    read_replies("550 <a@example.com> (in replies");
    assert_true(bnc_reply_has_words(&text, &replies, 0));
    read_replies("host mx.example.com[192.0.2.1] said: 550 451 (in reply to RCPT TO command)");
    assert_true(bnc_reply_has_words(&text, &replies, BNC_PREAMBLE));
    assert_false(bnc_reply_has_words(&text, &replies, 0));
    /* a blank that was cut off at the end belongs to nobody */
    read_replies("550 5.1.1 no user (551 )) {451 - \r\n550-5.1.1 ");
    memset(text.words + text.len, 'a', 8);
    assert_false(bnc_reply_has_words(&text, &replies, replies.count - 1));
}

static void
bears_any_number_of_replies(void **state)
{
    static char many[4096];
    size_t i;

    (void)state;
    for (i = 0; i + 32 < sizeof(many); i += 16)
        memcpy(many + i, i % 32 == 0 ? "550 rejected it " : "451 not now but ", 16);
    read_replies(many);
    assert_int_equal(replies.count, BNC_REPLIES_MAX);
    assert_true(replies.n_spans <= BNC_SPANS_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_codes),
                                       cmocka_unit_test(drops_continuation_codes),
                                       cmocka_unit_test(leaves_numbers),
                                       cmocka_unit_test(tells_numbers_by_their_neighbours),
                                       cmocka_unit_test(tells_a_status_from_a_version),
                                       cmocka_unit_test(reads_codes_at_any_place),
                                       cmocka_unit_test(finds_several),
                                       cmocka_unit_test(nests_reported_replies),
                                       cmocka_unit_test(ends_a_report_with_its_bracket),
                                       cmocka_unit_test(knows_who_reports),
                                       cmocka_unit_test(joins_codes_without_words),
                                       cmocka_unit_test(reads_the_status_before),
                                       cmocka_unit_test(knows_a_bare_code),
                                       cmocka_unit_test(bears_any_number_of_replies)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
