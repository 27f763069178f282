/*
 * rule_files.h - the rule files as benchmarks need them: their lines, conditions and words, as text.
 * The core's own reader checks rules; this one trusts them, and must not know the core's tables.
 */
#ifndef RULE_FILES_H
#define RULE_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mailbounce.h"

/* Bytes that grow. */
typedef struct growing {
    char *data;
    size_t len, room;
} growing;

static void
put_bytes(growing *g, const char *data, size_t len)
{
    if (g->len + len + 1 > g->room) {
        g->room = (g->len + len + 1) * 2;
        g->data = realloc(g->data, g->room);
        if (g->data == NULL)
            exit(1);
    }
    memcpy(g->data + g->len, data, len);
    g->len += len;
    g->data[g->len] = '\0';
}

static void
put_text(growing *g, const char *text)
{
    put_bytes(g, text, strlen(text));
}

/* Appends a file; a line's end follows its last line. */
static void
put_file(growing *g, const char *path)
{
    static char block[1 << 16];
    FILE *file = fopen(path, "rb");
    size_t got;

    if (file == NULL) {
        perror(path);
        exit(1);
    }
    while ((got = fread(block, 1, sizeof(block), file)) > 0)
        put_bytes(g, block, got);
    fclose(file);
    if (g->len > 0 && g->data[g->len - 1] != '\n')
        put_text(g, "\n");
}

typedef enum line_kind { LINE_OTHER, LINE_SECTION, LINE_RULE, LINE_EXAMPLE } line_kind;

/* Cuts the first line off rest; what counts of it is text: a section's name, a rule from its id on, an example's text.
 */
static inline line_kind
next_line(bnc_slice *rest, bnc_slice *text)
{
    const char *end = memchr(rest->data, '\n', rest->len);
    const char *s = rest->data;
    const char *stop = end != NULL ? end : s + rest->len;
    const char *close;

    rest->len -= (size_t)(stop - s) + (end != NULL);
    rest->data = stop + (end != NULL);
    while (s < stop && (*s == ' ' || *s == '\t'))
        s++;
    text->data = s;
    text->len = (size_t)(stop - s);
    if (s >= stop || *s == '#')
        return LINE_OTHER;
    if (*s == '[') {
        close = memchr(s, ']', text->len);
        text->data++;
        text->len = close != NULL ? (size_t)(close - s) - 1 : 0;
        return LINE_SECTION;
    }
    if (*s == '>') {
        for (s++; s < stop && (*s == ' ' || *s == '\t'); s++)
            ;
        text->data = s;
        text->len = (size_t)(stop - s);
        return LINE_EXAMPLE;
    }
    return memchr(s, ':', text->len) != NULL ? LINE_RULE : LINE_OTHER;
}

typedef enum condition_kind {
    CONDITION_NONE,
    CONDITION_PHRASE,
    CONDITION_REFUSAL,
    CONDITION_OTHER, /* +"phrase" */
    CONDITION_PATTERN,
    CONDITION_WORD
} condition_kind;

typedef struct condition {
    condition_kind kind;
    bool anchored, ends; /* ^"phrase", "phrase"$ */
    bnc_slice text; /* between the quotes or slashes */
} condition;

/* Cuts the first condition off what follows the colon of a rule; CONDITION_NONE at its end. */
static inline condition
next_condition(bnc_slice *rest)
{
    condition c = {CONDITION_NONE, false, false, {NULL, 0}};
    const char *s = rest->data;
    const char *end = s + rest->len;

    while (s < end && (*s == ' ' || *s == '\t'))
        s++;
    if (s >= end || *s == '#')
        return c;
    c.kind = CONDITION_WORD;
    if (end - s > 1 && (*s == '!' || *s == '+' || *s == '^') && s[1] == '"') {
        c.kind = *s == '!' ? CONDITION_REFUSAL : *s == '+' ? CONDITION_OTHER : CONDITION_PHRASE;
        c.anchored = *s++ == '^';
    } else if (*s == '"') {
        c.kind = CONDITION_PHRASE;
    } else if (*s == '/') {
        c.kind = CONDITION_PATTERN;
    }
    if (c.kind == CONDITION_WORD) {
        c.text.data = s;
        while (s < end && *s != ' ' && *s != '\t')
            s++;
    } else if (c.kind == CONDITION_PATTERN) {
        c.text.data = ++s;
        while (s < end && !(*s == '/' && (s + 1 >= end || s[1] == ' ' || s[1] == '\t')))
            s++;
    } else {
        c.text.data = ++s;
        for (; s < end && *s != '"'; s++)
            if (*s == '\\' && s + 1 < end)
                s++;
    }
    c.text.len = (size_t)(s - c.text.data);
    s += s < end && c.kind != CONDITION_WORD;
    c.ends = c.kind == CONDITION_PHRASE && s < end && *s == '$';
    s += c.ends;
    rest->data = s;
    rest->len = (size_t)(end - s);
    return c;
}

/* A rule's line from behind its colon. */
static inline bnc_slice
conditions_of(bnc_slice rule)
{
    const char *colon = memchr(rule.data, ':', rule.len);
    bnc_slice rest = {colon + 1, rule.len - (size_t)(colon + 1 - rule.data)};

    return rest;
}

static inline int
hex_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \n \t \r \\ \xHH. */
static inline void
put_unescaped(growing *g, bnc_slice text)
{
    size_t i = 0;
    char c;

    while (i < text.len) {
        c = text.data[i++];
        if (c == '\\' && i < text.len) {
            c = text.data[i++];
            if (c == 'x' && i + 1 < text.len) {
                c = (char)(hex_of(text.data[i]) * 16 + hex_of(text.data[i + 1]));
                i += 2;
            } else if (c == 'n' || c == 't' || c == 'r') {
                c = c == 'n' ? '\n' : c == 't' ? '\t' : '\r';
            }
        }
        put_bytes(g, &c, 1);
    }
}

/* The same numbers on every machine: splitmix64. */
typedef struct dice {
    uint64_t state;
} dice;

static inline uint64_t
roll(dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static inline uint32_t
roll_below(dice *d, uint32_t n)
{
    return (uint32_t)((roll(d) >> 32) * n >> 32);
}

#endif
