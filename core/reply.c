/*
 * reply.c - replies, see reply.h.
 *
 * One pass over the folded text looks at each number of three digits and decides what it is: the
 * start of a reply, a continuation code to be dropped, or just a number. Logs flatten line ends, so
 * the shape of the neighbourhood decides, not the line structure alone.
 */
#include "reply.h"

#include <string.h>

static bool
in_list(const char *list, const unsigned char *word, size_t n)
{
    char padded[20];

    if (n == 0 || n > sizeof(padded) - 3)
        return false;
    padded[0] = ' ';
    memcpy(padded + 1, word, n);
    padded[n + 1] = ' ';
    padded[n + 2] = '\0';
    return strstr(list, padded) != NULL;
}

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

/* A number before one of these is an amount. */
static bool
is_unit(const unsigned char *word, size_t n)
{
    return in_list(" kb mb gb b kib mib byte bytes kbytes k m seconds secs sec s minutes mins minute hours hour h days"
                   " day percent ms hops times ",
                   word, n);
}

/* A bare number among words before one of these counts something. */
static bool
is_countable(const unsigned char *word, size_t n)
{
    return in_list(" messages mails emails recipients recipient( connections users per of x and or ", word, n);
}

/* A number after one of these is an amount or a port. */
static bool
is_counting_word(const unsigned char *word, size_t n)
{
    return in_list(" of size limit limits than exceeds exceed exceeded max maximum minimum over port ports only about"
                   " least most under within every after last first page room box suite line rule score version"
                   " pid uid gid exit signal mail ticket case ",
                   word, n);
}

/* A reply code after one of these words is reported, not sent here. */
static bool
is_reporting_word(const unsigned char *word, size_t n)
{
    return in_list(
        " said said: returned responded response replied reply error code status smtp with was reason because"
        " address result by answer answered failed failure diagnostic-code diagnostic permanent rejected"
        " got received message ",
        word, n);
}

/* Reads "5.1.1" at s; *length gets its bytes. False if there is none, or it is part of a longer number. */
static bool
read_enhanced(const unsigned char *s, size_t n, bnc_enhanced *code, size_t *length)
{
    size_t i = 0;
    unsigned part[3];
    int k;
    size_t digits;

    for (k = 0; k < 3; k++) {
        if (k > 0) {
            if (i >= n || s[i] != '.')
                return false;
            i++;
        }
        part[k] = 0;
        for (digits = 0; i < n && bnc_is_digit(s[i]) && digits < 4; digits++)
            part[k] = part[k] * 10 + (unsigned)(s[i++] - '0');
        if (digits == 0 || digits > 3)
            return false;
    }
    if ((part[0] != 2 && part[0] != 4 && part[0] != 5) || part[1] > 7)
        return false;
    if (i < n && (bnc_is_alnum(s[i]) || (s[i] == '.' && i + 1 < n && bnc_is_digit(s[i + 1]))))
        return false;
    code->class_ = (uint16_t)part[0];
    code->subject = (uint16_t)part[1];
    code->detail = (uint16_t)part[2];
    *length = i;
    return true;
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

static bool
read_codes(const unsigned char *s, size_t n, codes *found)
{
    size_t i = 3;
    size_t length;

    if (n < 3 || !bnc_is_digit(s[0]) || !bnc_is_digit(s[1]) || !bnc_is_digit(s[2]) || (n > 3 && bnc_is_alnum(s[3])))
        return false;
    found->code = (unsigned)(s[0] - '0') * 100 + (unsigned)(s[1] - '0') * 10 + (unsigned)(s[2] - '0');
    found->separator = n > 3 ? s[3] : 0;
    memset(&found->enhanced, 0, sizeof(found->enhanced));
    if (i < n && s[i] == '.' && i + 1 < n && bnc_is_digit(s[i + 1]))
        return false;
    if (i < n && (s[i] == '-' || s[i] == ' ' || s[i] == ':' || s[i] == ',' || s[i] == ';'))
        i++;
    if (i < n && s[i] == ' ')
        i++;
    length = i;
    if (i < n && (s[i] == '#' || s[i] == '(' || s[i] == '['))
        i++;
    if (i < n && s[i] == '#')
        i++;
    if (n - i >= 5 && read_enhanced(s + i, n - i, &found->enhanced, &length)) {
        i += length;
        while (i < n && (s[i] == ' ' || s[i] == ')' || s[i] == ']' || s[i] == ':'))
            i++;
    } else {
        i = length;
    }
    found->length = i;
    return true;
}

/* What stands before a place in the text. */
typedef struct context {
    unsigned char before; /* last byte that is no blank, 0 at the start */
    const unsigned char *word;
    size_t word_len;
} context;

#define WORD_MAX 64 /* bytes of a word that is looked at: those that matter are short */

static context
context_before(const unsigned char *s, size_t end)
{
    context c = {0, NULL, 0};
    size_t start;

    while (end > 0 && s[end - 1] == ' ')
        end--;
    if (end == 0)
        return c;
    c.before = s[end - 1];
    for (start = end; start > 0 && s[start - 1] != ' ' && end - start < WORD_MAX; start--)
        ;
    c.word = s + start;
    c.word_len = end - start;
    return c;
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

static bool
is_introducer(unsigned char c)
{
    return c != 0 && strchr("([<{\"':;>=#|", c) != NULL;
}

/* Whether the number at s + i starts a reply, from what stands around it. */
static bool
starts_reply(const unsigned char *s, size_t n, size_t i, const codes *found, context before, bool at_line)
{
    unsigned klass = found->code / 100;
    size_t word = i + found->length;
    size_t end;

    if (klass < 2 || klass > 6)
        return false;
    if (found->enhanced.class_ != 0)
        return klass == 4 || klass == 5 || klass == found->enhanced.class_;
    for (end = word; end < n && end < word + WORD_MAX && (bnc_is_alnum(s[end]) || s[end] == '('); end++)
        ;
    if (before.before != 0 && is_unit(s + word, end - word))
        return false;
    if (before.word != NULL && is_counting_word(before.word, before.word_len))
        return false;
    if (before.before == 0 || at_line)
        return klass == 4 || klass == 5 || is_known_code(found->code) || (found->code >= 211 && found->code <= 253) ||
               found->code == 354;
    if (found->separator != 0 && strchr(" -:,;.)]'\"#<>", found->separator) == NULL)
        return false;
    if (is_introducer(before.before) || is_reporting_word(before.word, before.word_len))
        return is_known_code(found->code) || (found->code >= 250 && found->code <= 252);
    /* bare among words: words must follow */
    return is_known_code(found->code) && word < n && !is_countable(s + word, end - word) &&
           (found->separator == ' ' || found->separator == '-') &&
           (bnc_is_word_byte(s[word]) || s[word] == BNC_MASK || (s[word] != 0 && strchr("<#['\"", s[word]) != NULL));
}

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
    size_t name; /* next end of text->names: twice the entry, one more for its end */
    bnc_replies *replies;
    int outer;             /* the reply that sequential text belongs to, BNC_PREAMBLE before the first */
    int current;           /* outer, or the one nested in it */
    bool multi;            /* outer was opened by a continuation code */
    unsigned char closing; /* ends the nested reply, 0 if only outer's next line does */
    int depth;
    size_t words_from;  /* where outer's text started when words were found in it, SIZE_MAX: none were */
    size_t report_from; /* outer's text has no "command)" before here */
} reader;

/* Ends of names up to here move with the text, which has lost codes before them. */
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

static void
own(reader *r, int owner)
{
    bnc_replies *replies = r->replies;
    bnc_span *last = &replies->spans[replies->n_spans - 1];

    r->current = owner;
    if (last->start == r->out) {
        last->owner = (int16_t)owner;
    } else if (replies->n_spans < BNC_SPANS_MAX) {
        replies->spans[replies->n_spans].start = (uint16_t)r->out;
        replies->spans[replies->n_spans].owner = (int16_t)owner;
        replies->n_spans++;
    }
}

/* Whether the codes found repeat those of the outer reply: one more line of it. */
static bool
continues(const reader *r, const codes *found, context before, bool at_line)
{
    const bnc_reply *outer;

    if (r->outer < 0)
        return false;
    outer = &r->replies->item[r->outer];
    if (found->code != outer->code)
        return false;
    if (found->separator == '-')
        return found->enhanced.class_ != 0 || r->multi || at_line;
    if (found->separator != ' ' && found->separator != 0)
        return false;
    if (!same_enhanced(found->enhanced, outer->enhanced))
        return false;
    /* "550-Response: 550 no such user" reports another server's reply */
    if (!at_line && is_introducer(before.before))
        return false;
    return r->multi || found->enhanced.class_ != 0;
}

/* Drops the codes from the text; the words before and after stay apart by one blank. */
static void
skip_codes(reader *r, const codes *found)
{
    move_names(r);
    r->in += found->length;
    if (r->out > 0 && r->s[r->out - 1] != ' ')
        r->s[r->out++] = ' ';
}

static void
copy_codes(reader *r, const codes *found)
{
    memmove(r->s + r->out, r->s + r->in, found->length);
    r->in += found->length;
    r->out += found->length;
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

static void
open_reply(reader *r, const codes *found, context before, bool at_line)
{
    bnc_replies *replies = r->replies;
    bnc_reply *outer = r->outer >= 0 ? &replies->item[r->outer] : NULL;
    bnc_reply *reply;
    bool bracket = closing_of(before.before) != 0;
    bool reported;

    /* "550 5.7.1 550 User unknown": a code repeated before any word is the same reply */
    if (outer != NULL && r->current == r->outer && !outer_has_words(r)) {
        if (outer->enhanced.class_ == 0)
            outer->enhanced = found->enhanced;
        if (outer->code / 100 != 5 && found->code / 100 == 5)
            outer->code = (uint16_t)found->code;
        r->multi = r->multi || found->separator == '-';
        copy_codes(r, found);
        outer->text = (uint16_t)r->out;
        return;
    }
    if (replies->count >= BNC_REPLIES_MAX) {
        copy_codes(r, found);
        return;
    }
    /* a transcript's "<<< 550" is no report inside another reply, nor is what follows "command);" */
    reported = outer != NULL && !at_line && outer->code / 100 >= 4 &&
               !(before.word_len >= 3 && memcmp(before.word, "<<<", 3) == 0) && before.before != ';' &&
               (is_introducer(before.before) || is_reporting_word(before.word, before.word_len));
    reply = &replies->item[replies->count];
    reply->code = (uint16_t)found->code;
    reply->enhanced = found->enhanced;
    reply->nested = reported;
    own(r, replies->count);
    copy_codes(r, found);
    reply->text = (uint16_t)r->out;
    if (reported) {
        r->closing = bracket ? closing_of(before.before) : 0;
        r->depth = 1;
    } else {
        r->outer = replies->count;
        r->multi = found->separator == '-';
    }
    replies->count++;
}

/* "(in reply to RCPT TO command); host other.example said: 550 ...": the next report is not nested. */
static bool
report_ended(reader *r)
{
    static const char ends[] = "command)";
    size_t text, at;

    if (r->outer < 0)
        return false;
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

/* "Exim 4.2.2" is a version: after a word, only those words that announce a code may stand. */
static bool
announces_code(const unsigned char *s, size_t at)
{
    context c = context_before(s, at);

    return c.word == NULL || !bnc_is_word_byte(c.before) ||
           in_list(" status code error dsn smtp enhanced failed failure delayed permanent transient persistent ",
                   c.word, c.word_len);
}

static void
read_status(reader *r, size_t at)
{
    bnc_enhanced code;
    size_t length;
    bnc_reply *reply;
    unsigned char before = at > 0 ? r->s[at - 1] : ' ';

    if (bnc_is_alnum(before) || before == '.' || before == '-' || before == '_')
        return;
    if (!read_enhanced(r->s + at, r->len - at, &code, &length) || !announces_code(r->s, at))
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

/* Nothing but digits can start a reply. */
static void
copy_up_to_digit(reader *r)
{
    size_t to = bnc_next_digit(r->s, r->len, r->in);

    if (r->out != r->in)
        memmove(r->s + r->out, r->s + r->in, to - r->in);
    r->out += to - r->in;
    r->in = to;
}

void
bnc_replies_read(bnc_text *text, bnc_replies *replies)
{
    reader r = {text, text->raw, 0, 0, text->len, 0, 0, replies, BNC_PREAMBLE, BNC_PREAMBLE, false, 0, 0, SIZE_MAX, 0};
    unsigned char c, before;
    bool at_line;
    codes found;
    context around;

    memset(&replies->status, 0, sizeof(replies->status));
    replies->count = 0;
    replies->n_spans = 1;
    replies->spans[0].start = 0;
    replies->spans[0].owner = BNC_PREAMBLE;

    while (r.in < r.len) {
        if (r.current == r.outer || r.closing == 0)
            copy_up_to_digit(&r);
        if (r.in == r.len)
            break;
        c = r.s[r.in];
        if (r.current != r.outer && r.closing != 0) {
            if (c == r.closing && --r.depth == 0)
                own(&r, r.outer);
            else if (c != r.closing && closing_of(c) == r.closing)
                r.depth++;
        }
        if (bnc_is_digit(c)) {
            before = r.out > 0 ? r.s[r.out - 1] : ' ';
            while (r.line < text->n_lines && text->lines[r.line] < r.in)
                r.line++;
            at_line = r.line < text->n_lines && text->lines[r.line] == r.in;
            if (!bnc_is_alnum(before) && before != '.' && before != '-' && before != '_' && before != '/' &&
                before != '+' && read_codes(r.s + r.in, r.len - r.in, &found)) {
                around = context_before(r.s, r.out);
                if (continues(&r, &found, around, at_line)) {
                    if (r.current != r.outer)
                        own(&r, r.outer);
                    skip_codes(&r, &found);
                    continue;
                }
                if (starts_reply(r.s, r.len, r.in, &found, around, at_line)) {
                    if (report_ended(&r))
                        around.before = ';';
                    open_reply(&r, &found, around, at_line);
                    continue;
                }
            }
            /* "Please try550-5.1.1 again": line ends that left no blank behind */
            if (r.outer >= 0 && bnc_is_alpha(before) && read_codes(r.s + r.in, r.len - r.in, &found) &&
                found.separator == '-' && found.enhanced.class_ != 0 &&
                continues(&r, &found, context_before(r.s, r.out), false)) {
                skip_codes(&r, &found);
                continue;
            }
            read_status(&r, r.in);
        }
        r.s[r.out++] = r.s[r.in++];
    }
    move_names(&r);
    text->len = r.out;
    if (text->len > 0 && text->raw[text->len - 1] == ' ')
        text->len--;
}

bool
bnc_reply_has_words(const bnc_text *text, const bnc_replies *replies, int reply)
{
    static const char epilogue[] = "(in reply to";
    size_t from, to, cut;
    int k;

    for (k = 0; k < replies->n_spans; k++) {
        if (replies->spans[k].owner != reply)
            continue;
        from = replies->spans[k].start;
        to = k + 1 < replies->n_spans ? replies->spans[k + 1].start : text->len;
        if (reply >= 0 && from < replies->item[reply].text)
            from = replies->item[reply].text;
        if (from > to)
            continue;
        cut = bnc_find(text->raw, to, from, (const unsigned char *)epilogue, sizeof(epilogue) - 1);
        if (cut != SIZE_MAX)
            to = cut;
        for (; from < to; from++)
            if (bnc_is_word_byte(text->words[from]))
                return true;
    }
    return false;
}
