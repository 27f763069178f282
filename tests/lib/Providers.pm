# Providers.pm - the payloads of tests/providers and what must come of them, for the tests of both engines.
package Providers;

use strict;
use warnings;
use Exporter 'import';
use File::Basename 'basename';
use Test::More;

our @EXPORT_OK = qw(payloads compare_events);

my $dir = "$ENV{MAILBOUNCE_SOURCE}/tests/providers";

# [name, provider, file]; bad_ses_... is given as ses, the others tell themselves whose they are
sub payloads {
    return map {
        my $name = basename($_, '.json');
        my $provider = $name =~ /^bad_([a-z]+)_/ && $1 ne 'unknown' ? $1 : undef;
        [$name, $provider, $_]
    } sort glob "$dir/*.json";
}

# what an engine made of the payloads, as lines of expected.tsv, against that file
sub compare_events {
    my ($got, $name) = @_;
    open my $file, '<', "$dir/expected.tsv" or die "$dir/expected.tsv: $!";
    my @wanted = sort grep { !/^#/ } <$file>;
    my @got = sort map { "$_\n" } split /\n/, $got;
    my %left;

    $left{$_}++ for @got;
    my @missing = grep { !$left{$_} || !$left{$_}-- } @wanted;
    my @more = map { ($_) x $left{$_} } sort keys %left;
    ok(!@missing && !@more, $name) or diag(map({ "missing $_" } @missing[0 .. ($#missing < 9 ? $#missing : 9)]),
        map({ "too much $_" } @more[0 .. ($#more < 9 ? $#more : 9)]));
    return scalar @wanted;
}

1;
