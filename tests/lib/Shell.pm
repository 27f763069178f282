# Shell.pm - the real sqlite3 shell with the real extension, for tests.
package Shell;

use strict;
use warnings;
use Exporter 'import';
use File::Temp 'tempfile';

our @EXPORT_OK = qw(sqlite sqlite_error);

# runs SQL in a shell that has loaded the extension; returns what it prints and what it complains
sub run_shell {
    my ($sql, $database) = @_;
    my ($in, $in_name) = tempfile(UNLINK => 1);
    my (undef, $err_name) = tempfile(UNLINK => 1);

    print $in $sql;
    close $in;
    $database //= ':memory:';
    my $out = `sqlite3 -batch -cmd '.load build/sqlite/mailbounce' '$database' < $in_name 2> $err_name`;
    chomp $out;
    open my $err, '<', $err_name or die;
    my $complaint = join '', <$err>;
    return ($out, $complaint);
}

sub sqlite { my ($out, $err) = run_shell(@_); return $err eq '' ? $out : "$out\nERROR: $err" }
sub sqlite_error { return (run_shell(@_))[1] }

1;
