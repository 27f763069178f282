/*
 * mailbounce.h - the core's one public interface.
 *
 * What it does: reads the text with which a mail server refused a message and tells what it means.
 * What it must not know: any database, locale, clock, file or process-wide state.
 *
 * Conventions. Text is a slice: bytes with a length, any bytes, no terminator needed. Every function
 * that can fail returns a bnc_status and gives its results through the last parameters; on failure
 * these are untouched and *error, where there is one, holds a sentence that names the culprit.
 * Memory comes from the allocator of the engine. An engine serves one thread at a time.
 *
 * Sources: RFC 5321 (reply codes), RFC 3463 and its IANA registry (enhanced status codes),
 * RFC 3464 (delivery status notifications).
 */
#ifndef MAILBOUNCE_H
#define MAILBOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BNC_VERSION "0.1.0"

/* The answer rests on this many bytes of a diagnostic; bindings need not fetch more. */
#define BNC_HEAD 8192

/* An event's longest text, e.g. "mailbox_unavailable/pending". */
#define BNC_EVENT_MAX 64

typedef struct bnc_slice {
    const char *data;
    size_t len;
} bnc_slice;

typedef enum bnc_status {
    BNC_OK = 0,
    BNC_NO_MEMORY,    /* the allocator gave nothing */
    BNC_BAD_ARGUMENT, /* an unknown perspective or other name */
    BNC_BAD_RULES     /* a rule that can't be read; the message tells its line */
} bnc_status;

typedef struct bnc_error {
    char message[512]; /* one sentence, ASCII, terminated */
} bnc_error;

/* resize follows realloc: NULL block allocates, size 0 never occurs; NULL result means no memory. */
typedef struct bnc_allocator {
    void *(*resize)(void *context, void *block, size_t size);
    void (*release)(void *context, void *block);
    void *context;
} bnc_allocator;

/* Would the same message from another, well-behaved sender reach this address? */
typedef enum bnc_type {
    BNC_TYPE_UNKNOWN = 0, /* nothing tells */
    BNC_TYPE_HARD,        /* no, never */
    BNC_TYPE_SOFT,        /* no, but perhaps later */
    BNC_TYPE_BLOCK,       /* yes */
    BNC_TYPE_PENDING,     /* the server is still trying */
    BNC_TYPE_NONE,        /* not a failure */
    BNC_TYPES
} bnc_type;

/* What came with a category: the class of its code, a promise of further tries, or a rule's type. */
typedef enum bnc_class {
    BNC_CLASS_NONE = 0,
    BNC_CLASS_4,
    BNC_CLASS_5,
    BNC_CLASS_PENDING,
    BNC_CLASS_HARD,
    BNC_CLASS_SOFT,
    BNC_CLASS_BLOCK,
    BNC_CLASS_NOT,
    BNC_CLASSES
} bnc_class;

typedef enum bnc_evidence {
    BNC_EVIDENCE_NONE = 0,
    BNC_EVIDENCE_PHRASE,
    BNC_EVIDENCE_PATTERN,
    BNC_EVIDENCE_ENHANCED_CODE,
    BNC_EVIDENCE_REPLY_CODE
} bnc_evidence;

/* An enhanced status code, class.subject.detail; class 0 means none. */
typedef struct bnc_enhanced {
    uint16_t class_, subject, detail;
} bnc_enhanced;

/* What a diagnostic means. Slices live until the next call on the same engine. */
typedef struct bnc_verdict {
    int category;
    bnc_class came_with;
    bnc_evidence evidence;
    uint16_t reply_code; /* 0: none */
    bnc_enhanced enhanced_code;
    bnc_slice provider; /* empty: none */
    bnc_slice rule;     /* empty: none */
    bnc_slice matched;  /* normalised words, empty: none */
} bnc_verdict;

typedef struct bnc_rules bnc_rules;   /* compiled rules, see rules.h */
typedef struct bnc_engine bnc_engine; /* what a connection keeps between calls */

/* The built-in rules, generated from core/rules at build time. */
const bnc_rules *bnc_builtin_rules(void);

/* "YYYY.MM.DD-HASH" style name of the built-in rules; results never change within one. */
bnc_slice bnc_rules_version(void);

/* Engines. */

bnc_status bnc_engine_create(const bnc_allocator *allocator, const bnc_rules *builtin, bnc_engine **engine);
void bnc_engine_destroy(bnc_engine *engine);

/*
 * Reads a diagnostic: any bytes. rules: own rules in the format of doc/rules.md, read before the
 * built-in ones; NULL for none. The engine keeps the last few rule texts compiled and compares
 * them in full.
 */
bnc_status bnc_classify(bnc_engine *engine, bnc_slice diagnostic, const bnc_slice *rules, bnc_verdict *verdict,
                        bnc_error *error);

/* The questions that users ask of a diagnostic, by their SQL functions. */
typedef enum bnc_question {
    BNC_ASK_CATEGORY, /* classify_bounce */
    BNC_ASK_EVENT,    /* bounce_event_of */
    BNC_ASK_TYPE,     /* bounce_type; also takes a category, an event of bounce_event_of, or a type */
    BNC_ASK_ACTION,   /* bounce_action */
    BNC_ASK_EXPLAIN   /* bounce_explain: JSON, ASCII */
} bnc_question;

/*
 * Answers in text. perspective and rules may be NULL: none given. The answer is ASCII; it lives
 * until the next call on the engine, or for ever when *lasting is true.
 */
bnc_status bnc_answer(bnc_engine *engine, bnc_question question, bnc_slice diagnostic, const bnc_slice *perspective,
                      const bnc_slice *rules, bnc_slice *answer, bool *lasting, bnc_error *error);

/* ---- counts: how often each category occurs, in an array of bnc_category_count() numbers that starts as zeros ---- */

/* One diagnostic more, or one less of those that were added. */
bnc_status bnc_counts_add(bnc_engine *engine, uint64_t *counts, bnc_slice diagnostic, const bnc_slice *rules,
                          bnc_error *error);
bnc_status bnc_counts_remove(bnc_engine *engine, uint64_t *counts, bnc_slice diagnostic, const bnc_slice *rules,
                             bnc_error *error);
void bnc_counts_merge(uint64_t *counts, const uint64_t *other);

/* {"user_unknown":12,"mailbox_full":3}: largest first, then by name. Lives until the next call on the engine. */
bnc_status bnc_counts_write(bnc_engine *engine, const uint64_t *counts, bnc_slice *json);

/* Counts as bytes that other versions read, too, to merge what several processes or servers counted. */
bnc_status bnc_counts_pack(bnc_engine *engine, const uint64_t *counts, bnc_slice *packed);
bnc_status bnc_counts_unpack(bnc_slice packed, uint64_t *counts, bnc_error *error);

/*
 * Problems of own rules, one at a time; lines count from 1. First what can't be read, then regular
 * expressions that PCRE2 refuses; if there is neither, examples that their rule does not win.
 */
typedef void (*bnc_problem_fn)(void *context, int line, const char *problem);
bnc_status bnc_rules_check(bnc_engine *engine, bnc_slice rules, bnc_problem_fn report, void *context);

/* ---- addresses, before sending ---- */

/* The longest address that can be mailed (RFC 5321: a path of 256 octets, without its angle brackets). */
#define BNC_ADDRESS_MAX 254

typedef enum bnc_address_check {
    BNC_ADDRESS_OK = 0,
    BNC_ADDRESS_SYNTAX, /* no mail system takes it */
    BNC_ADDRESS_TYPO    /* a well-known domain with a slip, or an ending that is no top-level domain */
} bnc_address_check;

/*
 * "ok", "syntax" or "typo"; any bytes, in linear time, without memory. The address must be bare: no blanks around it,
 * no angle brackets, name or comment. Taken is what RFC 5321 and RFC 6531 allow in SMTP: a dot-atom or a quoted string
 * of at most 64 octets, UTF-8 in it; a domain of at least two labels, in ASCII or UTF-8, or an address literal
 * ([192.0.2.1], [IPv6:2001:db8::1]). A dot at the end, a numeric top-level domain, U+3002 and the full-width forms in a
 * domain, and characters that can't be seen are "syntax". So is a single label, but "gmailcom" is a "typo".
 */
bnc_slice bnc_email_check(bnc_slice address);

/*
 * For a "typo" the likely address: the local part as it is, the domain that is meant in lower case. Returns its length;
 * 0: there is none. bnc_email_check gives "ok" for it.
 */
size_t bnc_email_suggestion(bnc_slice address, char text[BNC_ADDRESS_MAX]);

/* ---- other systems' words ---- */

/*
 * The one term of a system for a category, and the one category for a system's term; an empty slice
 * where there is none. An unknown system or category is an error.
 */
bnc_status bnc_term(bnc_slice category, bnc_slice system, bnc_slice *term, bnc_error *error);
bnc_status bnc_from(bnc_slice system, bnc_slice term, bnc_slice *category, bnc_error *error);

/* ---- relations: constant tables that users can read ---- */

typedef enum bnc_column_kind { BNC_COLUMN_TEXT, BNC_COLUMN_BOOLEAN } bnc_column_kind;

#define BNC_COLUMNS_MAX 9

typedef struct bnc_column {
    const char *name;
    bnc_column_kind kind;
} bnc_column;

typedef struct bnc_relation {
    const char *name;
    int n_columns;
    bnc_column columns[BNC_COLUMNS_MAX];
    int (*rows)(void);
    /* Text is UTF-8; a boolean is "0" or "1". */
    bnc_slice (*cell)(int row, int column);
} bnc_relation;

/* The relations, *n of them. */
const bnc_relation *bnc_relations(size_t *n);

/* The vocabulary: categories, perspectives, types. Numbers are those of this build; store names. */

typedef struct bnc_category_info {
    bnc_slice name, definition_en, definition_zh, action, advice_en, advice_zh;
    bnc_type type, type_4xx, type_5xx; /* in the default perspective */
} bnc_category_info;

int bnc_category_count(void);
bnc_category_info bnc_category(int category);
bnc_slice bnc_category_name(int category);
int bnc_category_find(bnc_slice name); /* -1: none; any letter case */

bnc_slice bnc_type_name(bnc_type type);
int bnc_perspective_find(bnc_slice name); /* -1: none */
bnc_type bnc_type_under(int perspective, int category, bnc_class came_with);

/* Writes "category" or "category/class" into text, returns its length. */
size_t bnc_event_write(int category, bnc_class came_with, char text[BNC_EVENT_MAX]);
/* Reads what bnc_event_write writes, in any letter case, blanks around it ignored. */
bool bnc_event_read(bnc_slice text, int *category, bnc_class *came_with);

#ifdef __cplusplus
}
#endif
#endif
