#!/usr/bin/perl
# the core against the model of tests/model, which was written from the same rules without knowing the core:
# the lives made by hand, random ones, and long ones that pass the bound of a history.
# MODEL_CASES=200000 MODEL_SEED=3 prove ... tries more of them, and others.
use strict;
use warnings;
use File::Temp 'tempdir';
use Test::More;

my $model = "$ENV{MAILBOUNCE_SOURCE}/tests/model";
my $cases = $ENV{MODEL_CASES} || 20_000;
my $seed = $ENV{MODEL_SEED} || 7;
my $folder = tempdir(CLEANUP => 1);

sub read_lines {
    my ($file) = @_;
    open my $in, '<', $file or die "cannot read $file: $!\n";
    chomp(my @lines = <$in>);
    return @lines;
}

# the lines that a command writes into a file
sub run {
    my ($command, $file) = @_;
    is(system("$command >$file"), 0, $command =~ s/\Q$ENV{MAILBOUNCE_SOURCE}\E\///gr =~ s/\Q$folder\E\///gr);
    return read_lines($file);
}

# wherever one finds an error, so does the other, perhaps in other words
sub compare {
    my ($name, $file) = @_;
    my @lives = read_lines($file);
    my @model = run("'$^X' '$model/run.pl' $file", "$folder/model");
    my @core = run("build/test/core_run <$file", "$folder/core");
    s/^error: .*/an error/i for @model, @core;

    my @differing = grep { ($model[$_] // '') ne ($core[$_] // '') } 0 .. $#lives;
    is(scalar @differing, 0, "$name: " . @lives . ' times the same');
    for my $i (grep { defined } @differing[0 .. 2]) {
        diag("$lives[$i]\n model: " . ($model[$i] // 'nothing') . "\n core:  " . ($core[$i] // 'nothing'));
    }
    return @core;
}

my (undef, @lives) = map { [split /\t/, $_, -1] } read_lines("$model/lives.tsv");
open my $out, '>', "$folder/lives" or die "cannot write: $!\n";
print $out "$_->[1]\t$_->[2]\n" for @lives;
close $out;
my @answers = compare('lives', "$folder/lives");
for my $life (@lives) {
    my ($name, undef, undef, $state, $reason) = @$life;
    my ($got_state, $got_reason) = shift(@answers) =~ /^\{"state":"(\w+)","reason":(?:null|"(\w+)")/;
    is(($got_state // 'an error') . ' ' . ($got_reason // ''), "$state $reason", $name);
}

run("'$^X' '$model/generate.pl' $cases $seed", "$folder/random");
compare('random lives', "$folder/random");
run("'$^X' '$model/generate.pl' 100 $seed 1500", "$folder/long");
my $dropping = grep { /"dropped":"/ } compare('long lives', "$folder/long");
cmp_ok($dropping, '>', 10, 'some of them dropped events');

done_testing();
