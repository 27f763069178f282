/*
 * policy_test.c - the policy language: keys, presets, what beats what, and errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "memory.h"
#include "policy.h"
#include "text.h"

#define HOUR INT64_C(3600000000)
#define DAY (24 * HOUR)

static bnc_error error;
static bnc_policy *policy;

/* The policy of a text; the one before goes. */
static const bnc_policy *
read_policy(const char *text)
{
    if (policy != NULL)
        bnc_policy_leave(policy);
    policy = NULL;
    if (bnc_policy_compile(&memory, text_of(text), &policy, &error) != BNC_OK)
        fail_msg("%s: %s", text, error.message);
    return policy;
}

static const bnc_counter *
counter(const char *text, int number)
{
    return &read_policy(text)->counters[number];
}

static void
refuse(const char *text, const char *message)
{
    bnc_policy *made = NULL;

    if (bnc_policy_compile(&memory, text_of(text), &made, &error) == BNC_OK)
        fail_msg("%s: is taken", text);
    assert_null(made);
    if (strstr(error.message, message) == NULL)
        fail_msg("%s: %s", text, error.message);
    assert_true(strlen(error.message) < sizeof(error.message) - 1);
}

static int
category(const char *name)
{
    return bnc_category_find(text_of(name));
}

static int
role(const char *text, const char *event)
{
    int i;

    read_policy(text);
    for (i = 0; i < BNC_N_EVENTS; i++)
        if (bnc_slice_equal(bnc_event_text(bnc_event_facts[i].code), text_of(event)))
            return policy->roles[bnc_event_facts[i].code];
    fail_msg("%s", event);
    return -1;
}

static int
close_policy(void **state)
{
    (void)state;
    bnc_policy_leave(policy);
    return counted.blocks != 0;
}

static void
knows_its_presets(void **state)
{
    const bnc_policy *p;
    bnc_preset_info info;
    char text[64];
    int i;

    (void)state;
    for (i = 0; i < bnc_preset_count(); i++) {
        info = bnc_preset(i);
        snprintf(text, sizeof(text), "%.*s", (int)info.name.len, info.name.data);
        read_policy(text);
        assert_true(info.definition.len > 0 && info.source.len > 0 && info.description.len > 0);
    }
    p = read_policy("Benchmark");
    assert_int_equal(p->counters[BNC_COUNTER_HARD].limit, 3);
    assert_int_equal(p->counters[BNC_COUNTER_SOFT].limit, 0);
    assert_int_equal(p->counters[BNC_COUNTER_HARD].dedupe, HOUR);
    assert_int_equal(p->counters[p->counter_of[category("suppressed")]].limit, 1);
    p = read_policy("discourse");
    assert_true(p->scored);
    assert_int_equal(p->score, 4 * BNC_MILLION);
    assert_int_equal(p->erode, BNC_MILLION / 10);
    assert_int_equal(p->weights[0], 2 * BNC_MILLION);
}

static void
starts_from_default(void **state)
{
    (void)state;
    assert_int_equal(counter("", BNC_COUNTER_SOFT)->span, 7 * DAY);
    assert_int_equal(counter("  \n hard=2\t", BNC_COUNTER_SOFT)->span, 7 * DAY);
    assert_int_equal(counter("hard=2", BNC_COUNTER_HARD)->limit, 2);
    assert_true(counter("hard=2", BNC_COUNTER_HARD)->by_day);
    assert_int_equal(counter("three_strikes", BNC_COUNTER_SOFT)->span, 0);
    assert_int_equal(read_policy("three_strikes")->settle, 6 * HOUR);
    assert_int_equal(policy->pending, BNC_FOREVER);
    assert_int_equal(policy->complaint, 1);
    assert_int_equal(policy->lift, 1u << BNC_EVENT_REACTIVATE);
    assert_int_equal(policy->asof, BNC_TIME_NONE);
    assert_int_equal(policy->engaged, 3);
    assert_int_equal(policy->counters[BNC_COUNTER_HARD].window, BNC_FOREVER);
    assert_int_equal(policy->counters[BNC_COUNTER_HARD].hold, BNC_FOREVER);
    assert_int_equal(policy->counters[BNC_COUNTER_HARD].stale, BNC_FOREVER);
    assert_int_equal(policy->counters[BNC_COUNTER_HARD].dedupe, 0);
}

static void
knows_what_beats_what(void **state)
{
    (void)state;
    /* the last word counts */
    assert_int_equal(counter("hard=2 HARD=4", BNC_COUNTER_HARD)->limit, 4);
    assert_int_equal(read_policy("mailchimp soft=2")->engaged, 15);
    /* what holds for one counter, wherever it stands */
    assert_int_equal(counter("three_strikes window.hard=1d window=2d", BNC_COUNTER_HARD)->window, DAY);
    assert_int_equal(counter("three_strikes window.hard=none window=2d", BNC_COUNTER_HARD)->window, BNC_FOREVER);
    assert_int_equal(counter("three_strikes window.hard=1d window=2d", BNC_COUNTER_ANY)->window, 2 * DAY);
    assert_false(counter("dedupe.hard=2h dedupe=day", BNC_COUNTER_HARD)->by_day);
    assert_true(counter("three_strikes dedupe.hard=day dedupe=2h", BNC_COUNTER_HARD)->by_day);
    assert_false(counter("dedupe=none", BNC_COUNTER_HARD)->by_day);
    /* what holds for one category, wherever it stands */
    assert_int_equal(role("mailbox_full=hard perspective=ses", "mailbox_full"), BNC_ROLE_STRIKE_HARD);
    assert_int_equal(role("civicrm perspective=rfc", "auto_reply"), BNC_ROLE_STRIKE_SOFT);
    /* KEY.CATEGORY may stand before limit.CATEGORY */
    read_policy("hold.mailbox_full=3d limit.mailbox_full=2");
    assert_int_equal(policy->counters[policy->counter_of[category("mailbox_full")]].hold, 3 * DAY);
    /* a score has the general keys; of those of one type the window is for what is shown */
    assert_int_equal(counter("mailman2 window.hard=1d hold.hard=1d", BNC_COUNTER_HARD)->window, DAY);
    assert_int_equal(counter("mailman2 window.hard=1d hold.hard=1d", BNC_COUNTER_SCORE)->hold, BNC_FOREVER);
}

static void
gives_types(void **state)
{
    (void)state;
    assert_int_equal(role("", "user_unknown"), BNC_ROLE_STRIKE_HARD);
    assert_int_equal(role("", "user_unknown/4"), BNC_ROLE_STRIKE_SOFT);
    assert_int_equal(role("", "user_unknown/pending"), BNC_ROLE_PENDING);
    assert_int_equal(role("", "unknown/5"), BNC_ROLE_STRIKE_SOFT);
    assert_int_equal(role("", "spam_detected/pending"), BNC_ROLE_STRIKE_BLOCK);
    assert_int_equal(role("perspective=rfc", "spam_detected/pending"), BNC_ROLE_PENDING);
    assert_int_equal(role("", "delivered/none"), BNC_ROLE_NOTHING);
    assert_int_equal(role("delivered=hard perspective=rfc", "delivered/5"), BNC_ROLE_NOTHING);
    assert_int_equal(role("", "sent"), BNC_ROLE_PLAIN);
    assert_int_equal(role("", "none"), BNC_ROLE_NOTHING);
    assert_int_equal(role("perspective=listmonk", "hard"), BNC_ROLE_STRIKE_HARD);
    assert_int_equal(role("spam_detected=class", "spam_detected/4"), BNC_ROLE_STRIKE_SOFT);
    assert_int_equal(role("spam_detected=class", "spam_detected"), BNC_ROLE_STRIKE_HARD);
    assert_int_equal(role("spam_detected=class", "spam_detected/pending"), BNC_ROLE_PENDING);
    assert_int_equal(role("spam_detected=unknown", "spam_detected/pending"), BNC_ROLE_PENDING);
    assert_int_equal(role("spam_detected=hard", "spam_detected/pending"), BNC_ROLE_STRIKE_HARD);
    assert_int_equal(role("spam_detected=hard", "spam_detected/none"), BNC_ROLE_NOTHING);
}

static void
reads_values(void **state)
{
    (void)state;
    assert_int_equal(read_policy("settle=90m")->settle, 90 * 60 * INT64_C(1000000));
    assert_int_equal(read_policy("settle=0.5d")->settle, 12 * HOUR);
    assert_int_equal(read_policy("settle=2W")->settle, 14 * DAY);
    assert_int_equal(read_policy("settle=0.000001s")->settle, 1);
    assert_int_equal(read_policy("settle=0s")->settle, 0);
    assert_int_equal(read_policy("pending=72h")->pending, 3 * DAY);
    assert_int_equal(read_policy("hubspot pending=never")->pending, BNC_FOREVER);
    assert_int_equal(read_policy("reset=none")->reset, 0);
    assert_int_equal(read_policy("reset=Open,click")->reset, 1u << BNC_EVENT_OPEN | 1u << BNC_EVENT_CLICK);
    assert_int_equal(read_policy("lift=sent,delivered,open,click,complaint,unsubscribe,subscribe,reactivate")->lift,
                     0x1fe);
    assert_int_equal(read_policy("score=2.5 w.hard=0.000001")->weights[0], 1);
    assert_int_equal(policy->score, 2500000);
    assert_false(read_policy("score=0")->scored);
    assert_int_equal(read_policy("asof=1700000000")->asof, INT64_C(1700000000000000));
    assert_int_equal(read_policy("asof=2026-01-02T03:04:05.5+01:00 hard=2")->asof, INT64_C(1767319445500000));
    /* as SQL writes times */
    assert_int_equal(read_policy("asof=2026-01-02 03:04:05.5+01 hard=2")->asof, INT64_C(1767319445500000));
    assert_int_equal(policy->counters[BNC_COUNTER_HARD].limit, 2);
}

static void
tells_what_is_wrong(void **state)
{
    (void)state;
    refuse("benchmrk", "policy, at character 1: unknown preset \"benchmrk\"; legal: default, three_strikes, benchmark");
    refuse("hard=1 benchmark", "at character 8: not key=value: \"benchmark\"");
    refuse("benchmark ses", "at character 11: not key=value: \"ses\"");
    refuse(" hrad=1", "at character 2: unknown key \"hrad\"; legal: perspective, hard, soft");
    refuse("=1", "unknown key \"\"");
    refuse("hard=", "hard can't be \"\"; legal: a whole number");
    refuse("hard=-1", "hard can't be \"-1\"");
    refuse("hard=1.0", "hard can't be \"1.0\"");
    refuse("hard=1000001", "legal: a whole number from 0 to 1000000");
    refuse("hard=99999999999999999999", "legal: a whole number");
    refuse("hard=9999999999999", "legal: a whole number");
    refuse("settle=999999999999.999999w", "at most 4000000d");
    refuse("score=9999999999999.9", "at most six decimals");
    refuse("hard=never", "0 for never");
    refuse("w.hard=1.0000001 score=1", "at most six decimals");
    refuse("w.mailbox_full=1", "unknown key \"w.mailbox_full\"");
    refuse("w.hard=-1", "w.hard can't be \"-1\"");
    refuse("limit.mailbox=1", "unknown category \"mailbox\"");
    refuse("limit.hard=1", "unknown category \"hard\"");
    refuse("window.any=1d", "unknown counter \"any\"; legal: hard, soft, block, or a category that has a limit");
    refuse("foo.hard=1d", "unknown key \"foo.hard\"");
    refuse("hard=1 span.mailbox_full=1d", "at character 8: no counter for \"mailbox_full\"");
    refuse("perspective=none", "legal: default, rfc");
    refuse("mailbox_full=harder", "mailbox_full can't be \"harder\"; legal: hard, soft");
    refuse("complaint=hard", "complaint can't be");
    refuse("reset=", "reset can't be \"\"");
    refuse("reset=open,", "reset can't be \"\"");
    refuse("reset=open,none", "reset can't be \"none\"");
    refuse("reset=hard",
           "legal: none, or kinds with commas between: sent, delivered, open, click, complaint, unsubscribe");
    refuse("settle=none", "legal: a number with s, m, h, d or w");
    refuse("settle=6", "settle can't be \"6\"");
    refuse("settle=6min", "settle can't be \"6min\"");
    refuse("settle=.5h", "settle can't be");
    refuse("settle=5.h", "settle can't be");
    refuse("settle=9999999d", "at most 4000000d");
    refuse("window=day", "window can't be \"day\"; legal: none, or");
    refuse("dedupe=week", "legal: day, none, or");
    refuse("pending=none", "legal: never, or");
    refuse("asof=now", "asof can't be \"now\"");
    refuse("asof=20260102", "asof can't be \"20260102\"");
    refuse("asof=2026-01-02 hard=2 03:04", "at character 24: not key=value: \"03:04\"");
    refuse("h\xc3\xa4rd=1", "unknown key \"h??rd\"");
}

static void
bears_any_text(void **state)
{
    static char big[5000];
    bnc_policy *made;
    char text[40];
    size_t len, i;
    int round;

    (void)state;
    memset(big, ' ', sizeof(big));
    assert_int_equal(bnc_policy_compile(&memory, (bnc_slice){big, sizeof(big)}, &made, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_policy_compile(&memory, (bnc_slice){"hard=1\0", 7}, &made, &error), BNC_BAD_ARGUMENT);
    for (round = 0; round < 200000; round++) {
        static const char letters[] = "hard=softblock.window1dnone,24:0=- \t\0\xff";

        len = chance(sizeof(text));
        for (i = 0; i < len; i++)
            text[i] = letters[chance(sizeof(letters) - 1)];
        if (bnc_policy_compile(&memory, (bnc_slice){text, len}, &made, &error) == BNC_OK)
            bnc_policy_leave(made);
    }
}

static void
survives_without_memory(void **state)
{
    bnc_policy *made;
    size_t before = counted.blocks;

    (void)state;
    memory_allow(0);
    assert_int_equal(bnc_policy_compile(&memory, text_of(""), &made, &error), BNC_NO_MEMORY);
    memory_allow(1);
    assert_int_equal(bnc_policy_compile(&memory, text_of(""), &made, &error), BNC_NO_MEMORY);
    memory_allow(-1);
    assert_int_equal(counted.blocks, before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_presets),     cmocka_unit_test(starts_from_default),
        cmocka_unit_test(knows_what_beats_what), cmocka_unit_test(gives_types),
        cmocka_unit_test(reads_values),          cmocka_unit_test(tells_what_is_wrong),
        cmocka_unit_test(bears_any_text),        cmocka_unit_test(survives_without_memory)};

    return cmocka_run_group_tests(tests, NULL, close_policy);
}
