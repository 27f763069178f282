/*
 * rule_tables.c - ranks the rules that were read and lays out the matcher's tables (rules.h).
 *
 * What it does: puts "Precedence" of doc/rules.md into one number a rule, and builds the index of
 * four-byte keys. What it must not know: the syntax of rules, texts to classify.
 */
#include "rule_compiler.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

bnc_status
bnc_compiler_create(const bnc_allocator *allocator, const bnc_rules *base, bool own, bnc_problem_fn report,
                    void *context, const bnc_transcoder *transcoder, bnc_compiler **compiler)
{
    bnc_compiler *c = allocator->resize(allocator->context, NULL, sizeof(*c));

    if (c == NULL)
        return BNC_NO_MEMORY;
    memset(c, 0, sizeof(*c));
    c->allocator = allocator;
    c->base = base;
    c->own = own;
    c->report = report;
    c->context = context;
    c->transcoder = transcoder;
    bnc_buffer_init(&c->bytes, allocator);
    bnc_buffer_init(&c->rules, allocator);
    bnc_buffer_init(&c->alternatives, allocator);
    bnc_buffer_init(&c->pieces, allocator);
    bnc_buffer_init(&c->providers, allocator);
    bnc_buffer_init(&c->examples, allocator);
    bnc_buffer_init(&c->tables, allocator);
    bnc_buffer_init(&c->ranks, allocator);
    *compiler = c;
    return BNC_OK;
}

void
bnc_compiler_destroy(bnc_compiler *c)
{
    if (c == NULL)
        return;
    bnc_buffer_release(&c->bytes);
    bnc_buffer_release(&c->rules);
    bnc_buffer_release(&c->alternatives);
    bnc_buffer_release(&c->pieces);
    bnc_buffer_release(&c->providers);
    bnc_buffer_release(&c->examples);
    bnc_buffer_release(&c->tables);
    bnc_buffer_release(&c->ranks);
    c->allocator->release(c->allocator->context, c);
}

size_t
bnc_compiler_examples(const bnc_compiler *compiler, const bnc_example **examples)
{
    *examples = (const bnc_example *)compiler->examples.data;
    return compiler->examples.len / sizeof(bnc_example);
}

bnc_slice
bnc_compiler_text(const bnc_compiler *compiler, uint32_t text, uint32_t len)
{
    bnc_slice slice = {(const char *)compiler->bytes.data + text, len};

    return slice;
}

size_t
bnc_compiler_words(const bnc_compiler *compiler)
{
    return compiler->tables.len / sizeof(uint32_t);
}

uint32_t
bnc_compiler_rule_rank(const bnc_compiler *compiler, uint32_t read_index)
{
    if (read_index >= compiler->ranks.len / sizeof(uint32_t))
        return UINT32_MAX;
    return ((const uint32_t *)compiler->ranks.data)[read_index];
}

bnc_slice
bnc_provider_name(const bnc_rules *rules, const bnc_rules *base, uint32_t number)
{
    const bnc_tables_head *head = bnc_tables(rules);
    const bnc_name *names = (const bnc_name *)(rules->words + head->providers);
    bnc_slice name = {NULL, 0};

    if (number < head->first_provider)
        return base != NULL ? bnc_provider_name(base, NULL, number) : name;
    number -= head->first_provider;
    if (number < head->n_providers) {
        name.data = (const char *)rules->bytes + names[number].text;
        name.len = names[number].len;
    }
    return name;
}

/* ---- precedence ---- */

/* The steps of doc/rules.md, "Precedence". */
static uint32_t
step_of(const bnc_rule *rule, bool own)
{
    bool words = rule->n_alternatives > 0 || rule->pattern_len > 0;

    if (rule->kind != BNC_RULE_CATEGORY)
        return 0;
    if (rule->provider != 0)
        return 2;
    if (own || (words && (rule->flags & BNC_RULE_WEAK) == 0))
        return 3;
    if (words)
        return 4;
    return rule->enhanced_class != 0 ? 5 : 6;
}

typedef struct rank_key {
    uint64_t key;
    uint32_t rule;
} rank_key;

static uint64_t
key_of(const bnc_rule *rule, uint32_t read_index, bool own)
{
    uint64_t key = (uint64_t)rule->kind << 60 | (uint64_t)step_of(rule, own) << 56;
    bool words = rule->n_alternatives > 0 || rule->pattern_len > 0;

    if (!own && rule->kind == BNC_RULE_CATEGORY) {
        key |= (uint64_t)(words ? (rule->flags & BNC_RULE_WEAK) != 0 : 2) << 52;
        key |= (uint64_t)rule->target << 40;
    }
    return key | read_index;
}

static int
compare_keys(const void *a, const void *b)
{
    uint64_t x = ((const rank_key *)a)->key;
    uint64_t y = ((const rank_key *)b)->key;

    return x < y ? -1 : x > y;
}

/* ---- layout ---- */

static uint32_t
place(bnc_compiler *c, const void *data, size_t len)
{
    uint32_t at = (uint32_t)(c->tables.len / sizeof(uint32_t));

    bnc_buffer_add(&c->tables, data, len);
    return at;
}

static uint32_t
place_zeros(bnc_compiler *c, size_t n_words)
{
    uint32_t at = (uint32_t)(c->tables.len / sizeof(uint32_t));
    uint32_t zero = 0;

    while (n_words-- > 0)
        bnc_buffer_add(&c->tables, &zero, sizeof(zero));
    return at;
}

static const bnc_piece *
pieces_of(const bnc_compiler *c, const bnc_alternative *alternative)
{
    return (const bnc_piece *)c->pieces.data + alternative->pieces;
}

/* How often each key occurs in all phrases: the rarer in rules, the rarer in texts. */
static void
count_keys(const bnc_compiler *c, uint32_t bits, uint32_t *counts)
{
    const bnc_piece *pieces = (const bnc_piece *)c->pieces.data;
    size_t n = c->pieces.len / sizeof(bnc_piece);
    size_t i;
    uint32_t k;

    for (i = 0; i < n; i++)
        for (k = 0; k + 4 <= pieces[i].len; k++)
            counts[bnc_gram_hash(c->bytes.data + pieces[i].text + k, bits)]++;
}

/* The rarest key of an alternative; false if no piece has four bytes. */
static bool
choose_key(const bnc_compiler *c, const bnc_alternative *alternative, uint32_t bits, const uint32_t *counts,
           bnc_entry *entry)
{
    const bnc_piece *pieces = pieces_of(c, alternative);
    uint32_t best = UINT32_MAX;
    uint32_t i, k, count;

    for (i = 0; i < alternative->n_pieces; i++)
        for (k = 0; k + 4 <= pieces[i].len; k++) {
            count = counts[bnc_gram_hash(c->bytes.data + pieces[i].text + k, bits)];
            if (count < best) {
                best = count;
                entry->piece = i;
                entry->offset = k;
            }
        }
    return best != UINT32_MAX;
}

static uint32_t
key_hash(const bnc_compiler *c, const bnc_alternative *alternative, const bnc_entry *entry, uint32_t bits)
{
    const bnc_piece *piece = pieces_of(c, alternative) + entry->piece;

    return bnc_gram_hash(c->bytes.data + piece->text + entry->offset, bits);
}

/* Entries sorted by hash (a counting sort), with the alternatives that have no key apart. */
static bool
build_index(bnc_compiler *c, const bool *wanted)
{
    const bnc_alternative *alternatives = (const bnc_alternative *)c->alternatives.data;
    uint32_t n = (uint32_t)(c->alternatives.len / sizeof(bnc_alternative));
    uint32_t bits = 8;
    uint32_t size, i, hash, total, at;
    uint32_t *counts, *starts;
    bnc_entry *chosen, *sorted;
    bool *keyed;
    bnc_tables_head head;
    bnc_buffer work;
    size_t room;

    while ((1u << bits) < n * 2 && bits < 16)
        bits++;
    size = 1u << bits;
    room = (size_t)size * 2 * sizeof(uint32_t) + (size_t)n * (2 * sizeof(bnc_entry) + sizeof(bool)) + sizeof(uint32_t);
    bnc_buffer_init(&work, c->allocator);
    work.data = c->allocator->resize(c->allocator->context, NULL, room);
    if (work.data == NULL)
        return false;
    memset(work.data, 0, room);
    counts = (uint32_t *)work.data;
    starts = counts + size;
    chosen = (bnc_entry *)(starts + size + 1);
    sorted = chosen + n;
    keyed = (bool *)(sorted + n);

    count_keys(c, bits, counts);
    for (i = 0; i < n; i++) {
        if (!wanted[i])
            continue;
        chosen[i].alternative = i;
        keyed[i] = choose_key(c, &alternatives[i], bits, counts, &chosen[i]);
        if (keyed[i])
            starts[key_hash(c, &alternatives[i], &chosen[i], bits)]++;
    }
    for (hash = 0, total = 0; hash < size; hash++) {
        at = starts[hash];
        starts[hash] = total;
        total += at;
    }
    starts[size] = total;
    memset(counts, 0, (size_t)size * sizeof(uint32_t));
    for (i = 0; i < n; i++)
        if (keyed[i]) {
            hash = key_hash(c, &alternatives[i], &chosen[i], bits);
            sorted[starts[hash] + counts[hash]++] = chosen[i];
        }

    memcpy(&head, c->tables.data, sizeof(head));
    head.hash_bits = bits;
    head.buckets = place(c, starts, ((size_t)size + 1) * sizeof(uint32_t));
    head.entries = place(c, sorted, (size_t)total * sizeof(bnc_entry));
    head.n_entries = total;
    head.filter = place_zeros(c, size / 32);
    head.shorts = (uint32_t)(c->tables.len / sizeof(uint32_t));
    head.n_shorts = 0;
    for (i = 0; i < n; i++)
        if (wanted[i] && !keyed[i]) {
            bnc_buffer_add(&c->tables, &i, sizeof(i));
            head.n_shorts++;
        }
    if (!c->tables.failed) {
        uint32_t *filter = (uint32_t *)c->tables.data + head.filter;

        for (hash = 0; hash < size; hash++)
            if (starts[hash + 1] > starts[hash])
                filter[hash / 32] |= 1u << (hash % 32);
        memcpy(c->tables.data, &head, sizeof(head));
    }
    bnc_buffer_release(&work);
    return !c->tables.failed;
}

/* Rules without phrases are looked at in every text. */
static void
mark_always(bnc_compiler *c, const bnc_rule *ranked, uint32_t n)
{
    bnc_tables_head head;
    uint32_t *always;
    uint32_t i;

    memcpy(&head, c->tables.data, sizeof(head));
    head.always = place_zeros(c, (n + 31) / 32 + 1);
    if (c->tables.failed)
        return;
    always = (uint32_t *)c->tables.data + head.always;
    for (i = 0; i < n; i++)
        if (ranked[i].n_alternatives == 0)
            always[i / 32] |= 1u << (i % 32);
    memcpy(c->tables.data, &head, sizeof(head));
}

static bool
lay_out(bnc_compiler *c, bnc_rule *ranked, rank_key *keys, bool *wanted)
{
    const bnc_rule *rules = (const bnc_rule *)c->rules.data;
    uint32_t n = (uint32_t)bnc_rules_read(c);
    uint32_t n_alternatives = (uint32_t)(c->alternatives.len / sizeof(bnc_alternative));
    bnc_alternative *alternatives = (bnc_alternative *)c->alternatives.data;
    bnc_tables_head head;
    uint32_t i, k;
    uint32_t *ranks;

    for (i = 0; i < n; i++) {
        keys[i].key = key_of(&rules[i], i, c->own);
        keys[i].rule = i;
    }
    qsort(keys, n, sizeof(*keys), compare_keys);
    ranks = (uint32_t *)c->ranks.data;
    memset(&head, 0, sizeof(head));
    head.first_category_rule = n;
    for (i = 0; i < n; i++) {
        ranked[i] = rules[keys[i].rule];
        ranks[keys[i].rule] = i;
        if (ranked[i].kind == BNC_RULE_CATEGORY && head.first_category_rule == n)
            head.first_category_rule = i;
        if (ranked[i].pattern_len > 0)
            head.n_patterns++;
        for (k = 0; k < ranked[i].n_alternatives; k++) {
            alternatives[ranked[i].alternatives + k].rule = i;
            wanted[ranked[i].alternatives + k] = true;
        }
    }
    place(c, &head, sizeof(head));
    head.n_rules = n;
    head.rules = place(c, ranked, n * sizeof(*ranked));
    head.n_alternatives = n_alternatives;
    head.alternatives = place(c, alternatives, c->alternatives.len);
    head.n_pieces = (uint32_t)(c->pieces.len / sizeof(bnc_piece));
    head.pieces = place(c, c->pieces.data, c->pieces.len);
    head.first_provider = c->base != NULL ? bnc_tables(c->base)->n_providers : 0;
    head.n_providers = (uint32_t)(c->providers.len / sizeof(bnc_name));
    head.providers = place(c, c->providers.data, c->providers.len);
    head.n_bytes = (uint32_t)c->bytes.len;
    if (c->tables.failed)
        return false;
    memcpy(c->tables.data, &head, sizeof(head));
    mark_always(c, ranked, n);
    return !c->tables.failed && build_index(c, wanted);
}

bnc_status
bnc_compiler_finish(bnc_compiler *c, bnc_rules *rules)
{
    size_t n = bnc_rules_read(c);
    size_t n_alternatives = c->alternatives.len / sizeof(bnc_alternative);
    size_t room = n * (sizeof(bnc_rule) + sizeof(rank_key)) + n_alternatives * sizeof(bool) + 1;
    unsigned char *work;
    bool good;
    size_t i;
    uint32_t zero = 0;

    if (bnc_compiler_failed(c))
        return BNC_NO_MEMORY;
    for (i = 0; i < n; i++)
        bnc_buffer_add(&c->ranks, &zero, sizeof(zero));
    work = c->allocator->resize(c->allocator->context, NULL, room);
    if (work == NULL || c->ranks.failed) {
        if (work != NULL)
            c->allocator->release(c->allocator->context, work);
        return BNC_NO_MEMORY;
    }
    memset(work, 0, room);
    good = lay_out(c, (bnc_rule *)(work + n * sizeof(rank_key)), (rank_key *)work,
                   (bool *)(work + n * (sizeof(bnc_rule) + sizeof(rank_key))));
    c->allocator->release(c->allocator->context, work);
    if (!good)
        return BNC_NO_MEMORY;
    rules->words = (const uint32_t *)c->tables.data;
    rules->bytes = c->bytes.data;
    return BNC_OK;
}
