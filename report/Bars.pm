# Bars.pm - the report's headline pictures as bars for the terminal, 80 columns wide: blocks, or ASCII where the locale has no UTF-8.
# Takes the same rows and words as Page.pm.
package Bars;

use strict;
use warnings;
use utf8;
use Exporter 'import';

our @EXPORT_OK = qw(bars);

use constant WIDTH => 80;
use constant LABEL => 25;

my ($words, $ascii);

# ---- letters and columns ----

# Chinese takes two columns a letter, marks take none
sub width { my ($text) = @_; my $wide = () = $text =~ /[\p{Ea=W}\p{Ea=F}]/g; my $none = () = $text =~ /\p{M}/g; return length($text) + $wide - $none }

sub shown {
    my ($text, $longest) = @_;
    $text = $words->cut($text, 400);
    if ($ascii) {
        $text =~ s/\x{a0}/ /g;
        $text =~ s/[–·]/-/g;
        $text =~ s/…/.../g;
        $text =~ s/[^ -~]/?/g;
    }
    my $dots = $ascii ? '...' : '…';
    if (width($text) > $longest) {
        chop $text while width($text) > $longest - length $dots;
        $text .= $dots;
    }
    return $text;
}

sub padded { my ($text, $columns) = @_; $text = shown($text, $columns); return $text . ' ' x ($columns - width($text)) }
sub flushed { my ($text, $columns) = @_; $text = shown($text, $columns); return ' ' x ($columns - width($text)) . $text }

# a bar of so many columns, to an eighth where there are letters for it; something is never nothing
sub blocks {
    my ($part, $whole, $columns) = @_;
    return '' if $part <= 0 || !$whole;
    my $eighths = int(8 * $columns * $part / $whole + 0.5);
    $eighths = 8 * $columns if $eighths > 8 * $columns;
    return '#' x ($eighths < 8 ? 1 : int($eighths / 8 + 0.5)) if $ascii;
    $eighths ||= 1;
    return '█' x int($eighths / 8) . substr(' ▏▎▍▌▋▊▉', $eighths % 8, $eighths % 8 ? 1 : 0);
}

sub line { my ($text) = @_; $text =~ s/ +$//; return "$text\n" }
sub head { return "\n" . line(shown($_[0], WIDTH)) }

# label, bar, what stands after it
sub row {
    my ($label, $part, $whole, $after, $columns) = @_;
    $columns //= 30;
    return line('  ' . padded($label, LABEL) . ' ' . padded_bar(blocks($part, $whole, $columns), $columns) . ' ' . $after);
}
sub figures { my ($n, $all) = @_; return flushed($words->number($n), 9) . (defined $all ? flushed($words->percent($n, $all), 9) : '') }
sub padded_bar { my ($bar, $columns) = @_; return $bar . ' ' x ($columns - length $bar) }

# ---- the pictures ----

sub bars {
    ($words, my $a, my $report) = @_;
    $ascii = $report->{ascii};
    my $facts = $a->{facts}[0];
    my %standing = map { $_->{standing} => $_->{contacts} } @{$a->{standing}};
    my $text = line(padded($words->text('title') . $words->text('colon') . $words->cut($report->{title}, 40), 56) . flushed($words->minute($report->{now}), 24));

    $text .= head($words->text('standing') . $words->text('colon') . $words->number($facts->{contacts}) . ' ' . $words->text('tile.contacts'));
    for my $name (qw(mailed watched paused no_consent unsubscribed complained invalid confirmed)) {
        my $n = $standing{$name} or next;
        $text .= row($words->text("standing.$name"), $n, $facts->{contacts}, figures($n, $facts->{contacts}));
    }

    $text .= rates($a->{campaigns}, $facts->{mark});
    $text .= reasons($a->{reasons}, @{$report->{months}});

    $text .= head($words->text('domains'));
    for my $d (grep { $_->{health} ne 'fine' } @{$a->{domains}}) {
        $text .= row($d->{domain}, $d->{addresses} - $d->{fine}, $d->{addresses}, shown($words->text("health.$d->{health}") . $words->text('colon') . $words->counts($d->{evidence}), 39), 12);
    }
    my ($fine) = map { $_->{domains} } grep { $_->{health} eq 'fine' } @{$a->{domain_counts}};
    $text .= line('  ' . shown(@{$a->{domain_counts}} ? $words->text('health.fine') . $words->text('colon') . $words->number($fine // 0) : $words->text('domains.empty'), WIDTH - 2));
    return $text;
}

sub rates {
    my ($rows, $mark) = @_;
    my $text = head(@$rows ? $words->text('bars.rates', {mark => $words->mark($mark)}) : $words->text('campaigns'));
    return $text . line('  ' . shown($words->text('campaigns.empty'), WIDTH - 2)) if !@$rows;
    my ($scale) = sort { $b <=> $a } $mark * 2.5, map { $_->{bounced} / $_->{sent} } @$rows;
    $scale = $mark * 6 if $mark > 0 && $scale > $mark * 6;
    $scale ||= 1;
    my $at = int(30 * $mark / $scale);
    for my $c (@$rows) {
        my $bar = padded_bar(blocks($c->{bounced} / $c->{sent}, $scale, 30), 30);
        substr($bar, $at, 1) = '|' if $at < 30;
        $text .= line('  ' . padded($c->{campaign} // $words->text('campaign.none'), LABEL) . " $bar " . flushed($words->percent($c->{bounced}, $c->{sent}), 6)
            . ' ' . shown($c->{over_mark} ? $words->text('bars.over') : '', 13));
    }
    my $more = $rows->[0]{total} - @$rows;
    my $over = $rows->[0]{total_over} - grep { $_->{over_mark} } @$rows;
    $text .= line('  ' . shown($words->text($over ? 'campaigns.more_over' : 'campaigns.more', {n => $more, over => $over}), WIDTH - 2)) if $more;
    return $text;
}

sub reasons {
    my ($rows, @month) = @_;
    my (%month, %total, $all, $most);
    for my $r (@$rows) {
        $month{$r->{month}} += $r->{events};
        $total{$r->{category}} += $r->{events};
        $all += $r->{events};
    }
    my $text = head($words->text('months'));
    return $text . line('  ' . shown($words->text('months.empty', {first => $month[0], last => $month[-1]}), WIDTH - 2)) if !$all;
    ($most) = sort { $b <=> $a } values %month;
    $text .= row($_, $month{$_} // 0, $most, figures($month{$_} // 0)) for @month;

    $text .= head($words->text('reasons'));
    my @name = sort { $total{$b} <=> $total{$a} || $a cmp $b } keys %total;
    my @named = @name > 10 ? splice(@name, 0, 9) : splice(@name, 0);
    $text .= row($words->category($_), $total{$_}, $all, figures($total{$_}, $all)) for @named;
    if (@name) {
        my $rest = 0;
        $rest += $total{$_} for @name;
        $text .= row($words->text('reasons.other', {n => scalar @name}), $rest, $all, figures($rest, $all));
    }
    return $text;
}

1;
