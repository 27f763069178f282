#!/usr/bin/perl
# many sqlite3 processes write to one contact list; some are killed
#
#   WRITERS=8 TRANSACTIONS=60 CRASHES=4: how many processes, what each of them writes, how often one is killed
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use File::Temp 'tempdir';
use POSIX 'SIGKILL';
use Shell qw(sqlite);
use Writers qw(faults start finish slurp);
use Test::More;

my $writers = $ENV{WRITERS} // 8;
my $transactions = $ENV{TRANSACTIONS} // 60;
my $crashes = $ENV{CRASHES} // 4;
my $cleanings = $transactions > 18 ? $transactions : 18;
my $addresses = 100;
my $dir = tempdir(CLEANUP => 1);
my $next_client = 1;
srand 7;

my @events = ("'delivered'", "'open'", "'hard'", "'soft'", "'block'", "'mailbox_full/4'", "'user_unknown/5'", "'unsubscribe'", 'NULL', 'NULL', 'NULL');
my @diagnostics = ('550 5.1.1 User unknown', '452 4.2.2 mailbox full', '421 4.7.0 try again later', '554 5.7.1 listed at zen.spamhaus.org');

sub email { return 'user' . (1 + int rand $addresses) . '@example.com' }
sub pick { return $_[rand @_] }

sub row {
    my ($name) = @_;
    return sprintf "('%s', '%s', %d, %s, '%s')", $name, email(), 1735689600 + int rand 3e7, pick(@events), pick(@diagnostics);
}

my $into = 'INSERT INTO bounce_event(event_id, email, at, event, diagnostic) VALUES';

# the n-th unit of a client: its SQL, and its name where something must be there afterwards
sub unit {
    my ($client, $n, $kind) = @_;
    my $name = "c$client.$n";
    $kind //= rand 100;
    my $other = sprintf 'c%d.%d', 1 + int rand $client, 1 + int rand $n;

    return ("$into " . row("$name.1of1"), $name) if $kind < 40;
    return ("$into " . join(', ', map { row("$name.${_}of5") } 1 .. 5), $name) if $kind < 60;
    return ("BEGIN IMMEDIATE;\n" . join(";\n", map { "$into " . row("$name.${_}of3") } 1 .. 3) . ";\nCOMMIT", $name) if $kind < 70;
    if ($kind < 78) {
        # the same events come from many
        my $first = 1 + int rand 20;
        return ("BEGIN IMMEDIATE;\n$into " . join(', ', map { row("s$_.1of1") =~ s/'user\d+/'user$_/r } $first, $first + 1, $first) . ";\nCOMMIT", "s$first");
    }
    return ("$into " . row("$name.1of3") . ", ('$name.2of3bad', 'nobody', 0, 'hard', NULL), ('$name.3of3bad', 'a\@example.com', 0, 'hrad', NULL)", $name)
        if $kind < 85;
    return ("BEGIN IMMEDIATE;\nINSERT INTO deleted SELECT event_id FROM bounce_event WHERE event_id GLOB '$other.*';\n"
        . "DELETE FROM bounce_event WHERE event_id GLOB '$other.*';\nCOMMIT") if $kind < 90;
    my $change = pick("at = '2025-06-01T00:00:00Z'", "event = 'soft'", 'event = NULL', "email = '" . email() . "'");
    return "UPDATE bounce_event SET $change WHERE event_id GLOB '$other.*'";
}

# cleans and changes its mind
sub cleaning {
    my ($n) = @_;
    my $now = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')";
    return ("INSERT INTO cleaning_run(rule) VALUES ('confirmed')",
        "INSERT INTO incident(domain, category, since, until) VALUES ('example.com', 'user_unknown', '2025-03-01', '2025-06-01')",
        "INSERT INTO cleaning_run(rule) VALUES ('soft')",
        "UPDATE setting SET value = 'benchmark' WHERE name = 'policy'",
        "UPDATE cleaning_run SET undone_at = $now WHERE run_id = (SELECT max(run_id) - 2 FROM cleaning_run WHERE undone_at IS NULL)",
        "UPDATE address SET asof = $now WHERE next_change_at <= $now",
        "DELETE FROM incident WHERE incident_id = (SELECT min(incident_id) FROM incident)",
        "UPDATE setting SET value = 'default' WHERE name = 'policy'",
        "UPDATE bounce_event SET event = NULL WHERE rules_version IS NOT NULL AND email = '" . email() . "'")[$n % 9];
}

# one process: says after each unit that it is done
sub writer {
    my ($list, $count, $make, $piped) = @_;
    my $client = $next_client++;
    open my $f, '>', "$dir/$client.sql" or die;
    print $f ".bail on\n.timeout 600000\n.load build/sqlite/mailbounce\n";
    for my $n (1 .. $count) {
        my ($sql, $name) = $make->($client, $n);
        print $f "$sql;\nSELECT 'done " . ($name // 'well') . "';\n";
    }
    close $f or die;
    return start("$dir/$client.sql", $piped ? undef : "$dir/$client.out", "$dir/$client.err", 'sqlite3', '-batch', $list);
}

sub acknowledged { return map { /^done ([cs]\d.*)/ ? ($1 => 1) : () } @_ }

sub fresh_list {
    my ($name, $journal) = @_;
    my $list = "$dir/$name.db";
    my $made = sqlite(join("\n", slurp("$ENV{MAILBOUNCE_SOURCE}/sql/contact_list_sqlite.sql")), $list);
    die $made if $made !~ /^contact list ready/;
    is(sqlite("PRAGMA journal_mode = $journal; CREATE TABLE deleted(event_id TEXT);
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < $addresses)
        INSERT INTO contact(email) SELECT 'user' || i || '\@example.com' FROM n", $list), $journal, "$name: a list in a file ($journal)");
    return $list;
}

sub check {
    my ($name, $list, %acknowledged) = @_;
    my @names = map { [split /\n/, sqlite("SELECT event_id FROM $_", $list)] } qw(bounce_event rejected_event deleted);
    my @faults = faults(\%acknowledged, @names);
    is(scalar @faults, 0, "$name: " . keys(%acknowledged) . ' acknowledged writes are there, none twice, none by halves')
        or diag(join "\n", @faults[0 .. ($#faults > 9 ? 9 : $#faults)]);
    is(sqlite('SELECT * FROM state_check', $list), '', "$name: every state is that of the events");
    is(sqlite('SELECT count(*) FROM incident_event AS i JOIN bounce_event AS e USING (event_number) WHERE e.incident_id IS NULL', $list), '0',
        "$name: no event of an incident counts");
    is(sqlite('SELECT count(*), count(DISTINCT email) FROM (SELECT email FROM contact UNION ALL SELECT email FROM archived_contact)', $list),
        "$addresses|$addresses", "$name: every contact is on the list or in the archive, once");
    is(sqlite('PRAGMA integrity_check', $list), 'ok', "$name: the file is sound");
}

# ---- many at once ----

{
    my $list = fresh_list('many', 'wal');
    my @all = ((map { writer($list, $transactions, \&unit) } 1 .. $writers), writer($list, $cleanings, sub { return cleaning($_[1]) }));
    my @failed = grep { finish($_) != 0 } @all;
    my @said = map { slurp($_->{out}) } @all;
    is(join("\n", map { slurp($_->{err}) } @all), '', 'nobody complains');
    is(scalar @failed, 0, 'everybody ends well');
    is(scalar(grep { /^done / } @said), $writers * $transactions + $cleanings, 'every statement succeeds');
    check('many', $list, acknowledged(@said));
    cmp_ok(sqlite('SELECT sum(archived) > 0, count(undone_at) > 0 FROM cleaning_run', $list), 'eq', '1|1', 'meanwhile the list was cleaned');
}

# ---- killed ----

for my $journal ('wal', 'delete') {
    my $name = "killed, $journal";
    my $list = fresh_list("killed_$journal", $journal);
    my (@said, @faults);
    for my $round (1 .. $crashes) {
        my $victim = writer($list, 1000, sub { return unit(@_, rand 2 < 1 ? 65 : rand 100) }, 'piped');       # half of them transactions
        my @others = (writer($list, 20, \&unit), writer($list, 20, sub { return cleaning($_[1]) }));
        my @lines;
        for (1 .. 5 + int rand 40) {
            push @lines, readline($victim->{from}) // last;
        }
        select undef, undef, undef, rand 0.02;      # anywhere in a unit
        kill 'KILL', $victim->{pid};
        is(finish($victim) & 127, SIGKILL, "$name: a process is writing and dies") or diag(slurp($victim->{err}));
        chomp(@lines, my @rest = readline $victim->{from});
        push @faults, grep { finish($_) != 0 } @others;
        push @said, @lines, @rest, map { slurp($_->{out}) } @others;
    }
    is(scalar @faults, 0, "$name: the others end well") or diag(map { slurp($_->{err}) } @faults);
    check($name, $list, acknowledged(@said));
}

done_testing();
