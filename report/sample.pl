#!/usr/bin/perl
# sample.pl - a made-up contact list to look at, as SQL that both engines read: a year of campaigns, what bounced, and why.
#
#     perl sample.pl --now=2026-07-01T12:00:00Z [--contacts=400] [--campaigns=14] [--domains=12] > sample.sql
#
# Needs the contact-list kit in the database. The same arguments give the same list; --now decides its times, because some views of the
# kit go by the clock. What servers say comes from demo/bounce_events.csv.
use strict;
use warnings;
no warnings 'nonchar';
use utf8;
use FindBin '$Bin';
use Getopt::Long;
use Time::Local 'timegm';

my %option = (now => '', contacts => 400, campaigns => 14, domains => 12, hostile => 0);
GetOptions(\%option, 'now=s', 'contacts=i', 'campaigns=i', 'domains=i', 'hostile') or exit 2;
my @now = $option{now} =~ /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/ or die "sample.pl: --now=2026-07-01T12:00:00Z\n";
my $now = timegm($now[5], $now[4], $now[3], $now[2], $now[1] - 1, $now[0]);
binmode STDOUT, ':utf8';
srand 7;

sub pick { return $_[int rand @_] }
sub quoted { my ($text) = @_; return 'NULL' if !defined $text; $text =~ s/'/''/g; return "'$text'" }
sub time_of { my @t = gmtime $_[0]; return sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $t[5] + 1900, $t[4] + 1, @t[3, 2, 1, 0] }
use constant DAY => 86400;

my %rows;
sub row { my ($table, @values) = @_; push @{$rows{$table}}, '(' . join(', ', map { quoted($_) } @values) . ')' }

# what servers say, without quotes and line ends
my @said;
{
    local $/;
    open my $csv, '<:utf8', "$Bin/../demo/bounce_events.csv" or die "demo/bounce_events.csv: $!\n";
    @said = map { s/""/"/g; s/\s+/ /g; $_ } <$csv> =~ /,"((?:[^"]|"")*)"$/mg;
}

# ---- contacts: large mailbox providers, companies, and three domains that went wrong ----

my @big = ('mail.example', 'webmail.example', 'post.example.net', '信箱.example');
my @company = map { "company$_.example.org" } 1 .. ($option{domains} > 7 ? $option{domains} - 7 : 1);
my @given = qw(Anna Bruno Dora Emil Fatma Hana Ivan Julie Karl Mina Nils Olga Paul Rosa Sven Tara Uma Vera Yann Zoe);
my @family = qw(Keller Costa Nagy Larsen Sato Petrov Martin Weber Silva Novak Berg Ricci Dubois Ortiz Lind Moreau);
my @chinese = qw(陈杰 郭敏 李娜 王伟 张静 刘洋 赵磊 周婷);
my @contact;
for my $id (1 .. $option{contacts}) {
    my ($first, $last) = (pick(@given), pick(@family));
    my $name = $id % 7 == 0 ? pick(@chinese) : "$first $last";
    my $domain = $id % 37 == 0 ? 'closed.example' : $id % 59 == 0 ? 'strict.example.net' : $id % 47 == 0 ? 'full.example.org'
        : rand() < 0.6 ? pick(@big) : pick(@company);
    my $email = lc("$first.$last") . "$id\@$domain";
    $email = lc($first) . "$id\@gmail.con" if $id % 97 == 0;
    $email = lc($first) . "..$id\@$domain" if $id % 149 == 0;
    push @contact, {id => $id, email => $email, domain => $domain, until => $now};
    row(contact => $id, $email, $name, $id % 61 == 0 ? 'asked' : 'given', $id % 53 == 0 ? time_of($now + 20 * DAY) : undef, time_of($now - 400 * DAY));
}

# ---- a campaign about every month, and what became of its messages ----

my @campaign = ('spring news', 'new prices', 'summer sale', 'autumn news', 'thank you', 'survey', 'double eleven 双十一', 'winter sale', 'year in review');
my $event = 0;
sub event { my ($c, $at, $kind, $said, $message, $account) = @_; row(bounce_event => 'e' . ++$event, $c->{email}, time_of($at), $kind, $said, $message, $account) }

my $number = 0;
for my $n (1 .. $option{campaigns}) {
    my $sent = $now - int(355 * DAY * ($option{campaigns} - $n + 0.2) / $option{campaigns});
    my $name = $n % 5 == 4 ? "Bought list, part $n" : "$campaign[$n % @campaign] $n";
    my $account = $n % 3 ? 'shop' : 'magazine';
    for my $c (@contact) {
        next if $sent > $c->{until} || (rand() < 0.15 && $n < $option{campaigns});
        my $message = sprintf 'm%06d', ++$number;
        row(message => $message, $c->{id}, $account, $name, time_of($sent));
        my $at = $sent + 60 + int rand 7200;
        my $chance = $n % 5 == 4 ? 0.04 : 0.006;
        if ($c->{domain} eq 'closed.example' && $n > $option{campaigns} / 2) {
            event($c, $at, undef, "<$c->{email}>: Host or domain name not found. Name service error for name=$c->{domain} type=A: Host not found", $message, $account);
            $c->{until} = $at;
        } elsif ($c->{domain} eq 'strict.example.net' && $n > $option{campaigns} * 0.8) {
            event($c, $at, undef, '550 5.7.1 Service unavailable; client [192.0.2.25] blocked using dnsbl.example', $message, $account);
        } elsif ($c->{domain} eq 'full.example.org' && $n > $option{campaigns} * 0.6) {
            event($c, $at, undef, "552 5.2.2 <$c->{email}>: mailbox full", $message, $account);
        } elsif (rand() < $chance) {
            if (rand() < 0.55) {
                event($c, $at, undef, "550 5.1.1 <$c->{email}>: Recipient address rejected: User unknown in virtual mailbox table", $message, $account);
                $c->{until} = $at;
            } else {
                event($c, $at, undef, pick(@said), $message, $account);
            }
        } else {
            event($c, $at, 'delivered', undef, $message, $account);
            event($c, $at + int rand 3 * DAY, pick('open', 'click'), undef, $message, $account) if rand() < 0.3;
        }
    }
}

# ---- the rest: consent, messages still under way, addresses dead for several accounts, what can't be read ----

for my $c (@contact) {
    event($c, $now - (1 + $c->{id} % 90) * DAY, $c->{id} % 3 ? 'unsubscribe' : 'complaint', undef, undef, 'shop') if $c->{id} % 43 == 0;
    if ($c->{id} % 131 == 0) {
        my $message = sprintf 'm%06d', ++$number;
        row(message => $message, $c->{id}, 'shop', 'double eleven 双十一', time_of($now - 5 * DAY - 1800));
        event($c, $now - 5 * DAY + $_ * DAY, undef, '451 4.3.0 try again later; status=deferred', $message, 'shop') for 0 .. 2;
    }
}
for my $n (1 .. int($option{contacts} / 130)) {
    my $c = {email => "former$n\@mail.example"};
    event($c, $now - (20 + 9 * $n) * DAY, undef, "550 5.1.1 <former$n\@mail.example>: User unknown", undef, $_) for qw(shop magazine partner);
}
row(bounce_event => "x$_", 'someone@mail.example', time_of($now - DAY), 'hrad', undef, undef, 'shop') for 1 .. ($option{contacts} >= 100 ? 3 : 0);

# a provider refused everybody for an hour
if (my @hit = grep { $_->{domain} eq 'webmail.example' } @contact) {
    event($hit[$_], $now - 100 * DAY - 60 * $_, undef, '550 5.1.1 User unknown', undef, 'shop') for 0 .. ($#hit < 9 ? $#hit : 9);
    row(incident => 'webmail.example', 'user_unknown', time_of($now - 100 * DAY - 1800), time_of($now - 100 * DAY + 1800), 'their directory was down');
}

# what must not harm a page: markup, entities, control characters, reversed text, words without end
if ($option{hostile}) {
    my @evil = ('550 5.1.1 <script>alert(1)</script> User unknown', '550 5.1.1 user unknown "\'><img src=x onerror=alert(1)> & &amp; &#60; ]]> -->',
        "550 5.1.1 user unknown \x01\x02\x1b[31m\x7f\x{85} \x{202e}gnp.exe\x{2066} \x{feff}\x{fffe}", '550 5.1.1 user unknown ' . 'W' x 400,
        '550 5.1.1 user unknown ' . '邮箱不存在' x 90, "550 5.1.1 user unknown Z\x{0301}\x{0302}" . "\x{0303}" x 300);
    for my $n (0 .. $#evil) {
        my $email = $n == 0 ? '"<b>&x</b>"@mail.example' : $n == 1 ? 'e' x 64 . '@' . 'd' x 60 . '.' . 'd' x 60 . '.example' : "evil$n\@<i>&amp;$n.example";
        row(contact => $option{contacts} + $n + 1, $email, '<b>name</b>', 'given', undef, time_of($now - 9 * DAY));
        row(message => "<m$n>&", $option{contacts} + $n + 1, '<i>account</i>', $n % 2 ? '</table><script>alert(2)</script>' : 'N' x 300, time_of($now - 8 * DAY));
        event({email => $email}, $now - 2 * DAY - $n * 60, undef, $evil[$n], "<m$n>&", $_) for 'a', '<i>b</i>', '&c';
        event({email => $email}, $now - 6 * DAY - $n * 60, undef, "451 4.3.0 <b>&amp;</b> try again later; status=deferred", "<p$n>", 'a' x 200);
    }
}

my %columns = (contact => 'contact_id, email, name, consent, paused_until, created_at', message => 'message_id, contact_id, account, campaign, sent_at',
    bounce_event => 'event_id, email, at, event, diagnostic, message_id, account', incident => 'domain, category, since, until, note');
print "BEGIN;\n";
for my $table (qw(contact message bounce_event incident)) {
    while (my @some = splice @{$rows{$table} // []}, 0, 500) {
        print "INSERT INTO $table($columns{$table}) VALUES\n", join(",\n", @some), ";\n";
    }
}
print "COMMIT;\n";
