# Document.pm - runs what a document shows, and compares what is printed with what the document says is printed.
#
# What is run, in the order of the document:
#   ```sql             in both engines; ```sql sqlite and ```sql postgresql in one. What it prints is the block without a
#                      name that follows at once, or its last line if that is a comment; if neither is there, nothing.
#   ```                a session: lines with the prompt "$ " (for the shell), "sqlite> " or "=# ", and what they print.
# All other blocks are left alone. Each section is given a database called "list" of its own, whose tables are kept from block
# to block, and a folder with list.db, build, sql and tests in it.
#
# Printed means: rows where the document shows a line of dashes, laid out here as sqlite3 does in column mode (its versions differ
# in where they put a heading, and psql has a frame); else what sqlite3 prints in list mode, or psql without alignment. psql's own
# sessions are as psql prints them. "..." stands for the rest of a line, YYYY-MM-DD for a date; remarks
# to the right of a table and blanks at line ends do not matter. What comes before an error's sentence differs between versions: it is "ERROR:  " here.
package Document;

use strict;
use warnings;
use Cwd 'abs_path';
use Exporter 'import';
use File::Temp 'tempdir';
use Test::More;

our @EXPORT_OK = qw(run_document);

my $source = abs_path($ENV{MAILBOUNCE_SOURCE});
my $here = abs_path('.');

# tables that the README takes for granted
my $before = <<'SQL';
CREATE TABLE bounce (diagnostic text);
INSERT INTO bounce VALUES ('550 5.1.1 <ann@example.com>: User unknown'),
    ('550 5.7.1 Service unavailable; client [192.0.2.10] blocked using zen.spamhaus.org'),
    ('552 5.2.2 <bob@example.net>: mailbox full'),
    ('550-5.2.1 The user you are trying to contact is receiving mail at a rate that');
CREATE TABLE event (contact text, event text, at timestamp);
INSERT INTO event VALUES ('ann', 'user_unknown/5', '2026-03-01'), ('ann', 'user_unknown/5', '2026-03-08'), ('ann', 'user_unknown/5', '2026-03-15'),
    ('bob', 'hard', '2026-03-01'), ('bob', 'hard', '2026-03-08'), ('bob', 'open', '2026-03-09'), ('bob', 'hard', '2026-03-15'),
    ('eve', 'blocklisted/5', '2026-03-01'), ('eve', 'blocklisted/5', '2026-03-08'), ('eve', 'mailbox_full/5', '2026-03-15'),
    ('joe', 'delivered', '2026-03-01'), ('joe', 'complaint', '2026-03-02');
SQL

# ---- reading a document ----

# [heading, line, name of the block, its lines]
sub blocks {
    my ($name) = @_;
    my ($heading, $block, @blocks) = ('');

    open my $in, '<', "$source/$name" or die "$name: $!";
    while (my $line = <$in>) {
        chomp $line;
        if ($block && $line eq '```') {
            push @blocks, $block;
            $block = undef;
        } elsif ($block) {
            push @{$block->{lines}}, $line;
        } elsif ($line =~ /^```(.*)$/) {
            my $follows = @blocks && $blocks[-1]{alone} ? $blocks[-1] : undef;
            $block = {heading => $heading, at => "$name, line $.", name => $1, lines => [], alone => 1, follows => $follows};
        } elsif ($line ne '') {
            $heading = $1 if $line =~ /^##? (.*)/;
            $blocks[-1]{alone} = 0 if @blocks;      # words between two blocks
        }
    }
    die "$name: a block without an end" if $block;
    return @blocks;
}

# [engine or '', kind (sql, sqlite>, =#, $), what is run, what is printed]
sub steps {
    my @steps;

    for my $block (blocks(@_)) {
        my @lines = @{$block->{lines}};
        my %place = (heading => $block->{heading}, at => $block->{at});
        if ($block->{name} =~ /^sql( sqlite| postgresql)?$/) {
            my $engine = ($1 // '') =~ s/ //r;
            my $printed = @lines > 1 && $lines[-1] =~ /^-- / && $lines[-2] =~ /;$/ ? substr($lines[-1], 3) : '';
            push @steps, {%place, engine => $engine, kind => 'sql', run => join("\n", @lines), printed => $printed};
        } elsif ($block->{name} eq '' && @lines && $lines[0] =~ /^(\$|sqlite>|=#) /) {
            for my $line (@lines) {
                if (my ($kind, $run) = $line =~ /^(\$|sqlite>|=#) (.*)/) {
                    my $engine = $kind eq 'sqlite>' || $run =~ /sqlite3/ ? 'sqlite' : 'postgresql';
                    push @steps, {%place, engine => $engine, kind => $kind, run => $run, printed => ''};
                } elsif ($line =~ /^(?:   \.\.\.>|-#) (.*)/) {
                    $steps[-1]{run} .= "\n$1";
                } else {
                    $steps[-1]{printed} .= "$line\n";
                }
            }
        } elsif ($block->{name} eq '' && @steps && $block->{follows} && $block->{follows}{name} =~ /^sql/) {
            $steps[-1]{printed} = join "\n", @lines;
        }
    }
    # $ sqlite3 list.db, $ psql: the session begins
    return grep { !($_->{kind} eq '$' && $_->{printed} eq '' && $_->{run} =~ /^(psql|sqlite3)/ && $_->{run} !~ / -[cf] |[<]/) } @steps;
}

# ---- running it ----

# rows of columns as sqlite3 prints them in column mode
sub columns {
    my @rows = map { [split /\x1f/, $_, -1] } split /\x1e/, $_[0];
    my @width;

    for my $row (@rows) {
        for my $i (0 .. $#$row) {
            utf8::decode($row->[$i]);
            $width[$i] = length $row->[$i] if length $row->[$i] > ($width[$i] // 0);
        }
    }
    splice @rows, 1, 0, [map { '-' x $_ } @width] if @rows;
    my $text = join "\n", map { my $row = $_; join '  ', map { sprintf "%-$width[$_]s", $row->[$_] } 0 .. $#$row } @rows;
    utf8::encode($text);
    return $text;
}

sub write_file { my ($name, $text) = @_; open my $out, '>', $name or die "$name: $!"; print $out $text; close $out }

sub run_step {
    my ($step, $dir, $engine) = @_;
    my $column = $step->{printed} =~ /^---/m;
    my $sql = $step->{run} =~ s/SELECT diagnostic, classify/SELECT substr(diagnostic, 1, 44) AS diagnostic, classify/r;     # the README cuts it

    if ($step->{kind} eq '$') {
        write_file("$dir/command", $step->{run});
        return scalar `cd $dir && sh ./command 2>&1`;
    } elsif ($engine eq 'sqlite') {
        write_file("$dir/in.sql", ($column ? ".mode ascii\n.headers on\n" : ".mode list\n.headers off\n") . ".nullvalue ''\n$sql\n");
        my $out = `cd $dir && sqlite3 -batch -cmd '.load build/sqlite/mailbounce' list.db < in.sql 2>&1`;
        return columns($out) if $column && $out =~ /\x1e/;
        return $out =~ s/^(?:Runtime error|Parse error|Error)[^:\n]*: (?:stepping, )?(.*?)(?: \(\d+\))?$/ERROR:  $1/mgr;
    }
    my $form = $step->{kind} eq '=#' ? '' : $column ? "-A -F '\x1f' -R '\x1e'" : '-A -t';
    write_file("$dir/in.sql", "\\set SHOW_CONTEXT never\n$sql\n");
    my $out = `cd $dir && psql -Xq -P footer=off $form -d list -f in.sql 2>&1` =~ s/^psql:in\.sql:\d+: (ERROR)/$1/mgr;
    chomp $out;
    return $form =~ /-F/ && $out =~ /\x1e|\x1f/ ? columns($out) : $out;
}

# a section's folder and database
sub start {
    my ($engine) = @_;
    my $dir = tempdir(CLEANUP => 1);

    symlink "$here/build", "$dir/build" or die;
    symlink "$source/$_", "$dir/$_" or die for 'sql', 'tests', 'demo';
    if ($engine eq 'postgresql') {
        system("psql -Xq -d postgres -c 'DROP DATABASE IF EXISTS list' -c 'CREATE DATABASE list' 2>$dir/err") == 0 or die;
    }
    return $dir;
}

# what stands to the right of a table is a remark
sub left_of_remarks {
    my ($shown) = @_;
    my ($dashes) = $shown =~ /^(-[- ]*-)$/m or return $shown;
    my $width = length $dashes;
    utf8::decode($shown);
    $shown =~ s/^(.{$width})     .*$/$1/mg;
    utf8::encode($shown);
    return $shown;
}

sub tidy { return $_[0] =~ s/[ \t]+$//mgr =~ s/\n+\z//r }

# runs what one document shows, in one engine; each heading begins anew, unless all of it is one story
sub run_document {
    my ($name, $engine, $one_story) = @_;
    my ($dir, $last, $count) = (undef, undef, 0);
    local $ENV{HOME} = tempdir(CLEANUP => 1);       # nobody's .psqlrc or .sqliterc
    local $ENV{PGTZ} = 'UTC';
    local $ENV{PGOPTIONS} = '-c client_min_messages=warning';

    my @steps = grep { $_->{engine} eq '' || $_->{engine} eq $engine } steps($name);
    for my $step (@steps) {
        if (!defined $dir || (!$one_story && $last ne $step->{heading})) {
            $dir = start($engine);
            $last = $step->{heading};
            my $installs = grep { ($one_story || $_->{heading} eq $last) && $_->{run} =~ /CREATE EXTENSION|contact_list_/ } @steps;
            run_step({kind => 'sql', run => $before, printed => ''}, $dir, $engine) unless $one_story;
            run_step({kind => 'sql', run => 'CREATE EXTENSION mailbounce', printed => ''}, $dir, $engine) if $engine eq 'postgresql' && !$installs;
        }
        my $printed = tidy(run_step($step, $dir, $engine));
        my $shown = tidy(left_of_remarks($step->{printed}));
        my $pattern = quotemeta $shown;
        $pattern =~ s/\\\.\\\.\\\.(?=\\?$)/.*/mg;     # quotemeta has put a backslash before the line's end
        $pattern =~ s/YYYY\\-MM\\-DD/\\d{4}-\\d\\d-\\d\\d/g;
        ok($printed =~ /\A$pattern\z/, "$step->{at}: " . substr($step->{run} =~ s/\s+/ /gr, 0, 60))
            or diag("$step->{run}\nprints\n$printed\nthe document says\n$shown");
        $count++;
    }
    system("psql -Xq -d postgres -c 'DROP DATABASE list'") if $engine eq 'postgresql';
    return $count;
}

1;
