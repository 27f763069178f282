/*
 * rule_compiler.h - what the two halves of the rule compiler share.
 *
 * rule_reader.c reads the text of rules into the arrays below, rule_tables.c ranks them and lays out
 * the tables. No other file includes this one.
 */
#ifndef BNC_RULE_COMPILER_H
#define BNC_RULE_COMPILER_H

#include "rules.h"

#define BNC_KEPT_BITS 12

/* See bnc_label_fn. */
typedef struct bnc_label {
    uint32_t hash, label;
} bnc_label;

struct bnc_compiler {
    const bnc_allocator *allocator;
    const bnc_rules *base;
    bool own;
    bnc_problem_fn report;
    void *context;
    const bnc_transcoder *transcoder;

    bnc_buffer bytes;     /* all text that tables refer to */
    bnc_buffer samples;   /* the examples' text */
    bnc_buffer rules;     /* bnc_rule, in the order of reading */
    bnc_buffer phrases;   /* bnc_phrase */
    bnc_buffer elements;  /* bnc_element */
    bnc_buffer options;   /* bnc_option */
    bnc_buffer providers; /* bnc_name: those that base lacks */
    bnc_buffer examples;  /* bnc_example */
    bnc_buffer labels;    /* bnc_label: what phrases look for in names */
    bnc_buffer tables;    /* uint32_t, made by finish */
    bnc_buffer ranks;     /* uint32_t: rank of each rule read */

    /* lists of options that were kept, by hash: the same words stand in many rules, and are kept once */
    struct {
        uint32_t options, n_options;
    } kept[1 << BNC_KEPT_BITS];

    /* rules read, by the hash of their ids: the newest of each hash, and for each rule the one before it */
    uint32_t newest[1 << BNC_KEPT_BITS]; /* + 1, 0: none */
    bnc_buffer older;                    /* uint32_t, likewise */
};

/* A text kept among the bytes. */
static inline bnc_slice
bnc_compiler_text(const bnc_compiler *c, uint32_t text, uint32_t len)
{
    bnc_slice slice = {(const char *)c->bytes.data + text, len};

    return slice;
}

static inline size_t
bnc_rules_read(const bnc_compiler *c)
{
    return c->rules.len / sizeof(bnc_rule);
}

static inline bool
bnc_compiler_failed(const bnc_compiler *c)
{
    return c->bytes.failed || c->samples.failed || c->rules.failed || c->phrases.failed || c->elements.failed ||
           c->options.failed || c->providers.failed || c->examples.failed || c->labels.failed || c->tables.failed || c->ranks.failed ||
           c->older.failed;
}

#endif
