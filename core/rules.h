/*
 * rules.h - rules: how they are read (doc/rules.md), and the flat tables that the matcher uses.
 *
 * The tables are two arrays, one of 32-bit words and one of bytes, and refer to each other by
 * offsets only, so that the built-in ones are constant data without relocations, on any byte order.
 * The same compiler makes them from the built-in rule files at build time and from own rules at run time.
 * What it must not know: texts to classify, how a winner is chosen among rules that hold.
 */
#ifndef BNC_RULES_H
#define BNC_RULES_H

#include "names.h"

#define BNC_PROVIDERS_MAX 512
#define BNC_RULES_MAX 16384

/* What a rule is for. The tables hold the kinds in this order. */
typedef enum bnc_rule_kind {
    BNC_RULE_PROVIDER,  /* recognises who is speaking */
    BNC_RULE_PENDING,   /* words that promise further tries */
    BNC_RULE_AFTERMATH, /* words of a session's aftermath */
    BNC_RULE_CATEGORY
} bnc_rule_kind;

enum { BNC_RULE_ALONE = 1, BNC_RULE_WEAK = 2, BNC_RULE_UNCODED = 4, BNC_RULE_ANCHORED = 8 };

/* All members of these are 32-bit words: the built-in tables are an array of those. */

typedef struct bnc_code_range {
    uint32_t low, high; /* low 0: no condition */
} bnc_code_range;

typedef struct bnc_enhanced_range {
    uint32_t classes; /* bit 2, 4, 5: that class; 0: no condition */
    uint32_t subject, detail_low, detail_high;
} bnc_enhanced_range;

typedef struct bnc_rule {
    uint32_t kind;
    uint32_t target; /* category, or provider */
    uint32_t id, id_len;
    uint32_t line;
    uint32_t flags;
    uint32_t type;                             /* bnc_class + 1 that type= gives, 0: none */
    bnc_code_range code, not_code;             /* of the reply */
    bnc_enhanced_range enhanced, not_enhanced; /* enhanced codes */
    uint32_t provider, not_provider;           /* number + 1, 0: any */
    uint32_t phrases, n_phrases;               /* one of these must occur */
    uint32_t refusals, n_refusals;             /* none of these phrases may */
    uint32_t others, n_others;                 /* one of these must occur too, anywhere */
    uint32_t pattern, pattern_len;             /* regular expression */
} bnc_rule;

/*
 * What rules are sifted by, in one word: the rule's number, the provider that it asks for (+ 1, 0: any), and whether
 * it asks for more of the situation (codes, another provider, alone, uncoded).
 */
#define BNC_ASKS(rule, provider, more) ((uint32_t)(rule) | (uint32_t)(provider) << 16 | (uint32_t)(more) << 31)
#define BNC_ASKS_RULE(asks) ((asks)&0xffff)
#define BNC_ASKS_PROVIDER(asks) ((asks) >> 16 & 0x3ff)
#define BNC_ASKS_MORE(asks) ((asks) >> 31 != 0)
#define BNC_ASKS_NOTHING BNC_ASKS(0xffff, 0, 1) /* ends a list, after all rules */

/*
 * The one code that a rule asks for, or the class of codes, as a number below 64; 0: it asks for none, or for several.
 * Codes may share a number. Beside a phrase's number it tells that the phrase need not be looked for in a text without
 * it.
 */
#define BNC_CUE_OF_CODE(code) (1 + (uint32_t)(code) % 23)
#define BNC_CUE_OF_CLASS(class_) (24 + ((uint32_t)(class_)&7))
#define BNC_CUE_OF_ENHANCED(subject, detail) (32 + ((uint32_t)(subject)*11 + (uint32_t)(detail)) % 32)

#define BNC_CUED(phrase, cue) ((uint32_t)(phrase) | (uint32_t)(cue) << 26)
#define BNC_CUED_PHRASE(cued) ((cued)&0x3ffffff)
#define BNC_CUED_CUE(cued) ((cued) >> 26)

/* Where a phrase may lie. */
typedef enum bnc_lane {
    BNC_LANE_WORDS,  /* among words: names masked */
    BNC_LANE_LABELS, /* also in names, at whole labels */
    BNC_LANE_BYTES   /* anywhere: words in a legacy charset, which may look like names */
} bnc_lane;

/*
 * All wanted words of a rule: elements in this order, in one charset. Phrases lie in the order of their rules.
 * A wanted phrase is found by the spellings of a few neighbouring elements.
 */
typedef struct bnc_phrase {
    uint32_t rule;
    uint32_t elements, n_elements;
    uint32_t lane;
    uint32_t anchored;       /* the first element starts the reply's text */
    uint32_t spelt, n_spelt; /* those elements; n_spelt is 0 if they are too short */
    uint32_t whole;          /* where they are spelt, all of the phrase is */
} bnc_phrase;

/* What must be before an element. */
typedef enum bnc_boundary {
    BNC_NO_BOUNDARY,
    BNC_WORD_EDGE, /* \b: a word ends or starts */
    BNC_TEXT_END   /* "phrase"$: no word follows */
} bnc_boundary;

/* Bytes that an element takes instead of options: all that stand together, one or more. */
typedef enum bnc_run {
    BNC_NO_RUN,
    BNC_RUN_NUMBER, /* \d: digits */
    BNC_RUN_WORD,   /* \w: anything but blanks */
    BNC_RUN_NAME    /* \@: what is masked */
} bnc_run;

/* One of its options, or its run, must follow the element before it, at once or after a gap. */
typedef struct bnc_element {
    uint32_t options, n_options; /* beside a run an empty one */
    uint32_t gap;                /* of any length before this element; always set for the first */
    uint32_t boundary;
    uint32_t run;
    uint32_t starts, ends; /* a bit for each first and last byte of an option, by its last five bits */
} bnc_element;

/* Those of an element lie in the order of their first bytes, an empty one before all others. */
typedef struct bnc_option {
    uint32_t text, len; /* folded; len may be 0 */
    uint32_t head;      /* its first four bytes as bnc_gram, zeros where it is shorter */
    uint32_t last;      /* its last byte, 0 if it is empty */
} bnc_option;

/* What a few neighbouring elements of some phrases are when they are written with certain options. */
typedef struct bnc_spelling {
    uint32_t text;
    uint32_t shape;   /* BNC_SHAPE */
    uint32_t phrases; /* the first of its phrases, BNC_CUED; the next spelling's end them */
} bnc_spelling;

#define BNC_KEY_OFFSETS 128 /* keys start before this byte of a spelling */

/* The length of a spelling; where its key starts and how many bytes are in tail; whether it may lie in a name. */
#define BNC_SHAPE(len, offset, tail, raw)                                                                              \
    ((uint32_t)(len) | (uint32_t)(offset) << 16 | (uint32_t)(tail) << 24 | (uint32_t)(raw) << 31)
#define BNC_SHAPE_LEN(shape) ((shape)&0xffff)
#define BNC_SHAPE_OFFSET(shape) ((shape) >> 16 & 0xff)
#define BNC_SHAPE_TAIL(shape) ((shape) >> 24 & 7)
#define BNC_SHAPE_RAW(shape) ((shape) >> 31)

/* Four to eight bytes by which spellings are found. */
typedef struct bnc_key {
    uint32_t head, tail; /* the first four bytes, and those after them */
    uint32_t tail_mask;  /* of the bytes that tail has */
    uint32_t spellings;  /* where the first of those with this key is; the next key's end them */
} bnc_key;

/* Keys by their hash. */
typedef struct bnc_keys {
    uint32_t bits; /* of a hash */
    uint32_t filter;
    uint32_t buckets, shift; /* the first key of each hash >> shift, and one more at the end */
    uint32_t keys, n_keys;   /* one more is at the end */
} bnc_keys;

/*
 * The filters tell where no key can be. That of full has a bit for each bnc_key_hash. The others have a word for each
 * bnc_gram_hash (bnc_gram_hash2 in shorter) of four bytes, with a bit for the next byte, by its last five bits.
 */
typedef struct bnc_index {
    uint32_t bits, filter; /* of all keys */
    bnc_keys full;         /* of eight bytes */
    bnc_keys shorter;
} bnc_index;

/* Keys apart by where texts are searched for them: most texts have few names, and are ASCII. */
typedef enum bnc_index_of {
    BNC_INDEX_WORDS, /* outside of names */
    BNC_INDEX_NAMES, /* in names: of phrases that look into them */
    BNC_INDEX_WIDE,  /* anywhere, in texts that need it: of bytes that are not ASCII, or stand for such */
    BNC_INDEXES
} bnc_index_of;

/*
 * Rules without phrases, by what they ask of codes: lists of rules, in their order. A rule that asks for an enhanced
 * code is in the lists of all that it takes, else in those of the reply codes it takes, else in a list of its own.
 */
enum {
    BNC_CODED_DETAILS = 64,                    /* details of one subject; larger ones share the last list */
    BNC_CODED_REPLIES = 8 * BNC_CODED_DETAILS, /* the first list of reply codes, after those of eight subjects */
    BNC_CODED_FIRST_REPLY = 200,
    BNC_CODED_ANY = BNC_CODED_REPLIES + 500,
    BNC_CODED_NOTHING, /* an empty list */
    BNC_CODED_LISTS
};

typedef struct bnc_name {
    uint32_t text, len;
} bnc_name;

/* Offsets are in words from the start of the tables. */
typedef struct bnc_tables_head {
    uint32_t n_rules, rules;
    uint32_t first_aftermath_rule, first_category_rule;
    uint32_t n_phrases, n_wanted, phrases; /* wanted ones first */
    uint32_t phrase_asks;                  /* BNC_ASKS of the rule of each wanted phrase, close together */
    uint32_t n_elements, elements;
    uint32_t n_options, options;
    bnc_index index[BNC_INDEXES];
    uint32_t longest_spelling; /* in bytes */
    uint32_t n_shorts, n_plain_shorts,
        shorts;                 /* BNC_CUED of phrases too short for a key; first those that ASCII may hold */
    uint32_t coded, coded_asks; /* where each list of rules without phrases starts; their BNC_ASKS */
    uint32_t n_providers, providers, first_provider; /* names; numbers count from first_provider */
    uint32_t label_filter, labels, label_bits;       /* bnc_label_set: what phrases look for in names */
    uint32_t n_patterns;
    uint32_t n_bytes;
} bnc_tables_head;

struct bnc_rules {
    const uint32_t *words;
    const unsigned char *bytes;
};

static inline const bnc_tables_head *
bnc_tables(const bnc_rules *rules)
{
    return (const bnc_tables_head *)rules->words;
}

static inline const bnc_rule *
bnc_rule_at(const bnc_rules *rules, uint32_t i)
{
    return (const bnc_rule *)(rules->words + bnc_tables(rules)->rules) + i;
}

static inline const bnc_phrase *
bnc_phrase_at(const bnc_rules *rules, uint32_t i)
{
    return (const bnc_phrase *)(rules->words + bnc_tables(rules)->phrases) + i;
}

static inline const bnc_element *
bnc_element_at(const bnc_rules *rules, uint32_t i)
{
    return (const bnc_element *)(rules->words + bnc_tables(rules)->elements) + i;
}

static inline const bnc_option *
bnc_option_at(const bnc_rules *rules, uint32_t i)
{
    return (const bnc_option *)(rules->words + bnc_tables(rules)->options) + i;
}

/* Labels of names that phrases look for. */
static inline bnc_label_set
bnc_rules_labels(const bnc_rules *rules)
{
    const bnc_tables_head *head = bnc_tables(rules);
    bnc_label_set set = {rules->words + head->label_filter, rules->words + head->labels, head->label_bits};

    return set;
}

static inline uint32_t
bnc_coded_enhanced(unsigned subject, unsigned detail)
{
    return (subject & 7) * BNC_CODED_DETAILS + (detail < BNC_CODED_DETAILS ? detail : BNC_CODED_DETAILS - 1);
}

static inline bnc_slice
bnc_rule_id(const bnc_rules *rules, const bnc_rule *rule)
{
    bnc_slice id = {(const char *)rules->bytes + rule->id, rule->id_len};

    return id;
}

/* Four folded bytes as a number, the same on every machine. */
static inline uint32_t
bnc_gram(const unsigned char *s)
{
    return (uint32_t)s[0] | (uint32_t)s[1] << 8 | (uint32_t)s[2] << 16 | (uint32_t)s[3] << 24;
}

static inline uint32_t
bnc_gram_hash(uint32_t gram, uint32_t bits)
{
    return (gram * 2654435761u) >> (32 - bits);
}

/* Another one: what meets by the first does not by this. */
static inline uint32_t
bnc_gram_hash2(uint32_t gram, uint32_t bits)
{
    return (gram * 2246822519u) >> (32 - bits);
}

/* The hash of eight bytes. */
static inline uint32_t
bnc_key_hash(uint32_t key, uint32_t tail, uint32_t bits)
{
    return (uint32_t)((((uint64_t)tail << 32 | key) * 0x9e3779b97f4a7c15u) >> (64 - bits));
}

/* The name of a provider by its number in rules or, below their own numbers, in base; empty if unknown. */
bnc_slice bnc_provider_name(const bnc_rules *rules, const bnc_rules *base, uint32_t number);

/* ---- reading ---- */

/* A string that grows; what it holds is the owner's to release. */
typedef struct bnc_buffer {
    const bnc_allocator *allocator;
    unsigned char *data;
    size_t len, room;
    bool failed; /* no memory: what was added since is lost */
} bnc_buffer;

void bnc_buffer_init(bnc_buffer *buffer, const bnc_allocator *allocator);
void bnc_buffer_add(bnc_buffer *buffer, const void *data, size_t len);
void bnc_buffer_release(bnc_buffer *buffer);

/* An example under a rule. */
typedef struct bnc_example {
    uint32_t rule; /* in the order of reading */
    uint32_t line;
    uint32_t text, len; /* among the examples */
} bnc_example;

/* Gives words in legacy charsets, calling add once for each; see generate/rules.c. */
typedef struct bnc_transcoder {
    void (*each)(void *context, bnc_slice utf8, void (*add)(void *sink, size_t charset, bnc_slice bytes), void *sink);
    size_t n_charsets;
    uint32_t with_ascii_bytes; /* bit set of the charsets whose wide characters may hold ASCII bytes */
    void *context;
} bnc_transcoder;

typedef struct bnc_compiler bnc_compiler;

/*
 * base: the rules whose providers own rules may name, NULL for none. own: rules rank in the order in which they
 * are written; else in the order of doc/rules.md, "Precedence". report gets every problem; a rule with
 * one is left out. transcoder may be NULL.
 */
bnc_status bnc_compiler_create(const bnc_allocator *allocator, const bnc_rules *base, bool own, bnc_problem_fn report,
                               void *context, const bnc_transcoder *transcoder, bnc_compiler **compiler);
/* May be called once for each of several files, in order. */
bnc_status bnc_compiler_read(bnc_compiler *compiler, bnc_slice text);
/* Makes the tables; they live in the compiler until it is destroyed, and are the caller's if taken. */
bnc_status bnc_compiler_finish(bnc_compiler *compiler, bnc_rules *rules);
/* The examples, and the rule of each in the finished tables; UINT32_MAX if it was left out. */
size_t bnc_compiler_examples(const bnc_compiler *compiler, const bnc_example **examples);
bnc_slice bnc_compiler_example_text(const bnc_compiler *compiler, const bnc_example *example);
/* The number of words of the finished tables. */
size_t bnc_compiler_words(const bnc_compiler *compiler);
uint32_t bnc_compiler_rule_rank(const bnc_compiler *compiler, uint32_t read_index);
void bnc_compiler_destroy(bnc_compiler *compiler);

#endif
