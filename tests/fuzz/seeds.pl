#!/usr/bin/perl
# seeds.pl - what the fuzzers start from: a dictionary of the rules' words, and the test cases as texts.
#
#   seeds.pl DICTIONARY DIAGNOSTICS RULES core/rules/...rules tests/cases/...tsv
#   writes the file DICTIONARY, a text of a case to each file in the folder DIAGNOSTICS, and to each file in the
#   folder RULES two bytes, a few rules, the byte 0xff, and a text.
use strict;
use warnings;

my ($dictionary, $diagnostics, $rules, @files) = @ARGV;

sub read_file {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    return scalar <$in>;
}

sub write_file {
    my ($path, $text) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    print $out $text;
    close $out or die "$path: $!\n";
}

sub unescape {
    my ($text) = @_;
    my %of = (n => "\n", r => "\r", t => "\t", '\\' => '\\');
    $text =~ s/\\(?:x([0-9A-Fa-f]{2})|([nrt\\]))/defined $1 ? chr(hex $1) : $of{$2}/ge;
    return $text;
}

# ---- the dictionary ----

# a word is at most 64 bytes, in printable ASCII and \xHH; libFuzzer takes the first 16384
use constant WORDS => 16_000;    # besides @signs
my %word;
sub add_word {
    my ($text) = @_;
    $word{substr $text, 0, 60} = 1 if length $text > 1;
}

my @blocks;
for my $file (grep {/\.rules$/} @files) {
    my $section = '';
    my $block   = '';
    for my $line (split /\n/, read_file($file)) {
        while ($line =~ /"((?:[^"\\]|\\.)*)"/g) {
            add_word($_) for grep {length} split /\*|\\[bdw\@]|\(|\)|\|/, $1;
        }
        if ($line =~ /^\[/) { $section = $line }
        elsif ($line =~ /^[a-z0-9_.]+:/) {
            push @blocks, $block if $block ne '';
            $block = "$section\n$line\n";
        }
        elsif ($line =~ /^\s*>/ && length $block < 2000) { $block .= "$line\n" }
    }
    push @blocks, $block if $block ne '';
}
my @signs = (
    '550 ', '550-5.1.1 ', '421 4.7.0 ', '452-', ' said: 550 ', '(in reply to RCPT TO command)', '<<< 550', 'smtp; ',
    "\r\n", '\r\n', '@example.com', 'http://', '.com', '&lt;', '=C3=A9', '5.1.1', "\xe2\x80\x99", "\xe2\x80\xa6", "\xef\xbc\x81",
    '[user_unknown]', '[@gmail]', '[pending]', '[aftermath]', "\nrule: ", "\n> ", '!"', '^"', '+"', '"$', '\\b', '\\d', '\\w', '\\@', '"*', '(a|b)', 'type=hard',
    'alone', 'weak', 'uncoded', '5xx', '!4xx', 'x.1.1', '5.7.*', '@gmail', '!@gmail', '/(a+)+$/', '/a/'
);
my @words = sort keys %word;
my $step  = @words > WORDS ? @words / WORDS : 1;
my $out   = '';
for my $text (@signs, map { $words[ $_ * $step ] } 0 .. @words / $step - 1) {
    $text =~ s/([^ !#-\[\]-~])/sprintf '\\x%02X', ord $1/ge;
    $out .= "\"$text\"\n";
}
write_file($dictionary, $out);

# ---- texts ----

my @texts;
for my $file (grep {/\.tsv$/} @files) {
    my (undef, @lines) = split /\n/, read_file($file);
    push @texts, map { unescape((split /\t/)[0] // '') } @lines;
}
my $n = 0;
write_file(sprintf('%s/case%05d', $diagnostics, $n++), $_) for @texts;

$n = 0;
while (my @few = splice @blocks, 0, 8) {
    my $text = $texts[ $n % @texts ];
    $text =~ tr/\xff//d;
    write_file(sprintf('%s/rules%05d', $rules, $n++), "\0\0" . join('', @few) . "\xff" . $text);
}
