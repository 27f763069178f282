# Page.pm - the report as one HTML page without scripts: pictures are inline SVG beside the numbers they show. Takes the rows that List.pm
# got and the words of Words.pm; knows no database.
#
# Pictures have no viewBox: x is in per cent of the width, y in pixels, so that bars stretch with the page and letters do not.
package Page;

use strict;
use warnings;
use utf8;
use Exporter 'import';

our @EXPORT_OK = qw(page);

my @types = qw(hard soft block pending unknown);
my @signs = qw(gone refused blocked full_up other fine);
my @standings = qw(mailed watched paused no_consent unsubscribed complained invalid confirmed);

my ($words, $report);

# ---- small pieces ----

sub escaped {
    my ($text) = @_;
    my %entity = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;', "'" => '&#39;');
    $text =~ s/([&<>"'])/$entity{$1}/g;
    return $text;
}

# a text of ours; its arguments are escaped, too
sub t { my ($key, %argument) = @_; return $words->text($key, \%argument, \&escaped) }

# what came from outside, cut; bdi keeps its direction to itself
sub given { my ($text, $longest) = @_; return '<bdi>' . plainly($text, $longest) . '</bdi>' }
sub plainly { my ($text, $longest) = @_; return escaped($words->cut($text, $longest // 120)) }

sub sentences { return join $words->language eq 'zh' ? '' : ' ', grep { $_ ne '' } @_ }
sub number { return $words->number($_[0]) }
sub share { return escaped($words->percent(@_)) }
sub category { return plainly($words->category($_[0]), 60) }
sub chip { my ($class, $text) = @_; return qq(<span class="chip $class">$text</span>) }
sub joined { return join ' <span class="dot">·</span> ', grep { defined && $_ ne '' } @_ }
sub more { my ($key, $n, %argument) = @_; return $n > 0 ? '<p class="more">' . t($key, n => $n, %argument) . "</p>\n" : '' }
sub total { my ($rows) = @_; return @$rows ? $rows->[0]{total} : 0 }
sub sum { my $sum = 0; $sum += $_ for @_; return $sum }
sub most { my $most = 0; for (@_) { $most = $_ if $_ > $most } return $most }

sub section {
    my ($name, $note, $body, $class) = @_;
    my $about = $note eq '' ? '' : qq(<p class="note">$note</p>\n);
    return qq(<section id="$name" class="card@{[$class ? " $class" : '']}" aria-labelledby="$name-h">\n<h2 id="$name-h">) . t($name) . "</h2>\n$about$body</section>\n";
}

# what the colours of a picture mean: [class, key of its text] ...
sub legend { return '<ul class="legend">' . join('', map { qq(<li><i class="key $_->[0]"></i>) . t($_->[1]) . '</li>' } @_) . "</ul>\n" }
sub counted { my ($label, $n) = @_; return $label . '&#160;' . number($n) }
sub listed { return join escaped($words->text('comma')), @_ }

# A table whose rows may break up on a phone; roles keep it a table for those who listen to it. A cell is HTML.
sub table {
    my ($class, $caption, $heads, @rows) = @_;
    my $first = shift @$heads;
    return qq(<table role="table" class="$class"><caption class="aside">$caption</caption>\n<thead role="rowgroup"><tr role="row">)
        . join('', map { qq(<th role="columnheader" scope="col">$_</th>) } $first, @$heads) . qq(</tr></thead>\n<tbody role="rowgroup">\n)
        . join('', map { my ($name, @cell) = @$_; qq(<tr role="row"><th role="rowheader" scope="row">$name</th>) . join('', map { qq(<td role="cell">$_</td>) } @cell) . "</tr>\n" } @rows)
        . "</tbody></table>\n";
}

# ---- pictures ----

my $pictures = 0;

sub picture {
    my ($class, $height, $title, $description, $shapes) = @_;
    my $id = 'p' . ++$pictures;
    my $desc = $description eq '' ? '' : qq(<desc id="$id-d">$description</desc>);
    my $by = $description eq '' ? qq("$id-t") : qq("$id-t $id-d");
    return qq(<svg class="$class" width="100%" height="$height" role="img" aria-labelledby=$by><title id="$id-t">$title</title>$desc$shapes</svg>);
}

sub percent_of { my ($part, $whole) = @_; return $whole ? sprintf('%.3f', 100 * $part / $whole) =~ s/\.?0+$//r : 0 }

sub rectangle {
    my ($class, $x, $y, $width, $height, $title) = @_;
    my $said = defined $title ? "<title>$title</title>" : '';
    return qq(<rect class="$class" x="$x%" y="$y" width="$width%" height="$height">$said</rect>);
}

# one bar of several parts: [class, amount, title] ...; the whole is 100 %
sub bar {
    my ($whole, $y, $height, @part) = @_;
    my ($shapes, $before) = ('', 0);
    for my $part (@part) {
        my ($class, $amount, $title) = @$part;
        $shapes .= rectangle($class, percent_of($before, $whole), $y, percent_of($amount, $whole), $height, $title) if $amount > 0;
        $before += $amount;
    }
    return $shapes;
}

# columns, one for each month, of several parts
sub columns {
    my ($highest, $height, $gap, @column) = @_;
    my ($shapes, $step, $n) = ('', 100 / (@column || 1), 0);
    for my $column (@column) {
        my $below = 0;
        for my $part (@$column) {
            my ($class, $amount, $title) = @$part;
            next if !$amount;
            my $from = sprintf '%.1f', $height * (1 - $below / $highest);
            $below += $amount;
            my $to = sprintf '%.1f', $height * (1 - $below / $highest);
            my $tall = sprintf '%.1f', $from - $to < 1 ? 1 : $from - $to;
            $shapes .= rectangle($class, percent_of($n * $step + $gap * $step / 2, 100), $to, percent_of($step * (1 - $gap), 100), $tall, $title);
        }
        $n++;
    }
    return $shapes;
}

# ---- sections ----

sub head {
    my ($facts, $standing) = @_;
    my $all = $facts->{contacts};
    my $mailed = $standing->{mailed} + $standing->{watched};
    my $part = sub { return $all ? t('of_all', percent => $words->percent($_[0], $all)) : '' };
    my @tile = (
        [contacts => $all, $facts->{archived} ? t('archived', n => $facts->{archived}) : ''],
        [mailed => $mailed, $part->($mailed) . '<br/>' . t('transactional', n => $facts->{transactional})],
        [confirmed => $standing->{confirmed}, $part->($standing->{confirmed})],
        [paused => $standing->{paused}, $part->($standing->{paused})],
        [invalid => $standing->{invalid}, $part->($standing->{invalid})],
        [events => $facts->{events}, t('from_messages', n => $facts->{messages})]);
    return '<header><p class="kicker">' . t('kicker') . ' <span class="dot">·</span> ' . given($report->{title}, 80) . '</p><h1>' . t('title') . '</h1><p class="note">'
        . t('as_of', time => $words->minute($report->{now})) . "</p></header>\n"
        . qq(<dl class="tiles">\n)
        . join('', map { my ($name, $n, $note) = @$_; qq(<div class="tile $name"><dt>) . t("tile.$name") . '</dt><dd><b>' . number($n) . "</b><small>$note</small></dd></div>\n" } @tile)
        . "</dl>\n";
}

sub attention {
    my ($a) = @_;
    my $facts = $a->{facts}[0];
    my %health = map { $_->{health} => $_->{domains} } @{$a->{domain_counts}};
    my $going = sum(map { $_->{enabled} && $_->{action} eq 'archive' ? $_->{found} - $_->{kept} : 0 } @{$a->{cleaning}});
    my $over = @{$a->{campaigns}} ? $a->{campaigns}[0]{total_over} : 0;
    my @item = (
        [campaigns => 'campaigns', $over, all => total($a->{campaigns}), mark => $words->mark($facts->{mark})],
        [dead => 'domains', $health{dead}], [blocking => 'domains', $health{'blocking you'}], [full => 'domains', $health{full}],
        [cleaning => 'cleaning', $going],
        [pending => 'pending', total($a->{pending}), hours => $facts->{pending_hours}],
        [global => 'global', total($a->{global}), accounts => $facts->{global_accounts}]);
    my @line = map { my ($name, $target, $n, %argument) = @$_; $n ? qq(<li><a href="#$target">) . t("attention.$name", n => $n, %argument) . '</a></li>' : () } @item;
    push @line, '<li>' . t('attention.rejected', n => $facts->{rejected}) . '</li>' if $facts->{rejected};
    return section('attention', '', @line ? '<ul class="todo">' . join('', @line) . "</ul>\n" : '<p class="none">' . t('attention.none') . "</p>\n");
}

sub standing {
    my ($standing, $all) = @_;
    return section('standing', '', '<p class="none">' . t('standing.empty') . "</p>\n") if !$all;
    my @part = grep { $standing->{$_} } @standings;
    my $list = listed map { counted(t("standing.$_"), $standing->{$_}) } @part;
    return section('standing', t('standing.note'),
        picture('standing', 30, t('standing'), $list, bar($all, 0, 30, map { ["s-$_", $standing->{$_}, counted(t("standing.$_"), $standing->{$_})] } @part))
        . '<dl class="parts">' . join('', map { qq(<div><dt><i class="key s-$_"></i>) . t("standing.$_") . '</dt><dd>' . number($standing->{$_}) . ' <small>' . share($standing->{$_}, $all) . '</small></dd></div>' } @part) . "</dl>\n");
}

sub campaigns {
    my ($rows, $mark) = @_;
    return section('campaigns', '', '<p class="none">' . t('campaigns.empty') . "</p>\n") if !@$rows;
    my $said = escaped($words->mark($mark));
    # room for the highest, but one bad campaign must not flatten the others: those beyond end in a gap
    my $scale = most($mark * 2.5, map { $_->{bounced} / $_->{sent} } @$rows);
    $scale = $mark * 6 if $mark > 0 && $scale > $mark * 6;
    $scale ||= 1;
    my $line = percent_of($mark, $scale);
    my @line;
    for my $c (@$rows) {
        my $name = defined $c->{campaign} && $c->{campaign} ne '' ? $c->{campaign} : $words->text('campaign.none');
        my @part = grep { $c->{$_} } qw(hard soft block);
        my $rate = share($c->{bounced}, $c->{sent});
        my $kinds = listed map { counted(t("type.$_"), $c->{$_}) } @part;
        my $beyond = $c->{bounced} / $c->{sent} > $scale;
        my $drawn = $beyond ? $scale * $c->{sent} / $c->{bounced} : 1;
        my $picture = picture('rate', 26, plainly($name, 80) . t('colon') . $rate, $kinds,
            bar($scale, 6, 14, map { [$_, $drawn * $c->{$_} / $c->{sent}, counted(t("type.$_"), $c->{$_})] } @part)
            . ($beyond ? '<rect class="gap" x="94%" y="4" width="3" height="18"/>' : '')
            . qq(<line class="mark" x1="$line%" x2="$line%" y1="0" y2="26"/>));
        push @line, [given($name, 80) . '<small>' . joined($words->day($c->{first_sent}), plainly($c->{account}, 40), t('sent_n', n => $c->{sent}), $kinds,
                $c->{suppressed} ? t('suppressed_n', n => $c->{suppressed}) : '') . '</small>',
            $picture, $c->{over_mark} ? chip('bad', t('over')) . qq( <b class="over">$rate</b>) : "<b>$rate</b>"];
    }
    my $over = $rows->[0]{total_over};
    my $shown_over = grep { $_->{over_mark} } @$rows;
    my $axis = qq(<span class="scale" aria-hidden="true"><span style="left:$line%">$said</span></span><span class="aside">) . t('rate') . '</span>';
    return section('campaigns',
        sentences(t('campaigns.note', mark => $words->mark($mark)), $over ? t('campaigns.over', n => $over, all => total($rows)) : t('campaigns.under')),
        legend(map { [$_, "type.$_"] } qw(hard soft block)) . table('rates', t('campaigns'), [t('campaign'), $axis, t('rate')], @line)
        . more($over > $shown_over ? 'campaigns.more_over' : 'campaigns.more', total($rows) - @$rows, over => $over - $shown_over));
}

sub month_name {
    my ($month) = @_;
    my ($year, $m) = split /-/, $month;
    return $words->language eq 'zh' ? ($m + 0) . '月' : (qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec))[$m - 1];
}

sub months {
    my ($rows, @month) = @_;
    my (%count, %of_type, %of_month);
    for my $r (@$rows) {
        my $type = (grep { $_ eq $r->{type} } @types) ? $r->{type} : 'unknown';
        $count{$r->{month}}{$type} += $r->{events};
        $of_type{$type} += $r->{events};
        $of_month{$r->{month}} += $r->{events};
    }
    my %span = (first => $month[0], last => $month[-1]);
    return section('months', '', '<p class="none">' . t('months.empty', %span) . "</p>\n") if !@$rows;
    my @shown = grep { $of_type{$_} } @types;
    my $highest = most(values %of_month);
    my ($top) = grep { ($of_month{$_} // 0) == $highest } @month;
    my $shapes = columns($highest, 170, 0.28, map { my $m = $_; [map { my $n = $count{$m}{$_} // 0; [$_, $n, "$m, " . t("type.$_") . t('colon') . number($n)] } @shown] } @month);
    my ($labels, $names) = ('', '');
    for my $n (0 .. $#month) {
        my $sum = $of_month{$month[$n]} // 0;
        my $x = percent_of($n + 0.5, scalar @month);
        $labels .= sprintf '<text x="%s%%" y="%.1f" text-anchor="middle">%s</text>', $x, 170 * (1 - $sum / $highest) - 6, $words->short_number($sum) if $sum;
        # the year at January, else at the first month, unless a January is so near that they would collide
        my $year = $month[$n] =~ /-01$/ || ($n == 0 && !grep { /-01$/ } @month[1 .. 3]) ? '<br/><b>' . substr($month[$n], 0, 4) . '</b>' : '';
        $names .= ($month[$n] =~ /[13579]$/ ? '<span>' : '<span class="even">') . month_name($month[$n]) . "$year</span>";
    }
    my @line = map { my $m = $_; [$m, (map { number($count{$m}{$_} // 0) } @shown), number($of_month{$m} // 0)] } @month;
    return section('months', t('months.note'),
        legend(map { [$_, "type.$_"] } @shown)
        . '<figure class="columns">' . picture('columns', 196, t('months'), t('months.desc', %span, n => sum(values %of_month), top => $top, most => $highest),
            qq(<svg y="24" width="100%" height="172" overflow="visible" aria-hidden="true">$shapes$labels<line class="base" x1="0" x2="100%" y1="170.5" y2="170.5"/></svg>))
        . qq(<div class="months" aria-hidden="true">$names</div></figure>\n)
        . '<details><summary>' . t('numbers') . '</summary>' . table('numbers', t('months'), [t('month'), (map { t("type.$_") } @shown), t('total')], @line) . "</details>\n");
}

sub reasons {
    my ($rows, @month) = @_;
    return '' if !@$rows;
    my (%count, %total, %type);
    for my $r (@$rows) {
        $count{$r->{category}}{$r->{month}} += $r->{events};
        $total{$r->{category}} += $r->{events};
        $type{$r->{category}}{$r->{type}} += $r->{events};
    }
    my @name = sort { $total{$b} <=> $total{$a} || $a cmp $b } keys %total;
    my $all = sum(values %total);
    my @named = @name > 10 ? splice(@name, 0, 9) : splice(@name, 0);
    my $line = sub {
        my ($label, $class, $counts, $sum) = @_;
        my $highest = most(values %$counts) || 1;
        my $list = listed map { counted($_, $counts->{$_}) } grep { $counts->{$_} } @month;
        return [$label->[0], picture('strip', 30, $label->[1], $list,
                columns($highest, 28, 0.2, map { [[$class, $counts->{$_} // 0, counted($_, $counts->{$_} // 0)]] } @month)
                . '<line class="base" x1="0" x2="100%" y1="28.5" y2="28.5"/>'),
            '<b>' . number($sum) . '</b> <small>' . share($sum, $all) . '</small>'];
    };
    my @line;
    for my $name (@named) {
        my ($type) = sort { $type{$name}{$b} <=> $type{$name}{$a} || $a cmp $b } keys %{$type{$name}};
        $type = 'unknown' if !grep { $_ eq $type } @types;
        my $slug = $words->has("category.$name") && $name !~ /^(hard|soft|block|pending)$/ ? '<code>' . plainly($name, 40) . '</code>' : '';
        push @line, $line->([category($name) . '<small>' . joined(qq(<i class="key $type"></i>) . t("type.$type"), $slug) . '</small>', category($name)], $type, $count{$name}, $total{$name});
    }
    if (@name) {
        my %other;
        for my $name (@name) { $other{$_} += $count{$name}{$_} for keys %{$count{$name}} }
        my $list = listed map { counted(category($_), $total{$_}) } @name[0 .. ($#name < 7 ? $#name : 7)];
        push @line, $line->([t('reasons.other', n => scalar @name) . "<small>$list@{[@name > 8 ? ' …' : '']}</small>", t('reasons.other', n => scalar @name)], 'rest', \%other, sum(map { $total{$_} } @name));
    }
    return section('reasons', t('reasons.note', first => $month[0], last => $month[-1]), table('strips', t('reasons'), [t('reason'), t('by_month'), t('share')], @line));
}

sub domains {
    my ($rows, $counts) = @_;
    my %health = map { $_->{health} => $_->{domains} } @$counts;
    return section('domains', '', '<p class="none">' . t('domains.empty') . "</p>\n") if !@$counts;
    return section('domains', '', '<p class="none">' . t('domains.good', n => $health{fine} // 0) . "</p>\n") if !@$rows;
    my $few = 0;
    $rows = [grep { ++$few <= 6 || $_->{health} ne 'fine' } @$rows];
    my %class = ('dead' => 'bad', 'blocking you' => 'blocks', 'full' => 'warn', 'fine' => 'good');
    my @line;
    for my $d (@$rows) {
        my @part = grep { $d->{$_} } @signs;
        my $list = listed map { counted(t("sign.$_"), $d->{$_}) } @part;
        push @line, [
            given($d->{domain} eq '' ? '?' : $d->{domain}, 80) . ' ' . chip($class{$d->{health}} // 'warn', t("health.$d->{health}")),
            picture('signs', 12, plainly($d->{domain}, 80), $list, bar($d->{addresses}, 0, 12, map { ["d-$_", $d->{$_}, counted(t("sign.$_"), $d->{$_})] } @part))
                . '<small>' . joined(t('addresses_n', n => $d->{addresses}), $list) . '</small>',
            '<span class="lead">' . plainly($words->counts($d->{evidence}), 160) . '</span>' . (defined $d->{last_reply} ? '<q class="said">' . given($d->{last_reply}, 170) . '</q>' : '')];
    }
    my $unwell = sum(map { $_->{health} eq 'fine' ? 0 : $_->{domains} } @$counts) - grep { $_->{health} ne 'fine' } @$rows;
    return section('domains', t('domains.note', fine => $health{fine} // 0),
        legend(map { ["d-$_", "sign.$_"] } grep { my $s = $_; grep { $_->{$s} } @$rows } @signs) . table('domains', t('domains'), [t('domain'), t('health'), t('evidence')], @line) . more('domains.more', $unwell));
}

sub cleaning {
    my ($rows, $keep_days) = @_;
    return section('cleaning', '', '<p class="none">' . t('cleaning.empty') . "</p>\n") if !@$rows;
    my $scale = most(map { $_->{found} } @$rows) || 1;
    my @line;
    for my $r (grep { $_->{found} } @$rows) {
        my $going = $r->{found} - $r->{kept};
        my @limit = (defined $r->{category} ? category($r->{category}) : (), defined $r->{domain} ? plainly($r->{domain}, 60) : (),
            defined $r->{older_than_days} ? t('limit.days', n => $r->{older_than_days}) : (), defined $r->{at_least} ? t('limit.strikes', n => $r->{at_least}) : ());
        push @line, [
            '<code>' . plainly($r->{name}, 40) . '</code> ' . chip($r->{enabled} ? 'good' : 'plain', t($r->{enabled} ? 'in_force' : 'by_hand'))
                . '<small>' . t("action.$r->{action}", days => $r->{pause_days} // 0) . t('colon') . listed(t("applies.$r->{applies_to}"), @limit) . '</small>',
            picture('going', 14, plainly($r->{name}, 40), listed(counted(t("would.$r->{action}"), $going), counted(t('kept'), $r->{kept})),
                '<rect class="ground" x="0" y="0" width="100%" height="14"/>' . bar($scale, 0, 14, ["go-$r->{action}", $going, counted(t("would.$r->{action}"), $going)], ['keeping', $r->{kept}, counted(t('kept'), $r->{kept})])),
            '<b>' . number($going) . '</b>' . ($r->{kept} ? ' <small>' . counted(t('kept'), $r->{kept}) . '</small>' : '')];
    }
    my $kept = sum(map { $_->{kept} } @$rows);
    my @idle = grep { !$_->{found} } @$rows;
    return section('cleaning', sentences(t('cleaning.note'), $kept ? t('cleaning.kept', days => $keep_days) : ''),
        legend(map({ my $action = $_; (grep { $_->{action} eq $action && $_->{found} > $_->{kept} } @$rows) ? ["go-$action", "would.$action"] : () } qw(archive pause save)), $kept ? ['keeping', 'kept'] : ())
        . (@line ? table('rules', t('cleaning'), [t('rule'), t('by_rule'), t('contacts')], @line) : '')
        . (@idle ? '<p class="more">' . t('cleaning.idle') . t('colon') . listed(map { '<code>' . plainly($_->{name}, 40) . '</code>' } @idle) . "</p>\n" : ''));
}

sub confirmed {
    my ($rows) = @_;
    return section('confirmed', '', '<p class="none">' . t('confirmed.empty') . "</p>\n") if !@$rows;
    my (%group, @order);
    for my $r (@$rows) {
        my $name = $r->{category} // '';
        push @order, $name if !$group{$name};
        push @{$group{$name}}, $r;
    }
    my $body = '';
    for my $name (@order) {
        my $advice = $group{$name}[0]{$words->language eq 'zh' ? 'advice_zh' : 'advice_en'};
        $body .= '<div class="group"><h3>' . ($name eq '' ? t('type.unknown') : category($name)) . ' <small>' . number(scalar @{$group{$name}}) . '</small></h3>'
            . (defined $advice ? '<p class="advice"><b>' . t('advice') . t('colon') . '</b>' . plainly($advice, 600) . '</p>' : '') . "<ul class=\"people\">\n"
            . join('', map {
                '<li><span class="who">' . given($_->{email}, 90) . '</span> <span class="when">' . $words->day($_->{confirmed_at}) . '</span>'
                    . ($_->{bounce_state} ne 'confirmed' ? ' ' . chip('plain', t("applies.$_->{bounce_state}")) : '')
                    . (defined $_->{diagnostic} ? '<q class="said">' . given($_->{diagnostic}, 130) . '</q>' : '') . "</li>\n"
            } @{$group{$name}}) . "</ul></div>\n";
    }
    my $all = total($rows);
    return section('confirmed', @$rows < $all ? t('confirmed.note', n => scalar @$rows, all => $all) : t('confirmed.all', all => $all), $body . more('confirmed.more', $all - @$rows));
}

# three short lists side by side
sub people {
    my ($name, $rows, $argument, $line) = @_;
    return section($name, '', '<p class="none">' . t("$name.empty", %$argument) . "</p>\n") if !@$rows;
    return section($name, t("$name.note", %$argument), '<ul class="people">' . join('', map { '<li><span class="who">' . given($_->{email}, 90) . '</span><small>' . $line->($_) . "</small></li>\n" } @$rows) . "</ul>\n"
        . more("$name.more", total($rows) - @$rows));
}

sub lists {
    my ($a) = @_;
    my $facts = $a->{facts}[0];
    return '<div class="side">'
        . people('pending', $a->{pending}, {hours => $facts->{pending_hours}}, sub {
            my ($r) = @_;
            my $days = int(($report->{seconds_of}->($report->{now}) - $report->{seconds_of}->($r->{since})) / 86400);
            return joined(t('pending.waiting', days => $days, tries => $r->{tries}), category($r->{category} // 'pending'), t('pending.since', time => $words->day($r->{since})));
        })
        . people('global', $a->{global}, {accounts => $facts->{global_accounts}}, sub {
            my ($r) = @_;
            return joined(t('global.accounts', n => $r->{accounts}), plainly($words->counts($r->{categories}), 80), t('global.last', time => $words->day($r->{last_at})));
        })
        . people('invalid', $a->{invalid}, {}, sub {
            my ($r) = @_;
            return defined $r->{suggestion} ? t('invalid.typo', address => $words->cut($r->{suggestion}, 90)) : t('invalid.syntax');
        })
        . "</div>\n";
}

# ---- the page ----

# $words: Words; $answer: what List::ask gave; $report: title, now, months (list), style (text), seconds_of (a time in seconds)
sub page {
    ($words, my $a, $report) = @_;
    $pictures = 0;
    my $facts = $a->{facts}[0];
    my %standing = (map({ $_ => 0 } @standings), map { $_->{standing} => $_->{contacts} } @{$a->{standing}});
    my @month = @{$report->{months}};
    my $language = t('html_lang');
    return qq(<!DOCTYPE html>\n<html lang="$language" xml:lang="$language" xmlns="http://www.w3.org/1999/xhtml">\n<head>\n<meta charset="utf-8"/>\n)
        . qq(<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"/>\n)
        . qq(<meta name="viewport" content="width=device-width, initial-scale=1"/>\n<meta name="color-scheme" content="light dark"/>\n<meta name="robots" content="noindex"/>\n<link rel="icon" href="data:,"/>\n)
        . '<title>' . t('title') . t('colon') . plainly($report->{title}, 80) . "</title>\n<style>\n$report->{style}</style>\n</head>\n<body>\n<main>\n"
        . head($facts, \%standing)
        . attention($a)
        . standing(\%standing, $facts->{contacts})
        . campaigns($a->{campaigns}, $facts->{mark})
        . months($a->{reasons}, @month)
        . reasons($a->{reasons}, @month)
        . domains($a->{domains}, $a->{domain_counts})
        . cleaning($a->{cleaning}, $facts->{keep_days})
        . confirmed($a->{confirmed})
        . lists($a)
        . '<footer>' . t('foot', version => $facts->{version}, rules => $facts->{rules_version}, map({ $_ => $words->cut($facts->{$_} // '', 60) } qw(policy perspective))) . "</footer>\n</main>\n</body>\n</html>\n";
}

1;
