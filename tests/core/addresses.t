#!/usr/bin/perl
# addresses: the cases through the core; random ones against a second reading of the same grammar, by regular expressions;
# every provider is itself no slip of another, and every one of its simplest slips leads back to it
use strict;
use warnings;
use File::Temp 'tempfile';
use Test::More;

my $source = $ENV{MAILBOUNCE_SOURCE};
my $cases = $ENV{ADDRESS_CASES} || 100_000;

# what the core says of each address: [check, suggestion]
sub checks {
    my ($in, $name) = tempfile(UNLINK => 1);
    print $in unpack('H*', $_), "\n" for @_;
    close $in or die;
    my @answers = `build/test/ask checks < $name`;
    is($?, 0, scalar(@_) . ' addresses checked');
    chomp @answers;
    return map { [split /\|/, $_, 2] } @answers;
}

# ---- the table ----

for (`build/test/ask addresses '$source/tests/addresses.tsv'`) {
    if (/^(not )?ok \d+ - (.*)/) { ok(!$1, $2) }
    elsif (/^#/) { diag($_) }
}
is($?, 0, 'the table ends well');

# ---- the grammar, as RFC 5321 and 6531 write it ----

my $letter = qr/[A-Za-z]/;
my $beyond = qr/(?![\x{80}-\x{a0}\x{ad}\x{1680}\x{2000}-\x{200b}\x{200e}\x{200f}\x{2028}-\x{202f}\x{205f}-\x{206f}\x{3000}\x{fdd0}-\x{fdef}\x{feff}\x{fff0}-\x{ffff}\x{e0000}-\x{e0fff}])[^\x00-\x7f]/;
my $wide = qr/[\x{3002}\x{ff01}-\x{ff61}]/;
my $atext = qr/[A-Za-z0-9!#\$%&'*+\-\/=?^_`{|}~]|$beyond/;
my $dot_string = qr/(?:$atext)++(?:\.(?:$atext)++)*+/;
my $quoted = qr/"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|$beyond|\\[\x20-\x7e])*+"/;
my $ulabel_char = qr/[A-Za-z0-9\-]|(?!$wide)$beyond/;
my $sub_domain = qr/(?!-)(?:$ulabel_char)++(?<!-)/;
my $domain = qr/$sub_domain(?:\.$sub_domain)*/;
my $snum = qr/(?:25[0-5]|2[0-4][0-9]|[01][0-9]{2}|[0-9]{1,2})/;
my $ipv4 = qr/$snum(?:\.$snum){3}/;
my $hex = qr/[0-9A-Fa-f]{1,4}/;
my $ipv6 = join '|', qr/$hex(?::$hex){7}/, qr/$hex(?::$hex){5}:$ipv4/,
    (map { my $n = $_; map { my $m = $_; my $a = $n ? "$hex(?::$hex){" . ($n - 1) . '}' : ''; my $b = $m ? "$hex(?::$hex){" . ($m - 1) . '}' : ''; "${a}::$b" } 0 .. 6 - $n } 0 .. 6),
    (map { my $n = $_; map { my $a = $n ? "$hex(?::$hex){" . ($n - 1) . '}' : ''; "${a}::(?:$hex:){$_}$ipv4" } 0 .. 4 - $n } 0 .. 4);
my $literal = qr/\[(?:$ipv4|[Ii][Pp][Vv]6:(?:$ipv6))\]/;

sub is_address {
    my ($bytes) = @_;
    my $text = $bytes;
    return 0 if length $bytes > 254 || !utf8::decode($text) || $text =~ /[\x{d800}-\x{dfff}]|[^\x{0}-\x{10ffff}]/;
    my ($local, $host) = $text =~ /\A($quoted|$dot_string)\@($domain|$literal)\z/s or return 0;
    utf8::encode(my $octets = $local);
    return 0 if length $octets > 64;
    return 1 if $host =~ /\A\[/;
    my @labels = split /\./, $host;
    return 0 if @labels < 2 || $labels[-1] =~ /\A[0-9]+\z/;
    for (@labels) { return 0 if length > (/[^\x00-\x7f]/ ? 59 : 63) }
    return 1;
}

srand($ENV{ADDRESS_SEED} || 5);
my @locals = ('user', 'a', '1', 'first.last', '"a b"', '""', '"', '\\', '.', '..', "\xe7\x94\xa8", "\xc3\xa9", "\xff", ' ', '+', "o'b", '"\\""', 'x' x 61, "\xe3\x80\x80", "\xf0\x9f\x98\x80", "\0", '(c)', '<');
my @hosts = ('example', 'com', 'a', '-', '--', '.', '.', '.', '..', '123', 'xn--', "\xe4\xbe\x8b", "\xe3\x80\x82", 'b' x 59, '_', '1', '>', ' ', 'org', "\xc3", "\x{80}");
my @literals = ('192.0.2.1', '192.0.2', '.', '255', '256', '001', '1', '0', ':', '::', ':', 'db8', 'IPv6:', 'ipv6:', 'ffff', '12345', 'g', 'IPv6:::', '1:2:3:', ':4:5:6');
sub pick { my ($from, $most) = @_; return join '', map { $from->[rand @$from] } 1 .. rand($most) + 1 }

my @tried;
while (@tried < $cases) {
    my $kind = rand;
    my $address = pick(\@locals, 3) . '@';
    if ($kind < 0.5) { $address .= join '.', map { rand() < 0.8 ? ('example', 'com', 'a-b', 'x1', "\xe4\xbe\x8b")[rand 5] : pick(\@hosts, 2) } 1 .. rand(4) + 1 }
    elsif ($kind < 0.6) { $address .= pick(\@hosts, 5) }
    else { $address = (rand() < 0.9 ? 'user' : pick(\@locals, 2)) . '@[' . (rand() < 0.6 ? 'IPv6:' . join(':', map { ('', '1', 'db8', 'ffff', '192.0.2.1', '12345')[rand() < 0.9 ? rand 4 : rand 6] } 1 .. rand(10) + 1) : pick(\@literals, 7)) . ']' }
    if (rand() < 0.2) { substr $address, rand(length $address), rand 2, ('@', '.', "\0", ' ', "\xa0", '"', '\\', '[', ']', 'a', '-')[rand 11] }
    push @tried, $address;
}
my @said = checks(@tried);
my ($wrong, $good) = (0, 0);
for my $i (0 .. $#tried) {
    my $wanted = is_address($tried[$i]);
    my $got = $said[$i][0] ne 'syntax';
    $good++ if $wanted;
    # a domain without its dot is the one thing that is a typo and no address
    next if $got == $wanted || ($said[$i][0] eq 'typo' && $tried[$i] !~ /\@.*\./);
    diag("the core says $said[$i][0]: " . $tried[$i] =~ s/([^\x21-\x7e])/sprintf '\\x%02x', ord $1/ger) if $wrong++ < 5;
}
is($wrong, 0, 'the second reading agrees');
cmp_ok($good, '>', $cases / 20, "$good of them are addresses");
cmp_ok($good, '<', $cases / 2, 'and many are not');

# ---- providers ----

open my $table, '<', "$source/core/rules/mail_domains.tsv" or die;
my (undef, @rows) = map { chomp; [split /\t/, $_, -1] } <$table>;
my %known = map { $_->[0] => 1 } grep { $_->[1] eq 'provider' || $_->[1] eq 'real' } @rows;
my @known = sort keys %known;
my @found = checks(map { "user\@$_" } @known);
is(join(' ', map { $known[$_] } grep { $found[$_][0] ne 'ok' } 0 .. $#known), '', 'well-known domains are no slips');

my (@slips, @meant);
for my $row (grep { $_->[1] eq 'provider' && $_->[2] > 0 } @rows) {
    my ($name, $ending) = split /\./, $row->[0], 2;
    for my $at (1 .. length($name) - 2) {
        my ($left_out, $doubled, $swapped) = ($name) x 3;
        substr $left_out, $at, 1, '';
        substr $doubled, $at, 0, substr $name, $at, 1;
        substr $swapped, $at, 2, reverse substr $name, $at, 2;
        for my $slip ($left_out, $doubled, $swapped) {
            next if $slip eq $name || $known{"$slip.$ending"};
            push @slips, "user\@$slip.$ending";
            push @meant, "user\@$row->[0]";
        }
    }
}
@found = checks(@slips);
my @lost = grep { $found[$_][1] ne $meant[$_] } 0 .. $#slips;
is(scalar @lost, 0, 'a letter left out, doubled or swapped: the provider is found') or diag("$slips[$lost[0]]: $found[$lost[0]][1]");

done_testing();
