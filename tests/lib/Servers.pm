# Servers.pm - PostgreSQL servers for one test, made by with_postgres.sh: the test is started again inside it.
#
#     use Servers servers => 'main north south', conf => 'wal_level = logical';
package Servers;

use strict;
use warnings;
use File::Temp 'tempfile';

sub import {
    my ($class, %option) = @_;
    my $caller = caller;

    if (($ENV{MAILBOUNCE_PG_TEST} // '') ne $0) {
        $ENV{MAILBOUNCE_PG_TEST} = $0;
        $ENV{MAILBOUNCE_PG_SERVERS} = $option{servers};
        $ENV{MAILBOUNCE_PG_CONF} = $option{conf} // '';
        exec "$ENV{MAILBOUNCE_SOURCE}/tests/with_postgres.sh", $^X, "-I$ENV{MAILBOUNCE_SOURCE}/tests/lib", $0, @ARGV or die "with_postgres.sh: $!";
    }
    no strict 'refs';
    *{"${caller}::$_"} = \&$_ for qw(psql socket_of wait_for);
}

sub socket_of { return "$ENV{MAILBOUNCE_PG_SOCKETS}/$_[0]" }

# runs SQL, or psql's own commands, on a server; returns what it prints and what it complains
sub psql {
    my ($server, $sql, @options) = @_;
    my ($in, $name) = tempfile(UNLINK => 1);

    print $in "SET client_min_messages = warning;\n", $sql, "\n";
    close $in;
    local $ENV{PGHOST} = socket_of($server);
    my $out = `psql -XqAt -v ON_ERROR_STOP=1 @options -f $name 2>&1`;
    chomp $out;
    unlink $name;
    return $out =~ s/^psql:\S+:\d+: //mgr;
}

# asks until the answer is the wanted one (a minute at most), and returns the last answer
sub wait_for {
    my ($server, $sql, $answer) = @_;
    my $got;

    for (1 .. 600) {
        $got = psql($server, $sql);
        last if $got eq $answer;
        select undef, undef, undef, 0.1;
    }
    return $got;
}

1;
