#!/usr/bin/perl
# many clients write to one contact list, for the same hundred addresses, while it is cleaned; the server is killed
#
#   WRITERS=64 TRANSACTIONS=40 CRASHES=3: how many clients, what each of them writes, how often the server is killed
#
# What a client was told that it is done comes from pgbench's own log. Only scripts of tests/writers, and the processes of
# the server that with_postgres.sh made.
use strict;
use warnings;
use lib "$ENV{MAILBOUNCE_SOURCE}/tests/lib";
use File::Temp 'tempdir';
use Writers qw(faults start running finish slurp);
use Test::More;

my $source = $ENV{MAILBOUNCE_SOURCE};
my $writers = $ENV{WRITERS} // 64;
my $transactions = $ENV{TRANSACTIONS} // 40;
my $crashes = $ENV{CRASHES} // 3;
my $addresses = 100;
my @scripts = qw(one many transaction redelivered unreadable update delete);
my %weight = (one => 6, many => 4, transaction => 2, redelivered => 2, unreadable => 1, update => 3, delete => 1);
my $dir = tempdir(CLEANUP => 1);
my $runs = 0;
my $database = 'postgres';

$ENV{PGOPTIONS} = '-c search_path=contact_list,public';
sub psql {
    my ($sql) = @_;
    open my $f, '>', "$dir/psql.sql" or die;
    print $f $sql;
    close $f or die;
    my $out = `psql -XAtq -d $database -v ON_ERROR_STOP=1 -f $dir/psql.sql 2>&1`;
    chomp $out;
    return $out;
}

sub fresh_list {
    ($database) = @_;
    system("createdb $database && psql -Xq -d $database -v ON_ERROR_STOP=1 -f $source/sql/contact_list_postgresql.sql > $dir/install 2>&1") == 0
        or BAIL_OUT(join "\n", slurp("$dir/install"));
    is(psql("CREATE EXTENSION amcheck; CREATE TABLE deleted (event_id text);
        CREATE VIEW wrong AS
        SELECT email, problem FROM state_check
        UNION ALL
        SELECT e.email, format('%s lies in incident %s and counts', e.event_id, i.incident_id)
        FROM bounce_event e JOIN incident i ON e.at >= i.since AND e.at < i.until AND e.category = i.category AND split_part(e.email, '\@', -1) = i.domain
        WHERE e.incident_id IS NULL
        UNION ALL
        SELECT e.email, e.event_id || ' does not count, and lies in no incident'
        FROM bounce_event e LEFT JOIN incident i ON e.incident_id = i.incident_id AND e.at >= i.since AND e.at < i.until AND e.category = i.category
        WHERE e.incident_id IS NOT NULL AND i.incident_id IS NULL;
        INSERT INTO contact (email) SELECT 'user' || i || '\@example.com' FROM generate_series(1, $addresses) i"), '', "$database: a list");
}

# the clients, in the background
sub clients {
    my ($count, $each) = @_;
    my $run = $runs++;
    my $first = $run * 10_000_000;
    my $process = start('/dev/null', "$dir/$run.out", "$dir/$run.err", 'pgbench', '-n', '-c', $count, '-j', 2, '-t', $each, '-D', "n=$first",
        '-D', "addresses=$addresses", '-l', "--log-prefix=$dir/$run.log", (map { ('-f', "$source/tests/writers/$_.sql\@$weight{$_}") } @scripts), $database);
    return {%$process, run => $run, first => $first};
}

# what the clients were told is done: the k-th line of a client is its k-th transaction, the fourth word its script
sub acknowledged {
    my %done;
    for my $clients (@_) {
        my %n;
        for my $line (map { slurp($_) } glob "$dir/$clients->{run}.log.*") {
            my ($client, undef, $time, $script) = split / /, $line;
            my $n = $clients->{first} + ++$n{$client};
            next if $time eq 'failed';
            my $name = $scripts[$script];
            $done{"c$client.$n"} = 1 if $name =~ /^(one|many|transaction|unreadable)$/;
            if ($name eq 'redelivered') {
                my $first = ($client * 31 + $n * 17) % 40;
                $done{'s' . ($first + $_)} = 1 for 0 .. 3;
            }
        }
    }
    return %done;
}

sub check {
    my ($name, %acknowledged) = @_;
    my @names = map { [split /\n/, psql("SELECT event_id FROM $_")] } qw(bounce_event rejected_event deleted);
    my @faults = faults(\%acknowledged, @names);
    is(scalar @faults, 0, "$name: " . keys(%acknowledged) . ' acknowledged writes are there, none twice, none by halves')
        or diag(join "\n", @faults[0 .. ($#faults > 9 ? 9 : $#faults)]);
    is(psql('SELECT * FROM wrong'), '', "$name: every state is that of the events, and no event of an incident counts");
    is(psql('SELECT count(*), count(DISTINCT email) FROM (SELECT email FROM contact UNION ALL SELECT email FROM archived_contact) c'),
        "$addresses|$addresses", "$name: every contact is on the list or in the archive, once");
    is(psql("SELECT bt_index_check(indexrelid, true) FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_am m ON m.oid = relam
        WHERE amname = 'btree' AND relnamespace = 'contact_list'::regnamespace") =~ s/\n//gr, '', "$name: tables and indexes are sound");
}

sub log_end { return -s $ENV{MAILBOUNCE_PG_LOG} }
sub complaints {
    my ($from) = @_;
    open my $f, '<', $ENV{MAILBOUNCE_PG_LOG} or die;
    seek $f, $from, 0;
    return grep { /ERROR|FATAL|PANIC|WARNING|deadlock/ } <$f>;
}

# ---- many at once ----

{
    fresh_list('many');
    my $from = log_end();
    my $clients = clients($writers, $transactions);
    my ($rounds, $said) = (0, '');
    do {
        $said .= `psql -XAtq -d many -f $source/tests/writers/cleaning.sql 2>&1`;
        $rounds++;
    } while (running($clients));
    is(finish($clients), 0, "$writers clients end well");
    my ($failed) = grep { /number of failed transactions/ } slurp($clients->{out});
    like($failed, qr/: 0 /, 'no transaction failed');
    is(join("\n", slurp($clients->{err}), $said), '', 'nobody complains, and no state is wrong for a moment');
    is(join('', complaints($from)), '', 'nor does the server: no deadlock, no error') ;
    my @lines = map { slurp($_) } glob "$dir/$clients->{run}.log.*";
    is(scalar @lines, $writers * $transactions, 'every transaction is acknowledged');
    check('many', acknowledged($clients));
    is(psql('SELECT sum(archived) > 0, count(undone_at) > 0 FROM cleaning_run'), 't|t', 'meanwhile the list was cleaned');
    note("$rounds rounds of cleaning");
}

# ---- crashes ----

# processes of the server; the first is the postmaster
sub server_processes {
    my ($postmaster) = slurp("$ENV{PGDATA}/postmaster.pid");
    return ($postmaster, split /\n/, psql('SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()'));
}

# once everybody has died of it; until then the shared memory is in use
sub restart {
    for (1 .. 600) {
        return 1 if system("$ENV{MAILBOUNCE_PG_RESTART} > $dir/restart 2>&1") == 0;
        select undef, undef, undef, 0.1;
    }
    diag(slurp("$dir/restart"));
    return 0;
}

{
    psql("ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()");
    fresh_list('crashed');
    my @all;
    for my $round (1 .. $crashes) {
        my $victim = ('the server', 'a client\'s process', 'the postmaster')[($round - 1) % 3];
        my $clients = clients($writers / 2, 1_000_000);
        my $cleaning = start('/dev/null', "$dir/cleaning.out", "$dir/cleaning.err", 'pgbench', '-n', '-t', 1_000_000, '-f', "$source/tests/writers/cleaning.sql", $database);
        my $before = psql('SELECT count(*) FROM bounce_event');
        my $stored;
        do { $stored = psql('SELECT count(*) FROM bounce_event') } while (running($clients) && $stored < $before + 300);
        ok(running($clients), "clients are writing: $victim is killed");
        my @processes = $victim eq 'a client\'s process'
            ? psql("SELECT pid FROM pg_stat_activity WHERE application_name = 'pgbench' ORDER BY state = 'active' DESC LIMIT 1")
            : server_processes();
        @processes = $processes[0] if $victim eq 'the postmaster';
        kill 'KILL', @processes;
        isnt(finish($_), 0, 'the clients are told') for $clients, $cleaning;
        $victim eq 'a client\'s process' ? system("until pg_isready -q; do sleep 0.1; done") : restart() || BAIL_OUT('the server does not start again');
        push @all, $clients;
        check("crash $round", acknowledged(@all));
    }
    psql("ALTER SYSTEM RESET fsync; SELECT pg_reload_conf()");
}

done_testing();
