/*
 * generate.c - makes diagnostics for benchmarks: the same at each run, no two alike but by chance.
 *
 *   generate ROWS FILE.rules ... FILE.tsv ... > rows.txt
 *
 * Templates are the examples of the rules and the texts of the test cases, drawn by Zipf's law, with fresh addresses,
 * hosts, IPs and ids (reserved names and ranges), in the forms in which mail servers and logs pass them on. One row a
 * line, written as PostgreSQL's COPY reads it. It must not know rules' meaning or answers.
 */
#include <ctype.h>
#include <math.h>

#include "rule_files.h"

static dice fate = {20260101};

/* ---- what is put in place of names and numbers ---- */

static void
put_host(growing *g)
{
    static const char *const first[] = {"mx",   "mx1", "mx2",   "mail",  "smtp", "mta",
                                        "gate", "in",  "relay", "mx-in", "mx03", "post"};
    static const char *const syllables[] = {"ka",  "lo",  "mi", "ren",  "tos", "ba", "vel", "du",
                                            "sar", "nor", "pi", "quen", "jo",  "xa", "fre", "gul"};
    static const char *const last[] = {"example", "test", "example.com", "example.net", "example.org"};
    uint32_t n = 1 + roll_below(&fate, 4);
    char number[16];

    put_text(g, first[roll_below(&fate, 12)]);
    put_text(g, ".");
    while (n-- > 0)
        put_text(g, syllables[roll_below(&fate, 16)]);
    if (roll_below(&fate, 4) == 0) {
        snprintf(number, sizeof(number), "%u", roll_below(&fate, 1000));
        put_text(g, number);
    }
    put_text(g, ".");
    put_text(g, last[roll_below(&fate, 5)]);
}

static void
put_address(growing *g)
{
    static const char *const names[] = {"ann",     "bob",    "eve",    "joe",    "maria",   "li.wei", "s.kumar",
                                        "j.smith", "info",   "sales",  "office", "hans",    "olga",   "pierre",
                                        "yuki",    "nguyen", "carlos", "fatima", "contact", "support"};
    char number[16];

    put_text(g, names[roll_below(&fate, 20)]);
    if (roll_below(&fate, 3) != 0) {
        snprintf(number, sizeof(number), "%s%u", roll_below(&fate, 4) == 0 ? "." : "", roll_below(&fate, 100000));
        put_text(g, number);
    }
    put_text(g, "@");
    put_host(g);
}

static void
put_ip(growing *g)
{
    static const char *const nets[] = {"192.0.2.", "198.51.100.", "203.0.113."};
    char ip[64];

    if (roll_below(&fate, 20) == 0)
        snprintf(ip, sizeof(ip), "2001:db8:%x:%x::%x", roll_below(&fate, 65536), roll_below(&fate, 65536),
                 roll_below(&fate, 65536));
    else
        snprintf(ip, sizeof(ip), "%s%u", nets[roll_below(&fate, 3)], 1 + roll_below(&fate, 254));
    put_text(g, ip);
}

static void
put_id(growing *g)
{
    char id[32];

    snprintf(id, sizeof(id), "%010llX", (unsigned long long)(roll(&fate) >> 24));
    put_text(g, id);
}

/* ---- templates ---- */

typedef struct template
{
    char *text;
    size_t len;
    size_t code; /* bytes of the codes in front, 0 if there are none */
    bool said;   /* a report around a reply already */
}
template;

typedef struct pool {
    template *item;
    double *up_to; /* sum of the weights so far */
    uint32_t n;
} pool;

static pool ascii, wide;

/* The reply code and enhanced code that a text starts with, and the blank after them. */
static size_t
codes_in_front(const char *s, size_t len)
{
    size_t i = 0;
    size_t at;

    if (len < 4 || s[0] < '2' || s[0] > '5' || !isdigit((unsigned char)s[1]) || !isdigit((unsigned char)s[2]) ||
        s[3] != ' ')
        return 0;
    i = at = 4;
    while (i < len && (isdigit((unsigned char)s[i]) || s[i] == '.'))
        i++;
    return i > at + 4 && i < len && s[i] == ' ' ? i + 1 : at;
}

static bool
is_utf8(const unsigned char *s, size_t n, bool *all_ascii)
{
    size_t i = 0;
    size_t k, need;

    *all_ascii = true;
    while (i < n) {
        if (s[i] == 0 || (s[i] < ' ' && s[i] != '\n' && s[i] != '\r' && s[i] != '\t'))
            return false;
        need = s[i] < 0x80 ? 1 : s[i] < 0xc2 ? 0 : s[i] < 0xe0 ? 2 : s[i] < 0xf0 ? 3 : s[i] < 0xf4 ? 4 : 0;
        if (need == 0 || need > n - i)
            return false;
        for (k = 1; k < need; k++)
            if ((s[i + k] & 0xc0) != 0x80)
                return false;
        /* overlong forms and surrogates */
        if ((s[i] == 0xe0 && s[i + 1] < 0xa0) || (s[i] == 0xed && s[i + 1] > 0x9f) || (s[i] == 0xf0 && s[i + 1] < 0x90))
            return false;
        *all_ascii = *all_ascii && need == 1;
        i += need;
    }
    return true;
}

static void
add_template(bnc_slice escaped)
{
    growing g = {NULL, 0, 0};
    template t;
    bool all_ascii;
    pool *p;

    put_unescaped(&g, escaped);
    if (g.len == 0 || g.len > 2000 || !is_utf8((const unsigned char *)g.data, g.len, &all_ascii)) {
        free(g.data);
        return;
    }
    t.text = g.data;
    t.len = g.len;
    t.code = codes_in_front(g.data, g.len);
    t.said = strstr(g.data, "said:") != NULL || strstr(g.data, "smtp;") != NULL || strstr(g.data, "SMTP;") != NULL;
    p = all_ascii ? &ascii : &wide;
    p->item = realloc(p->item, (p->n + 1) * sizeof(t));
    if (p->item == NULL)
        exit(1);
    p->item[p->n++] = t;
}

static void
read_rules(bnc_slice rest)
{
    bnc_slice text;

    while (rest.len > 0)
        if (next_line(&rest, &text) == LINE_EXAMPLE)
            add_template(text);
}

/* The first column; texts repeated with \R{}{} are for other purposes. */
static void
read_cases(bnc_slice rest)
{
    const char *end;
    bnc_slice text;
    bool title = true;

    while (rest.len > 0 && (end = memchr(rest.data, '\n', rest.len)) != NULL) {
        text.data = rest.data;
        text.len = strcspn(rest.data, "\t\n");
        rest.len -= (size_t)(end + 1 - rest.data);
        rest.data = end + 1;
        if (!title && text.len < 2000 &&
            (text.len < 3 || strstr(text.data, "\\R{") == NULL || strstr(text.data, "\\R{") > end))
            add_template(text);
        title = false;
    }
}

/* Zipf's law over an order that chance gives. */
static void
weigh(pool *p)
{
    double sum = 0;
    uint32_t i, k;
    template t;

    p->up_to = malloc(p->n * sizeof(double));
    if (p->up_to == NULL || p->n == 0)
        exit(1);
    for (i = p->n; i-- > 1;) {
        k = roll_below(&fate, i + 1);
        t = p->item[i];
        p->item[i] = p->item[k];
        p->item[k] = t;
    }
    for (i = 0; i < p->n; i++)
        p->up_to[i] = sum += 1 / pow(i + 3, 0.9);
}

static const template *
draw(const pool *p)
{
    double wanted = (double)(roll(&fate) >> 11) / 9007199254740992.0 * p->up_to[p->n - 1];
    uint32_t low = 0;
    uint32_t high = p->n - 1;
    uint32_t middle;

    while (low < high) {
        middle = (low + high) / 2;
        if (p->up_to[middle] > wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return &p->item[low];
}

/* ---- from a template to a fresh text ---- */

static bool
is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_' || c == '@' || c == '+' || c == '=' ||
           c == ':';
}

static bool
ends_in(const char *s, size_t n, const char *end)
{
    size_t len = strlen(end);

    return n >= len && strncmp(s + n - len, end, len) == 0;
}

static bool
is_reserved_name(const char *s, size_t n)
{
    return ends_in(s, n, "example.com") || ends_in(s, n, "example.org") || ends_in(s, n, "example.net") ||
           ends_in(s, n, ".example") || ends_in(s, n, ".test");
}

/* A run of letters, digits and .-_@+=: as it stands, or another of its kind. */
static void
put_fresh(growing *g, const char *s, size_t n)
{
    size_t digits = 0;
    size_t letters = 0;
    size_t i;
    bool names = memchr(s, '.', n) != NULL && is_reserved_name(s, n);
    unsigned a, b, c, d;
    int used = 0;
    char copy[64];

    if (memchr(s, '@', n) != NULL && (names || memchr(s, '.', n) == NULL)) {
        put_address(g);
        return;
    }
    if (names && strncmp(s, "http", 4) != 0) {
        put_host(g);
        return;
    }
    snprintf(copy, sizeof(copy), "%.*s", (int)n, s);
    if (n < sizeof(copy) && sscanf(copy, "%u.%u.%u.%u%n", &a, &b, &c, &d, &used) == 4 && (size_t)used == n) {
        put_ip(g);
        return;
    }
    for (i = 0; i < n; i++) {
        digits += isdigit((unsigned char)s[i]) != 0;
        letters += isalpha((unsigned char)s[i]) != 0;
    }
    if ((digits >= 4 && letters >= 3 && digits + letters >= 10 && memchr(s, '_', n) == NULL) ||
        (digits >= 6 && letters == 0)) {
        for (i = 0; i < n; i++) {
            char ch = s[i];

            if (isdigit((unsigned char)ch))
                ch = (char)('0' + roll_below(&fate, 10));
            else if (isalpha((unsigned char)ch) && roll_below(&fate, 2) == 0)
                ch = (char)((ch & 0x20) + 'A' + (int)roll_below(&fate, 6));
            put_bytes(g, &ch, 1);
        }
        return;
    }
    put_bytes(g, s, n);
}

static void
put_fresh_text(growing *g, const char *s, size_t n)
{
    size_t i = 0;
    size_t end, kept;

    while (i < n) {
        for (end = i; end < n && is_name_char(s[end]); end++)
            ;
        /* closing punctuation is no part of it */
        for (kept = end; kept > i && strchr(".-:=", s[kept - 1]) != NULL; kept--)
            ;
        if (kept > i)
            put_fresh(g, s + i, kept - i);
        put_bytes(g, s + kept, end - kept);
        if (end < n)
            put_bytes(g, s + end, 1);
        i = end + 1;
    }
}

/* The words after the codes in another order: a text that few rules know. */
static void
shuffle_words(char *s, size_t n)
{
    static char copy[4096];
    const char *words[400];
    size_t lens[400];
    size_t count = 0;
    size_t i = 0;
    size_t k, at;

    if (n > sizeof(copy))
        return;
    memcpy(copy, s, n);
    while (i < n && count < 400) {
        words[count] = copy + i;
        while (i < n && copy[i] != ' ')
            i++;
        lens[count] = (size_t)(copy + i - words[count]);
        count++;
        i += i < n;
    }
    if (i < n)
        return;
    for (k = count; k-- > 1;) {
        const char *word;
        size_t len;

        i = roll_below(&fate, (uint32_t)k + 1);
        word = words[i];
        len = lens[i];
        words[i] = words[k];
        lens[i] = lens[k];
        words[k] = word;
        lens[k] = len;
    }
    for (k = 0, at = 0; k < count; k++) {
        memcpy(s + at, words[k], lens[k]);
        at += lens[k];
        if (at < n)
            s[at++] = ' ';
    }
}

/* "550 5.1.1 a b c d" as "550-5.1.1 a b\r\n550 5.1.1 c d", the line ends real or lost in a log. */
static void
put_continued(growing *g, const char *s, size_t n, size_t code)
{
    const char *end_of_line = roll_below(&fate, 2) == 0 ? "\r\n" : " ";
    size_t width = 40 + roll_below(&fate, 40);
    size_t i = code;
    size_t end;

    while (i < n) {
        for (end = i + width; end < n && s[end] != ' '; end++)
            ;
        if (end > n)
            end = n;
        put_bytes(g, s, 3);
        put_text(g, end < n ? "-" : " ");
        put_bytes(g, s + 4, code - 4);
        put_bytes(g, s + i, end - i);
        i = end + 1;
        if (i < n)
            put_text(g, end_of_line);
    }
}

/* ---- the forms in which texts come ---- */

enum { FOR_ALL = 0, FOR_CODED = 1, FOR_UNSAID = 2 };

typedef struct form {
    const char *text; /* %t text, %h host, %i IP, %a address, %q id, %c text in continued lines */
    unsigned weight;
    unsigned only;
} form;

static const form forms[] = {
    {"%t", 60, FOR_ALL},
    {"%c", 25, FOR_CODED},
    {"smtp; %t", 14, FOR_UNSAID},
    {"smtp;%t", 4, FOR_UNSAID},
    {"%t [%h]", 14, FOR_ALL},
    {"%t (%q)", 12, FOR_ALL},
    {"%t <%a>", 12, FOR_ALL},
    {"%t [%i]", 10, FOR_ALL},
    {"%t Please see https://support.%h/%q", 8, FOR_ALL},
    {"%t - please contact <%a> and quote %q", 8, FOR_ALL},
    {"%t %h %q from %i", 6, FOR_ALL},
    {"host %h[%i] said: %t", 10, FOR_CODED | FOR_UNSAID},
    {"host %h[%i] said: %t (in reply to RCPT TO command)", 24, FOR_CODED | FOR_UNSAID},
    {"host %h[%i] said: %c (in reply to RCPT TO command)", 8, FOR_CODED | FOR_UNSAID},
    {"host %h[%i] said: %t (in reply to end of DATA command)", 10, FOR_CODED | FOR_UNSAID},
    {"<%a>: host %h[%i] said: %t (in reply to RCPT TO command)", 8, FOR_CODED | FOR_UNSAID},
    {"SMTP error from remote mail server after RCPT TO:<%a>: host %h [%i]: %t", 8, FOR_CODED | FOR_UNSAID},
    {"SMTP error from remote mail server after end of data: host %h [%i]: %t", 4, FOR_CODED | FOR_UNSAID},
    {"%i does not like recipient.\nRemote host said: %t\nGiving up on %i.", 5, FOR_CODED | FOR_UNSAID},
    {"... while talking to %h.:\n>>> RCPT To:<%a>\n<<< %t", 5, FOR_CODED | FOR_UNSAID},
    {"%h #<%h #5.0.0 smtp; %t> #SMTP#", 3, FOR_CODED | FOR_UNSAID},
    {"to=<%a>, relay=%h[%i]:25, delay=1.2, delays=0.1/0/0.4/0.7, status=bounced (host %h[%i] said: %t (in reply to "
     "RCPT TO command))",
     8, FOR_CODED | FOR_UNSAID},
    {"This is the mail system at host %h.\n\nI'm sorry to have to inform you that your message could not\nbe delivered "
     "to one or more "
     "recipients. It's attached below.\n\nFor further assistance, please send mail to postmaster.\n\n<%a>: host\n    "
     "%h[%i] said: %c (in reply "
     "to RCPT TO command)",
     10, FOR_CODED | FOR_UNSAID},
    {"Reporting-MTA: dns; %h\nX-Queue-ID: %q\nX-Sender: rfc822; <%a>\nArrival-Date: Thu, 1 Jan 2026 10:20:30 +0000 "
     "(UTC)\n\nFinal-Recipient: "
     "rfc822; %a\nOriginal-Recipient: rfc822;%a\nAction: failed\nRemote-MTA: dns; %h\nDiagnostic-Code: smtp; %t",
     10, FOR_CODED | FOR_UNSAID}};

#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

/* About how long a form is without its text. */
static size_t
form_length(const form *f)
{
    size_t len = 0;
    const char *s;

    for (s = f->text; *s != '\0'; s++) {
        if (*s != '%') {
            len++;
            continue;
        }
        s++;
        len += *s == 'h' ? 22 : *s == 'i' ? 12 : *s == 'a' ? 31 : *s == 'q' ? 10 : 0;
    }
    return len;
}

static const form *
draw_form(void)
{
    static unsigned total;
    unsigned wanted;
    size_t i;

    if (total == 0)
        for (i = 0; i < N_FORMS; i++)
            total += forms[i].weight;
    wanted = roll_below(&fate, total);
    for (i = 0; wanted >= forms[i].weight; i++)
        wanted -= forms[i].weight;
    return &forms[i];
}

static bool
fits(const form *f, const template *t)
{
    return !((f->only & FOR_CODED) != 0 && t->code == 0) && !((f->only & FOR_UNSAID) != 0 && t->said);
}

static void
put_row(growing *row, const form *f, const template *t)
{
    static growing text;
    const char *s;

    text.len = 0;
    put_fresh_text(&text, t->text, t->len);
    if (roll_below(&fate, 10) == 0)
        shuffle_words(text.data + t->code, text.len - t->code);
    row->len = 0;
    for (s = f->text; *s != '\0'; s++) {
        if (*s != '%') {
            put_bytes(row, s, 1);
            continue;
        }
        s++;
        if (*s == 'h')
            put_host(row);
        else if (*s == 'i')
            put_ip(row);
        else if (*s == 'a')
            put_address(row);
        else if (*s == 'q')
            put_id(row);
        else if (*s == 'c')
            put_continued(row, text.data, text.len, t->code);
        else
            put_bytes(row, text.data, text.len);
    }
}

/* ---- rows ---- */

/* Lengths as in the field: per cent of rows up to that many bytes. */
static const struct {
    unsigned percent;
    size_t below;
} lengths[] = {{11, 60}, {44, 120}, {33, 240}, {7, 400}, {5, 700}};

static void
make_row(growing *row)
{
    unsigned wanted = roll_below(&fate, 100);
    const pool *p = roll_below(&fate, 1000) < 15 ? &wide : &ascii;
    const template *t;
    const form *f;
    size_t about, i;
    int tries;

    for (i = 0; wanted >= lengths[i].percent; i++)
        wanted -= lengths[i].percent;
    for (tries = 0; tries < 100000; tries++) {
        t = draw(p);
        f = draw_form();
        if (!fits(f, t))
            continue;
        about = form_length(f) + t->len;
        if (about < lengths[i].below && (i == 0 || about >= lengths[i - 1].below))
            break;
    }
    put_row(row, f, t);
}

/* As COPY reads it: one line. */
static void
write_row(const growing *row)
{
    size_t i;
    char c;

    for (i = 0; i < row->len; i++) {
        c = row->data[i];
        if (c == '\\' || c == '\n' || c == '\r' || c == '\t') {
            putchar('\\');
            c = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : c;
        }
        putchar(c);
    }
    putchar('\n');
}

int
main(int argc, char **argv)
{
    growing text = {NULL, 0, 0};
    growing row = {NULL, 0, 0};
    long rows = argc > 1 ? atol(argv[1]) : 0;
    long i;
    int k;

    if (argc < 3 || rows <= 0) {
        fprintf(stderr, "usage: generate ROWS FILE.rules ... FILE.tsv ... > rows.txt\n");
        return 2;
    }
    for (k = 2; k < argc; k++) {
        text.len = 0;
        put_file(&text, argv[k]);
        if (ends_in(argv[k], strlen(argv[k]), ".tsv"))
            read_cases((bnc_slice){text.data, text.len});
        else
            read_rules((bnc_slice){text.data, text.len});
    }
    weigh(&ascii);
    weigh(&wide);
    for (i = 0; i < rows; i++) {
        make_row(&row);
        write_row(&row);
    }
    return 0;
}
