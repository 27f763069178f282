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

/* What rules may ask of the deciding reply. */
typedef struct situation {
    unsigned code;
    bnc_enhanced enhanced;
    int reply;
    uint64_t providers[BNC_PROVIDERS_MAX / 64];
    uint32_t first_provider; /* + 1, 0: none */
} situation;

/* The rule that won: in own rules or the built-in ones. */
typedef struct winner {
    bnc_rule_set *set; /* NULL: no rule holds */
    uint32_t rule;
} winner;

typedef struct job {
    bnc_engine *e;
    bnc_rule_set *own; /* NULL: none */
    bnc_view whole;
    bnc_view refusals; /* where !"phrases" are looked for: also before the reply */
    situation now;
    bool pending;
    bool ends; /* some words of an aftermath are in the text */
    bool aftermath[BNC_REPLIES_MAX];
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

static bool
provider_shown(const situation *now, uint32_t number)
{
    return (now->providers[number / 64] >> (number % 64) & 1) != 0;
}

static bool
refused(const job *j, const bnc_rules *rules, const bnc_rule *rule)
{
    uint32_t i;

    for (i = 0; i < rule->n_refusals; i++)
        if (bnc_phrase_occurs(rules, bnc_phrase_at(rules, rule->refusals + i), &j->refusals, NULL, NULL))
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
    if (rule->provider != 0 && !provider_shown(now, rule->provider - 1))
        return false;
    if (rule->not_provider != 0 && provider_shown(now, rule->not_provider - 1))
        return false;
    return (rule->flags & BNC_RULE_ALONE) == 0 || !bnc_reply_has_words(&j->e->text, &j->e->replies, now->reply);
}

/* Whether a rule of which a phrase occurs, or that has none, holds in this view. */
static bool
rest_holds(job *j, bnc_rule_set *set, uint32_t number, const bnc_view *view)
{
    const bnc_rule *rule = bnc_rule_at(set->rules, number);
    size_t places[2];

    if (rule->n_refusals > 0 && refused(j, set->rules, rule))
        return false;
    return rule->pattern_len == 0 || bnc_engine_pattern(j->e, set, number, view, places);
}

/* ---- rules in order ---- */

/* The rules of a set that may hold: those with candidates, and those without phrases. */
typedef struct walk {
    bnc_rule_set *set;
    const bnc_candidate *item, *items_end;
    const bnc_candidate *from; /* candidates of the rule in hand */
    struct {
        const uint32_t *rule, *end;
    } coded[3]; /* by the enhanced code, by the reply code, by neither */
} walk;

static const bnc_candidates *
candidates_of(const job *j, const bnc_rule_set *set)
{
    return set == j->own ? &j->e->own_candidates : &j->e->candidates;
}

static uint32_t
rule_of(const walk *w, const bnc_candidate *item)
{
    return w->set->rules->words[bnc_tables(w->set->rules)->phrase_rules + bnc_candidate_phrase(*item)];
}

/* The rules from number on; those of signals come first (bnc_rule_kind). */
static walk
walk_from(const job *j, bnc_rule_set *set, uint32_t number)
{
    const bnc_tables_head *head = bnc_tables(set->rules);
    const bnc_candidates *found = candidates_of(j, set);
    uint32_t lists[3] = {BNC_CODED_LISTS, BNC_CODED_LISTS, BNC_CODED_ANY};
    const uint32_t *starts = set->rules->words + head->coded;
    walk w;
    int i;

    w.set = set;
    w.item = found->item;
    w.items_end = found->item + found->n;
    w.from = NULL;
    if (j->now.enhanced.class_ != 0)
        lists[0] = bnc_coded_enhanced(j->now.enhanced.subject, j->now.enhanced.detail);
    if (j->now.code >= BNC_CODED_FIRST_REPLY && j->now.code < BNC_CODED_FIRST_REPLY + BNC_CODED_ANY - BNC_CODED_REPLIES)
        lists[1] = BNC_CODED_REPLIES + j->now.code - BNC_CODED_FIRST_REPLY;
    while (number > 0 && w.item < w.items_end && rule_of(&w, w.item) < number)
        w.item++;
    for (i = 0; i < 3; i++) {
        w.coded[i].rule = w.coded[i].end = set->rules->words + head->coded_rules;
        if (lists[i] == BNC_CODED_LISTS)
            continue;
        w.coded[i].end += starts[lists[i] + 1];
        for (w.coded[i].rule += starts[lists[i]]; w.coded[i].rule < w.coded[i].end; w.coded[i].rule++)
            if (*w.coded[i].rule >= number)
                break;
    }
    return w;
}

/* The next rule below end; end if there is none. */
static uint32_t
next_rule(walk *w, uint32_t end)
{
    uint32_t rule = w->item < w->items_end ? rule_of(w, w->item) : end;
    int coded = -1;
    const bnc_rule *r;
    int i;

    if (rule > end)
        rule = end;
    for (i = 0; i < 3; i++)
        if (w->coded[i].rule < w->coded[i].end && *w->coded[i].rule < rule) {
            rule = *w->coded[i].rule;
            coded = i;
        }
    w->from = w->item;
    if (coded >= 0) {
        w->coded[coded].rule++;
    } else if (rule < end) {
        r = bnc_rule_at(w->set->rules, rule);
        for (; w->item < w->items_end; w->item++)
            if (bnc_candidate_phrase(*w->item) >= r->phrases + r->n_phrases)
                break;
    }
    return rule;
}

/* Whether the rule in hand holds in this view: the cheap conditions first. */
static bool
holds(job *j, const walk *w, uint32_t number, const bnc_view *view)
{
    const bnc_rule *rule = bnc_rule_at(w->set->rules, number);

    if (!situation_fits(j, rule))
        return false;
    if (rule->n_phrases > 0 && !bnc_candidates_hold(w->set->rules, w->from, w->item, view))
        return false;
    return rest_holds(j, w->set, number, view);
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
view_of(job *j, int slot, uint32_t owners, int anchor_reply)
{
    bnc_engine *e = j->e;
    const bnc_replies *replies = &e->replies;
    bnc_view view = j->whole;
    size_t from, to;
    int first, last, k;

    view.anchor = anchor_reply >= 0 ? replies->item[anchor_reply].text : 0;
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
    view.raw = e->view_raw[slot];
    view.words = e->view_words[slot];
    return view;
}

/* The owners that have words at all, besides this reply. */
static bool
preamble_speaks(const bnc_engine *e)
{
    return bnc_reply_has_words(&e->text, &e->replies, BNC_PREAMBLE);
}

/* ---- signals: what the text shows before anything is decided ---- */

static void
note_provider(situation *now, uint32_t number)
{
    now->providers[number / 64] |= (uint64_t)1 << (number % 64);
    if (now->first_provider == 0)
        now->first_provider = number + 1;
}

/* Providers and promises, from rules of one set over the whole text. */
static void
read_signals(job *j, bnc_rule_set *set)
{
    uint32_t end = bnc_tables(set->rules)->first_category_rule;
    walk w = walk_from(j, set, 0);
    const bnc_rule *rule;
    uint32_t i;

    j->refusals = j->whole;
    while ((i = next_rule(&w, end)) < end) {
        rule = bnc_rule_at(set->rules, i);
        if (rule->kind == BNC_RULE_AFTERMATH)
            j->ends = true;
        else if (!holds(j, &w, i, &j->whole))
            continue;
        else if (rule->kind == BNC_RULE_PROVIDER)
            note_provider(&j->now, rule->target);
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
is_aftermath(job *j, bnc_rule_set *set, int reply)
{
    bnc_view view = view_of(j, VIEW_WANTED, owner_bit(reply), reply);
    uint32_t end = bnc_tables(set->rules)->first_category_rule;
    walk w = walk_from(j, set, 0);
    uint32_t i;

    j->refusals = view;
    while ((i = next_rule(&w, end)) < end)
        if (bnc_rule_at(set->rules, i)->kind == BNC_RULE_AFTERMATH && holds(j, &w, i, &view))
            return true;
    return false;
}

static void
read_aftermath(job *j)
{
    int reply;

    if (!j->ends)
        return;
    for (reply = 0; reply < j->e->replies.count; reply++) {
        if (j->e->replies.item[reply].nested)
            continue;
        enter_reply(j, reply);
        j->aftermath[reply] =
            is_aftermath(j, &j->e->builtin, reply) || (j->own != NULL && is_aftermath(j, j->own, reply));
    }
}

/* ---- the winner ---- */

static bool
first_rule(job *j, bnc_rule_set *set, const bnc_view *view, winner *found)
{
    uint32_t end = bnc_tables(set->rules)->n_rules;
    walk w = walk_from(j, set, bnc_tables(set->rules)->first_category_rule);
    uint32_t i;

    while ((i = next_rule(&w, end)) < end)
        if (holds(j, &w, i, view)) {
            found->set = set;
            found->rule = i;
            return true;
        }
    return false;
}

static winner
winner_in(job *j, const bnc_view *view)
{
    winner found = {NULL, 0};

    if (j->own == NULL || !first_rule(j, j->own, view, &found))
        first_rule(j, &j->e->builtin, view, &found);
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

/* Own rules before built-in ones, then rank. */
static bool
ranks_before(const job *j, const winner *a, const winner *b)
{
    if (a->set == NULL || b->set == NULL)
        return a->set != NULL;
    if (a->set != b->set)
        return a->set == j->own;
    return a->rule < b->rule;
}

/* A reply with its view, and the rule that won there. */
typedef struct attempt {
    winner won;
    int reply;
    uint32_t owners;
} attempt;

static attempt
try_owners(job *j, int reply, uint32_t owners)
{
    attempt a;
    bnc_view view = view_of(j, VIEW_WANTED, owners, reply);

    enter_reply(j, reply);
    j->refusals = view;
    if (owners != ALL_OWNERS && reply >= 0)
        j->refusals = view_of(j, VIEW_REFUSED, owner_bit(reply) | owner_bit(BNC_PREAMBLE), reply);
    a.reply = reply;
    a.owners = owners;
    a.won = winner_in(j, &view);
    return a;
}

/* The reply's own words decide if a rule knows any; else the words before it are heard too. */
static attempt
try_reply(job *j, int reply)
{
    attempt own_words = try_owners(j, reply, owner_bit(reply));
    attempt with_preamble;

    if (has_words(&own_words.won) || !preamble_speaks(j->e))
        return own_words;
    with_preamble = try_owners(j, reply, owner_bit(reply) | owner_bit(BNC_PREAMBLE));
    return ranks_before(j, &with_preamble.won, &own_words.won) ? with_preamble : own_words;
}

/* Outer replies of failure, the aftermath left out: the first, but a later 5xx replaces an earlier 4xx. */
static int
deciding_reply(const job *j, int after)
{
    const bnc_replies *replies = &j->e->replies;
    int first = -1;
    int i;

    for (i = after + 1; i < replies->count; i++) {
        if (replies->item[i].nested || j->aftermath[i] || replies->item[i].code / 100 < 4)
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
        return try_owners(j, BNC_PREAMBLE, ALL_OWNERS);
    if (replies->count == 1 && !preamble_speaks(j->e))
        return try_owners(j, 0, ALL_OWNERS);
    read_aftermath(j);
    reply = deciding_reply(j, -1);
    if (reply < 0) {
        /* only aftermath or success: the words before it, else it is the text's only reply */
        best = try_owners(j, BNC_PREAMBLE, owner_bit(BNC_PREAMBLE));
        return says_something(&best.won) ? best : try_owners(j, 0, ALL_OWNERS);
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

static size_t
put_matched(bnc_engine *e, size_t used, const void *text, size_t len)
{
    if (len > sizeof(e->matched) - used)
        len = sizeof(e->matched) - used;
    memcpy(e->matched + used, text, len);
    return used + len;
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
    size_t used, i;

    if (!bnc_engine_pattern(j->e, w->set, w->rule, view, places))
        return 0;
    used = put_matched(j->e, 0, view->raw + places[0], places[1] - places[0]);
    for (i = 0; i < used; i++)
        if (j->e->matched[i] == BNC_MASK)
            j->e->matched[i] = ' ';
    return used;
}

static bnc_slice
matched_words(job *j, const attempt *a, bnc_evidence evidence)
{
    bnc_engine *e = j->e;
    bnc_slice matched = {e->matched, 0};
    bnc_view view = view_of(j, VIEW_WANTED, a->owners, a->reply);
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
    uint32_t provider = j->now.first_provider;

    memset(verdict, 0, sizeof(*verdict));
    enter_reply(j, a->reply);
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

bnc_status
bnc_decide(bnc_engine *e, bnc_slice diagnostic, const bnc_slice *rules, bool explain, bnc_verdict *verdict,
           bnc_error *error)
{
    job j;
    bnc_own_rules *own;
    bnc_label_set labels[2];
    bnc_status status;
    attempt best;

    memset(&j, 0, sizeof(j));
    j.e = e;
    e->no_memory = false;
    if (rules != NULL) {
        status = bnc_engine_own_rules(e, *rules, &own, error);
        if (status != BNC_OK)
            return status;
        j.own = &own->set;
    }
    labels[0] = bnc_rules_labels(e->builtin.rules);
    if (j.own != NULL)
        labels[1] = bnc_rules_labels(j.own->rules);
    bnc_text_read(&e->text, diagnostic);
    bnc_names_hide(&e->text, labels, j.own != NULL ? 2 : 1);
    bnc_replies_read(&e->text, &e->replies);
    bnc_names_mask(&e->text);
    e->grams.made = false;
    e->grams.text = e->text.raw;
    e->grams.len = e->text.len;
    j.whole.raw = e->text.raw;
    j.whole.words = e->text.words;
    j.whole.end = e->text.len;
    j.whole.grams = &e->grams;

    bnc_candidates_find(e->builtin.rules, &e->text, &e->allocator, &e->candidates);
    if (j.own != NULL)
        bnc_candidates_find(j.own->rules, &e->text, &e->allocator, &e->own_candidates);
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
    return e->no_memory ? BNC_NO_MEMORY : BNC_OK;
}

bnc_status
bnc_classify(bnc_engine *e, bnc_slice diagnostic, const bnc_slice *rules, bnc_verdict *verdict, bnc_error *error)
{
    return bnc_decide(e, diagnostic, rules, true, verdict, error);
}
