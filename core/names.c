/*
 * names.c - names, see names.h.
 *
 * A text is read once into maps, one bit for each byte of a kind; runs and their ends are then found by counting bits.
 */
#include "names.h"

#include <string.h>

#if defined(__SSE2__) && !defined(BNC_PORTABLE)
#define VECTORS
#include <emmintrin.h>
#endif

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
static const byte_set letters = {0, LETTERS};
static const byte_set url_bytes = {0xfffffffe00000000u & ~(BIT('<') | BIT('>') | BIT('"')), 0x7fffffffffffffffu};
static const byte_set closing = {BIT('.') | BIT(',') | BIT(';') | BIT(':') | BIT('!') | BIT('?') | BIT(')') |
                                     BIT('\'') | BIT('-'),
                                 BIT(']') | BIT('}')};

/* ---- maps of bytes ---- */

#define MAP_WORDS (BNC_TEXT_MAX / 64 + 2)
typedef struct map {
    uint64_t word[MAP_WORDS];
} map;

typedef struct maps {
    map digit, dot;
    map label;     /* letters, digits and "-" */
    map host;      /* those, "_" and "." */
    map sign;      /* every name that is no id has one: ".", "@" or ":" */
    map announces; /* the letter or colon before what ids follow: "queued as ", "id=", "queue id: " */
    bool wide;     /* a byte is not ASCII, or BNC_WIDE_SIGN */
} maps;

#ifdef VECTORS
static inline __m128i
in_range(__m128i x, char low, char span)
{
    __m128i d = _mm_sub_epi8(x, _mm_set1_epi8(low));

    return _mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(span)), d);
}

static inline __m128i
is(__m128i x, char c)
{
    return _mm_cmpeq_epi8(x, _mm_set1_epi8(c));
}

static inline __m128i
either(__m128i a, __m128i b)
{
    return _mm_or_si128(a, b);
}

static inline uint64_t
bits(__m128i x, unsigned at)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(x) << at;
}

/* The kinds of n bytes, up to 64, at s, of which BNC_PADDING more may be read; all keeps the bits of those n. */
static void
map_bytes(const unsigned char *s, size_t n, uint64_t all, maps *m, size_t word)
{
    uint64_t digit = 0, dot = 0, label = 0, host = 0, sign = 0, announces = 0, wide = 0;
    __m128i x, next, digits, dots, labels, announced;
    unsigned at;

    for (at = 0; at < n; at += 16) {
        x = _mm_loadu_si128((const __m128i *)(const void *)(s + at));
        next = _mm_loadu_si128((const __m128i *)(const void *)(s + at + 1));
        digits = in_range(x, '0', 9);
        dots = is(x, '.');
        labels = either(in_range(either(x, _mm_set1_epi8(0x20)), 'a', 25), either(digits, is(x, '-')));
        announced =
            _mm_and_si128(either(either(is(x, 'd'), is(x, 's')), is(x, ':')), either(is(next, ' '), is(next, '=')));
        digit |= bits(digits, at);
        dot |= bits(dots, at);
        label |= bits(labels, at);
        host |= bits(either(either(labels, dots), is(x, '_')), at);
        sign |= bits(either(dots, either(is(x, '@'), is(x, ':'))), at);
        announces |= bits(announced, at);
        wide |= bits(either(x, is(x, BNC_WIDE_SIGN)), at);
    }
    m->digit.word[word] = digit & all;
    m->dot.word[word] = dot & all;
    m->label.word[word] = label & all;
    m->host.word[word] = host & all;
    m->sign.word[word] = sign & all;
    m->announces.word[word] = announces & all;
    m->wide = m->wide || (wide & all) != 0;
}
#else
static void
map_bytes(const unsigned char *s, size_t n, uint64_t all, maps *m, size_t word)
{
    uint64_t digit = 0, dot = 0, label = 0, host = 0, sign = 0, announces = 0;
    unsigned at;
    unsigned char c;

    for (at = 0; at < n; at++) {
        c = s[at];
        digit |= (uint64_t)bnc_is_digit(c) << at;
        dot |= (uint64_t)(c == '.') << at;
        label |= (uint64_t)(bnc_is_alnum(c) || c == '-') << at;
        host |= (uint64_t)(bnc_is_alnum(c) || c == '-' || c == '_' || c == '.') << at;
        sign |= (uint64_t)(c == '.' || c == '@' || c == ':') << at;
        announces |= (uint64_t)((c == 'd' || c == 's' || c == ':') && (s[at + 1] == ' ' || s[at + 1] == '=')) << at;
        m->wide = m->wide || c >= 0x80 || c == BNC_WIDE_SIGN;
    }
    m->digit.word[word] = digit & all;
    m->dot.word[word] = dot & all;
    m->label.word[word] = label & all;
    m->host.word[word] = host & all;
    m->sign.word[word] = sign & all;
    m->announces.word[word] = announces & all;
}
#endif

static size_t
words_of(size_t len)
{
    return (len + 63) / 64;
}

static void
map_text(const unsigned char *s, size_t len, maps *m)
{
    size_t n = words_of(len);
    size_t i;

    m->wide = false;
    for (i = 0; i + 1 < n; i++)
        map_bytes(s + i * 64, 64, ~(uint64_t)0, m, i);
    if (n > 0)
        map_bytes(s + i * 64, len - i * 64, ~(uint64_t)0 >> (63 - (len - 1) % 64), m, i);
    m->digit.word[n] = m->dot.word[n] = m->label.word[n] = m->host.word[n] = 0;
    m->sign.word[n] = m->announces.word[n] = 0;
}

/* 64 bits from a place on, which is no more than one word after the text. */
static inline uint64_t
bits_from(const map *of, size_t at)
{
    unsigned shift = at % 64;

    return of->word[at / 64] >> shift | of->word[at / 64 + 1] << 1 << (63 - shift);
}

/* How many bits are set one after the other, from a place on. */
static size_t
run_from(const map *of, size_t at, size_t len)
{
    size_t run = 0;
    uint64_t b;

    while (at + run < len) {
        b = ~bits_from(of, at + run);
        if (b != 0)
            return run + (size_t)__builtin_ctzll(b);
        run += 64;
    }
    return run;
}

/* The same, up to a place. */
static size_t
run_before(const map *of, size_t at)
{
    size_t run = 0;
    uint64_t b;

    while (at - run >= 64) {
        b = ~bits_from(of, at - run - 64);
        if (b != 0)
            return run + (size_t)__builtin_clzll(b);
        run += 64;
    }
    if (at == run)
        return run;
    b = ~(of->word[0] << (64 - (at - run)));
    return run + (size_t)__builtin_clzll(b);
}

static void
set_bits(map *of, size_t from, size_t to)
{
    size_t n;

    for (; from < to; from += n) {
        n = 64 - from % 64;
        if (n > to - from)
            n = to - from;
        of->word[from / 64] |= (~(uint64_t)0 >> (64 - n)) << from % 64;
    }
}

/* The first place of a bit that is set (or is not), from a place on; len if there is none. */
static inline size_t
next_bit(const map *of, size_t at, size_t len, bool set)
{
    uint64_t flip = set ? 0 : ~(uint64_t)0;
    size_t word = at / 64;
    uint64_t b;

    if (at >= len)
        return len;
    b = (of->word[word] ^ flip) & ~(uint64_t)0 << at % 64;
    while (b == 0) {
        if (++word * 64 >= len)
            return len;
        b = of->word[word] ^ flip;
    }
    at = word * 64 + (size_t)__builtin_ctzll(b);
    return at < len ? at : len;
}

/* ---- hosts, addresses, URLs ---- */

/*
 * Top-level domains of more than two letters, and the usual private ones (RFC 6761, RFC 6762): by their length as eight
 * bytes each, the common ones first; then those of eight letters and more.
 */
static const char top_levels_3[][8] = {"com", "net", "org", "edu", "gov", "biz", "mil", "int", "pro",
                                       "tel", "cat", "xxx", "lan", "app", "dev", "xyz", "top", "law",
                                       "bar", "art", "run", "nyc", "eus", "gal", "bzh"};
static const char top_levels_4[][8] = {
    "test", "info", "name", "mobi", "aero", "coop", "jobs", "asia", "post", "arpa", "corp", "home", "page", "blog",
    "site", "shop", "tech", "club", "live", "life", "mail", "team", "care", "bank", "land", "farm", "cafe", "film",
    "game", "yoga", "bike", "cars", "auto", "taxi", "news", "wiki", "link", "host", "wien", "scot", "ruhr"};
static const char top_levels_5[][8] = {"local", "onion", "cloud", "store", "world", "today", "space", "email", "media",
                                       "group", "money", "legal", "house", "homes", "hotel", "tours", "photo", "music",
                                       "video", "games", "sport", "press", "guide", "click", "koeln", "paris", "tokyo",
                                       "osaka", "kyoto", "wales", "swiss", "cymru", "tirol"};
static const char top_levels_6[][8] = {"museum", "travel", "online", "agency", "studio", "design", "global", "center",
                                       "school", "health", "clinic", "estate", "garden", "voyage", "events", "photos",
                                       "berlin", "bayern", "london", "madrid", "moscow", "quebec", "africa"};
static const char top_levels_7[][8] = {"example", "private", "invalid", "website", "company", "systems", "network",
                                       "digital", "support", "academy", "finance", "capital", "kitchen", "wedding",
                                       "gallery", "fitness", "hosting", "domains", "hamburg", "cologne", "zuerich"};
static const char long_top_levels[] =
    " localdomain localhost internal intranet solutions services international software technology"
    " education university hospital insurance consulting marketing business ventures partners holdings"
    " properties restaurant photography barcelona amsterdam brussels istanbul saarland ";

static bool
is_one_of(const char names[][8], size_t n, const char word[8])
{
    size_t i;

    for (i = 0; i < n; i++)
        if (memcmp(names[i], word, 8) == 0)
            return true;
    return false;
}

#define IS_ONE_OF(names, word) is_one_of(names, sizeof(names) / sizeof(names[0]), word)

static bool
is_top_level(const unsigned char *s, size_t n)
{
    char word[16] = {0};

    if (n == 2)
        return bnc_is_alpha(s[0]) && bnc_is_alpha(s[1]);
    if (n >= 5 && memcmp(s, "xn--", 4) == 0)
        return true;
    if (n < 3 || n > sizeof(word) - 3)
        return false;
    if (n >= 8) {
        word[0] = ' ';
        memcpy(word + 1, s, n);
        word[n + 1] = ' ';
        return strstr(long_top_levels, word) != NULL;
    }
    memcpy(word, s, n);
    switch (n) {
    case 3:
        return IS_ONE_OF(top_levels_3, word);
    case 4:
        return IS_ONE_OF(top_levels_4, word);
    case 5:
        return IS_ONE_OF(top_levels_5, word);
    case 6:
        return IS_ONE_OF(top_levels_6, word);
    }
    return IS_ONE_OF(top_levels_7, word);
}

/* Whether s is a host name of at least two labels, or an IPv4 address. */
static bool
is_host(const unsigned char *s, const maps *m, size_t from, size_t to)
{
    size_t n = to - from;
    uint64_t mask, dots, digits;
    size_t last = to;
    size_t n_dots = 0;
    size_t i;

    if (n <= 64) {
        mask = n == 0 ? 0 : ~(uint64_t)0 >> (64 - n);
        dots = bits_from(&m->dot, from) & mask;
        digits = bits_from(&m->digit, from) & mask;
        if (dots == 0 || (dots & (dots << 1 | 1)) != 0 || (dots >> (n - 1) & 1) != 0)
            return false;
        if ((digits | dots) == mask) {
            /* exactly three dots */
            dots &= dots - 1;
            dots &= dots - 1;
            return dots != 0 && (dots & (dots - 1)) == 0;
        }
        last = from + 64 - (size_t)__builtin_clzll(dots);
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

/* The end of a run of bytes of host names, without closing punctuation. */
static size_t
host_end(const unsigned char *s, size_t len, const maps *m, size_t from)
{
    size_t end = from + run_from(&m->host, from, len);

    while (end > from && (s[end - 1] == '.' || s[end - 1] == '-'))
        end--;
    return end;
}

/* A reply code before "-" is none of the name's bytes: "550-mx.example.com said". */
static size_t
after_code(const unsigned char *s, size_t len, const maps *m, size_t from)
{
    return len - from > 4 && s[from + 3] == '-' && (bits_from(&m->digit, from) & 0xf) == 7 &&
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

    found.start = run_start(s, floor, at, &local_bytes);
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
        for (found.end = at + 2;
             found.end < n && found.end < at + LITERAL_MAX && s[found.end] != ']' && s[found.end] != ' ';)
            found.end++;
        if (found.end < n && s[found.end] == ']')
            found.end++;
    } else {
        found.end = host_end(s, n, m, at + 1);
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
    found.end = host_end(s, n, m, dot);
    if (found.end <= dot || !is_host(s, m, found.start, found.end)) {
        if (found.end > dot)
            none.start = none.end = found.end;
        return none;
    }
    if (found.end < n && s[found.end] == '/')
        found.end = run_end(s, n, found.end, &url_bytes);
    return found;
}

static void
find_hosts(const unsigned char *s, size_t len, const maps *m, map *names)
{
    size_t floor = 0; /* end of what is a name already */
    size_t at = 0;
    span found;

    while ((at = next_bit(&m->sign, at, len, true)) < len) {
        found.start = found.end = at;
        if (s[at] == '@') {
            found = address_around(s, len, m, floor, at);
        } else if (s[at] == ':' && len - at > 3 && s[at + 1] == '/' && s[at + 2] == '/') {
            found.start = run_start(s, floor, at, &letters);
            found.end = run_end(s, len, at, &url_bytes);
        } else if (s[at] == '.' && at > floor && at + 1 < len && bnc_is_alnum(s[at + 1])) {
            found = host_around(s, len, m, floor, at);
            /* an address's local part may hold dots: leave it to its @ */
            if (found.end > found.start && found.end < len && s[found.end] == '@')
                found.start = found.end;
        }
        if (found.end > found.start && found.end > at) {
            set_bits(names, found.start, found.end);
            at = floor = found.end;
        } else {
            /* no other dot of the same run makes a host name of it */
            at = found.end > at ? found.end : at + 1;
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

/* Ids hold digits beside letters, or are announced: most numbers are neither. */
static void
find_ids(const unsigned char *s, size_t len, const maps *m, map *names)
{
    size_t n = words_of(len);
    size_t done = 0;
    size_t at, from, to, i;
    uint64_t digit, changes, announced, found, run;
    map id;

    for (i = 0; i < n; i++)
        id.word[i] = m->host.word[i] & ~m->dot.word[i] & ~names->word[i];
    id.word[n] = 0;
    for (i = 0; i < n; i++) {
        digit = m->digit.word[i];
        changes = (digit ^ (digit >> 1 | m->digit.word[i + 1] << 63)) & (id.word[i] >> 1 | id.word[i + 1] << 63);
        announced = m->announces.word[i] << 2 | (i > 0 ? m->announces.word[i - 1] >> 62 : 0);
        for (found = (changes | announced) & id.word[i]; found != 0; found &= found - 1) {
            at = i * 64 + (size_t)__builtin_ctzll(found);
            if (at < done)
                continue;
            run = bits_from(&id, at);
            run &= ~(run + 1);
            if ((bits_from(&m->digit, at) & run) == 0)
                continue;
            from = at - run_before(&id, at);
            to = at + run_from(&id, at, len);
            from = after_code(s, len, m, from);
            if (from < to && (is_queue_id(s + from, to - from) || follows_id_word(s, from)))
                set_bits(names, from, to);
            done = to;
        }
    }
}

static void
find_names(const unsigned char *s, size_t len, const maps *m, map *names)
{
    memset(names->word, 0, (words_of(len) + 1) * sizeof(names->word[0]));
    find_hosts(s, len, m, names);
    find_ids(s, len, m, names);
}

/* ---- labels ---- */

/* Eight bytes as a number, the same on every machine. */
static uint64_t
eight(const unsigned char *s)
{
    return (uint64_t)s[0] | (uint64_t)s[1] << 8 | (uint64_t)s[2] << 16 | (uint64_t)s[3] << 24 | (uint64_t)s[4] << 32 |
           (uint64_t)s[5] << 40 | (uint64_t)s[6] << 48 | (uint64_t)s[7] << 56;
}

/* The hash of a label: of its first eight bytes and its length, which is not 0. */
static inline uint64_t
hash_label(const unsigned char *s, size_t n)
{
    uint64_t w = eight(s) & ~(uint64_t)0 >> (n < 8 ? 64 - n * 8 : 0);

    return (w + n) * 0x9e3779b97f4a7c15u;
}

#define LABELS_MAX 64 /* of one name; those after them are hidden */

/* [from, to) of the text. */
typedef struct label {
    size_t from, to;
    uint64_t hash;
} label;

/* The labels of [start, end), no more than LABELS_MAX; returns their number. */
static inline unsigned
read_labels(const unsigned char *s, const maps *m, size_t start, size_t end, label found[LABELS_MAX])
{
    size_t base = start;
    unsigned n = 0;
    uint64_t here, run;
    size_t from, len;

    while (base < end && n < LABELS_MAX) {
        here = bits_from(&m->label, base);
        if (end - base < 64)
            here &= ((uint64_t)1 << (end - base)) - 1;
        if (here == 0) {
            base += 64;
            continue;
        }
        from = (size_t)__builtin_ctzll(here);
        run = ~(here >> from);
        len = run != 0 ? (size_t)__builtin_ctzll(run) : 64;
        if (from + len == 64 && end - base > 64) {
            /* it may go on behind these 64 */
            if (from > 0) {
                base += from;
                continue;
            }
            len = run_from(&m->label, base, end);
            if (len > end - base)
                len = end - base;
        }
        found[n].from = base + from;
        found[n].to = base + from + len;
        found[n].hash = hash_label(s + base + from, len);
        n++;
        base += from + len;
    }
    return n;
}

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
    uint64_t between = (uint64_t)s[l->to] | (uint64_t)s[l[1].from - 1] << 8 | (l[1].from - l->to) << 16;

    return (uint32_t)((((l->hash >> 7 ^ l[1].hash) + between) * 0xff51afd7ed558ccdu) >> 32 | 1);
}

/* Gives the pairs of labels, or the only one. */
static void
give_labels(const unsigned char *s, const maps *m, size_t start, size_t end, bnc_label_fn add, void *context)
{
    label found[LABELS_MAX];
    unsigned n = read_labels(s, m, start, end, found);
    unsigned i;

    if (n == 1)
        add(context, single_hash(&found[0]), single_hash(&found[0]));
    for (i = 0; i + 1 < n; i++) {
        add(context, single_hash(&found[i]), pair_hash(s, &found[i]));
        add(context, single_hash(&found[i + 1]), pair_hash(s, &found[i]));
    }
}

bool
bnc_names_in(const unsigned char *s, size_t len)
{
    map names;
    maps m;

    map_text(s, len, &m);
    find_names(s, len, &m, &names);
    return next_bit(&names, 0, len, true) < len;
}

void
bnc_names_labels(const unsigned char *s, size_t len, bnc_label_fn add, void *context)
{
    map names;
    maps m;
    size_t start, end;

    map_text(s, len, &m);
    find_names(s, len, &m, &names);
    if (next_bit(&names, 0, len, true) == len) {
        if (memchr(s, ' ', len) == NULL)
            give_labels(s, &m, 0, len, add, context);
        return;
    }
    for (start = 0; start < len; start = end + 1) {
        for (end = start; end < len && s[end] != ' '; end++)
            ;
        if (next_bit(&names, start, end, true) < end)
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

/* Bit 0: the label may be one of a known pair; bit 1: it may be known alone. */
static inline uint32_t
may_be_known(const bnc_label_set *sets, size_t n_sets, uint32_t label)
{
    uint32_t at = BNC_LABEL_FILTER(label);
    uint32_t found = 0;
    size_t i;

    for (i = 0; i < n_sets; i++)
        if (sets[i].bits != 0)
            found |= sets[i].filter[at / 16] >> at % 16 * 2;
    return found & 3;
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
is_reporter(const unsigned char *s, size_t n, size_t start, size_t end)
{
    if (start < 5 || end >= n || s[end] != '[' || memcmp(s + start - 5, "host ", 5) != 0)
        return false;
    while (end < n && s[end] != ']' && s[end] != ' ')
        end++;
    return n - end > 6 && (memcmp(s + end, "] said", 6) == 0 || memcmp(s + end, "] refu", 6) == 0);
}

/* Which of the labels are known, alone or as one of a pair: bit i for label i. */
static uint64_t
known_labels(const unsigned char *s, const label *labels, unsigned n, const bnc_label_set *sets, size_t n_sets)
{
    uint64_t pairs = 0;
    uint64_t singles = 0;
    uint64_t known = 0;
    uint32_t may;
    unsigned i;

    for (i = 0; i < n; i++) {
        may = may_be_known(sets, n_sets, single_hash(&labels[i]));
        pairs |= (uint64_t)(may & 1) << i;
        singles |= (uint64_t)(may >> 1) << i;
    }
    /* both must be in a pair */
    for (pairs &= pairs >> 1; pairs != 0; pairs &= pairs - 1) {
        i = (unsigned)__builtin_ctzll(pairs);
        if (is_known(sets, n_sets, pair_hash(s, &labels[i])))
            known |= (uint64_t)3 << i;
    }
    for (; singles != 0; singles &= singles - 1) {
        i = (unsigned)__builtin_ctzll(singles);
        if (is_known(sets, n_sets, single_hash(&labels[i])))
            known |= (uint64_t)1 << i;
    }
    return known;
}

/* Writes the name [start, end) with only its known labels, and the signs beside them; returns the bytes written. */
static size_t
put_known(const unsigned char *s, size_t start, size_t end, const label *labels, unsigned n, uint64_t known,
          unsigned char *out)
{
    size_t used = 0;
    size_t from = start; /* of the signs before the label in hand */
    bool shown = false;  /* the label before it is */
    bool next;
    unsigned i;

    for (i = 0; i <= n; i++) {
        next = i < n && (known >> i & 1) != 0;
        if (shown || next) {
            size_t to = i < n ? labels[i].from : end;

            /* signs between labels that are not read any more are hidden with them */
            if (i == n && n == LABELS_MAX)
                to = from;
            memcpy(out + used, s + from, to - from);
            used += to - from;
        }
        if (next) {
            memcpy(out + used, s + labels[i].from, labels[i].to - labels[i].from);
            used += labels[i].to - labels[i].from;
        } else if (i < n && (used == 0 || out[used - 1] != BNC_MASK)) {
            out[used++] = BNC_MASK;
        }
        shown = next;
        if (i < n)
            from = labels[i].to;
    }
    return used;
}

/* Copies n bytes, and up to 63 more: most stretches of words are shorter than that. */
static inline void
copy_some(unsigned char *to, const unsigned char *from, size_t n)
{
    size_t i;

    for (i = 0; i < n; i += 64)
        memcpy(to + i, from + i, 64);
}

/* Whether words may be in a legacy charset, and look like names. */
static bool
is_legacy(const unsigned char *s, size_t len)
{
    return memchr(s, BNC_WIDE_SIGN, len) != NULL || !bnc_is_utf8(s, len);
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
    size_t start, end, n;
    uint64_t known;
    label labels[LABELS_MAX];
    unsigned n_labels;
    map names;
    maps m;

    memcpy(text->words, text->raw, len + BNC_PADDING);
    map_text(s, len, &m);
    find_names(s, len, &m, &names);
    text->n_names = 0;
    text->wide = m.wide;
    keep = text->wide && is_legacy(s, len);
    while (at < len) {
        start = next_bit(&names, at, len, true);
        for (; line < text->n_lines && text->lines[line] < start; line++)
            if (text->lines[line] >= at && bnc_is_digit(s[text->lines[line]]))
                text->lines[n_lines++] = (uint16_t)(text->lines[line] - at + used);
        copy_some(out + used, s + at, start - at);
        used += start - at;
        if (start == len)
            break;
        end = next_bit(&names, start, len, false);
        if (is_reporter(s, len, start, end))
            note_name(text, used - 5, used - 1);
        n_labels = keep ? 0 : read_labels(s, &m, start, end, labels);
        known = known_labels(s, labels, n_labels, sets, n_sets);
        if (keep || known != 0) {
            n = end - start;
            if (keep)
                memcpy(out + used, s + start, n);
            else
                n = put_known(s, start, end, labels, n_labels, known, out + used);
            note_name(text, used, used + n);
            used += n;
        } else {
            out[used++] = BNC_MASK;
        }
        at = end;
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
