# State.pm - a second, deliberately naive implementation of a contact's state, written from the design alone.
#
# It exists to be compared with the C core on random cases. It favours being literal over being fast: it keeps all
# strikes of a counter in a list, replays from the start for every answer, and finds next_change_at by asking again.
# Comments "rule N" give the numbered rules of the section on how a state is found; what holds where those leave
# something open is in QUESTIONS.md, marked here as "Q N".
#
# Times are whole microseconds since 1970 UTC; scores are whole millionths. No floating point anywhere.
# Raw diagnostics are not classified: an event is a kind, a type, or a category with an optional suffix.
package State;

use strict;
use warnings;
use Exporter 'import';
use File::Basename 'dirname';
use File::Spec;

our @EXPORT_OK = qw(
    parse_policy parse_event parse_time time_text decimal_text type_of
    history_new history_add history_merge history_events
    state_of summary_of_history summary_json
    kinds types suffixes categories perspectives presets
);

our $DEFAULT_BOUND = 512;    # Q 1

# ---- the tables of the rule files ----

my $ROOT = File::Spec->catdir(dirname(File::Spec->rel2abs(__FILE__)), '..', '..');
my $RULES = File::Spec->catdir($ROOT, 'core', 'rules');

my @KINDS = qw(sent delivered open click complaint unsubscribe subscribe reactivate);
my @TYPES = qw(hard soft block pending none);                # those an event may be given as
my @CELL_TYPES = qw(hard soft block pending none unknown);   # those a category may have
my @SUFFIXES = qw(4 5 pending hard soft block none);

my %IS_KIND = map { $_ => 1 } @KINDS;
my %IS_TYPE = map { $_ => 1 } @TYPES;
my %IS_CELL_TYPE = map { $_ => 1 } @CELL_TYPES;
my %IS_SUFFIX = map { $_ => 1 } @SUFFIXES;

# rows of a file with tabs between its columns, the header first; without comments and empty lines
sub read_table {
    my ($file) = @_;
    open my $in, '<', $file or die "cannot read $file: $!\n";
    my @rows;
    while (my $line = <$in>) {
        $line =~ s/\r?\n\z//;
        push @rows, [split /\t/, $line, -1] unless $line =~ /^(?:#|\z)/;
    }
    return @rows;
}

my (@CATEGORIES, %IS_CATEGORY);
my (@PERSPECTIVES, %CELL);         # CELL{perspective}{category} = { 4 => type, 5 => type }

sub read_perspectives {
    my ($header, @rows) = read_table(File::Spec->catfile($RULES, 'perspectives.tsv'));
    @PERSPECTIVES = @$header[1 .. $#$header];
    for my $row (@rows) {
        my ($category, @cells) = @$row;
        push @CATEGORIES, $category;
        for my $i (0 .. $#PERSPECTIVES) {
            $CELL{ $PERSPECTIVES[$i] }{$category} = read_cell($cells[$i]);
        }
    }
    %IS_CATEGORY = map { $_ => 1 } @CATEGORIES;
}

# "hard" or "5:hard 4:soft"
sub read_cell {
    my ($cell) = @_;
    if ($cell =~ /^5:(\w+) 4:(\w+)$/) { return { 5 => $1, 4 => $2 } }
    die "perspectives.tsv: cannot read '$cell'\n" unless $IS_CELL_TYPE{$cell};
    return { 5 => $cell, 4 => $cell };
}

my %CODE;                          # CODE{canonical event} = its number, which orders what is dropped at one moment; Q 3

sub read_codes {
    my (undef, @rows) = read_table(File::Spec->catfile($RULES, 'event_codes.tsv'));
    my %number;                    # of kind, type, category, suffix
    $number{ $_->[1] }{ $_->[2] } = $_->[0] for @rows;
    %CODE = (%{ $number{category} }, %{ $number{type} }, %{ $number{kind} });
    for my $category (keys %{ $number{category} }) {
        $CODE{"$category/$_"} = $number{category}{$category} + $number{suffix}{$_} for keys %{ $number{suffix} };
    }
}

my (@PRESETS, %PRESET);            # PRESET{name} = its policy text

sub read_presets {
    my ($header, @rows) = read_table(File::Spec->catfile($RULES, 'policies.tsv'));
    for my $row (@rows) {
        push @PRESETS, $row->[0];
        $PRESET{ $row->[0] } = $row->[1];
    }
}

read_perspectives();
read_codes();
read_presets();

sub kinds        { return @KINDS }
sub types        { return @TYPES }
sub suffixes     { return @SUFFIXES }
sub categories   { return @CATEGORIES }
sub perspectives { return @PERSPECTIVES }
sub presets      { return @PRESETS }

# ---- times ----

my $SECOND = 1_000_000;
my $DAY = 86_400 * $SECOND;
my $EARLIEST = days_before(1, 1, 1) * $DAY;
my $LATEST = days_before(10_000, 1, 1) * $DAY - 1;

sub is_leap { my ($y) = @_; return $y % 4 == 0 && ($y % 100 != 0 || $y % 400 == 0) }

sub days_in_month {
    my ($y, $m) = @_;
    return (31, is_leap($y) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[$m - 1];
}

# whole days from 1970-01-01 to the given date
sub days_before {
    my ($y, $m, $d) = @_;
    my $past = $y + 399;    # whole years; 400 are 146,097 days
    my $days = $past * 365 + int($past / 4) - int($past / 100) + int($past / 400) - 146_097;
    $days += days_in_month($y, $_) for 1 .. $m - 1;
    return $days + $d - 1 - 719_162;
}

# the whole part of a quotient; neither number is negative
sub whole_part { my ($number, $by) = @_; return ($number - $number % $by) / $by }

# at most six digits after the point, as millionths
sub millionths { my ($digits) = @_; return substr(($digits // '') . '000000', 0, 6) + 0 }

# any digits after the point, as millionths: halves go to the even neighbour; Q 22
sub rounded_millionths {
    my ($digits) = @_;
    my $kept = millionths($digits);
    my $rest = length($digits // '') > 6 ? substr $digits, 6 : '';
    my $up = $rest =~ /^[6-9]/ || $rest =~ /^5[0-9]*[1-9]/ || $rest =~ /^5/ && $kept % 2;
    return $kept + ($up ? 1 : 0);
}

# the time of an event, in microseconds since 1970: ISO-8601 or a number, which is a Julian day or Unix seconds; Q 22
sub parse_time { my ($text) = @_; return read_time($text, 1) }

# the same for asof, where a number is Unix seconds
sub parse_asof { my ($text) = @_; return read_time($text, 0) }

sub read_time {
    my ($text, $julian_days) = @_;
    $text =~ s/^[\x00- ]+//;
    $text =~ s/[\x00- ]+\z//;
    my $at;
    if ($text =~ /^([+-]?)([0-9]{1,15})(?:(\.)([0-9]*))?\z/) {
        my ($sign, $whole, $point, $fraction) = ($1, $2, $3, $4 // '');
        die "'$text' may be a date or a number\n" if $sign eq '' && !defined $point && length $whole == 8;
        my $is_julian = $julian_days && $sign ne '-' && ($whole < 5_373_484 || $whole == 5_373_484 && $fraction !~ /^[5-9]/);
        $at = $is_julian ? julian_day($whole, $fraction) : $whole * $SECOND + rounded_millionths($fraction);
        $at = -$at if $sign eq '-';
    }
    elsif ($text =~ m{^([0-9]{4})-([0-9]{2})-([0-9]{2})                                # date
            (?:(?:[ \t]+|[Tt])([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?      # time of day
            [ \t]*(?:[Zz]|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?\z}x) {                  # zone
        my ($y, $mo, $d, $h, $mi, $s, $fraction, $sign, $zone_h, $zone_mi) =
            ($1, $2, $3, $4 // 0, $5 // 0, $6 // 0, $7, $8 // '+', $9 // 0, $10 // 0);
        my $of_day = (($h * 60 + $mi) * 60 + $s) * $SECOND + rounded_millionths($fraction);
        die "'$text' is not a time\n"
            if $mo < 1 || $mo > 12 || $d < 1 || $d > days_in_month($y, $mo) || $mi > 59 || $s > 59
            || $of_day > $DAY || $zone_h > 14 || $zone_mi > 59;
        my $offset = ($zone_h * 60 + $zone_mi) * 60 * $SECOND;
        $at = days_before($y, $mo, $d) * $DAY + $of_day + ($sign eq '+' ? -$offset : $offset);
    }
    else {
        die "'$text' is not a time\n";
    }
    die "'$text' is not within the years 0001 to 9999\n" if $at < $EARLIEST || $at > $LATEST;
    return $at;
}

# days since noon of -4713-11-24, to the millisecond
sub julian_day {
    my ($whole, $fraction) = @_;
    my $digits = substr $fraction, 0, 10;
    my $scale = 10**length $digits;
    my $millis = $whole * 86_400_000 + whole_part(($digits || 0) * 86_400_000 + whole_part($scale, 2), $scale);
    return ($millis - 210_866_760_000_000) * 1000;
}

# the number of a time's UTC day
sub utc_day { my ($at) = @_; return ($at - $at % $DAY) / $DAY }

sub time_text {
    my ($at) = @_;
    my $days = utc_day($at);
    my $rest = $at - $days * $DAY;
    my $y = 1970 + int($days / 365.2425) - 2;
    $y++ while days_before($y + 1, 1, 1) <= $days;
    my $m = 1;
    $m++ while $m < 12 && days_before($y, $m + 1, 1) <= $days;
    my $d = $days - days_before($y, $m, 1) + 1;
    my $micros = $rest % $SECOND;
    my $seconds = ($rest - $micros) / $SECOND;
    return sprintf '%04d-%02d-%02dT%02d:%02d:%02d.%06dZ',
        $y, $m, $d, int($seconds / 3600), int($seconds / 60) % 60, $seconds % 60, $micros;
}

# ---- decimals ----

# "0.5" as millionths
sub parse_decimal {
    my ($text) = @_;
    return undef unless $text =~ /^([0-9]+)(?:\.([0-9]{1,6}))?\z/;
    return $1 * 1_000_000 + millionths($2);
}

# the shortest decimal
sub decimal_text {
    my ($millionths) = @_;
    my $fraction = sprintf '%06d', $millionths % 1_000_000;
    $fraction =~ s/0+\z//;
    my $whole = ($millionths - $millionths % 1_000_000) / 1_000_000;
    return $fraction eq '' ? "$whole" : "$whole.$fraction";
}

# ---- events ----

# the canonical text of an event: a kind, a type, or a category with what came with it; in lower case, without blanks; Q 29
sub parse_event {
    my ($text) = @_;
    my $word = lc $text;
    $word =~ s/^[\x00- ]+//;
    $word =~ s/[\x00- ]+\z//;
    return $word if $IS_KIND{$word};
    return $word if $IS_TYPE{$word};
    my ($category, $suffix, @more) = split m{/}, $word, -1;
    $category = '' unless defined $category;
    die "'$text' is no kind, type or category\n" unless $IS_CATEGORY{$category};
    die "'$text': '/$suffix' is none of " . join(' ', map { "/$_" } @SUFFIXES) . "\n"
        if defined $suffix && (@more || !$IS_SUFFIX{$suffix});
    return 'complaint' if $category eq 'complaint';         # is that kind; Q 2
    return 'delivered/none' if $category eq 'delivered';    # does nothing; Q 2
    return $word;
}

# the category of a canonical event, if it is one
sub category_of {
    my ($event) = @_;
    return undef if $IS_KIND{$event} || $IS_TYPE{$event};
    my ($category) = split m{/}, $event;
    return $category;
}

# ---- histories: bounded sets of (canonical event, microsecond) ----

sub history_new {
    my ($bound) = @_;
    return { bound => $bound // $DEFAULT_BOUND, events => [], dropped => undef };
}

sub history_add {
    my ($history, $event, $at) = @_;
    push @{ $history->{events} }, { text => $event, at => $at };
    bound_history($history);
    return $history;
}

sub history_merge {
    my ($history, $other) = @_;
    push @{ $history->{events} }, @{ $other->{events} };
    $history->{dropped} = newest($history->{dropped}, $other->{dropped});
    bound_history($history);
    return $history;
}

sub history_events { my ($history) = @_; return @{ $history->{events} } }

sub newest {
    my ($a_time, $b_time) = @_;
    return $b_time unless defined $a_time;
    return $a_time unless defined $b_time;
    return $a_time > $b_time ? $a_time : $b_time;
}

# makes the events a set, sorts them by time and text, and drops what is over the bound; Q 1, Q 3
sub bound_history {
    my ($history) = @_;
    my %seen;
    my @events = sort { $a->{at} <=> $b->{at} || $a->{text} cmp $b->{text} }
        grep { !$seen{"$_->{at} $_->{text}"}++ } @{ $history->{events} };

    if (@events > $history->{bound}) {
        my %stays;
        my @newest_first = sort { $b->{at} <=> $a->{at} || $CODE{ $b->{text} } <=> $CODE{ $a->{text} } } @events;

        # so many stay: failures and the like, then signs of life, then what was sent
        my @of_worth = ([], [], []);
        push @{ $of_worth[ worth_of($_->{text}) ] }, $_ for @newest_first;
        $stays{$_} = 1 for (map { @$_ } @of_worth)[0 .. $history->{bound} - 1];

        # and the newest complaint, consent event and reactivation
        for my $lasting (qr/^complaint\z/, qr/^(?:un)?subscribe\z/, qr/^reactivate\z/) {
            my ($newest) = grep { $_->{text} =~ $lasting } @newest_first;
            $stays{$newest} = 1 if $newest;
        }

        for my $event (grep { !$stays{$_} } @events) {
            $history->{dropped} = newest($history->{dropped}, $event->{at});
        }
        @events = grep { $stays{$_} } @events;
    }
    $history->{events} = \@events;
}

# the greater, the sooner it goes
sub worth_of {
    my ($event) = @_;
    return 2 if $event eq 'sent';
    return 1 if $event =~ /^(?:delivered|open|click)\z/;
    return 0;
}

# ---- policy ----

# the third column of the table of keys: what holds where neither preset nor user says anything
my $WITHOUT_IT = 'perspective=default hard=1 soft=3 block=0 any=0 complaint=1 limit.suppressed=1'
    . ' reset=delivered,open,click,reactivate lift=reactivate settle=6h'
    . ' window=none stale=none span=none dedupe=none hold=none pending=never';

my %UNIT = (s => 1, m => 60, h => 3600, d => 86_400, w => 7 * 86_400);    # in seconds

my @DURATIONS = qw(window stale span dedupe hold);
my %IS_DURATION = map { $_ => 1 } @DURATIONS;

# text -> { perspective, exception{category}, limit{hard|soft|block|any|complaint}, own_limit{category}, engaged,
#   reset{kind}, lift{kind}, settle, pending, general{window|stale|span|dedupe|hold}, special{window|…}{counter},
#   score, weight{hard|soft|block}, erode, asof }; what is off is undef
sub parse_policy {
    my ($text) = @_;
    my $policy = {
        exception => {}, limit => {}, own_limit => {}, general => {},
        special => { map { $_ => {} } @DURATIONS },
        score => 0, weight => { hard => 0, soft => 0, block => 0 }, erode => 0,
    };

    $text = lc($text // '');    # Q 21
    die "a policy has at most 4096 bytes\n" if length $text > 4096;
    my @words;
    while ($text =~ /\G[ \t\n\r]*([^ \t\n\r]+)/gc) {
        my $word = $1;
        # a time of day after a blank belongs to asof
        $word .= $1 if $word =~ /^asof=/ && $text =~ /\G( [0-9]{2}:[^ \t\n\r]*)/gc;
        push @words, $word;
    }
    my $preset = 'default';
    if (@words && $words[0] !~ /=/) {
        $preset = shift @words;
        die "unknown preset '$preset'; legal: " . join(' ', @PRESETS) . "\n" unless exists $PRESET{$preset};
    }

    # later ones win
    for my $word (split(' ', $WITHOUT_IT), split(' ', $PRESET{$preset}), @words) {
        my ($key, $value) = split /=/, $word, 2;
        die "'$word' is not key=value\n" unless defined $value;
        set_key($policy, $key, $value);
    }

    for my $key (@DURATIONS) {
        for my $counter (sort keys %{ $policy->{special}{$key} }) {
            next if $counter =~ /^(?:hard|soft|block)\z/ || exists $policy->{own_limit}{$counter};
            die "policy key '$key.$counter': there is no limit.$counter\n";
        }
    }
    return $policy;
}

sub set_key {
    my ($policy, $key, $value) = @_;
    my $bad_value = "policy key '$key': unknown value '$value'";
    my ($stem, $of) = split /\./, $key, 2;    # limit.mailbox_full, window.soft, w.hard
    $stem = '' unless defined $stem;
    $of = '' unless defined $of;
    my $of_a_type = $of =~ /^(?:hard|soft|block)\z/;

    if ($key eq 'perspective') {
        die "$bad_value; legal: @PERSPECTIVES\n" unless exists $CELL{$value};
        $policy->{perspective} = $value;
    }
    elsif ($key =~ /^(?:hard|soft|block|any|complaint)\z/) {
        $policy->{limit}{$key} = read_count($value, $bad_value);
    }
    elsif ($key eq 'engaged') {
        $policy->{engaged} = read_count($value, $bad_value);
    }
    elsif ($stem eq 'limit' && $IS_CATEGORY{$of}) {
        $policy->{own_limit}{$of} = read_count($value, $bad_value);
    }
    elsif ($key eq 'reset' || $key eq 'lift') {
        $policy->{$key} = read_kinds($value, $bad_value);
    }
    elsif ($key eq 'settle') {
        $policy->{settle} = read_duration($value, $bad_value);
    }
    elsif ($key eq 'pending') {
        $policy->{pending} = $value eq 'never' ? undef : read_duration($value, $bad_value);
    }
    elsif ($IS_DURATION{$key}) {
        $policy->{general}{$key} = read_switch($key, $value, $bad_value);
    }
    elsif ($IS_DURATION{$stem} && ($of_a_type || $IS_CATEGORY{$of})) {
        $policy->{special}{$stem}{$of} = read_switch($stem, $value, $bad_value);
    }
    elsif ($key eq 'score' || $key eq 'erode') {
        $policy->{$key} = read_number($value, $bad_value);
    }
    elsif ($stem eq 'w' && $of_a_type) {
        $policy->{weight}{$of} = read_number($value, $bad_value);
    }
    elsif ($key eq 'asof') {
        $policy->{asof} = parse_asof($value);
    }
    elsif ($IS_CATEGORY{$key}) {
        die "$bad_value; legal: @CELL_TYPES class\n" unless $IS_CELL_TYPE{$value} || $value eq 'class';    # Q 4
        $policy->{exception}{$key} = $value eq 'class' ? { 5 => 'hard', 4 => 'soft' } : { 5 => $value, 4 => $value };
    }
    else {
        die "unknown policy key '$key'\n";
    }
}

sub read_count {
    my ($value, $complaint) = @_;
    die "$complaint; legal: a whole number up to 1000000\n" unless $value =~ /^[0-9]+\z/ && $value <= 1_000_000;
    return $value + 0;
}

sub read_number {
    my ($value, $complaint) = @_;
    my $millionths = parse_decimal($value);
    die "$complaint; legal: a number up to 1000000 with at most six decimals\n"
        unless defined $millionths && $millionths <= 1_000_000 * 1_000_000;
    return $millionths;
}

sub read_kinds {
    my ($value, $complaint) = @_;
    return {} if $value eq 'none';
    my @kinds = split /,/, $value, -1;
    die "$complaint; legal: none, or of @KINDS, with commas\n" if !@kinds || grep { !$IS_KIND{$_} } @kinds;
    return { map { $_ => 1 } @kinds };
}

# Q 5
sub read_duration {
    my ($value, $complaint) = @_;
    my ($number, $unit) = $value =~ /^(.*)([smhdw])\z/s;
    my $millionths = defined $number ? parse_decimal($number) : undef;
    die "$complaint; legal: a number with s, m, h, d or w, up to 4000000d\n"
        unless defined $millionths && $millionths * $UNIT{$unit} <= 4_000_000 * $DAY;
    return $millionths * $UNIT{$unit};    # millionths of seconds are microseconds
}

# a duration that `none` switches off; dedupe also takes `day`
sub read_switch {
    my ($key, $value, $complaint) = @_;
    return undef if $value eq 'none';
    return 'day' if $key eq 'dedupe' && $value eq 'day';
    return read_duration($value, $complaint);
}

# the value of window, stale, span, dedupe or hold for one counter: its own key beats the general one.
# `any` and the score have no keys of their own (rules 2 and 7).
sub setting {
    my ($policy, $key, $counter) = @_;
    return $policy->{special}{$key}{$counter} if exists $policy->{special}{$key}{$counter};
    return $policy->{general}{$key};
}

# ---- types ----

# the type of a canonical event under a policy: hard, soft, block, pending, none or unknown; undef for a kind
sub type_of {
    my ($policy, $event) = @_;
    return undef if $IS_KIND{$event};
    return $event if $IS_TYPE{$event};
    my ($category, $suffix) = split m{/}, $event;
    return 'none' if $category eq 'delivered';    # does nothing; Q 2
    return $suffix if defined $suffix && $suffix =~ /^(?:hard|soft|block|none)\z/;

    my $cell = $policy->{exception}{$category} || $CELL{ $policy->{perspective} }{$category};
    return $cell->{5} if !defined $suffix || $suffix eq '5';
    return $cell->{4} if $suffix eq '4';
    # /pending counts as a 4xx code, and makes soft and unknown pending
    return $cell->{4} eq 'soft' || $cell->{4} eq 'unknown' ? 'pending' : $cell->{4};
}

# ---- the replay ----

my %FIRST_AT_A_MOMENT = map { $_ => 1 } qw(sent delivered open click subscribe reactivate);

# where an event stands among those of the same moment
sub group_of {
    my ($event) = @_;
    if (defined $event->{kind}) { return $FIRST_AT_A_MOMENT{ $event->{kind} } ? 0 : 3 }
    return $event->{type} eq 'pending' ? 1 : 2;
}

sub is_failure {
    my ($event) = @_;
    return defined $event->{type} && $event->{type} =~ /^(?:hard|soft|block|unknown)\z/;
}

# the events up to asof, in the order of the replay, with what the policy makes of them:
# { at, text, kind or type, category, group, happened }
sub prepare {
    my ($policy, $history, $asof) = @_;
    my @events;
    for my $kept (history_events($history)) {
        next if $kept->{at} > $asof;    # does not exist yet
        my %event = (at => $kept->{at}, text => $kept->{text});
        if ($IS_KIND{ $event{text} }) { $event{kind} = $event{text} }
        else                          { $event{type} = type_of($policy, $event{text}) }
        $event{category} = category_of($event{text});
        $event{group} = group_of(\%event);
        push @events, \%event;
    }
    @events = sort { $a->{at} <=> $b->{at} || $a->{group} <=> $b->{group} || $a->{text} cmp $b->{text} } @events;
    for my $event (@events) {
        $event->{happened} = happened($policy, $event, \@events) if $event->{text} eq 'delivered';
    }
    return @events;
}

# rule 4: a `delivered` did not happen when the message bounced after it was accepted
sub happened {
    my ($policy, $delivered, $events) = @_;
    return 1 if $policy->{settle} == 0;    # switched off
    for my $event (@$events) {
        next unless is_failure($event);
        my $later = $event->{at} - $delivered->{at};
        return 0 if $later == 0 || $later > 0 && $later < $policy->{settle};
    }
    return 1;
}

# what is known of a contact between two events
sub new_contact {
    return {
        counters => {},         # name of a counter => its counted strikes { at, type, category, order }, oldest first
        score => 0,
        last_scored => undef,   # time of the last strike added to the score
        pending => [],          # unsettled pending events
        confirmed => undef,     # { at, category, reason, hold, last }; last: the strike from which the hold runs
        complaints => 0,
        unsubscribed => 0,
        engaged => 0,
        strikes_seen => 0,
    };
}

# the contact at a moment, when the given events are all there are
sub replay {
    my ($policy, $events, $moment) = @_;
    my $contact = new_contact();
    for my $event (@$events) {
        fall_due($policy, $contact, $event->{at});    # precedes the events of that moment
        act($policy, $contact, $event);
    }
    fall_due($policy, $contact, $moment);
    return $contact;
}

# what falls due up to a moment: a hold that lapses; a pending that matures (after a lapse of the same moment,
# by the order of rule 7; Q 16). What is due at once (hold=0s) falls due before the next event; Q 17.
sub fall_due {
    my ($policy, $contact, $moment) = @_;
    while (1) {
        my ($lapses, $matures);
        my $confirmed = $contact->{confirmed};
        $lapses = $confirmed->{last}{at} + $confirmed->{hold} if $confirmed && defined $confirmed->{hold};
        $matures = $contact->{pending}[0]{at} + $policy->{pending} if @{ $contact->{pending} } && defined $policy->{pending};

        if (defined $lapses && $lapses <= $moment && (!defined $matures || $lapses <= $matures)) {
            # rule 3: free again; rule 5: pending events stay unsettled
            $contact->{confirmed} = undef;
            zero_counters($contact);
        }
        elsif (defined $matures && $matures <= $moment) {
            # rule 5: one soft strike, dated then, of the soft counter; the strike settles the other pending ones
            my $category = $contact->{pending}[0]{category};    # Q 18
            strike($policy, $contact, { at => $matures, type => 'soft', category => $category }, 'soft');
        }
        else {
            return;
        }
    }
}

sub zero_counters {
    my ($contact) = @_;
    $contact->{counters} = {};    # a zeroed counter has no last strike
    $contact->{score} = 0;
    $contact->{last_scored} = undef;
}

sub act {
    my ($policy, $contact, $event) = @_;
    if (defined $event->{kind}) { act_kind($policy, $contact, $event) }
    elsif ($event->{type} eq 'none') { }                                              # rule 1
    elsif ($event->{type} eq 'pending') { push @{ $contact->{pending} }, $event }     # rule 5
    else {
        # rule 1: unknown counts as soft
        my $type = $event->{type} eq 'unknown' ? 'soft' : $event->{type};
        # rule 2: a category with a limit has its own counter
        my $category = $event->{category};
        my $own = defined $category && exists $policy->{own_limit}{$category};
        strike($policy, $contact, { at => $event->{at}, type => $type, category => $category }, $own ? $category : $type);
    }
}

sub act_kind {
    my ($policy, $contact, $event) = @_;
    my $kind = $event->{kind};
    return if $kind eq 'delivered' && !$event->{happened};    # rule 4

    $contact->{engaged} = 1 if $kind eq 'open' || $kind eq 'click';
    $contact->{complaints}++ if $kind eq 'complaint';
    $contact->{unsubscribed} = 1 if $kind eq 'unsubscribe';

    if ($kind eq 'delivered') {
        $contact->{pending} = [];              # rule 5
        $contact->{score} -= $policy->{erode};    # also while confirmed; Q 14
        $contact->{score} = 0 if $contact->{score} < 0;
    }

    # rule 4: new consent ends complaints and unsubscribes, resets and lifts
    my $new_consent = $kind eq 'subscribe';
    if ($new_consent) {
        $contact->{complaints} = 0;
        $contact->{unsubscribed} = 0;
    }

    # rule 4: a lift acts only while confirmed, a reset only while not; any kind may be named, Q 19
    if ($contact->{confirmed} ? $policy->{lift}{$kind} || $new_consent : $policy->{reset}{$kind} || $new_consent) {
        $contact->{confirmed} = undef;
        zero_counters($contact);
        $contact->{pending} = [];
    }
}

# a strike on the counter of that name: hard, soft, block or a category
sub strike {
    my ($policy, $contact, $strike, $name) = @_;
    $strike->{order} = ++$contact->{strikes_seen};
    $contact->{pending} = [];                                      # rule 5: even if deduped or while confirmed

    if ($contact->{confirmed}) {                                   # rule 3: moves the time from which hold runs; Q 6
        $contact->{confirmed}{last} = $strike;
        return;
    }

    my $of_a_type = $name =~ /^(?:hard|soft|block)\z/;
    if ($policy->{score} > 0 && $of_a_type) {                      # Q 7
        score_strike($policy, $contact, $strike, $name);
        return;
    }

    # rule 7, in its order
    my $counter = $contact->{counters}{$name} ||= [];
    @$counter = () if @$counter && is_stale($counter->[-1]{at}, $strike->{at}, setting($policy, 'stale', $name));
    return if @$counter && is_too_close($counter->[-1]{at}, $strike->{at}, setting($policy, 'dedupe', $name));
    push @$counter, $strike;

    my $limit = $of_a_type ? $policy->{limit}{$name} : $policy->{own_limit}{$name};
    $limit = $policy->{engaged} if $name eq 'soft' && $contact->{engaged} && defined $policy->{engaged};
    if (limit_takes_effect($policy, $name, $counter, $strike->{at}, $limit)) {
        confirm($policy, $contact, $strike, $name);
        return;
    }

    if ($of_a_type) {                                              # rule 2
        my $any = $contact->{counters}{any} ||= [];
        push @$any, $strike;
        confirm($policy, $contact, $strike, 'any')
            if limit_takes_effect($policy, 'any', $any, $strike->{at}, $policy->{limit}{any});
    }
}

# rule 7, last part: a strike in score mode
sub score_strike {
    my ($policy, $contact, $strike, $name) = @_;
    my $last = $contact->{last_scored};
    if (defined $last && is_stale($last, $strike->{at}, $policy->{general}{stale})) {
        $contact->{score} = 0;
        $contact->{last_scored} = $last = undef;
        delete $contact->{counters}{$_} for qw(hard soft block);
    }
    return if defined $last && is_too_close($last, $strike->{at}, $policy->{general}{dedupe});

    push @{ $contact->{counters}{$name} }, $strike;
    $contact->{score} += $policy->{weight}{ $strike->{type} };
    $contact->{last_scored} = $strike->{at};                       # even with a weight of 0; Q 8
    confirm($policy, $contact, $strike, 'score') if $contact->{score} >= $policy->{score};
}

sub is_stale {
    my ($last, $now, $stale) = @_;
    return defined $stale && $now - $last > $stale;
}

sub is_too_close {
    my ($last, $now, $dedupe) = @_;
    return 0 unless defined $dedupe;
    return utc_day($last) == utc_day($now) if $dedupe eq 'day';
    return $now - $last < $dedupe;
}

sub younger_than_window {
    my ($policy, $name, $strikes, $now) = @_;
    my $window = setting($policy, 'window', $name);    # in score mode too; Q 15
    return grep { !defined $window || $now - $_->{at} < $window } @$strikes;
}

sub limit_takes_effect {
    my ($policy, $name, $strikes, $now, $limit) = @_;
    my @young = younger_than_window($policy, $name, $strikes, $now);
    return 0 if $limit == 0 || @young < $limit;                    # rule 3: 0 means never
    my $span = setting($policy, 'span', $name) || 0;
    return $young[-1]{at} - $young[0]{at} >= $span;
}

sub confirm {
    my ($policy, $contact, $strike, $reason) = @_;
    $contact->{confirmed} = {
        at => $strike->{at}, category => $strike->{category}, reason => $reason,
        hold => setting($policy, 'hold', $reason), last => $strike,
    };
}

# ---- the answer ----

# all of it that time alone can change
sub answer {
    my ($policy, $contact, $moment) = @_;
    my @outstanding;
    for my $name (sort keys %{ $contact->{counters} }) {
        next if $name eq 'any';    # its strikes are those of the other counters
        push @outstanding, younger_than_window($policy, $name, $contact->{counters}{$name}, $moment);
    }
    my %strikes = (hard => 0, soft => 0, block => 0);
    $strikes{ $_->{type} }++ for @outstanding;
    my ($first, $last) = (undef, undef);
    for my $strike (@outstanding) {
        $first = $strike if !defined $first || $strike->{at} < $first->{at};
        $last = $strike if !defined $last || later_strike($strike, $last);
    }

    my $confirmed = $contact->{confirmed};
    $last = $confirmed->{last} if $confirmed;                                       # Q 11

    # rule 6
    my ($state, $reason) = ('active', undef);
    if ($policy->{limit}{complaint} > 0 && $contact->{complaints} >= $policy->{limit}{complaint}) {
        ($state, $reason) = ('complained', 'complaint');
    }
    elsif ($contact->{unsubscribed}) { ($state, $reason) = ('unsubscribed', 'unsubscribe') }
    elsif ($confirmed)               { ($state, $reason) = ('confirmed', $confirmed->{reason}) }
    elsif ($strikes{hard})           { $state = 'hard' }
    elsif ($strikes{soft})           { $state = 'soft' }
    elsif ($strikes{block})          { $state = 'block' }
    elsif (@{ $contact->{pending} }) { $state = 'pending' }

    return {
        state => $state,
        reason => $reason,
        sendable => $state !~ /^(?:complained|unsubscribed|confirmed)\z/ ? 1 : 0,
        hard => $strikes{hard}, soft => $strikes{soft}, block => $strikes{block},
        score => $policy->{score} > 0 ? decimal_text($contact->{score}) : undef,    # Q 9
        confirmed_at => $confirmed ? $confirmed->{at} : undef,                      # Q 10
        confirmed_category => $confirmed ? $confirmed->{category} : undef,
        first_strike_at => $first ? $first->{at} : undef,                           # Q 11
        last_strike_at => $last ? $last->{at} : undef,
        last_category => $last ? $last->{category} : undef,                         # Q 12
    };
}

# which of two strikes came later in the replay; of the same moment, the one numbered higher
sub later_strike {
    my ($one, $other) = @_;
    return $one->{at} > $other->{at} || $one->{at} == $other->{at} && $one->{order} > $other->{order};
}

my @CHANGING = qw(state reason sendable hard soft block score confirmed_at confirmed_category
    first_strike_at last_strike_at last_category);

sub fingerprint {
    my ($answer) = @_;
    return join ' ', map { defined $answer->{$_} ? $answer->{$_} : 'null' } @CHANGING;
}

# the first of the moments at which something may fall due where the answer really is another
sub next_change_at {
    my ($policy, $events, $asof, $now) = @_;
    my $before = fingerprint($now);
    for my $moment (candidate_moments($policy, $events, $asof)) {
        return $moment if fingerprint(answer($policy, replay($policy, $events, $moment), $moment)) ne $before;
    }
    return undef;
}

# every strike or matured pending, plus every window and every hold of the policy
sub candidate_moments {
    my ($policy, $events, $asof) = @_;
    my @strikes_at = map { $_->{at} } grep { is_failure($_) } @$events;
    my @matures_at;
    if (defined $policy->{pending}) {
        @matures_at = map { $_->{at} + $policy->{pending} } grep { ($_->{type} // '') eq 'pending' } @$events;
    }
    my @durations;
    for my $key (qw(window hold)) {
        push @durations, grep { defined } $policy->{general}{$key}, values %{ $policy->{special}{$key} };
    }
    my %moments = map { $_ => 1 } @matures_at;
    for my $at (@strikes_at, @matures_at) {
        $moments{ $at + $_ } = 1 for @durations;
    }
    return sort { $a <=> $b } grep { $_ > $asof && $_ <= $LATEST } keys %moments;    # Q 20
}

sub summary_of_history {
    my ($history, $policy_text) = @_;
    my $policy = parse_policy($policy_text);
    my @kept = history_events($history);

    my $asof = $policy->{asof};
    $asof = $kept[-1]{at} if !defined $asof && @kept;    # they are sorted
    my @events = defined $asof ? prepare($policy, $history, $asof) : ();

    my $moment = @events ? $asof : 0;
    my $summary = answer($policy, replay($policy, \@events, $moment), $moment);
    $summary->{last_event_at} = @events ? $events[-1]{at} : undef;
    $summary->{next_change_at} = @events ? next_change_at($policy, \@events, $asof, $summary) : undef;
    $summary->{events} = @kept;                          # Q 13
    $summary->{dropped} = $history->{dropped};
    return $summary;
}

# events: [ [canonical text, microseconds], … ] in any order
sub state_of {
    my ($events, $policy_text, $bound) = @_;
    my $all = history_new();
    $all->{bound} = $bound if defined $bound;
    $all->{events} = [ map { { text => $_->[0], at => $_->[1] } } @$events ];
    bound_history($all);
    return summary_of_history($all, $policy_text);
}

sub summary_json {
    my ($summary) = @_;
    my $string = sub { my ($key) = @_; return defined $summary->{$key} ? "\"$summary->{$key}\"" : 'null' };
    my $time = sub { my ($key) = @_; return defined $summary->{$key} ? '"' . time_text($summary->{$key}) . '"' : 'null' };
    return '{' . join(',',
        '"state":' . $string->('state'),
        '"reason":' . $string->('reason'),
        '"sendable":' . ($summary->{sendable} ? 'true' : 'false'),
        "\"strikes\":{\"hard\":$summary->{hard},\"soft\":$summary->{soft},\"block\":$summary->{block}}",
        '"score":' . ($summary->{score} // 'null'),
        '"confirmed_at":' . $time->('confirmed_at'),
        '"confirmed_category":' . $string->('confirmed_category'),
        '"first_strike_at":' . $time->('first_strike_at'),
        '"last_strike_at":' . $time->('last_strike_at'),
        '"last_category":' . $string->('last_category'),
        '"last_event_at":' . $time->('last_event_at'),
        '"next_change_at":' . $time->('next_change_at'),
        "\"events\":$summary->{events}",
        '"dropped":' . $time->('dropped'),
    ) . '}';
}

1;
