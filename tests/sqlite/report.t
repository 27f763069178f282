#!/usr/bin/perl
# the report on a contact list: lists with nothing, little, much and hostile data; as pages, in a browser, and in the terminal.
# That PostgreSQL gives the same bytes is tested in tests/postgres/report_parity.t.
use strict;
use warnings;
use utf8;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib", "$ENV{MAILBOUNCE_SOURCE}/report";
use Browser qw(browser measure screenshot);
use Digest::SHA;
use Encode qw(decode encode);
use File::Copy 'copy';
use File::Temp 'tempdir';
use POSIX 'strftime';
use Shell 'sqlite';
use Test::More;
use Words;

my $source = $ENV{MAILBOUNCE_SOURCE};
my $dir = tempdir(CLEANUP => 1);
my $now = strftime('%Y-%m-%dT%H:00:00Z', gmtime);
binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

sub slurp { my ($name) = @_; local $/; open my $in, '<', $name or die "$name: $!"; return scalar <$in> }
# like() without the whole page in the complaint
sub has { my ($page, $what, $name) = @_; ok($page =~ $what, $name) or diag("not there: $what") }
sub lacks { my ($page, $what, $name) = @_; ok($page !~ $what, $name) or diag("there: $&") }
sub sha { return Digest::SHA->new(256)->addfile($_[0])->hexdigest }

# ---- lists ----

my %list = (none => undef, little => '--contacts=3 --campaigns=2 --domains=1', normal => '', much => '--contacts=400 --campaigns=40 --domains=60',
    hostile => '--contacts=150 --campaigns=6 --hostile');
like(sqlite(slurp("$source/sql/contact_list_sqlite.sql"), "$dir/none.db"), qr/^contact list ready/, 'the kit');
for my $name (sort keys %list) {
    next if !defined $list{$name};
    copy("$dir/none.db", "$dir/$name.db") or die;
    is(system("perl $source/report/sample.pl --now=$now $list{$name} > $dir/$name.sql"), 0, "a list: $name");
    is(sqlite(slurp("$dir/$name.sql"), "$dir/$name.db"), '', '... is loaded');
}
# bytes that are no UTF-8 exist in SQLite only
sqlite("INSERT INTO bounce_event(email, at, diagnostic) SELECT email, '$now', CAST(x'353530207573657220756e6b6e6f776e20fffec328eda080213c' AS TEXT) FROM contact WHERE contact_id = 1", "$dir/hostile.db");

sub report {
    my ($name, @argument) = @_;
    my @command = ('perl', "$source/report/report.pl", '--extension=build/sqlite/mailbounce', "--now=$now", @argument, "$dir/$name.db");
    open my $out, '-|', @command or die;
    local $/;
    my $text = <$out>;
    close $out or return "failed: $?";
    return decode('UTF-8', $text, Encode::FB_CROAK);
}

# ---- pages ----

my %page;
for my $name (sort keys %list) {
    for my $language (qw(en zh)) {
        my $before = sha("$dir/$name.db");
        my $page = $page{"$name.$language"} = report($name, "--language=$language");
        is(sha("$dir/$name.db"), $before, "$name, $language: the list is only read");
        open my $out, '>:utf8', "$dir/$name.$language.html" or die;
        print $out $page;
        close $out;
        is(`xmllint --noout $dir/$name.$language.html 2>&1`, '', '... the page is well-formed, as XML too');
        my @tag = $page =~ /<(?![!\/])([^>]*)>/g;
        is_deeply([grep { /^(?:script|img|iframe|object|embed|form|base|audio|video)\b/i || /\s(?:on\w+|action|srcset)\s*=/i } @tag], [], '... nothing that acts or loads');
        is_deeply([grep { !/^(?:#[\w-]+|data:,)$/ } map { /\s(?:src|href|xlink:href)="([^"]*)"/ } @tag], [], '... nothing from elsewhere');
        lacks($page =~ s/.*<style>(.*?)<\/style>.*/$1/sr, qr/url\(|\@import|expression/, '... nor in its style');
        has($page, qr/Content-Security-Policy" content="default-src 'none'/, '... and no browser would');
        lacks($page, qr/[\x00-\x08\x0b-\x1f\x7f-\x9f\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{feff}\p{Noncharacter_Code_Point}]/, '... no control characters');
        my %seen;
        is_deeply([grep { $seen{$_}++ } map { /\sid="([^"]*)"/ } @tag], [], '... every id once');
        is_deeply([grep { !$seen{$_} } map { s/^#//r } map { /\shref="(#[^"]*)"/ } @tag], [], '... links lead somewhere');
        my @svg = $page =~ m{<svg [^>]*role="img"[^>]*>(<title.{40})}gs;
        is(scalar(() = $page =~ /<svg (?![^>]*aria-hidden)/g), scalar @svg, '... every picture has a title');
    }
}
has($page{'normal.zh'}, qr/<html lang="zh-CN"/, 'Chinese is said to be Chinese');
lacks($page{'none.en'}, qr/<svg|<table/, 'nothing to show: no pictures');
for my $said ('There is no contact on this list yet.', 'No message has been recorded yet', 'No bounce from', 'nothing is known about any domain', 'No contact is confirmed dead.',
    'No message is overdue.', 'No address bounced in 3 accounts', 'Every address is well written.', 'Nothing at the moment.') {
    has($page{'none.en'}, qr/\Q$said/, "... but a sentence: $said");
}

# ---- what it says is what the tables say ----

sub tile { my ($page, $name) = @_; return $page =~ m{<div class="tile $name">.*?<b>([\d,]+)</b>}s ? $1 =~ s/,//gr : "no tile $name" }
for my $name (qw(normal much)) {
    my $page = $page{"$name.en"};
    my ($contacts, $mailed, $confirmed, $events, $over, $rows) = split /\|/, sqlite("SELECT (SELECT count(*) FROM contact), (SELECT count(*) FROM sendable WHERE stream = 'marketing'),
        (SELECT count(*) FROM confirmed), (SELECT count(*) FROM bounce_event), (SELECT count(*) FROM campaign_bounce_rate WHERE 1.0 * bounced / sent > 0.02), (SELECT count(*) FROM campaign_bounce_rate)", "$dir/$name.db");
    is(tile($page, 'contacts'), $contacts, "$name: contacts");
    is(tile($page, 'mailed'), $mailed, '... may be mailed');
    is(tile($page, 'confirmed'), $confirmed, '... confirmed');
    is(tile($page, 'events'), $events, '... events');
    my $sum = 0;
    $sum += s/,//gr for $page =~ m{<dt><i class="key s-\w+"></i>[^<]*</dt><dd>([\d,]+) <small>}g;
    is($sum, $contacts, '... each contact stands somewhere, once');
    cmp_ok($over, '>', 0, "... $over of $rows campaigns are over the mark");
    has($page, qr/\Q$over of $rows campaigns are over it\E/, '... and so says the page');
    my ($columns) = $page =~ m{<svg class="columns".*?</figure>}s ? $& : '';
    my $drawn = 0;
    $drawn += $1 =~ s/,//gr while $columns =~ m{<rect[^>]*><title>[^<]*: ([\d,]+)</title>}g;
    my ($first) = $page =~ /one for each month from (\d{4}-\d\d)/;
    is($drawn, sqlite("SELECT sum(events) FROM reason_over_time WHERE type <> 'none' AND month >= '$first'", "$dir/$name.db"), '... every bounce of the year is in a column');
    my @bad = grep { $page !~ /<bdi>\Q$_\E<\/bdi>/ } split /\n/, sqlite("SELECT domain FROM domain_health WHERE health <> 'fine'", "$dir/$name.db");
    is("@bad", '', '... domains that are not fine are named');
}
# bars: 2 % of a scale of 5 % is at 40 %
has($page{'little.en'}, qr/<line class="mark" x1="40%"/, 'the mark is where it belongs');
cmp_ok(scalar(() = $page{'much.en'} =~ /<tr role="row"><th role="rowheader"/g), '<', 70, 'much data: a short page');
has($page{'much.en'}, qr/<p class="more">and \d+.older campaigns/, '... that says how much more there is');
has($page{'much.en'}, qr/<p class="more">and \d+.earlier contacts/, '... also of contacts');

# ---- hostile data ----

my $hostile = $page{'hostile.en'};
has($hostile, qr/&lt;script&gt;alert\(1\)&lt;\/script&gt;/, 'markup in a diagnostic is text');
has($hostile, qr/user unknown &quot;&#39;&gt;&lt;img src=x onerror=alert\(1\)&gt; &amp; &amp;amp; &amp;#60; \]\]&gt; --&gt;/, '... with every quote and entity');
has($hostile, qr/␁␂␛\[31m␡/, 'control characters can be seen');
has($hostile, qr/user unknown \x{fffd}{2,}/, 'bytes that are no UTF-8 are replaced');
lacks($hostile, qr/W{150}|(?:邮箱不存在){40}|\x{303}{4}/, 'words without end are cut');
has($hostile, qr/W{90,}…/, '... with an ellipsis');

# ---- texts ----

my %category = map { $_ => 1 } split /\n/, sqlite('SELECT category FROM bounce_categories', ':memory:');
my $words = Words->new("$source/report/texts.tsv", 'zh');
is_deeply([grep { !$words->has("category.$_") } sort keys %category], [], 'every category has a word');
is_deeply([grep { !$category{$_} && !/^(?:hard|soft|block|pending)$/ } map { /^category\.(\S+)\t/ ? $1 : () } split /\n/, slurp("$source/report/texts.tsv")], [], '... and only those');
is($words->text('campaigns.over', {n => 3, all => 1200}), '1,200 个活动中有 3 个超过。', 'numbers in texts');
is(Words->new("$source/report/texts.tsv", 'en')->text('attention.dead', {n => 1}), "1\x{a0}domain dead", '... and one');
is(join(' ', map { $words->short_number($_) } 7, 950, 1000, 1240, 34499, 5600000), '7 950 1k 1.2k 34k 5.6M', 'short numbers');
is(join(' ', map { $words->percent($_, 1000) } 0, 0.1, 20, 99, 100, 1000), '0% <0.1% 2.0% 9.9% 10% 100%', 'per cent');

# ---- bars in the terminal ----

for my $name (sort keys %list) {
    for my $language (qw(en zh)) {
        local $ENV{LC_ALL} = 'C.UTF-8';
        my $text = report($name, '--bars', "--language=$language");
        my @wide = grep { my $wide = () = /[\p{Ea=W}\p{Ea=F}]/g; length($_) + $wide > 80 } split /\n/, $text;
        is("@wide", '', "$name, $language: bars are 80 columns wide");
    }
    local $ENV{LC_ALL} = 'C';
    lacks(report($name, '--bars'), qr/[^\n -~]|^.{81}/m, '... and ASCII without UTF-8');
}
{
    local $ENV{LC_ALL} = 'C.UTF-8';
    like(report('normal', '--bars'), qr/^  Bought list, part 14 +█+\|█+.*% over$/m, 'over the mark');
    local @ENV{qw(LC_ALL PERL_BADLANG)} = ('zh_CN.UTF-8', 0);
    like(report('normal', '--bars'), qr/^退信报告：normal/, 'the locale chooses the language');
}

# ---- mistakes ----

like(`perl $source/report/report.pl $dir/missing.db 2>&1`, qr/^report: there is no file '$dir\/missing.db'/, 'no file: a sentence');
ok(!-e "$dir/missing.db", '... and none is made');
sqlite('CREATE TABLE t(x)', "$dir/plain.db");
like(`perl $source/report/report.pl --extension=build/sqlite/mailbounce $dir/plain.db 2>&1`, qr/Is the contact-list kit installed there \(sql\/contact_list_sqlite.sql\)\?$/, 'no kit: a sentence');
like(`perl $source/report/report.pl --extension=build/sqlite/mailbounce --language=xx $dir/none.db 2>&1`, qr/^no language 'xx'; there are: en zh$/, 'no such language');
like(`perl $source/report/report.pl --now=yesterday $dir/none.db 2>&1`, qr/^report: 'yesterday' is no time/, 'no such time');

# ---- in a browser ----

SKIP: {
    if (!browser()) {
        die "there is no chromium\n" if $ENV{REPORT_PICTURES};
        skip 'there is no chromium (make test-report installs it)', 1;
    }
    open my $out, '>', "$dir/bad.html" or die;
    print $out <<'HTML';
<!DOCTYPE html><html><head><style>body { margin: 0; background: #fff } @media (prefers-color-scheme: dark) { body { background: #000; color: #333 } }</style></head><body><main>
<div style="width: 2000px">wide</div><p style="color: #ccc">pale</p><p style="position: absolute; top: 100px">one text</p><p style="position: absolute; top: 104px">another</p>
<div style="width: 50px; overflow: hidden; white-space: nowrap">a long text that is cut</div>
<div class="card" style="width: 80px"><span style="white-space: nowrap">text that goes on</span></div></main><script>console.error('oh')</script></body></html>
HTML
    close $out;
    for my $scheme (qw(light dark)) {
        my ($found, $console) = measure($scheme, [360], "$dir/bad.html");
        my $faults = join "\n", map { $_->[2] } @$found;
        like($faults, qr/$_/, "$scheme: a bad page is found bad: $_") for 'the page is 2000 wide', 'contrast 1', 'overlap: (?:one text|another)', 'cut off', 'leaves its card: text that';
        like($faults, qr/contrast 1\.\d+: one text/, '... in the dark only') if $scheme eq 'dark';
        like($console, qr/"oh"/, '... and the console is heard');

        ($found, $console) = measure($scheme, [360, 700, 1280], map { "$dir/$_.html" } sort keys %page);
        is(scalar(grep { $_->[2] =~ /^(\d+) texts$/ && $1 > 40 } @$found), 3 * keys %page, "$scheme: all pages are seen, at three widths");
        is(join("\n", map { join ' ', @$_ } grep { $_->[2] !~ /^\d+ texts$/ } @$found), '', '... they fit, can be read, and nothing overlaps');
        is($console, '', '... and the console is silent');
    }
    if ($ENV{REPORT_PICTURES}) {
        mkdir $ENV{REPORT_PICTURES};
        my %size = (phone => [360, 7800], desktop => [1100, 4600]);
        my @picture = map({ my $page = $_; map { ["normal.$page", @$_] } [phone => 'light'], [phone => 'dark'], [desktop => 'light'], [desktop => 'dark'] } qw(en zh)),
            map { ["$_.en", phone => 'light'], ["$_.zh", desktop => 'dark'] } qw(none little much hostile);
        for my $picture (@picture) {
            my ($page, $device, $scheme) = @$picture;
            ok(screenshot($scheme, @{$size{$device}}, "$dir/$page.html", "$ENV{REPORT_PICTURES}/$page.$device.$scheme.png"), "a picture: $page.$device.$scheme.png");
        }
    }
}

done_testing();
