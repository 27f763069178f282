#!/usr/bin/perl
# model.t - the model itself: the hand-made lives, and what must hold whatever the policy.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use File::Spec;
use Test::More;
use State qw(parse_policy parse_event parse_time time_text decimal_text type_of
    history_new history_add history_merge history_events state_of summary_of_history summary_json);

sub read_life { return [ map { my ($e, $t) = split /@/; [parse_event($e), parse_time($t)] } split /,/, $_[0] ] }

# the lives: name, policy, events, state, reason, why
my $lives = File::Spec->catfile($FindBin::Bin, 'lives.tsv');
open my $in, '<', $lives or die "cannot read $lives: $!";
<$in>;
while (my $line = <$in>) {
    chomp $line;
    my ($name, $policy, $events, $state, $reason) = split /\t/, $line, -1;
    my $summary = state_of(read_life($events), $policy);
    is($summary->{state} . ' ' . ($summary->{reason} // ''), "$state $reason", $name);
}

# the whole summary
is(summary_json(state_of([], '')),
    '{"state":"active","reason":null,"sendable":true,"strikes":{"hard":0,"soft":0,"block":0},"score":null,'
    . '"confirmed_at":null,"confirmed_category":null,"first_strike_at":null,"last_strike_at":null,"last_category":null,'
    . '"last_event_at":null,"next_change_at":null,"events":0,"dropped":null}', 'summary of nothing');
is(summary_json(state_of(read_life('user_unknown/5@2026-01-02T03:04:05Z,mailbox_full/4@2026-01-01,sent@2026-01-03'), 'hold=1w')),
    '{"state":"confirmed","reason":"hard","sendable":false,"strikes":{"hard":1,"soft":1,"block":0},"score":null,'
    . '"confirmed_at":"2026-01-02T03:04:05.000000Z","confirmed_category":"user_unknown",'
    . '"first_strike_at":"2026-01-01T00:00:00.000000Z","last_strike_at":"2026-01-02T03:04:05.000000Z",'
    . '"last_category":"user_unknown","last_event_at":"2026-01-03T00:00:00.000000Z",'
    . '"next_change_at":"2026-01-09T03:04:05.000000Z","events":3,"dropped":null}', 'summary of a confirmed contact');
is(state_of(read_life('hard@2026-01-01,delivered@2026-01-02,soft@2026-01-03'), 'discourse')->{score}, '2.9', 'score eroded');
is(time_text(state_of(read_life('soft@2026-01-01'), '')->{next_change_at}), '2026-06-30T00:00:00.000000Z', 'a window passes');
is(time_text(state_of(read_life('pending@2026-01-01'), 'hubspot')->{next_change_at}), '2026-01-04T00:00:00.000000Z',
    'a pending matures');
is(time_text(state_of(read_life('hard@2026-01-01,pending@2026-01-02'), 'hard=1 hold=5d pending=3d asof=2026-01-05')->{next_change_at}),
    '2026-01-10T00:00:00.000000Z', 'a pending that matures while confirmed moves the hold');
is(state_of(read_life('soft@2026-01-01,pending@2026-01-01T01:00'), 'three_strikes pending=1h dedupe=1d')->{next_change_at}, undef,
    'a pending that matures and changes nothing');
my $moved = state_of(read_life('user_unknown@2026-01-01,mailbox_full@2026-01-02,hard@2026-01-03,open@2026-01-04'), 'three_strikes asof=2026-01-02');
is("$moved->{events} $moved->{last_category} " . time_text($moved->{last_strike_at}) . ' ' . time_text($moved->{first_strike_at}),
    '4 mailbox_full 2026-01-02T00:00:00.000000Z 2026-01-01T00:00:00.000000Z', 'a strike while confirmed; events after asof');

# words
is(parse_event('User_Unknown/PENDING'), 'user_unknown/pending', 'letter case');
is(parse_event(' Open '), 'open', 'blanks around');
is(parse_event('Complaint/5'), 'complaint', 'complaint with a suffix');
is(parse_event('delivered/hard'), 'delivered/none', 'delivered with a suffix');
for my $bad ('', ' ', 'hrad', 'hard/5', 'user_unknown/', 'user_unknown/6', 'user_unknown/5/5', 'sent/5', '/5', 'user unknown') {
    ok(!eval { parse_event($bad) }, "no event: '$bad'");
}
for my $case (['window.mailbox_full=1d', 'window.mailbox_full'], ['x=1', "'x'"], ['hard=x', "'hard'"], ['nosuch', "'nosuch'"],
    ['hard=1 default', "'default'"], ['reset=opne', "'reset'"], ['window=1', "'window'"], ['pending=none', "'pending'"],
    ['perspective=x', "'perspective'"], ['mailbox_full=x', "'mailbox_full'"], ['asof=now', "'now'"], ['limit.x=1', "'limit.x'"],
    ['window.any=1d', "'window.any'"], ['w.any=1', "'w.any'"], ['hard=-1', "'hard'"], ['score=1e3', "'score'"],
    ['hold=4000001d', "'hold'"], ['hard=1000001', "'hard'"], ['asof=2026-01-02 hard=1 03:04', "'03:04'"]) {
    my ($policy, $culprit) = @$case;
    eval { parse_policy($policy) };
    like($@, qr/\Q$culprit\E/, "no policy: $policy");
}
is(parse_policy("Benchmark\tHARD=2\n ASOF=2026-01-02 03:04")->{asof}, parse_time('2026-01-02T03:04Z'), 'letter case, blanks, a time of day');

# types: policy, event, type
for my $case (['', 'user_unknown', 'hard'], ['', 'user_unknown/4', 'soft'], ['', 'user_unknown/pending', 'pending'],
    ['', 'bad_address/pending', 'hard'], ['', 'unknown', 'unknown'], ['', 'unknown/4', 'soft'], ['', 'unknown/pending', 'pending'],
    ['', 'greylisted', 'pending'], ['perspective=rfc', 'greylisted', 'soft'], ['perspective=rfc', 'greylisted/pending', 'pending'],
    ['perspective=ses', 'unknown/pending', 'pending'], ['perspective=bmh', 'user_unknown/4', 'hard'],
    ['perspective=bmh', 'user_unknown/soft', 'soft'], ['mailbox_full=class', 'mailbox_full', 'hard'],
    ['mailbox_full=none perspective=rfc', 'mailbox_full/5', 'none'], ['', 'delivered/5', 'none'], ['', 'block', 'block']) {
    my ($policy, $event, $type) = @$case;
    is(type_of(parse_policy($policy), $event), $type, "type of $event, '$policy'");
}

# times and decimals
for my $time ('0001-01-01T00:00:00.000000Z', '1969-12-31T23:59:59.999999Z', '1970-01-01T00:00:00.000000Z',
    '2000-02-29T12:00:00.000001Z', '2100-03-01T00:00:00.000000Z', '9999-12-31T23:59:59.999999Z') {
    is(time_text(parse_time($time)), $time, "time $time");
}
is(parse_time('2026-01-01T01:00:00+01:00'), parse_time('1767225600'), 'a zone');
is(parse_time('2026-01-01T00:59 -0130'), parse_time('2026-01-01 02:29:00.00000049'), 'a zone, and seven decimals');
is(parse_time('2461041.5'), parse_time('2025-12-31T24:00'), 'a Julian day, and the end of a day');
is(parse_policy('asof=2461041.5')->{asof}, 2_461_041_500_000, 'asof has no Julian days');
ok(!eval { parse_time($_) }, "no time: $_") for '', qw(now 2026-02-29 2026-13-01 2026-1-1 2026-01-01T24:01 0000-01-01 20260102
    2026-01-01T10 2026-01-01Z 2026-01-01T10:00+15 10:00 1e9);
is(decimal_text(500_000), '0.5', 'shortest decimal');
is(decimal_text(3_000_000), '3', 'shortest decimal of a whole number');

# random lives
my $generate = File::Spec->catfile($FindBin::Bin, 'generate.pl');
my @cases = map { chomp; [split /\t/, $_, -1] } `"$^X" "$generate" 400 11`;
is(scalar @cases, 400, 'random cases');
@cases = grep { my $case = $_; eval { state_of(read_life($case->[1]), $case->[0]) } } @cases;    # some hold an error
cmp_ok(scalar @cases, '>', 300, 'most of them without an error');

my ($disordered, $overdue, $late) = (0, 0, 0);
for my $case (@cases) {
    my ($policy, $text) = @$case;
    my $events = read_life($text);
    my $summary = state_of($events, $policy);
    my $json = summary_json($summary);
    $disordered++ if summary_json(state_of([ reverse(@$events), @$events ], $policy)) ne $json;

    # between asof and next_change_at time alone changes nothing; at next_change_at something does
    next if $policy =~ /\basof=/i || !@$events;
    my $asof = $summary->{last_event_at};
    my $until = $summary->{next_change_at} // $asof + 86_400_000_000 * 400;
    for my $moment (map { $asof + int(($until - 1 - $asof) * $_ / 20) } 0 .. 20) {
        my $then = state_of($events, "$policy asof=" . time_text($moment));
        $overdue++ if changing($then) ne changing($summary);
    }
    next unless defined $summary->{next_change_at};
    $late++ if changing(state_of($events, "$policy asof=" . time_text($until))) eq changing($summary);
}
is($disordered, 0, 'neither order nor repetition matters');
is($overdue, 0, 'nothing changes before next_change_at');
is($late, 0, 'something changes at next_change_at');

sub changing { my ($json) = summary_json($_[0]) =~ /^(.*"last_category":[^,]*)/; return $json }

# histories: any order, any split, any repetition give the same, also where events are dropped
my $differing = 0;
for my $case (@cases) {
    my @events = @{ read_life($case->[1]) };
    my $whole = history_new(6);
    history_add($whole, @$_) for @events;

    my @shards = map { history_new(6) } 1 .. 3;
    my $i = 0;
    history_add($shards[$i++ % 3], @$_) for reverse @events;
    my $merged = history_merge(history_merge($shards[2], $shards[0]), history_merge($shards[1], $shards[2]));
    history_add($merged, @$_) for @events;
    $differing++ if history_text($merged) ne history_text($whole);
}
is($differing, 0, 'histories are sets');

sub history_text {
    my ($history) = @_;
    return join ' ', $history->{dropped} // 'none', map { "$_->{text}\@$_->{at}" } history_events($history);
}

my $full = history_new(4);
history_add($full, @$_) for @{ read_life('complaint@2019-01-01,complaint@2020-01-01,subscribe@2020-01-01,unsubscribe@2020-01-01,'
    . 'sent@2026-01-06,open@2026-01-05,soft@2026-01-01,soft@2026-01-02,hard@2026-01-04') };
is(join(' ', map { $_->{text} } history_events($full)), 'complaint unsubscribe soft soft hard',
    'opens go first, the newest complaint and consent event never');
is(time_text($full->{dropped}), '2026-01-06T00:00:00.000000Z', 'the time of the newest dropped event');

done_testing();
