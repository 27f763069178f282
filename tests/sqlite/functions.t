#!/usr/bin/perl
# the SQL functions in SQLite: results, NULLs, errors, and what SQLite lets them be used for
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use Shell qw(sqlite sqlite_error);
use Test::More;

my $unknown = q{'550 5.1.1 <user@example.com>: User unknown'};

is(sqlite("select classify_bounce($unknown)"), 'user_unknown', 'classify_bounce');
is(sqlite("select bounce_event_of($unknown)"), 'user_unknown/5', 'bounce_event_of');
is(sqlite("select bounce_type($unknown)"), 'hard', 'bounce_type');
is(sqlite("select bounce_action($unknown)"), 'remove', 'bounce_action');
is(sqlite("select bounce_action('450 4.1.1 User unknown')"), 'retry', 'an address that may be alive is not removed');
is(sqlite("select bounce_explain($unknown)"),
    '{"category":"user_unknown","type":"hard","action":"remove","event":"user_unknown/5","reply_code":550,'
      . '"enhanced_code":"5.1.1","provider":null,"rule":"'
      . sqlite("select bounce_explain($unknown)->>'rule'")
      . '","evidence":"phrase","matched":"user unknown"}',
    'bounce_explain: all keys in order');
is(sqlite("select group_concat(key) from json_each(bounce_explain(''))"),
    'category,type,action,event,reply_code,enhanced_code,provider,rule,evidence,matched', 'also for an empty text');
is(sqlite("select bounce_explain('')"),
    '{"category":"unknown","type":"unknown","action":"review","event":"unknown","reply_code":null,"enhanced_code":null,'
      . '"provider":null,"rule":null,"evidence":"none","matched":null}', 'null where there is nothing');

# perspectives, events, types
is(sqlite("select bounce_type('552 5.2.2 mailbox full', 'hubspot')"), 'hard', 'a perspective');
is(sqlite("select bounce_type('552 5.2.2 mailbox full', NULL)"), 'soft', 'a NULL perspective is none');
is(sqlite("select bounce_type('mailbox_full/5', 'rfc')"), 'hard', 'an event in place of a diagnostic');
is(sqlite("select bounce_type('mailbox_full')"), 'soft', 'a category in place of a diagnostic');
is(sqlite("select bounce_type('User_Unknown/PENDING')"), 'pending', 'in any letter case');
is(sqlite("select bounce_type('mailbox_full/hard', 'sisimai')"), 'hard', 'a rule\'s own type holds in every perspective');
is(sqlite("select count(*) from (select value d from json_each('[\"552 full mailbox\",\"450 greylisted\",\"will be retried: 421\",\"250 ok queued as 1\",\"x\"]'))"
    . ", json_each('[\"default\",\"rfc\",\"ses\",\"hubspot\",\"benchmark\",\"sisimai\",\"sparkpost\",\"postmark\",\"bmh\",\"listmonk\"]') p"
    . " where bounce_type(d, p.value) <> bounce_type(bounce_event_of(d), p.value)"), '0', 'an event has the type of its diagnostic');

# NULL, blobs, numbers
is(sqlite("select classify_bounce(NULL) is null, bounce_type(NULL,'rfc') is null, bounce_explain(NULL) is null"), '1|1|1', 'NULL gives NULL');
is(sqlite("select classify_bounce(x'353530ff')"), 'unknown', 'a blob is bytes');
is(sqlite("select classify_bounce(x'353530207573657200756e6b6e6f776e')"), 'user_unknown', 'a NUL is a blank');
is(sqlite("select classify_bounce(x'')"), 'unknown', 'an empty blob');
is(sqlite("select classify_bounce(550)"), 'user_unknown', 'a number is its text');
is(sqlite("select classify_bounce(replace(hex(zeroblob(3000000)),'0','ab ') || 'user unknown')"), 'unknown', 'nine megabytes: the head decides');

# errors
like(sqlite_error("select bounce_type('x','nope')"), qr/unknown perspective "nope"; legal: default, rfc, sisimai/, 'an unknown perspective is named');
like(sqlite_error("select classify_bounce()"), qr/wrong number of arguments/, 'too few arguments');
like(sqlite_error("select classify_bounce('x','[unknown]\nx: 550',3)"), qr/wrong number of arguments/, 'too many arguments');
like(sqlite_error("select classify_bounce('x','nonsense')"), qr/rules, line 1: can't read "nonsense"; legal:/, 'a rule that can\'t be read');

# own rules
my $own = "'[user_unknown]' || char(10) || 'acme.gone: \"no longer with acme\"'";
is(sqlite("select classify_bounce('550 She is no longer with ACME', $own)"), 'user_unknown', 'an own rule');
is(sqlite("select bounce_explain('550 She is no longer with ACME', NULL, $own)->>'rule'"), 'acme.gone', 'and its id');
is(sqlite("select classify_bounce('550 user unknown', NULL)"), 'user_unknown', 'NULL rules are none');

# what SQLite lets them be used for
is(sqlite(<<'SQL'), "user_unknown|hard\n1", 'generated columns and indexes');
create table bounce(d text, category text generated always as (classify_bounce(d)) stored);
create index by_type on bounce(bounce_type(d));
insert into bounce(d) values('550 user unknown'),('452 mailbox full');
select category, bounce_type(d) from bounce where bounce_type(d) = 'hard';
select count(*) from pragma_index_list('bounce');
SQL
is(sqlite("pragma trusted_schema=off; create view v as select bounce_type('550 user unknown') t, (select count(*) from bounce_categories) n; select * from v"),
    'hard|37', 'innocuous: usable in views of a database that is not trusted');
is(sqlite("select count(*) from pragma_function_list where name glob '*bounce_*' and type = 's' and not (flags & 0x800 and flags & 0x200000)"), '0', 'deterministic and innocuous');

# the relation
is(sqlite("select count(*), count(distinct category), sum(definition_zh <> ''), sum(advice_en <> ''), sum(advice_zh <> '') from bounce_categories"),
    '37|37|37|37|37', 'bounce_categories');
is(sqlite("select type, type_4xx, type_5xx, action from bounce_categories where category = 'user_unknown'"), 'hard|soft|hard|remove', 'its types');
is(sqlite("select group_concat(name) from pragma_table_info('bounce_categories')"),
    'category,definition_en,definition_zh,action,advice_en,advice_zh,type,type_4xx,type_5xx', 'its columns');
is(sqlite("select a.category from bounce_categories a join bounce_categories b using (category) order by 1 limit 1"), 'attachment_rejected', 'twice in a query');

# counts
my $some = q{json_each('["550 user unknown","552 mailbox full","no such user",null,"over quota","","550 user unknown"]')};
is(sqlite("select bounce_counts(value) from $some"), '{"user_unknown":3,"mailbox_full":2,"unknown":1}', 'bounce_counts: the largest first');
is(sqlite("select bounce_counts(value) from $some where key < 2"), '{"mailbox_full":1,"user_unknown":1}', 'then by name');
is(sqlite("select bounce_counts(value) from $some where 0; select bounce_counts(NULL) from $some; select bounce_counts(NULL, 'nonsense')"), "{}\n{}\n{}", 'nothing to count');
is(sqlite("select bounce_counts(value, NULL), bounce_counts(cast(value as blob)), bounce_counts(distinct value), bounce_counts(value) filter (where key > 3) from $some"),
    '{"user_unknown":3,"mailbox_full":2,"unknown":1}|{"user_unknown":3,"mailbox_full":2,"unknown":1}|{"mailbox_full":2,"user_unknown":2,"unknown":1}|{"mailbox_full":1,"unknown":1,"user_unknown":1}',
    'no rules, blobs, distinct, filter');
is(sqlite("select bounce_counts(value, '[blocklisted]' || char(10) || 'acme.quota: \"over quota\"') from $some"), '{"user_unknown":3,"blocklisted":1,"mailbox_full":1,"unknown":1}', 'own rules');
like(sqlite_error("select bounce_counts(value, 'nonsense') from $some"), qr/rules, line 1: can't read "nonsense"/, 'a rule that can\'t be read');
is(sqlite("select bounce_counts(value) over (order by key rows between 1 preceding and current row) from $some"),
    join("\n", '{"user_unknown":1}', '{"mailbox_full":1,"user_unknown":1}', '{"mailbox_full":1,"user_unknown":1}', '{"user_unknown":1}', '{"mailbox_full":1}', '{"mailbox_full":1,"unknown":1}', '{"unknown":1,"user_unknown":1}'),
    'a frame that moves');
is(sqlite("select bounce_counts(value) over (order by key rows between 2 following and 3 following) from $some order by key desc limit 2"), "{}\n{}", 'an empty frame');
is(sqlite("with d(k, t) as (select value, case value % 5 when 0 then '550 user unknown' when 1 then 'mailbox full ' || value when 2 then 'listed by Spamhaus' when 3 then NULL else 'x' || (value % 7 = 0) end from generate_series(1, 2000)),"
    . " o(g, c, n) as (select k % 3, classify_bounce(t), count(*) from d where t is not null group by 1, 2 order by 1, 3 desc, 2)"
    . " select (select group_concat(j, ' ') from (select bounce_counts(t) j from d group by k % 3)) = (select group_concat(j, ' ') from (select '{' || group_concat('\"' || c || '\":' || n) || '}' j from o group by g))"),
    '1', 'what GROUP BY says');

# addresses
is(sqlite("select email_check('aaa\@hotmail.com'), email_check('aaa\@homail.com'), email_check('aaa\@homail..com')"), 'ok|typo|syntax', 'email_check');
is(sqlite("select email_suggestion('Aaa\@HOMAIL.com'), email_suggestion('aaa\@hotmail.com') is null, email_suggestion('aaa') is null"),
    'Aaa@hotmail.com|1|1', 'email_suggestion');
is(sqlite("select email_check(NULL) is null, email_suggestion(NULL) is null, email_check(''), email_check(x''), email_check(1)"), '1|1|syntax|syntax|syntax', 'NULL gives NULL');
is(sqlite("select email_check('user\@example.com' || char(0)), email_check(x'75736572ff406578616d706c652e636f6d')"), 'syntax|syntax', 'any bytes');
is(sqlite("select email_check(replace(hex(zeroblob(3000000)),'0','a.') || '\@example.com')"), 'syntax', 'twelve megabytes');
is(sqlite("create table c(e text, checked text generated always as (email_check(e)) stored, check (email_check(e) <> 'syntax')); insert or ignore into c(e) values('a\@gmial.com'), ('a'); select e, checked from c"),
    'a@gmial.com|typo', 'in generated columns and constraints');
is(sqlite("select count(*) from pragma_function_list where name glob 'email_*' and (flags & 0x800 and flags & 0x200000)"), '2', 'deterministic and innocuous');

# other systems' words
is(sqlite("select bounce_from('ses', 'Permanent/NoEmail'), bounce_from('SES', 'permanent/noemail'), bounce_from('ses', 'no such term') is null"),
    'user_unknown|user_unknown|1', 'bounce_from');
is(sqlite("select bounce_term('user_unknown', 'ses'), bounce_term(NULL, 'ses') is null"), 'Permanent/NoEmail|1', 'bounce_term');
like(sqlite_error("select bounce_from('sess', 'x')"), qr/unknown system "sess"; legal: .*\bses\b/, 'an unknown system is named');
like(sqlite_error("select bounce_term('usr', 'ses')"), qr/unknown category "usr"/, 'and so is a category');
is(sqlite("select count(*) from bounce_crosswalk where outward and bounce_term(category, system) is not term"), '0', 'every outward row is what bounce_term gives');
is(sqlite("select count(*) from bounce_crosswalk where inward and bounce_from(system, term) is not category"), '0', 'every inward row is what bounce_from gives');

for my $direction ('inward', 'outward') {
    open my $file, '<', "$ENV{MAILBOUNCE_SOURCE}/tests/terms/$direction.tsv" or die;
    my $header = <$file>;
    my $sql = '';
    while (<$file>) {
        chomp;
        my @word = map { s/'/''/gr } split /\t/;
        my $function = $direction eq 'inward' ? 'bounce_from' : 'bounce_term';
        $sql .= "select '$word[0] $word[1]: ' || coalesce($function('$word[0]', '$word[1]'), 'nothing') where $function('$word[0]', '$word[1]') is not '$word[2]';\n";
    }
    is(sqlite($sql), '', "terms of other systems, $direction");
}

# problems of own rules
is(sqlite("select * from bounce_rules_check('[user_unknown]' || char(10) || 'a: \"foo\"' || char(10) || '  > bar' || char(10) || 'b: \"x\" /x/')"),
    '3|rule "a" does not win this example: "" does', 'an example that its rule does not win');
is(sqlite("select * from bounce_rules_check('a: \"foo\"' || char(10) || '[nonsense]' || char(10) || '[user_unknown]' || char(10) || 'b: \"x\" /(/')"),
    "1|rule before the first [category]\n2|unknown category \"nonsense\"; legal: those of bounce_categories, \@provider, pending, aftermath\n"
      . '4|regular expression, at character 2: missing closing parenthesis', 'all problems by line');
is(sqlite("select count(*) from bounce_rules_check('[user_unknown]' || char(10) || 'a: \"foo\"')"), '0', 'no problem, no row');
like(sqlite_error("select * from bounce_rules_check"), qr/needs the rules/, 'the rules must be given');

# versions, and nothing else is registered
like(sqlite("select mailbounce_version()"), qr/^\d+\.\d+\.\d+$/, 'mailbounce_version');
like(sqlite("select bounce_rules_version()"), qr/^\d+\.\d+\.\d+-[0-9a-f]{16}$/, 'bounce_rules_version');
chomp(my $plain = `sqlite3 -batch :memory: "select count(*) from pragma_function_list"`);
is(sqlite("select count(*) - $plain from pragma_function_list"), 2 * 3 + 3 * 2 + 4 + 2 + 8 + 6 + 2, 'these functions and no others');

done_testing();
