# List.pm - asks a contact list, in SQLite or PostgreSQL, the questions of sql/report.sql. Through sqlite3 and psql, which speak JSON:
# no driver is needed. Knows nothing of how the answers are shown.
package List;

use strict;
use warnings;
use Encode qw(decode FB_DEFAULT);
use File::Temp 'tempfile';
use JSON::PP;

# A database is a PostgreSQL connection string or a SQLite file.
sub is_postgresql { return $_[0] =~ m{^postgres(?:ql)?://} || $_[0] =~ /^\s*\w+\s*=/ && !-e $_[0] }

# What to call the list, if nobody says: the file or the database; never a password.
sub title_of {
    my ($database) = @_;
    return $1 if is_postgresql($database) && ($database =~ m{^\w+://[^/?]*/([^?]+)} || $database =~ /\b(?:dbname|service)\s*=\s*'?([^'\s]+)/);
    return is_postgresql($database) ? 'PostgreSQL' : $database =~ m{([^/]+?)(?:\.\w+)?$} ? $1 : $database;
}

# The answers: name of a question => list of rows, each a hash. %word are the words that report.sql leaves open.
# Everything is asked in one read-only transaction.
sub ask {
    my ($database, $file, $option, %word) = @_;
    my $postgresql = is_postgresql($database);
    $word{bytes} = $postgresql ? 'COLLATE "C"' : 'COLLATE BINARY';
    my @question = questions($file);
    my $script;
    if ($postgresql) {
        my $path = join ', ', map { '"' . s/"/""/gr . '"' } $option->{schema}, extension_schema($database);
        $script = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\nSET LOCAL search_path = $path;\nSET LOCAL timezone = 'UTC';\n";
    } else {
        -e $database or die "report: there is no file '$database' (PostgreSQL: postgresql:///name or service=name)\n";
        $script = ".bail on\n.load '$option->{extension}'\n.timeout 60000\n.mode list\n";
    }
    $_->{sql} =~ s{(?<!:):([a-z_]+)\b}{$word{$1} // ":$1"}ge for @question;
    my $row = $postgresql ? {} : json_rows($database, $script, @question);
    $script .= "BEGIN;\n" if !$postgresql;
    for my $question (@question) {
        my ($name, $sql) = @$question{qw(name sql)};
        $script .= $postgresql ? "\\echo == $name\nSELECT row_to_json(r) FROM (\n$sql) AS r;\n" : ".print == $name\nSELECT $row->{$name} FROM (\n$sql);\n";
    }
    my $output = run($database, $script . "COMMIT;\n");

    my (%answer, $name);
    for my $part (split /^== (\w+)\n/m, decode('UTF-8', $output, FB_DEFAULT), -1) {
        if (defined $name) {
            $answer{$name} = [map { decode_json_text($_) } split /\n/, $part];
            undef $name;
        } elsif ($part =~ /^\w+$/) {
            $name = $part;
        }
    }
    $answer{$_->{name}} or die "no answer to '$_->{name}'\n" for @question;
    return \%answer;
}

sub decode_json_text { return JSON::PP->new->decode($_[0]) }

# What makes a row of each question JSON in SQLite: name of a question => expression. Not the shell's own JSON mode: 3.46 writes control characters wrong.
sub json_rows {
    my ($database, $script, @question) = @_;
    my %row;
    $script .= "CREATE TEMP VIEW report_$_->{name} AS\n$_->{sql};\nSELECT '$_->{name}', name FROM pragma_table_info('report_$_->{name}');\n" for @question;
    for (split /\n/, run($database, $script)) {
        my ($name, $column) = split /\|/;
        push @{$row{$name}}, qq('$column', CASE typeof("$column") WHEN 'blob' THEN CAST("$column" AS TEXT) ELSE "$column" END);
    }
    return {map { $_ => 'json_object(' . join(', ', @{$row{$_}}) . ')' } keys %row};
}

sub questions {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    my (undef, @part) = split /^-- == (\w+)\n/m, <$in>;
    my @question;
    while (my ($name, $sql) = splice @part, 0, 2) {
        push @question, {name => $name, sql => $sql =~ s/;\s*\z/\n/r};
    }
    return @question;
}

# where CREATE EXTENSION put the functions
sub extension_schema {
    my ($database) = @_;
    my $schema = run($database, "SELECT extnamespace::regnamespace::name FROM pg_extension WHERE extname = 'mailbounce';\n");
    chomp $schema;
    die "this database has no mailbounce: CREATE EXTENSION mailbounce; then install sql/contact_list_postgresql.sql\n" if $schema eq '';
    return $schema;
}

# Runs the database's own shell on a script. What it complains goes to stderr, with what to do about it.
sub run {
    my ($database, $script) = @_;
    my @client = is_postgresql($database) ? ('psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $database) : ('sqlite3', '-batch', '-init', '/dev/null', '-readonly', $database);
    my ($in, $name) = tempfile(UNLINK => 1);
    print $in $script;
    close $in or die "$name: $!\n";
    local $ENV{PGCLIENTENCODING} = 'UTF8';
    my $pid = open(my $out, '-|') // die "fork: $!\n";
    if (!$pid) {
        open STDIN, '<', $name or die "$name: $!\n";
        exec @client or do { print STDERR "report: there is no $client[0] in the path\n"; exit 127 };
    }
    local $/;
    my $output = <$out> // '';
    close $out or die "report: $client[0] could not read this list. Is the contact-list kit installed there (sql/contact_list_"
        . (is_postgresql($database) ? 'postgresql' : 'sqlite') . ".sql)?\n";
    return $output;
}

1;
