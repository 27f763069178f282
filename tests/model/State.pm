# State.pm - a second, deliberately naive implementation of a contact's state, written from the design alone.
#
# It exists to be compared with the C core on random cases. It favours being literal over being fast: it keeps all
# strikes of a counter in a list, replays from the start for every answer, and finds next_change_at by asking again.
# Comments "rule N" give the numbered rules of the section on how a state is found; readings of what is left open
# are in QUESTIONS.md, marked here as "Q N".
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

our $DEFAULT_BOUND = 256;    # Q 1

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

# rows of a file with tabs between its columns, the header first
sub read_table {
    my ($file) = @_;
    open my $in, '<', $file or die "cannot read $file: $!\n";
    my @rows;
    while (my $line = <$in>) {
        $line =~ s/\r?\n\z//;
        push @rows, [split /\t/, $line, -1] unless $line eq '';
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

my (@PRESETS, %PRESET);            # PRESET{name} = its policy text

# MAILBOUNCE_POLICIES names a file of the same form (name, policy text, …) when the rules have none
sub read_presets {
    my $file = File::Spec->catfile($RULES, 'policies.tsv');
    $file = $ENV{MAILBOUNCE_POLICIES} if !-e $file && defined $ENV{MAILBOUNCE_POLICIES};
    my ($header, @rows) = read_table($file);
    for my $row (@rows) {
        next if $row->[0] =~ /^#/;
        push @PRESETS, $row->[0];
        $PRESET{ $row->[0] } = $row->[1];
    }
}

read_perspectives();
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
    my $past = $y - 1;
    my $days = $past * 365 + int($past / 4) - int($past / 100) + int($past / 400);
    $days += days_in_month($y, $_) for 1 .. $m - 1;
    return $days + $d - 1 - 719_162;
}

# digits after the point, as millionths
sub millionths { my ($digits) = @_; return substr(($digits // '') . '000000', 0, 6) + 0 }

# ISO-8601, or Unix seconds: microseconds since 1970; dies on anything else
sub parse_time {
    my ($text) = @_;
    my $at;
    if ($text =~ /^(-?)(\d{1,12})(?:\.(\d{1,6}))?$/) {
        $at = $2 * $SECOND + millionths($3);
        $at = -$at if $1;
    }
    elsif ($text =~ /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?([Zz]|[+-]\d\d:?\d\d)?)?$/) {
        my ($y, $mo, $d, $h, $mi, $s, $fraction, $zone) = ($1, $2, $3, $4 // 0, $5 // 0, $6 // 0, $7, $8 // 'Z');
        die "'$text' is not a time\n"
            if $y < 1 || $mo < 1 || $mo > 12 || $d < 1 || $d > days_in_month($y, $mo) || $h > 23 || $mi > 59 || $s > 59;
        $at = days_before($y, $mo, $d) * $DAY + (($h * 60 + $mi) * 60 + $s) * $SECOND + millionths($fraction);
        if ($zone =~ /^([+-])(\d\d):?(\d\d)$/) {
            my $offset = ($2 * 60 + $3) * 60 * $SECOND;
            $at += $1 eq '+' ? -$offset : $offset;
        }
    }
    else {
        die "'$text' is not a time\n";
    }
    die "'$text' is not within the years 0001 to 9999\n" if $at < $EARLIEST || $at > $LATEST;
    return $at;
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
    return undef unless $text =~ /^(\d{1,9})(?:\.(\d{1,6}))?$/;
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
