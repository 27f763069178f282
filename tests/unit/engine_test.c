/*
 * engine_test.c - an engine over its life: own rules kept and evicted, errors that name the culprit, memory that runs
 * out, counts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../fuzz/counting.h"
#include "engine.h"

static counting memory;
static bnc_engine *engine;
static bnc_verdict verdict;
static bnc_error error;

static int
set_up(void **state)
{
    static bnc_allocator allocator;

    (void)state;
    memory = (counting){0};
    allocator = counting_allocator(&memory);
    return bnc_engine_create(&allocator, bnc_builtin_rules(), &engine) == BNC_OK ? 0 : -1;
}

/* Whatever a test did, nothing may be left. */
static int
tear_down(void **state)
{
    (void)state;
    memory.fail = 0;
    bnc_engine_destroy(engine);
    return memory.blocks == 0 ? 0 : -1;
}

static bnc_slice
slice(const char *text)
{
    return (bnc_slice){text, strlen(text)};
}

static bnc_status
classify(const char *diagnostic, const char *rules)
{
    bnc_slice own = {rules, rules != NULL ? strlen(rules) : 0};

    memset(&error, 0, sizeof(error));
    return bnc_classify(engine, slice(diagnostic), rules != NULL ? &own : NULL, &verdict, &error);
}

static void
expect_text(bnc_slice text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.data, expected, text.len);
}

static void
expect_rule(const char *diagnostic, const char *rules, const char *id)
{
    assert_int_equal(classify(diagnostic, rules), BNC_OK);
    expect_text(verdict.rule, id);
}

/* ---- own rules ---- */

static void
keeps_rules_compiled(void **state)
{
    const char *rules = "[user_unknown]\nacme.gone: \"zork\"\n";
    size_t asked;

    (void)state;
    expect_rule("550 zork", rules, "acme.gone");
    asked = memory.asked;
    expect_rule("550 zork again", rules, "acme.gone");
    assert_int_equal(memory.asked, asked);
}

static void
compares_rules_in_full(void **state)
{
    /* one length, one start, one end */
    static char rules[] = "[user_unknown]\nacme.a: \"zork\"\n";
    char *id = strchr(rules, '.') + 1;
    char name[] = "acme.?";

    (void)state;
    for (*id = 'a'; *id <= 'j'; ++*id) {
        name[5] = *id;
        expect_rule("550 zork", rules, name);
    }
    *id = 'a';
    expect_rule("550 zork", rules, "acme.a");
    /* a text that is only the start of one that is kept */
    assert_int_equal(classify("550 zork", "[user_unknown]\n"), BNC_OK);
    assert_true(verdict.rule.len == 0 || memcmp(verdict.rule.data, "acme.", 5) != 0);
}

static void
evicts_what_was_used_least_lately(void **state)
{
    static char rules[BNC_KEPT_RULES + 1][64];
    size_t asked;
    int i;

    (void)state;
    for (i = 0; i <= BNC_KEPT_RULES; i++) {
        snprintf(rules[i], sizeof(rules[i]), "[user_unknown]\nacme.%d: \"zork\"\n", i);
        if (i < BNC_KEPT_RULES)
            assert_int_equal(classify("550 zork", rules[i]), BNC_OK);
    }
    expect_rule("550 zork", rules[0], "acme.0");
    asked = memory.asked;
    expect_rule("550 zork", rules[BNC_KEPT_RULES], "acme.4");
    assert_true(memory.asked > asked);
    /* 1 made room, 0 and the others stayed */
    asked = memory.asked;
    expect_rule("550 zork", rules[0], "acme.0");
    for (i = 2; i <= BNC_KEPT_RULES; i++)
        assert_int_equal(classify("550 zork", rules[i]), BNC_OK);
    assert_int_equal(memory.asked, asked);
    expect_rule("550 zork", rules[1], "acme.1");
    assert_true(memory.asked > asked);
}

static void
memory_stays_bounded(void **state)
{
    char rules[64];
    size_t blocks = 0;
    int i;

    (void)state;
    for (i = 0; i < 50; i++) {
        snprintf(rules, sizeof(rules), "[user_unknown]\nacme.r%d: \"zork\" /a%d/\n", i, i);
        assert_int_equal(classify("550 zork a1", rules), BNC_OK);
        if (i == 9)
            blocks = memory.blocks;
        if (i > 9)
            assert_true(memory.blocks <= blocks);
    }
}

static void
takes_null_and_empty(void **state)
{
    bnc_slice nothing = {NULL, 0};
    bnc_slice answer;
    bool lasting;

    (void)state;
    assert_int_equal(classify("550 5.1.1 User unknown", NULL), BNC_OK);
    assert_int_equal(bnc_classify(engine, nothing, NULL, &verdict, &error), BNC_OK);
    expect_text(bnc_category(verdict.category).name, "unknown");
    assert_int_equal(bnc_classify(engine, nothing, &nothing, &verdict, &error), BNC_OK);
    assert_int_equal(
        bnc_answer(engine, BNC_ASK_TYPE, slice("550 5.1.1 User unknown"), NULL, NULL, &answer, &lasting, &error),
        BNC_OK);
    expect_text(answer, "hard");
    assert_true(lasting);
    assert_int_equal(bnc_answer(engine, BNC_ASK_TYPE, nothing, &nothing, NULL, &answer, &lasting, &error),
                     BNC_BAD_ARGUMENT);
    bnc_engine_destroy(NULL);
}

/* bytes of rules that no editor shows */
static void
takes_rules_of_any_bytes(void **state)
{
    static const char rules[] = "[user_unknown]\na.x: \"zo\0rk (a\0b|c)\"\n";
    bnc_slice own = {rules, sizeof(rules) - 1};

    (void)state;
    assert_int_equal(bnc_classify(engine, slice("550 zo rk a b"), &own, &verdict, &error), BNC_OK);
    expect_text(verdict.rule, "a.x");
}

/* ---- errors ---- */

static void
expect_error(bnc_status status, bnc_status expected, const char *part, const char *other_part)
{
    assert_int_equal(status, expected);
    if (strstr(error.message, part) == NULL || strstr(error.message, other_part) == NULL)
        fail_msg("\"%s\" lacks \"%s\" or \"%s\"", error.message, part, other_part);
}

static void
errors_name_the_culprit(void **state)
{
    bnc_slice perspective = slice("seas");
    bnc_slice answer = {NULL, 0};
    bool lasting = false;

    (void)state;
    expect_error(bnc_answer(engine, BNC_ASK_TYPE, slice("550"), &perspective, NULL, &answer, &lasting, &error),
                 BNC_BAD_ARGUMENT, "\"seas\"", "default");
    assert_null(answer.data);
    assert_false(lasting);
    expect_error(bnc_term(slice("user_unknown"), slice("sas"), &answer, &error), BNC_BAD_ARGUMENT, "\"sas\"", "ses");
    expect_error(bnc_term(slice("user_unkown"), slice("ses"), &answer, &error), BNC_BAD_ARGUMENT, "\"user_unkown\"",
                 "bounce_categories");
    expect_error(bnc_from(slice("sas"), slice("x"), &answer, &error), BNC_BAD_ARGUMENT, "\"sas\"", "ses");
    assert_null(answer.data);
}

static void
errors_name_the_line(void **state)
{
    static const struct {
        const char *rules, *line, *culprit;
    } bad[] = {{"a: 550\n", "line 1:", "[category]"},
               {"\n# x\n[user_unkown]\n", "line 3:", "user_unkown"},
               {"[user_unknown]\r\na: \"x\r\n", "line 2:", "closing quote"},
               {"[user_unknown]\na: 55x\n", "line 2:", "55x"},
               {"[user_unknown]\na: \"x\" type=dead\n", "line 2:", "\"dead\""},
               {"[user_unknown]\na: \"x\"\na: \"y\"\n", "line 3:", "\"a\""},
               {"[user_unknown]\na:\n", "line 2:", "\"a\" has no condition"},
               {"[user_unknown]\na: \"\"\n", "line 2:", "empty phrase"},
               {"[user_unknown]\na: \"((x|y)|z)\"\n", "line 2:", "group"},
               {"[user_unknown]\na: \"\\q\"\n", "line 2:", "escape"},
               {"[user_unknown]\na: /(/\n", "line 2:", "regular expression"},
               {"[user_unknown]\n\n\na: /a\n", "line 4:", "closing /"},
               {"[user_unknown]\na: 550 +\"x\"\n", "line 2:", "+\"phrase\" without"},
               {"[user_unknown]\na: \"x\" +\"y\" +\"z\"\n", "line 2:", "more than one +"},
               {"[user_unknown]\na: \"x\"$ \"y\"\n", "line 2:", "last phrase"},
               {"[user_unknown]\na: @nobody_knows \"x\"\n", "line 2:", "nobody_knows"},
               {"[user_unknown]\na: 550 !@nobody_knows\n", "line 2:", "nobody_knows"},
               {"> x\n", "line 1:", "example"}};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_error(classify("550", bad[i].rules), BNC_BAD_RULES, bad[i].line, bad[i].culprit);
    /* the provider's section may come later */
    assert_int_equal(classify("550 zork", "[user_unknown]\na: @mine \"zork\"\n[@mine]\nb: \"zork\"\n"), BNC_OK);
    expect_text(verdict.rule, "a");
    expect_text(verdict.provider, "mine");
}

static char told[2048];

static void
tell(void *context, int line, const char *problem)
{
    size_t used = strlen(told);

    (void)context;
    snprintf(told + used, sizeof(told) - used, "%d %s\n", line, problem);
}

static const char *
check(const char *rules)
{
    told[0] = '\0';
    assert_int_equal(bnc_rules_check(engine, slice(rules), tell, NULL), BNC_OK);
    return told;
}

static void
check_tells_every_problem(void **state)
{
    (void)state;
    assert_string_equal(check("[user_unknown]\na: \"zork\"\n> 550 zork\n"), "");
    assert_non_null(strstr(check("[user_unknown]\na: \"zork\nb: \"x\" 55\nc: /(/ \n"), "2 phrase without"));
    assert_non_null(strstr(told, "3 can't read \"55\""));
    assert_non_null(strstr(told, "4 regular expression"));
    assert_non_null(strstr(check("[user_unknown]\na: \"zork\"\n    > 550 zark\n"), "3 rule \"a\" does not win"));
    /* an own rule that another own rule shadows */
    assert_non_null(
        strstr(check("[user_unknown]\na: \"zork\"\nb: \"zorks\"\n    > 550 zorks\n"), "4 rule \"b\" does not win"));
}

/* ---- memory ---- */

static const char *const rules_of_each_kind =
    "[@mine]\nm.it: \"zork\" /zork.*zork/\n[pending]\np.x: \"(will|may) be tried\" /tried/\n[aftermath]\na.x: \"bye * "
    "now\"\n"
    "[user_unknown]\nu.x: @mine \"(no|not a) user * here\" !\"hosts\" /user (\\w+ )*here/\n    > 550 zork zork: no "
    "user x here\n"
    "u.y: /never/ x.7.1\n[mailbox_full]\nf.x: 552 \"full\" type=soft\n    > 552 full\n";

static bnc_status
ask(bnc_question question, const char *text, const char *rules, char copy[2048])
{
    bnc_slice own = {rules, rules != NULL ? strlen(rules) : 0};
    bnc_slice answer;
    bool lasting;
    bnc_status status =
        bnc_answer(engine, question, slice(text), NULL, rules != NULL ? &own : NULL, &answer, &lasting, &error);

    if (status != BNC_OK)
        return status;
    assert_true(answer.len < 2048);
    memcpy(copy, answer.data, answer.len);
    copy[answer.len] = '\0';
    return status;
}

/* Every allocation of a call fails once, and once with all after it: no memory, or the right answer. */
static void
fail_everywhere(const char *text, const char *rules)
{
    char right[2048], got[2048];
    size_t needed, n;
    int forever, failures;
    bnc_status status;

    assert_int_equal(tear_down(NULL), 0);
    assert_int_equal(set_up(NULL), 0);
    assert_int_equal(ask(BNC_ASK_EXPLAIN, text, rules, right), BNC_OK);
    needed = memory.asked;
    for (forever = 0; forever < 2; forever++) {
        for (n = 1, failures = 0; n <= needed; n++) {
            assert_int_equal(tear_down(NULL), 0);
            memory = (counting){0};
            memory.fail = n;
            memory.forever = forever != 0;
            if (n == 1) {
                bnc_allocator allocator = counting_allocator(&memory);
                bnc_engine *none = NULL;

                assert_int_equal(bnc_engine_create(&allocator, bnc_builtin_rules(), &none), BNC_NO_MEMORY);
                assert_null(none);
                assert_int_equal(memory.blocks, 0);
                memory.fail = 0;
                assert_int_equal(set_up(NULL), 0);
                continue;
            }
            memory.fail = 0;
            assert_int_equal(set_up(NULL), 0);
            memory.fail = n;
            memory.forever = forever != 0;
            status = ask(BNC_ASK_EXPLAIN, text, rules, got);
            if (status == BNC_OK)
                assert_string_equal(got, right);
            else
                assert_int_equal(status, BNC_NO_MEMORY);
            failures += status != BNC_OK;
            memory.fail = 0;
            /* and nothing of it is left for the next call, be it without rules */
            assert_int_equal(ask(BNC_ASK_EXPLAIN, text, NULL, got), BNC_OK);
            assert_int_equal(ask(BNC_ASK_EXPLAIN, text, rules, got), BNC_OK);
            assert_string_equal(got, right);
        }
        assert_int_equal(failures, needed - 1);
    }
}

static void
survives_without_memory(void **state)
{
    (void)state;
    fail_everywhere("550 5.1.1 <a@example.com>: User unknown", NULL);
    fail_everywhere("550 5.7.1 zork zork: no user x here; will be tried", rules_of_each_kind);
    fail_everywhere("552 full", rules_of_each_kind);
}

/* A text that is too long to be kept needs no memory that a text before it lacked. */
static void
long_text_after_want_of_memory(void **state)
{
    char text[2001], got[2048];
    size_t n;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (n = 1; n < 4; n++) {
        assert_int_equal(tear_down(NULL), 0);
        assert_int_equal(set_up(NULL), 0);
        memory.fail = memory.asked + n;
        assert_int_equal(ask(BNC_ASK_CATEGORY, "550 5.1.1 User unknown", NULL, got), BNC_NO_MEMORY);
        memory.fail = 0;
        assert_int_equal(ask(BNC_ASK_CATEGORY, text, NULL, got), BNC_OK);
        assert_string_equal(got, "unknown");
    }
}

static void
check_survives_without_memory(void **state)
{
    size_t needed, n;
    bnc_status status;

    (void)state;
    assert_string_equal(check(rules_of_each_kind), "");
    needed = memory.asked;
    for (n = 2; n <= needed; n++) {
        assert_int_equal(tear_down(NULL), 0);
        assert_int_equal(set_up(NULL), 0);
        memory.fail = n;
        told[0] = '\0';
        status = bnc_rules_check(engine, slice(rules_of_each_kind), tell, NULL);
        assert_string_equal(told, "");
        assert_int_equal(status, BNC_NO_MEMORY);
        memory.fail = 0;
        assert_string_equal(check(rules_of_each_kind), "");
    }
}

/* ---- answers do not hang on what came before ---- */

static void
forgets_the_text_before(void **state)
{
    char right[2048], got[2048];
    static char before[BNC_HEAD + 1];
    size_t i;
    static const char *const texts[] = {"foo",
                                        "550-5.1.1 zork 550-5.1.1",
                                        "550 x (550 y) 550 x",
                                        "421 4.7.0 )) said: 550 550 421-4.7.0",
                                        "zork",
                                        "5.1.1",
                                        ""};

    (void)state;
    memset(before, 'z', BNC_HEAD);
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(tear_down(NULL), 0);
        assert_int_equal(set_up(NULL), 0);
        assert_int_equal(ask(BNC_ASK_EXPLAIN, texts[i], "[user_unknown]\na: \"foo*\\b\"\n", right), BNC_OK);
        assert_int_equal(ask(BNC_ASK_CATEGORY, before, NULL, got), BNC_OK);
        assert_int_equal(ask(BNC_ASK_EXPLAIN, texts[i], "[user_unknown]\na: \"foo*\\b\"\n", got), BNC_OK);
        assert_string_equal(got, right);
    }
}

static void
looks_at_the_head_alone(void **state)
{
    static char text[BNC_HEAD + 100];
    char got[2048];

    (void)state;
    memset(text, ' ', sizeof(text));
    strcpy(text + BNC_HEAD + 1, "hard");
    assert_int_equal(ask(BNC_ASK_TYPE, text, NULL, got), BNC_OK);
    assert_string_equal(got, "unknown");
    assert_int_equal(ask(BNC_ASK_TYPE, text + 2, NULL, got), BNC_OK);
    assert_string_equal(got, "unknown");
}

/* ---- limits ---- */

static void
patterns_have_limits(void **state)
{
    char text[4096];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(classify(text, "[user_unknown]\na: /(a+)+$b/\n"), BNC_OK);
    expect_text(bnc_category(verdict.category).name, "unknown");
    assert_int_equal(classify("aaab", "[user_unknown]\na: /(a+)+b$/\n"), BNC_OK);
    expect_text(verdict.rule, "a");
}

static void
matched_words_do_not_overlap(void **state)
{
    (void)state;
    expect_rule("quotaexceeded now", "[mailbox_full]\na: \"quota*exceed\"\n", "a");
    expect_text(verdict.matched, "quotaexceeded");
    expect_rule("quota is exceeded", "[mailbox_full]\na: \"quot*excee\"\n", "a");
    expect_text(verdict.matched, "quota * exceeded");
    expect_rule("quota", "[mailbox_full]\na: \"\\b*quot\"\n", "a");
    expect_text(verdict.matched, "quota");
}

static void
other_phrases_stand_anywhere(void **state)
{
    const char *rules = "[user_unknown]\na: !\"zork\" \"left us\" +\"(ann|bob * ltd)\" !\"zark\"\n";
    static const char *const others[] = {"550 ann zork left us", "550 ann left us zark", "550 left us ltd bob"};
    size_t i;

    (void)state;
    expect_rule("550 ann left us", rules, "a");
    expect_rule("550 left us: ann", rules, "a");
    expect_rule("550 bob left us, ltd", rules, "a");
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(classify(others[i], rules), BNC_OK);
        assert_int_not_equal(verdict.rule.len, 1);
    }
}

static void
runs_and_ends(void **state)
{
    static const struct {
        const char *phrase, *text;
        bool matches;
    } cases[] = {{"\"over \\d zorks\"", "550 over 12 zorks", true},
                 {"\"over \\d zorks\"", "550 over a2 zorks", false},
                 {"\"zork\\d\"", "550 zork12x", true},
                 {"\"zork1\\d\"", "550 zork12", false},
                 {"\"zork \\w gone\"", "550 zork <ann@example.com>, gone", true},
                 {"\"zork \\w gone\"", "550 zork a b gone", false},
                 {"\"zork <\\@> gone\"", "550 zork <ann@example.com> gone", true},
                 {"\"zork <\\@> gone\"", "550 zork <ann> gone", false},
                 {"\"zork (\\d|\\bof|x * y)end\"", "550 zork ofend", true},
                 {"\"zork (\\d|\\bof|x * y)end\"", "550 zork 7end", true},
                 {"\"zork\"$", "550 zork.) ", true},
                 {"\"zork\"$", "550 zork zark, zork!", true},
                 {"\"zork\"$", "550 zork it", false},
                 {"\"zork\"$", "550 zork ann@example.com", false},
                 {"^\"zork\"$", "550 zork", true},
                 {"^\"zork\"$", "550 zark zork", false}};
    char rules[128];
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(rules, sizeof(rules), "[user_unknown]\na: %s\n", cases[i].phrase);
        assert_int_equal(classify(cases[i].text, rules), BNC_OK);
        assert_int_equal(verdict.rule.len == 1, cases[i].matches);
    }
    expect_rule("550 zork <ann@example.com> gone", "[user_unknown]\na: \"zork <\\@> gone\"\n", "a");
    expect_text(verdict.matched, "zork <*> gone");
}

static void
counts_travel(void **state)
{
    enum { ROOM = 64 };
    uint64_t counts[ROOM] = {0};
    uint64_t read[ROOM] = {0};
    bnc_slice packed, json;
    char bytes[1024];
    int n = bnc_category_count();
    int i;

    (void)state;
    assert_true(n < ROOM);
    assert_int_equal(bnc_counts_write(engine, counts, &json), BNC_OK);
    expect_text(json, "{}");
    assert_int_equal(bnc_counts_pack(engine, counts, &packed), BNC_OK);
    assert_int_equal(bnc_counts_unpack(packed, read, &error), BNC_OK);
    assert_memory_equal(read, counts, sizeof(counts));
    /* every category, among them those whose names are kinds of events */
    for (i = 0; i < n; i++)
        counts[i] = (uint64_t)i << 35 | 1;
    assert_int_equal(bnc_counts_pack(engine, counts, &packed), BNC_OK);
    assert_true(packed.len < sizeof(bytes));
    memcpy(bytes, packed.data, packed.len);
    packed.data = bytes;
    assert_int_equal(bnc_counts_unpack(packed, read, &error), BNC_OK);
    assert_memory_equal(read, counts, sizeof(counts));
    bnc_counts_merge(counts, read);
    assert_true(counts[n - 1] == ((uint64_t)(n - 1) << 36 | 2));
    assert_true(counts[n] == 0);

    packed.len--;
    assert_int_equal(bnc_counts_unpack(packed, read, &error), BNC_BAD_ARGUMENT);
    packed.len = 0;
    assert_int_equal(bnc_counts_unpack(packed, read, &error), BNC_BAD_ARGUMENT);
    packed.len = 11;
    bytes[1] = (char)0xff;
    assert_int_equal(bnc_counts_unpack(packed, read, &error), BNC_BAD_ARGUMENT);
    expect_text(slice(error.message), "counts of a category that this version does not know");
    bytes[0]++;
    assert_int_equal(bnc_counts_unpack(packed, read, &error), BNC_BAD_ARGUMENT);
    expect_text(slice(error.message), "not counts of bounce_counts()");
}

static void
counting_survives_without_memory(void **state)
{
    uint64_t counts[64] = {0};
    bnc_slice result;

    (void)state;
    assert_int_equal(bnc_counts_add(engine, counts, slice("550 user unknown"), NULL, &error), BNC_OK);
    memory.fail = memory.asked + 1;
    memory.forever = true;
    assert_int_equal(bnc_counts_write(engine, counts, &result), BNC_NO_MEMORY);
    assert_int_equal(bnc_counts_pack(engine, counts, &result), BNC_NO_MEMORY);
    memory.fail = 0;
    assert_int_equal(bnc_counts_write(engine, counts, &result), BNC_OK);
    expect_text(result, "{\"user_unknown\":1}");
    assert_int_equal(bnc_counts_remove(engine, counts, slice("550 user unknown"), NULL, &error), BNC_OK);
    assert_int_equal(bnc_counts_write(engine, counts, &result), BNC_OK);
    expect_text(result, "{}");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_rules_compiled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(compares_rules_in_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(evicts_what_was_used_least_lately, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_stays_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_null_and_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_rules_of_any_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_name_the_culprit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(errors_name_the_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(check_tells_every_problem, set_up, tear_down),
        cmocka_unit_test_setup_teardown(survives_without_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_text_after_want_of_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(check_survives_without_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgets_the_text_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(looks_at_the_head_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(patterns_have_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(matched_words_do_not_overlap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_phrases_stand_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(runs_and_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_travel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counting_survives_without_memory, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
