/*
 * text.c - folding and masking; see text.h.
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

/* Whether the text is UTF-8; a character cut off at the end is forgiven, since heads are cut anywhere. */
static bool
is_utf8(const unsigned char *s, size_t n)
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
    utf8 = is_utf8(bytes, got);
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
    bool utf8 = is_utf8(s, n);
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
            w = load(raw + i);
            i += (equal(w, '.') | equal(w, ':') | equal(w, '@')) == 0 ? 8 : 1;
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
