/*
 * rules.c - fuzzer: any bytes as own rules, with an allocator that fails when told.
 *
 * The input is two bytes, the rules' text, the byte 0xff, a diagnostic. The two bytes choose the allocation that fails.
 * What must hold: rules that can be read classify and those that can't are refused with their first problem;
 * without memory, each call says so or gives the right answer; nothing leaks, and the engine works on.
 */
#include <stdint.h>
#include <string.h>

#include "counting.h"
#include "engine.h"

static void
fault(const char *what)
{
    fprintf(stderr, "FAULT: %s\n", what);
    abort();
}

static void
expect(bool holds, const char *what)
{
    if (!holds)
        fault(what);
}

/* ---- problems ---- */

typedef struct problems {
    int n;
    int lines; /* of the rules' text */
    int first_line;
    char first[512];
    uint64_t hash; /* of all of them */
} problems;

static void
note_problem(void *context, int line, const char *problem)
{
    problems *p = context;
    const char *s;

    expect(line >= 1 && line <= p->lines, "a problem on a line that does not exist");
    expect(problem[0] != '\0', "an empty problem");
    for (s = problem; *s != '\0'; s++) {
        expect(*s >= ' ' && *s < 0x7f, "a problem that is not ASCII");
        p->hash = (p->hash ^ (unsigned char)*s) * 1099511628211u;
    }
    p->hash = (p->hash ^ (unsigned)line) * 1099511628211u;
    if (p->n++ == 0) {
        p->first_line = line;
        snprintf(p->first, sizeof(p->first), "rules, line %d: %s", line, problem);
    }
}

static problems
no_problems(bnc_slice rules)
{
    problems p = {0, 1, 0, "", 14695981039346656037u};
    size_t i;

    for (i = 0; i < rules.len; i++)
        p.lines += rules.data[i] == '\n';
    return p;
}

/* ---- what one engine says ---- */

typedef struct said {
    bnc_status checked, classified, explained;
    problems problems;
    char error[sizeof(((bnc_error *)0)->message)];
    char verdict[1024];
    size_t verdict_len;
    char json[8192];
    size_t json_len;
} said;

static void
note(said *s, bnc_slice text)
{
    expect(s->verdict_len + text.len < sizeof(s->verdict), "verdict too long");
    if (text.len > 0)
        memcpy(s->verdict + s->verdict_len, text.data, text.len);
    s->verdict_len += text.len;
}

static void
listen(bnc_engine *engine, bnc_slice rules, bnc_slice diagnostic, said *s)
{
    bnc_verdict v;
    bnc_error error;
    bnc_slice json, rule;
    bool lasting;
    char codes[64];

    memset(s, 0, sizeof(*s));
    memset(&error, 0, sizeof(error));
    s->problems = no_problems(rules);
    s->checked = bnc_rules_check(engine, rules, note_problem, &s->problems);
    s->classified = bnc_classify(engine, diagnostic, &rules, &v, &error);
    if (s->classified == BNC_OK) {
        expect(v.matched.len <= 512, "matched too long");
        rule = v.rule;
        if (rule.len > 200)
            rule.len = 200;
        snprintf(codes, sizeof(codes), "%d %d %d %u %u.%u.%u ", v.category, (int)v.came_with, (int)v.evidence, v.reply_code,
                 v.enhanced_code.class_, v.enhanced_code.subject, v.enhanced_code.detail);
        note(s, (bnc_slice){codes, strlen(codes)});
        if (v.provider.len < 100)
            note(s, v.provider);
        note(s, rule);
        note(s, v.matched);
    } else if (s->classified == BNC_BAD_RULES) {
        memcpy(s->error, error.message, sizeof(s->error));
    }
    s->explained = bnc_answer(engine, BNC_ASK_EXPLAIN, diagnostic, NULL, &rules, &json, &lasting, &error);
    if (s->explained == BNC_OK && json.len <= sizeof(s->json)) {
        memcpy(s->json, json.data, json.len);
        s->json_len = json.len;
    }
}

static void
expect_sensible(const said *s)
{
    expect(s->checked == BNC_OK, "rules not checked");
    expect(s->explained == s->classified, "an explanation without a verdict, or none with one");
    if (s->classified == BNC_BAD_RULES) {
        expect(s->problems.n > 0, "refused rules without a problem");
        expect(strncmp(s->error, s->problems.first, sizeof(s->error) - 1) == 0, "an error that is not the first problem");
    } else {
        expect(s->classified == BNC_OK, "a status that can't be");
        expect(s->problems.n == 0 || strstr(s->problems.first, "does not win this example") != NULL,
               "rules with a problem that classify");
    }
}

static void
expect_same(const said *a, const said *b, const char *what)
{
    if (a->checked == b->checked && a->classified == b->classified && a->explained == b->explained &&
        a->problems.n == b->problems.n && a->problems.hash == b->problems.hash && strcmp(a->error, b->error) == 0 &&
        a->verdict_len == b->verdict_len && memcmp(a->verdict, b->verdict, a->verdict_len) == 0 &&
        a->json_len == b->json_len && memcmp(a->json, b->json, a->json_len) == 0)
        return;
    fprintf(stderr, "first: %d %d %d, %d problems, %s, %.*s\nthen: %d %d %d, %d problems, %s, %.*s\n", (int)a->checked,
            (int)a->classified, (int)a->explained, a->problems.n, a->error, (int)a->json_len, a->json, (int)b->checked,
            (int)b->classified, (int)b->explained, b->problems.n, b->error, (int)b->json_len, b->json);
    fault(what);
}

/* Each call that did not run out of memory answers as it would with enough. */
static void
expect_same_or_no_memory(const said *right, const said *s)
{
    if (s->checked != BNC_NO_MEMORY)
        expect(s->checked == right->checked && s->problems.n == right->problems.n &&
                   s->problems.hash == right->problems.hash,
               "other problems without memory");
    if (s->classified != BNC_NO_MEMORY)
        expect(s->classified == right->classified && strcmp(s->error, right->error) == 0 &&
                   s->verdict_len == right->verdict_len && memcmp(s->verdict, right->verdict, s->verdict_len) == 0,
               "another verdict without memory");
    if (s->explained != BNC_NO_MEMORY)
        expect(s->explained == right->explained && s->json_len == right->json_len &&
                   memcmp(s->json, right->json, s->json_len) == 0,
               "another explanation without memory");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static said right, other;
    counting memory = {0};
    bnc_allocator allocator = counting_allocator(&memory);
    bnc_engine *engine;
    bnc_slice rules, diagnostic;
    const uint8_t *split;
    size_t fail, needed;

    if (size < 2)
        return 0;
    fail = data[0] | (size_t)data[1] << 8;
    data += 2;
    size -= 2;
    split = size > 0 ? memchr(data, 0xff, size) : NULL;
    rules.data = (const char *)data;
    rules.len = split != NULL ? (size_t)(split - data) : size;
    diagnostic.data = split != NULL ? (const char *)split + 1 : NULL;
    diagnostic.len = split != NULL ? size - rules.len - 1 : 0;

    expect(bnc_engine_create(&allocator, bnc_builtin_rules(), &engine) == BNC_OK, "no engine");
    listen(engine, rules, diagnostic, &right);
    expect_sensible(&right);
    needed = memory.asked;
    listen(engine, rules, diagnostic, &other);
    expect_same(&right, &other, "another answer from rules that are kept");
    bnc_engine_destroy(engine);
    expect(memory.blocks == 0, "a leak");

    /* the same with an allocation that fails, alone or with all after it */
    memory = (counting){0};
    memory.fail = 2 + fail / 2 % needed;
    memory.forever = fail % 2 != 0;
    expect(bnc_engine_create(&allocator, bnc_builtin_rules(), &engine) == BNC_OK, "no engine");
    listen(engine, rules, diagnostic, &other);
    expect_same_or_no_memory(&right, &other);
    memory.fail = 0;
    listen(engine, rules, diagnostic, &other);
    expect_same(&right, &other, "another answer after memory ran out");
    bnc_engine_destroy(engine);
    expect(memory.blocks == 0, "a leak after memory ran out");
    return 0;
}
