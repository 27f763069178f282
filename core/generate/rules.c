/*
 * generate/rules.c - build tool: the rule files to constant C tables, and every check of them.
 *
 * Usage: rules [-k] OUT.c FILE.rules ...    (-k: write the tables in spite of problems, to try rules out)
 * Stops with file:line when a rule can't be read, when another rule wins an example, or when a rule has no
 * example: a rule that wins none of its own is dead. Words that are not ASCII are added in the
 * legacy charsets of their scripts, by iconv.
 */
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "../rules.h"
#include "../text.h"
#include "../vocabulary.h"

/* ---- files ---- */

typedef struct source {
    const char *path;
    int first_line; /* in the text of all files */
} source;

static source *sources;
static int n_sources;
static int problems;

/* A line of the text of all files as file:line. */
static void
report(void *context, int line, const char *problem)
{
    int i = n_sources - 1;

    (void)context;
    while (i > 0 && sources[i].first_line > line)
        i--;
    fprintf(stderr, "%s:%d: %s\n", sources[i].path, line - sources[i].first_line + 1, problem);
    problems++;
}

static void
read_file(const char *path, bnc_buffer *text, int *lines)
{
    static char block[1 << 16];
    FILE *file = fopen(path, "rb");
    size_t got, i;

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    sources[n_sources].path = path;
    sources[n_sources++].first_line = *lines + 1;
    while ((got = fread(block, 1, sizeof(block), file)) > 0) {
        bnc_buffer_add(text, block, got);
        for (i = 0; i < got; i++)
            *lines += block[i] == '\n';
    }
    if (text->len > 0 && text->data[text->len - 1] != '\n') {
        bnc_buffer_add(text, "\n", 1);
        ++*lines;
    }
    fclose(file);
}

/* ---- legacy charsets ---- */

typedef struct charset {
    const char *name;
    enum { LATIN, CYRILLIC, HAN, KANA, HANGUL } script;
    bool ascii_bytes; /* in its wide characters */
} charset;

/* Kana may stand with Han; Han alone may be Chinese or Japanese. */
static const charset charsets[] = {
    {"GB18030", HAN, true},       {"BIG5", HAN, true},          {"SHIFT_JIS", KANA, true},
    {"EUC-JP", KANA, false},      {"ISO-2022-JP", KANA, true},  {"EUC-KR", HANGUL, false},
    {"KOI8-R", CYRILLIC, false},  {"CP1251", CYRILLIC, false},  {"ISO-8859-1", LATIN, false},
    {"ISO-8859-2", LATIN, false}, {"ISO-8859-9", LATIN, false}, {"CP1250", LATIN, false}};

#define N_CHARSETS (sizeof(charsets) / sizeof(charsets[0]))

typedef struct scripts {
    bool latin, cyrillic, han, kana, hangul;
} scripts;

static scripts
scripts_of(bnc_slice text)
{
    scripts found = {false, false, false, false, false};
    const unsigned char *s = (const unsigned char *)text.data;
    size_t i;

    for (i = 0; i < text.len; i++) {
        found.latin = found.latin || (s[i] >= 0xc3 && s[i] <= 0xc8);
        found.cyrillic = found.cyrillic || s[i] == 0xd0 || s[i] == 0xd1;
        found.han = found.han || (s[i] >= 0xe4 && s[i] <= 0xe9);
        found.kana = found.kana || (s[i] == 0xe3 && i + 1 < text.len && s[i + 1] >= 0x81 && s[i + 1] <= 0x83);
        found.hangul = found.hangul || (s[i] >= 0xea && s[i] <= 0xed);
    }
    return found;
}

static bool
has_script(const charset *set, scripts found)
{
    switch (set->script) {
    case LATIN:
        return found.latin;
    case CYRILLIC:
        return found.cyrillic;
    case HAN:
        return found.han && !found.kana && !found.hangul;
    case KANA:
        return found.kana || (found.han && !found.hangul);
    case HANGUL:
        return found.hangul;
    }
    return false;
}

static void
each_charset(void *context, bnc_slice utf8, void (*add)(void *sink, size_t charset, bnc_slice bytes), void *sink)
{
    iconv_t *converters = context;
    scripts found = scripts_of(utf8);
    char out[1024];
    size_t k;

    for (k = 0; k < N_CHARSETS; k++) {
        char *in = (char *)utf8.data;
        char *to = out;
        size_t in_left = utf8.len;
        size_t room = sizeof(out);
        bnc_slice bytes = {out, 0};

        if (!has_script(&charsets[k], found) || converters[k] == (iconv_t)-1)
            continue;
        iconv(converters[k], NULL, NULL, NULL, NULL);
        if (iconv(converters[k], &in, &in_left, &to, &room) != 0)
            continue;
        bytes.len = (size_t)(to - out);
        /* what is left of ISO-2022-JP when a log has dropped the escape bytes */
        if (bytes.len > 3 && out[0] == 0x1b) {
            bytes.data += 3;
            bytes.len -= 3;
        }
        add(sink, k, bytes);
    }
}

/* ---- checks ---- */

static void
check_example(bnc_engine *engine, const bnc_compiler *compiler, const bnc_rules *rules, const bnc_example *example,
              bool *won)
{
    uint32_t rank = bnc_compiler_rule_rank(compiler, example->rule);
    const bnc_rule *rule = bnc_rule_at(rules, rank);
    bnc_slice id = bnc_rule_id(rules, rule);
    bnc_verdict verdict;
    bnc_error error;
    char text[512];

    if (rule->kind != BNC_RULE_CATEGORY) {
        won[rank] = true;
        return;
    }
    if (bnc_classify(engine, bnc_compiler_example_text(compiler, example), NULL, &verdict, &error) != BNC_OK)
        exit(1);
    if (bnc_slice_equal(verdict.rule, id)) {
        won[rank] = true;
        return;
    }
    snprintf(text, sizeof(text), "rule \"%.*s\" does not win this example: \"%.*s\" does (%.*s, \"%.*s\")", (int)id.len,
             id.data, (int)verdict.rule.len, verdict.rule.len > 0 ? verdict.rule.data : "",
             (int)bnc_category(verdict.category).name.len, bnc_category(verdict.category).name.data,
             (int)verdict.matched.len, verdict.matched.len > 0 ? verdict.matched.data : "");
    report(NULL, (int)example->line, text);
}

/* Every rule wins an example; those of providers and signals only need one. */
static void
check_rules(const bnc_compiler *compiler, const bnc_rules *rules)
{
    const bnc_example *examples;
    size_t n = bnc_compiler_examples(compiler, &examples);
    uint32_t n_rules = bnc_tables(rules)->n_rules;
    bool *won = calloc(n_rules + 1, sizeof(bool));
    bool *tried = calloc(n_rules + 1, sizeof(bool));
    bnc_engine *engine;
    size_t i;

    if (won == NULL || tried == NULL || bnc_engine_create(&allocator, rules, &engine) != BNC_OK)
        exit(1);
    for (i = 0; i < n; i++) {
        tried[bnc_compiler_rule_rank(compiler, examples[i].rule)] = true;
        check_example(engine, compiler, rules, &examples[i], won);
    }
    for (i = 0; i < n_rules; i++) {
        const bnc_rule *rule = bnc_rule_at(rules, (uint32_t)i);

        if (!tried[i] && rule->kind != BNC_RULE_PROVIDER)
            report(NULL, (int)rule->line, "rule without an example");
    }
    bnc_engine_destroy(engine);
    free(won);
    free(tried);
}

/* ---- output ---- */

static void
write_tables(const char *path, const bnc_rules *rules, size_t n_words, uint64_t hash)
{
    FILE *out = fopen(path, "wb");
    const bnc_tables_head *head = bnc_tables(rules);
    size_t i;

    if (out == NULL) {
        perror(path);
        exit(1);
    }
    fputs("/* Generated from core/rules. */\n#include \"rules.h\"\n\n#include \"text.h\"\n\n", out);
    fprintf(out, "static const uint32_t words[%zu] = {", n_words);
    for (i = 0; i < n_words; i++)
        fprintf(out, "%s%u,", i % 16 == 0 ? "\n    " : "", rules->words[i]);
    fprintf(out, "\n};\n\nstatic const unsigned char bytes[%u] = {", head->n_bytes + 1);
    for (i = 0; i < head->n_bytes; i++)
        fprintf(out, "%s%u,", i % 32 == 0 ? "\n    " : "", rules->bytes[i]);
    fprintf(out,
            "\n};\n\nstatic const bnc_rules builtin = {words, bytes};\n\n"
            "const bnc_rules *\nbnc_builtin_rules(void)\n{\n    return &builtin;\n}\n\n"
            "bnc_slice\nbnc_rules_version(void)\n{\n    return bnc_slice_of(BNC_VERSION \"-%016llx\");\n}\n",
            (unsigned long long)hash);
    if (fclose(out) != 0) {
        perror(path);
        exit(1);
    }
}

/* FNV-1a over what decides results: the rules' text and the vocabulary. */
static uint64_t
hash_of(const bnc_buffer *text)
{
    uint64_t hash = 14695981039346656037u;
    size_t i;
    int category, perspective;

    for (i = 0; i < text->len; i++)
        hash = (hash ^ text->data[i]) * 1099511628211u;
    for (perspective = 0; perspective < BNC_N_PERSPECTIVES; perspective++)
        for (category = 0; category < BNC_N_CATEGORIES; category++)
            for (i = 0; i < 2; i++)
                hash = (hash ^ bnc_perspective_types[perspective][category][i]) * 1099511628211u;
    return hash;
}

int
main(int argc, char **argv)
{
    iconv_t converters[N_CHARSETS];
    bnc_transcoder transcoder = {each_charset, N_CHARSETS, 0, converters};
    bnc_compiler *compiler;
    bnc_buffer text;
    bnc_rules rules;
    bool keep_going = argc > 1 && strcmp(argv[1], "-k") == 0;
    uint32_t keys = 0;
    int lines = 0;
    int i;
    size_t k;

    argc -= keep_going;
    argv += keep_going;

    if (argc < 3) {
        fprintf(stderr, "usage: rules [-k] OUT.c FILE.rules ...\n");
        return 2;
    }
    for (k = 0; k < N_CHARSETS; k++) {
        converters[k] = iconv_open(charsets[k].name, "UTF-8");
        if (converters[k] == (iconv_t)-1) {
            fprintf(stderr, "iconv has no %s\n", charsets[k].name);
            return 1;
        }
        if (charsets[k].ascii_bytes)
            transcoder.with_ascii_bytes |= 1u << k;
    }
    sources = calloc((size_t)argc, sizeof(*sources));
    bnc_buffer_init(&text, &allocator);
    for (i = 2; i < argc; i++)
        read_file(argv[i], &text, &lines);
    if (bnc_compiler_create(&allocator, NULL, false, report, NULL, &transcoder, &compiler) != BNC_OK ||
        bnc_compiler_read(compiler, (bnc_slice){(const char *)text.data, text.len}) != BNC_OK ||
        bnc_compiler_finish(compiler, &rules) != BNC_OK) {
        fprintf(stderr, "out of memory\n");
        return 1;
    }
    check_rules(compiler, &rules);
    if (problems > 0) {
        fprintf(stderr, "%d problems in the rules\n", problems);
        if (!keep_going)
            return 1;
    }
    write_tables(argv[1], &rules, bnc_compiler_words(compiler), hash_of(&text));
    for (i = 0; i < BNC_INDEXES; i++)
        keys += bnc_tables(&rules)->index[i].full.n_keys + bnc_tables(&rules)->index[i].shorter.n_keys;
    printf("%u rules, %u keys, %u KB of tables\n", bnc_tables(&rules)->n_rules, keys,
           (unsigned)((bnc_compiler_words(compiler) * 4 + bnc_tables(&rules)->n_bytes) / 1024));
    bnc_compiler_destroy(compiler);
    bnc_buffer_release(&text);
    free(sources);
    return 0;
}
