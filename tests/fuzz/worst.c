/*
 * worst.c - how long classifying takes on texts made to be slow: prints ns per byte, the slowest first.
 *
 *   worst [LIMIT]   fails when a text takes more than LIMIT ns per byte, or grows faster than its length
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "counting.h"
#include "rules.h"

static bnc_engine *engine;

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The least time of a few rounds: others use the machine too. */
static double
measure(const char *text, size_t len)
{
    double least = 1e18;
    bnc_verdict verdict;
    bnc_error error;
    bnc_slice diagnostic = {text, len};
    int round, calls;
    double start, took;

    for (round = 0; round < 7; round++) {
        start = now();
        calls = 0;
        do {
            if (bnc_classify(engine, diagnostic, NULL, &verdict, &error) != BNC_OK)
                exit(1);
            calls++;
            took = now() - start;
        } while (took < 2e5);
        if (took / calls < least)
            least = took / calls;
    }
    return least;
}

typedef struct row {
    char name[64];
    double per_byte, growth; /* growth: time of the whole over four times that of a quarter */
} row;

static row rows[1024];
static int n_rows;

static void
try_text(const char *name, const char *text, size_t len)
{
    row *r = &rows[n_rows++];
    double whole = measure(text, len);

    snprintf(r->name, sizeof(r->name), "%s", name);
    r->per_byte = whole / (double)len;
    r->growth = whole / measure(text, len / 4) / 4;
}

static void
try_unit(const char *unit, size_t n)
{
    static char text[BNC_HEAD];
    char name[64];
    size_t i;

    for (i = 0; i < sizeof(text); i++)
        text[i] = unit[i % n];
    for (i = 0; i < n && i < sizeof(name) - 1; i++)
        name[i] = unit[i] > ' ' && unit[i] < 0x7f ? unit[i] : unit[i] == ' ' ? ' ' : '?';
    name[i] = '\0';
    try_text(name, text, sizeof(text));
}

static uint32_t seed = 1;

static uint32_t
any(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* One spelling of a phrase, gaps as a word. */
static size_t
spell(const bnc_rules *rules, uint32_t number, char *text, size_t room)
{
    const bnc_phrase *phrase = bnc_phrase_at(rules, number);
    const bnc_element *e;
    const bnc_option *o;
    uint32_t i;
    size_t len = 0;

    for (i = 0; i < phrase->n_elements; i++) {
        e = bnc_element_at(rules, phrase->elements + i);
        o = bnc_option_at(rules, e->options + any(e->n_options));
        if (len + o->len + 4 > room)
            break;
        if (e->gap && i > 0) {
            memcpy(text + len, " x ", 3);
            len += 3;
        }
        memcpy(text + len, rules->bytes + o->text, o->len);
        len += o->len;
    }
    if (len < room)
        text[len++] = ' ';
    return len;
}

static void
try_rules(void)
{
    const bnc_rules *rules = bnc_builtin_rules();
    uint32_t n = bnc_tables(rules)->n_phrases;
    static char text[BNC_HEAD];
    char phrase[1024];
    size_t len, part;
    int i, mix;

    for (i = 0; i < 200; i++) {
        part = spell(rules, any(n), phrase, sizeof(phrase));
        try_unit(phrase, part);
    }
    /* the first half of a phrase: its key is found, the phrase is not */
    for (i = 0; i < 100; i++) {
        part = spell(rules, any(n), phrase, sizeof(phrase));
        try_unit(phrase, part / 2 + 1);
    }
    for (mix = 0; mix < 8; mix++) {
        char name[32];

        for (len = 0; len + 100 < sizeof(text);) {
            part = spell(rules, any(n), phrase, 100);
            if (mix % 2 != 0)
                part = part / 2 + 1;
            memcpy(text + len, phrase, part);
            len += part;
            if (mix / 2 % 2 != 0 && any(4) == 0) {
                memcpy(text + len, " 550 ", 5);
                len += 5;
            }
        }
        snprintf(name, sizeof(name), "(rules mixed %d)", mix);
        try_text(name, text, len);
    }
    for (i = 0; i < (int)sizeof(text); i++)
        text[i] = (char)any(256);
    try_text("(random bytes)", text, sizeof(text));
    for (i = 0; i < (int)sizeof(text); i++)
        text[i] = "abcdefghijklmnopqrstuvwxyz  .@-:<>0123456789"[any(44)];
    try_text("(random ASCII)", text, sizeof(text));
}

static int
slower(const void *a, const void *b)
{
    const row *x = a;
    const row *y = b;

    return x->per_byte < y->per_byte ? 1 : x->per_byte > y->per_byte ? -1 : 0;
}

int
main(int argc, char **argv)
{
    static const char *const units[] = {
        "a",        "z",          "1",           "12 ",      " ",         "\n",        ".",        "@",         "<",
        "\"",       "'",          "=",           "&",        "\\n",       "a.",        "a.b.",     "a.1",       "1.",
        "a.c@",     "a@",         "@[",          "\"@",      "@\"",       "://",       "a://",     ".-",        "a-",
        "a1",       "a1a1a1a1 ",  "(550",        "550 ",     "550-",      "550-5.1.1 ", "550 5.1.1 ", "550 x ",
        "550 said: 550 ", "(550 a) ", "550 c ", "550 (550 ", "<550 a> ",   "(5.1.1",    "5.1.1 ",   "421 a 550 b ",
        "550 <",    "550 a.b ",   "=C3=A9",      "=E4",      "\xc3\xa9",  "\xe4\xb8\xad", "\xff",  "&lt;",      "&am",
        "smtp; ",   "host a.com said: 550 ", "503 ", "550 need rcpt ", "(in reply to ", "command) 550 ", "550 x command) said: ",
        "user ",    "user unknown ", "mail",     "spam ",    "spam",      "blocked ",  "block",    "mailbox ",  "the ",
        "message",  "your ",      "reject",      "e",        "er",        "http://",   "example.com ", "mx.example.com ",
        "host ",    "550 x host [", "550 a (550 b) 451 c ", "451 x ", "<<< 550 x ", "a.com/", "a.b@c.d ", "a..b"};
    double limit = argc > 1 ? atof(argv[1]) : 0;
    counting memory = {0};
    bnc_allocator allocator = counting_allocator(&memory);
    int bad = 0;
    size_t i;
    int k;

    if (bnc_engine_create(&allocator, bnc_builtin_rules(), &engine) != BNC_OK)
        return 1;
    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        try_unit(units[i], strlen(units[i]));
    try_rules();
    qsort(rows, (size_t)n_rows, sizeof(rows[0]), slower);
    printf("ns/byte  growth  text, repeated to %d bytes\n", BNC_HEAD);
    for (k = 0; k < n_rows; k++) {
        bool slow = limit > 0 && (rows[k].per_byte > limit || (rows[k].growth > 2 && rows[k].per_byte > limit / 4));

        bad += slow;
        if (k < 40 || slow)
            printf("%7.1f  %6.2f  %s%s\n", rows[k].per_byte, rows[k].growth, rows[k].name, slow ? "   SLOW" : "");
    }
    bnc_engine_destroy(engine);
    return bad > 0;
}
