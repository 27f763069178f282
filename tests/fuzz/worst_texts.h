/*
 * worst_texts.h - texts made to be slow: one unit repeated, phrases of the rules whole and halved, mixtures, noise.
 */
#ifndef WORST_TEXTS_H
#define WORST_TEXTS_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "rules.h"

typedef void (*worst_fn)(const char *name, const char *text, size_t len);

#define WORST_NAME 64

static inline void
worst_repeat(worst_fn use, const char *unit, size_t n)
{
    static char text[BNC_HEAD];
    char name[WORST_NAME];
    size_t i;

    for (i = 0; i < sizeof(text); i++)
        text[i] = unit[i % n];
    for (i = 0; i < n && i < sizeof(name) - 1; i++)
        name[i] = unit[i] > ' ' && unit[i] < 0x7f ? unit[i] : unit[i] == ' ' ? ' ' : '?';
    name[i] = '\0';
    use(name, text, sizeof(text));
}

static inline uint32_t
worst_any(uint32_t n)
{
    static uint32_t seed = 1;

    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* One spelling of a phrase, gaps as a word. */
static inline size_t
worst_spell(const bnc_rules *rules, uint32_t number, char *text, size_t room)
{
    const bnc_phrase *phrase = bnc_phrase_at(rules, number);
    const bnc_element *e;
    const bnc_option *o;
    uint32_t i;
    size_t len = 0;

    for (i = 0; i < phrase->n_elements; i++) {
        e = bnc_element_at(rules, phrase->elements + i);
        o = bnc_option_at(rules, e->options + worst_any(e->n_options));
        if (len + o->len + 4 > room)
            break;
        if (e->gap && i > 0) {
            memcpy(text + len, " x ", 3);
            len += 3;
        }
        memcpy(text + len, rules->bytes + o->text, o->len);
        len += o->len;
    }
    if (len < room)
        text[len++] = ' ';
    return len;
}

/* Phrases mixed, whole or halved, with codes among them or not. */
static inline void
worst_mixtures(worst_fn use, const bnc_rules *rules)
{
    uint32_t n = bnc_tables(rules)->n_phrases;
    static char text[BNC_HEAD];
    char phrase[100], name[WORST_NAME];
    size_t len, part;
    int mix;

    for (mix = 0; mix < 8; mix++) {
        for (len = 0; len + 100 < sizeof(text);) {
            part = worst_spell(rules, worst_any(n), phrase, sizeof(phrase));
            if (mix % 2 != 0)
                part = part / 2 + 1;
            memcpy(text + len, phrase, part);
            len += part;
            if (mix / 2 % 2 != 0 && worst_any(4) == 0) {
                memcpy(text + len, " 550 ", 5);
                len += 5;
            }
        }
        snprintf(name, sizeof(name), "(rules mixed %d)", mix);
        use(name, text, len);
    }
}

static inline void
worst_noise(worst_fn use)
{
    static char text[BNC_HEAD];
    size_t i;

    for (i = 0; i < sizeof(text); i++)
        text[i] = (char)worst_any(256);
    use("(random bytes)", text, sizeof(text));
    for (i = 0; i < sizeof(text); i++)
        text[i] = "abcdefghijklmnopqrstuvwxyz  .@-:<>0123456789"[worst_any(44)];
    use("(random ASCII)", text, sizeof(text));
}

/* Gives every text to use; of the phrases of the rules every one, or only so many by chance. */
static inline void
worst_texts(worst_fn use, const bnc_rules *rules, bool every_phrase, uint32_t so_many)
{
    /* clang-format off */
    static const char *const units[] = {
        "a",        "z",          "1",           "12 ",      " ",         "\n",        ".",        "@",         "<",
        "\"",       "'",          "=",           "&",        "\\n",       "a.",        "a.b.",     "a.1",       "1.",
        "a.c@",     "a@",         "@[",          "\"@",      "@\"",       "://",       "a://",     ".-",        "a-",
        "a1",       "a1a1a1a1 ",  "(550",        "550 ",     "550-",      "550-5.1.1 ", "550 5.1.1 ", "550 x ",
        "550 said: 550 ", "(550 a) ", "550 c ", "550 (550 ", "<550 a> ",   "(5.1.1",    "5.1.1 ",   "421 a 550 b ",
        "550 <",    "550 a.b ",   "=C3=A9",      "=E4",      "\xc3\xa9",  "\xe4\xb8\xad", "\xff",  "&lt;",      "&am",
        "smtp; ",   "host a.com said: 550 ", "503 ", "550 need rcpt ", "(in reply to ", "command) 550 ", "550 x command) said: ",
        "user ",    "user unknown ", "mail",     "spam ",    "spam",      "blocked ",  "block",    "mailbox ",  "the ",
        "message",  "your ",      "reject",      "e",        "er",        "http://",   "example.com ", "mx.example.com ",
        "host ",    "550 x host [", "550 a (550 b) 451 c ", "451 x ", "<<< 550 x ", "a.com/", "a.b@c.d ", "a..b"};
    /* clang-format on */
    uint32_t n = bnc_tables(rules)->n_phrases;
    char phrase[1024];
    size_t part;
    uint32_t i;

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        worst_repeat(use, units[i], strlen(units[i]));
    for (i = 0; i < (every_phrase ? n : so_many); i++) {
        part = worst_spell(rules, every_phrase ? i : worst_any(n), phrase, sizeof(phrase));
        worst_repeat(use, phrase, part);
    }
    /* the first half of a phrase: its key is found, the phrase is not */
    for (i = 0; i < (every_phrase ? n : so_many / 2); i++) {
        part = worst_spell(rules, every_phrase ? i : worst_any(n), phrase, sizeof(phrase));
        worst_repeat(use, phrase, part / 2 + 1);
    }
    worst_mixtures(use, rules);
    worst_noise(use);
}

#endif
