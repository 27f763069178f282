/*
 * generate/vocabulary.c - build tool: categories.tsv, perspectives.tsv, crosswalk.tsv and mail_domains.tsv to constant
 * C tables.
 *
 * Usage: vocabulary CATEGORIES.tsv PERSPECTIVES.tsv CROSSWALK.tsv MAIL_DOMAINS.tsv OUT.c OUT.h
 * Runs on the building machine. Stops with file:line at the first thing that does not fit.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define MAIL_NAME_MAX 32 /* a domain's length, and a bit */

static int
type_number(const table *t, int row, const char *name, size_t len)
{
    static const char *const types[] = {"UNKNOWN", "HARD", "SOFT", "BLOCK", "PENDING", "NONE"};
    size_t i, k;

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        for (k = 0; k < len && types[i][k] == toupper((unsigned char)name[k]); k++)
            ;
        if (k == len && types[i][k] == '\0')
            return (int)i;
    }
    fail(t->path, row + 1, "unknown type \"%.*s\"", (int)len, name);
    return 0;
}

/* "hard", or "5:hard 4:soft": the types on 4xx, and on 5xx or without a code. */
static void
read_types(const table *t, int row, const char *cell, int types[2])
{
    const char *five = strstr(cell, "5:");
    const char *four = strstr(cell, "4:");

    if (five == NULL || four == NULL) {
        types[0] = types[1] = type_number(t, row, cell, strlen(cell));
        return;
    }
    types[0] = type_number(t, row, four + 2, strcspn(four + 2, " "));
    types[1] = type_number(t, row, five + 2, strcspn(five + 2, " "));
}

static int
find_row(const table *t, const char *name)
{
    int row;

    for (row = 1; row < t->rows; row++)
        if (strcmp(t->cell[row][0], name) == 0)
            return row;
    return -1;
}

/* All text of the tables, one string; cells refer to it by offset and length. */
static char pool[1 << 18];
static size_t pool_len;

static size_t
pool_add(const char *text)
{
    size_t at = pool_len;

    memcpy(pool + at, text, strlen(text) + 1);
    pool_len += strlen(text) + 1;
    return at;
}

static void
write_pool(FILE *out)
{
    size_t i;

    fprintf(out, "const char bnc_vocabulary_text[%zu] = {", pool_len);
    for (i = 0; i < pool_len; i++)
        fprintf(out, "%s%d,", i % 24 == 0 ? "\n    " : "", pool[i]);
    fputs("\n};\n", out);
}

/* One term a system and category goes out, one category a system and term comes in. */
static void
check_crosswalk(const table *t, const table *categories)
{
    int row, other;

    for (row = 1; row < t->rows; row++) {
        if (find_row(categories, t->cell[row][2]) < 0)
            fail(t->path, row + 1, "unknown category \"%s\"", t->cell[row][2]);
        for (other = 4; other < 6; other++)
            if (strcmp(t->cell[row][other], "0") != 0 && strcmp(t->cell[row][other], "1") != 0)
                fail(t->path, row + 1, "outward and inward are 0 or 1");
        for (other = 1; other < row; other++) {
            if (strcmp(t->cell[row][0], t->cell[other][0]) != 0)
                continue;
            if (t->cell[row][4][0] == '1' && t->cell[other][4][0] == '1' &&
                strcmp(t->cell[row][2], t->cell[other][2]) == 0)
                fail(t->path, row + 1, "a second outward term for %s", t->cell[row][2]);
            if (t->cell[row][5][0] == '1' && t->cell[other][5][0] == '1' &&
                strcmp(t->cell[row][1], t->cell[other][1]) == 0)
                fail(t->path, row + 1, "a second inward category for %s", t->cell[row][1]);
        }
    }
}

/* system, term: text; category, type: numbers; outward, inward: 0 or 1. */
static void
write_crosswalk(FILE *out, const table *t, const table *categories)
{
    int row;

    fputs("const bnc_crosswalk_row bnc_crosswalk[BNC_N_CROSSWALK] = {\n", out);
    for (row = 1; row < t->rows; row++)
        fprintf(out, "    {{%zu, %zu}, {%zu, %zu}, %d, %d, %s, %s},\n", pool_add(t->cell[row][0]),
                strlen(t->cell[row][0]), pool_add(t->cell[row][1]), strlen(t->cell[row][1]),
                find_row(categories, t->cell[row][2]) - 1,
                type_number(t, row, t->cell[row][3], strlen(t->cell[row][3])), t->cell[row][4], t->cell[row][5]);
    fputs("};\n\n", out);
}

/* ---- domains of addresses ---- */

/* The order of these is that of BNC_MAIL_... in the header. */
static const char *const mail_kinds[] = {"provider", "real", "no_ending", "other_ending"};
enum { PROVIDER, REAL, NO_ENDING, OTHER_ENDING, MAIL_KINDS };

static int
mail_kind(const table *t, int row)
{
    int kind;

    for (kind = 0; kind < MAIL_KINDS; kind++)
        if (strcmp(t->cell[row][1], mail_kinds[kind]) == 0)
            return kind;
    fail(t->path, row + 1, "unknown kind \"%s\"; legal: provider, real, no_ending, other_ending", t->cell[row][1]);
    return 0;
}

/* Lower case, and each name once: what is a domain has a dot, what is an ending has none. */
static void
check_mail_domains(const table *t)
{
    const char *name, *detail;
    int row, other, kind;

    for (row = 1; row < t->rows; row++) {
        kind = mail_kind(t, row);
        if (row > 1 && kind < mail_kind(t, row - 1))
            fail(t->path, row + 1, "the kinds come in this order: provider, real, no_ending, other_ending");
        name = t->cell[row][0];
        detail = t->cell[row][2];
        if (strlen(name) >= MAIL_NAME_MAX || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != strlen(name))
            fail(t->path, row + 1, "\"%s\" is too long or not in lower case", name);
        if ((strchr(name, '.') != NULL) != (kind == PROVIDER || kind == REAL))
            fail(t->path, row + 1, "a domain has a dot, an ending none");
        if (kind == PROVIDER && (strlen(detail) != 1 || strchr("012", detail[0]) == NULL))
            fail(t->path, row + 1, "a provider's detail is how many slips in its name are looked for: 0, 1 or 2");
        if (kind == REAL && detail[0] != '\0')
            fail(t->path, row + 1, "a real domain has no detail");
        if (kind >= NO_ENDING && (detail[0] == '\0' || strlen(detail) > strlen(name) + 2))
            fail(t->path, row + 1, "an ending's detail is the right one, at most two characters longer");
        for (other = 1; other < row; other++)
            if (strcmp(t->cell[other][0], name) == 0)
                fail(t->path, row + 1, "\"%s\" again", name);
    }
}

static void
write_mail_domains(FILE *out, const table *t)
{
    int from[MAIL_KINDS + 1] = {0};
    int row, kind;

    fputs("const bnc_mail_domain bnc_mail_domains[BNC_N_MAIL_DOMAINS] = {\n", out);
    for (row = 1; row < t->rows; row++) {
        const char *right = "";

        kind = mail_kind(t, row);
        from[kind + 1] = row;
        if (kind >= NO_ENDING)
            right = t->cell[row][2];
        fprintf(out, "    {%zu, %zu, %zu, %zu, %zu, %s},\n", pool_add(t->cell[row][0]), pool_add(right),
                strlen(t->cell[row][0]), strcspn(t->cell[row][0], "."), strlen(right),
                kind == PROVIDER ? t->cell[row][2] : "0");
    }
    fputs("};\n\nconst uint16_t bnc_mail_from[BNC_MAIL_KINDS + 1] = {", out);
    for (kind = 0; kind <= MAIL_KINDS; kind++) {
        if (kind > 0 && from[kind] < from[kind - 1])
            from[kind] = from[kind - 1];
        fprintf(out, "%s%d", kind > 0 ? ", " : "", from[kind]);
    }
    fputs("};\n\n", out);
}

static void
write_source(const table *categories, const table *perspectives, const table *crosswalk, const table *mail_domains,
             const char *path)
{
    FILE *out = fopen(path, "wb");
    int row, column, types[2];

    if (out == NULL)
        fail(path, 0, "can't be written");
    fputs("/* Generated from the tables of core/rules. */\n#include \"vocabulary.h\"\n\n", out);
    fprintf(out, "const uint32_t bnc_category_cells[BNC_N_CATEGORIES][6][2] = {\n");
    for (row = 1; row < categories->rows; row++) {
        fputs("    {", out);
        for (column = 0; column < 6; column++)
            fprintf(out, "{%zu, %zu},", pool_add(categories->cell[row][column]), strlen(categories->cell[row][column]));
        fputs("},\n", out);
    }
    fputs("};\n\nconst uint32_t bnc_perspective_cells[BNC_N_PERSPECTIVES][2] = {\n", out);
    for (column = 1; column < perspectives->columns; column++)
        fprintf(out, "    {%zu, %zu},\n", pool_add(perspectives->cell[0][column]),
                strlen(perspectives->cell[0][column]));
    fputs("};\n\nconst uint8_t bnc_perspective_types[BNC_N_PERSPECTIVES][BNC_N_CATEGORIES][2] = {\n", out);
    for (column = 1; column < perspectives->columns; column++) {
        fputs("    {", out);
        for (row = 1; row < categories->rows; row++) {
            int at = find_row(perspectives, categories->cell[row][0]);

            if (at < 0)
                fail(perspectives->path, 1, "category \"%s\" is missing", categories->cell[row][0]);
            read_types(perspectives, at, perspectives->cell[at][column], types);
            fprintf(out, "{%d, %d},", types[0], types[1]);
        }
        fputs("},\n", out);
    }
    fputs("};\n\n", out);
    write_crosswalk(out, crosswalk, categories);
    write_mail_domains(out, mail_domains);
    write_pool(out);
    if (fclose(out) != 0)
        fail(path, 0, "can't be written");
}

/* #define PREFIX_NAME number */
static void
write_define(FILE *out, const char *prefix, const char *name, int number)
{
    fprintf(out, "#define %s_", prefix);
    for (; *name != '\0'; name++)
        fputc(toupper((unsigned char)*name), out);
    fprintf(out, " %d\n", number);
}

static void
write_header(const table *categories, const table *perspectives, const table *crosswalk, const table *mail_domains,
             const char *path)
{
    FILE *out = fopen(path, "wb");
    int row;

    if (out == NULL)
        fail(path, 0, "can't be written");
    fputs("/* Generated from the tables of core/rules. */\n#include <stdint.h>\n\n", out);
    fprintf(out, "#define BNC_N_CATEGORIES %d\n#define BNC_N_PERSPECTIVES %d\n#define BNC_N_CROSSWALK %d\n",
            categories->rows - 1, perspectives->columns - 1, crosswalk->rows - 1);
    fprintf(out, "#define BNC_N_MAIL_DOMAINS %d\n#define BNC_MAIL_NAME_MAX %d\n#define BNC_MAIL_KINDS %d\n",
            mail_domains->rows - 1, MAIL_NAME_MAX, MAIL_KINDS);
    for (row = 1; row < categories->rows; row++)
        write_define(out, "BNC_CATEGORY", categories->cell[row][0], row - 1);
    for (row = 0; row < MAIL_KINDS; row++)
        write_define(out, "BNC_MAIL", mail_kinds[row], row);
    fputs("\n/* Offset and length in bnc_vocabulary_text: name, action, definition (en, zh), advice (en, zh). */\n"
          "extern const uint32_t bnc_category_cells[BNC_N_CATEGORIES][6][2];\n"
          "extern const uint32_t bnc_perspective_cells[BNC_N_PERSPECTIVES][2];\n"
          "/* bnc_type on 4xx, and on 5xx or without a code */\n"
          "extern const uint8_t bnc_perspective_types[BNC_N_PERSPECTIVES][BNC_N_CATEGORIES][2];\n"
          "typedef struct bnc_crosswalk_row {\n"
          "    uint32_t system[2], term[2];\n"
          "    uint8_t category, type, outward, inward;\n"
          "} bnc_crosswalk_row;\n"
          "extern const bnc_crosswalk_row bnc_crosswalk[BNC_N_CROSSWALK];\n"
          "/* at, right: offsets in bnc_vocabulary_text; name_len: up to the first dot; right: for endings */\n"
          "typedef struct bnc_mail_domain {\n"
          "    uint32_t at, right;\n"
          "    uint8_t len, name_len, right_len, slips;\n"
          "} bnc_mail_domain;\n"
          "extern const bnc_mail_domain bnc_mail_domains[BNC_N_MAIL_DOMAINS];\n"
          "/* where the rows of each BNC_MAIL_... start */\n"
          "extern const uint16_t bnc_mail_from[BNC_MAIL_KINDS + 1];\n"
          "extern const char bnc_vocabulary_text[];\n",
          out);
    if (fclose(out) != 0)
        fail(path, 0, "can't be written");
}

int
main(int argc, char **argv)
{
    static table categories, perspectives, crosswalk, mail_domains;

    if (argc != 7) {
        fprintf(stderr,
                "usage: vocabulary CATEGORIES.tsv PERSPECTIVES.tsv CROSSWALK.tsv MAIL_DOMAINS.tsv OUT.c OUT.h\n");
        return 2;
    }
    read_table(&categories, argv[1], 0);
    read_table(&perspectives, argv[2], 0);
    read_table(&crosswalk, argv[3], 0);
    read_table(&mail_domains, argv[4], 0);
    if (categories.columns != 6 || perspectives.columns < 2 || perspectives.rows != categories.rows)
        fail(argv[1], 1, "categories need 6 columns, and a row of perspectives each");
    if (crosswalk.columns != 6)
        fail(argv[3], 1, "crosswalk needs 6 columns");
    if (mail_domains.columns != 4)
        fail(argv[4], 1, "mail domains need 4 columns");
    check_crosswalk(&crosswalk, &categories);
    check_mail_domains(&mail_domains);
    write_source(&categories, &perspectives, &crosswalk, &mail_domains, argv[5]);
    write_header(&categories, &perspectives, &crosswalk, &mail_domains, argv[6]);
    return 0;
}
