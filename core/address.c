/*
 * address.c - whether an address can be mailed at all, and which well-known domain a mistyped one means; see
 * mailbounce.h.
 *
 * What it must not know: any domain. Providers, their look-alikes and wrong endings are in core/rules/mail_domains.tsv.
 *
 * Sources: RFC 5321 4.1.2 and 4.1.3 (mailbox, address literals), 4.5.3.1 (sizes); RFC 6531 3.3 (UTF-8 in both parts);
 * RFC 5890 (labels of domain names); RFC 3696 2 (no top-level domain is a number).
 */
#include "message.h"
#include "text.h"
#include "vocabulary.h"

#include <string.h>

#define LOCAL_MAX 64
#define LABEL_MAX 63
#define ULABEL_MAX 59 /* characters: "xn--" and a digit for each must fit a label */
#define DOMAIN_ROOM (BNC_ADDRESS_MAX + 8)

/* ---- characters ---- */

static bool
is_atext(unsigned char c)
{
    return bnc_is_alnum(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Blanks, controls and what can't be seen come with pasting; no mailbox has them. ZWJ and ZWNJ belong to some scripts.
 */
static bool
is_visible(uint32_t code)
{
    static const uint32_t hidden[][2] = {{0x80, 0xa0},     {0xad, 0xad},     {0x1680, 0x1680}, {0x2000, 0x200b},
                                         {0x200e, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000},
                                         {0xfdd0, 0xfdef}, {0xfeff, 0xfeff}, {0xfff0, 0xffff}, {0xe0000, 0xe0fff}};
    size_t i;

    for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        if (code >= hidden[i][0] && code <= hidden[i][1])
            return false;
    return (code & 0xfffe) != 0xfffe;
}

/* Full-width forms and the ideographic full stops: no label may hold them, and SMTP has no other dot than ".". */
static bool
is_wide_form(uint32_t code)
{
    return code == 0x3002 || (code >= 0xff01 && code <= 0xff61);
}

/* The length of one visible character beyond ASCII; 0: none is here. */
static size_t
beyond_ascii(const unsigned char *s, size_t n, bool in_domain)
{
    uint32_t code;
    size_t len = bnc_utf8_read(s, n, &code);

    return len > 1 && is_visible(code) && !(in_domain && is_wide_form(code)) ? len : 0;
}

/* ---- the local part: its length, 0 if it is none ---- */

static size_t
dot_atom(const unsigned char *s, size_t n)
{
    bool dot = true; /* none may come here */
    size_t i = 0;
    size_t len;

    while (i < n && s[i] != '@') {
        len = s[i] >= 0x80 ? beyond_ascii(s + i, n - i, false) : is_atext(s[i]) || (s[i] == '.' && !dot);
        if (len == 0)
            return 0;
        dot = s[i] == '.';
        i += len;
    }
    return dot ? 0 : i;
}

static size_t
quoted_string(const unsigned char *s, size_t n)
{
    size_t i = 1;
    size_t len;

    while (i < n && s[i] != '"') {
        if (s[i] == '\\') {
            if (++i == n || s[i] >= 0x80)
                return 0;
        }
        len = s[i] >= 0x80 ? beyond_ascii(s + i, n - i, false) : s[i] >= ' ' && s[i] < 0x7f;
        if (len == 0)
            return 0;
        i += len;
    }
    return i < n ? i + 1 : 0;
}

/* ---- the domain ---- */

/* The number of labels; 0: this is no domain. */
static int
count_labels(const unsigned char *s, size_t n)
{
    int labels = 0;
    size_t i = 0;
    size_t start, len, characters, digits;

    for (;;) {
        start = i;
        characters = digits = 0;
        while (i < n && s[i] != '.') {
            len = s[i] >= 0x80 ? beyond_ascii(s + i, n - i, true) : bnc_is_alnum(s[i]) || s[i] == '-';
            if (len == 0)
                return 0;
            digits += bnc_is_digit(s[i]);
            characters++;
            i += len;
        }
        len = i - start;
        if (len == 0 || s[start] == '-' || s[i - 1] == '-')
            return 0;
        if (characters == len ? len > LABEL_MAX : characters > ULABEL_MAX)
            return 0;
        labels++;
        if (i == n)
            return digits == len ? 0 : labels;
        i++;
    }
}

/* Four numbers up to 255. */
static bool
is_ipv4(const unsigned char *s, size_t n)
{
    size_t i = 0;
    size_t start;
    int numbers = 0;
    int value;

    for (;;) {
        start = i;
        for (value = 0; i < n && i - start < 3 && bnc_is_digit(s[i]); i++)
            value = value * 10 + s[i] - '0';
        if (i == start || value > 255)
            return false;
        if (++numbers == 4)
            return i == n;
        if (i == n || s[i++] != '.')
            return false;
    }
}

static bool
is_hex(unsigned char c)
{
    return bnc_is_digit(c) || (bnc_lower(c) >= 'a' && bnc_lower(c) <= 'f');
}

/* Eight groups, or "::" with at most six; the last two may be written as IPv4. */
static bool
is_ipv6(const unsigned char *s, size_t n)
{
    bool gap = false;
    int groups = 0;
    size_t i = 0;
    size_t start;

    if (n >= 2 && s[0] == ':' && s[1] == ':') {
        gap = true;
        i = 2;
    }
    while (i < n) {
        start = i;
        while (i < n && i - start < 4 && is_hex(s[i]))
            i++;
        if (i < n && s[i] == '.') {
            groups += 2;
            i = n;
            if (!is_ipv4(s + start, n - start))
                return false;
            break;
        }
        if (i == start || ++groups > 8)
            return false;
        if (i == n)
            break;
        if (s[i++] != ':' || i == n)
            return false;
        if (s[i] == ':') {
            if (gap)
                return false;
            gap = true;
            i++;
        }
    }
    return gap ? groups <= 6 : groups == 8;
}

/* "[192.0.2.1]" and "[IPv6:2001:db8::1]"; no other kind was ever registered. */
static bool
is_literal(const unsigned char *s, size_t n)
{
    static const char tag[] = "ipv6:";
    const size_t tag_len = sizeof(tag) - 1;
    size_t i;

    if (n < 2 || s[0] != '[' || s[n - 1] != ']')
        return false;
    s++;
    n -= 2;
    for (i = 0; i < n && i < tag_len && bnc_lower(s[i]) == tag[i]; i++)
        ;
    return i == tag_len ? is_ipv6(s + tag_len, n - tag_len) : is_ipv4(s, n);
}

/* ---- slips ---- */

/* A domain in lower case. */
typedef struct domain {
    char text[DOMAIN_ROOM];
    size_t len;
    size_t first; /* length of its first label */
    size_t last;  /* where its last label starts */
} domain;

static bnc_slice
text_at(uint32_t at, size_t len)
{
    bnc_slice slice = {bnc_vocabulary_text + at, len};

    return slice;
}

static void
find_labels(domain *d)
{
    for (d->first = 0; d->first < d->len && d->text[d->first] != '.'; d->first++)
        ;
    for (d->last = d->len; d->last > 0 && d->text[d->last - 1] != '.'; d->last--)
        ;
}

static void
read_domain(domain *d, const unsigned char *s, size_t n)
{
    size_t i;

    d->len = n;
    for (i = 0; i < n; i++)
        d->text[i] = (char)bnc_lower(s[i]);
    find_labels(d);
}

static bool
is_text(const char *s, size_t n, bnc_slice text)
{
    return bnc_slice_equal((bnc_slice){s, n}, text);
}

/* Puts a top-level domain in place of an ending that is none. */
static bool
mend_ending(domain *d)
{
    const char *last = d->text + d->last;
    size_t len = d->len - d->last;
    const bnc_mail_domain *m = bnc_mail_domains + bnc_mail_from[BNC_MAIL_NO_ENDING];
    const bnc_mail_domain *end = bnc_mail_domains + bnc_mail_from[BNC_MAIL_NO_ENDING + 1];

    for (; m < end; m++) {
        if (m->len != len || memcmp(last, bnc_vocabulary_text + m->at, len) != 0)
            continue;
        memcpy(d->text + d->last, bnc_vocabulary_text + m->right, m->right_len);
        d->len = d->last + m->right_len;
        find_labels(d);
        return true;
    }
    return false;
}

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/*
 * Letters left out, added, changed or swapped with their neighbour (optimal string alignment); more than most is
 * most + 1. Names that differ in the first letter are other names, mail and email for gmail, unless two letters were
 * swapped, or the first one of a long name was left out.
 */
static unsigned
name_slips(bnc_slice a, bnc_slice b, unsigned most)
{
    uint8_t rows[3][BNC_MAIL_NAME_MAX + 4];
    uint8_t *before = rows[0];
    uint8_t *above = rows[1];
    uint8_t *row = rows[2];
    uint8_t *spare;
    size_t i, k;

    if (a.len > b.len + most || b.len > a.len + most || a.len < 2 || b.len < 2)
        return most + 1;
    if (a.data[0] != b.data[0] && !(a.data[0] == b.data[1] && a.data[1] == b.data[0]))
        return b.len >= 7 && is_text(a.data, a.len, (bnc_slice){b.data + 1, b.len - 1}) && most > 0 ? 1 : most + 1;
    for (k = 0; k <= b.len; k++)
        row[k] = (uint8_t)k;
    for (i = 1; i <= a.len; i++) {
        spare = before;
        before = above;
        above = row;
        row = spare;
        row[0] = (uint8_t)i;
        for (k = 1; k <= b.len; k++) {
            row[k] =
                (uint8_t)least(least(above[k] + 1u, row[k - 1] + 1u), above[k - 1] + (a.data[i - 1] != b.data[k - 1]));
            if (i > 1 && k > 1 && a.data[i - 1] == b.data[k - 2] && a.data[i - 2] == b.data[k - 1])
                row[k] = (uint8_t)least(row[k], before[k - 2] + 1u);
        }
    }
    return least(row[b.len], most + 1);
}

/* Whether an ending, a country's own, is a slip of the finger for another one. */
static bool
is_other_ending(bnc_slice ending, bnc_slice right)
{
    const bnc_mail_domain *m = bnc_mail_domains + bnc_mail_from[BNC_MAIL_OTHER_ENDING];
    const bnc_mail_domain *end = bnc_mail_domains + bnc_mail_from[BNC_MAIL_OTHER_ENDING + 1];

    for (; m < end; m++) {
        if (is_text(ending.data, ending.len, text_at(m->at, m->len)) &&
            is_text(right.data, right.len, text_at(m->right, m->right_len)))
            return true;
    }
    return false;
}

/* The same letters with the dots elsewhere, or without: "gmailcom", "gmail.c.om". */
static bool
is_dot_slip(const domain *d, bnc_slice name)
{
    size_t i = 0;
    size_t k = 0;

    while (k < name.len) {
        if (i < d->len && d->text[i] == '.') {
            i++;
        } else if (name.data[k] == '.') {
            k++;
        } else {
            if (i == d->len || d->text[i] != name.data[k])
                return false;
            i++;
            k++;
        }
    }
    for (k = name.len; name.data[k - 1] != '.'; k--)
        ;
    /* "g.mail.com" is within mail.com */
    return i == d->len && !is_text(d->text + d->last, d->len - d->last, (bnc_slice){name.data + k, name.len - k});
}

/* How many slips make the domain out of a provider's; 0: it can't be that one. */
static unsigned
slips(const domain *d, const bnc_mail_domain *m, int labels)
{
    bnc_slice provider = text_at(m->at, m->len);
    bnc_slice name = {provider.data, m->name_len};
    bnc_slice ending = {provider.data + m->name_len, m->len - m->name_len}; /* with its dot */
    bnc_slice d_name = {d->text, d->first};
    bnc_slice d_ending = {d->text + d->first, d->len - d->first};
    unsigned n;

    if (labels > 1) {
        if (m->slips > 0 && is_text(d_ending.data, d_ending.len, ending)) {
            n = name_slips(d_name, name, m->slips);
            return n <= m->slips ? n : 0;
        }
        if (is_text(d_name.data, d_name.len, name) && is_other_ending((bnc_slice){d_ending.data + 1, d_ending.len - 1},
                                                                      (bnc_slice){ending.data + 1, ending.len - 1}))
            return 1;
        if (d->first == 3 && memcmp(d->text, "www", 3) == 0 && is_text(d->text + 4, d->len - 4, provider))
            return 1;
    }
    return is_dot_slip(d, provider) ? 1 : 0;
}

/* Whether a domain is one of the kind. */
static bool
is_one_of(int kind, const domain *d)
{
    const bnc_mail_domain *m = bnc_mail_domains + bnc_mail_from[kind];
    const bnc_mail_domain *end = bnc_mail_domains + bnc_mail_from[kind + 1];

    for (; m < end; m++)
        if (m->len == d->len && memcmp(d->text, bnc_vocabulary_text + m->at, m->len) == 0)
            return true;
    return false;
}

/* Whether a domain is mistyped; it becomes the one that is meant. */
static bool
mend_domain(domain *d, int labels)
{
    const bnc_mail_domain *m = bnc_mail_domains + bnc_mail_from[BNC_MAIL_PROVIDER];
    const bnc_mail_domain *end = bnc_mail_domains + bnc_mail_from[BNC_MAIL_PROVIDER + 1];
    const bnc_mail_domain *nearest = NULL;
    bool mended = labels > 1 && mend_ending(d);
    unsigned fewest = UINT8_MAX;
    const char *name;
    unsigned n;

    for (; m < end; m++) {
        name = bnc_vocabulary_text + m->at;
        /* one of these it must start with: a provider's first letter, its second one, or www */
        if (d->text[0] != name[0] && d->text[0] != name[1] && d->text[0] != 'w')
            continue;
        if (is_text(d->text, d->len, text_at(m->at, m->len)))
            return mended;
        n = slips(d, m, labels);
        if (n > 0 && n < fewest) {
            fewest = n;
            nearest = m;
        }
    }
    if (nearest == NULL || is_one_of(BNC_MAIL_REAL, d))
        return mended;
    memcpy(d->text, bnc_vocabulary_text + nearest->at, nearest->len);
    d->len = nearest->len;
    return true;
}

/* ---- answers ---- */

static bnc_address_check
check_address(bnc_slice address, size_t *local, domain *meant)
{
    const unsigned char *s = (const unsigned char *)address.data;
    size_t n = address.len;
    int labels;

    if (n < 3 || n > BNC_ADDRESS_MAX)
        return BNC_ADDRESS_SYNTAX;
    *local = s[0] == '"' ? quoted_string(s, n) : dot_atom(s, n);
    if (*local == 0 || *local > LOCAL_MAX || *local == n || s[*local] != '@')
        return BNC_ADDRESS_SYNTAX;
    s += *local + 1;
    n -= *local + 1;
    if (is_literal(s, n))
        return BNC_ADDRESS_OK;
    labels = count_labels(s, n);
    if (labels == 0)
        return BNC_ADDRESS_SYNTAX;
    read_domain(meant, s, n);
    if (mend_domain(meant, labels) && *local + 1 + meant->len <= BNC_ADDRESS_MAX)
        return BNC_ADDRESS_TYPO;
    return labels > 1 ? BNC_ADDRESS_OK : BNC_ADDRESS_SYNTAX;
}

bnc_slice
bnc_email_check(bnc_slice address)
{
    static const char names[][8] = {"ok", "syntax", "typo"};
    domain meant;
    size_t local;

    return bnc_slice_of(names[check_address(address, &local, &meant)]);
}

size_t
bnc_email_suggestion(bnc_slice address, char text[BNC_ADDRESS_MAX])
{
    domain meant;
    size_t local;

    if (check_address(address, &local, &meant) != BNC_ADDRESS_TYPO)
        return 0;
    memcpy(text, address.data, local + 1);
    memcpy(text + local + 1, meant.text, meant.len);
    return local + 1 + meant.len;
}
