/*
 * reply.c - replies, see reply.h.
 *
 * One pass over the folded text looks at each number that may be a code and decides what it is: the
 * start of a reply, a continuation code to be dropped, or just a number. Logs flatten line ends, so
 * the shape of the neighbourhood decides, not the line structure alone.
 *
 * Most of a text is no number: digits are looked for 64 bytes at a time, and numbers that can't be
 * codes by their length (7, 2024, 10.0, 192.0.2.1) are never looked at.
 */
#include "reply.h"

#include "bytes.h"

#include <string.h>

/* ---- where numbers are ---- */

/*
 * Bytes are looked at 64 at a time, each as a bit of a number of 64. A code and what must stand
 * around it are six bytes: blocks overlap by five, so that each code lies in one.
 */
#define BLOCK 64
#define BLOCK_STEP 59

/* Of the block at s: bit k stands for byte k. */
typedef struct marks {
    uint64_t digits, dots;
} marks;

#ifdef BNC_VECTORS
static inline marks
marks_of_16(const unsigned char *s, int shift)
{
    __m128i bytes = bnc_load16(s + shift);

    return (marks){bnc_bits16(bnc_between16(bytes, '0', '9')) << shift, bnc_bits16(bnc_equal16(bytes, '.')) << shift};
}

static inline marks
marks_of(const unsigned char *s)
{
    marks a = marks_of_16(s, 0);
    marks b = marks_of_16(s, 16);
    marks c = marks_of_16(s, 32);
    marks d = marks_of_16(s, 48);

    return (marks){a.digits | b.digits | c.digits | d.digits, a.dots | b.dots | c.dots | d.dots};
}
#else
static inline marks
marks_of(const unsigned char *s)
{
    marks found = {0, 0};
    int k;

    for (k = 0; k < BLOCK; k++) {
        found.digits |= (uint64_t)bnc_is_digit(s[k]) << k;
        found.dots |= (uint64_t)(s[k] == '.') << k;
    }
    return found;
}
#endif

/*
 * Of a block, of which n bytes are left: where numbers start that may be codes, so three digits alone
 * (550), or one digit before a dot and another digit (5.1.1). What follows a dot, and three digits
 * that go on after one (192.0.2.1), are none.
 */
static inline uint64_t
code_places(marks here, size_t n, bool first_block)
{
    uint64_t all = UINT64_MAX;
    uint64_t digits = here.digits & all >> (BLOCK - (n < BLOCK ? n : BLOCK));
    uint64_t dots = here.dots; /* matter before digits only */
    uint64_t starts = digits & ~(digits << 1) & ~(dots << 1);
    uint64_t three = digits >> 1 & digits >> 2 & ~(digits >> 3) & ~(dots >> 3 & digits >> 4);
    uint64_t fraction = dots >> 1 & digits >> 2;

    /* the last bytes come again in the next block, whose first byte was the last to be asked in this one */
    starts &= all >> (BLOCK - BLOCK_STEP - 1) & all << (first_block ? 0 : 1);
    return starts & (three | fraction);
}

/* Without those among codes that were read already. */
static inline uint64_t
not_before(uint64_t places, size_t base, size_t in)
{
    size_t read = in > base ? in - base : 0;

    return read < BLOCK ? places & UINT64_MAX << read : 0;
}

/* ---- words and signs around numbers ---- */

/* Codes that servers send: RFC 5321, 4954, 7504, and those seen at providers. */
static bool
is_known_code(unsigned code)
{
    /* clang-format off */
    switch (code) {
    case 421: case 422: case 424: case 426: case 430: case 431: case 432: case 441: case 442: case 447:
    case 450: case 451: case 452: case 453: case 454: case 455: case 458: case 459: case 471: case 498:
    case 500: case 501: case 502: case 503: case 504: case 505: case 510: case 511: case 512: case 513:
    case 515: case 516: case 517: case 519: case 521: case 523: case 524: case 525: case 526: case 530:
    case 533: case 534: case 535: case 538: case 540: case 541: case 542: case 543: case 544: case 545:
    case 546: case 547: case 550: case 551: case 552: case 553: case 554: case 555: case 556: case 557:
    case 559: case 571: case 572: case 577: case 585: case 591: case 605: case 606: case 607:
        /* clang-format on */
        return true;
    }
    return false;
}

/* What a word says of the number beside it. */
enum {
    UNIT = 1,      /* behind: "550 kb" is an amount */
    COUNTABLE = 2, /* behind: "550 messages", bare among words, counts something */
    AMOUNT = 4,    /* in front: "limit 550" is an amount, "port 587" a port */
    REPORT = 8,    /* in front: "said 550" tells of a code that was not sent here */
    STATUS = 16    /* in front: "status 5.1.1" is no version, unlike "exim 4.2.2" */
};

#define WORD_MAX 17 /* longer words are none of those below */
#define IS(known) (n == sizeof(known) - 1 && memcmp(word, known, sizeof(known) - 1) == 0)

static unsigned
meaning_behind(const unsigned char *word, size_t n)
{
    switch (n > 0 ? word[0] : 0) {
    case 'a':
        return IS("and") ? COUNTABLE : 0;
    case 'b':
        return IS("b") || IS("byte") || IS("bytes") ? UNIT : 0;
    case 'c':
        return IS("connections") ? COUNTABLE : 0;
    case 'd':
        return IS("day") || IS("days") ? UNIT : 0;
    case 'e':
        return IS("emails") ? COUNTABLE : 0;
    case 'g':
        return IS("gb") ? UNIT : 0;
    case 'h':
        return IS("h") || IS("hour") || IS("hours") || IS("hops") ? UNIT : 0;
    case 'k':
        return IS("k") || IS("kb") || IS("kib") || IS("kbytes") ? UNIT : 0;
    case 'm':
        if (IS("messages") || IS("mails"))
            return COUNTABLE;
        return IS("m") || IS("mb") || IS("mib") || IS("minute") || IS("minutes") || IS("mins") || IS("ms") ? UNIT : 0;
    case 'o':
        return IS("of") || IS("or") ? COUNTABLE : 0;
    case 'p':
        return IS("per") ? COUNTABLE : IS("percent") ? UNIT : 0;
    case 'r':
        return IS("recipients") || IS("recipient(") ? COUNTABLE : 0;
    case 's':
        return IS("s") || IS("sec") || IS("secs") || IS("seconds") ? UNIT : 0;
    case 't':
        return IS("times") ? UNIT : 0;
    case 'u':
        return IS("users") ? COUNTABLE : 0;
    case 'x':
        return IS("x") ? COUNTABLE : 0;
    }
    return 0;
}

static unsigned
meaning_in_front(const unsigned char *word, size_t n)
{
    switch (n > 0 ? word[0] : 0) {
    case 'a':
        if (IS("address") || IS("answer") || IS("answered"))
            return REPORT;
        return IS("about") || IS("after") ? AMOUNT : 0;
    case 'b':
        return IS("by") || IS("because") ? REPORT : IS("box") ? AMOUNT : 0;
    case 'c':
        return IS("code") ? REPORT | STATUS : IS("case") ? AMOUNT : 0;
    case 'd':
        if (IS("diagnostic") || IS("diagnostic-code"))
            return REPORT;
        return IS("dsn") || IS("delayed") ? STATUS : 0;
    case 'e':
        if (IS("error"))
            return REPORT | STATUS;
        if (IS("enhanced"))
            return STATUS;
        return IS("exceed") || IS("exceeds") || IS("exceeded") || IS("every") || IS("exit") ? AMOUNT : 0;
    case 'f':
        return IS("failed") || IS("failure") ? REPORT | STATUS : IS("first") ? AMOUNT : 0;
    case 'g':
        return IS("got") ? REPORT : IS("gid") ? AMOUNT : 0;
    case 'l':
        return IS("limit") || IS("limits") || IS("least") || IS("last") || IS("line") ? AMOUNT : 0;
    case 'm':
        if (IS("message"))
            return REPORT;
        return IS("max") || IS("maximum") || IS("minimum") || IS("most") || IS("mail") ? AMOUNT : 0;
    case 'o':
        return IS("of") || IS("over") || IS("only") ? AMOUNT : 0;
    case 'p':
        if (IS("permanent"))
            return REPORT | STATUS;
        if (IS("persistent"))
            return STATUS;
        return IS("port") || IS("ports") || IS("page") || IS("pid") ? AMOUNT : 0;
    case 'r':
        if (IS("returned") || IS("responded") || IS("response") || IS("replied") || IS("reply") || IS("reason") ||
            IS("result") || IS("rejected") || IS("received"))
            return REPORT;
        return IS("room") || IS("rule") ? AMOUNT : 0;
    case 's':
        if (IS("status") || IS("smtp"))
            return REPORT | STATUS;
        if (IS("said"))
            return REPORT;
        return IS("size") || IS("suite") || IS("score") || IS("signal") ? AMOUNT : 0;
    case 't':
        return IS("transient") ? STATUS : IS("than") || IS("ticket") ? AMOUNT : 0;
    case 'u':
        return IS("under") || IS("uid") ? AMOUNT : 0;
    case 'v':
        return IS("version") ? AMOUNT : 0;
    case 'w':
        return IS("was") || IS("with") ? REPORT : IS("within") ? AMOUNT : 0;
    }
    return 0;
}

/* What stands before a number. */
typedef struct context {
    size_t end;           /* after its last byte that is no blank */
    unsigned char before; /* that byte, 0 at the start */
} context;

static inline context
context_before(const unsigned char *s, size_t at)
{
    while (at > 0 && s[at - 1] == ' ')
        at--;
    return (context){at, at > 0 ? s[at - 1] : 0};
}

/* The meaning of the word that ends before the number. */
static unsigned
meaning_of(const unsigned char *s, context before)
{
    size_t start = before.end;

    /* all that mean something end in a letter */
    if (!bnc_is_lower(before.before))
        return 0;
    while (start > 0 && s[start - 1] != ' ' && before.end - start < WORD_MAX)
        start--;
    return meaning_in_front(s + start, before.end - start);
}

#define MARKED_MAX 64 /* bytes of a line before its code, in a transcript */

/* "<<<550 no such user": a transcript's line. */
static bool
in_transcript(const unsigned char *s, context before)
{
    size_t start = before.end;

    while (start > 0 && s[start - 1] != ' ' && before.end - start < MARKED_MAX)
        start--;
    return before.end - start >= 3 && memcmp(s + start, "<<<", 3) == 0;
}

static unsigned char
closing_of(unsigned char c)
{
    switch (c) {
    case '(':
        return ')';
    case '[':
        return ']';
    case '<':
        return '>';
    case '{':
        return '}';
    case '"':
    case '\'':
        return c;
    }
    return 0;
}

/* A code after one of these is reported, or introduced. */
static bool
is_introducer(unsigned char c)
{
    /* clang-format off */
    switch (c) {
    case '(': case '[': case '<': case '{': case '"': case '\'': case ':': case ';': case '>': case '=': case '#': case '|':
        /* clang-format on */
        return true;
    }
    return false;
}

/* What may stand behind a code. */
static bool
is_separator(unsigned char c)
{
    /* clang-format off */
    switch (c) {
    case ' ': case '-': case ':': case ',': case ';': case '.': case ')': case ']': case '\'': case '"': case '#': case '<':
    case '>':
        /* clang-format on */
        return true;
    }
    return false;
}

/* ---- codes ---- */

/* Reads up to three digits at s + *i; false if there are none, or more. */
static inline bool
read_part(const unsigned char *s, size_t n, size_t *i, uint16_t *part)
{
    size_t from = *i;
    unsigned value = 0;

    for (; *i < n && *i < from + 4 && bnc_is_digit(s[*i]); ++*i)
        value = value * 10 + (unsigned)(s[*i] - '0');
    *part = (uint16_t)value;
    return *i > from && *i < from + 4;
}

/* Reads "5.1.1" at s; returns its bytes, 0 if there is none, or it is part of a longer number. */
static size_t
read_enhanced(const unsigned char *s, size_t n, bnc_enhanced *code)
{
    bnc_enhanced found;
    size_t i = 2;

    if (n < 5 || s[1] != '.' || (s[0] != '2' && s[0] != '4' && s[0] != '5'))
        return 0;
    found.class_ = (uint16_t)(s[0] - '0');
    if (!read_part(s, n, &i, &found.subject) || found.subject > 7 || i >= n || s[i++] != '.' ||
        !read_part(s, n, &i, &found.detail))
        return 0;
    if (i < n && s[i] != ' ' && (bnc_is_alnum(s[i]) || (s[i] == '.' && i + 1 < n && bnc_is_digit(s[i + 1]))))
        return 0;
    *code = found;
    return i;
}

static bool
same_enhanced(bnc_enhanced a, bnc_enhanced b)
{
    return a.class_ == b.class_ && a.subject == b.subject && a.detail == b.detail;
}

/* The codes at one place of the text: "550-5.1.1 ", "550 #5.7.1 ", "421 ". */
typedef struct codes {
    unsigned code;
    unsigned char separator; /* '-', ' ', another, or 0 at the end */
    bnc_enhanced enhanced;
    size_t length; /* up to the words */
} codes;

/* Reads the codes that the three digits at s start; false if a word goes on behind them (550kb). */
static bool
read_codes(const unsigned char *s, size_t n, codes *found)
{
    size_t i = 3;
    size_t length;

    if (n > 3 && bnc_is_alpha(s[3]))
        return false;
    found->code = (unsigned)(s[0] - '0') * 100 + (unsigned)(s[1] - '0') * 10 + (unsigned)(s[2] - '0');
    found->separator = n > 3 ? s[3] : 0;
    found->enhanced = (bnc_enhanced){0, 0, 0};
    if (i < n && (s[i] == '-' || s[i] == ' ' || s[i] == ':' || s[i] == ',' || s[i] == ';'))
        i++;
    if (i < n && s[i] == ' ')
        i++;
    found->length = i;
    i += i < n && ((s[i] == '#') | (s[i] == '(') | (s[i] == '['));
    i += i < n && s[i] == '#';
    length = read_enhanced(s + i, n - i, &found->enhanced);
    if (length > 0) {
        i += length;
        while (i < n && (s[i] == ' ' || s[i] == ')' || s[i] == ']' || s[i] == ':'))
            i++;
        found->length = i;
    }
    return true;
}

/* ---- reading ---- */

/* Whether words stand in s: not addresses, hosts, or what is in angle brackets. */
static bool
holds_words(const unsigned char *s, size_t from, size_t to)
{
    size_t i = from;
    size_t end;
    bool letters, plain;
    bool in_brackets = false;

    while (i < to) {
        letters = false;
        plain = true;
        for (end = i; end < to && s[end] != ' '; end++) {
            if (s[end] == '<')
                in_brackets = true;
            letters = letters || (bnc_is_word_byte(s[end]) && !in_brackets);
            if (s[end] == '@' || s[end] == '.' || s[end] == BNC_MASK)
                plain = false;
            if (s[end] == '>')
                in_brackets = false;
        }
        if (letters && plain)
            return true;
        i = end + 1;
    }
    return false;
}

typedef struct reader {
    bnc_text *text;
    unsigned char *s; /* read at in, written at out <= in */
    size_t in, out, len;
    size_t line; /* next entry of text->lines */
    size_t name; /* next end of one of text->names: twice its number, one more for the last end */
    bnc_replies *replies;
    int outer;             /* the reply that sequential text belongs to, BNC_PREAMBLE before the first */
    int current;           /* outer, or the one nested in it */
    bool multi;            /* outer was opened by a continuation code */
    unsigned char closing; /* ends the nested reply, 0 if there is none or only outer's next line ends it */
    int depth;             /* of such brackets */
    size_t words_from;     /* where outer's text started when words were found in it, SIZE_MAX: none were */
    size_t report_from;    /* outer's text has no "command)" before here */
} reader;

/* From out on, words belong to owner. */
static void
own(reader *r, int owner)
{
    bnc_replies *replies = r->replies;
    bnc_span *last = &replies->spans[replies->n_spans - 1];

    r->current = owner;
    r->closing = 0;
    if (last->start == r->out) {
        last->owner = (int16_t)owner;
    } else if (replies->n_spans < BNC_SPANS_MAX) {
        replies->spans[replies->n_spans].start = (uint16_t)r->out;
        replies->spans[replies->n_spans].owner = (int16_t)owner;
        replies->n_spans++;
    }
}

/*
 * Keeps what is read up to `to`. Only here do bytes change places, by in - out: what knows offsets
 * of the text as it was has to follow here.
 */
static inline void
keep(reader *r, size_t to)
{
    size_t n = to - r->in;

    if (r->in != r->out)
        memmove(r->s + r->out, r->s + r->in, n);
    r->in += n;
    r->out += n;
}

/* What is shown of names, up to here, follows the text that has lost codes before it. */
static void
move_names(reader *r)
{
    bnc_name_span *span;
    uint16_t *end;

    for (; r->name < 2 * r->text->n_names; r->name++) {
        span = &r->text->names[r->name / 2];
        end = r->name % 2 == 0 ? &span->start : &span->end;
        if (*end > r->in)
            return;
        *end = (uint16_t)(*end - (r->in - r->out));
    }
}

/* Drops n bytes; the words before and after stay apart by one blank. */
static void
drop(reader *r, size_t n)
{
    move_names(r);
    r->in += n;
    if (r->out > 0 && r->s[r->out - 1] != ' ')
        r->s[r->out++] = ' ';
}

/* Where the bracket that holds the nested reply is closed, `to` if it is not before. */
static size_t
closing_place(reader *r, size_t to)
{
    size_t i;

    for (i = r->in; i < to; i++) {
        if (r->s[i] == r->closing && --r->depth == 0)
            break;
        if (r->s[i] != r->closing && closing_of(r->s[i]) == r->closing)
            r->depth++;
    }
    return i;
}

/* Keeps what holds no codes; a nested reply may end in it. */
static inline void
keep_words(reader *r, size_t to)
{
    size_t end;

    if (r->closing != 0) {
        end = closing_place(r, to);
        if (end < to) {
            keep(r, end);
            own(r, r->outer);
        }
    }
    keep(r, to);
}

/* Whether a line of the original starts where r reads. */
static bool
at_line_start(reader *r)
{
    const bnc_text *text = r->text;

    while (r->line < text->n_lines && text->lines[r->line] < r->in)
        r->line++;
    return r->line < text->n_lines && text->lines[r->line] == r->in;
}

/* Whether the codes found repeat those of the outer reply: one more line of it. */
static bool
continues(reader *r, const codes *found, context before)
{
    const bnc_reply *outer;

    if (r->outer < 0)
        return false;
    outer = &r->replies->item[r->outer];
    if (found->code != outer->code)
        return false;
    if (found->separator == '-')
        return found->enhanced.class_ != 0 || r->multi || at_line_start(r);
    if (found->separator != ' ' && found->separator != 0)
        return false;
    if (!same_enhanced(found->enhanced, outer->enhanced))
        return false;
    /* "550-Response: 550 no such user" reports another server's reply */
    if (is_introducer(before.before) && !at_line_start(r))
        return false;
    return r->multi || found->enhanced.class_ != 0;
}

/* Whether the codes found start a reply, from what stands around them. */
static bool
starts_reply(reader *r, const codes *found, context before)
{
    const unsigned char *s = r->s;
    size_t n = r->len;
    unsigned klass = found->code / 100;
    size_t word = r->in + found->length;
    size_t end = word;
    unsigned in_front = 0;
    unsigned behind = 0;

    if (klass < 2 || klass > 6)
        return false;
    if (found->enhanced.class_ != 0)
        return klass == 4 || klass == 5 || klass == found->enhanced.class_;
    if (before.before != 0) {
        while (end < n && end < word + WORD_MAX && (bnc_is_alnum(s[end]) || s[end] == '('))
            end++;
        behind = meaning_behind(s + word, end - word);
        in_front = meaning_of(s, before);
        if ((behind & UNIT) != 0 || (in_front & AMOUNT) != 0)
            return false;
    }
    if (before.before == 0 || at_line_start(r))
        return klass == 4 || klass == 5 || is_known_code(found->code) || (found->code >= 211 && found->code <= 253) ||
               found->code == 354;
    if (found->separator != 0 && !is_separator(found->separator))
        return false;
    if (is_introducer(before.before) || (in_front & REPORT) != 0)
        return is_known_code(found->code) || (found->code >= 250 && found->code <= 252);
    /* bare among words: words must follow */
    return is_known_code(found->code) && word < n && (behind & COUNTABLE) == 0 &&
           (found->separator == ' ' || found->separator == '-') &&
           (bnc_is_word_byte(s[word]) || s[word] == BNC_MASK || s[word] == '<' || s[word] == '#' || s[word] == '[' ||
            s[word] == '\'' || s[word] == '"');
}

/* Words stay words: they are looked for until some were found. */
static bool
outer_has_words(reader *r)
{
    size_t text = r->replies->item[r->outer].text;

    if (r->words_from != text && holds_words(r->s, text, r->out))
        r->words_from = text;
    return r->words_from == text;
}

/* "(in reply to RCPT TO command); host other.example said: 550 ...": the next report is not nested. */
static bool
report_ended(reader *r)
{
    static const char ends[] = "command)";
    size_t text, at;

    text = r->replies->item[r->outer].text;
    if (r->report_from < text)
        r->report_from = text;
    at = bnc_find(r->s, r->out, r->report_from, (const unsigned char *)ends, sizeof(ends) - 1);
    /* once found it is found again */
    if (at != SIZE_MAX)
        r->report_from = at;
    else if (r->out > r->report_from + sizeof(ends))
        r->report_from = r->out - sizeof(ends);
    return at != SIZE_MAX;
}

static void
open_reply(reader *r, const codes *found, context before)
{
    bnc_replies *replies = r->replies;
    bnc_reply *outer = r->outer >= 0 ? &replies->item[r->outer] : NULL;
    bnc_reply *reply;
    bool reported;

    /* "550 5.7.1 550 User unknown": a code repeated before any word is the same reply */
    if (outer != NULL && r->current == r->outer && !outer_has_words(r)) {
        if (outer->enhanced.class_ == 0)
            outer->enhanced = found->enhanced;
        if (outer->code / 100 != 5 && found->code / 100 == 5)
            outer->code = (uint16_t)found->code;
        r->multi = r->multi || found->separator == '-';
        keep(r, r->in + found->length);
        outer->text = (uint16_t)r->out;
        return;
    }
    if (replies->count >= BNC_REPLIES_MAX) {
        keep(r, r->in + found->length);
        return;
    }
    /* a transcript's "<<< 550" is no report inside another reply, nor is what follows ";" or "command)" */
    reported = outer != NULL && outer->code / 100 >= 4 && before.before != ';' &&
               (is_introducer(before.before) || (meaning_of(r->s, before) & REPORT) != 0) && !at_line_start(r) &&
               !in_transcript(r->s, before) && !report_ended(r);
    reply = &replies->item[replies->count];
    reply->code = (uint16_t)found->code;
    reply->enhanced = found->enhanced;
    reply->nested = reported;
    own(r, replies->count);
    keep(r, r->in + found->length);
    reply->text = (uint16_t)r->out;
    if (reported) {
        r->closing = closing_of(before.before);
        r->depth = 1;
    } else {
        r->outer = replies->count;
        r->multi = found->separator == '-';
    }
    replies->count++;
}

/* "Exim 4.2.2" is a version: after a word, only those words that announce a code may stand. */
static bool
announces_status(const unsigned char *s, size_t at)
{
    context before = context_before(s, at);

    return !bnc_is_word_byte(before.before) || (meaning_of(s, before) & STATUS) != 0;
}

/* An enhanced code among words. */
static void
read_status(reader *r)
{
    bnc_enhanced code;
    bnc_reply *reply;
    unsigned char before = r->out > 0 ? r->s[r->out - 1] : ' ';

    if (bnc_is_alnum(before) || before == '.' || before == '-' || before == '_')
        return;
    if (read_enhanced(r->s + r->in, r->len - r->in, &code) == 0 || !announces_status(r->s, r->out))
        return;
    if (r->current < 0) {
        if (r->replies->status.class_ == 0)
            r->replies->status = code;
        return;
    }
    reply = &r->replies->item[r->current];
    if (reply->enhanced.class_ == 0 && (code.class_ == reply->code / 100 || reply->code >= 600))
        reply->enhanced = code;
}

/* Three digits: what they start, if anything, is kept or dropped. */
static void
read_three_digits(reader *r)
{
    unsigned char before = r->out > 0 ? r->s[r->out - 1] : ' ';
    codes found;
    context around;

    /* replies' codes start so; no digit and no dot stands before, see code_places() */
    if (r->s[r->in] < '2' || r->s[r->in] > '6' || before == '-' || before == '_' || before == '/' || before == '+')
        return;
    if (!read_codes(r->s + r->in, r->len - r->in, &found))
        return;
    around = context_before(r->s, r->out);
    if (bnc_is_alpha(before)) {
        /* "Please try550-5.1.1 again": line ends that left no blank behind */
        if (found.separator == '-' && found.enhanced.class_ != 0 && continues(r, &found, around))
            drop(r, found.length);
        return;
    }
    if (continues(r, &found, around)) {
        if (r->current != r->outer)
            own(r, r->outer);
        drop(r, found.length);
    } else if (starts_reply(r, &found, around)) {
        open_reply(r, &found, around);
    }
}

void
bnc_replies_read(bnc_text *text, bnc_replies *replies)
{
    reader r = {text, text->raw, 0, 0, text->len, 0, 0, replies, BNC_PREAMBLE, BNC_PREAMBLE, false, 0, 0, SIZE_MAX, 0};
    uint64_t places;
    size_t base, at;

    memset(&replies->status, 0, sizeof(replies->status));
    replies->count = 0;
    replies->n_spans = 1;
    replies->spans[0].start = 0;
    replies->spans[0].owner = BNC_PREAMBLE;

    /* what was moved ends before in - 1, if anything was: bytes that are still to be judged are as they were */
    for (base = 0; base < r.len; base += BLOCK_STEP) {
        places = code_places(marks_of(r.s + base), r.len - base, base == 0);
        while ((places = not_before(places, base, r.in)) != 0) {
            at = base + (size_t)__builtin_ctzll(places);
            places &= places - 1;
            keep_words(&r, at);
            if (bnc_is_digit(r.s[at + 1]))
                read_three_digits(&r);
            else
                read_status(&r);
        }
    }
    keep_words(&r, r.len);
    move_names(&r);
    text->len = r.out;
    if (text->len > 0 && text->raw[text->len - 1] == ' ')
        text->len--;
}

bool
bnc_reply_has_words(const bnc_text *text, const bnc_replies *replies, int reply)
{
    static const char epilogue[] = "(in reply to";
    size_t i, to;
    int k;

    for (k = 0; k < replies->n_spans; k++) {
        if (replies->spans[k].owner != reply)
            continue;
        i = replies->spans[k].start;
        to = k + 1 < replies->n_spans ? replies->spans[k + 1].start : text->len;
        if (to > text->len)
            to = text->len;
        if (reply >= 0 && i < replies->item[reply].text)
            i = replies->item[reply].text;
        for (; i < to; i++) {
            if (bnc_is_word_byte(text->words[i]))
                return true;
            if (text->raw[i] == '(' && to - i >= sizeof(epilogue) - 1 &&
                memcmp(text->raw + i, epilogue, sizeof(epilogue) - 1) == 0)
                break;
        }
    }
    return false;
}
