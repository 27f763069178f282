/*
 * names.c - names, see names.h.
 *
 * A text is read once into maps, one bit for each byte of a kind; runs and their ends are then found by counting bits.
 */
#include "names.h"

#include "bytes.h"

#include <string.h>

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
static const byte_set url_bytes = {0xfffffffe00000000u & ~(BIT('<') | BIT('>') | BIT('"')), 0x7fffffffffffffffu};
static const byte_set closing = {BIT('.') | BIT(',') | BIT(';') | BIT(':') | BIT('!') | BIT('?') | BIT(')') |
                                     BIT('\'') | BIT('-'),
                                 BIT(']') | BIT('}')};

/* ---- short words as numbers ---- */

/* Eight bytes as a number, the same on every machine. */
static inline uint64_t
eight(const void *bytes)
{
    const unsigned char *s = bytes;

    return (uint64_t)s[0] | (uint64_t)s[1] << 8 | (uint64_t)s[2] << 16 | (uint64_t)s[3] << 24 | (uint64_t)s[4] << 32 |
           (uint64_t)s[5] << 40 | (uint64_t)s[6] << 48 | (uint64_t)s[7] << 56;
}

/* The first eight of n bytes, zeros if they are less; n is not 0. */
static inline uint64_t
first_eight(const unsigned char *s, size_t n)
{
    return eight(s) & ~(uint64_t)0 >> (64 - 8 * (n < 8 ? n : 8));
}

/* ---- maps of bytes ---- */

/* Byte n of a text is bit n + 64: a word of zeros is before the text, and one behind it. */
#define MAP_WORDS (BNC_TEXT_MAX / 64 + 4)
typedef struct map {
    uint64_t word[MAP_WORDS];
} map;

typedef struct maps {
    map digit, dot;
    map label;     /* letters, digits and "-" */
    map host;      /* those, "_" and "." */
    map id;        /* those without ".", and not in a name that was found */
    map sign;      /* every name that is no id has one: "@", ":/", "." before a label; and the end of the text */
    map announces; /* the byte before "id" or "as", which ids may follow: "queued as ", "id=", "queue id: " */
    bool wide;     /* a byte is not ASCII, or BNC_WIDE_SIGN */
} maps;

/* A bit for each of 64 bytes of a kind. */
typedef struct kinds {
    uint64_t digit, dot, label, line, sign, announces, wide; /* line: "_" */
} kinds;

#ifdef BNC_VECTORS
static inline __m128i
either(__m128i a, __m128i b)
{
    return _mm_or_si128(a, b);
}

static inline __m128i
both(__m128i a, __m128i b)
{
    return _mm_and_si128(a, b);
}

/* The kinds of at least n bytes, of which n is up to 64. */
static inline kinds
kinds_of(const unsigned char *s, size_t n)
{
    kinds k = {0, 0, 0, 0, 0, 0, 0};
    __m128i x, next, after, digits, ids;
    unsigned at;

    for (at = 0; at < n; at += 16) {
        x = bnc_load16(s + at);
        next = bnc_load16(s + at + 1);
        after = bnc_load16(s + at + 2);
        digits = bnc_between16(x, '0', '9');
        k.digit |= bnc_bits16(digits) << at;
        k.dot |= bnc_bits16(bnc_equal16(x, '.')) << at;
        k.label |= bnc_bits16(either(bnc_between16(either(x, _mm_set1_epi8(0x20)), 'a', 'z'),
                                     either(digits, bnc_equal16(x, '-'))))
                   << at;
        k.line |= bnc_bits16(bnc_equal16(x, '_')) << at;
        k.sign |= bnc_bits16(either(bnc_equal16(x, '@'), both(bnc_equal16(x, ':'), bnc_equal16(next, '/')))) << at;
        ids = _mm_andnot_si128(bnc_equal16(x, 'a'), both(bnc_equal16(next, 'i'), bnc_equal16(after, 'd')));
        k.announces |= bnc_bits16(either(ids, both(bnc_equal16(next, 'a'), bnc_equal16(after, 's')))) << at;
        k.wide |= bnc_bits16(either(x, bnc_equal16(x, BNC_WIDE_SIGN))) << at;
    }
    return k;
}
#else
static kinds
kinds_of(const unsigned char *s, size_t n)
{
    kinds k = {0, 0, 0, 0, 0, 0, 0};
    unsigned at;
    unsigned char c;

    for (at = 0; at < n; at++) {
        c = s[at];
        k.digit |= (uint64_t)bnc_is_digit(c) << at;
        k.dot |= (uint64_t)(c == '.') << at;
        k.label |= (uint64_t)(bnc_is_alnum(c) || c == '-') << at;
        k.line |= (uint64_t)(c == '_') << at;
        k.sign |= (uint64_t)(c == '@' || (c == ':' && s[at + 1] == '/')) << at;
        k.announces |=
            (uint64_t)((c != 'a' && s[at + 1] == 'i' && s[at + 2] == 'd') || (s[at + 1] == 'a' && s[at + 2] == 's'))
            << at;
        k.wide |= (uint64_t)(c >= 0x80 || c == BNC_WIDE_SIGN) << at;
    }
    return k;
}
#endif

static size_t
words_of(size_t len)
{
    return (len + 63) / 64;
}

static inline void
clear_edges(map *of, size_t words)
{
    of->word[0] = of->word[words + 1] = 0;
}

static void
map_text(const unsigned char *s, size_t len, maps *m)
{
    size_t n = words_of(len);
    uint64_t valid, wide = 0;
    size_t i, left;
    kinds k;

    clear_edges(&m->digit, n);
    clear_edges(&m->dot, n);
    clear_edges(&m->label, n);
    clear_edges(&m->host, n);
    clear_edges(&m->id, n);
    clear_edges(&m->sign, n);
    for (i = 1; i <= n; i++) {
        left = len - (i - 1) * 64;
        left = left < 64 ? left : 64;
        valid = ~(uint64_t)0 >> (64 - left);
        k = kinds_of(s + (i - 1) * 64, left);
        m->digit.word[i] = k.digit & valid;
        m->dot.word[i] = k.dot & valid;
        m->label.word[i] = k.label & valid;
        m->id.word[i] = (k.label | k.line) & valid;
        m->host.word[i] = (k.label | k.line | k.dot) & valid;
        m->sign.word[i] = (k.sign | (k.dot & (k.label >> 1 | (uint64_t)1 << 63))) & valid;
        m->announces.word[i] = k.announces & valid;
        wide |= k.wide & valid;
    }
    m->sign.word[len / 64 + 1] |= (uint64_t)1 << len % 64;
    m->wide = wide != 0;
}

/* The 64 bits from a place on, which is no more than one word after the text. */
static inline uint64_t
bits_from(const map *of, size_t at)
{
    return of->word[at / 64 + 1] >> at % 64 | of->word[at / 64 + 2] << 1 << (63 - at % 64);
}

/* The 64 bits before a place. */
static inline uint64_t
bits_before(const map *of, size_t at)
{
    return of->word[at / 64] >> at % 64 | of->word[at / 64 + 1] << 1 << (63 - at % 64);
}

/* How many bits are set one after the other, from a place on. */
static inline size_t
run_from(const map *of, size_t at)
{
    size_t run = 0;
    uint64_t b;

    while ((b = ~bits_from(of, at + run)) == 0)
        run += 64;
    return run + (size_t)__builtin_ctzll(b);
}

/* The same, up to a place. */
static inline size_t
run_before(const map *of, size_t at)
{
    size_t run = 0;
    uint64_t b;

    while ((b = ~bits_before(of, at - run)) == 0)
        run += 64;
    return run + (size_t)__builtin_clzll(b);
}

static inline void
clear_bits(map *of, size_t from, size_t to)
{
    uint64_t b;

    for (; from < to; from += 64) {
        b = to - from < 64 ? ((uint64_t)1 << (to - from)) - 1 : ~(uint64_t)0;
        of->word[from / 64 + 1] &= ~(b << from % 64);
        of->word[from / 64 + 2] &= ~(b >> 1 >> (63 - from % 64));
    }
}

/* The first sign from a place on, which is no more than the end of the text. */
static inline size_t
next_sign(const maps *m, size_t at)
{
    uint64_t b;

    while ((b = bits_from(&m->sign, at)) == 0)
        at += 64;
    return at + (size_t)__builtin_ctzll(b);
}

/* ---- names in their order ---- */

/* None has less than three bytes, with what announces it. */
typedef struct names {
    bnc_name_span item[BNC_TEXT_MAX / 3 + 2];
    size_t n;
} names;

static inline void
add_name(names *to, size_t start, size_t end)
{
    to->item[to->n].start = (uint16_t)start;
    to->item[to->n++].end = (uint16_t)end;
}

/* ---- hosts, addresses, URLs ---- */

/*
 * Top-level domains of more than two letters, and the usual private ones (RFC 6761, RFC 6762): by their length as
 * eight bytes each, but for those that is_top_level knows; then those of eight letters and more.
 */
static const char top_levels_3[][8] = {"edu", "gov", "biz", "mil", "int", "pro", "tel", "cat", "xxx", "lan", "app",
                                       "dev", "xyz", "top", "law", "bar", "art", "run", "nyc", "eus", "gal", "bzh"};
static const char top_levels_4[][8] = {"info", "name", "mobi", "aero", "coop", "jobs", "asia", "post", "arpa", "corp",
                                       "home", "page", "blog", "site", "shop", "tech", "club", "live", "life", "mail",
                                       "team", "care", "bank", "land", "farm", "cafe", "film", "game", "yoga", "bike",
                                       "cars", "auto", "taxi", "news", "wiki", "link", "host", "wien", "scot", "ruhr"};
static const char top_levels_5[][8] = {"local", "onion", "cloud", "store", "world", "today", "space", "email", "media",
                                       "group", "money", "legal", "house", "homes", "hotel", "tours", "photo", "music",
                                       "video", "games", "sport", "press", "guide", "click", "koeln", "paris", "tokyo",
                                       "osaka", "kyoto", "wales", "swiss", "cymru", "tirol"};
static const char top_levels_6[][8] = {"museum", "travel", "online", "agency", "studio", "design", "global", "center",
                                       "school", "health", "clinic", "estate", "garden", "voyage", "events", "photos",
                                       "berlin", "bayern", "london", "madrid", "moscow", "quebec", "africa"};
static const char top_levels_7[][8] = {"private", "invalid", "website", "company", "systems", "network", "digital",
                                       "support", "academy", "finance", "capital", "kitchen", "wedding", "gallery",
                                       "fitness", "hosting", "domains", "hamburg", "cologne", "zuerich"};
static const char long_top_levels[] =
    " localdomain localhost internal intranet solutions services international software technology"
    " education university hospital insurance consulting marketing business ventures partners holdings"
    " properties restaurant photography barcelona amsterdam brussels istanbul saarland ";

static bool
is_one_of(const char names[][8], size_t n, uint64_t word)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (eight(names[i]) == word)
            return true;
    return false;
}

#define IS_ONE_OF(names, word) is_one_of(names, sizeof(names) / sizeof(names[0]), word)

static bool
is_rare_top_level(const unsigned char *s, size_t n, uint64_t word)
{
    char blanks[16] = {' '};

    switch (n) {
    case 3:
        return IS_ONE_OF(top_levels_3, word);
    case 4:
        return IS_ONE_OF(top_levels_4, word);
    case 5:
        return IS_ONE_OF(top_levels_5, word);
    case 6:
        return IS_ONE_OF(top_levels_6, word);
    case 7:
        return IS_ONE_OF(top_levels_7, word);
    }
    if (n < 8 || n > sizeof(blanks) - 3)
        return false;
    memcpy(blanks + 1, s, n);
    blanks[n + 1] = ' ';
    return strstr(long_top_levels, blanks) != NULL;
}

static inline bool
is_top_level(const unsigned char *s, size_t n)
{
    uint64_t word;
    unsigned usual;

    if (n == 2)
        return bnc_is_alpha(s[0]) && bnc_is_alpha(s[1]);
    word = first_eight(s, n);
    /* the usual ones, without a branch for each */
    usual = word == eight("com\0\0\0\0");
    usual |= word == eight("net\0\0\0\0");
    usual |= word == eight("org\0\0\0\0");
    usual |= word == eight("test\0\0\0");
    usual |= word == eight("example");
    if (usual)
        return true;
    return (n >= 5 && memcmp(s, "xn--", 4) == 0) || is_rare_top_level(s, n, word);
}

/* Whether s is a host name of at least two labels, or an IPv4 address. */
static bool
is_host(const unsigned char *s, const maps *m, size_t from, size_t to)
{
    size_t n = to - from;
    uint64_t mask, dots, digits, three;
    size_t last = to;
    size_t n_dots = 0;
    size_t i;

    if (n <= 64) {
        mask = n == 0 ? 0 : ~(uint64_t)0 >> (64 - n);
        dots = bits_from(&m->dot, from) & mask;
        digits = bits_from(&m->digit, from) & mask;
        if (dots == 0 || (dots & (dots << 1 | 1)) != 0 || (dots >> (n - 1) & 1) != 0)
            return false;
        last = from + 64 - (size_t)__builtin_clzll(dots);
        if (bnc_is_digit(s[last])) {
            three = dots & (dots - 1);
            three &= three - 1;
            return (digits | dots) == mask && three != 0 && (three & (three - 1)) == 0;
        }
        return is_top_level(s + last, to - last);
    }
    for (i = from; i < to; i++) {
        if (s[i] != '.')
            continue;
        if (i == from || s[i - 1] == '.')
            return false;
        n_dots++;
        last = i + 1;
    }
    return n_dots > 0 && last < to && is_top_level(s + last, to - last);
}

/* The end of a URL's part that starts at from, without closing punctuation. */
static size_t
url_end(const unsigned char *s, size_t n, const maps *m, size_t from)
{
    size_t end = from;

    while (end < n && has(&url_bytes, s[end])) {
        end++;
        end += run_from(&m->host, end);
    }
    while (end > from && has(&closing, s[end - 1]))
        end--;
    return end;
}

/* The start of the local part of an address whose @ is at `at`. */
static size_t
local_start(const unsigned char *s, const maps *m, size_t floor, size_t at)
{
    size_t from = at;

    while (from > floor && has(&local_bytes, s[from - 1])) {
        from--;
        from -= run_before(&m->host, from);
    }
    return from > floor ? from : floor;
}

/* The end of a run of bytes of host names, without closing punctuation. */
static size_t
host_end(const unsigned char *s, const maps *m, size_t from)
{
    size_t end = from + run_from(&m->host, from);

    while (end > from && (s[end - 1] == '.' || s[end - 1] == '-'))
        end--;
    return end;
}

/* A reply code before "-" is none of the name's bytes: "550-mx.example.com said". */
static inline size_t
after_code(const unsigned char *s, size_t len, const maps *m, size_t from)
{
    return s[from + 3] == '-' && len - from > 4 && (bits_from(&m->digit, from) & 7) == 7 &&
                   (s[from] == '2' || s[from] == '4' || s[from] == '5')
               ? from + 4
               : from;
}

typedef struct span {
    size_t start, end;
} span;

#define LITERAL_MAX 80 /* bytes of an address literal, RFC 5321 section 4.1.3 */

/* The address around the @ at `at`, empty if there is none; nothing before floor belongs to it. */
static span
address_around(const unsigned char *s, size_t n, const maps *m, size_t floor, size_t at)
{
    span none = {at, at};
    span found;
    size_t back;

    found.start = local_start(s, m, floor, at);
    found.start = after_code(s, at, m, found.start);
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
        if (found.start == at)
            return none; /* a literal without a local part is no address */
        for (found.end = at + 2;
             found.end < n && found.end < at + LITERAL_MAX && s[found.end] != ']' && s[found.end] != ' ';)
            found.end++;
        if (found.end < n && s[found.end] == ']')
            found.end++;
    } else {
        found.end = host_end(s, m, at + 1);
    }
    if (found.end == at + 1)
        return none;
    if (found.start == at && !is_host(s, m, at + 1, found.end))
        return none;
    return found;
}

/* The host name or URL without a scheme around the dot; if there is none, empty, at the end of what is none. */
static span
host_around(const unsigned char *s, size_t n, const maps *m, size_t floor, size_t dot)
{
    span none = {dot, dot};
    span found;
    size_t run = run_before(&m->host, dot);

    found.start = run < dot - floor ? dot - run : floor;
    found.start = after_code(s, dot, m, found.start);
    while (found.start < dot && !bnc_is_alnum(s[found.start]))
        found.start++;
    found.end = host_end(s, m, dot);
    if (found.end <= dot || !is_host(s, m, found.start, found.end)) {
        if (found.end > dot)
            none.start = none.end = found.end;
        return none;
    }
    if (found.end < n && s[found.end] == '/')
        found.end = url_end(s, n, m, found.end);
    return found;
}

static void
find_hosts(const unsigned char *s, size_t len, maps *m, names *found)
{
    size_t floor = 0; /* end of what is a name already */
    size_t at = 0;
    span name;

    while ((at = next_sign(m, at)) < len) {
        name.start = name.end = at;
        if (s[at] == '@') {
            name = address_around(s, len, m, floor, at);
        } else if (s[at] == ':' && len - at > 3 && s[at + 1] == '/' && s[at + 2] == '/') {
            while (name.start > floor && bnc_is_alpha(s[name.start - 1]))
                name.start--;
            name.end = url_end(s, len, m, at);
        } else if (s[at] == '.' && at > floor && bnc_is_alnum(s[at + 1])) {
            name = host_around(s, len, m, floor, at);
            /* an address's local part may hold dots: leave it to its @ */
            if (name.end > name.start && name.end < len && s[name.end] == '@')
                name.start = name.end;
        }
        if (name.end > name.start && name.end > at) {
            add_name(found, name.start, name.end);
            clear_bits(&m->id, name.start, name.end);
            at = floor = name.end;
        } else {
            /* no other dot of the same run makes a host name of it */
            at = name.end > at ? name.end : at + 1;
        }
    }
}

/* ---- ids ---- */

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
    for (i = 0; i < n && changes < 2; i++) {
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
    static const struct {
        const char *word;
        size_t len;
    } words[] = {{" id=", 4},      {"(id=", 4},        {"queued as ", 10},  {"queue id ", 9},     {"queue-id ", 9},
                 {"queueid: ", 9}, {"queue id: ", 10}, {"message id ", 11}, {"message-id: ", 12}, {"session id ", 11}};
    size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (start >= words[i].len && s[start - 2] == (unsigned char)words[i].word[words[i].len - 2] &&
            memcmp(s + start - words[i].len, words[i].word, words[i].len) == 0)
            return true;
    return false;
}

/*
 * Where the runs go on to which some starts, bits at their low ends, belong: a bit that is added to such an end comes
 * out behind the other end. *carry: what comes out of the word.
 */
static inline uint64_t
behind_runs(uint64_t runs, uint64_t starts, uint64_t *carry)
{
    uint64_t sum = runs + (runs & starts);
    uint64_t over = sum < runs;

    sum += *carry;
    *carry = over | (sum < *carry);
    return sum & ~runs;
}

/* Ids hold digits, and change from them or to them twice, or are announced: most numbers are neither. */
static void
find_ids(const unsigned char *s, size_t len, const maps *m, names *found)
{
    size_t n = words_of(len);
    uint64_t digits = 0, others = 0, announces = 0; /* of the word in hand */
    uint64_t through_digits = 0, through_others = 0;
    uint64_t after_digit, after_other, announced, places;
    size_t done = 0;
    size_t at, from, to, i;

    for (i = 1; i <= n; i++) {
        after_digit = digits >> 63;
        after_other = others >> 63;
        announced = announces >> 60 | announces >> 59;
        digits = m->id.word[i] & m->digit.word[i];
        others = m->id.word[i] & ~digits;
        announces = m->announces.word[i];
        after_digit |= digits << 1;
        after_other |= others << 1;
        announced |= announces << 4 | announces << 5; /* "id=", "id ", "as "; "id: " */
        places = (behind_runs(others, after_digit | announced, &through_others) | announced) & digits;
        places |= behind_runs(digits, after_other, &through_digits) & others;
        for (; places != 0; places &= places - 1) {
            at = (i - 1) * 64 + (size_t)__builtin_ctzll(places);
            if (at < done)
                continue;
            from = at - run_before(&m->id, at);
            to = done = at + run_from(&m->id, at);
            from = after_code(s, len, m, from);
            if (from < to && (is_queue_id(s + from, to - from) || follows_id_word(s, from)))
                add_name(found, from, to);
        }
    }
}

/* Hosts and ids, each in its order, are brought into one order. */
static void
find_names(const unsigned char *s, size_t len, maps *m, names *found)
{
    names ids;
    size_t hosts;

    found->n = ids.n = 0;
    find_hosts(s, len, m, found);
    find_ids(s, len, m, &ids);
    hosts = found->n;
    found->n += ids.n;
    while (ids.n > 0)
        if (hosts > 0 && found->item[hosts - 1].start > ids.item[ids.n - 1].start) {
            hosts--;
            found->item[hosts + ids.n] = found->item[hosts];
        } else {
            ids.n--;
            found->item[hosts + ids.n] = ids.item[ids.n];
        }
}

/* ---- labels ---- */

/* The hash of a label: of its first eight bytes and its length, which is not 0. */
static inline uint64_t
hash_label(const unsigned char *s, size_t n)
{
    return (first_eight(s, n) + n) * 0x9e3779b97f4a7c15u;
}

#define LABELS_MAX 64 /* of one name; those after them are hidden */

/* [from, to) of the text. */
typedef struct label {
    uint32_t from, to;
    uint64_t hash;
} label;

/* Those of one name; some of the last 64 bytes that were read are over, but not counted in n. */
typedef struct labels {
    label item[LABELS_MAX + 32];
    size_t n;
} labels;

/* 0 stands for a free slot. */
static inline uint32_t
single_hash(const label *l)
{
    return (uint32_t)(l->hash >> 32 | 1);
}

/* Of a label, of what is between them, and of the label after it. */
static uint32_t
pair_hash(const unsigned char *s, const label *l)
{
    uint64_t between = (uint64_t)s[l->to] | (uint64_t)s[l[1].from - 1] << 8 | (uint64_t)(l[1].from - l->to) << 16;

    return (uint32_t)((((l->hash >> 7 ^ l[1].hash) + between) * 0xff51afd7ed558ccdu) >> 32 | 1);
}

static inline void
set_label(label *l, const unsigned char *s, size_t from, size_t to)
{
    l->from = (uint32_t)from;
    l->to = (uint32_t)to;
    l->hash = hash_label(s + from, to - from);
}

/* The labels of [start, end), no more than LABELS_MAX. */
static inline void
read_labels(const unsigned char *s, const maps *m, size_t start, size_t end, labels *found)
{
    label *l = found->item;
    uint64_t here, behind;
    size_t base, n;

    for (base = start; base < end && l < found->item + LABELS_MAX; base += n) {
        here = bits_from(&m->label, base);
        n = end - base;
        if (n >= 64) {
            if (~here == 0) {
                n = run_from(&m->label, base);
                n = n < end - base ? n : end - base;
                set_label(l++, s, base, base + n);
                continue;
            }
            /* less than 64 bytes, so that there is an end to each label; one that goes on is left to the next round */
            n = here >> 63 == 0 ? 63 : 64 - (size_t)__builtin_clzll(~here);
        }
        here &= ((uint64_t)1 << n) - 1;
        for (; here != 0; here &= behind) {
            /* adding to the low end of a label's bits leaves one behind them */
            behind = here + (here & (~here + 1));
            set_label(l++, s, base + (size_t)__builtin_ctzll(here), base + (size_t)__builtin_ctzll(behind));
        }
    }
    n = (size_t)(l - found->item);
    found->n = n < LABELS_MAX ? n : LABELS_MAX;
}

/* Gives the pairs of labels, or the only one. */
static void
give_labels(const unsigned char *s, const maps *m, size_t start, size_t end, bnc_label_fn add, void *context)
{
    labels found;
    size_t i;

    read_labels(s, m, start, end, &found);
    if (found.n == 1)
        add(context, single_hash(&found.item[0]), single_hash(&found.item[0]));
    for (i = 0; i + 1 < found.n; i++) {
        add(context, single_hash(&found.item[i]), pair_hash(s, &found.item[i]));
        add(context, single_hash(&found.item[i + 1]), pair_hash(s, &found.item[i]));
    }
}

bool
bnc_names_in(const unsigned char *s, size_t len)
{
    names found;
    maps m;

    map_text(s, len, &m);
    find_names(s, len, &m, &found);
    return found.n > 0;
}

void
bnc_names_labels(const unsigned char *s, size_t len, bnc_label_fn add, void *context)
{
    names found;
    maps m;
    size_t start, end;
    size_t k = 0;

    map_text(s, len, &m);
    find_names(s, len, &m, &found);
    if (found.n == 0) {
        if (memchr(s, ' ', len) == NULL)
            give_labels(s, &m, 0, len, add, context);
        return;
    }
    for (start = 0; start < len; start = end + 1) {
        for (end = start; end < len && s[end] != ' '; end++)
            ;
        while (k < found.n && found.item[k].end <= start)
            k++;
        if (k < found.n && found.item[k].start < end)
            give_labels(s, &m, start, end, add, context);
    }
}

static bool
is_in(const bnc_label_set *set, uint32_t hash)
{
    uint32_t mask = ((uint32_t)1 << set->bits) - 1;
    uint32_t at;

    for (at = BNC_LABEL_SLOT(hash) & mask; set->slots[at] != 0; at = (at + 1) & mask)
        if (set->slots[at] == hash)
            return true;
    return false;
}

/* Whether the hash of a pair or a single label is in a set. */
static bool
is_known(const bnc_label_set *sets, size_t n_sets, uint32_t hash)
{
    size_t i;

    for (i = 0; i < n_sets; i++)
        if (sets[i].bits != 0 && is_in(&sets[i], hash))
            return true;
    return false;
}

/* ---- hiding ---- */

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

/* "host mx.example.com[192.0.2.1] said:": the word "host" is the reporter's, and no server's. */
static bool
is_reporter(const unsigned char *s, size_t n, const maps *m, size_t start, size_t end)
{
    if (start < 5 || memcmp(s + start - 5, "host ", 5) != 0)
        return false;
    end += 1 + run_from(&m->host, end + 1);
    while (end < n && s[end] != ']' && s[end] != ' ')
        end++;
    return n - end > 6 && (memcmp(s + end, "] said", 6) == 0 || memcmp(s + end, "] refu", 6) == 0);
}

/* Sets bit i where the filter has label i: in *pairs as one of a pair, in *singles as one that is alone. */
static inline void
sift_labels(const label *l, size_t n, const uint32_t *filter, uint64_t *pairs, uint64_t *singles)
{
    uint64_t in_pair = 0, alone = 0;
    uint32_t at, found;

    while (n-- > 0) {
        at = BNC_LABEL_FILTER(single_hash(&l[n]));
        found = filter[at / 16] >> at % 16 * 2;
        in_pair = in_pair << 1 | (found & 1);
        alone = alone << 1 | (found >> 1 & 1);
    }
    *pairs |= in_pair;
    *singles |= alone;
}

/* Which of the labels are known, alone or as one of a pair: bit i for label i. */
static inline uint64_t
known_labels(const unsigned char *s, const labels *l, const bnc_label_set *sets, size_t n_sets)
{
    uint64_t pairs = 0, singles = 0; /* those that may be */
    uint64_t known = 0;
    size_t i;

    for (i = 0; i < n_sets; i++)
        if (sets[i].bits != 0)
            sift_labels(l->item, l->n, sets[i].filter, &pairs, &singles);
    pairs &= pairs >> 1; /* both must be in one */
    for (; pairs != 0; pairs &= pairs - 1) {
        i = (size_t)__builtin_ctzll(pairs);
        if (is_known(sets, n_sets, pair_hash(s, &l->item[i])))
            known |= (uint64_t)3 << i;
    }
    for (; singles != 0; singles &= singles - 1) {
        i = (size_t)__builtin_ctzll(singles);
        if (is_known(sets, n_sets, single_hash(&l->item[i])))
            known |= (uint64_t)1 << i;
    }
    return known;
}

/* Copies n bytes, and up to 64 more: most stretches of words are shorter than that. */
static inline void
copy_some(unsigned char *to, const unsigned char *from, size_t n)
{
    size_t i = 0;

    do
        memcpy(to + i, from + i, 64);
    while ((i += 64) < n);
}

/*
 * Writes the name [start, end) with only its known labels and the signs beside them, one BNC_MASK for the labels
 * between them; returns the bytes written.
 */
static size_t
put_known(const unsigned char *s, size_t start, size_t end, const labels *l, uint64_t known, unsigned char *out)
{
    size_t used = 0;
    size_t from = start; /* of the signs before the label in hand */
    bool shown = false;  /* the label before it is */
    bool next;
    size_t i;

    for (i = 0; i < l->n; i++) {
        next = (known >> i & 1) != 0;
        copy_some(out + used, s + from, l->item[i].from - from);
        used += shown || next ? l->item[i].from - from : 0;
        from = l->item[i].to;
        copy_some(out + used, s + l->item[i].from, from - l->item[i].from);
        if (!next)
            out[used] = BNC_MASK;
        used += next ? from - l->item[i].from : shown || i == 0;
        shown = next;
    }
    /* signs between labels that are not read any more are hidden with them */
    if (shown && l->n < LABELS_MAX) {
        copy_some(out + used, s + from, end - from);
        used += end - from;
    }
    return used;
}

/* Whether words may be in a legacy charset, and look like names. */
static bool
is_legacy(const unsigned char *s, size_t len)
{
    return memchr(s, BNC_WIDE_SIGN, len) != NULL || !bnc_is_utf8(s, len);
}

/* Keeps those lines that start with a digit, as names.h promises. */
static void
keep_numbered_lines(bnc_text *text)
{
    size_t kept = 0;
    size_t i;

    for (i = 0; i < text->n_lines; i++) {
        text->lines[kept] = text->lines[i];
        kept += bnc_is_digit(text->words[text->lines[i]]);
    }
    text->n_lines = kept;
}

void
bnc_names_hide(bnc_text *text, const bnc_label_set *sets, size_t n_sets)
{
    const unsigned char *s = text->words;
    unsigned char *out = text->raw;
    size_t len = text->len;
    bool keep;
    size_t used = 0;
    size_t at = 0;
    size_t line = 0;
    size_t n_lines = 0;
    size_t start, end, n, i;
    uint64_t known;
    labels found;
    names name;
    maps m;

    map_text(s, len, &m);
    find_names(s, len, &m, &name);
    keep_numbered_lines(text);
    text->n_names = 0;
    text->wide = m.wide;
    keep = text->wide && is_legacy(s, len);
    name.item[name.n].start = UINT16_MAX;
    for (i = 0;; at = end) {
        start = name.item[i].start < len ? name.item[i].start : len;
        for (; line < text->n_lines && text->lines[line] < start; line++)
            if (text->lines[line] >= at)
                text->lines[n_lines++] = (uint16_t)(text->lines[line] - at + used);
        copy_some(out + used, s + at, start - at);
        used += start - at;
        if (start == len)
            break;
        /* names that touch each other are one */
        do
            end = name.item[i++].end;
        while (name.item[i].start == end);
        if (s[end] == '[' && end < len && is_reporter(s, len, &m, start, end))
            note_name(text, used - 5, used - 1);
        if (keep) {
            n = end - start;
            memcpy(out + used, s + start, n);
        } else {
            read_labels(s, &m, start, end, &found);
            known = known_labels(s, &found, sets, n_sets);
            if (known == 0) {
                out[used++] = BNC_MASK;
                continue;
            }
            n = put_known(s, start, end, &found, known, out + used);
        }
        note_name(text, used, used + n);
        used += n;
    }
    text->n_lines = n_lines;
    text->len = used;
}

void
bnc_names_mask(bnc_text *text)
{
    size_t i;

    memcpy(text->words, text->raw, text->len);
    for (i = 0; i < text->n_names; i++)
        memset(text->words + text->names[i].start, BNC_MASK, text->names[i].end - text->names[i].start);
}
