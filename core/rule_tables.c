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
    bnc_buffer_init(&c->phrases, allocator);
    bnc_buffer_init(&c->elements, allocator);
    bnc_buffer_init(&c->options, allocator);
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
    bnc_buffer_release(&c->phrases);
    bnc_buffer_release(&c->elements);
    bnc_buffer_release(&c->options);
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
    bool words = rule->n_phrases > 0 || rule->pattern_len > 0;

    if (rule->kind != BNC_RULE_CATEGORY)
        return 0;
    if (rule->provider != 0)
        return 2;
    if (own || (words && (rule->flags & BNC_RULE_WEAK) == 0))
        return 3;
    if (words)
        return 4;
    return rule->enhanced.classes != 0 ? 5 : 6;
}

typedef struct rank_key {
    uint64_t key;
    uint32_t rule;
} rank_key;

static uint64_t
key_of(const bnc_rule *rule, uint32_t read_index, bool own)
{
    uint64_t key = (uint64_t)rule->kind << 60 | (uint64_t)step_of(rule, own) << 56;
    bool words = rule->n_phrases > 0 || rule->pattern_len > 0;

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

#define KEY_TEXT_MAX 128 /* of one spelling of an element and its neighbours */
#define SPELLINGS_MAX 256
#define EXAMPLE_WEIGHT 16 /* of a server's words against a rule's */

typedef struct index_builder {
    const bnc_compiler *c;
    const bnc_element *elements;
    const bnc_option *options;
    uint32_t bits;
    uint32_t *counts;   /* of keys in all phrases */
    bnc_buffer entries; /* hashed_entry */
} index_builder;

typedef struct hashed_entry {
    uint32_t hash;
    bnc_entry entry;
} hashed_entry;

/* The spellings of some elements in a row; each a string of bytes. */
typedef struct spellings {
    unsigned char text[SPELLINGS_MAX][KEY_TEXT_MAX];
    size_t len[SPELLINGS_MAX];
    size_t n;
} spellings;

/* How often each key occurs in all examples and phrases: the rarer there, the rarer in texts. */
static void
count_keys(index_builder *b)
{
    size_t n = b->c->options.len / sizeof(bnc_option);
    const bnc_example *examples;
    size_t n_examples = bnc_compiler_examples(b->c, &examples);
    const unsigned char *s;
    unsigned char key[4];
    size_t i;
    uint32_t k;
    int j;

    for (i = 0; i < n_examples; i++)
        for (k = 0; k + 4 <= examples[i].len; k++) {
            s = b->c->bytes.data + examples[i].text + k;
            for (j = 0; j < 4; j++)
                key[j] = bnc_lower(s[j]);
            b->counts[bnc_gram_hash(bnc_gram(key), b->bits)] += EXAMPLE_WEIGHT;
        }
    for (i = 0; i < n; i++)
        for (k = 0; k + 4 <= b->options[i].len; k++)
            b->counts[bnc_gram_hash(bnc_gram(b->c->bytes.data + b->options[i].text + k), b->bits)]++;
}

/* Appends the options of one more element to every spelling. False if that gets too much. */
static bool
spell(const index_builder *b, const bnc_element *element, spellings *s)
{
    size_t base = s->n;
    size_t i, k;
    const bnc_option *o;

    if (base * element->n_options > SPELLINGS_MAX)
        return false;
    for (k = element->n_options; k-- > 0;) {
        o = &b->options[element->options + k];
        for (i = 0; i < base; i++) {
            if (s->len[i] + o->len > KEY_TEXT_MAX)
                return false;
            memcpy(s->text[k * base + i], s->text[i], s->len[i]);
            memcpy(s->text[k * base + i] + s->len[i], b->c->bytes.data + o->text, o->len);
        }
    }
    for (k = element->n_options; k-- > 0;)
        for (i = 0; i < base; i++)
            s->len[k * base + i] = s->len[i] + b->options[element->options + k].len;
    s->n = base * element->n_options;
    return true;
}

/* The offset of the rarest key of a spelling; its count goes to *cost. */
static size_t
rarest_key(const index_builder *b, const unsigned char *text, size_t len, uint32_t *cost)
{
    size_t best = 0;
    size_t k;
    uint32_t count;

    *cost = UINT32_MAX;
    for (k = 0; k + 4 <= len; k++) {
        count = b->counts[bnc_gram_hash(bnc_gram(text + k), b->bits)];
        if (count < *cost) {
            *cost = count;
            best = k;
        }
    }
    return best;
}

/* What it costs to recognise the phrase by these spellings; UINT32_MAX if one is too short for a key. */
static uint32_t
cost_of(const index_builder *b, const spellings *s)
{
    uint32_t total = 0;
    uint32_t cost;
    size_t i;

    for (i = 0; i < s->n; i++) {
        rarest_key(b, s->text[i], s->len[i], &cost);
        if (cost == UINT32_MAX)
            return cost;
        total += cost + 8; /* an entry takes room of its own */
    }
    return total;
}

/*
 * Chooses the elements by which a phrase is recognised: one, or a few neighbours spelt together where each
 * spelling must have a key. False if there are none.
 */
static bool
choose_elements(const index_builder *b, const bnc_phrase *phrase, spellings *best, uint32_t *first)
{
    static const uint32_t spans[] = {1, 2, 3, 4, 6};
    uint32_t least = UINT32_MAX;
    const bnc_element *elements = b->elements + phrase->elements;
    spellings tried;
    uint32_t i, k, cost;
    size_t w;

    for (w = 0; w < sizeof(spans) / sizeof(spans[0]) && least == UINT32_MAX; w++)
        for (i = 0; i < phrase->n_elements; i++) {
            tried.n = 1;
            tried.len[0] = 0;
            for (k = i; k < phrase->n_elements && k < i + spans[w] && (k == i || !elements[k].gap); k++)
                if (!spell(b, &elements[k], &tried))
                    break;
            if (k < i + spans[w])
                continue;
            cost = cost_of(b, &tried);
            if (cost < least) {
                least = cost;
                *first = i;
                memcpy(best, &tried, sizeof(tried));
            }
        }
    return least != UINT32_MAX;
}

/* A blank at the end of an element may be shared with the next one's: it is not compared. */
static void
set_key(bnc_entry *entry, const unsigned char *s, size_t n)
{
    unsigned char tail[4] = {0, 0, 0, 0};
    unsigned char mask[4] = {0, 0, 0, 0};
    size_t i;

    entry->key = bnc_gram(s);
    for (i = 4; i < n && i < 8; i++) {
        tail[i - 4] = s[i];
        mask[i - 4] = 0xff;
    }
    entry->tail = bnc_gram(tail);
    entry->tail_mask = bnc_gram(mask);
}

static bool
index_phrase(index_builder *b, const bnc_phrase *phrase, uint32_t number)
{
    spellings chosen;
    hashed_entry made;
    uint32_t cost;
    size_t i;

    if (!choose_elements(b, phrase, &chosen, &made.entry.element))
        return false;
    made.entry.phrase = number;
    for (i = 0; i < chosen.n; i++) {
        made.entry.offset = (uint32_t)rarest_key(b, chosen.text[i], chosen.len[i], &cost);
        set_key(&made.entry, chosen.text[i] + made.entry.offset, chosen.len[i] - made.entry.offset);
        made.hash = bnc_gram_hash(made.entry.key, b->bits);
        bnc_buffer_add(&b->entries, &made, sizeof(made));
    }
    return true;
}

static int
compare_entries(const void *a, const void *b)
{
    const hashed_entry *x = a;
    const hashed_entry *y = b;

    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return memcmp(&x->entry, &y->entry, sizeof(x->entry));
}

static void
place_entries(bnc_compiler *c, bnc_tables_head *head, const hashed_entry *entries, uint32_t n)
{
    uint32_t size = 1u << head->hash_bits;
    uint32_t hash, at, i;
    uint32_t kept = 0;
    uint32_t *filter;

    head->buckets = place_zeros(c, (size_t)size + 1);
    head->filter = place_zeros(c, size / 32);
    head->entries = (uint32_t)(c->tables.len / sizeof(uint32_t));
    for (hash = 0, at = 0; hash < size && !c->tables.failed; hash++) {
        ((uint32_t *)c->tables.data)[head->buckets + hash] = kept;
        for (i = at; at < n && entries[at].hash == hash; at++) {
            /* the same key of two spellings */
            if (at > i && memcmp(&entries[at].entry, &entries[at - 1].entry, sizeof(bnc_entry)) == 0)
                continue;
            bnc_buffer_add(&c->tables, &entries[at].entry, sizeof(bnc_entry));
            kept++;
        }
    }
    if (c->tables.failed)
        return;
    ((uint32_t *)c->tables.data)[head->buckets + size] = kept;
    head->n_entries = kept;
    filter = (uint32_t *)c->tables.data + head->filter;
    for (i = 0; i < n; i++)
        filter[entries[i].hash / 32] |= 1u << (entries[i].hash % 32);
}

static bool
build_index(bnc_compiler *c, const bool *wanted)
{
    const bnc_phrase *phrases = (const bnc_phrase *)c->phrases.data;
    uint32_t n = (uint32_t)(c->phrases.len / sizeof(bnc_phrase));
    index_builder b;
    bnc_buffer shorts;
    bnc_tables_head head;
    uint32_t i;
    bool good = true;

    memcpy(&head, c->tables.data, sizeof(head));
    memset(&b, 0, sizeof(b));
    b.c = c;
    b.elements = (const bnc_element *)c->elements.data;
    b.options = (const bnc_option *)c->options.data;
    bnc_buffer_init(&b.entries, c->allocator);
    bnc_buffer_init(&shorts, c->allocator);
    for (b.bits = 8; (1u << b.bits) < n * 8 && b.bits < 15; b.bits++)
        ;
    b.counts = c->allocator->resize(c->allocator->context, NULL, sizeof(uint32_t) << b.bits);
    if (b.counts == NULL)
        return false;
    memset(b.counts, 0, sizeof(uint32_t) << b.bits);
    count_keys(&b);
    for (i = 0; i < n; i++)
        if (wanted[i] && !index_phrase(&b, &phrases[i], i))
            bnc_buffer_add(&shorts, &i, sizeof(i));
    c->allocator->release(c->allocator->context, b.counts);
    good = !b.entries.failed && !shorts.failed;
    if (good) {
        if (b.entries.len > 0)
            qsort(b.entries.data, b.entries.len / sizeof(hashed_entry), sizeof(hashed_entry), compare_entries);
        head.hash_bits = b.bits;
        place_entries(c, &head, (const hashed_entry *)b.entries.data, (uint32_t)(b.entries.len / sizeof(hashed_entry)));
        head.n_shorts = (uint32_t)(shorts.len / sizeof(uint32_t));
        head.shorts = place(c, shorts.data, shorts.len);
        good = !c->tables.failed;
    }
    if (good)
        memcpy(c->tables.data, &head, sizeof(head));
    bnc_buffer_release(&b.entries);
    bnc_buffer_release(&shorts);
    return good;
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
        if (ranked[i].n_phrases == 0)
            always[i / 32] |= 1u << (i % 32);
    memcpy(c->tables.data, &head, sizeof(head));
}

static bool
lay_out(bnc_compiler *c, bnc_rule *ranked, rank_key *keys, bool *wanted)
{
    const bnc_rule *rules = (const bnc_rule *)c->rules.data;
    uint32_t n = (uint32_t)bnc_rules_read(c);
    bnc_phrase *phrases = (bnc_phrase *)c->phrases.data;
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
        for (k = 0; k < ranked[i].n_phrases; k++) {
            phrases[ranked[i].phrases + k].rule = i;
            wanted[ranked[i].phrases + k] = true;
        }
    }
    place(c, &head, sizeof(head));
    head.n_rules = n;
    head.rules = place(c, ranked, n * sizeof(*ranked));
    head.n_phrases = (uint32_t)(c->phrases.len / sizeof(bnc_phrase));
    head.phrases = place(c, c->phrases.data, c->phrases.len);
    head.n_elements = (uint32_t)(c->elements.len / sizeof(bnc_element));
    head.elements = place(c, c->elements.data, c->elements.len);
    head.n_options = (uint32_t)(c->options.len / sizeof(bnc_option));
    head.options = place(c, c->options.data, c->options.len);
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
    size_t n_phrases = c->phrases.len / sizeof(bnc_phrase);
    size_t room = n * (sizeof(bnc_rule) + sizeof(rank_key)) + n_phrases * sizeof(bool) + 1;
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
