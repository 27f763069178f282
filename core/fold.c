/*
 * fold.c - folding: the bytes of a text made comparable; see text.h.
 *
 * Folding never looks at a locale: ASCII always, and in well-formed UTF-8 also the letters of the
 * Latin, Greek and Cyrillic blocks of two bytes. Text in another charset keeps its bytes.
 * What it must not know: names, replies, rules.
 */
#include "bytes.h"
#include "text.h"

#include <string.h>

/* The length of the well-formed UTF-8 sequence at s (RFC 3629), 0 if there is none. */
static inline size_t
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

/* The same at a place where one is known to be. */
static size_t
known_utf8_length(unsigned char first)
{
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

bool
bnc_is_utf8(const unsigned char *s, size_t n)
{
    size_t i = 0;
    size_t step;

    while (i < n) {
        if (n - i >= 8 && (bnc_load8(s + i) & BNC_TOPS8) == 0) {
            i += 8;
            continue;
        }
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
    /* most letters are small ones */
    if ((c >= 0x3ac && c <= 0x3ff) || (c >= 0x430 && c <= 0x45f))
        return c;
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
        if (n < 2 || s[1] != (unsigned char)entities[i].name[1])
            continue;
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
    uint16_t *lines; /* the last one may start at len: it is one if anything follows */
    size_t n_lines, max_lines;
    int utf8; /* -1: no byte has asked yet */
} fold_state;

static void
start_line(fold_state *f)
{
    if (f->n_lines < f->max_lines && (f->n_lines == 0 || f->lines[f->n_lines - 1] != f->len))
        f->lines[f->n_lines++] = (uint16_t)f->len;
}

static bool
ends_blank(const fold_state *f)
{
    return f->len > 0 && f->out[f->len - 1] == ' ';
}

static void
put(fold_state *f, unsigned char c)
{
    if (f->len >= f->cap || (c == ' ' && ends_blank(f)))
        return;
    f->out[f->len++] = c;
    if (c == ' ' && f->len == 1 && f->n_lines > 0)
        f->lines[0] = 1; /* a blank in front is part of no line */
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

/* Whether signs start so that plain_sign or half_width may know. */
static bool
may_be_sign(unsigned char first)
{
    return first == 0xc2 || first == 0xe2 || first == 0xe3 || first == 0xef;
}

/* One character that is not ASCII; returns its bytes. In UTF-8 only the last one, which may be cut off, is read with
 * care. */
static size_t
fold_wide(fold_state *f, const unsigned char *s, size_t n, bool utf8)
{
    size_t length = !utf8 ? 0 : n >= 4 ? known_utf8_length(s[0]) : utf8_length(s, n);
    const char *plain;
    unsigned char half;
    size_t i;

    if (length == 0) {
        put(f, s[0]);
        return 1;
    }
    plain = may_be_sign(s[0]) ? plain_sign(s, length) : NULL;
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
            put(f, bytes[used] <= ' ' || bytes[used] == BNC_MASK ? ' ' : bnc_lower(bytes[used])), used++;
    return got * 3;
}

/* The bytes of the blank or line end at s + i, 0 if it is none; also of one that a log has written out: \r\n. */
static size_t
blank_length(const unsigned char *s, size_t n, size_t i, bool *line)
{
    if (s[i] <= ' ' || s[i] == BNC_MASK) {
        *line |= s[i] == '\n' || s[i] == '\r';
        return 1;
    }
    if (s[i] == '\\' && i + 1 < n && (s[i + 1] == 'n' || s[i + 1] == 'r' || s[i + 1] == 't')) {
        *line |= s[i + 1] != 't';
        return 2;
    }
    return 0;
}

/* All blanks and line ends from s + i; returns where they end. */
static size_t
fold_blanks(fold_state *f, const unsigned char *s, size_t n, size_t i)
{
    size_t from = i;
    size_t step;
    bool line = false;

    while (i < n && (step = blank_length(s, n, i, &line)) > 0)
        i += step;
    if (i > from)
        put(f, ' ');
    if (line)
        start_line(f);
    return i;
}

/* The character at s + i, whatever it is, and those of its kind after it; returns where they end. */
static size_t
fold_special(fold_state *f, const unsigned char *s, size_t n, size_t i)
{
    unsigned char c = s[i];
    unsigned char entity;
    size_t length;
    size_t end;

    if (c >= 0x80) {
        if (f->utf8 < 0)
            f->utf8 = bnc_is_utf8(s + i, n - i);
        for (; i < n && s[i] >= 0x80; i += length) {
            length = 1;
            /* a quotation mark of windows-1252 between ASCII letters: doesn\x92t */
            if (!f->utf8 && (s[i] == 0x91 || s[i] == 0x92) && i > 0 && bnc_is_alpha(s[i - 1]) && i + 1 < n &&
                bnc_is_alpha(s[i + 1]))
                put(f, '\'');
            else
                length = fold_wide(f, s + i, n - i, f->utf8);
        }
        return i;
    }
    end = fold_blanks(f, s, n, i);
    if (end > i)
        return end;
    /* before another one like it, a sign means nothing else */
    for (; i + 1 < n && s[i + 1] == c; i++)
        put(f, c == '`' ? '\'' : bnc_lower(c));
    if (c == '&') {
        entity = html_entity(s + i, n - i, &length);
        if (length > 0) {
            put(f, entity);
            return i + length;
        }
    }
    if (c == '=' && is_quoted_printable(s + i, n - i))
        return i + fold_quoted_printable(f, s + i, n - i);
    put(f, c == '`' ? '\'' : bnc_lower(c));
    if (c == '.' && is_glued_sentence(s, n, i))
        put(f, ' ');
    return i + 1;
}

/* ---- many bytes at a time ---- */

/*
 * fold_block writes BLOCK bytes of s in lower case, and returns how many of them are right: those
 * before the first special one, that is one which fold_special has to see. Special are all bytes
 * that are not ASCII, control characters, \\ & = `, a blank before a blank (or less), and a full stop
 * before a capital. s[BLOCK] is read too.
 */
#ifdef BNC_VECTORS

#define BLOCK 16

static inline size_t
fold_block(const unsigned char *s, unsigned char *out)
{
    __m128i here = bnc_load16(s);
    __m128i next = bnc_load16(s + 1);
    __m128i signs = _mm_or_si128(_mm_or_si128(bnc_equal16(here, '\\'), bnc_equal16(here, '&')),
                                 _mm_or_si128(bnc_equal16(here, '='), bnc_equal16(here, '`')));
    /* as signed bytes, one more than BNC_MASK is the lowest of those that are not ASCII */
    __m128i ascii = _mm_cmpgt_epi8(_mm_add_epi8(here, _mm_set1_epi8(1)), _mm_set1_epi8(' '));
    __m128i blanks = bnc_equal16(_mm_max_epu8(here, next), ' ');
    __m128i stops = _mm_and_si128(bnc_equal16(here, '.'), bnc_between16(next, 'A', 'Z'));
    __m128i plain = _mm_andnot_si128(_mm_or_si128(signs, _mm_or_si128(blanks, stops)), ascii);
    uint64_t special = bnc_bits16(plain) ^ 0xffff;

    _mm_storeu_si128((__m128i *)out,
                     _mm_or_si128(here, _mm_and_si128(bnc_between16(here, 'A', 'Z'), _mm_set1_epi8('a' - 'A'))));
    return special == 0 ? BLOCK : (size_t)__builtin_ctzll(special);
}

#else

#define BLOCK 8

static inline size_t
fold_block(const unsigned char *s, unsigned char *out)
{
    uint64_t here = bnc_load8(s);
    uint64_t ascii = here & ~BNC_TOPS8;
    uint64_t next = bnc_load8(s + 1) & ~BNC_TOPS8;
    uint64_t special = (here & BNC_TOPS8) | bnc_between8(ascii, 0, ' ' - 1) | bnc_equal8(here, BNC_MASK);

    special |= bnc_equal8(here, '\\') | bnc_equal8(here, '&') | bnc_equal8(here, '=') | bnc_equal8(here, '`');
    special |= bnc_equal8(here, ' ') & bnc_between8(next, 0, ' ');
    special |= bnc_equal8(here, '.') & bnc_between8(next, 'A', 'Z');
    here |= bnc_between8(ascii, 'A', 'Z') >> 2; /* 0x80 becomes 'a' - 'A' */
    memcpy(out, &here, sizeof(here));
    return bnc_before8(special);
}

#endif

/*
 * Copies from s + i up to a special byte, or where out has no room for a block; returns that place. The
 * last block is read from the bytes before tail_end, behind which stand BLOCK control characters and one.
 */
static inline size_t
fold_plain(fold_state *f, const unsigned char *s, size_t n, const unsigned char *tail_end, size_t i)
{
    unsigned char *out = f->out + f->len;
    size_t left = n - i;
    size_t room = f->cap - f->len;
    size_t inner = left < room ? left : room;
    size_t good;
    size_t at = 0;

    while (at + BLOCK < inner) {
        good = fold_block(s + i + at, out + at);
        at += good;
        if (good < BLOCK)
            goto special;
    }
    if (at + BLOCK <= room)
        at += fold_block(left - at > BLOCK ? s + i + at : tail_end - (left - at), out + at);
special:
    f->len += at;
    return i + at;
}

size_t
bnc_fold(bnc_slice text, unsigned char *out, size_t cap, uint16_t *lines, size_t *n_lines)
{
    const unsigned char *s = (const unsigned char *)text.data;
    size_t n = text.len;
    fold_state f = {out, cap, 0, lines, 0, lines != NULL ? BNC_LINES_MAX : 0, -1};
    unsigned char tail[2 * BLOCK + 1] = {0}; /* the last bytes, and control characters, where blocks end */
    size_t i = 0;

    if (n >= BLOCK)
        memcpy(tail, s + n - BLOCK, BLOCK);
    else if (n > 0)
        memcpy(tail + BLOCK - n, s, n);
    start_line(&f);
    while (i < n && f.len < cap) {
        /* a blank in front, or beside another one, is not for fold_plain */
        if (s[i] == ' ' && (f.len == 0 || ends_blank(&f)))
            i = fold_blanks(&f, s, n, i);
        i = fold_plain(&f, s, n, tail + BLOCK, i);
        if (i < n)
            i = fold_special(&f, s, n, i);
    }
    if (f.n_lines > 0 && lines[f.n_lines - 1] == f.len)
        f.n_lines--;
    if (n_lines != NULL)
        *n_lines = f.n_lines;
    return f.len;
}
