# Browser.pm - looks at HTML pages in headless Chromium, for tests: what does not fit, what overlaps, what is hard to read.
# Pages are put into frames of a measuring page, which writes what it found into its own text; nothing listens, nothing waits.
package Browser;

use strict;
use warnings;
use Cwd 'abs_path';
use Exporter 'import';
use File::Temp 'tempdir';

our @EXPORT_OK = qw(browser measure screenshot);

# the browser, if there is one
sub browser {
    for my $name (qw(chromium chromium-browser google-chrome)) {
        for my $dir (split /:/, $ENV{PATH}) { return "$dir/$name" if -x "$dir/$name" }
    }
    return;
}

sub run {
    my ($scheme, @argument) = @_;
    my $dir = tempdir(CLEANUP => 1);
    my @command = (browser(), '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars', '--no-first-run',
        '--allow-file-access-from-files', '--enable-logging=stderr', "--user-data-dir=$dir/user", '--force-device-scale-factor=1',
        $scheme eq 'dark' ? '--blink-settings=preferredColorScheme=0' : '--blink-settings=preferredColorScheme=1', @argument);
    my $pid = open(my $out, '-|') // die "fork: $!";
    if (!$pid) {
        open STDERR, '>', "$dir/log" or die;
        exec @command or exit 127;
    }
    local $/;
    my $said = <$out>;
    close $out or die "$command[0]: status $?\n";
    open my $log, '<', "$dir/log" or die;
    return ($said, join '', grep { /CONSOLE/ } split /^/, <$log>);
}

# What is wrong with pages of so many pixels: a list of [page, width, complaint], and what the console said. The first complaint of each page
# and width is how many texts were looked at, so that a page that was not seen is no page without faults.
sub measure {
    my ($scheme, $widths, @page) = @_;
    my $dir = tempdir(CLEANUP => 1);
    open my $out, '>', "$dir/measure.html" or die;
    print $out <<'HTML';
<!DOCTYPE html>
<html><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><style>iframe { border: 0; height: 900px; display: block }</style></head><body>
HTML
    for my $width (@$widths) { printf $out qq(<iframe style="width:%dpx" data-width="%d" data-page="%s" src="file://%s"></iframe>\n), $width, $width, $_, abs_path($_) for @page }
    print $out <<'HTML';
<pre id="found"></pre>
<script>
function luminance(color) {
    const c = color.match(/[\d.]+/g).slice(0, 3).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4); });
    return 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
}
function opaque(color) { const p = color.match(/[\d.]+/g); return p && (p.length < 4 || p[3] > 0); }
function look(frame, complain) {
    const page = frame.contentDocument, width = +frame.dataset.width, view = page.defaultView;
    page.querySelectorAll('details').forEach(d => { d.open = true; });
    if (page.documentElement.scrollWidth > width) complain('the page is ' + page.documentElement.scrollWidth + ' wide');
    const hidden = e => e.closest('.aside, title, desc, style, head') || e.getClientRects().length === 0 || view.getComputedStyle(e).visibility === 'hidden';
    const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT), boxes = [];
    for (let node; node = walker.nextNode();) {
        const e = node.parentElement;
        if (!node.data.trim() || hidden(e)) continue;
        let aside = false;
        for (let p = e; p; p = p.parentElement) aside = aside || view.getComputedStyle(p).clipPath !== 'none';
        if (aside) continue;
        const range = page.createRange();
        range.selectNodeContents(node);
        const rects = e.closest('svg') ? [e.getBoundingClientRect()] : [...range.getClientRects()];
        for (const r of rects) {
            if (r.width === 0) continue;
            if (r.right > width + 0.5 || r.left < -0.5) complain('outside: ' + node.data.slice(0, 40));
            const card = e.closest('.card, .tile');
            if (card && r.right > card.getBoundingClientRect().right - 8) complain('leaves its card: ' + node.data.slice(0, 40));
            boxes.push({r, text: node.data.slice(0, 40)});
        }
        const style = view.getComputedStyle(e);
        if (parseFloat(style.fontSize) < 10) complain('tiny: ' + node.data.slice(0, 40));
        let ground = e;
        while (ground && !opaque(view.getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
        const a = luminance(e.closest('svg') ? style.fill : style.color), b = luminance(ground ? view.getComputedStyle(ground).backgroundColor : 'rgb(255,255,255)');
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) complain('contrast ' + contrast.toFixed(2) + ': ' + node.data.slice(0, 40));
    }
    boxes.sort((x, y) => x.r.top - y.r.top);
    for (let i = 0; i < boxes.length; i++)
        for (let j = i + 1; j < boxes.length && boxes[j].r.top < boxes[i].r.bottom - 3; j++) {
            const x = boxes[i].r, y = boxes[j].r;
            if (x.left < y.right - 1 && y.left < x.right - 1 && x.top < y.bottom - 3 && y.top < x.bottom - 3) complain('overlap: ' + boxes[i].text + ' / ' + boxes[j].text);
        }
    page.querySelectorAll('main *').forEach(e => {
        if (!e.closest('svg') && !hidden(e) && view.getComputedStyle(e).clipPath === 'none' && e.scrollWidth > e.clientWidth + 1 && view.getComputedStyle(e).overflowX !== 'visible')
            complain('cut off: ' + e.tagName);
    });
    return boxes.length;
}
onload = () => {
    let found = '';
    for (const frame of document.querySelectorAll('iframe')) {
        const said = new Set(), here = frame.dataset.page + '\t' + frame.dataset.width + '\t';
        let seen = 0;
        try { seen = look(frame, c => said.add(c.replace(/\s+/g, ' '))); } catch (e) { said.add('no page: ' + e); }
        found += here + seen + ' texts\n' + [...said].slice(0, 20).map(c => here + c + '\n').join('');
    }
    document.getElementById('found').textContent = found;
};
</script></body></html>
HTML
    close $out or die;
    my ($dom, $console) = run($scheme, '--window-size=1400,900', '--dump-dom', "file://$dir/measure.html");
    my ($found) = $dom =~ m{<pre id="found">(.*?)</pre>}s or die "the browser gave no answer: $dom\n";
    return ([map { [split /\t/] } split /\n/, $found], $console);
}

# a picture of a page; it is put into a frame because a window has a least width
sub screenshot {
    my ($scheme, $width, $height, $page, $picture) = @_;
    my $dir = tempdir(CLEANUP => 1);
    open my $out, '>', "$dir/frame.html" or die;
    printf $out '<!DOCTYPE html><html><head><meta name="color-scheme" content="light dark"><style>body { margin: 0 } iframe { border: 0; width: %dpx; height: %dpx; display: block }</style></head>'
        . '<body><iframe src="file://%s"></iframe></body></html>', $width, $height, abs_path($page);
    close $out or die;
    run($scheme, "--window-size=$width,$height", "--screenshot=$picture", "file://$dir/frame.html");
    return -s $picture;
}

1;
