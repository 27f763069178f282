#!/usr/bin/perl
# memo: an engine that has seen other texts of the same form answers as one that has seen nothing
use strict;
use warnings;
use File::Temp 'tempfile';
use Test::More;

my $source = $ENV{MAILBOUNCE_SOURCE};
my @cases = glob "$source/tests/cases/*.tsv";

sub answers {
    my ($how, @texts) = @_;
    my ($in, $name) = tempfile(UNLINK => 1);
    print $in unpack('H*', $_), "\n" for @texts;
    close $in or die;
    my @answers = `build/test/ask $how < $name`;
    is($?, 0, scalar(@texts) . " texts, $how");
    return @answers;
}

my $turn = 0;

# another name of the same kind, as often as not one that a rule knows
sub host {
    my @hosts = qw(mx.example.net aspmx.l.google.com b.test mail.protection.outlook.com zen.spamhaus.org a-1.example mx1.mail.icloud.com);
    return $hosts[$turn++ % @hosts];
}

sub other_names {
    my $text = shift;
    $text =~ s/\b[\w+.-]+@[\w.-]+\w/'u' . $turn % 7 . '@' . host()/ge;
    $text =~ s/\b\d+\.\d+\.\d+\.\d+\b/'192.0.2.' . $turn++ % 250/ge;
    $text =~ s/\b(?:[\w-]+\.)+(?:com|net|org|example|test|de|ru|cn|jp)\b(?!@)/host()/ge;
    $text =~ s/\b[0-9A-F]{9,}\b/sprintf('%dA%dF%06d', $turn, $turn, $turn++)/ge;
    return $text;
}

my @texts = `build/test/ask texts @cases`;
cmp_ok(scalar @texts, '>', 2000, 'texts');
chomp @texts;
@texts = map { pack 'H*', $_ } @texts;

# each text between others of its form, forwards and then backwards
my @all = map { ($_, other_names($_), other_names($_)) } @texts;
push @all, reverse @all;
my @warm = answers('answers', @all);
my @cold = answers('answers-afresh', @all);
is(scalar @warm, scalar @all, 'an answer for each');
my @wrong = grep { $warm[$_] ne $cold[$_] } 0 .. $#all;
is(scalar @wrong, 0, 'the same answers') or diag(map { "$all[$_]\n$warm[$_]$cold[$_]" } @wrong[0 .. ($#wrong < 4 ? $#wrong : 4)]);
done_testing;
