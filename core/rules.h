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

#include "mailbounce.h"

#define BNC_ALTERNATIVES_MAX 1024 /* of one rule, written with (a|b) */
#define BNC_PROVIDERS_MAX 512
#define BNC_RULES_MAX 16384

/* What a rule is for. The tables hold the kinds in this order. */
typedef enum bnc_rule_kind {
    BNC_RULE_PROVIDER,  /* recognises who is speaking */
    BNC_RULE_PENDING,   /* words that promise further tries */
    BNC_RULE_AFTERMATH, /* words of a session's aftermath */
    BNC_RULE_CATEGORY
} bnc_rule_kind;

enum { BNC_RULE_ALONE = 1, BNC_RULE_WEAK = 2 };

/* All members are 32-bit words: the built-in tables are an array of those. */
typedef struct bnc_rule {
    uint32_t kind;
    uint32_t target; /* category, or provider */
    uint32_t id, id_len;
    uint32_t line;
    uint32_t flags;
    uint32_t type;                                       /* bnc_class + 1 that type= gives, 0: none */
    uint32_t code_low, code_high;                        /* reply codes, 0: any */
    uint32_t enhanced_class;                             /* bit 2, 4, 5: that class; 0: no condition */
    uint32_t subject, detail_low, detail_high;           /* of the enhanced code */
    uint32_t provider, not_provider;                     /* number + 1, 0: any */
    uint32_t alternatives, n_alternatives;               /* one of these must occur */
    uint32_t refusals, n_refusals;                       /* none of these may */
    uint32_t pattern, pattern_len;                       /* regular expression */
} bnc_rule;

/* Words in this order, with gaps of any length between the pieces. */
typedef struct bnc_alternative {
    uint32_t rule;
    uint32_t pieces, n_pieces;
    uint32_t anchored; /* the first piece starts the reply's text */
} bnc_alternative;

/* Where a piece may lie. */
typedef enum bnc_lane {
    BNC_LANE_WORDS,  /* among words: names masked */
    BNC_LANE_LABELS, /* also in names, at whole labels */
    BNC_LANE_BYTES   /* anywhere: words in a legacy charset, which may look like names */
} bnc_lane;

typedef struct bnc_piece {
    uint32_t text, len;
    uint32_t lane;
} bnc_piece;

/* The matcher's index: a piece of this alternative has its key, four bytes, at this offset. */
typedef struct bnc_entry {
    uint32_t alternative;
    uint32_t piece; /* of the alternative, counted from 0 */
    uint32_t offset;
} bnc_entry;

typedef struct bnc_name {
    uint32_t text, len;
} bnc_name;

/* Offsets are in words from the start of the tables. */
typedef struct bnc_tables_head {
    uint32_t n_rules, rules;
    uint32_t first_category_rule;
    uint32_t n_alternatives, alternatives;
    uint32_t n_pieces, pieces;
    uint32_t hash_bits, buckets, entries, n_entries; /* buckets: first entry of each hash, one more at the end */
    uint32_t filter;                                 /* a bit for each hash in use */
    uint32_t n_shorts, shorts;                       /* alternatives without a piece of four bytes */
    uint32_t always;                                 /* bit set of the rules without phrases */
    uint32_t n_providers, providers, first_provider; /* names; numbers count from first_provider */
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

static inline const bnc_alternative *
bnc_alternative_at(const bnc_rules *rules, uint32_t i)
{
    return (const bnc_alternative *)(rules->words + bnc_tables(rules)->alternatives) + i;
}

static inline const bnc_piece *
bnc_piece_at(const bnc_rules *rules, uint32_t i)
{
    return (const bnc_piece *)(rules->words + bnc_tables(rules)->pieces) + i;
}

static inline bnc_slice
bnc_rule_id(const bnc_rules *rules, const bnc_rule *rule)
{
    bnc_slice id = {(const char *)rules->bytes + rule->id, rule->id_len};

    return id;
}

/* The key of the matcher's index: four folded bytes. */
static inline uint32_t
bnc_gram_hash(const unsigned char *s, uint32_t bits)
{
    uint32_t gram = (uint32_t)s[0] | (uint32_t)s[1] << 8 | (uint32_t)s[2] << 16 | (uint32_t)s[3] << 24;

    return (gram * 2654435761u) >> (32 - bits);
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
    uint32_t text, len; /* in the bytes */
} bnc_example;

/* Gives the words of a piece in legacy charsets, calling add once for each; see compile_rules.c. */
typedef struct bnc_transcoder {
    void (*each)(void *context, bnc_slice utf8, void (*add)(void *sink, size_t charset, bnc_slice bytes), void *sink);
    size_t n_charsets;
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
bnc_slice bnc_compiler_text(const bnc_compiler *compiler, uint32_t text, uint32_t len);
/* The number of words of the finished tables. */
size_t bnc_compiler_words(const bnc_compiler *compiler);
uint32_t bnc_compiler_rule_rank(const bnc_compiler *compiler, uint32_t read_index);
void bnc_compiler_destroy(bnc_compiler *compiler);

#endif
