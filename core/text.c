/*
 * text.c - slices, masking, and the reading of a diagnostic; see text.h. Folding is in fold.c.
 */
#include "text.h"

#include "bytes.h"

#include <string.h>

bnc_slice
bnc_slice_of(const char *text)
{
    bnc_slice slice = {text, strlen(text)};

    return slice;
}

bool
bnc_slice_equal(bnc_slice a, bnc_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool
bnc_slice_equal_caseless(bnc_slice a, bnc_slice b)
{
    size_t i;

    if (a.len != b.len)
        return false;
    for (i = 0; i < a.len; i++)
        if (bnc_lower((unsigned char)a.data[i]) != bnc_lower((unsigned char)b.data[i]))
            return false;
    return true;
}

bnc_slice
bnc_slice_trim(bnc_slice text)
{
    while (text.len > 0 && (unsigned char)text.data[0] <= ' ') {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && (unsigned char)text.data[text.len - 1] <= ' ')
        text.len--;
    return text;
}

size_t
bnc_find(const unsigned char *hay, size_t len, size_t from, const unsigned char *needle, size_t needle_len)
{
    const unsigned char *at;
    size_t last;

    if (needle_len == 0 || needle_len > len)
        return SIZE_MAX;
    last = len - needle_len;
    while (from <= last) {
        at = memchr(hay + from, needle[0], last - from + 1);
        if (at == NULL)
            return SIZE_MAX;
        from = (size_t)(at - hay);
        if (memcmp(at, needle, needle_len) == 0)
            return from;
        from++;
    }
    return SIZE_MAX;
}

/* ---- sets of bytes ---- */

/* ASCII bytes only: bit c of the 128. */
typedef struct byte_set {
    uint64_t low, high;
} byte_set;

static inline bool
has(const byte_set *set, unsigned char c)
{
    return c < 0x80 && ((c < 64 ? set->low : set->high) >> (c & 63) & 1) != 0;
}

#define DIGITS 0x03ff000000000000u       /* of the low 64 */
#define LETTERS 0x07fffffe07fffffeu      /* of the high 64 */
#define BIT(c) ((uint64_t)1 << ((c)&63)) /* of one byte */

/* RFC 5322 atext, and the dot */
static const byte_set local_bytes = {DIGITS | BIT('.') | BIT('!') | BIT('#') | BIT('$') | BIT('%') | BIT('&') |
                                         BIT('\'') | BIT('*') | BIT('+') | BIT('-') | BIT('/') | BIT('=') | BIT('?'),
                                     LETTERS | BIT('^') | BIT('_') | BIT('{') | BIT('|') | BIT('}') | BIT('~')};
static const byte_set host_bytes = {DIGITS | BIT('.') | BIT('-'), LETTERS | BIT('_')};
static const byte_set id_bytes = {DIGITS | BIT('-'), LETTERS | BIT('_')};
static const byte_set letters = {0, LETTERS};
static const byte_set url_bytes = {0xfffffffe00000000u & ~(BIT('<') | BIT('>') | BIT('"')), 0x7fffffffffffffffu};
static const byte_set closing = {BIT('.') | BIT(',') | BIT(';') | BIT(':') | BIT('!') | BIT('?') | BIT(')') |
                                     BIT('\'') | BIT('-'),
                                 BIT(']') | BIT('}')};

/* Whether all of s is ASCII and, if sign is not 0, without that byte. */
static bool
is_plain(const unsigned char *s, size_t n, unsigned char sign)
{
    uint64_t found = 0;

    for (; n >= 8; s += 8, n -= 8)
        found |= (bnc_load8(s) & BNC_TOPS8) | (sign != 0 ? bnc_equal8(bnc_load8(s), sign) : 0);
    for (; n > 0; s++, n--)
        found |= (uint64_t)(*s >= 0x80 || (sign != 0 && *s == sign));
    return found == 0;
}

size_t
bnc_next_digit(const unsigned char *s, size_t len, size_t at)
{
    while (at < len && !bnc_is_digit(s[at]))
        at += len - at >= 8 && bnc_between8(bnc_load8(s + at) & ~BNC_TOPS8, '0', '9') == 0 ? 8 : 1;
    return at;
}

/* ---- masking ---- */

/* Top-level domains of more than two letters, and the usual private ones (RFC 6761, RFC 6762). */
static bool
is_top_level(const unsigned char *s, size_t n)
{
    static const char names[] =
        " com net org edu gov mil int info biz name pro mobi aero coop museum jobs travel tel cat asia post xxx arpa"
        " local localdomain localhost lan internal intranet corp home private invalid test example onion"
        " app dev page blog cloud online site store shop tech xyz top club live life world today space website"
        " email mail agency company solutions services systems network digital media studio design group team"
        " global international center support software technology academy education school university health"
        " care clinic hospital bank finance money insurance legal law consulting marketing business ventures"
        " capital partners holdings estate properties house homes land farm garden kitchen restaurant cafe bar"
        " hotel tours voyage events wedding photo photos photography gallery art music video film games game"
        " sport fitness yoga run bike cars auto taxi news press guide wiki link click host hosting domains"
        " berlin hamburg koeln cologne bayern wien paris london madrid barcelona amsterdam brussels nyc tokyo"
        " osaka kyoto moscow istanbul quebec wales scot eus gal bzh zuerich swiss africa cymru tirol ruhr saarland ";
    char word[16];

    if (n == 2)
        return bnc_is_alpha(s[0]) && bnc_is_alpha(s[1]);
    if (n < 3 || n > sizeof(word) - 3)
        return n >= 5 && memcmp(s, "xn--", 4) == 0;
    word[0] = ' ';
    memcpy(word + 1, s, n);
    word[n + 1] = ' ';
    word[n + 2] = '\0';
    return strstr(names, word) != NULL;
}

/* Whether s is a host name of at least two labels, or an IPv4 address. */
static bool
is_host(const unsigned char *s, size_t n)
{
    size_t last = n;
    size_t dots = 0;
    size_t i;
    bool digits = true;

    for (i = 0; i < n; i++) {
        if (s[i] == '.') {
            if (i == 0 || s[i - 1] == '.')
                return false;
            dots++;
            last = i + 1;
        } else if (!bnc_is_digit(s[i])) {
            digits = false;
        }
    }
    if (dots == 0 || last >= n)
        return false;
    if (digits)
        return dots == 3;
    return is_top_level(s + last, n - last);
}

/* The end of what starts at from and goes on in the set, without closing punctuation. */
static size_t
run_end(const unsigned char *s, size_t n, size_t from, const byte_set *set)
{
    size_t end = from;

    while (end < n && has(set, s[end]))
        end++;
    while (end > from && has(&closing, s[end - 1]))
        end--;
    return end;
}

static size_t
run_start(const unsigned char *s, size_t floor, size_t from, const byte_set *set)
{
    while (from > floor && has(set, s[from - 1]))
        from--;
    return from;
}

typedef struct span {
    size_t start, end;
} span;

#define LITERAL_MAX 80 /* bytes of an address literal, RFC 5321 section 4.1.3 */

/* The address around the @ at `at`, empty if there is none; nothing before floor belongs to it. */
static span
address_around(const unsigned char *s, size_t n, size_t floor, size_t at)
{
    span none = {at, at};
    span found;
    size_t back;

    found.start = run_start(s, floor, at, &local_bytes);
    while (found.start < at && (s[found.start] == '\'' || s[found.start] == '.' || s[found.start] == '='))
        found.start++;
    if (found.start == at && at > floor && s[at - 1] == '"') {
        for (back = at - 1; back > floor && at - back < 65; back--)
            if (s[back - 1] == '"') {
                found.start = back - 1;
                break;
            }
    }
    if (at + 1 < n && s[at + 1] == '[') {
        for (found.end = at + 2;
             found.end < n && found.end < at + LITERAL_MAX && s[found.end] != ']' && s[found.end] != ' ';)
            found.end++;
        if (found.end < n && s[found.end] == ']')
            found.end++;
    } else {
        found.end = run_end(s, n, at + 1, &host_bytes);
    }
    if (found.end == at + 1)
        return none;
    if (found.start == at && !is_host(s + at + 1, found.end - at - 1))
        return none;
    return found;
}

/* The host name or URL without a scheme around the dot; if there is none, empty, at the end of what is none. */
static span
host_around(const unsigned char *s, size_t n, size_t floor, size_t dot)
{
    span none = {dot, dot};
    span found;

    found.start = run_start(s, floor, dot, &host_bytes);
    while (found.start < dot && !bnc_is_alnum(s[found.start]))
        found.start++;
    found.end = run_end(s, n, dot, &host_bytes);
    if (found.end <= dot || !is_host(s + found.start, found.end - found.start)) {
        if (found.end > dot)
            none.start = none.end = found.end;
        return none;
    }
    if (found.end < n && s[found.end] == '/')
        found.end = run_end(s, n, found.end, &url_bytes);
    return found;
}

/*
 * Queue and message ids: eight or more letters and digits that change places at least twice
 * (4XfUll0tQ9zB); provider codes (OFR006_102, S2017062302, AUP#In-1310) change once.
 */
static bool
is_queue_id(const unsigned char *s, size_t n)
{
    size_t changes = 0;
    size_t i;
    int last = -1;
    int kind;

    if (n < 8)
        return false;
    for (i = 0; i < n; i++) {
        if (!bnc_is_alnum(s[i]))
            continue;
        kind = bnc_is_digit(s[i]) ? 1 : 0;
        if (last >= 0 && kind != last)
            changes++;
        last = kind;
    }
    return changes >= 2;
}

/* What follows these is an id, whatever its shape. */
static bool
follows_id_word(const unsigned char *s, size_t start)
{
    static const char *const words[] = {" id=",      "(id=",       "queued as ",  "queue id ",    "queue-id ",
                                        "queueid: ", "queue id: ", "message id ", "message-id: ", "session id "};
    size_t i, len;

    if (start == 0 || (s[start - 1] != '=' && s[start - 1] != ' '))
        return false;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        len = strlen(words[i]);
        if (start >= len && memcmp(s + start - len, words[i], len) == 0)
            return true;
    }
    return false;
}

static void
note_name(bnc_text *text, size_t start, size_t end)
{
    bnc_name_span *last = &text->names[BNC_NAMES_MAX - 1];

    if (text->n_names < BNC_NAMES_MAX) {
        text->names[text->n_names].start = (uint16_t)start;
        text->names[text->n_names++].end = (uint16_t)end;
        return;
    }
    if (last->start > start)
        last->start = (uint16_t)start;
    if (last->end < end)
        last->end = (uint16_t)end;
}

/* Ids hold a digit: only runs around digits are looked at. */
static void
mask_ids(bnc_text *text)
{
    unsigned char *words = text->words;
    size_t at = 0;
    size_t from, to;

    while ((at = bnc_next_digit(words, text->len, at)) < text->len) {
        for (from = at; from > 0 && has(&id_bytes, words[from - 1]); from--)
            ;
        for (to = at + 1; to < text->len && has(&id_bytes, words[to]); to++)
            ;
        if (is_queue_id(text->raw + from, to - from) || follows_id_word(text->raw, from)) {
            memset(words + from, BNC_MASK, to - from);
            note_name(text, from, to);
        }
        at = to;
    }
}

/* "host mx.example.com[192.0.2.1] said:": the word "host" is the reporter's, and no server's. */
static bool
is_reporter(const unsigned char *s, size_t n, span name)
{
    size_t end = name.end;

    if (name.start < 5 || end >= n || s[end] != '[' || memcmp(s + name.start - 5, "host ", 5) != 0)
        return false;
    while (end < n && s[end] != ']' && s[end] != ' ')
        end++;
    return n - end > 6 && (memcmp(s + end, "] said", 6) == 0 || memcmp(s + end, "] refu", 6) == 0);
}

/* Every name has one of these. */
static const byte_set name_signs = {BIT('.') | BIT(':'), BIT('@')};

bool
bnc_text_mask(bnc_text *text)
{
    const unsigned char *raw = text->raw;
    size_t len = text->len;
    size_t floor = 0; /* end of what is masked already */
    size_t i = 0;
    span found;
    uint64_t w;

    memcpy(text->words, raw, len);
    text->n_names = 0;
    text->wide = !is_plain(raw, len, BNC_WIDE_SIGN);
    while (i < len) {
        if (!has(&name_signs, raw[i])) {
            /* raw has room after it for eight more */
            w = bnc_load8(raw + i);
            i += (bnc_equal8(w, '.') | bnc_equal8(w, ':') | bnc_equal8(w, '@')) == 0 ? 8 : 1;
            continue;
        }
        found.start = found.end = i;
        if (raw[i] == '@') {
            found = address_around(raw, len, floor, i);
        } else if (raw[i] == ':' && len - i > 3 && raw[i + 1] == '/' && raw[i + 2] == '/') {
            found.start = run_start(raw, floor, i, &letters);
            found.end = run_end(raw, len, i, &url_bytes);
        } else if (raw[i] == '.' && i > floor && i + 1 < len && bnc_is_alnum(raw[i + 1])) {
            found = host_around(raw, len, floor, i);
            /* an address's local part may hold dots: leave it to its @ */
            if (found.end > found.start && found.end < len && raw[found.end] == '@')
                found.start = found.end;
        }
        if (found.end > found.start && found.end > i) {
            memset(text->words + found.start, BNC_MASK, found.end - found.start);
            if (is_reporter(raw, len, found))
                memset(text->words + found.start - 5, BNC_MASK, 4);
            note_name(text, found.start, found.end);
            i = floor = found.end;
        } else {
            /* no other dot of the same run makes a host name of it */
            i = found.end > i ? found.end : i + 1;
        }
    }
    mask_ids(text);
    return text->n_names > 0;
}

/* The type in front of a Diagnostic-Code (RFC 3464 section 2.3.6), and the field's name. */
static size_t
diagnostic_prefix(bnc_slice text)
{
    static const char *const prefixes[] = {"diagnostic-code:", "smtp;",      "lmtp;", "esmtp;",
                                           "x-unix;",          "x-postfix;", "unix;"};
    bnc_slice head;
    size_t i;

    if (text.len == 0)
        return 0;
    switch (bnc_lower((unsigned char)text.data[0])) {
    case 'd':
    case 'e':
    case 'l':
    case 's':
    case 'u':
    case 'x':
        break;
    default:
        return 0;
    }
    for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        head = bnc_slice_of(prefixes[i]);
        if (text.len >= head.len && bnc_slice_equal_caseless((bnc_slice){text.data, head.len}, head))
            return head.len;
    }
    return 0;
}

void
bnc_text_read(bnc_text *text, bnc_slice diagnostic)
{
    size_t prefix;

    if (diagnostic.data == NULL)
        diagnostic = bnc_slice_of("");
    if (diagnostic.len > BNC_HEAD)
        diagnostic.len = BNC_HEAD;
    do {
        diagnostic = bnc_slice_trim(diagnostic);
        prefix = diagnostic_prefix(diagnostic);
        diagnostic.data += prefix;
        diagnostic.len -= prefix;
    } while (prefix > 0);
    text->len = bnc_fold(diagnostic, text->raw, BNC_TEXT_MAX, text->lines, &text->n_lines);
    if (text->len > 0 && text->raw[text->len - 1] == ' ')
        text->len--;
}
