#!/usr/bin/perl
# what PostgreSQL users expect of a build: out of the tree, DESTDIR, bitcode, installcheck
use strict;
use warnings;
use Cwd 'abs_path';
use File::Temp 'tempdir';
use Test::More;

my $source = abs_path($ENV{MAILBOUNCE_SOURCE});
my $pg_config = $ENV{PG_CONFIG} // 'pg_config';
my $dir = tempdir(CLEANUP => 1);
my $clean = tempdir(CLEANUP => 1);
system("tar -C $source --exclude=./build --exclude=./.git --exclude=./mailbounce.so -cf - . | tar -C $clean -xf -") == 0 or die;
$source = $clean;

sub run { my $out = `cd $dir && $_[0] 2>&1`; diag($out) if $?; return $? >> 8 }

is(run("make -s -f $source/Makefile PG_CONFIG=$pg_config"), 0, 'builds out of the tree');
ok(-f "$dir/mailbounce.so", 'the library is in the building folder');
is(run("make -s -f $source/Makefile PG_CONFIG=$pg_config DESTDIR=$dir/root install"), 0, 'installs with DESTDIR');
chomp(my ($lib, $share) = map { scalar `$pg_config --$_` } qw(pkglibdir sharedir));
for my $file ("$lib/mailbounce.so", "$share/extension/mailbounce.control", glob("$source/sql/mailbounce--*.sql")) {
    (my $name = $file) =~ s{^\Q$source\E/sql}{$share/extension};
    ok(-s "$dir/root$name", "$name is installed");
}
SKIP: {
    skip 'this server is built without JIT', 1 unless `$pg_config --configure` =~ /--with-llvm/;
    ok(-s "$dir/root$lib/bitcode/mailbounce.index.bc", 'and its bitcode');
}
is(run("make -s -f $source/Makefile PG_CONFIG=$pg_config DESTDIR=$dir/root uninstall"), 0, 'uninstalls');
ok(!-e "$dir/root$lib/mailbounce.so", 'nothing stays');
is(run("make -s -f $source/Makefile PG_CONFIG=$pg_config installcheck"), 0, 'passes installcheck');
like(`make -s -f $source/Makefile PG_CONFIG=no_such_pg_config 2>&1`, qr/no_such_pg_config is missing: install postgresql-server-dev/, 'says what is missing');

done_testing();
