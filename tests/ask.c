/*
 * ask.c - the core on the command line, for tests and for people who write rules.
 *
 *   ask explain < text        the JSON explanation of one text
 *   ask cases FILE.tsv ...    runs test cases, prints TAP
 *   ask addresses FILE.tsv  runs cases of addresses (address, check, suggestion, why), prints TAP
 *   ask checks < texts      for each text in hexadecimal: check, suggestion
 *   ask texts FILE.tsv ...    the texts of the cases and as many damaged ones, one a line, in hexadecimal
 *   ask answers < texts       for each such text: explanation, event, type under every perspective
 *   ask answers-afresh < texts  the same, each text with a new engine that knows no other
 *   ask report FILE           how often each rule wins over a file of diagnostics, one a line
 *   ask accuracy FILE.tsv     measures a labelled corpus (id, source, licence, diagnostic, category, alt, type,
 * alt_type)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "generate/heap.h"
#include "rules.h"

static bnc_slice
slice(const char *text)
{
    bnc_slice s = {text, strlen(text)};

    return s;
}

static char *
read_all(FILE *file, size_t *len)
{
    size_t room = 1 << 16;
    char *data = malloc(room);
    size_t got;

    *len = 0;
    while (data != NULL && (got = fread(data + *len, 1, room - *len, file)) > 0) {
        *len += got;
        if (*len == room)
            data = realloc(data, room *= 2);
    }
    if (data == NULL)
        exit(1);
    return data;
}

static int
hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \t \n \r \\ \xHH, and \R{N}{text} for text repeated N times. Returns a new block. */
static char *
unescape(const char *text, size_t n, size_t *len)
{
    size_t room = n + 1;
    char *out = malloc(room);
    size_t i = 0;
    size_t used = 0;

    while (i < n) {
        char c = text[i++];

        if (c == '\\' && i < n) {
            c = text[i++];
            if (c == 'R' && i < n && text[i] == '{') {
                char *rest;
                unsigned long times = strtoul(text + i + 1, &rest, 10);
                const char *from = rest + 2;
                size_t size = (size_t)(strchr(from, '}') - from);

                room += times * size;
                out = realloc(out, room);
                for (; times > 0; times--, used += size)
                    memcpy(out + used, from, size);
                i = (size_t)(from + size + 1 - text);
                continue;
            }
            if (c == 'x' && i + 1 < n) {
                c = (char)(hex(text[i]) * 16 + hex(text[i + 1]));
                i += 2;
            } else if (c == 't' || c == 'n' || c == 'r') {
                c = c == 't' ? '\t' : c == 'n' ? '\n' : '\r';
            }
        }
        out[used++] = c;
    }
    *len = used;
    return out;
}

#define COLUMNS 12

/* Cuts a line at its tabs; missing columns are empty. */
static void
cut(char *line, char *columns[COLUMNS])
{
    int n;

    line[strcspn(line, "\r\n")] = '\0';
    for (n = 0; n < COLUMNS; n++) {
        columns[n] = line;
        line += strcspn(line, "\t");
        if (*line == '\t')
            *line++ = '\0';
    }
}

static bool
is(bnc_slice a, const char *text)
{
    return a.len == strlen(text) && memcmp(a.data, text, a.len) == 0;
}

/* Whether name is one of a list separated by commas. */
static bool
in_list(bnc_slice name, const char *list)
{
    size_t len;

    while (*list != '\0') {
        len = strcspn(list, ",");
        if (len == name.len && memcmp(list, name.data, len) == 0)
            return true;
        list += len + (list[len] == ',');
    }
    return false;
}

static bnc_type
default_type(const bnc_verdict *v)
{
    return bnc_type_under(bnc_perspective_find(slice("default")), v->category, v->came_with);
}

static int
explain(bnc_engine *engine)
{
    size_t len;
    char *text = read_all(stdin, &len);
    bnc_slice answer;
    bnc_error error;
    bool lasting;

    if (bnc_answer(engine, BNC_ASK_EXPLAIN, (bnc_slice){text, len}, NULL, NULL, &answer, &lasting, &error) != BNC_OK)
        return 1;
    printf("%.*s\n", (int)answer.len, answer.data);
    free(text);
    return 0;
}

/* text, category, type, rule, why; or text, event, why */
static int
cases(bnc_engine *engine, int n, char **paths)
{
    static char line[1 << 20];
    char *columns[COLUMNS];
    int number = 0;
    int failed = 0;
    int i;

    for (i = 0; i < n; i++) {
        FILE *file = fopen(paths[i], "rb");
        bool events;

        if (file == NULL || fgets(line, sizeof(line), file) == NULL) {
            perror(paths[i]);
            return 1;
        }
        cut(line, columns);
        events = strcmp(columns[1], "event") == 0;
        while (fgets(line, sizeof(line), file) != NULL) {
            size_t len;
            char *text;
            bnc_verdict v;
            bnc_error error;
            char event[BNC_EVENT_MAX];
            bnc_slice got = {event, 0};
            bool good;

            cut(line, columns);
            text = unescape(columns[0], strlen(columns[0]), &len);
            if (bnc_classify(engine, (bnc_slice){text, len}, NULL, &v, &error) != BNC_OK)
                return 1;
            got.len = bnc_event_write(v.category, v.came_with, event);
            if (events)
                good = is(got, columns[1]);
            else
                good = is(bnc_category(v.category).name, columns[1]) &&
                       (columns[2][0] == '\0' || is(bnc_type_name(default_type(&v)), columns[2])) &&
                       (columns[3][0] == '\0' || is(v.rule, columns[3]));
            printf("%s %d - %s: %.150s\n", good ? "ok" : "not ok", ++number, events ? columns[2] : columns[4],
                   columns[0]);
            if (!good) {
                failed++;
                printf("#   wanted %s %s %s, got %.*s, type %s, rule %.*s, matched \"%.*s\"\n", columns[1],
                       events ? "" : columns[2], events ? "" : columns[3], (int)got.len, got.data,
                       bnc_type_name(default_type(&v)).data, (int)v.rule.len, v.rule.len > 0 ? v.rule.data : "",
                       (int)v.matched.len, v.matched.len > 0 ? v.matched.data : "");
            }
            free(text);
        }
        fclose(file);
    }
    printf("1..%d\n", number);
    if (failed > 0)
        printf("# %d of %d failed\n", failed, number);
    return failed > 0;
}

static bnc_slice
suggestion(bnc_slice address)
{
    static char text[BNC_ADDRESS_MAX];
    bnc_slice s = {text, bnc_email_suggestion(address, text)};

    return s;
}

/* address, check, suggestion, why; a suggestion must be a good address itself */
static int
addresses(const char *path)
{
    static char line[1 << 20];
    char *columns[COLUMNS];
    FILE *file = fopen(path, "rb");
    int number = 0;
    int failed = 0;

    if (file == NULL || fgets(line, sizeof(line), file) == NULL) {
        perror(path);
        return 1;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        bnc_slice address, check, meant;
        bool good;

        cut(line, columns);
        address.data = unescape(columns[0], strlen(columns[0]), &address.len);
        check = bnc_email_check(address);
        meant = suggestion(address);
        good = is(check, columns[1]) && is(meant, columns[2]) && (meant.len == 0 || is(bnc_email_check(meant), "ok"));
        printf("%s %d - %s: %.100s\n", good ? "ok" : "not ok", ++number, columns[3], columns[0]);
        if (!good) {
            failed++;
            printf("#   wanted %s %s, got %.*s %.*s\n", columns[1], columns[2], (int)check.len, check.data,
                   (int)meant.len, meant.data);
        }
        free((char *)address.data);
    }
    fclose(file);
    printf("1..%d\n", number);
    return failed > 0;
}

/* Long texts say no more about parity than short ones, and shells cut lines. */
#define PARITY_MAX 20000

static void
print_hex(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len && i < PARITY_MAX; i++)
        printf("%02x", (unsigned char)text[i]);
    putchar('\n');
}

/* A few bytes changed, dropped or doubled, the same at each run. */
static void
damage(char *text, size_t *len, uint32_t *seed)
{
    static const unsigned char odd[] = {0x00, 0x01, 0x7f, 0x80, 0xbf, 0xc3, 0xe2, 0xf0,
                                        0xff, '\n', '\r', '"',  '\\', '@',  '.',  '5'};
    int times;

    for (times = 0; times < 6 && *len > 1; times++) {
        size_t at;

        *seed = *seed * 1664525u + 1013904223u;
        at = (*seed >> 8) % *len;
        if (*seed >> 28 < 4) {
            memmove(text + at, text + at + 1, *len - at - 1);
            --*len;
        } else {
            text[at] = (char)odd[*seed >> 28];
        }
    }
}

static int
texts(int n, char **paths)
{
    static char line[1 << 20];
    char *columns[COLUMNS];
    uint32_t seed = 1;
    int i;

    for (i = 0; i < n; i++) {
        FILE *file = fopen(paths[i], "rb");

        if (file == NULL || fgets(line, sizeof(line), file) == NULL) {
            perror(paths[i]);
            return 1;
        }
        while (fgets(line, sizeof(line), file) != NULL) {
            size_t len;
            char *text;

            cut(line, columns);
            text = unescape(columns[0], strlen(columns[0]), &len);
            print_hex(text, len);
            damage(text, &len, &seed);
            print_hex(text, len);
            free(text);
        }
        fclose(file);
    }
    return 0;
}

static const char *const perspectives[] = {"default", "rfc",       "ses",      "hubspot", "benchmark",
                                           "sisimai", "sparkpost", "postmark", "bmh",     "listmonk"};

/* The next line of hexadecimal digits as bytes. */
static bool
read_hex(bnc_slice *bytes)
{
    static char line[2 * PARITY_MAX + 16];
    static char text[PARITY_MAX];
    size_t i;

    if (fgets(line, sizeof(line), stdin) == NULL)
        return false;
    bytes->data = text;
    bytes->len = strcspn(line, "\n") / 2;
    for (i = 0; i < bytes->len; i++)
        text[i] = (char)(hex(line[2 * i]) * 16 + hex(line[2 * i + 1]));
    return true;
}

static int
checks(void)
{
    bnc_slice address, check, meant;

    while (read_hex(&address)) {
        check = bnc_email_check(address);
        meant = suggestion(address);
        printf("%.*s|%.*s\n", (int)check.len, check.data, (int)meant.len, meant.data);
    }
    return 0;
}

static int
answers(bnc_engine *known, bool afresh)
{
    bnc_slice d, answer, perspective;
    bnc_engine *engine = known;
    bnc_error error;
    bool lasting;
    size_t i;

    while (read_hex(&d)) {
        if (afresh && bnc_engine_create(&allocator, bnc_builtin_rules(), &engine) != BNC_OK)
            return 1;
        if (bnc_answer(engine, BNC_ASK_EXPLAIN, d, NULL, NULL, &answer, &lasting, &error) != BNC_OK)
            return 1;
        printf("%.*s", (int)answer.len, answer.data);
        if (bnc_answer(engine, BNC_ASK_EVENT, d, NULL, NULL, &answer, &lasting, &error) != BNC_OK)
            return 1;
        printf("|%.*s", (int)answer.len, answer.data);
        for (i = 0; i < sizeof(perspectives) / sizeof(perspectives[0]); i++) {
            perspective = slice(perspectives[i]);
            if (bnc_answer(engine, BNC_ASK_TYPE, d, &perspective, NULL, &answer, &lasting, &error) != BNC_OK)
                return 1;
            printf("|%.*s", (int)answer.len, answer.data);
        }
        putchar('\n');
        if (afresh)
            bnc_engine_destroy(engine);
    }
    return 0;
}

static int
accuracy(bnc_engine *engine, const char *path)
{
    static char line[1 << 20];
    char *columns[COLUMNS];
    FILE *file = fopen(path, "rb");
    int rows = 0;
    int first = 0;
    int category = 0;
    int type = 0;
    int false_hard = 0;
    int missed_hard = 0;

    if (file == NULL || fgets(line, sizeof(line), file) == NULL) {
        perror(path);
        return 1;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        size_t len;
        char *text;
        bnc_verdict v;
        bnc_error error;
        bool first_right, category_right, type_right, wrong_hard, lost_hard;
        bnc_slice name, type_name;

        cut(line, columns);
        text = unescape(columns[3], strlen(columns[3]), &len);
        if (bnc_classify(engine, (bnc_slice){text, len}, NULL, &v, &error) != BNC_OK)
            return 1;
        name = bnc_category(v.category).name;
        type_name = bnc_type_name(default_type(&v));
        first_right = is(name, columns[4]);
        category_right = first_right || in_list(name, columns[5]);
        type_right = is(type_name, columns[6]) || in_list(type_name, columns[7]);
        wrong_hard = is(type_name, "hard") && !type_right;
        lost_hard = !is(type_name, "hard") && strcmp(columns[6], "hard") == 0 && !type_right;
        rows++;
        first += first_right;
        category += category_right;
        type += type_right;
        false_hard += wrong_hard;
        missed_hard += lost_hard;
        if (!category_right || !type_right)
            printf("%s%s: %s(%s) %s(%s), got %.*s %s by %.*s \"%.*s\": %.300s\n", columns[0],
                   wrong_hard  ? " FALSE HARD"
                   : lost_hard ? " MISSED HARD"
                               : "",
                   columns[4], columns[5], columns[6], columns[7], (int)name.len, name.data, type_name.data,
                   (int)v.rule.len, v.rule.len > 0 ? v.rule.data : "", (int)v.matched.len,
                   v.matched.len > 0 ? v.matched.data : "", columns[3]);
        free(text);
    }
    fclose(file);
    if (rows == 0)
        return 1;
    printf(
        "rows %d; category %.1f %% (first column %.1f %%); type %.1f %%; false hard %.1f %% (%d); missed hard %.1f %% "
        "(%d)\n",
        rows, 100.0 * category / rows, 100.0 * first / rows, 100.0 * type / rows, 100.0 * false_hard / rows, false_hard,
        100.0 * missed_hard / rows, missed_hard);
    return 0;
}

/* ---- report ---- */

typedef struct tally {
    char name[64]; /* "category rule" */
    int n;
} tally;

static tally *tallies;
static int n_tallies;

static void
count(const char *name)
{
    int i;

    for (i = 0; i < n_tallies && strcmp(tallies[i].name, name) != 0; i++)
        ;
    if (i == n_tallies) {
        tallies = realloc(tallies, (size_t)(n_tallies + 1) * sizeof(*tallies));
        if (tallies == NULL)
            exit(1);
        memset(&tallies[i], 0, sizeof(*tallies));
        snprintf(tallies[i].name, sizeof(tallies[i].name), "%s", name);
        n_tallies++;
    }
    tallies[i].n++;
}

static int
by_number(const void *a, const void *b)
{
    const tally *x = a;
    const tally *y = b;

    return x->n != y->n ? y->n - x->n : strcmp(x->name, y->name);
}

static void
print_tallies(const char *title, int total)
{
    int i;

    qsort(tallies, (size_t)n_tallies, sizeof(*tallies), by_number);
    printf("\n%s\n", title);
    for (i = 0; i < n_tallies; i++)
        printf("%8d %5.1f %%  %s\n", tallies[i].n, 100.0 * tallies[i].n / total, tallies[i].name);
    free(tallies);
    tallies = NULL;
    n_tallies = 0;
}

/* The built-in rules by category and by provider, then what they do with the file. */
static int
report(bnc_engine *engine, const char *path)
{
    static char line[1 << 20];
    static const char *const evidence[] = {"nothing", "a phrase", "a pattern", "an enhanced code", "a reply code"};
    const bnc_rules *rules = bnc_builtin_rules();
    uint32_t n = bnc_tables(rules)->n_rules;
    FILE *file = fopen(path, "rb");
    char name[64];
    int round;
    int rows = 0;
    uint32_t i;

    if (file == NULL) {
        perror(path);
        return 1;
    }
    for (round = 0; round < 2; round++) {
        for (i = 0; i < n; i++) {
            const bnc_rule *rule = bnc_rule_at(rules, i);
            bnc_slice provider = {"(any)", 5};

            if (rule->kind != BNC_RULE_CATEGORY)
                continue;
            if (rule->provider != 0)
                provider = bnc_provider_name(rules, NULL, rule->provider - 1);
            snprintf(name, sizeof(name), "%.*s",
                     round == 0 ? (int)bnc_category((int)rule->target).name.len : (int)provider.len,
                     round == 0 ? bnc_category((int)rule->target).name.data : provider.data);
            count(name);
        }
        print_tallies(round == 0 ? "Rules by category" : "Rules by provider", (int)n);
    }
    for (round = 0; round < 3; round++) {
        rewind(file);
        rows = 0;
        while (fgets(line, sizeof(line), file) != NULL) {
            bnc_verdict v;
            bnc_error error;

            if (bnc_classify(engine, (bnc_slice){line, strcspn(line, "\n")}, NULL, &v, &error) != BNC_OK)
                return 1;
            if (round == 0)
                snprintf(name, sizeof(name), "%.*s", (int)bnc_category(v.category).name.len,
                         bnc_category(v.category).name.data);
            else if (round == 1)
                snprintf(name, sizeof(name), "%s", evidence[v.evidence]);
            else
                snprintf(name, sizeof(name), "%.*s", v.rule.len > 0 ? (int)v.rule.len : 6,
                         v.rule.len > 0 ? v.rule.data : "(none)");
            count(name);
            rows++;
        }
        if (rows > 0)
            print_tallies(round == 0 ? "Diagnostics by category" : round == 1 ? "Decided by" : "Rules that won", rows);
    }
    fclose(file);
    return 0;
}

int
main(int argc, char **argv)
{
    bnc_engine *engine;
    int result = 2;

    if (bnc_engine_create(&allocator, bnc_builtin_rules(), &engine) != BNC_OK)
        return 1;
    if (argc == 2 && strcmp(argv[1], "explain") == 0)
        result = explain(engine);
    else if (argc >= 3 && strcmp(argv[1], "cases") == 0)
        result = cases(engine, argc - 2, argv + 2);
    else if (argc == 3 && strcmp(argv[1], "addresses") == 0)
        result = addresses(argv[2]);
    else if (argc == 2 && strcmp(argv[1], "checks") == 0)
        result = checks();
    else if (argc >= 3 && strcmp(argv[1], "texts") == 0)
        result = texts(argc - 2, argv + 2);
    else if (argc == 2 && strcmp(argv[1], "answers") == 0)
        result = answers(engine, false);
    else if (argc == 2 && strcmp(argv[1], "answers-afresh") == 0)
        result = answers(engine, true);
    else if (argc == 3 && strcmp(argv[1], "report") == 0)
        result = report(engine, argv[2]);
    else if (argc == 3 && strcmp(argv[1], "accuracy") == 0)
        result = accuracy(engine, argv[2]);
    else
        fprintf(stderr, "usage: ask explain | cases FILE.tsv ... | addresses FILE.tsv | checks | texts FILE.tsv ... | "
                        "answers | answers-afresh | report FILE | accuracy FILE.tsv\n");
    bnc_engine_destroy(engine);
    return result;
}
