/*
 * core.c - what the core costs, without a database: samples for table.pl.
 *
 *   core classify ROWS.txt N ROUNDS            classifying against folding alone, and the other questions
 *   core pcre ROWS.txt N ROUNDS FILE.rules ... against the same rules tried one by one with PCRE2's JIT
 *   core grow ROWS.txt N ROUNDS FILE.rules ... with half, twice and ten times the rules
 *   core worst ROUNDS                          texts made to be slow
 *   core own ROWS.txt N ROUNDS FILE.rules ...  own rules: compiling, and what they add to a row
 *   core own-rules N FILE.rules ...            prints N own rules
 *   core once ROWS.txt N                       classifies N rows once, for callgrind
 *   core alone ROWS.txt N NAME                 one sample of that name: classifying, warm
 *
 * Rounds take turns (A B A B), so that a slow phase of the machine hits all sides.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "counting.h"
#include "engine.h"
#include "generate/heap.h"
#include "rows.h"
#include "rule_files.h"
#include "rules.h"
#include "text.h"
#include "worst_texts.h"

static dice fate = {1};
static uint64_t sink; /* what is computed is used */

static bnc_engine *
new_engine(const bnc_allocator *a, const bnc_rules *rules)
{
    bnc_engine *engine;

    if (bnc_engine_create(a, rules, &engine) != BNC_OK)
        exit(1);
    return engine;
}

/* ---- passes over the rows: ns a row ---- */

static double
pass_fold(const rows *r)
{
    static bnc_text text;
    double start = now();
    size_t i;

    for (i = 0; i < r->n; i++) {
        bnc_text_read(&text, r->row[i]);
        sink += text.len;
    }
    return (now() - start) / (double)r->n;
}

__attribute__((noinline)) static double
pass_classify(bnc_engine *engine, const rows *r, const bnc_slice *own)
{
    bnc_verdict verdict;
    bnc_error error;
    double start = now();
    size_t i;

    for (i = 0; i < r->n; i++) {
        if (bnc_classify(engine, r->row[i], own, &verdict, &error) != BNC_OK) {
            fprintf(stderr, "%s\n", error.message);
            exit(1);
        }
        sink += (unsigned)verdict.category;
    }
    return (now() - start) / (double)r->n;
}

static double
pass_answer(bnc_engine *engine, bnc_question question, const rows *r)
{
    bnc_slice answer;
    bnc_error error;
    bool lasting;
    double start = now();
    size_t i;

    for (i = 0; i < r->n; i++) {
        if (bnc_answer(engine, question, r->row[i], NULL, NULL, &answer, &lasting, &error) != BNC_OK)
            exit(1);
        sink += answer.len;
    }
    return (now() - start) / (double)r->n;
}

/* Rows in forms that the engine has just kept, or that it forgets before each row. */
static double
pass_forms(bnc_engine *engine, const rows *r, bool known)
{
    rows part = *r;
    double ns = 0;
    size_t i;

    for (i = 0; i < r->n; i += part.n) {
        part.row = r->row + i;
        part.n = known ? 500 : 1;
        if (part.n > r->n - i)
            part.n = r->n - i;
        bnc_memo_forget(&engine->memo);
        if (known)
            pass_classify(engine, &part, NULL);
        ns += pass_classify(engine, &part, NULL) * (double)part.n;
    }
    return ns / (double)r->n;
}

static int
measure_classify(const rows *r, int rounds)
{
    bnc_engine *engine = new_engine(&allocator, bnc_builtin_rules());
    rows few = *r;

    if (few.n > 200000)
        few.n = 200000;
    pass_classify(engine, &few, NULL);
    while (rounds-- > 0) {
        sample("core.fold", pass_fold(r));
        engine->memo.asked = engine->memo.found = 0;
        sample("core.classify", pass_classify(engine, r, NULL));
        sample("core.share", 100.0 * (double)engine->memo.found / (double)engine->memo.asked);
        sample("core.known", pass_forms(engine, &few, true));
        sample("core.new", pass_forms(engine, &few, false));
        sample("core.category", pass_answer(engine, BNC_ASK_CATEGORY, &few));
        sample("core.type", pass_answer(engine, BNC_ASK_TYPE, &few));
        sample("core.event", pass_answer(engine, BNC_ASK_EVENT, &few));
        sample("core.explain", pass_answer(engine, BNC_ASK_EXPLAIN, &few));
    }
    bnc_engine_destroy(engine);
    return 0;
}

/* ---- the same rules, one by one with PCRE2's JIT ---- */

typedef struct sequence {
    pcre2_code **code; /* by rank; what one rule wants is one pattern or two */
    pcre2_code **also;
    size_t n;
} sequence;

static bool
is_group(const char *s, const char *end)
{
    int depth = 0;
    bool bar = false;

    for (s++; s < end; s++) {
        if (*s == '\\')
            s++;
        else if (*s == '(')
            depth++;
        else if (*s == ')' && depth-- == 0)
            return bar;
        else if (*s == '|' && depth == 0)
            bar = true;
    }
    return false;
}

static void
put_literal(growing *g, unsigned char c)
{
    char byte = (char)bnc_lower(c);

    if (c < 0x80 && !bnc_is_alnum(c) && c != ' ')
        put_text(g, "\\");
    put_bytes(g, &byte, 1);
}

/* A phrase as a pattern: literals, (a|b) as alternatives, * as .*, \b as itself, runs as classes. */
static void
put_phrase(growing *g, bnc_slice phrase)
{
    const char *s = phrase.data;
    const char *end = s + phrase.len;
    int depth = 0;

    for (; s < end; s++) {
        if (*s == '\\' && s + 1 < end) {
            s++;
            if (*s == 'b' || *s == 'd' || *s == 'w' || *s == '@') {
                put_text(g, *s == 'b' ? "\\b" : *s == 'd' ? "\\d+" : *s == 'w' ? "\\S+" : "\\x7f+");
            } else if (*s == 'x' && end - s > 2) {
                put_literal(g, (unsigned char)(hex_of(s[1]) * 16 + hex_of(s[2])));
                s += 2;
            } else {
                put_literal(g, (unsigned char)*s);
            }
        } else if (*s == '*') {
            while (g->len > 0 && g->data[g->len - 1] == ' ')
                g->len--;
            put_text(g, ".*");
            while (s + 1 < end && s[1] == ' ')
                s++;
        } else if (*s == '(' && is_group(s, end)) {
            depth++;
            put_text(g, "(?:");
        } else if (depth > 0 && (*s == '|' || *s == ')')) {
            depth -= *s == ')';
            put_bytes(g, s, 1);
        } else {
            put_literal(g, (unsigned char)*s);
        }
    }
}

static pcre2_code *
jit(bnc_slice pattern, uint32_t options)
{
    size_t offset;
    int problem;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern.data, pattern.len, options, &problem, &offset, NULL);

    if (code != NULL)
        pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    else
        fprintf(stderr, "PCRE2 refuses %.*s\n", (int)pattern.len, pattern.data);
    return code;
}

static void
translate(sequence *q, uint32_t rank, bnc_slice rule)
{
    growing wanted = {NULL, 0, 0};
    growing other = {NULL, 0, 0};
    bnc_slice rest = conditions_of(rule);
    condition c;

    while ((c = next_condition(&rest)).kind != CONDITION_NONE) {
        if (c.kind == CONDITION_PHRASE) {
            if (wanted.len > 0)
                put_text(&wanted, ".*");
            put_phrase(&wanted, c.text);
            if (c.ends)
                put_text(&wanted, "\\W*$");
        } else if (c.kind == CONDITION_OTHER) {
            put_phrase(&other, c.text);
            q->also[rank] = jit((bnc_slice){other.data, other.len}, PCRE2_DOTALL);
            free(other.data);
        } else if (c.kind == CONDITION_PATTERN) {
            q->also[rank] = jit(c.text, PCRE2_CASELESS);
        }
    }
    if (wanted.len > 0)
        q->code[rank] = jit((bnc_slice){wanted.data, wanted.len}, PCRE2_DOTALL);
    free(wanted.data);
}

static void
count_problem(void *context, int line, const char *problem)
{
    int *n = context;

    if (++*n == 1)
        printf("note\trules made for the benchmark, line %d: %s\n", line, problem);
}

/* Compiles rules as the build does, but without words in old charsets. */
static bnc_compiler *
compile(bnc_slice text, bnc_rules *compiled, int *problems)
{
    bnc_compiler *compiler;

    *problems = 0;
    if (bnc_compiler_create(&allocator, NULL, false, count_problem, problems, NULL, &compiler) != BNC_OK ||
        bnc_compiler_read(compiler, text) != BNC_OK || bnc_compiler_finish(compiler, compiled) != BNC_OK)
        exit(1);
    return compiler;
}

/* The rules that give categories and have words, in the order in which the core would try them. */
static sequence
make_sequence(bnc_slice text)
{
    bnc_rules compiled;
    int problems;
    bnc_compiler *compiler = compile(text, &compiled, &problems);
    sequence q = {NULL, NULL, bnc_tables(&compiled)->n_rules};
    uint32_t read = 0;
    bool wanted = false;
    bnc_slice line;

    q.code = calloc(q.n, sizeof(*q.code));
    q.also = calloc(q.n, sizeof(*q.also));
    if (q.code == NULL || q.also == NULL)
        exit(1);
    while (text.len > 0) {
        line_kind kind = next_line(&text, &line);

        if (kind == LINE_SECTION)
            wanted = line.data[0] != '@' && strncmp(line.data, "pending]", 8) != 0 &&
                     strncmp(line.data, "aftermath]", 10) != 0;
        if (kind != LINE_RULE)
            continue;
        if (wanted)
            translate(&q, bnc_compiler_rule_rank(compiler, read), line);
        read++;
    }
    bnc_compiler_destroy(compiler);
    return q;
}

static bool
holds(const pcre2_code *code, const unsigned char *text, size_t len, pcre2_match_data *data)
{
    return code == NULL || pcre2_jit_match(code, text, len, 0, 0, data, NULL) >= 0;
}

static double
pass_pcre(const sequence *q, const rows *r, pcre2_match_data *data)
{
    static unsigned char folded[BNC_TEXT_MAX + BNC_PADDING];
    double start = now();
    size_t i, k, len;

    for (i = 0; i < r->n; i++) {
        len = bnc_fold(r->row[i], folded, BNC_TEXT_MAX, NULL, NULL);
        for (k = 0; k < q->n; k++)
            if ((q->code[k] != NULL || q->also[k] != NULL) && holds(q->code[k], folded, len, data) &&
                holds(q->also[k], folded, len, data))
                break;
        sink += k;
    }
    return (now() - start) / (double)r->n;
}

static int
measure_pcre(const rows *r, int rounds, bnc_slice text)
{
    bnc_engine *engine = new_engine(&allocator, bnc_builtin_rules());
    sequence q = make_sequence(text);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    char told[256];
    size_t i;
    size_t patterns = 0;

    for (i = 0; i < q.n; i++)
        patterns += (q.code[i] != NULL) + (q.also[i] != NULL);
    while (rounds-- > 0) {
        sample("pcre.sequence", pass_pcre(&q, r, data));
        sample("pcre.classify", pass_classify(engine, r, NULL));
    }
    snprintf(told, sizeof(told),
             "%zu patterns on %zu rows; codes, providers, refusals, masked names and which reply decides are left out, "
             "so PCRE2 stops earlier than it might",
             patterns, r->n);
    note("PCRE2", told);
    return 0;
}

/* ---- more rules of the same words ---- */

typedef struct words {
    bnc_slice *word;
    size_t n;
} words;

static bool
is_word_char(char c)
{
    return bnc_is_word_byte((unsigned char)c) || c == '\'';
}

/* The next word of a phrase, escapes passed over; false at its end. */
static bool
next_word(const char **s, const char *end, bnc_slice *word)
{
    while (*s < end && !is_word_char(**s))
        *s += **s == '\\' ? ((*s)[1] == 'x' ? 4 : 2) : 1;
    if (*s >= end)
        return false;
    word->data = *s;
    while (*s < end && is_word_char(**s))
        ++*s;
    word->len = (size_t)(*s - word->data);
    return true;
}

static int
compare_words(const void *a, const void *b)
{
    const bnc_slice *x = a;
    const bnc_slice *y = b;

    if (x->len != y->len)
        return x->len < y->len ? -1 : 1;
    return memcmp(x->data, y->data, x->len);
}

/* All words of all phrases, each once; no single letters. */
static words
collect_words(bnc_slice text)
{
    size_t kept = 0;
    size_t i;
    words w = {NULL, 0};
    size_t room = 0;
    bnc_slice line, rest, word;
    condition c;

    while (text.len > 0) {
        if (next_line(&text, &line) != LINE_RULE)
            continue;
        rest = conditions_of(line);
        while ((c = next_condition(&rest)).kind != CONDITION_NONE) {
            const char *s = c.text.data;

            if (c.kind != CONDITION_PHRASE)
                continue;
            while (next_word(&s, c.text.data + c.text.len, &word)) {
                if (word.len < 2)
                    continue;
                if (w.n == room) {
                    room = room * 2 + 1024;
                    w.word = realloc(w.word, room * sizeof(*w.word));
                    if (w.word == NULL)
                        exit(1);
                }
                w.word[w.n++] = word;
            }
        }
    }
    qsort(w.word, w.n, sizeof(*w.word), compare_words);
    for (i = 0; i < w.n; i++)
        if (kept == 0 || compare_words(&w.word[kept - 1], &w.word[i]) != 0)
            w.word[kept++] = w.word[i];
    w.n = kept;
    return w;
}

static bool
is_ascii(bnc_slice word)
{
    return (unsigned char)word.data[0] < 0x80 && (unsigned char)word.data[word.len - 1] < 0x80;
}

static void
put_any_word(growing *g, const words *w, bool ascii)
{
    bnc_slice word;

    do
        word = w->word[roll_below(&fate, (uint32_t)w->n)];
    while (is_ascii(word) != ascii);
    put_bytes(g, word.data, word.len);
}

/* A phrase of the same shape from other words; where a word stood alone, two. */
static void
put_recombined(growing *g, const words *w, bnc_slice phrase)
{
    const char *s = phrase.data;
    const char *end = s + phrase.len;
    const char *from = s;
    bnc_slice word;

    while (next_word(&s, end, &word)) {
        bool alone = (word.data == phrase.data || strchr("(|*", word.data[-1]) != NULL) &&
                     (s == end || strchr(")|*", *s) != NULL);

        put_bytes(g, from, (size_t)(word.data - from));
        put_any_word(g, w, is_ascii(word));
        if (alone) {
            put_text(g, " ");
            put_any_word(g, w, is_ascii(word));
        }
        from = s;
    }
    put_bytes(g, from, (size_t)(end - from));
}

static bool
put_recombined_rule(growing *g, const words *w, bnc_slice section, bnc_slice rule, unsigned number)
{
    bnc_slice rest = conditions_of(rule);
    size_t start = g->len;
    bool phrase = false;
    char text[32];
    condition c;

    put_text(g, "[");
    put_bytes(g, section.data, section.len);
    snprintf(text, sizeof(text), "]\nbench.r%u:", number);
    put_text(g, text);
    while ((c = next_condition(&rest)).kind != CONDITION_NONE) {
        if (c.kind == CONDITION_PATTERN)
            continue;
        put_text(g, c.kind == CONDITION_REFUSAL ? " !" : c.kind == CONDITION_OTHER ? " +" : c.anchored ? " ^" : " ");
        if (c.kind == CONDITION_WORD) {
            put_bytes(g, c.text.data, c.text.len);
            continue;
        }
        phrase = phrase || c.kind == CONDITION_PHRASE;
        put_text(g, "\"");
        put_recombined(g, w, c.text);
        put_text(g, c.ends ? "\"$" : "\"");
    }
    put_text(g, "\n");
    if (!phrase)
        g->len = start;
    return phrase;
}

/* The rules and as many more, made from those with phrases, that there are factor times as many. */
static growing
more_rules(bnc_slice text, double factor)
{
    growing g = {NULL, 0, 0};
    words w = collect_words(text);
    bnc_slice rest = text;
    bnc_slice section = {NULL, 0};
    bnc_slice line;
    unsigned rules = 0;
    unsigned made = 0;
    unsigned wanted;

    while (rest.len > 0)
        rules += next_line(&rest, &line) == LINE_RULE;
    put_bytes(&g, text.data, text.len);
    wanted = (unsigned)((factor - 1) * rules);
    for (rest = text; made<wanted; rest = rest.len> 0 ? rest : text) {
        line_kind kind = next_line(&rest, &line);

        if (kind == LINE_SECTION)
            section = line;
        if (kind == LINE_RULE && section.data[0] != '@' && put_recombined_rule(&g, &w, section, line, made))
            made++;
    }
    free(w.word);
    return g;
}

/* Every second rule that gives a category. */
static growing
fewer_rules(bnc_slice text)
{
    growing g = {NULL, 0, 0};
    bool provider = false;
    bool keep = true;
    unsigned n = 0;
    const char *start;
    bnc_slice line;

    while (text.len > 0) {
        line_kind kind;

        start = text.data;
        kind = next_line(&text, &line);
        if (kind == LINE_SECTION)
            provider = line.data[0] == '@';
        if (kind == LINE_SECTION || kind == LINE_RULE)
            keep = kind == LINE_SECTION || provider || n++ % 2 == 0;
        if (keep)
            put_bytes(&g, start, (size_t)(text.data - start));
    }
    return g;
}

#define SIZES 4

static int
measure_growth(const rows *r, int rounds, bnc_slice text)
{
    static const char *const names[SIZES] = {"grow.half", "grow.once", "grow.twice", "grow.ten"};
    bnc_engine *engines[SIZES];
    bnc_rules compiled[SIZES];
    growing texts[SIZES];
    rows few = *r;
    char told[128];
    int problems, i;
    size_t k;

    few.n = few.n < 1000 ? few.n : 1000;
    texts[0] = fewer_rules(text);
    texts[1] = more_rules(text, 1);
    texts[2] = more_rules(text, 2);
    texts[3] = more_rules(text, 10);
    for (i = 0; i < SIZES; i++) {
        compile((bnc_slice){texts[i].data, texts[i].len}, &compiled[i], &problems);
        snprintf(told, sizeof(told), "%u rules, %d left out", bnc_tables(&compiled[i])->n_rules, problems);
        note(names[i], told);
        /* fewer rules than said would flatter: then there is no sample */
        engines[i] = problems == 0 ? new_engine(&allocator, &compiled[i]) : NULL;
        if (engines[i] != NULL)
            pass_classify(engines[i], &few, NULL);
    }
    while (rounds-- > 0)
        for (i = 0; i < SIZES; i++)
            if (engines[i] != NULL)
                sample(names[i], pass_classify(engines[i], r, NULL));
    for (i = 2; i < SIZES; i++) {
        size_t made = 0;
        bnc_verdict verdict;
        bnc_error error;

        if (engines[i] == NULL)
            continue;
        for (k = 0; k < r->n; k++)
            made += bnc_classify(engines[i], r->row[k], NULL, &verdict, &error) == BNC_OK && verdict.rule.len > 7 &&
                    memcmp(verdict.rule.data, "bench.r", 7) == 0;
        snprintf(told, sizeof(told), "%.1f %% of the rows are answered by an added rule",
                 100.0 * (double)made / (double)r->n);
        note(names[i], told);
    }
    return 0;
}

/* ---- texts made to be slow ---- */

#define FINALISTS 32

typedef struct finalist {
    char name[WORST_NAME];
    char *text;
    size_t len;
    double ns;
} finalist;

static finalist finalists[FINALISTS];
static int n_finalists;
static bnc_engine *worst_engine;
static unsigned texts_tried;

static double
best_of(const char *text, size_t len, int times)
{
    bnc_slice diagnostic = {text, len};
    bnc_verdict verdict;
    bnc_error error;
    double best = 1e18;
    double start, took;

    while (times-- > 0) {
        start = now();
        if (bnc_classify(worst_engine, diagnostic, NULL, &verdict, &error) != BNC_OK)
            exit(1);
        took = now() - start;
        if (took < best)
            best = took;
        if (took > 2e7)
            break;
    }
    return best;
}

/* A quick look; the slowest go on to the final. */
static void
look_at(const char *name, const char *text, size_t len)
{
    finalist *slot = &finalists[0];
    double ns = best_of(text, len, 3);
    int i;

    texts_tried++;
    if (n_finalists < FINALISTS) {
        slot = &finalists[n_finalists++];
    } else {
        for (i = 1; i < FINALISTS; i++)
            if (finalists[i].ns < slot->ns)
                slot = &finalists[i];
        if (slot->ns >= ns)
            return;
        free(slot->text);
    }
    snprintf(slot->name, sizeof(slot->name), "%s", name);
    slot->text = malloc(len);
    if (slot->text == NULL)
        exit(1);
    memcpy(slot->text, text, len);
    slot->len = len;
    slot->ns = ns;
}

static int
measure_worst(int rounds)
{
    char told[WORST_NAME + 64] = "";
    double slowest = 0;

    worst_engine = new_engine(&allocator, bnc_builtin_rules());
    worst_texts(look_at, bnc_builtin_rules(), true, 0);
    while (rounds-- > 0) {
        double most = 0;
        double growth = 0;
        int i;

        for (i = 0; i < n_finalists; i++) {
            double whole = best_of(finalists[i].text, finalists[i].len, 9);
            double quarter = best_of(finalists[i].text, finalists[i].len / 4, 9);

            if (whole / (double)finalists[i].len > most) {
                most = whole / (double)finalists[i].len;
                if (most > slowest) {
                    slowest = most;
                    snprintf(told, sizeof(told), "\"%.*s\", %.1f ns/byte; %u texts tried", WORST_NAME,
                             finalists[i].name, most, texts_tried);
                }
            }
            if (whole / quarter / 4 > growth)
                growth = whole / quarter / 4;
        }
        sample("worst.byte", most);
        sample("worst.growth", growth);
    }
    note("slowest text, repeated to 8 KB", told);
    return 0;
}

/* ---- own rules ---- */

/* Rules as a user writes them: some words, now and then a code, a group or a gap. */
static growing
own_rules(const words *w, int n)
{
    static const char *const sections[] = {"user_unknown", "mailbox_full", "content_rejected", "blocklisted",
                                           "rate_limited"};
    growing g = {NULL, 0, 0};
    char text[64];
    int i, kind;

    for (i = 0; i < n; i++) {
        if (i % 10 == 0) {
            snprintf(text, sizeof(text), "[%s]\n", sections[i / 10 % 5]);
            put_text(&g, text);
        }
        kind = i % 10;
        snprintf(text, sizeof(text), "own.r%d: %s\"", i, kind == 1 || kind == 4 ? "5xx " : kind == 7 ? "4xx " : "");
        put_text(&g, text);
        put_any_word(&g, w, true);
        put_text(&g, kind == 3 ? " * " : " ");
        if (kind == 6) {
            put_text(&g, "(");
            put_any_word(&g, w, true);
            put_text(&g, "|");
            put_any_word(&g, w, true);
            put_text(&g, ")");
        } else {
            put_any_word(&g, w, true);
        }
        put_text(&g, " ");
        put_any_word(&g, w, true);
        put_text(&g, "\"\n");
    }
    return g;
}

static int
measure_own(const rows *r, int rounds, bnc_slice text)
{
    words w = collect_words(text);
    growing thousand_text = own_rules(&w, 1000);
    growing fifty_text = own_rules(&w, 50);
    bnc_slice thousand = {thousand_text.data, thousand_text.len};
    bnc_slice fifty = {fifty_text.data, fifty_text.len};
    bnc_engine *engine = new_engine(&allocator, bnc_builtin_rules());
    counting memory = {0, 0, 0, false};
    bnc_allocator counted = counting_allocator(&memory);
    bnc_engine *counting_engine = new_engine(&counted, bnc_builtin_rules());
    rows one = *r;
    rows few = *r;
    size_t before;
    int i;

    one.n = 1;
    few.n = few.n < 10000 ? few.n : 10000;
    for (i = 0; i < rounds; i++) {
        bnc_engine *fresh = new_engine(&allocator, bnc_builtin_rules());

        pass_classify(fresh, &one, NULL);
        sample("own.compile", pass_classify(fresh, &one, &thousand) / 1e6);
        sample("own.compiled", pass_classify(fresh, &one, &thousand) / 1e6);
        bnc_engine_destroy(fresh);
        sample("own.none", pass_classify(engine, r, NULL));
        sample("own.fifty", pass_classify(engine, r, &fifty));
        sample("own.thousand", pass_classify(engine, r, &thousand));
    }
    /* regular expressions of the built-in rules are compiled when first needed: those first */
    pass_classify(counting_engine, &few, NULL);
    before = memory.asked;
    pass_classify(counting_engine, &one, &fifty);
    sample("own.blocks_first", (double)(memory.asked - before));
    before = memory.asked;
    pass_classify(counting_engine, &few, &fifty);
    sample("own.blocks_later", (double)(memory.asked - before));
    return 0;
}

/* ---- */

static growing
read_files(int n, char **paths)
{
    growing g = {NULL, 0, 0};
    int i;

    for (i = 0; i < n; i++)
        put_file(&g, paths[i]);
    return g;
}

int
main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    growing g = {NULL, 0, 0};
    bnc_slice text;
    rows r;

    if (argc == 3 && strcmp(what, "worst") == 0)
        return measure_worst(atoi(argv[2]));
    if (argc > 3 && strcmp(what, "own-rules") == 0) {
        words w;

        g = read_files(argc - 3, argv + 3);
        w = collect_words((bnc_slice){g.data, g.len});
        g = own_rules(&w, atoi(argv[2]));
        fwrite(g.data, 1, g.len, stdout);
        return 0;
    }
    if (argc < 4) {
        fprintf(stderr, "usage: see the head of core.c\n");
        return 2;
    }
    r = rows_read(argv[2], (size_t)atol(argv[3]));
    if (argc == 4 && strcmp(what, "once") == 0) {
        pass_classify(new_engine(&allocator, bnc_builtin_rules()), &r, NULL);
        return 0;
    }
    if (argc == 5 && strcmp(what, "alone") == 0) {
        bnc_engine *engine = new_engine(&allocator, bnc_builtin_rules());

        pass_classify(engine, &r, NULL);
        sample(argv[4], pass_classify(engine, &r, NULL));
        return 0;
    }
    if (argc == 5 && strcmp(what, "classify") == 0)
        return measure_classify(&r, atoi(argv[4]));
    if (argc > 5)
        g = read_files(argc - 5, argv + 5);
    text.data = g.data;
    text.len = g.len;
    if (g.len > 0 && strcmp(what, "pcre") == 0)
        return measure_pcre(&r, atoi(argv[4]), text);
    if (g.len > 0 && strcmp(what, "grow") == 0)
        return measure_growth(&r, atoi(argv[4]), text);
    if (g.len > 0 && strcmp(what, "own") == 0)
        return measure_own(&r, atoi(argv[4]), text);
    fprintf(stderr, "usage: see the head of core.c\n");
    return 2;
}
