#!/usr/bin/perl
# generate.pl - random lives of contacts, one a line: policy TAB event@time,event@time,…
#
#   generate.pl COUNT [SEED [LONGEST]]        LONGEST: events of the longest life, 24 unless given
#
# The same seed gives the same lines everywhere: the random numbers are made here. A few lines hold an error.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use State qw(kinds types suffixes categories perspectives presets time_text);

my ($COUNT, $SEED, $LONGEST) = @ARGV;
die "usage: generate.pl COUNT [SEED [LONGEST]]\n" unless defined $COUNT && "@ARGV" =~ /^[\d ]+\z/;
$SEED = 1 unless defined $SEED;
$LONGEST = 24 unless defined $LONGEST;

# ---- chance ----

my $random = 1 + $SEED % 2_147_483_646;

sub random_below { my ($n) = @_; $random = $random * 48_271 % 2_147_483_647; return ($random >> 4) % $n }
sub one_in       { my ($n) = @_; return random_below($n) == 0 }
sub one_of       { return $_[ random_below(scalar @_) ] }

$random = $random * 48_271 % 2_147_483_647 for 1 .. 10;    # small seeds begin alike

sub shuffled {
    my @list = @_;
    for my $i (reverse 1 .. $#list) {
        my $j = random_below($i + 1);
        @list[$i, $j] = @list[$j, $i];
    }
    return @list;
}

# ---- events ----

my @FREQUENT = qw(user_unknown mailbox_full mailbox_disabled greylisted spam_detected blocklisted rate_limited
    suppressed unknown auto_reply expired connection_failed domain_unknown relay_denied recipient_refused tls_failure
    complaint);
my @NO_EVENTS = ('', ' ', qw(hrad hard/5 sent/5 user_unknown/6 user_unknown/ mailbox /5 unsubscribed));

sub random_case {
    my ($text) = @_;
    return $text unless one_in(6);
    return uc $text if one_in(3);
    return ucfirst $text if one_in(2);
    return join '', map { one_in(2) ? uc : $_ } split //, $text;
}

sub random_event {
    my $text;
    my $form = random_below(10);
    if ($form < 3) { $text = one_in(4) ? one_of(kinds()) : one_of(qw(delivered delivered open click sent reactivate)) }
    elsif ($form < 5) { $text = one_of(types(), 'hard', 'soft') }
    else {
        $text = one_in(3) ? one_of(categories()) : one_of(@FREQUENT);
        $text .= '/' . one_of(suffixes(), '5', '5', '4') unless one_in(3);
        $text = 'delivered/' . one_of(suffixes()) if one_in(30);
    }
    return $text;
}

# as people and programs write it
sub random_event_text {
    my ($event) = @_;
    my $text = random_case($event);
    return one_in(40) ? " $text " : $text;
}

# a life of one mood has longer runs of the same event than mere chance
sub random_events {
    my ($count) = @_;
    my @mood = map { random_event() } 1 .. 1 + random_below(4);
    @mood = qw(pending greylisted/4 mailbox_full/pending hard user_unknown/5 soft delivered) if one_in(6);
    return map { one_in(3) ? random_event() : one_of(@mood) } 1 .. $count;
}

# ---- times: microseconds; steps and durations meet often, so that borders are hit ----

my $SECOND = 1_000_000;
my $HOUR = 3600 * $SECOND;
my $DAY = 24 * $HOUR;
my $START = 1_767_225_600 * $SECOND;    # 2026-01-01

sub random_step {
    my $form = random_below(12);
    return 0 if $form < 2;
    return one_of(1, $SECOND, 60 * $SECOND, 3599 * $SECOND) if $form < 3;
    return one_of($HOUR, 6 * $HOUR, 6 * $HOUR - 1, 12 * $HOUR) if $form < 6;
    return one_of($DAY, $DAY, 2 * $DAY, 7 * $DAY, $DAY + 1, 7 * $DAY - 1, 30 * $DAY) if $form < 10;
    return random_below(20 * 86_400) * $SECOND + random_below(1_000_000);
}

my @NO_TIMES = ('', qw(now 2026-02-29 2026-13-01 2026-1-2 20260102 2026-01-02T24:01 2026-01-02T03:60 03:04 9999999999999));

# one moment in many ways; some of them round it
sub random_time_text {
    my ($at) = @_;
    my $form = random_below(12);
    return random_number_text($at) if $form < 1;
    my ($offset, $zone) = @{ one_of([0, ''], [0, 'Z'], [0, 'z'], [120, '+02:00'], [-330, '-0530'], [840, ' +14']) };
    if ($form > 3) { ($offset, $zone) = (0, 'Z') }
    my $text = time_text($at + $offset * 60 * $SECOND);
    $text =~ s/T/one_of('T', 't', ' ', '  ')/e if $form < 3;
    if    (one_in(2)) { $text =~ s/\.000000Z\z/Z/ }
    elsif (one_in(8)) { $text =~ s/Z\z/one_of('5Z', '4999Z', '50Z', '51Z')/e }
    $text =~ s/:00Z\z/Z/ if one_in(4);
    if (one_in(3) && $offset == 0) { return $text if $text =~ s/T00:00(?::00)?Z\z// }
    $text =~ s/Z\z/$zone/;
    return $text;
}

# Unix seconds or a Julian day
sub random_number_text {
    my ($at) = @_;
    return ($at - $at % $SECOND) / $SECOND . sprintf(one_of('.%06d', '.%06d5', '.%06d51'), $at % $SECOND) if one_in(2);
    my $millis = ($at - $at % 1000) / 1000 + 210_866_760_000_000;
    my $of_day = $millis % 86_400_000;
    return ($millis - $of_day) / 86_400_000 . substr sprintf('.%09d', $of_day * 1000 / 86.4), 0, 2 + random_below(9);
}

# ---- policies ----

my @DURATIONS = qw(1s 1h 6h 6h 12h 24h 1d 1d 2d 3d 72h 7d 1w 15d 30d 4w);

sub random_duration { return one_in(20) ? one_of('0s', '0s', '0.5h', '1.5d', '90m', '0.000001s', '3000000d') : one_of(@DURATIONS) }
sub random_count    { return one_of(0, 1, 1, 2, 2, 3, 3, 4, 5, 7) }
sub random_number   { return one_of(qw(0 0.1 0.5 0.25 1 1 1.5 2 2.5 0.000001 3)) }

sub random_kinds {
    return 'none' if one_in(6);
    my @kinds = grep { one_in(3) } qw(delivered delivered open click reactivate), kinds();
    return @kinds ? join ',', @kinds : 'delivered';
}

my @EXCEPTED = grep { $_ ne 'complaint' } categories();    # that key is a number
my @NO_SETTINGS = ('reset=open,', qw(hrad=1 hard hard= hard=1.5 hard=1000001 window=7 settle=none pending=none
    perspective=none lift=bounce stale.any=1d hold.greylisted=1d limit.hard=1 w.any=1 score=1.0000001 score=-1
    dedupe=week mailbox_full=never asof=now hold=4000001d));
my @limited;    # the categories that the policy in the making has a limit for

sub random_setting {
    my $form = random_below(24);
    return 'perspective=' . one_of(perspectives()) if $form < 3;
    return one_of(@EXCEPTED, @EXCEPTED, qw(mailbox_full user_unknown greylisted unknown)) . '='
        . one_of(qw(hard soft block pending none unknown class)) if $form < 5;
    return one_of(qw(hard soft block any complaint)) . '=' . random_count() if $form < 10;
    if ($form < 12) {
        push @limited, one_of(@FREQUENT, 'delivered');
        return "limit.$limited[-1]=" . random_count();
    }
    return one_of(qw(reset lift)) . '=' . random_kinds() if $form < 15;
    return 'settle=' . (one_in(2) ? '0s' : random_duration()) if $form < 16;
    return 'pending=' . (one_in(4) ? 'never' : random_duration()) if $form < 18;
    return 'engaged=' . random_count() if $form < 19;
    return random_score() if $form < 20;

    my $key = one_of(qw(window stale span dedupe hold));
    my $value = one_in(8) ? 'none' : $key eq 'dedupe' && one_in(2) ? 'day' : random_duration();
    return "$key=$value" if one_in(2);
    return "$key." . one_of(qw(hard soft block suppressed), @limited) . "=$value";
}

sub random_score {
    my @settings = ('score=' . one_of(1, 2, 3, 4, '4.5', 5));
    push @settings, "w.$_=" . random_number() for grep { !one_in(4) } qw(hard soft block);
    push @settings, 'erode=' . random_number() if one_in(2);
    return join ' ', shuffled(@settings);
}

# a hold and pending messages that fall due together
sub random_holding {
    my @settings = ('pending=' . one_of(qw(6h 12h 1d 2d)), 'hold=' . one_of(qw(12h 18h 1d 2d 3d 7d)));
    push @settings, one_of('hard=1', 'soft=1', 'any=2') if one_in(2);
    return shuffled(@settings);
}

sub random_policy {
    @limited = ();
    my @words;
    push @words, one_of(presets()) unless one_in(4);
    my $settings = one_of(0, 0, 1, 2, 3, 5, 8);
    push @words, random_setting() for 1 .. $settings;
    push @words, random_holding() if one_in(8);
    push @words, one_of(@NO_SETTINGS) if one_in(100);
    my $blank = one_in(20) ? "  " : ' ';
    my $text = join $blank, @words;
    return one_in(10) ? random_case($text) : $text;
}

# before, at, between or after the events
sub random_asof {
    my ($start, @times) = @_;
    my $at = @times ? one_of(@times) : $start;
    $at += one_of(0, 0, -1, 1, $DAY, 7 * $DAY, 30 * $DAY, -$DAY, 200 * $DAY, random_step());
    if (one_in(3)) {
        my $micros = $at % $SECOND;
        my $text = ($at - $micros) / $SECOND;
        $text .= sprintf '.%06d', $micros if $micros;
        return "asof=$text";
    }
    my $text = random_time_text($at);
    $text =~ s/ +\+/+/;    # the one blank that may be there stands before the time of day
    $text =~ s/ +/ /;
    return one_of('asof=', 'asof=', 'asof=', 'AsOf=') . $text;
}

# ---- lives ----

sub random_length {
    return 0 if one_in(100);
    return one_in(3) ? 1 + random_below($LONGEST) : 1 + random_below($LONGEST < 8 ? $LONGEST : 8);
}

for (1 .. $COUNT) {
    my $policy = random_policy();
    my $start = $START + (one_in(2) ? 0 : random_below(86_400) * $SECOND + random_below(1_000_000));
    my $at = $start;
    my @rhythm = @{ one_of([0, $DAY, $DAY], [0, 6 * $HOUR, 12 * $HOUR], [], [], [], []) };    # [] for any step
    my (@life, @times);
    for my $event (random_events(random_length())) {
        push @times, $at;
        push @life, [$event, $at];
        $at += @rhythm ? one_of(@rhythm) : random_step();
    }
    push @life, one_of(@life) while @life && one_in(3);       # redelivered webhooks
    @life = shuffled(@life) if one_in(2);                     # late events
    $policy .= ($policy eq '' ? '' : ' ') . random_asof($start, @times) if one_in(3);

    @life = map { [random_event_text($_->[0]), random_time_text($_->[1])] } @life;
    if (@life && one_in(60)) {
        my $spoilt = one_of(@life);
        if   (one_in(2)) { $spoilt->[0] = one_of(@NO_EVENTS) }
        else             { $spoilt->[1] = one_of(@NO_TIMES) }
    }
    print "$policy\t", join(',', map { "$_->[0]\@$_->[1]" } @life), "\n";
}
