/*
 * generate/events.c - build tool: event_codes.tsv, categories.tsv and policies.tsv to constant C tables.
 *
 * Usage: events CODES.tsv CATEGORIES.tsv POLICIES.tsv OUT.c OUT.h
 * Runs on the building machine. Stops with file:line at the first thing that does not fit. Codes are
 * stored in databases: a row of event_codes.tsv never changes its code, and a code is never used again.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_hash.h"
#include "table.h"

#define SUFFIXES 8       /* of a category: none, and seven more; see bnc_class */
#define CATEGORY_FROM 64 /* codes below are kinds and types */
#define CODES_MAX 4096
#define WORDS_MAX 2048
#define WORD_MAX 64 /* BNC_EVENT_MAX */

/* ---- events ---- */

/* The order of bnc_class, bnc_type and bnc_event_what. */
static const char *const suffixes[SUFFIXES] = {"", "4", "5", "pending", "hard", "soft", "block", "none"};
static const char *const types[] = {"unknown", "hard", "soft", "block", "pending", "none"};
enum { NOTHING, KIND, TYPE, CATEGORY };

typedef struct word {
    char text[WORD_MAX];
    int code, what, number, suffix;
} word;

static word words[WORDS_MAX];
static int n_words;

static int
position(const char *const *names, int n, const char *name)
{
    int i;

    for (i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

static int
category_row(const table *categories, const char *name)
{
    int row;

    for (row = 1; row < categories->rows; row++)
        if (strcmp(categories->cell[row][0], name) == 0)
            return row - 1;
    return -1;
}

static int
is_word(const char *text)
{
    int i;

    for (i = 0; i < n_words; i++)
        if (strcmp(words[i].text, text) == 0)
            return 1;
    return 0;
}

static void
add_word(const char *text, const char *suffix, int code, int what, int number, int came_with)
{
    word *w = &words[n_words];

    snprintf(w->text, sizeof(w->text), "%s%s%s", text, suffix[0] != '\0' ? "/" : "", suffix);
    /* kind comes before type, type before category */
    if (is_word(w->text))
        return;
    w->code = code;
    w->what = what;
    w->number = number;
    w->suffix = came_with;
    n_words++;
}

/* The code that a row gives its events, checked. */
static int
code_of(const table *codes, int row)
{
    const char *cell = codes->cell[row][0];
    int code = atoi(cell);
    char again[16];

    snprintf(again, sizeof(again), "%d", code);
    if (strcmp(again, cell) != 0 || code <= 0 || code >= CODES_MAX - SUFFIXES)
        fail(codes->path, row + 1, "\"%s\" is no code", cell);
    return code;
}

static void
check_codes(const table *codes)
{
    static int taken[CODES_MAX];
    int row, code, i, width;

    for (row = 1; row < codes->rows; row++) {
        if (strcmp(codes->cell[row][1], "suffix") == 0)
            continue;
        code = code_of(codes, row);
        width = strcmp(codes->cell[row][1], "category") == 0 ? SUFFIXES : 1;
        if ((width == 1) != (code < CATEGORY_FROM) || code % width != 0)
            fail(codes->path, row + 1, "categories have multiples of %d from %d, others less", SUFFIXES, CATEGORY_FROM);
        for (i = 0; i < width; i++)
            if (taken[code + i]++)
                fail(codes->path, row + 1, "the code %d is taken", code + i);
    }
}

/* The codes that suffixes add, by bnc_class. */
static void
read_suffixes(const table *codes, int adds[SUFFIXES])
{
    int seen = 1; /* bit 0: no suffix adds 0 */
    int row, code, i;

    adds[0] = 0;
    for (row = 1; row < codes->rows; row++) {
        if (strcmp(codes->cell[row][1], "suffix") != 0)
            continue;
        code = code_of(codes, row);
        i = position(suffixes, SUFFIXES, codes->cell[row][2]);
        if (i <= 0 || code >= SUFFIXES || (seen >> code & 1) != 0)
            fail(codes->path, row + 1, "suffixes are those of bnc_class, with a number of their own below %d",
                 SUFFIXES);
        adds[i] = code;
        seen |= 1 << code;
    }
    if (seen != (1 << SUFFIXES) - 1)
        fail(codes->path, 1, "%d suffixes are needed", SUFFIXES - 1);
}

static int
compare_words(const void *a, const void *b)
{
    return strcmp(((const word *)a)->text, ((const word *)b)->text);
}

static void
make_words(const table *codes, const table *categories)
{
    static const char *const whats[] = {"", "kind", "type", "category"};
    int adds[SUFFIXES];
    int found[ROWS] = {0};
    int what, row, number, i;

    check_codes(codes);
    read_suffixes(codes, adds);
    for (what = KIND; what <= CATEGORY; what++)
        for (row = 1; row < codes->rows; row++) {
            const char *name = codes->cell[row][2];

            if (strcmp(codes->cell[row][1], whats[what]) != 0)
                continue;
            if (n_words + SUFFIXES > WORDS_MAX || strlen(name) + 10 > WORD_MAX)
                fail(codes->path, row + 1, "too much");
            if (what != CATEGORY) {
                number = what == TYPE ? position(types, 6, name) : 0;
                if (number < 0)
                    fail(codes->path, row + 1, "unknown type \"%s\"", name);
                add_word(name, "", code_of(codes, row), what, number, 0);
                continue;
            }
            number = category_row(categories, name);
            if (number < 0)
                fail(codes->path, row + 1, "unknown category \"%s\"", name);
            found[number] = 1;
            for (i = 0; i < SUFFIXES; i++)
                add_word(name, suffixes[i], code_of(codes, row) + adds[i], CATEGORY, number, i);
        }
    for (row = 1; row < categories->rows; row++)
        if (!found[row - 1])
            fail(categories->path, row + 1, "category \"%s\" has no code in %s", categories->cell[row][0], codes->path);
    qsort(words, (size_t)n_words, sizeof(words[0]), compare_words);
}

/* ---- output ---- */

/* All text of the tables, one string; cells refer to it by offset and length. */
static char pool[1 << 16];
static size_t pool_len;

static size_t
pool_add(const char *text)
{
    size_t at = pool_len;

    if (at + strlen(text) >= sizeof(pool))
        fail("events", 0, "more than %zu bytes of text", sizeof(pool));
    memcpy(pool + at, text, strlen(text));
    pool_len += strlen(text);
    return at;
}

static int
highest_code(void)
{
    int highest = 0;
    int i;

    for (i = 0; i < n_words; i++)
        if (words[i].code > highest)
            highest = words[i].code;
    return highest;
}

static void
write_numbers(FILE *out, const int *numbers, int n)
{
    int i;

    for (i = 0; i < n; i++)
        fprintf(out, "%s%d,", i % 16 == 0 ? "\n    " : " ", numbers[i]);
    fputs("\n};\n\n", out);
}

/* Where each word is found by its hash, and by its code; the number of words: nowhere. */
static void
write_indexes(FILE *out)
{
    static int slots[BNC_EVENT_SLOTS], ranks[CODES_MAX];
    int i, slot;

    for (i = 0; i < BNC_EVENT_SLOTS; i++)
        slots[i] = n_words;
    for (i = 0; i < CODES_MAX; i++)
        ranks[i] = n_words;
    for (i = 0; i < n_words; i++) {
        slot = (int)bnc_event_slot(bnc_event_hash(words[i].text, strlen(words[i].text)));
        while (slots[slot] != n_words)
            slot = (slot + 1) % BNC_EVENT_SLOTS;
        slots[slot] = i;
        ranks[words[i].code] = i;
    }
    fprintf(out, "const uint16_t bnc_event_slots[BNC_EVENT_SLOTS] = {");
    write_numbers(out, slots, BNC_EVENT_SLOTS);
    fprintf(out, "const uint16_t bnc_event_ranks[BNC_EVENT_CODES] = {");
    write_numbers(out, ranks, highest_code() + 1);
}

static void
write_source(const table *codes, const table *categories, const table *policies, const char *path)
{
    FILE *out = fopen(path, "wb");
    int of_category[ROWS] = {0};
    int row, column, i;
    size_t k;

    if (out == NULL)
        fail(path, 0, "can't be written");
    fputs("/* Generated from core/rules/event_codes.tsv, categories.tsv and policies.tsv. */\n"
          "#include \"event.h\"\n\n",
          out);
    fputs("const bnc_event_fact bnc_event_facts[BNC_N_EVENTS] = {\n", out);
    for (i = 0; i < n_words; i++)
        fprintf(out, "    {%d, %zu, %zu, %d, %d, %d}, /* %s */\n", words[i].code, pool_add(words[i].text),
                strlen(words[i].text), words[i].what, words[i].number, words[i].suffix, words[i].text);
    fputs("};\n\n", out);
    write_indexes(out);
    for (row = 1; row < codes->rows; row++)
        if (strcmp(codes->cell[row][1], "category") == 0)
            of_category[category_row(categories, codes->cell[row][2])] = code_of(codes, row);
    fputs("const uint16_t bnc_event_of_category[BNC_N_CATEGORIES] = {", out);
    write_numbers(out, of_category, categories->rows - 1);
    fputs("const uint32_t bnc_preset_cells[BNC_N_PRESETS][4][2] = {\n", out);
    for (row = 1; row < policies->rows; row++) {
        fputs("    {", out);
        for (column = 0; column < 4; column++)
            fprintf(out, "{%zu, %zu},", pool_add(policies->cell[row][column]), strlen(policies->cell[row][column]));
        fputs("},\n", out);
    }
    fprintf(out, "};\n\nconst char bnc_event_pool[%zu] = {", pool_len);
    for (k = 0; k < pool_len; k++)
        fprintf(out, "%s%d,", k % 24 == 0 ? "\n    " : "", pool[k]);
    fputs("\n};\n", out);
    if (fclose(out) != 0)
        fail(path, 0, "can't be written");
}

static void
write_header(const table *codes, const table *policies, const char *path)
{
    FILE *out = fopen(path, "wb");
    int adds[SUFFIXES];
    const char *name;
    int row, i;

    if (out == NULL)
        fail(path, 0, "can't be written");
    fputs("/* Generated from core/rules/event_codes.tsv, categories.tsv and policies.tsv. */\n\n", out);
    fprintf(out, "#define BNC_N_EVENTS %d\n#define BNC_EVENT_CODES %d\n#define BNC_N_PRESETS %d\n", n_words,
            highest_code() + 1, policies->rows - 1);
    for (row = 1; row < codes->rows; row++) {
        if (strcmp(codes->cell[row][1], "kind") != 0 && strcmp(codes->cell[row][1], "type") != 0)
            continue;
        fputs("#define BNC_EVENT_", out);
        for (name = codes->cell[row][2]; *name != '\0'; name++)
            fputc(toupper((unsigned char)*name), out);
        fprintf(out, " %d\n", code_of(codes, row));
    }
    read_suffixes(codes, adds);
    fputs("/* what a suffix adds to the code of its category, by bnc_class */\n#define BNC_EVENT_SUFFIXES {", out);
    for (i = 0; i < SUFFIXES; i++)
        fprintf(out, "%s%d", i > 0 ? ", " : "", adds[i]);
    fputs("}\n", out);
    if (fclose(out) != 0)
        fail(path, 0, "can't be written");
}

int
main(int argc, char **argv)
{
    static table codes, categories, policies;

    if (argc != 6) {
        fprintf(stderr, "usage: events CODES.tsv CATEGORIES.tsv POLICIES.tsv OUT.c OUT.h\n");
        return 2;
    }
    read_table(&codes, argv[1], 3);
    read_table(&categories, argv[2], 6);
    read_table(&policies, argv[3], 4);
    if (policies.rows < 2 || strcmp(policies.cell[1][0], "default") != 0)
        fail(policies.path, 2, "the preset that holds without one comes first: default");
    make_words(&codes, &categories);
    write_source(&codes, &categories, &policies, argv[4]);
    write_header(&codes, &policies, argv[5]);
    return 0;
}
