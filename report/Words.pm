# Words.pm - the report's texts, numbers and times in the reader's language; texts.tsv holds the texts. Knows neither HTML nor databases.
package Words;

use strict;
use warnings;
use utf8;

# languages are the columns of texts.tsv
sub new {
    my ($class, $file, $language) = @_;
    my (%text, @column);
    open my $in, '<:encoding(UTF-8)', $file or die "$file: $!\n";
    while (my $line = <$in>) {
        $line =~ s/\R\z//;
        next if $line eq '' || $line =~ /^#/;
        my @cell = split /\t/, $line, -1;
        if (!@column) { @column = @cell; next }
        my %row;
        @row{@column} = @cell;
        defined $row{$_} && $row{$_} ne '' or die "$file, line $.: no text for $_\n" for @column;
        $text{$row{key}} = \%row;
    }
    grep { $_ eq $language } @column[1 .. $#column] or die "no language '$language'; there are: @column[1 .. $#column]\n";
    return bless {language => $language, text => \%text}, $class;
}

sub language { return $_[0]{language} }
sub has { return exists $_[0]{text}{$_[1]} }

# The text of a key. {n} is argument n; {n:contact:contacts} its number and the word for one or for many. $wrap is called for each argument.
sub text {
    my ($self, $key, $argument, $wrap) = @_;
    my $row = $self->{text}{$key} or die "texts.tsv has no '$key'\n";
    my $given = sub { my ($name) = @_; $argument->{$name} // die "text '$key' wants '$name'\n" };
    my $text = $wrap ? $wrap->($row->{$self->{language}}) : $row->{$self->{language}};
    $text =~ s/\{(\w+)(?::([^:}]*):([^}]*))?\}/_argument($self, $given->($1), $wrap, $2, $3)/ge;
    return $text;
}

sub _argument {
    my ($self, $value, $wrap, $one, $many) = @_;
    return $self->number($value) . "\x{a0}" . ($value == 1 ? $one : $many) if defined $one;
    return $self->number($value) if $value =~ /^\d+$/;
    return $wrap ? $wrap->($value) : $value;
}

sub number { my ($self, $n) = @_; 1 while $n =~ s/^(\d+)(\d{3})/$1,$2/; return $n }

# for small room: 950, 1.2k, 34k, 5.6M
sub short_number {
    my ($self, $n) = @_;
    for my $unit (['M', 1e6], ['k', 1e3]) {
        next if $n < $unit->[1];
        my $value = $n / $unit->[1];
        return ($value < 10 ? sprintf('%.1f', $value) =~ s/\.0$//r : sprintf('%.0f', $value)) . $unit->[0];
    }
    return $n;
}

# one digit behind the point below 10 %, for columns of figures; mark drops a zero there, for sentences
sub percent {
    my ($self, $part, $whole) = @_;
    return '–' if !$whole;
    my $percent = 100 * $part / $whole;
    my $text = $percent == 0 || $percent >= 9.95 ? sprintf('%.0f', $percent) : sprintf('%.1f', $percent);
    return ($text eq '0.0' ? '<0.1' : $text) . ($self->{language} eq 'zh' ? '%' : "\x{a0}%");
}
sub mark { my ($self, $mark) = @_; return $self->percent($mark, 1) =~ s/\.0//r }

# 2026-01-02T03:04:05... to the day or the minute
sub day { return substr $_[1] // '', 0, 10 }
sub minute { my ($self, $time) = @_; return (substr($time, 0, 16) =~ s/T/ /r) . ' UTC' }

# a category in words; those of one's own stay as they are
sub category { my ($self, $name) = @_; return $self->has("category.$name") ? $self->text("category.$name") : $name }

# "user_unknown 12, mailbox_full 3", as the kit writes counts
sub counts {
    my ($self, $counts) = @_;
    return join $self->text('comma'), map { /^(\S+) (\d+)$/ ? $self->category($1) . "\x{a0}" . $self->number($2) : $self->category($_) } split /, */, $counts // '';
}

# A server's words in one line of at most $longest characters. What is no character, can't be seen or turns the text round becomes visible.
sub cut {
    my ($self, $text, $longest) = @_;
    $text //= '';
    $text =~ s/[\s\x{85}]+/ /g;
    $text =~ s/^ | $//g;
    $text =~ s/([\x00-\x1f])/chr(0x2400 + ord $1)/ge;
    $text =~ s/\x7f/\x{2421}/g;
    $text =~ s/[\x{80}-\x{9f}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{feff}\p{Noncharacter_Code_Point}\p{Surrogate}]/\x{fffd}/g;
    $text =~ s/(\p{M}{3})\p{M}+/$1/g;
    $text = substr($text, 0, $longest - 1) . '…' if length $text > $longest;
    return $text;
}

1;
