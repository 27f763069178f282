#!/usr/bin/perl
# states in SQLite: aggregates, windows, stored histories, times, errors
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use Shell qw(sqlite sqlite_error);
use Test::More;

my $events = <<'SQL';
create table e(c, event, at, n integer primary key);
insert into e(c, event, at) values
 ('ann', 'soft', '2026-01-01'), ('ann', 'soft', '2026-01-02'), ('ann', 'soft', '2026-01-03'), ('ann', 'soft', '2026-01-03'),
 ('bob', 'user_unknown/5', '2026-01-01 10:00'), ('bob', 'open', '2026-01-02'),
 ('eve', 'hard', '2026-01-01'), ('eve', 'delivered', '2026-01-03'), ('eve', 'complaint', '2026-01-05'),
 ('joe', 'open', '2026-01-01'), ('joe', NULL, '2026-01-02'), ('joe', 'hard', NULL);
SQL

is(sqlite("$events select c, bounce_state(event, at, 'three_strikes') from e group by c"),
    "ann|confirmed\nbob|confirmed\neve|complained\njoe|active", 'bounce_state');
is(sqlite("$events select c, bounce_state(event, at, 'three_strikes') from e group by c order by c desc limit 1"), 'joe|active', 'NULL events and times are skipped');
is(sqlite("select bounce_state(event, at) from (select 'hard' event, '2026-01-01' at) where 0"), 'active', 'no rows: active');
is(sqlite("select bounce_summary('user_unknown/5', '2026-01-02T03:04:05')"),
    '{"state":"confirmed","reason":"hard","sendable":false,"strikes":{"hard":1,"soft":0,"block":0},"score":null,'
      . '"confirmed_at":"2026-01-02T03:04:05.000000Z","confirmed_category":"user_unknown","first_strike_at":"2026-01-02T03:04:05.000000Z",'
      . '"last_strike_at":"2026-01-02T03:04:05.000000Z","last_category":"user_unknown","last_event_at":"2026-01-02T03:04:05.000000Z",'
      . '"next_change_at":null,"events":1,"dropped":null}', 'bounce_summary: all keys in order');

# stored histories
is(sqlite("$events select count(*) from (select c, bounce_history(event, at) h, bounce_state(event, at, 'three_strikes') s from e group by c) where bounce_state_of(h, 'three_strikes') is not s"),
    '0', 'a stored history gives the same state');
is(sqlite("select bounce_state_of(NULL), bounce_sendable_of(NULL), bounce_summary_of(NULL)->>'events'"), 'active|1|0', 'a NULL history is empty');
is(sqlite("$events select hex(h) = hex(bounce_history_merge(h, h)), hex(bounce_history_add(h, 'soft', '2026-01-02')) = hex(h) from (select bounce_history(event, at) h from e where c = 'ann')"),
    '1|1', 'adding what is there changes nothing');
is(sqlite("$events select hex(bounce_history_merge(h)) = (select hex(bounce_history(event, at)) from e) from (select c, bounce_history(event, at) h from e group by c)"),
    '1', 'the union of parts is the whole');
is(sqlite("select hex(bounce_history_add(bounce_history_add(NULL, 'open', 2e9), 'hard', 1e9)) = hex(bounce_history_add(bounce_history_add(NULL, 'hard', 1e9), 'open', 2e9))"),
    '1', 'in any order');
is(sqlite("select bounce_history_add(NULL, NULL, 1) is null, bounce_state_of(bounce_history_add(bounce_history_add(NULL, 'hard', 2000000000), 'open', NULL))"), '1|confirmed', 'NULL events add nothing');
is(sqlite("create table address(email, bounces, state generated always as (bounce_state_of(bounces, 'benchmark')) virtual); insert into address values('ann', NULL);"
      . "create table bounce_event(email, event, at);"
      . "create trigger add_bounce after insert on bounce_event begin update address set bounces = bounce_history_add(bounces, new.event, new.at) where email = new.email; end;"
      . "insert into bounce_event values('ann','hard','2026-01-01'),('ann','hard','2026-01-02'); select state from address; insert into bounce_event values('ann','hard','2026-01-03'); select state from address;"),
    "hard\nconfirmed", 'the trigger and the generated column');

# times
is(sqlite("select count(distinct hex(h)) from (select bounce_history('hard', at) h, n from (select 1 n, '2026-01-02' at union all select 2, '2026-01-02 00:00' union all select 3, '2026-01-02T00:00:00Z'"
      . " union all select 4, '2026-01-02T02:00:00+02:00' union all select 5, 1767312000 union all select 6, 1767312000.0 union all select 7, 2461042.5) group by n)"), '1', 'seven forms of one moment');
like(sqlite_error("select bounce_state('hard', 'now')"), qr/now/, '"now" is an error');
like(sqlite_error("select bounce_state('hard', 'yesterday')"), qr/yesterday/, 'a time that can\'t be read is named');

# windows: frames of every kind agree with the aggregate over the same rows
my $frames = <<'SQL';
create table w(i integer primary key, event, at);
insert into w select value, case value % 7 when 0 then 'open' when 1 then 'delivered' when 2 then 'hard' when 3 then 'block' else 'soft' end,
    1767312000 + (value * 7919 % 50) * 43200 from generate_series(1, 60);
SQL
for my $frame ('ROWS BETWEEN 5 PRECEDING AND CURRENT ROW', 'ROWS BETWEEN 3 PRECEDING AND 2 FOLLOWING', 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
    'RANGE BETWEEN 200000 PRECEDING AND CURRENT ROW', 'GROUPS BETWEEN 2 PRECEDING AND 1 FOLLOWING', 'ROWS BETWEEN 4 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW',
    'GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES', 'ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING EXCLUDE GROUP', 'ROWS BETWEEN 9 PRECEDING AND 7 PRECEDING') {
    is(sqlite("$frames select count(*) from (select json_group_array(i) over win ids, bounce_summary(event, at, 'benchmark') over win s from w window win as (order by at $frame)) x"
          . " where s is not (select bounce_summary(event, at, 'benchmark') from w where i in (select value from json_each(x.ids)))"), '0', $frame);
}

# errors
like(sqlite_error("select bounce_state('hrad', '2026-01-01')"), qr/unknown event "hrad"; legal: sent, delivered/, 'an event word is named');
like(sqlite_error("select bounce_state('hard', '2026-01-01', 'hrad=1')"), qr/hrad/, 'a policy key is named');
like(sqlite_error("select bounce_state('hard', '2026-01-01', 'nopreset')"), qr/nopreset/, 'a preset is named');
like(sqlite_error("select bounce_state('hard', '2026-01-01', 'hold=3y')"), qr/3y/, 'a duration is named');
like(sqlite_error("$events select bounce_state(event, at, case n when 1 then 'ses' else 'hubspot' end) from e"), qr/policy must be the same/, 'a policy that varies in a group');
like(sqlite_error("select bounce_state_of('text')"), qr/BLOB/, 'a history that is text');
like(sqlite_error("select bounce_state_of(x'0100')"), qr/histor/, 'a history that is cut');
is(sqlite("select policy from bounce_policies where policy in ('default', 'benchmark', 'ses') order by 1"), "benchmark\ndefault\nses", 'bounce_policies');

done_testing();
