/*
 * text.c - folding; see text.h.
 *
 * Folding never looks at a locale: ASCII always, and in well-formed UTF-8 also the letters of the
 * Latin, Greek and Cyrillic blocks of two bytes. Text in another charset keeps its bytes.
 */
#include "text.h"

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

/* ---- eight bytes at a time ---- */

#define EACH(c) (0x0101010101010101u * (c))
#define TOPS EACH(0x80)

static inline uint64_t
load(const unsigned char *s)
{
    uint64_t w;

    memcpy(&w, s, sizeof(w));
    return w;
}

/* The top bit of each byte that is c; of no other (byte order does not matter). */
static inline uint64_t
equal(uint64_t w, unsigned char c)
{
    uint64_t x = w ^ EACH(c);

    return ~(((x & ~TOPS) + ~TOPS) | x | ~TOPS);
}

/* Of ASCII bytes: the top bit of each that lies in [low, high]. */
static inline uint64_t
between(uint64_t w, unsigned char low, unsigned char high)
{
    return (w + EACH(0x80 - low)) & ~(w + EACH(0x7f - high)) & TOPS;
}

/* Whether all of s is ASCII and, if sign is not 0, without that byte. */
static bool
is_plain(const unsigned char *s, size_t n, unsigned char sign)
{
    uint64_t found = 0;

    for (; n >= 8; s += 8, n -= 8)
        found |= (load(s) & TOPS) | (sign != 0 ? equal(load(s), sign) : 0);
    for (; n > 0; s++, n--)
        found |= (uint64_t)(*s >= 0x80 || (sign != 0 && *s == sign));
    return found == 0;
}

size_t
bnc_next_digit(const unsigned char *s, size_t len, size_t at)
{
    while (at < len && !bnc_is_digit(s[at]))
        at += len - at >= 8 && between(load(s + at) & ~TOPS, '0', '9') == 0 ? 8 : 1;
    return at;
}

/* ---- folding ---- */

/* The length of the well-formed UTF-8 sequence at s (RFC 3629), 0 if there is none. */
static size_t
utf8_length(const unsigned char *s, size_t n)
{
    size_t need;
    size_t i;

    if (s[0] < 0x80)
        return 1;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        need = 2;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        need = 3;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        need = 4;
    else
        return 0;
    if (n < need)
        return 0;
    for (i = 1; i < need; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return need;
}

bool
bnc_is_utf8(const unsigned char *s, size_t n)
{
    size_t i = 0;
    size_t step;

    if (is_plain(s, n, 0))
        return true;
    while (i < n) {
        step = utf8_length(s + i, n - i);
        if (step == 0)
            return n - i < 4 && s[i] >= 0xc2;
        i += step;
    }
    return true;
}

/* Lower case of a code point below U+0800 (Unicode simple case mapping of the blocks named above). */
static unsigned
lower_code_point(unsigned c)
{
    if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3ab) || (c >= 0x410 && c <= 0x42f))
        return c + 0x20;
    if (c == 0x130)
        return 'i';
    if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481) ||
        (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f))
        return c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
        return (c & 1) ? c + 1 : c;
    if (c == 0x386)
        return 0x3ac;
    if (c >= 0x388 && c <= 0x38a)
        return c + 37;
    if (c == 0x38c)
        return 0x3cc;
    if (c == 0x38e || c == 0x38f)
        return c + 63;
    if (c >= 0x400 && c <= 0x40f)
        return c + 0x50;
    return c;
}

/* The plain ASCII that stands for a typographic sign, NULL if it is none; length is its bytes. */
static const char *
plain_sign(const unsigned char *s, size_t length)
{
    if (length == 2 && s[0] == 0xc2) {
        switch (s[1]) {
        case 0xa0:
            return " ";
        case 0xb4:
            return "'";
        case 0xab:
        case 0xbb:
            return "\"";
        case 0xad: /* soft hyphen */
            return "";
        }
    }
    if (length == 3 && s[0] == 0xe2 && s[1] == 0x80) {
        if (s[2] <= 0x8a || s[2] == 0xa8 || s[2] == 0xa9 || s[2] == 0xaf)
            return " ";
        if (s[2] >= 0x8b && s[2] <= 0x8f)
            return "";
        if (s[2] >= 0x90 && s[2] <= 0x95)
            return "-";
        if ((s[2] >= 0x98 && s[2] <= 0x9b) || s[2] == 0xb2 || s[2] == 0xb9 || s[2] == 0xba)
            return "'";
        if ((s[2] >= 0x9c && s[2] <= 0x9f) || s[2] == 0xb3)
            return "\"";
        if (s[2] == 0xa6)
            return "...";
    }
    if (length == 3 && s[0] == 0xe3 && s[1] == 0x80 && s[2] == 0x80)
        return " ";
    if (length == 3 && s[0] == 0xef && s[1] == 0xbb && s[2] == 0xbf)
        return "";
    return NULL;
}

/* The ASCII byte of a full-width form (U+FF01 to U+FF5E), 0 if it is none. */
static unsigned char
half_width(const unsigned char *s, size_t length)
{
    if (length != 3 || s[0] != 0xef)
        return 0;
    if (s[1] == 0xbc && s[2] >= 0x81)
        return (unsigned char)(s[2] - 0x81 + '!');
    if (s[1] == 0xbd && s[2] <= 0x9e)
        return (unsigned char)(s[2] - 0x80 + '`');
    return 0;
}

static int
hex_value(unsigned char c)
{
    if (bnc_is_digit(c))
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* The byte that quoted-printable (RFC 2045) "=XX" at s stands for, -1 if there is none. */
static int
quoted_printable(const unsigned char *s, size_t n)
{
    int high, low;

    if (n < 3 || s[0] != '=')
        return -1;
    high = hex_value(s[1]);
    low = hex_value(s[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Left-over quoted-printable: at least two bytes of it, none ASCII, so that "=41" of a URL stays. */
static bool
is_quoted_printable(const unsigned char *s, size_t n)
{
    return quoted_printable(s, n) >= 0x80 && n >= 6 && quoted_printable(s + 3, n - 3) >= 0x40;
}

/* The character of a left-over HTML entity at s; *length gets its bytes, 0 if there is none. */
static unsigned char
html_entity(const unsigned char *s, size_t n, size_t *length)
{
    static const struct {
        const char *name;
        unsigned char c;
    } entities[] = {{"&lt;", '<'},   {"&gt;", '>'},  {"&amp;", '&'},   {"&quot;", '"'},
                    {"&#39;", '\''}, {"&#34;", '"'}, {"&apos;", '\''}, {"&nbsp;", ' '}};
    size_t i, len;

    for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        len = strlen(entities[i].name);
        if (n >= len && memcmp(s, entities[i].name, len) == 0) {
            *length = len;
            return entities[i].c;
        }
    }
    *length = 0;
    return 0;
}

/* "unknown.Please": a full stop that parts two sentences although no blank follows; no host name. */
static bool
is_glued_sentence(const unsigned char *s, size_t n, size_t dot)
{
    size_t i;

    if (dot == 0 || dot + 2 >= n || !bnc_is_lower(s[dot - 1]) || !bnc_is_upper(s[dot + 1]) ||
        !(bnc_is_lower(s[dot + 2]) || s[dot + 2] == ' '))
        return false;
    for (i = dot + 1; i < n && (bnc_is_alnum(s[i]) || s[i] == '-'); i++)
        ;
    return !(i + 1 < n && s[i] == '.' && bnc_is_alnum(s[i + 1]));
}

typedef struct fold_state {
    unsigned char *out;
    size_t cap, len;
    uint16_t *lines;
    size_t *n_lines;
    bool at_line; /* the next byte that is no blank starts a line */
} fold_state;

static void
put(fold_state *f, unsigned char c)
{
    if (f->len >= f->cap)
        return;
    if (c == ' ') {
        if (f->len == 0 || f->out[f->len - 1] != ' ')
            f->out[f->len++] = ' ';
        return;
    }
    if (f->at_line && f->lines != NULL && *f->n_lines < BNC_LINES_MAX)
        f->lines[(*f->n_lines)++] = (uint16_t)f->len;
    f->at_line = false;
    f->out[f->len++] = c;
}

static void
put_code_point(fold_state *f, unsigned c)
{
    if (c < 0x80) {
        put(f, (unsigned char)c);
    } else {
        put(f, (unsigned char)(0xc0 | (c >> 6)));
        put(f, (unsigned char)(0x80 | (c & 0x3f)));
    }
}

/* One character that is not ASCII; returns its bytes. */
static size_t
fold_wide(fold_state *f, const unsigned char *s, size_t n, bool utf8)
{
    size_t length = utf8 ? utf8_length(s, n) : 0;
    const char *plain;
    unsigned char half;
    size_t i;

    if (length == 0) {
        put(f, s[0]);
        return 1;
    }
    plain = plain_sign(s, length);
    if (plain != NULL) {
        for (i = 0; plain[i] != '\0'; i++)
            put(f, (unsigned char)plain[i]);
        return length;
    }
    half = half_width(s, length);
    if (half != 0) {
        put(f, bnc_lower(half));
        return length;
    }
    if (length == 2) {
        put_code_point(f, lower_code_point((unsigned)(s[0] & 0x1f) << 6 | (s[1] & 0x3f)));
        return length;
    }
    for (i = 0; i < length; i++)
        put(f, s[i]);
    return length;
}

/* Left-over quoted-printable at s; returns the bytes read. */
static size_t
fold_quoted_printable(fold_state *f, const unsigned char *s, size_t n)
{
    unsigned char bytes[256];
    size_t got = 0;
    size_t used = 0;
    bool utf8;

    while (got < sizeof(bytes) && quoted_printable(s + got * 3, n - got * 3) >= 0) {
        bytes[got] = (unsigned char)quoted_printable(s + got * 3, n - got * 3);
        got++;
    }
    utf8 = bnc_is_utf8(bytes, got);
    while (used < got)
        if (bytes[used] >= 0x80)
            used += fold_wide(f, bytes + used, got - used, utf8);
        else
            put(f, bytes[used] <= ' ' ? ' ' : bnc_lower(bytes[used])), used++;
    return got * 3;
}

/* The character at s + i, whatever it is; returns the bytes read. */
static size_t
fold_one(fold_state *f, const unsigned char *s, size_t n, size_t i, bool utf8)
{
    unsigned char c = s[i];
    unsigned char entity;
    size_t length;

    if (c >= 0x80) {
        /* a quotation mark of windows-1252 between ASCII letters: doesn\x92t */
        if (!utf8 && (c == 0x91 || c == 0x92) && i > 0 && bnc_is_alpha(s[i - 1]) && i + 1 < n &&
            bnc_is_alpha(s[i + 1])) {
            put(f, '\'');
            return 1;
        }
        return fold_wide(f, s + i, n - i, utf8);
    }
    if (c <= ' ' || c == BNC_MASK) {
        if (c == '\n' || c == '\r')
            f->at_line = true;
        put(f, ' ');
        return 1;
    }
    /* line ends that a log has written out as \r\n */
    if (c == '\\' && i + 1 < n && (s[i + 1] == 'n' || s[i + 1] == 'r' || s[i + 1] == 't')) {
        if (s[i + 1] != 't')
            f->at_line = true;
        put(f, ' ');
        return 2;
    }
    if (c == '&') {
        entity = html_entity(s + i, n - i, &length);
        if (length > 0) {
            put(f, entity);
            return length;
        }
    }
    if (c == '=' && is_quoted_printable(s + i, n - i))
        return fold_quoted_printable(f, s + i, n - i);
    put(f, c == '`' ? '\'' : bnc_lower(c));
    if (c == '.' && is_glued_sentence(s, n, i))
        put(f, ' ');
    return 1;
}

static const byte_set plain_bytes = {DIGITS | BIT('(') | BIT(')') | BIT(',') | BIT('-') | BIT('/') | BIT(':') |
                                         BIT(';') | BIT('<') | BIT('>') | BIT('!') | BIT('#') | BIT('"') | BIT('\''),
                                     LETTERS | BIT('@') | BIT('_') | BIT('[') | BIT(']')};

/* Eight bytes that only want lower case, of nine: no sign, no blank beside a blank, no glued sentence. */
static inline bool
fold_block(fold_state *f, const unsigned char *s)
{
    uint64_t w = load(s);
    uint64_t next = load(s + 1);
    uint64_t special = (w | next) & TOPS;

    special |= ~(w + EACH(0x80 - ' ')) & TOPS; /* below the blank */
    special |= equal(w, BNC_MASK) | equal(w, '\\') | equal(w, '&') | equal(w, '=') | equal(w, '`');
    special |= equal(w, ' ') & equal(next, ' ');
    special |= equal(w, '.') & between(next & ~TOPS, 'A', 'Z');
    if (special != 0 || f->cap - f->len < 8 || (s[0] == ' ' && (f->len == 0 || f->out[f->len - 1] == ' ')))
        return false;
    w |= between(w, 'A', 'Z') >> 2;
    memcpy(f->out + f->len, &w, sizeof(w));
    f->len += sizeof(w);
    return true;
}

size_t
bnc_fold(bnc_slice text, unsigned char *out, size_t cap, uint16_t *lines, size_t *n_lines)
{
    const unsigned char *s = (const unsigned char *)text.data;
    size_t n = text.len;
    bool utf8 = bnc_is_utf8(s, n);
    fold_state f = {out, cap, 0, lines, n_lines, true};
    size_t i = 0;
    size_t stop;
    bool plain;

    if (n_lines != NULL)
        *n_lines = 0;
    while (i < n) {
        while (!f.at_line && n - i > 8 && fold_block(&f, s + i))
            i += 8;
        /* up to what is in the way of the next eight */
        for (stop = i + 8, plain = true; plain && i < stop && i < n;) {
            plain = has(&plain_bytes, s[i]);
            i += fold_one(&f, s, n, i, utf8);
        }
    }
    return f.len;
}

/* ---- diagnostics ---- */

/* The type in front of a Diagnostic-Code (RFC 3464 section 2.3.6), and the field's name. */
static size_t
diagnostic_prefix(bnc_slice text)
{
    static const char *const prefixes[] = {"diagnostic-code:", "smtp;",      "lmtp;", "esmtp;",
                                           "x-unix;",          "x-postfix;", "unix;"};
    bnc_slice head;
    size_t i;

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
