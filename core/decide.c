/*
 * decide.c - from a diagnostic to its verdict; doc/rules.md tells the same to users.
 *
 * What it does: chooses the reply that decides, shows its words to the rules, and takes the first rule
 * that holds. What it must not know: any phrase, code or provider; those are rules.
 */
#include "engine.h"

#include "names.h"
#include "vocabulary.h"

#include <stdio.h>
#include <string.h>

#define ALL_OWNERS UINT32_MAX

/* Which owners' words a view shows: bit 0 the preamble, bit i + 1 reply i. */
static uint32_t
owner_bit(int owner)
{
    return 1u << (owner + 1);
}

/* A bit for each provider's number + 1; bit 0, for rules that ask for none, is always set. */
typedef struct providers {
    uint64_t bits[BNC_PROVIDERS_MAX / 64 + 1];
    uint32_t first; /* that was shown, + 1; 0: none */
} providers;

/* What rules may ask of the deciding reply. */
typedef struct situation {
    unsigned code;
    bnc_enhanced enhanced;
    int reply;
    providers shown;
} situation;

/* The rule that won: in own rules or the built-in ones. */
typedef struct winner {
    bnc_rule_set *set; /* NULL: no rule holds */
    uint32_t rule;
} winner;

/* A part of the text, and the reply whose words ^"phrase" looks at. */
typedef struct part {
    uint32_t owners;
    int reply;
} part;

typedef struct job {
    bnc_engine *e;
    bnc_rule_set *own; /* NULL: none */
    situation now;
    part refusing;     /* where !"phrases" are looked for: also before the reply */
    bool refusals_set; /* refusals shows that part */
    bnc_view refusals;
    bool pending;
    bool ends;           /* some words or codes of an aftermath are in the text */
    uint32_t aftermath;  /* a bit for each reply */
    size_t starts[2][3]; /* where candidates of each range start: built-in, own */
    bool preamble_known, preamble_speaks;
} job;

/* ---- conditions ---- */

/* A class counts by the enhanced code where no reply code is. */
static bool
code_in(const bnc_code_range *range, const situation *now)
{
    unsigned code = now->code;

    if (code == 0 && range->low % 100 == 0 && range->high == range->low + 99)
        code = now->enhanced.class_ * 100u;
    return code >= range->low && code <= range->high;
}

static bool
enhanced_in(const bnc_enhanced_range *range, const situation *now)
{
    return now->enhanced.class_ != 0 && (range->classes >> now->enhanced.class_ & 1) != 0 &&
           now->enhanced.subject == range->subject && now->enhanced.detail >= range->detail_low &&
           now->enhanced.detail <= range->detail_high;
}

static bool
codes_hold(const bnc_rule *rule, const situation *now)
{
    if (rule->code.low != 0 && !code_in(&rule->code, now))
        return false;
    if (rule->not_code.low != 0 && code_in(&rule->not_code, now))
        return false;
    if (rule->enhanced.classes != 0 && !enhanced_in(&rule->enhanced, now))
        return false;
    if (rule->not_enhanced.classes != 0 && enhanced_in(&rule->not_enhanced, now))
        return false;
    return (rule->flags & BNC_RULE_UNCODED) == 0 || now->code == 0;
}

/* number: + 1, 0 for none. */
static inline bool
provider_shown(const providers *shown, uint32_t number)
{
    return (shown->bits[number / 64] >> (number % 64) & 1) != 0;
}

/* Whether one of n phrases occurs. */
static bool
any_occurs(const bnc_rules *rules, uint32_t phrases, uint32_t n, const bnc_view *view)
{
    uint32_t i;

    for (i = 0; i < n; i++)
        if (bnc_phrase_occurs(rules, bnc_phrase_at(rules, phrases + i), view, NULL, NULL))
            return true;
    return false;
}

/* Whether what a rule asks of anything but words holds. */
static bool
situation_fits(const job *j, const bnc_rule *rule)
{
    const situation *now = &j->now;

    if (!codes_hold(rule, now))
        return false;
    if (!provider_shown(&now->shown, rule->provider))
        return false;
    if (rule->not_provider != 0 && provider_shown(&now->shown, rule->not_provider))
        return false;
    return (rule->flags & BNC_RULE_ALONE) == 0 || !bnc_reply_has_words(&j->e->text, &j->e->replies, now->reply);
}

/* ---- views ---- */

/* The two views that may live at a time. */
enum { VIEW_WANTED, VIEW_REFUSED };

static bool
shows(const job *j, int span, uint32_t owners)
{
    return (owners & owner_bit(j->e->replies.spans[span].owner)) != 0;
}

static size_t
span_end(const job *j, int span)
{
    const bnc_replies *replies = &j->e->replies;

    if (span + 1 < replies->n_spans && replies->spans[span + 1].start < j->e->text.len)
        return replies->spans[span + 1].start;
    return j->e->text.len;
}

/* The text with only the words of these owners: a part of it, with the others' words in between masked. */
static bnc_view
view_of(job *j, int slot, part shown)
{
    bnc_engine *e = j->e;
    const bnc_replies *replies = &e->replies;
    bnc_view view = {e->text.raw, e->text.words, 0, e->text.len, 0, &e->grams};
    uint32_t owners = shown.owners;
    size_t from, to;
    int first, last, k;

    if (shown.reply >= 0)
        view.anchor = replies->item[shown.reply].text;
    if (owners == ALL_OWNERS)
        return view;
    for (first = 0; first < replies->n_spans && !shows(j, first, owners); first++)
        ;
    for (last = replies->n_spans - 1; last > first && !shows(j, last, owners); last--)
        ;
    if (first == replies->n_spans || replies->spans[first].start >= e->text.len) {
        view.start = view.end = view.anchor = 0;
        return view;
    }
    view.start = replies->spans[first].start;
    view.end = span_end(j, last);
    if (view.anchor < view.start)
        view.anchor = view.start;
    if (view.anchor > view.end)
        view.anchor = view.end;
    for (k = first; k <= last && shows(j, k, owners); k++)
        ;
    if (k > last)
        return view;
    for (k = first; k <= last; k++) {
        from = replies->spans[k].start;
        to = span_end(j, k);
        if (from >= to)
            continue;
        if (shows(j, k, owners)) {
            memcpy(e->view_raw[slot] + from, e->text.raw + from, to - from);
            memcpy(e->view_words[slot] + from, e->text.words + from, to - from);
        } else {
            memset(e->view_raw[slot] + from, BNC_MASK, to - from);
            memset(e->view_words[slot] + from, BNC_MASK, to - from);
        }
    }
    memset(e->view_raw[slot] + view.end, 0, BNC_PADDING);
    memset(e->view_words[slot] + view.end, 0, BNC_PADDING);
    view.raw = e->view_raw[slot];
    view.words = e->view_words[slot];
    return view;
}

/* Whether there are words before the first reply. */
static bool
preamble_speaks(job *j)
{
    if (!j->preamble_known) {
        j->preamble_speaks = bnc_reply_has_words(&j->e->text, &j->e->replies, BNC_PREAMBLE);
        j->preamble_known = true;
    }
    return j->preamble_speaks;
}

/* From now on !"phrases" are looked for in this part. */
static void
refuse_in(job *j, part refusing)
{
    j->refusing = refusing;
    j->refusals_set = false;
}

static bool
refused(job *j, const bnc_rules *rules, const bnc_rule *rule)
{
    if (!j->refusals_set) {
        j->refusals = view_of(j, VIEW_REFUSED, j->refusing);
        j->refusals_set = true;
    }
    return any_occurs(rules, rule->refusals, rule->n_refusals, &j->refusals);
}

/* ---- rules in order ---- */

/* Which rules are walked; the tables hold them in this order. */
typedef enum range { SIGNALS, AFTERMATH, CATEGORIES } range;

/*
 * The rules of a range that may hold in a view, in their order: those with candidates, sifted a few at a time, and
 * those without phrases, from three lists by codes. next_rule puts the next one in hand.
 */
#define SIFTED 16

typedef struct walk {
    bnc_rule_set *set;
    const bnc_view *view;
    const providers *shown;
    const uint32_t *phrase_asks;
    uint32_t end_rule;
    const bnc_candidate *next, *end; /* not sifted yet */
    const uint32_t *coded[3]; /* BNC_ASKS of the next ones: by the enhanced code, by the reply code, by neither */
    uint32_t from, at, n;     /* of those sifted: the first of the rule in hand, the first after it, their number */
    bool asks_more;           /* the rule in hand asks for more than words and a provider */
    uint32_t asks[SIFTED];
    bnc_candidate item[SIFTED];
} walk;

#define NO_RULE UINT32_MAX

/* For signals, which are read while it is found out who is shown. */
static const providers every_provider = {{~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull, ~0ull}, 0};

static const bnc_candidates *
candidates_of(const job *j, const bnc_rule_set *set)
{
    return set == j->own ? &j->e->own_candidates : &j->e->candidates;
}

/* Finds where the candidates of each range start. */
static void
part_candidates(job *j, const bnc_rule_set *set)
{
    const bnc_tables_head *head = bnc_tables(set->rules);
    const uint32_t *asks = set->rules->words + head->phrase_asks;
    const bnc_candidates *found = candidates_of(j, set);
    size_t *starts = j->starts[set == j->own];
    uint32_t rule;
    size_t i;

    starts[SIGNALS] = starts[AFTERMATH] = 0;
    for (i = 0; i < found->n; i++) {
        rule = BNC_ASKS_RULE(asks[bnc_candidate_phrase(found->item[i])]);
        if (rule >= head->first_category_rule)
            break;
        starts[AFTERMATH] += rule < head->first_aftermath_rule;
    }
    starts[CATEGORIES] = i;
}

/* The lists of rules without phrases, from a rule on; each ends with BNC_ASKS_NOTHING. */
static void
start_coded(walk *w, const situation *now, uint32_t first_rule)
{
    const bnc_tables_head *head = bnc_tables(w->set->rules);
    const uint32_t *starts = w->set->rules->words + head->coded;
    uint32_t lists[3] = {BNC_CODED_NOTHING, BNC_CODED_NOTHING, BNC_CODED_ANY};
    const uint32_t *asks;
    int i;

    if (now->enhanced.class_ != 0)
        lists[0] = bnc_coded_enhanced(now->enhanced.subject, now->enhanced.detail);
    if (now->code - BNC_CODED_FIRST_REPLY < BNC_CODED_ANY - BNC_CODED_REPLIES)
        lists[1] = BNC_CODED_REPLIES + now->code - BNC_CODED_FIRST_REPLY;
    for (i = 0; i < 3; i++) {
        asks = w->set->rules->words + head->coded_asks + starts[lists[i]];
        while (BNC_ASKS_RULE(*asks) < first_rule)
            asks++;
        w->coded[i] = asks;
    }
}

static void
start_walk(walk *w, const job *j, bnc_rule_set *set, range range, const bnc_view *view)
{
    const bnc_tables_head *head = bnc_tables(set->rules);
    const uint32_t first_rules[] = {0, head->first_aftermath_rule, head->first_category_rule};
    const bnc_candidates *found = candidates_of(j, set);
    const size_t *starts = j->starts[set == j->own];

    w->set = set;
    w->view = view;
    w->shown = range == CATEGORIES ? &j->now.shown : &every_provider;
    w->phrase_asks = set->rules->words + head->phrase_asks;
    w->end_rule = range == CATEGORIES ? head->n_rules : head->first_category_rule;
    w->next = found->item + starts[range];
    w->end = found->item + (range == CATEGORIES ? found->n : starts[CATEGORIES]);
    w->from = w->at = w->n = 0;
    start_coded(w, &j->now, first_rules[range]);
}

/* Keeps candidates that lie in the view and whose provider is shown; without branches, since neither can be foreseen.
 */
static void
sift(walk *w)
{
    size_t from = w->view->start;
    size_t room = w->view->end - from;
    const bnc_candidate *item, *stop;
    uint32_t asks, n;
    size_t start;

    for (n = 0; n == 0 && w->next < w->end; w->next = stop) {
        stop = w->end - w->next > SIFTED ? w->next + SIFTED : w->end;
        for (item = w->next; item < stop; item++) {
            asks = w->phrase_asks[bnc_candidate_phrase(*item)];
            start = bnc_candidate_start(*item);
            w->item[n] = *item;
            w->asks[n] = asks;
            n += (uint32_t)provider_shown(w->shown, BNC_ASKS_PROVIDER(asks)) &
                 ((uint32_t)(start - from < room) | (uint32_t)(start == BNC_ANYWHERE));
        }
    }
    w->at = 0;
    w->n = n;
}

static inline uint32_t
least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* The next rule; NO_RULE after the last. */
static inline uint32_t
next_rule(walk *w)
{
    uint32_t coded[3] = {BNC_ASKS_RULE(*w->coded[0]), BNC_ASKS_RULE(*w->coded[1]), BNC_ASKS_RULE(*w->coded[2])};
    uint32_t first_coded = least(coded[0], least(coded[1], coded[2]));
    uint32_t rule = NO_RULE;

    if (w->at == w->n && w->next < w->end)
        sift(w);
    w->from = w->at;
    if (w->at < w->n)
        rule = BNC_ASKS_RULE(w->asks[w->at]);
    if (first_coded < rule) {
        rule = first_coded;
        w->asks_more = true;
        w->coded[coded[0] == rule ? 0 : coded[1] == rule ? 1 : 2]++;
    } else {
        w->asks_more = BNC_ASKS_MORE(w->asks[w->at]) | (w->shown == &every_provider);
        while (++w->at < w->n && BNC_ASKS_RULE(w->asks[w->at]) == rule)
            ;
    }
    return rule < w->end_rule ? rule : NO_RULE;
}

/* Whether the rule in hand holds: the cheap conditions first. */
static inline bool
holds(job *j, const walk *w, uint32_t number)
{
    const bnc_rules *rules = w->set->rules;
    const bnc_rule *rule;
    size_t places[2];

    if (w->asks_more && !situation_fits(j, bnc_rule_at(rules, number)))
        return false;
    if (w->from < w->at && !bnc_candidates_hold(rules, w->item + w->from, w->item + w->at, w->view))
        return false;
    rule = bnc_rule_at(rules, number);
    if (rule->n_others > 0 && !any_occurs(rules, rule->others, rule->n_others, w->view))
        return false;
    if (rule->n_refusals > 0 && refused(j, rules, rule))
        return false;
    return rule->pattern_len == 0 || bnc_engine_pattern(j->e, w->set, number, w->view, places);
}

/* ---- signals: what the text shows before anything is decided ---- */

static void
note_provider(providers *shown, uint32_t number)
{
    number++;
    shown->bits[number / 64] |= (uint64_t)1 << (number % 64);
    if (shown->first == 0)
        shown->first = number;
}

/* Whether a reply has a code that rules of signals or aftermaths ask for without words. */
static bool
codes_may_end(const job *j, const bnc_rule_set *set)
{
    const bnc_tables_head *head = bnc_tables(set->rules);
    const uint32_t *starts = set->rules->words + head->coded;
    const bnc_replies *replies = &j->e->replies;
    uint32_t first;
    unsigned code;
    int i;

    for (i = 0; i < replies->count; i++) {
        code = replies->item[i].code - BNC_CODED_FIRST_REPLY;
        if (code >= BNC_CODED_ANY - BNC_CODED_REPLIES)
            continue;
        first = set->rules->words[head->coded_asks + starts[BNC_CODED_REPLIES + code]];
        if (BNC_ASKS_RULE(first) < head->first_category_rule)
            return true;
    }
    return false;
}

/* Providers and promises, from rules of one set over the whole text. */
static void
read_signals(job *j, bnc_rule_set *set)
{
    part all = {ALL_OWNERS, BNC_PREAMBLE};
    bnc_view view = view_of(j, VIEW_WANTED, all);
    const bnc_rule *rule;
    uint32_t i;
    walk w;

    j->ends = j->ends || codes_may_end(j, set);
    part_candidates(j, set);
    refuse_in(j, all);
    start_walk(&w, j, set, SIGNALS, &view);
    while ((i = next_rule(&w)) != NO_RULE) {
        rule = bnc_rule_at(set->rules, i);
        if (rule->kind == BNC_RULE_AFTERMATH)
            j->ends = true;
        else if (!holds(j, &w, i))
            continue;
        else if (rule->kind == BNC_RULE_PROVIDER)
            note_provider(&j->now.shown, rule->target);
        else
            j->pending = true;
    }
}

static void
enter_reply(job *j, int reply)
{
    const bnc_replies *replies = &j->e->replies;
    const bnc_reply *item = reply >= 0 ? &replies->item[reply] : NULL;

    j->now.code = item != NULL ? item->code : 0;
    j->now.enhanced = item != NULL ? item->enhanced : replies->status;
    if (item != NULL && item->enhanced.class_ == 0 && replies->status.class_ == item->code / 100)
        j->now.enhanced = replies->status;
    j->now.reply = reply;
}

static bool
is_aftermath(job *j, bnc_rule_set *set, const bnc_view *view)
{
    uint32_t i;
    walk w;

    start_walk(&w, j, set, AFTERMATH, view);
    while ((i = next_rule(&w)) != NO_RULE)
        if (holds(j, &w, i))
            return true;
    return false;
}

static void
read_aftermath(job *j)
{
    bnc_view view;
    int reply;

    if (!j->ends)
        return;
    for (reply = 0; reply < j->e->replies.count; reply++) {
        part alone = {owner_bit(reply), reply};

        if (j->e->replies.item[reply].nested)
            continue;
        enter_reply(j, reply);
        refuse_in(j, alone);
        view = view_of(j, VIEW_WANTED, alone);
        if (is_aftermath(j, &j->e->builtin, &view) || (j->own != NULL && is_aftermath(j, j->own, &view)))
            j->aftermath |= 1u << reply;
    }
}

/* ---- the winner ---- */

/* The first rule of the set that holds and, in the same set, ranks before another winner. */
static bool
first_rule(job *j, bnc_rule_set *set, const bnc_view *view, const winner *other, winner *found)
{
    uint32_t i;
    walk w;

    start_walk(&w, j, set, CATEGORIES, view);
    if (other->set == set)
        w.end_rule = other->rule;
    while ((i = next_rule(&w)) != NO_RULE)
        if (holds(j, &w, i)) {
            found->set = set;
            found->rule = i;
            return true;
        }
    return false;
}

/* The first rule that holds and ranks before another winner: own rules before built-in ones. */
static winner
winner_before(job *j, const bnc_view *view, const winner *other)
{
    winner found = {NULL, 0};

    if (j->own == NULL || !first_rule(j, j->own, view, other, &found))
        if (j->own == NULL || other->set != j->own)
            first_rule(j, &j->e->builtin, view, other, &found);
    return found;
}

static const bnc_rule *
winning_rule(const winner *w)
{
    return bnc_rule_at(w->set->rules, w->rule);
}

static bnc_evidence
evidence_of(const winner *w)
{
    const bnc_rule *rule;

    if (w->set == NULL)
        return BNC_EVIDENCE_NONE;
    rule = winning_rule(w);
    if (rule->n_phrases > 0)
        return BNC_EVIDENCE_PHRASE;
    if (rule->pattern_len > 0)
        return BNC_EVIDENCE_PATTERN;
    if (rule->enhanced.classes != 0)
        return BNC_EVIDENCE_ENHANCED_CODE;
    return rule->code.low != 0 ? BNC_EVIDENCE_REPLY_CODE : BNC_EVIDENCE_NONE;
}

static bool
has_words(const winner *w)
{
    bnc_evidence evidence = evidence_of(w);

    return evidence == BNC_EVIDENCE_PHRASE || evidence == BNC_EVIDENCE_PATTERN;
}

static bool
says_something(const winner *w)
{
    return w->set != NULL && winning_rule(w)->target != (uint32_t)bnc_category_unknown();
}

/* A part of the text, and the rule that won there. */
typedef struct attempt {
    winner won;
    part seen;
} attempt;

static attempt
try_part(job *j, int reply, uint32_t owners, const winner *before)
{
    attempt a = {{NULL, 0}, {owners, reply}};
    bnc_view view = view_of(j, VIEW_WANTED, a.seen);
    part refusing = a.seen;

    enter_reply(j, reply);
    if (owners != ALL_OWNERS && reply >= 0)
        refusing.owners |= owner_bit(BNC_PREAMBLE);
    refuse_in(j, refusing);
    a.won = winner_before(j, &view, before);
    return a;
}

static const winner nobody;

/* The reply's own words decide if a rule knows any; else the words before it are heard too. */
static attempt
try_reply(job *j, int reply)
{
    attempt own_words = try_part(j, reply, owner_bit(reply), &nobody);
    attempt with_preamble;

    if (has_words(&own_words.won) || !preamble_speaks(j))
        return own_words;
    with_preamble = try_part(j, reply, owner_bit(reply) | owner_bit(BNC_PREAMBLE), &own_words.won);
    return with_preamble.won.set != NULL ? with_preamble : own_words;
}

/* Outer replies of failure, the aftermath left out: the first, but a later 5xx replaces an earlier 4xx. */
static int
deciding_reply(const job *j, int after)
{
    const bnc_replies *replies = &j->e->replies;
    int first = -1;
    int i;

    for (i = after + 1; i < replies->count; i++) {
        if (replies->item[i].nested || (j->aftermath >> i & 1) != 0 || replies->item[i].code / 100 < 4)
            continue;
        if (first < 0)
            first = i;
        if (replies->item[i].code / 100 == 5 && replies->item[first].code / 100 == 4)
            return i;
    }
    return first;
}

static attempt
decide(job *j)
{
    const bnc_replies *replies = &j->e->replies;
    attempt best, next;
    int reply;

    if (replies->count == 0)
        return try_part(j, BNC_PREAMBLE, ALL_OWNERS, &nobody);
    if (replies->count == 1 && !preamble_speaks(j))
        return try_part(j, 0, ALL_OWNERS, &nobody);
    read_aftermath(j);
    reply = deciding_reply(j, -1);
    if (reply < 0) {
        /* only aftermath or success: the words before it, else it is the text's only reply */
        best = try_part(j, BNC_PREAMBLE, owner_bit(BNC_PREAMBLE), &nobody);
        return says_something(&best.won) ? best : try_part(j, 0, ALL_OWNERS, &nobody);
    }
    best = try_reply(j, reply);
    /* a reply that says nothing leaves the word to the next one */
    while (!says_something(&best.won) && (reply = deciding_reply(j, reply)) >= 0) {
        next = try_reply(j, reply);
        if (says_something(&next.won))
            best = next;
    }
    return best;
}

/* ---- the verdict ---- */

/* What is masked is shown as one "*". */
static size_t
put_matched(bnc_engine *e, size_t used, const void *text, size_t len)
{
    const char *s = text;
    size_t i;

    for (i = 0; i < len && used < sizeof(e->matched); i++)
        if (s[i] != BNC_MASK)
            e->matched[used++] = s[i];
        else if (i == 0 || s[i - 1] != BNC_MASK)
            e->matched[used++] = '*';
    return used;
}

/* Phrases may stop inside a word ("blacklist"); people want to read all of it. */
static void
whole_words(const bnc_view *view, bnc_stretch *found)
{
    while (found->end < view->end && bnc_is_alnum(view->words[found->end]) && bnc_is_alnum(view->words[found->end - 1]))
        found->end++;
    while (found->start > view->start && bnc_is_alnum(view->words[found->start - 1]) &&
           bnc_is_alnum(view->words[found->start]))
        found->start--;
}

/* Stretches as people read them: whole words, empty ones left out, those that meet joined. Returns their number. */
static size_t
whole_stretches(const bnc_view *view, bnc_stretch *found, size_t n)
{
    size_t kept = 0;
    size_t k;

    for (k = 0; k < n; k++) {
        if (found[k].start == found[k].end)
            continue;
        whole_words(view, &found[k]);
        if (kept > 0 && found[k].start <= found[kept - 1].end) {
            if (found[k].end > found[kept - 1].end)
                found[kept - 1].end = found[k].end;
        } else {
            found[kept++] = found[k];
        }
    }
    return kept;
}

static size_t
matched_phrase(job *j, const winner *w, const bnc_view *view)
{
    const bnc_rules *rules = w->set->rules;
    const bnc_rule *rule = winning_rule(w);
    bnc_stretch found[BNC_STRETCHES_MAX];
    size_t used = 0;
    size_t n = 0;
    size_t k;
    uint32_t i;

    for (i = 0; i < rule->n_phrases; i++)
        if (bnc_phrase_occurs(rules, bnc_phrase_at(rules, rule->phrases + i), view, found, &n))
            break;
    if (i == rule->n_phrases)
        return 0;
    n = whole_stretches(view, found, n);
    for (k = 0; k < n; k++) {
        if (k > 0)
            used = put_matched(j->e, used, " * ", 3);
        used = put_matched(j->e, used, view->raw + found[k].start, found[k].end - found[k].start);
    }
    return used;
}

static size_t
matched_pattern(job *j, const winner *w, const bnc_view *view)
{
    size_t places[2];

    if (!bnc_engine_pattern(j->e, w->set, w->rule, view, places))
        return 0;
    return put_matched(j->e, 0, view->raw + places[0], places[1] - places[0]);
}

static bnc_slice
matched_words(job *j, const attempt *a, bnc_evidence evidence)
{
    bnc_engine *e = j->e;
    bnc_slice matched = {e->matched, 0};
    bnc_view view = view_of(j, VIEW_WANTED, a->seen);
    char code[32];

    switch (evidence) {
    case BNC_EVIDENCE_PHRASE:
        matched.len = matched_phrase(j, &a->won, &view);
        break;
    case BNC_EVIDENCE_PATTERN:
        matched.len = matched_pattern(j, &a->won, &view);
        break;
    case BNC_EVIDENCE_ENHANCED_CODE:
        snprintf(code, sizeof(code), "%u.%u.%u", j->now.enhanced.class_, j->now.enhanced.subject,
                 j->now.enhanced.detail);
        matched.len = put_matched(e, 0, code, strlen(code));
        break;
    case BNC_EVIDENCE_REPLY_CODE:
        snprintf(code, sizeof(code), "%u", j->now.code);
        matched.len = put_matched(e, 0, code, strlen(code));
        break;
    case BNC_EVIDENCE_NONE:
        break;
    }
    return matched;
}

static bnc_class
class_of(const job *j, const bnc_rule *rule, int category)
{
    unsigned klass = j->now.code >= 400 && j->now.code < 600 ? j->now.code / 100 : j->now.enhanced.class_;

    /* as bare words, these are kinds of events: a complaint is one, a text that reports success is not */
    if (category == BNC_CATEGORY_COMPLAINT)
        return BNC_CLASS_NONE;
    if (category == BNC_CATEGORY_DELIVERED)
        return BNC_CLASS_NOT;
    if (rule != NULL && rule->type != 0)
        return (bnc_class)(rule->type - 1);
    if (j->pending)
        return BNC_CLASS_PENDING;
    return klass == 4 ? BNC_CLASS_4 : klass == 5 ? BNC_CLASS_5 : BNC_CLASS_NONE;
}

static void
fill_verdict(job *j, const attempt *a, bool explain, bnc_verdict *verdict)
{
    const bnc_rules *builtin = j->e->builtin.rules;
    const bnc_rule *rule = a->won.set != NULL ? winning_rule(&a->won) : NULL;
    uint32_t provider = j->now.shown.first;

    memset(verdict, 0, sizeof(*verdict));
    enter_reply(j, a->seen.reply);
    verdict->category = rule != NULL ? (int)rule->target : bnc_category_unknown();
    verdict->evidence = evidence_of(&a->won);
    verdict->came_with = class_of(j, rule, verdict->category);
    verdict->reply_code = (uint16_t)j->now.code;
    verdict->enhanced_code = j->now.enhanced;
    if (rule != NULL) {
        verdict->rule = bnc_rule_id(a->won.set->rules, rule);
        if (explain)
            verdict->matched = matched_words(j, a, verdict->evidence);
        if (rule->provider != 0)
            provider = rule->provider;
    }
    if (provider != 0)
        verdict->provider = bnc_provider_name(j->own != NULL ? j->own->rules : builtin, builtin, provider - 1);
}

/* Without a reply code its class counts, too. */
static uint64_t
cues_of_enhanced(const bnc_enhanced *e)
{
    return (uint64_t)1 << BNC_CUE_OF_CLASS(e->class_) | (uint64_t)1 << BNC_CUE_OF_ENHANCED(e->subject, e->detail);
}

/* The codes that rules may find in one of the replies. */
static uint64_t
cues_of(const bnc_replies *replies)
{
    const bnc_reply *item = replies->item;
    const bnc_reply *end = item + replies->count;
    uint64_t cues = 1 | cues_of_enhanced(&replies->status);

    for (; item < end; item++)
        cues |= (uint64_t)1 << BNC_CUE_OF_CODE(item->code) | (uint64_t)1 << BNC_CUE_OF_CLASS(item->code / 100) |
                cues_of_enhanced(&item->enhanced);
    return cues;
}

static void
start_job(job *j, bnc_engine *e)
{
    j->e = e;
    j->own = NULL;
    memset(&j->now.shown, 0, sizeof(j->now.shown));
    j->now.shown.bits[0] = 1;
    j->pending = false;
    j->ends = false;
    j->aftermath = 0;
    j->preamble_known = false;
}

bnc_status
bnc_decide(bnc_engine *e, bnc_slice diagnostic, const bnc_slice *rules, bool explain, bnc_verdict *verdict,
           bnc_error *error)
{
    job j;
    bnc_own_rules *own = NULL;
    bnc_label_set labels[2];
    bnc_memo_slot *room;
    bnc_status status;
    attempt best;

    e->no_memory = false;
    if (rules != NULL) {
        status = bnc_engine_own_rules(e, *rules, &own, error);
        if (status != BNC_OK)
            return status;
    }
    labels[0] = bnc_rules_labels(e->builtin.rules);
    if (own != NULL)
        labels[1] = bnc_rules_labels(&own->rules);
    bnc_text_read(&e->text, diagnostic);
    memset(e->text.words + e->text.len, 0, BNC_PADDING);
    bnc_names_hide(&e->text, labels, own != NULL ? 2 : 1);
    if (bnc_memo_find(&e->memo, &e->allocator, &e->text, own != NULL ? own->number : 0, explain, verdict, &room))
        return BNC_OK;
    if (e->memo.failed)
        return BNC_NO_MEMORY;
    start_job(&j, e);
    if (own != NULL)
        j.own = &own->set;
    bnc_replies_read(&e->text, &e->replies);
    bnc_names_mask(&e->text);
    memset(e->text.words + e->text.len, 0, BNC_PADDING);
    bnc_grams_start(&e->grams, &e->text);
    bnc_candidates_find(e->builtin.rules, &e->text, &e->grams.repeats, cues_of(&e->replies), &e->allocator,
                        &e->candidates);
    if (j.own != NULL)
        bnc_candidates_find(j.own->rules, &e->text, &e->grams.repeats, cues_of(&e->replies), &e->allocator,
                            &e->own_candidates);
    if (e->candidates.failed || (j.own != NULL && e->own_candidates.failed))
        return BNC_NO_MEMORY;
    enter_reply(&j, e->replies.count > 0 ? 0 : BNC_PREAMBLE);
    read_signals(&j, &e->builtin);
    if (j.own != NULL)
        read_signals(&j, j.own);
    best = decide(&j);
    if (e->no_memory)
        return BNC_NO_MEMORY;
    fill_verdict(&j, &best, explain, verdict);
    if (e->no_memory)
        return BNC_NO_MEMORY;
    if (room != NULL)
        bnc_memo_keep(&e->memo, room, explain, verdict);
    return BNC_OK;
}

bnc_status
bnc_classify(bnc_engine *e, bnc_slice diagnostic, const bnc_slice *rules, bnc_verdict *verdict, bnc_error *error)
{
    return bnc_decide(e, diagnostic, rules, true, verdict, error);
}
