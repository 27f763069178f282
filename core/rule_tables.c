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
    bnc_buffer_init(&c->samples, allocator);
    bnc_buffer_init(&c->rules, allocator);
    bnc_buffer_init(&c->phrases, allocator);
    bnc_buffer_init(&c->elements, allocator);
    bnc_buffer_init(&c->options, allocator);
    bnc_buffer_init(&c->providers, allocator);
    bnc_buffer_init(&c->examples, allocator);
    bnc_buffer_init(&c->labels, allocator);
    bnc_buffer_init(&c->tables, allocator);
    bnc_buffer_init(&c->ranks, allocator);
    bnc_buffer_init(&c->older, allocator);
    *compiler = c;
    return BNC_OK;
}

void
bnc_compiler_destroy(bnc_compiler *c)
{
    if (c == NULL)
        return;
    bnc_buffer_release(&c->bytes);
    bnc_buffer_release(&c->samples);
    bnc_buffer_release(&c->rules);
    bnc_buffer_release(&c->phrases);
    bnc_buffer_release(&c->elements);
    bnc_buffer_release(&c->options);
    bnc_buffer_release(&c->providers);
    bnc_buffer_release(&c->examples);
    bnc_buffer_release(&c->labels);
    bnc_buffer_release(&c->tables);
    bnc_buffer_release(&c->ranks);
    bnc_buffer_release(&c->older);
    c->allocator->release(c->allocator->context, c);
}

size_t
bnc_compiler_examples(const bnc_compiler *compiler, const bnc_example **examples)
{
    *examples = (const bnc_example *)compiler->examples.data;
    return compiler->examples.len / sizeof(bnc_example);
}

bnc_slice
bnc_compiler_example_text(const bnc_compiler *compiler, const bnc_example *example)
{
    bnc_slice slice = {NULL, 0};

    if (example->len > 0) {
        slice.data = (const char *)compiler->samples.data + example->text;
        slice.len = example->len;
    }
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
    static const uint32_t zeros[256];
    uint32_t at = (uint32_t)(c->tables.len / sizeof(uint32_t));
    size_t n;

    for (; n_words > 0; n_words -= n) {
        n = n_words < 256 ? n_words : 256;
        bnc_buffer_add(&c->tables, zeros, n * sizeof(zeros[0]));
    }
    return at;
}

/* ---- keys: the bytes by which a phrase is recognised ---- */

#define KEY_LEAST 4
#define KEY_MOST 8
#define SPELLING_MAX BNC_KEY_OFFSETS /* bytes of one spelling of neighbouring elements */
#define SPELLINGS_MAX 4000           /* of neighbouring elements */
#define NEIGHBOURS_MAX 6
#define SAMPLE_WEIGHT 16 /* of a server's words against a rule's */
#define ENTRY_COST 16    /* of one more entry, in the same measure */

/* What mail servers and logs write around others' replies: common in texts, but not in examples. */
static const char *const wrappings[] = {
    " host \x7f said: ",
    " (in reply to mail from command)",
    " (in reply to rcpt to command)",
    " (in reply to end of data command)",
    " smtp error from remote mail server after rcpt to:<\x7f>: host \x7f: ",
    " status=bounced (host \x7f said: ",
    "this is the mail system at host \x7f. i'm sorry to have to inform you that your message could not be delivered to "
    "one or more recipients. it's attached below. for further assistance, please send mail to postmaster. ",
    "reporting-mta: dns; \x7f arrival-date: date: final-recipient: rfc822; \x7f action: failed status: "
    "remote-mta: dns; \x7f diagnostic-code: smtp; ",
    "a message that you sent could not be delivered to all of its recipients. the following address failed: ",
    "delivery to the following recipient failed permanently: the error that the other server returned was: ",
};
#define WRAPPINGS (sizeof(wrappings) / sizeof(wrappings[0]))
#define WRAPPED_EXAMPLES 16 /* so many examples for each text that has such a wrapping */

/* How often runs of bytes occur in the examples and the phrases: what is rare there is rare in texts. */
typedef struct counts {
    uint32_t bits;
    uint32_t *count;
} counts;

/* One spelling of one phrase, on its way into an index. */
typedef struct draft_spelling {
    uint32_t hash; /* of the key, see bnc_index */
    uint32_t key, tail, shape, cued;
    uint32_t text;
    bool kept;  /* text is among the compiler's bytes, else among those of index_builder */
    bool again; /* the one before it is the same */
    const unsigned char *bytes;
} draft_spelling;

typedef struct index_builder {
    bnc_compiler *c;
    const bnc_element *elements; /* of the phrase in hand */
    const bnc_option *options;
    counts counts;
    bnc_buffer full[BNC_INDEXES], shorter[BNC_INDEXES]; /* draft_spelling */
    bnc_buffer bytes;                                   /* of spellings of several elements */
    uint32_t longest;                                   /* bytes of a spelling */
} index_builder;

/* Neighbouring elements of a phrase, and how many ways there are to spell them. */
typedef struct stretch {
    uint32_t first, n;
    uint32_t spellings;
    bool only; /* nothing else is to be found of the phrase */
} stretch;

static uint32_t
count_slot(const counts *counts, const unsigned char *s, size_t len)
{
    uint32_t hash = (uint32_t)len * 0x9e3779b1u;

    while (len-- > 0)
        hash = (hash ^ *s++) * 16777619u;
    return hash >> (32 - counts->bits);
}

static void
count_runs(const counts *counts, const unsigned char *s, size_t len, uint32_t weight)
{
    unsigned char run[KEY_MOST];
    size_t at, n, i;

    for (at = 0; at + KEY_LEAST <= len; at++) {
        for (i = 0; i < KEY_MOST && at + i < len; i++)
            run[i] = bnc_lower(s[at + i]);
        for (n = KEY_LEAST; n <= i; n++)
            counts->count[count_slot(counts, run, n)] += weight;
    }
}

static bool
count_all(index_builder *b)
{
    const bnc_allocator *allocator = b->c->allocator;
    size_t n = b->c->options.len / sizeof(bnc_option);
    const bnc_example *examples;
    size_t n_examples = bnc_compiler_examples(b->c, &examples);
    size_t i;

    for (b->counts.bits = 8; b->counts.bits < 22 && 1u << b->counts.bits < (b->c->bytes.len + b->c->samples.len) * 4;)
        b->counts.bits++;
    b->counts.count = allocator->resize(allocator->context, NULL, sizeof(uint32_t) << b->counts.bits);
    if (b->counts.count == NULL)
        return false;
    memset(b->counts.count, 0, sizeof(uint32_t) << b->counts.bits);
    for (i = 0; i < n_examples; i++)
        if (examples[i].len >= KEY_LEAST)
            count_runs(&b->counts, b->c->samples.data + examples[i].text, examples[i].len, SAMPLE_WEIGHT);
    for (i = 0; i < WRAPPINGS; i++)
        count_runs(&b->counts, (const unsigned char *)wrappings[i], strlen(wrappings[i]),
                   SAMPLE_WEIGHT * (uint32_t)(1 + n_examples / WRAPPED_EXAMPLES));
    for (i = 0; i < n; i++)
        if (b->options[i].len >= KEY_LEAST)
            count_runs(&b->counts, b->c->bytes.data + b->options[i].text, b->options[i].len, 1);
    return true;
}

/* The bytes of a stretch with certain options. */
typedef struct spelling {
    const unsigned char *text;
    size_t len;
    uint32_t kept; /* where they are among the compiler's bytes, if the stretch is one element */
    unsigned char written[SPELLING_MAX];
} spelling;

/* Spells the stretch with the option of each element that the number names; two blanks that meet are one. */
static bool
spell(const index_builder *b, stretch w, uint32_t number, spelling *out)
{
    const bnc_element *e = &b->elements[w.first];
    const bnc_option *o;
    const unsigned char *s;
    size_t n;
    uint32_t i;

    if (w.n == 1) {
        out->kept = b->options[e->options + number].text;
        out->text = b->c->bytes.data + out->kept;
        out->len = b->options[e->options + number].len;
        return true;
    }
    out->text = out->written;
    out->len = 0;
    for (i = 0; i < w.n; i++, e++) {
        o = &b->options[e->options + number % e->n_options];
        number /= e->n_options;
        s = b->c->bytes.data + o->text;
        n = o->len;
        if (n > 0 && *s == ' ' && out->len > 0 && out->written[out->len - 1] == ' ') {
            s++;
            n--;
        }
        if (n > SPELLING_MAX - out->len)
            return false;
        memcpy(out->written + out->len, s, n);
        out->len += n;
    }
    return true;
}

/* Shorter keys only where there is no other: they have more false hits. */
static size_t
key_len(const spelling *w)
{
    return w->len < KEY_MOST ? w->len : KEY_MOST;
}

/* The offset of the key that costs least: texts will hold its first bytes, and all of it, so often. */
static size_t
cheapest_key(const index_builder *b, const spelling *w, uint32_t *cost)
{
    size_t n = key_len(w);
    size_t best = 0;
    size_t at;
    uint32_t tried;

    *cost = UINT32_MAX;
    for (at = 0; n >= KEY_LEAST && at + n <= w->len && at < SPELLING_MAX; at++) {
        tried = b->counts.count[count_slot(&b->counts, w->text + at, KEY_LEAST)] / 16 +
                b->counts.count[count_slot(&b->counts, w->text + at, n)] * 4 + ENTRY_COST;
        if (tried < *cost) {
            *cost = tried;
            best = at;
        }
    }
    return best;
}

/* Whether an option has a shorter one in it: at its end if it is of a first element, at its start if of a last one. */
static bool
option_holds(const index_builder *b, const bnc_option *outer, const bnc_option *inner, bool first, bool last)
{
    const unsigned char *s = b->c->bytes.data + outer->text;
    const unsigned char *t = b->c->bytes.data + inner->text;

    if (inner->len >= outer->len)
        return false;
    if (inner->len == 0)
        return true;
    if (first && last)
        return bnc_find(s, outer->len, 0, t, inner->len) != SIZE_MAX;
    return memcmp(last ? s : s + outer->len - inner->len, t, inner->len) == 0;
}

/*
 * Whether the spelling that the number names holds another one of the same phrase, and nothing else is to be found of
 * the phrase: "failed" beside "fail".
 */
static bool
is_needless(const index_builder *b, stretch w, uint32_t number)
{
    const bnc_element *e = &b->elements[w.first];
    const bnc_option *o;
    uint32_t i, k;

    for (i = 0; w.only && i < w.n; number /= e->n_options, i++, e++) {
        if (i > 0 && i + 1 < w.n)
            continue;
        o = &b->options[e->options];
        for (k = 0; k < e->n_options; k++)
            if (option_holds(b, &o[number % e->n_options], &o[k], i == 0, i + 1 == w.n))
                return true;
    }
    return false;
}

/* What it costs to recognise the phrase by this stretch; UINT32_MAX if it is most or more, or can't be. */
static uint32_t
cost_of(const index_builder *b, stretch w, uint32_t most)
{
    spelling spelt;
    uint64_t total = 0;
    uint32_t cost, i;

    for (i = 0; i < w.spellings; i++) {
        if (is_needless(b, w, i))
            continue;
        if (!spell(b, w, i, &spelt))
            return UINT32_MAX;
        cheapest_key(b, &spelt, &cost);
        total += cost;
        if (cost == UINT32_MAX || total >= most)
            return UINT32_MAX;
    }
    return (uint32_t)total;
}

/* Whether the stretch is all between two gaps: nothing else is to be verified then. */
static bool
is_row(const index_builder *b, stretch w, uint32_t n_elements)
{
    return b->elements[w.first].gap && (w.first + w.n == n_elements || b->elements[w.first + w.n].gap);
}

/* The stretch by which a phrase is recognised best; without elements if each is too short. */
static stretch
choose_stretch(const index_builder *b, const bnc_phrase *phrase)
{
    uint32_t n_elements = phrase->n_elements;
    stretch best = {0, 0, 0, false};
    stretch tried;
    const bnc_element *last;
    uint32_t least = UINT32_MAX;
    uint32_t cost;

    for (tried.first = 0; tried.first < n_elements; tried.first++) {
        tried.spellings = 1;
        for (tried.n = 1; tried.n <= NEIGHBOURS_MAX && tried.first + tried.n <= n_elements; tried.n++) {
            last = &b->elements[tried.first + tried.n - 1];
            if (last->run || (tried.n > 1 && (last->gap || last->boundary)))
                break;
            tried.spellings *= last->n_options;
            if (tried.spellings > SPELLINGS_MAX && tried.n > 1)
                break;
            tried.only =
                tried.n == n_elements && !phrase->anchored && !b->elements->boundary && phrase->lane != BNC_LANE_LABELS;
            cost = cost_of(b, tried, least);
            if (cost != UINT32_MAX && !is_row(b, tried, n_elements))
                cost += cost / 2;
            if (cost < least) {
                least = cost;
                best = tried;
            }
        }
    }
    return best;
}

static bool
is_wide(const unsigned char *s, size_t n)
{
    for (; n > 0; s++, n--)
        if (*s >= 0x80 || *s == BNC_WIDE_SIGN)
            return true;
    return false;
}

/* Whether no spelling of the phrase in hand is ASCII. */
static bool
needs_wide(const index_builder *b, uint32_t n_elements)
{
    const bnc_element *e = b->elements;
    const bnc_option *o;
    uint32_t k;

    for (; n_elements > 0; e++, n_elements--) {
        for (k = 0; k < e->n_options; k++) {
            o = &b->options[e->options + k];
            if (!is_wide(b->c->bytes.data + o->text, o->len))
                break;
        }
        if (k == e->n_options)
            return true;
    }
    return false;
}

static void
add_spelling(index_builder *b, bnc_index_of index, const draft_spelling *d)
{
    bool full = BNC_SHAPE_TAIL(d->shape) == KEY_MOST - 4;

    bnc_buffer_add(full ? &b->full[index] : &b->shorter[index], d, sizeof(*d));
}

static bool
index_phrase(index_builder *b, bnc_phrase *phrase, uint32_t cued)
{
    unsigned char key[KEY_MOST];
    draft_spelling d;
    spelling spelt;
    stretch chosen;
    uint32_t cost, i;
    size_t at, n;

    b->elements = (const bnc_element *)b->c->elements.data + phrase->elements;
    chosen = choose_stretch(b, phrase);
    phrase->spelt = chosen.first;
    phrase->n_spelt = chosen.n;
    phrase->whole = chosen.n == phrase->n_elements && !phrase->anchored && !b->elements->boundary;
    memset(&d, 0, sizeof(d));
    d.cued = cued;
    for (i = 0; i < chosen.spellings; i++) {
        if (is_needless(b, chosen, i))
            continue;
        spell(b, chosen, i, &spelt);
        at = cheapest_key(b, &spelt, &cost);
        n = key_len(&spelt);
        memset(key, 0, sizeof(key));
        memcpy(key, spelt.text + at, n);
        d.key = bnc_gram(key);
        d.tail = bnc_gram(key + 4);
        if (spelt.len > b->longest)
            b->longest = (uint32_t)spelt.len;
        /* longer ones fit into no text */
        d.shape = BNC_SHAPE(spelt.len < BNC_TEXT_MAX ? spelt.len : BNC_TEXT_MAX + 1, at, n - 4,
                            phrase->lane != BNC_LANE_WORDS);
        d.kept = chosen.n == 1;
        d.text = d.kept ? spelt.kept : (uint32_t)b->bytes.len;
        if (!d.kept)
            bnc_buffer_add(&b->bytes, spelt.text, spelt.len);
        add_spelling(b, is_wide(key, n) ? BNC_INDEX_WIDE : BNC_INDEX_WORDS, &d);
        if (!is_wide(key, n) && phrase->lane != BNC_LANE_WORDS)
            add_spelling(b, BNC_INDEX_NAMES, &d);
    }
    return chosen.n > 0;
}

/* ---- layout of the index ---- */

/* Number by number, then the bytes. */
static int
compare_spellings(const draft_spelling *x, const draft_spelling *y)
{
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    if (x->tail != y->tail)
        return x->tail < y->tail ? -1 : 1;
    if (BNC_SHAPE_TAIL(x->shape) != BNC_SHAPE_TAIL(y->shape))
        return BNC_SHAPE_TAIL(x->shape) < BNC_SHAPE_TAIL(y->shape) ? -1 : 1;
    if (x->shape != y->shape)
        return x->shape < y->shape ? -1 : 1;
    return memcmp(x->bytes, y->bytes, BNC_SHAPE_LEN(x->shape));
}

/* The bits of all hashes are the same while they are sorted, so that buckets keep their order. */
static int
compare_drafts(const void *a, const void *b)
{
    const draft_spelling *x = a;
    const draft_spelling *y = b;
    int order = compare_spellings(x, y);

    return order != 0 ? order : x->cued < y->cued ? -1 : x->cued > y->cued;
}

/* Whether a spelling, in their order, is the first with its key. */
static bool
is_new_key(const draft_spelling *d, uint32_t i)
{
    return i == 0 || d[i].key != d[i - 1].key || d[i].tail != d[i - 1].tail ||
           BNC_SHAPE_TAIL(d[i].shape) != BNC_SHAPE_TAIL(d[i - 1].shape);
}

/* Sorts, and finds those that are the same. Returns how many are different. */
static uint32_t
sort_drafts(const index_builder *b, bnc_buffer *drafts, bnc_keys *keys)
{
    draft_spelling *d = (draft_spelling *)drafts->data;
    uint32_t n = (uint32_t)(drafts->len / sizeof(*d));
    uint32_t different = 0;
    uint32_t i;

    for (i = 0; i < n; i++) {
        d[i].hash = BNC_SHAPE_TAIL(d[i].shape) == KEY_MOST - 4 ? bnc_key_hash(d[i].key, d[i].tail, keys->bits)
                                                               : bnc_gram_hash2(d[i].key, keys->bits);
        d[i].bytes = (d[i].kept ? b->c->bytes.data : b->bytes.data) + d[i].text;
    }
    if (n > 0)
        qsort(d, n, sizeof(*d), compare_drafts);
    for (i = 0; i < n; i++) {
        d[i].again = i > 0 && compare_spellings(&d[i], &d[i - 1]) == 0;
        different += !d[i].again;
        keys->n_keys += is_new_key(d, i);
    }
    return different;
}

/* The bits of a key in a filter by its first bytes. */
static void
set_start_bits(bnc_compiler *c, uint32_t filter, uint32_t hash, const draft_spelling *d)
{
    uint32_t *word = (uint32_t *)c->tables.data + filter + hash;

    *word |= BNC_SHAPE_TAIL(d->shape) == 0 ? UINT32_MAX : 1u << (d->tail & 31);
}

/* Keys by their hash, the spellings of each, and their phrases. */
static void
place_keys(index_builder *b, bnc_keys *keys, bnc_buffer *drafts)
{
    bnc_compiler *c = b->c;
    uint32_t n_spellings = sort_drafts(b, drafts, keys);
    const draft_spelling *d = (const draft_spelling *)drafts->data;
    uint32_t n = (uint32_t)(drafts->len / sizeof(*d));
    uint32_t phrases = place_zeros(c, n);
    uint32_t n_buckets = 1u << keys->bits >> keys->shift;
    uint32_t bucket = 0;
    uint32_t spellings, i;
    bnc_key *key;
    bnc_spelling *spelling;
    uint32_t *words;

    keys->buckets = place_zeros(c, (size_t)n_buckets + 1);
    keys->keys = place_zeros(c, ((size_t)keys->n_keys + 1) * sizeof(*key) / sizeof(uint32_t));
    spellings = place_zeros(c, ((size_t)n_spellings + 1) * sizeof(*spelling) / sizeof(uint32_t));
    if (c->tables.failed)
        return;
    words = (uint32_t *)c->tables.data;
    key = (bnc_key *)(words + keys->keys);
    spelling = (bnc_spelling *)(words + spellings);
    for (i = 0; i < n; i++) {
        if (is_new_key(d, i)) {
            for (; bucket <= d[i].hash >> keys->shift; bucket++)
                words[keys->buckets + bucket] = (uint32_t)(key - (bnc_key *)(words + keys->keys));
            key->head = d[i].key;
            key->tail = d[i].tail;
            key->tail_mask = (uint32_t)(((uint64_t)1 << 8 * BNC_SHAPE_TAIL(d[i].shape)) - 1);
            key++->spellings = (uint32_t)((uint32_t *)spelling - words);
        }
        if (!d[i].again) {
            spelling->shape = d[i].shape;
            spelling->phrases = phrases;
            spelling->text = d[i].text;
            if (!d[i].kept) {
                spelling->text = (uint32_t)c->bytes.len;
                bnc_buffer_add(&c->bytes, b->bytes.data + d[i].text, BNC_SHAPE_LEN(d[i].shape));
            }
            spelling++;
        }
        /* two ways to spell the same */
        if (!d[i].again || d[i].cued != d[i - 1].cued)
            words[phrases++] = d[i].cued;
    }
    for (; bucket <= n_buckets; bucket++)
        words[keys->buckets + bucket] = keys->n_keys;
    key->spellings = (uint32_t)((uint32_t *)spelling - words);
    spelling->phrases = phrases;
}

static uint32_t
bits_for(uint32_t n, uint32_t least, uint32_t most)
{
    uint32_t bits = least;

    while (bits < most && 1u << bits < n)
        bits++;
    return bits;
}

static void
place_index(index_builder *b, bnc_index *index, bnc_index_of number)
{
    bnc_compiler *c = b->c;
    bnc_buffer *drafts[2] = {&b->full[number], &b->shorter[number]};
    uint32_t n[2] = {(uint32_t)(drafts[0]->len / sizeof(draft_spelling)),
                     (uint32_t)(drafts[1]->len / sizeof(draft_spelling))};
    const draft_spelling *d;
    uint32_t i;
    int k;

    /* sparse filters, but small enough to stay in the nearest cache */
    index->bits = bits_for((n[0] + n[1]) / 2, 5, 13);
    index->full.bits = bits_for(n[0] * 16, 8, 18);
    index->full.shift = 2;
    index->shorter.bits = bits_for(n[1] * 8, 5, 13);
    index->shorter.shift = 0;
    place_keys(b, &index->full, drafts[0]);
    place_keys(b, &index->shorter, drafts[1]);
    index->filter = place_zeros(c, 1u << index->bits);
    index->full.filter = place_zeros(c, (1u << index->full.bits) / 32);
    index->shorter.filter = place_zeros(c, 1u << index->shorter.bits);
    if (c->tables.failed)
        return;
    for (k = 0; k < 2; k++)
        for (i = 0, d = (const draft_spelling *)drafts[k]->data; i < n[k]; i++, d++) {
            set_start_bits(c, index->filter, bnc_gram_hash(d->key, index->bits), d);
            if (k == 0)
                ((uint32_t *)c->tables.data)[index->full.filter + d->hash / 32] |= 1u << (d->hash % 32);
            else
                set_start_bits(c, index->shorter.filter, d->hash, d);
        }
}

static uint32_t
cue_of(const bnc_rule *rule)
{
    if (rule->code.low != 0 && rule->code.low == rule->code.high)
        return BNC_CUE_OF_CODE(rule->code.low);
    if (rule->enhanced.classes != 0 && rule->enhanced.detail_low == rule->enhanced.detail_high)
        return BNC_CUE_OF_ENHANCED(rule->enhanced.subject, rule->enhanced.detail_low);
    if (rule->code.low != 0 && rule->code.low / 100 == rule->code.high / 100)
        return BNC_CUE_OF_CLASS(rule->code.low / 100);
    return 0;
}

static bool
build_index(bnc_compiler *c, bnc_tables_head *head, const bnc_rule *ranked, bnc_phrase *phrases, uint32_t n_wanted)
{
    index_builder b;
    bnc_buffer shorts, wide_shorts;
    uint32_t i, cued;
    bool good;

    memset(&b, 0, sizeof(b));
    b.c = c;
    b.options = (const bnc_option *)c->options.data;
    for (i = 0; i < BNC_INDEXES; i++) {
        bnc_buffer_init(&b.full[i], c->allocator);
        bnc_buffer_init(&b.shorter[i], c->allocator);
    }
    bnc_buffer_init(&b.bytes, c->allocator);
    bnc_buffer_init(&shorts, c->allocator);
    bnc_buffer_init(&wide_shorts, c->allocator);
    if (!count_all(&b))
        return false;
    for (i = 0; i < n_wanted; i++) {
        cued = BNC_CUED(i, cue_of(&ranked[phrases[i].rule]));
        if (!index_phrase(&b, &phrases[i], cued))
            bnc_buffer_add(needs_wide(&b, phrases[i].n_elements) ? &wide_shorts : &shorts, &cued, sizeof(cued));
    }
    c->allocator->release(c->allocator->context, b.counts.count);
    head->longest_spelling = b.longest;
    head->n_plain_shorts = (uint32_t)(shorts.len / sizeof(uint32_t));
    bnc_buffer_add(&shorts, wide_shorts.data, wide_shorts.len);
    bnc_buffer_release(&wide_shorts);
    good = !shorts.failed && !wide_shorts.failed && !b.bytes.failed;
    for (i = 0; i < BNC_INDEXES; i++)
        good = good && !b.full[i].failed && !b.shorter[i].failed;
    for (i = 0; i < BNC_INDEXES && good; i++)
        place_index(&b, &head->index[i], i);
    head->n_shorts = (uint32_t)(shorts.len / sizeof(uint32_t));
    head->shorts = place(c, shorts.data, shorts.len);
    for (i = 0; i < BNC_INDEXES; i++) {
        bnc_buffer_release(&b.full[i]);
        bnc_buffer_release(&b.shorter[i]);
    }
    bnc_buffer_release(&b.bytes);
    bnc_buffer_release(&shorts);
    return good && !c->tables.failed && !c->bytes.failed;
}

/* ---- layout of the rules ---- */

/* Whether a rule without phrases belongs into a list. */
static bool
is_in_list(const bnc_rule *rule, uint32_t list)
{
    const bnc_enhanced_range *e = &rule->enhanced;
    uint32_t code;

    if (e->classes != 0)
        return list >= bnc_coded_enhanced(e->subject, e->detail_low) &&
               list <= bnc_coded_enhanced(e->subject, e->detail_high);
    if (rule->code.low == 0)
        return list == BNC_CODED_ANY;
    /* 5xx also takes an enhanced code of that class, without a reply code */
    if (rule->code.low % 100 == 0 && rule->code.high == rule->code.low + 99)
        return list == BNC_CODED_ANY;
    code = BNC_CODED_FIRST_REPLY + list - BNC_CODED_REPLIES;
    return list >= BNC_CODED_REPLIES && list < BNC_CODED_ANY && code >= rule->code.low && code <= rule->code.high;
}

static uint32_t
asks_of(const bnc_rule *rule, uint32_t number)
{
    bool more = rule->code.low != 0 || rule->not_code.low != 0 || rule->enhanced.classes != 0 ||
                rule->not_enhanced.classes != 0 || rule->not_provider != 0 ||
                (rule->flags & (BNC_RULE_ALONE | BNC_RULE_UNCODED)) != 0;

    return BNC_ASKS(number, rule->provider, more);
}

/* The lists of rules without phrases: where each starts, and what its rules ask, with BNC_ASKS_NOTHING at its end. */
static void
place_coded(bnc_compiler *c, bnc_tables_head *head, const bnc_rule *ranked, uint32_t n)
{
    uint32_t nothing = BNC_ASKS_NOTHING;
    bnc_buffer starts, coded;
    uint32_t list, i, start, asks;
    const uint32_t *rules;

    bnc_buffer_init(&starts, c->allocator);
    bnc_buffer_init(&coded, c->allocator);
    for (i = 0; i < n; i++)
        if (ranked[i].n_phrases == 0)
            bnc_buffer_add(&coded, &i, sizeof(i));
    rules = (const uint32_t *)coded.data;
    n = coded.failed ? 0 : (uint32_t)(coded.len / sizeof(*rules));
    head->coded_asks = (uint32_t)(c->tables.len / sizeof(uint32_t));
    for (list = 0; list < BNC_CODED_LISTS; list++) {
        start = (uint32_t)(c->tables.len / sizeof(uint32_t)) - head->coded_asks;
        bnc_buffer_add(&starts, &start, sizeof(start));
        for (i = 0; i < n; i++) {
            if (!is_in_list(&ranked[rules[i]], list))
                continue;
            asks = asks_of(&ranked[rules[i]], rules[i]);
            bnc_buffer_add(&c->tables, &asks, sizeof(asks));
        }
        bnc_buffer_add(&c->tables, &nothing, sizeof(nothing));
    }
    head->coded = place(c, starts.data, starts.len);
    c->tables.failed = c->tables.failed || starts.failed || coded.failed;
    bnc_buffer_release(&starts);
    bnc_buffer_release(&coded);
}

static int
compare_labels(const void *a, const void *b)
{
    uint32_t x = ((const bnc_label *)a)->hash;
    uint32_t y = ((const bnc_label *)b)->hash;

    return x < y ? -1 : x > y;
}

/* An open table, at most half full. */
static void
place_labels(bnc_compiler *c, bnc_tables_head *head)
{
    bnc_label *labels = (bnc_label *)c->labels.data;
    uint32_t n = (uint32_t)(c->labels.len / sizeof(bnc_label));
    uint32_t kinds = 0;
    uint32_t mask, at, bit, i;
    uint32_t *slots, *filter;

    if (n == 0)
        return;
    qsort(labels, n, sizeof(bnc_label), compare_labels);
    for (i = 0; i < n; i++)
        kinds += i == 0 || labels[i].hash != labels[i - 1].hash;
    for (head->label_bits = 4; 1u << head->label_bits < kinds * 2; head->label_bits++)
        ;
    mask = (1u << head->label_bits) - 1;
    head->label_filter = place_zeros(c, (1u << BNC_LABEL_FILTER_BITS) / 16);
    head->labels = place_zeros(c, (size_t)mask + 1);
    if (c->tables.failed)
        return;
    filter = (uint32_t *)c->tables.data + head->label_filter;
    slots = (uint32_t *)c->tables.data + head->labels;
    for (i = 0; i < n; i++) {
        bit = BNC_LABEL_FILTER(labels[i].label) * 2 + (labels[i].hash == labels[i].label);
        filter[bit / 32] |= 1u << bit % 32;
        if (i > 0 && labels[i].hash == labels[i - 1].hash)
            continue;
        for (at = BNC_LABEL_SLOT(labels[i].hash) & mask; slots[at] != 0; at = (at + 1) & mask)
            ;
        slots[at] = labels[i].hash;
    }
}

/* What is made on the way to the tables. */
typedef struct draft_tables {
    rank_key *keys;
    bnc_rule *ranked;
    bnc_phrase *phrases; /* wanted ones in the order of rules, then the others */
} draft_tables;

static uint32_t
move_phrases(const bnc_compiler *c, draft_tables *d, uint32_t from, uint32_t n, uint32_t to, uint32_t rule)
{
    const bnc_phrase *phrases = (const bnc_phrase *)c->phrases.data;
    uint32_t k;

    for (k = 0; k < n; k++) {
        d->phrases[to + k] = phrases[from + k];
        d->phrases[to + k].rule = rule;
    }
    return to;
}

/* Ranks the rules, and gives each its phrases in that order; returns how many are wanted ones. */
static uint32_t
rank_rules(bnc_compiler *c, draft_tables *d, uint32_t n)
{
    const bnc_rule *rules = (const bnc_rule *)c->rules.data;
    uint32_t *ranks = (uint32_t *)c->ranks.data;
    uint32_t n_phrases = 0;
    uint32_t n_wanted;
    uint32_t i;

    for (i = 0; i < n; i++) {
        d->keys[i].key = key_of(&rules[i], i, c->own);
        d->keys[i].rule = i;
    }
    qsort(d->keys, n, sizeof(*d->keys), compare_keys);
    for (i = 0; i < n; i++) {
        d->ranked[i] = rules[d->keys[i].rule];
        ranks[d->keys[i].rule] = i;
        d->ranked[i].phrases = move_phrases(c, d, d->ranked[i].phrases, d->ranked[i].n_phrases, n_phrases, i);
        n_phrases += d->ranked[i].n_phrases;
    }
    n_wanted = n_phrases;
    for (i = 0; i < n; i++) {
        d->ranked[i].refusals = move_phrases(c, d, d->ranked[i].refusals, d->ranked[i].n_refusals, n_phrases, i);
        n_phrases += d->ranked[i].n_refusals;
        d->ranked[i].others = move_phrases(c, d, d->ranked[i].others, d->ranked[i].n_others, n_phrases, i);
        n_phrases += d->ranked[i].n_others;
    }
    return n_wanted;
}

/* By what an element's options start and end. */
static void
note_edges(bnc_compiler *c)
{
    size_t n = c->elements.len / sizeof(bnc_element);
    bnc_element *e;
    const bnc_option *o;
    size_t i;
    uint32_t k;

    for (i = 0; i < n; i++) {
        e = (bnc_element *)c->elements.data + i;
        e->starts = e->ends = 0;
        o = (const bnc_option *)c->options.data + e->options;
        for (k = 0; k < e->n_options; k++, o++) {
            if (o->len == 0)
                continue;
            e->starts |= 1u << (o->head & 31);
            e->ends |= 1u << (o->last & 31);
        }
    }
}

static bool
lay_out(bnc_compiler *c, draft_tables *d)
{
    uint32_t n = (uint32_t)bnc_rules_read(c);
    uint32_t n_wanted = rank_rules(c, d, n);
    bnc_tables_head head;
    uint32_t i, asks;

    memset(&head, 0, sizeof(head));
    place(c, &head, sizeof(head));
    for (i = 0; i < n; i++)
        head.n_patterns += d->ranked[i].pattern_len > 0;
    for (i = 0; i < n; i++) {
        head.first_aftermath_rule += d->ranked[i].kind < BNC_RULE_AFTERMATH;
        head.first_category_rule += d->ranked[i].kind < BNC_RULE_CATEGORY;
    }
    head.n_rules = n;
    head.rules = place(c, d->ranked, n * sizeof(*d->ranked));
    head.n_phrases = (uint32_t)(c->phrases.len / sizeof(bnc_phrase));
    head.n_wanted = n_wanted;
    if (!build_index(c, &head, d->ranked, d->phrases, n_wanted))
        return false;
    head.phrases = place(c, d->phrases, c->phrases.len);
    head.phrase_asks = (uint32_t)(c->tables.len / sizeof(uint32_t));
    for (i = 0; i < n_wanted; i++) {
        asks = asks_of(&d->ranked[d->phrases[i].rule], d->phrases[i].rule);
        bnc_buffer_add(&c->tables, &asks, sizeof(asks));
    }
    note_edges(c);
    head.n_elements = (uint32_t)(c->elements.len / sizeof(bnc_element));
    head.elements = place(c, c->elements.data, c->elements.len);
    head.n_options = (uint32_t)(c->options.len / sizeof(bnc_option));
    head.options = place(c, c->options.data, c->options.len);
    head.first_provider = c->base != NULL ? bnc_tables(c->base)->n_providers : 0;
    head.n_providers = (uint32_t)(c->providers.len / sizeof(bnc_name));
    head.providers = place(c, c->providers.data, c->providers.len);
    head.n_bytes = (uint32_t)c->bytes.len;
    place_coded(c, &head, d->ranked, n);
    place_labels(c, &head);
    if (c->tables.failed)
        return false;
    memcpy(c->tables.data, &head, sizeof(head));
    return true;
}

bnc_status
bnc_compiler_finish(bnc_compiler *c, bnc_rules *rules)
{
    size_t n = bnc_rules_read(c);
    size_t room = n * (sizeof(rank_key) + sizeof(bnc_rule)) + c->phrases.len + 1;
    draft_tables d;
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
    d.keys = (rank_key *)work;
    d.ranked = (bnc_rule *)(work + n * sizeof(rank_key));
    d.phrases = (bnc_phrase *)(work + n * (sizeof(rank_key) + sizeof(bnc_rule)));
    good = lay_out(c, &d);
    c->allocator->release(c->allocator->context, work);
    if (!good)
        return BNC_NO_MEMORY;
    rules->words = (const uint32_t *)c->tables.data;
    rules->bytes = c->bytes.data;
    return BNC_OK;
}
