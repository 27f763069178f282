#!/usr/bin/perl
# The contact list means the same in both engines: the same statements, and after each step every table and view is the same, row by row.
# Statements that fail must fail in both. The steps are at the end; another file of steps may be given as an argument.
use strict;
use warnings;
use File::Temp 'tempdir';
use Test::More;

my $source = $ENV{MAILBOUNCE_SOURCE};
my $dir = tempdir(CLEANUP => 1);

sub spew { my ($name, @text) = @_; open my $out, '>', "$dir/$name" or die; print $out @text; close $out; return "$dir/$name" }
sub slurp { my ($name) = @_; local $/; open my $in, '<', $name or die "$name: $!"; return scalar <$in> }

my @step = grep { /\S/ } split /^-- ==== /m, @ARGV ? slurp($ARGV[0]) : do { local $/; <DATA> };
my @object = qw(setting address contact message bounce_event rejected_event incident cleaning_rule cleaning_run archived_contact paused_contact saved_list
    address_summary sendable confirmed invalid_address campaign_bounce_rate reason_over_time domain_health global_bounce pending_overdue time_change cleaning_preview state_check);
# what depends on the clock: compared is whether there is a value
my %clock = map { $_ => 1 } qw(received_at added_at started_at archived_at saved_at undone_at asof hours incident.created_at contact.paused_until rejected_event.at
    paused_contact.paused_until paused_contact.paused_before archived_contact.paused_until archived_contact.since cleaning_preview.since);

is(system("createdb parity && psql -Xq -v ON_ERROR_STOP=1 -d parity -f $source/sql/contact_list_postgresql.sql >$dir/log 2>&1"), 0, 'PostgreSQL') or diag(slurp("$dir/log"));
is(system("sqlite3 -batch -cmd '.load build/sqlite/mailbounce' $dir/list.db <$source/sql/contact_list_sqlite.sql >$dir/log 2>&1"), 0, 'SQLite') or diag(slurp("$dir/log"));

# ---- the same tables, views and columns ----

my (%columns, %lite);
for (split /\n/, qx{psql -XAtq -d parity -c "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'contact_list' ORDER BY table_name, ordinal_position"}) {
    my ($table, $column, $type) = split /\|/;
    push @{ $columns{$table} }, [$column, $type];
}
for (split /\n/, qx{sqlite3 -batch -cmd '.load build/sqlite/mailbounce' $dir/list.db "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_xinfo(t.name) AS c WHERE t.type IN ('table', 'view') ORDER BY t.name, c.cid"}) {
    my ($table, $column) = split /\|/;
    push @{ $lite{$table} }, $column unless "$table.$column" eq 'address.confirmed_at';       # for programs without the extension
}
is(join(' ', @{ $lite{$_} // [] }), join(' ', map { $_->[0] } @{ $columns{$_} // [] }), "columns of $_")
    for @object, qw(incoming_event rebuild restored_contact provider_payload machine_agent ses_event sendgrid_event mailgun_event postmark_event);

# ---- the same rows ----

my (@pg, @lite);
for my $object (@object) {
    my (@p, @l);
    for my $c (@{ $columns{$object} }) {
        my ($name, $type) = @$c;
        next if $name =~ /^(?:event_number|rejected_id|archive_id)$/;
        my $loose = $clock{$name} || $clock{"$object.$name"};
        my $p = $loose ? "($name IS NOT NULL)::int" : $type =~ /timestamp/ ? qq(to_char($name AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')) :
            $type eq 'boolean' ? "$name\::int" : $type eq 'numeric' ? "$name\::float8" : $type eq 'USER-DEFINED' ? "upper(encode($name\::bytea, 'hex'))" : $name;
        my $l = $loose ? "$name IS NOT NULL" : $type eq 'USER-DEFINED' ? "CASE WHEN $name IS NOT NULL THEN hex($name) END" : $type eq 'numeric' ? "printf('%g', $name)" : $name;
        push @p, "'$name=' || replace(coalesce(($p)::text, 'NULL'), chr(10), '\\n')";
        push @l, "'$name=' || replace(coalesce($l, 'NULL'), char(10), '\\n')";
    }
    push @pg, "SELECT '$object: ' || concat_ws(' | ', " . join(', ', @p) . ") FROM $object;\n";
    push @lite, "SELECT '$object: ' || " . join(" || ' | ' || ", @l) . " FROM $object;\n";
}

sub script {
    my ($echo, $before, @dump) = @_;
    return $before, map { my ($n, $text) = ($_, $step[$_]); my ($title, $sql) = split /\n/, $text, 2; ("$echo '==== $n'\n", $sql, "\n$echo '---- $n'\n", @dump) } 0 .. $#step;
}
my $pg_script = spew('pg.sql', script('\\echo', "SET search_path = contact_list, public; SET timezone = 'UTC';\n", @pg));
my $lite_script = spew('lite.sql', script('.print', '', @lite));
my %out;
$out{pg} = qx{PGCLIENTENCODING=UTF8 psql -XAtq -v VERBOSITY=terse -d parity -f $pg_script 2>&1};
$out{lite} = qx{sqlite3 -batch -cmd '.load build/sqlite/mailbounce' $dir/list.db <$lite_script 2>&1};

sub parts {
    my ($engine) = @_;
    my (@said, @rows);
    my $to = [];
    for (split /\n/, $out{$engine}) {
        if (/^==== (\d+)$/) { $to = $said[$1] = [] } elsif (/^---- (\d+)$/) { $to = $rows[$1] = [] } else { push @$to, $_ }
    }
    return \@said, \@rows;
}
my ($pg_said, $pg_rows) = parts('pg');
my ($lite_said, $lite_rows) = parts('lite');
my %told;       # a difference that stays is told once
for my $n (0 .. $#step) {
    my ($title) = split /\n/, $step[$n];
    my @p = sort @{ $pg_rows->[$n] // ['nothing'] };
    my @l = sort @{ $lite_rows->[$n] // ['nothing at all'] };
    my (%p, %l);
    $p{$_}++ for @p;
    $l{$_}++ for @l;
    my @wrong = ((map { "PostgreSQL: $_" } grep { !$l{$_} || $l{$_} != $p{$_} } sort keys %p), (map { "SQLite:     $_" } grep { !$p{$_} || $l{$_} != $p{$_} } sort keys %l));
    ok(!@wrong, "$title: the same rows") or diag(join "\n", $title, grep { !$told{$_}++ } @wrong);
    my @pe = grep { /ERROR/ } @{ $pg_said->[$n] };
    my @le = grep { /rror/ } @{ $lite_said->[$n] };
    is(scalar @le, scalar @pe, '... the same errors') or diag(join "\n", @pe, @le);
    is(join("\n", grep { !/rror/ } @{ $lite_said->[$n] }), join("\n", grep { !/ERROR/ } @{ $pg_said->[$n] }), '... the same answers');
    ok(!(grep { /^state_check/ } @p), '... every state is right') or diag(join "\n", grep { /^state_check/ } @p) unless $title =~ /broken/;
}

for my $object (@object) {
    ok(scalar(grep { /^$object: / } map { @{ $_ // [] } } @$pg_rows), "$object had rows") unless @ARGV || $object eq 'state_check';
}
system('dropdb parity');
done_testing();

__DATA__
-- ==== contacts and messages
INSERT INTO contact (contact_id, email, name, consent, created_at) VALUES
    (1, ' Ann@Example.COM ', 'Ann', 'given', '2025-01-01 00:00Z'), (2, 'bob@example.net', 'O''Hara "Bob"', 'given', '2025-01-01 00:00Z'),
    (3, 'cho@example.org', NULL, 'asked', '2025-01-01 00:00Z'), (4, 'dan@gmial.com', 'Dan', 'given', '2025-01-01 00:00Z'),
    (5, 'eve@example.com', 'Eve', 'withdrawn', '2025-01-01 00:00Z'), (6, 'fay@example.net', 'Fay', 'given', '2025-01-01 00:00Z'),
    (7, 'ann@example.com', 'Ann again', 'given', '2025-01-01 00:00Z'), (8, 'no address', 'Nobody', 'given', '2025-01-01 00:00Z'),
    (9, 'gus@sub.example.org', 'Gus', 'given', '2025-01-01 00:00Z'), (10, 'müller@exämple.example', 'Müller', 'given', '2025-01-01 00:00Z'),
    (11, 'hal@dead.example', NULL, 'given', '2025-01-01 00:00Z'), (12, 'ida@dead.example', NULL, 'given', '2025-01-01 00:00Z');
INSERT INTO contact (contact_id, email) VALUES (90, NULL);
INSERT INTO contact (contact_id, email) VALUES (91, ' ');
INSERT INTO contact (contact_id, email, consent) VALUES (92, 'x@example.com', 'maybe');
INSERT INTO message (message_id, contact_id, account, campaign, sent_at)
    SELECT 'm' || contact_id, contact_id, 'shop', 'march', '2026-03-02 09:00Z' FROM contact;
INSERT INTO message (message_id, email, account, campaign, stream, sent_at) VALUES
    ('r1', 'ANN@example.com', 'shop', 'receipts', 'transactional', '2026-03-03 09:00Z'), ('r2', 'stranger@example.com', 'shop', NULL, 'transactional', '2026-03-03 09:00Z'),
    ('b1', 'bob@example.net', 'blog', 'march', 'marketing', '2026-03-03 09:00Z'), ('c1', 'bob@example.net', 'club', 'march', 'marketing', '2026-03-03 09:00Z');
INSERT INTO message (message_id) VALUES ('nobody');
INSERT INTO message (message_id, contact_id) VALUES ('unknown', 4711);
INSERT INTO message (message_id, email, stream) VALUES ('odd', 'ann@example.com', 'news');
-- ==== events: words, diagnostics, both, neither
INSERT INTO bounce_event (event_id, email, at, message_id, diagnostic) VALUES
    ('e1', 'ann@example.com', '2026-03-02 09:01Z', 'm1', '550 5.1.1 <ann@example.com>: User unknown'), ('e2', ' BOB@example.net', '2026-03-02 09:01Z', 'm2', '552 5.2.2 mailbox full'),
    ('e3', 'cho@example.org', '2026-03-02 09:01Z', 'm3', '550 5.7.1 blocked using zen.spamhaus.org'), ('e4', 'hal@dead.example', '2026-03-02 09:01Z', 'm11', '550 5.1.2 Host unknown'),
    ('e5', 'ida@dead.example', '2026-03-02 09:01Z', 'm12', '550 5.1.2 Host unknown');
INSERT INTO bounce_event (event_id, email, at, message_id, event) VALUES
    ('f1', 'eve@example.com', '2026-03-02 10:00Z', 'm5', ' Unsubscribe '), ('f2', 'fay@example.net', '2026-03-02 10:00Z', 'm6', 'complaint/5'),
    ('f3', 'gus@sub.example.org', '2026-03-02 10:00Z', 'm9', 'DELIVERED'), ('f4', 'gus@sub.example.org', '2026-03-02 10:00Z', 'm9', '550 5.1.1 no such user'),
    ('f5', 'gus@sub.example.org', '2026-03-02 10:00:00.000001Z', 'm9', 'open'), ('f6', 'stranger@example.com', '2026-03-02 10:00:00.5+02:00', 'r2', 'suppressed');
INSERT INTO bounce_event (event_id, email, at, event, diagnostic) VALUES ('g1', 'bob@example.net', '2026-03-02 11:00Z', 'soft', '451 try again'), ('g2', 'bob@example.net', '2026-03-02 12:00Z', '  ', '452 4.2.2 mailbox full'),
    ('g3', 'bob@example.net', '2026-03-02 13:00Z', '550 5.1.1 no such user', 'the evidence'), ('g4', 'bob@example.net', '2026-03-02 14:00Z', 'none', NULL), ('g5', 'bob@example.net', '2026-03-02 14:30Z', 'sent', NULL),
    ('g6', 'bob@example.net', '2026-03-02 15:00Z', 'auto_reply', NULL), ('g7', 'bob@example.net', '2026-03-02 15:00Z', 'user_unknown/pending', NULL);
-- ==== what cannot be read
INSERT INTO bounce_event (event_id, email, at, event, diagnostic, message_id, account) VALUES
    ('x1', NULL, '2026-03-03', 'hard', NULL, 'm', 'a'), ('x2', ' ', '2026-03-03', 'hard', NULL, 'm', 'a'), ('x3', 'Ann.Example.com', '2026-03-03', 'hard', NULL, 'm', 'a'),
    ('x4', 'ann@', '2026-03-03', 'hard', NULL, 'm', 'a'), ('x5', '@example.com', '2026-03-03', 'hard', NULL, 'm', 'a'), ('x6', 'a b@example.com', '2026-03-03', 'hard', NULL, 'm', 'a'),
    ('x7', 'ann@example.com', NULL, 'hard', NULL, 'm', 'a'), ('x8', 'ann@example.com', '2026-03-03', 'hrad', 'said', 'm', 'a'), ('x9', 'ann@example.com', '2026-03-03', NULL, NULL, 'm', 'a'),
    ('x10', 'ann@example.com', '2026-03-03', '', '', 'm', 'a'), ('x11', 'ann@example.com', '2026-03-03', 'user_unknown/9', NULL, 'm', 'a'), ('x12', 'ann@example.com', '2026-03-03', 'hard/5', NULL, 'm', 'a'),
    (NULL, 'Ann@example.com', '2026-03-03', 'hrad', NULL, NULL, NULL), ('x13', 'ann@example.com', '2026-03-03', ' ', ' ', 'm', 'a');
INSERT INTO incoming_event (event_id, email, at, event, diagnostic, message_id, account) VALUES
    ('i1', 'Ann@example.com', '30.2.2026', 'hard', NULL, 'm', 'a'), ('i2', 'ann@example.com', '2026-02-30', 'hard', NULL, 'm', 'a'), ('i3', 'ann@example.com', '', 'hard', '', '', ''),
    ('i4', 'ann@example.com', 'now', 'hard', NULL, NULL, NULL), ('i5', 'Jim@Example.com', '2026-03-04 10:00:00', '', '550 5.1.1 no such user', '', ''), ('i6', 'jim@example.com', '1772600000', 'open', NULL, NULL, NULL),
    ('i7', 'jim@example.com', '20260301', 'hard', NULL, NULL, NULL), ('i8', 'jim@example.com', '2026-03-04T10:00:00+0200', 'delivered', NULL, NULL, NULL), (NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('', 'kim@example.com', '2026-03-04 10:00:00', 'hard', NULL, NULL, NULL), ('', 'kim@example.com', '2026-03-04 10:00:00', 'hard', NULL, NULL, NULL);
-- ==== redelivered: in one statement, across statements, in other letters
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('e1', 'ANN@example.com ', '2026-03-02 09:01Z', 'user_unknown/5'), ('d1', 'ann@example.com', '2026-03-05', 'soft'), ('d1', 'Ann@Example.com', '2026-03-06', 'hard'), ('d1', 'bob@example.net', '2026-03-05', 'soft');
INSERT INTO bounce_event (event_id, email, at, event) SELECT event_id, email, at, event FROM bounce_event WHERE event_id IS NOT NULL;
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('e1', 'ann@example.com', '2026-03-02 09:01Z', 'hrad'), ('e1', 'bob@example.net', '2026-03-02 09:01Z', 'hrad');
INSERT INTO bounce_event (event_id, email, at, event) VALUES (NULL, 'lee@example.com', '2026-03-05', 'soft'), (NULL, 'lee@example.com', '2026-03-05', 'soft');
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('e1', 'ann@example.com', '2026-03-02 09:01Z', 'user_unknown/5') ON CONFLICT DO NOTHING;
-- ==== late events, equal times
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('l1', 'ann@example.com', '2025-03-02 09:01Z', 'delivered'), ('l2', 'ann@example.com', '2026-03-02 09:01Z', 'delivered'), ('l3', 'ann@example.com', '2026-03-02 09:01Z', 'open'),
    ('l4', 'bob@example.net', '2024-03-02 09:01Z', 'hard'), ('l5', 'mia@example.net', '2026-03-02 09:01Z', 'hard'), ('l6', 'mia@example.net', '2026-03-02 09:01Z', 'reactivate'), ('l7', 'mia@example.net', '2026-03-02 09:01Z', 'unsubscribe');
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('l8', 'lee@example.com', '2027-01-01', 'sent'), ('l9', 'lee@example.com', '2027-01-02', 'none');
-- ==== updates of every column
UPDATE bounce_event SET event_id = 'l8b', message_id = 'm1', account = 'blog' WHERE event_id = 'l8';
UPDATE bounce_event SET email = ' NEW@example.org ' WHERE event_id = 'l4';
UPDATE bounce_event SET at = '2026-03-09 09:00Z' WHERE event_id = 'd1';
UPDATE bounce_event SET event = 'Hard' WHERE event_id = 'd1' AND email = 'bob@example.net';
UPDATE bounce_event SET diagnostic = '550 5.2.2 mailbox full' WHERE event_id = 'e1';
UPDATE bounce_event SET event = NULL WHERE event_id = 'e3';
UPDATE bounce_event SET diagnostic = 'evidence' WHERE event_id = 'f1';
UPDATE bounce_event SET event = 'hrad' WHERE event_id = 'e3';
UPDATE bounce_event SET email = 'nobody' WHERE event_id = 'e3';
UPDATE bounce_event SET email = NULL WHERE event_id = 'e3';
UPDATE bounce_event SET at = NULL WHERE event_id = 'e3';
UPDATE bounce_event SET event = NULL WHERE event_id = 'l5';
UPDATE bounce_event SET event = 'user_unknown' WHERE event_id = 'e3';
UPDATE bounce_event SET event = NULL, diagnostic = '550 5.1.1 user unknown' WHERE event_id = 'l5';
UPDATE bounce_event SET diagnostic = NULL WHERE event_id = 'l5';
-- ==== deletes
DELETE FROM bounce_event WHERE event_id IN ('l1', 'l4');
DELETE FROM bounce_event WHERE email = 'jim@example.com';
-- ==== contacts that change address
UPDATE contact SET email = ' Ann.New@Example.com' WHERE contact_id = 7;
UPDATE contact SET email = 'eve@example.com', consent = 'given' WHERE contact_id = 6;
UPDATE contact SET email = '' WHERE contact_id = 6;
UPDATE contact SET paused_until = '2099-01-01' WHERE contact_id = 3;
UPDATE contact SET consent = 'never' WHERE contact_id = 3;
-- ==== settings
UPDATE setting SET value = 'three_strikes' WHERE name = 'policy';
UPDATE setting SET value = 'three_strikes asof=2026-03-01' WHERE name = 'policy';
UPDATE setting SET value = 'nonsense' WHERE name = 'policy';
UPDATE setting SET value = 'nonsense' WHERE name = 'perspective';
UPDATE setting SET value = NULL WHERE name = 'keep_days';
UPDATE setting SET value = '-1' WHERE name = 'keep_days';
UPDATE setting SET value = '2%' WHERE name = 'bounce_rate_mark';
UPDATE setting SET value = '[user_unknwn]' WHERE name = 'own_rules';
UPDATE setting SET name = 'polcy' WHERE name = 'policy';
DELETE FROM setting WHERE name = 'policy';
INSERT INTO setting VALUES ('polcy', 'x');
UPDATE setting SET value = 'benchmark' WHERE name = 'perspective';
-- ==== own rules
UPDATE setting SET value = '[mailbox_disabled]
example.gone: "no longer with us"' WHERE name = 'own_rules';
INSERT INTO bounce_event (event_id, email, at, diagnostic) VALUES ('o1', 'lee@example.com', '2026-03-07', '550 no longer with us');
UPDATE bounce_event SET event = NULL WHERE rules_version IS NOT NULL;
UPDATE setting SET value = NULL WHERE name = 'own_rules';
UPDATE bounce_event SET event = NULL WHERE rules_version IS NOT NULL;
-- ==== policies and perspectives
UPDATE setting SET value = 'hubspot' WHERE name = 'perspective';
UPDATE setting SET value = 'hubspot hold=30d' WHERE name = 'policy';
-- ==== the job
UPDATE address SET asof = CURRENT_TIMESTAMP WHERE next_change_at <= CURRENT_TIMESTAMP AND 1 = 0;
UPDATE setting SET value = NULL WHERE name = 'policy';
UPDATE setting SET value = 'default' WHERE name = 'perspective';
-- ==== many kinds of bounces: rates, health, global
INSERT INTO message (message_id, email, account, campaign, sent_at) SELECT account || '-' || person || '-' || domain, person || '@' || domain, account, 'april', '2026-04-01 08:00Z'
    FROM (SELECT 'shop' AS account UNION ALL SELECT 'blog' UNION ALL SELECT 'club') a, (SELECT 'p1' AS person UNION ALL SELECT 'p2' UNION ALL SELECT 'p3' UNION ALL SELECT 'p4') p,
        (SELECT 'gone.example' AS domain UNION ALL SELECT 'strict.example' UNION ALL SELECT 'full.example' UNION ALL SELECT 'fine.example') d;
INSERT INTO bounce_event (event_id, email, at, message_id, event, diagnostic)
    SELECT 'a-' || message_id, email, '2026-04-01 08:01Z', message_id, CASE WHEN email LIKE '%gone%' THEN 'domain_unknown/5' WHEN email LIKE '%strict%' THEN 'blocklisted/5' WHEN email LIKE '%full%' THEN 'mailbox_full/5'
        WHEN email LIKE 'p1@%' THEN 'user_unknown/5' ELSE 'delivered' END, 'said to ' || message_id FROM message WHERE campaign = 'april';
INSERT INTO bounce_event (event_id, email, at, message_id, event) VALUES
    ('a1', 'p2@fine.example', '2026-04-02 08:00Z', 'shop-p2-fine.example', 'user_unknown/5'), ('a2', 'p3@fine.example', '2026-04-01 08:01Z', 'shop-p3-fine.example', 'mailbox_full/4'),
    ('a3', 'p2@full.example', '2026-04-02 08:00Z', 'shop-p2-full.example', 'delivered'), ('a4', 'p3@full.example', '2026-04-02 08:00Z', 'shop-p3-full.example', 'suppressed'),
    ('a5', 'p4@full.example', '2026-04-02 08:00Z', 'shop-p4-full.example', 'unknown/5'), ('a6', 'p4@strict.example', '2026-04-02 08:00Z', 'blog-p4-strict.example', 'auto_reply'),
    ('a7', 'p3@strict.example', '2026-04-02 08:00Z', 'blog-p3-strict.example', 'pending'), ('a8', 'p2@strict.example', '2026-04-02 08:00Z', 'blog-p2-strict.example', 'greylisted/pending'),
    ('a9', 'p1@full.example', '2026-04-03 08:00Z', NULL, 'reactivate'), ('a10', 'p2@full.example', '2026-04-03 08:00Z', 'shop-p2-full.example', 'user_unknown/5'),
    ('a11', 'p1@full.example', '2026-04-04 08:00Z', NULL, 'mailbox_full/4');
-- ==== under another perspective
UPDATE setting SET value = 'benchmark' WHERE name = 'perspective';
UPDATE setting SET value = '1' WHERE name = 'global_accounts';
UPDATE setting SET value = '0.25' WHERE name = 'bounce_rate_mark';
-- ==== and back
UPDATE setting SET value = 'default' WHERE name = 'perspective';
-- ==== pending
INSERT INTO bounce_event (event_id, email, at, message_id, event, account) VALUES ('p1', 'pia@example.com', '2026-04-01 08:00Z', NULL, 'pending', 'shop'), ('p2', 'pia@example.com', '2026-04-02 08:00Z', NULL, 'greylisted/pending', NULL),
    ('p3', 'pia@example.com', '2026-04-02 08:00Z', 'q', 'pending', NULL), ('p4', 'pia@example.com', '2026-04-03 08:00Z', 'q', 'delivered', NULL), ('p5', 'pia@example.com', '2026-04-04 08:00Z', 'q', 'mailbox_full/pending', NULL),
    ('p6', 'paul@example.com', '2026-04-01 08:00Z', 'q2', 'pending', NULL), ('p7', 'paul@example.com', '2026-04-01 08:00Z', 'q2', 'soft', NULL), ('p8', 'quin@example.com', '2026-04-01 08:00Z', 'q3', 'pending', NULL), ('p9', 'quin@example.com', '2026-04-01 09:00Z', 'q3', 'none', NULL);
-- ==== cleaning: dry run
INSERT INTO cleaning_rule (name, action, applies_to, category, older_than_days, at_least, domain, pause_days) VALUES ('full', 'pause', 'soft', 'mailbox_full', 1, 1, 'FULL.example', 30), ('block', 'save', 'block', NULL, NULL, NULL, NULL, NULL), ('everybody', 'archive', 'active', NULL, NULL, 0, NULL, NULL);
INSERT INTO cleaning_rule (name, action, applies_to, category) VALUES ('odd', 'archive', 'soft', 'mailbox_ful');
INSERT INTO cleaning_rule (name, action, applies_to) VALUES ('odd', 'delete', 'soft');
INSERT INTO cleaning_rule (name, action, applies_to) VALUES ('odd', 'archive', 'sort');
INSERT INTO cleaning_rule (name, action, applies_to) VALUES ('odd', 'pause', 'soft');
INSERT INTO cleaning_rule (name, action, applies_to) VALUES ('odd', 'archive', 'inactive');
INSERT INTO cleaning_rule (name, action, applies_to, at_least) VALUES ('odd', 'archive', 'soft', -1);
INSERT INTO contact (contact_id, email, created_at) SELECT 100 + p * 10 + d, 'p' || p || '@' || CASE d WHEN 0 THEN 'gone.example' WHEN 1 THEN 'strict.example' WHEN 2 THEN 'full.example' ELSE 'fine.example' END, '2025-01-01 00:00Z'
    FROM (SELECT 1 AS p UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) x, (SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) y;
-- ==== the seven-day rule
UPDATE message SET sent_at = CURRENT_DATE WHERE message_id = 'm11';
UPDATE message SET email = ' HAL@dead.example' WHERE message_id = 'm11';
UPDATE message SET email = ' STRANGER@example.com', contact_id = NULL WHERE message_id = 'm11';
UPDATE message SET contact_id = 11 WHERE message_id = 'm11';
UPDATE message SET email = NULL WHERE message_id = 'm11';
UPDATE message SET stream = 'news' WHERE message_id = 'm11';
UPDATE contact SET created_at = '2025-01-01 01:00:00' WHERE contact_id = 11;
DELETE FROM contact WHERE contact_id = 11;
DELETE FROM contact WHERE contact_id = 10;
-- ==== cleaning
INSERT INTO cleaning_run (run_id, rule) VALUES (1, 'confirmed');
INSERT INTO cleaning_run (run_id, rule) VALUES (2, 'full');
INSERT INTO cleaning_run (run_id, rule) VALUES (3, 'block');
INSERT INTO cleaning_run (run_id, rule) VALUES (4, 'no such rule');
INSERT INTO cleaning_run (run_id, rule) VALUES (5, 'block');
INSERT INTO cleaning_run (run_id, rule) VALUES (6, 'invalid');
INSERT INTO cleaning_run (run_id, rule) VALUES (7, 'unsubscribed');
INSERT INTO cleaning_run (run_id, rule) VALUES (8, 'complained');
-- ==== archived, and imported again
INSERT INTO contact (contact_id, email, created_at) VALUES (200, 'IDA@dead.example', '2026-05-01'), (201, 'p2@gone.example', '2090-05-01');
INSERT INTO cleaning_run (run_id, rule) VALUES (1, 'confirmed') ON CONFLICT DO NOTHING;
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('u1', 'p1@gone.example', '2026-05-01', 'unsubscribe');
-- ==== undo
UPDATE cleaning_run SET undone_at = CURRENT_TIMESTAMP WHERE run_id = 1;
UPDATE cleaning_run SET undone_at = undone_at WHERE run_id = 1;
UPDATE cleaning_run SET undone_at = NULL WHERE run_id = 1;
UPDATE cleaning_run SET undone_at = CURRENT_TIMESTAMP WHERE run_id IN (2, 3, 5, 6, 7);
UPDATE cleaning_run SET undone_at = CURRENT_TIMESTAMP WHERE run_id = 8;
-- ==== undo of those who were unsubscribed before
INSERT INTO cleaning_run (run_id, rule) VALUES (10, 'inactive');
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('u2', 'p2@fine.example', '2026-05-01', 'complaint');
UPDATE cleaning_run SET undone_at = CURRENT_TIMESTAMP WHERE run_id = 10;
-- ==== incidents
INSERT INTO cleaning_run (run_id, rule) VALUES (11, 'confirmed');
INSERT INTO incident (incident_id, domain, category, since, until, note) VALUES (1, '@GONE.example ', 'domain_unknown', '2026-04-01 08:00Z', '2026-04-01 08:02Z', 'down');
INSERT INTO incident (incident_id, category, since, until) VALUES (90, 'no_such', '2026-04-01', '2026-04-02');
INSERT INTO incident (incident_id, since, until) VALUES (91, '2026-04-02', '2026-04-02');
INSERT INTO incident (incident_id, since, until) VALUES (92, NULL, '2026-04-02');
-- ==== incidents that overlap
INSERT INTO incident (incident_id, domain, category, since, until) VALUES (2, NULL, NULL, '2026-04-01 00:00Z', '2026-04-02 08:00Z'), (3, 'strict.example', NULL, '2026-03-01 00:00Z', '2026-05-02 08:00Z');
-- ==== late events of an incident, and changed ones
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('n1', 'p9@strict.example', '2026-04-05', 'user_unknown/5'), ('n2', 'p9@strict.example', '2026-04-06', 'unsubscribe'), ('n3', 'p9@strict.example', '2026-04-07', 'soft');
UPDATE bounce_event SET at = '2026-06-01' WHERE event_id = 'n1';
UPDATE bounce_event SET event = 'open' WHERE event_id = 'n3';
UPDATE bounce_event SET email = 'p9@fine.example' WHERE event_id = 'n2';
UPDATE bounce_event SET event = 'hard' WHERE event_id = 'n2';
UPDATE bounce_event SET at = '2026-04-01 09:00Z' WHERE event_id = 'n2';
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('n1', 'p9@strict.example', '2026-04-05', 'user_unknown/5');
-- ==== an incident deleted
DELETE FROM incident WHERE incident_id = 2;
-- ==== an incident changed
UPDATE incident SET domain = 'full.example', note = 'no, it was them' WHERE incident_id = 1;
UPDATE incident SET category = NULL WHERE incident_id = 1;
UPDATE incident SET until = '2026-04-30', category = 'mailbox_full' WHERE incident_id = 1;
UPDATE incident SET note = 'yes' WHERE incident_id = 3;
-- ==== no incidents
DELETE FROM incident;
-- ==== a hold that lapsed
UPDATE setting SET value = 'hubspot hold=30d' WHERE name = 'policy';
INSERT INTO contact (contact_id, email, created_at) VALUES (300, 'una@example.com', '2025-01-01 00:00Z'), (301, 'vic@example.com', '2025-01-01 00:00Z');
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('v1', 'una@example.com', '2026-01-01', 'user_unknown/5'), ('v2', 'una@example.com', '2026-01-02', 'unsubscribe'), ('v3', 'vic@example.com', '2026-01-01', 'user_unknown/5');
-- ==== looked at
UPDATE address SET asof = '2026-06-01 00:00Z' WHERE domain = 'example.com';
-- ==== an event later than that, and one earlier
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('v4', 'una@example.com', '2026-06-02', 'soft'), ('v5', 'vic@example.com', '2026-05-31', 'user_unknown/5');
UPDATE setting SET value = 'default' WHERE name = 'policy';
-- ==== rebuild
INSERT INTO rebuild SELECT email FROM address;
INSERT INTO rebuild (email) VALUES (' Never.Seen@example.com ');
-- ==== restored by hand
INSERT INTO restored_contact SELECT archive_id FROM archived_contact WHERE email LIKE '%@gone.example';
INSERT INTO restored_contact SELECT archive_id FROM archived_contact WHERE email LIKE 'nobody%';
-- ==== everything deleted
DELETE FROM bounce_event;
DELETE FROM message;
DELETE FROM contact;
DELETE FROM archived_contact;
DELETE FROM cleaning_run;
DELETE FROM rejected_event;
-- ==== odd values
INSERT INTO contact (contact_id, email, name, created_at) VALUES (1, 'o''hara@example.com', 'Bobby''); DROP TABLE contact;--', '2025-01-01 00:00Z'), (2, '"a b"@example.com', NULL, '2025-01-01 00:00Z'), (3, 'a@b@example.com', '', '2025-01-01 00:00Z'),
 (4, 'ÄRGER@example.com', 'x', '2025-01-01 00:00Z'), (5, 'a@', 'x', '2025-01-01 00:00Z'), (6, '@', 'x', '2025-01-01 00:00Z'), (7, 'ann@EXAMPLE.com.', 'x', '2025-01-01 00:00Z'), (8, 'tab	in@example.com', 'x', '2025-01-01 00:00Z');
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('q1', '"a b"@example.com', '2026-01-01 00:00:00Z', 'hard'), ('q2', 'a@b@example.com', '2026-01-01 00:00:00Z', 'hard'), ('q3', 'ÄRGER@example.com', '2026-01-01 00:00:00Z', 'hard'), ('q''4', 'o''hara@example.com', '2026-01-01 00:00:00Z', 'hard'),
  ('q5', 'x%_@example.com', '2026-01-01 00:00:00Z', 'hard'), ('q6', 'ann@example.com.', '2026-01-01 00:00:00Z', 'HARD'), ('q7', 'é@exämple.com', '2026-01-01 00:00:00Z', 'hard'), ('q8', 'a b@example.com', '2026-01-01 00:00:00Z', 'hard');
-- ==== very long
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('h1', '0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789@example.com', '2026-01-01 00:00:00Z', 'hard');
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('h2', 'a@example.com', '2026-01-01 00:00:00Z', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa');
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('h3', 'a@example.com', '2026-01-01 00:00:00Z', 'user_unknown/'), ('h4', 'a@example.com', '2026-01-01 00:00:00Z', 'user_unknown/hard'), ('h5', 'a@example.com', '2026-01-01 00:00:00Z', 'user_unknown/none'), ('h6', 'a@example.com', '2026-01-01 00:00:00Z', 'delivered/5'),
 ('h7', 'a@example.com', '2026-01-01 00:00:00Z', 'complaint/'), ('h8', 'a@example.com', '2026-01-01 00:00:00Z', 'COMPLAINT/4'), ('h9', 'a@example.com', '2026-01-01 00:00:00Z', '/5'), ('h10', 'a@example.com', '2026-01-01 00:00:00Z', '_'), ('h11', 'a@example.com', '2026-01-01 00:00:00Z', 'hard soft'), ('h12', 'a@example.com', '2026-01-01 00:00:00Z', '550'),
 ('h13', 'a@example.com', '2026-01-01 00:00:00Z', 'hard/'), ('h14', 'a@example.com', '2026-01-01 00:00:00Z', 'complaint/zzz'), ('h15', 'a@example.com', '2026-01-01 00:00:00Z', 'smtp;hard'), ('h16', 'a@example.com', '2026-01-01 00:00:00Z', 'hard.'), ('h17', 'b@example.com', '2026-01-01 00:00:00Z', '250 ok'), ('h18', 'b@example.com', '2026-01-01 00:00:00Z', 'pending/5'), ('h19', 'b@example.com', '2026-01-01 00:00:00Z', 'delivered/none'), ('h20', 'b@example.com', '2026-01-01 00:00:00Z', 'auto_reply/soft'), ('h21', 'b@example.com', '2026-01-01 00:00:00Z', 'sent/5'), ('h22', 'b@example.com', '2026-01-01 00:00:00Z', 'user_unknown/block');
-- ==== diagnostics that are kinds
INSERT INTO bounce_event (event_id, email, at, diagnostic) VALUES ('k1', 'k1@example.com', '2026-01-01 00:00:00Z', '250 2.0.0 OK queued'), ('k2', 'k2@example.com', '2026-01-01 00:00:00Z', 'This is an email abuse report for an email message'), ('k3', 'k3@example.com', '2026-01-01 00:00:00Z', 'Out of office'), ('k4', 'k4@example.com', '2026-01-01 00:00:00Z', 'zzz'), ('k5', 'k5@example.com', '2026-01-01 00:00:00Z', 'hard'), ('k6', 'k6@example.com', '2026-01-01 00:00:00Z', '	'), ('k7', 'k7@example.com', '2026-01-01 00:00:00Z', ' 550 5.1.1
user unknown  ');
-- ==== delivered later, same message, other spelling
INSERT INTO message (message_id, email, account, campaign, sent_at) VALUES ('k1', 'k1@example.com', '', '', '2026-01-01 00:00:00Z'), ('k2', 'k2@example.com', NULL, NULL, '2026-01-01 00:00:00Z'), ('k3', 'k3@example.com', NULL, '', '2026-01-01 00:00:00Z'), ('k4', 'k4@example.com', '', NULL, '2026-01-01 00:00:00Z');
UPDATE bounce_event SET message_id = event_id WHERE event_id LIKE 'k%';
INSERT INTO bounce_event (event_id, email, at, message_id, event) VALUES ('k1b', 'k1@example.com', '2026-01-02 00:00:00Z', 'k1', 'hard'), ('k1c', 'k1@example.com', '2026-01-03 00:00:00Z', 'k1', 'delivered/5'), ('k2b', 'k2@example.com', '2026-01-02 00:00:00Z', 'k2', 'suppressed/hard'), ('k2c', 'k2@example.com', '2026-01-03 00:00:00Z', 'k2', 'soft'),
  ('k3b', 'k3@example.com', '2026-01-02 00:00:00Z', 'k3', 'soft'), ('k3c', 'k3@example.com', '2026-01-02 00:00:00Z', 'k3', 'hard'), ('k3d', 'k3@example.com', '2026-01-02 00:00:00Z', 'k3', 'block'), ('k4b', 'k4@example.com', '2026-01-05 00:00:00Z', 'k4', 'open');
-- ==== times
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('t1', 't@example.com', '0001-01-01 00:00:00Z', 'soft'), ('t2', 't@example.com', '9999-12-31 23:59:59.999999Z', 'soft'), ('t5', 't@example.com', '2024-02-29', 'soft');
INSERT INTO incoming_event (event_id, email, at, event) VALUES ('t10', 't@example.com', 'infinity', 'soft'),
 ('t13', 't@example.com', '-1', 'soft'), ('t14', 't@example.com', '1700000000.25', 'soft'), ('t17', 't@example.com', '2024-06-01T12:00:00.1234567890Z', 'soft'), ('t19', 't@example.com', '2024-06-01T12:00', 'soft'), ('t20', 't@example.com', '01.06.2024', 'soft'), ('t21', 't@example.com', '06/01/2024', 'soft'), ('t22', 't@example.com', '2024-06-01T12:00:00z', 'soft'), ('t24', 't@example.com', ' 2024-06-01 12:00:00 ', 'soft'), ('t25', 't@example.com', '2024-06-01T12:00:00 +02:00', 'soft');
-- ==== state words at deletion
DELETE FROM bounce_event WHERE email = 't@example.com' AND at > '2025-01-01';
UPDATE bounce_event SET received_at = '2020-01-01' WHERE email = 't@example.com';
UPDATE bounce_event SET event_id = NULL WHERE email = 't@example.com';
UPDATE bounce_event SET rules_version = NULL WHERE email LIKE 'k%';
UPDATE bounce_event SET event_id = 'same' WHERE email IN ('k1@example.com', 'k2@example.com');
UPDATE bounce_event SET event_id = 'q1', email = 'a@b@example.com', at = '2025-01-01' WHERE event_id = 'q2';
-- ==== swaps
UPDATE bounce_event SET email = CASE email WHEN 'k3@example.com' THEN 'k4@example.com' ELSE 'k3@example.com' END WHERE email IN ('k3@example.com', 'k4@example.com');
-- ==== settings
UPDATE setting SET value = ' benchmark ' WHERE name = 'policy';
UPDATE setting SET value = '' WHERE name = 'policy';
UPDATE setting SET value = 'hard=2 soft=5' WHERE name = 'policy';
UPDATE setting SET value = NULL WHERE name = 'perspective';
UPDATE setting SET value = '' WHERE name = 'perspective';
UPDATE setting SET value = 'SES' WHERE name = 'perspective';
UPDATE setting SET value = '' WHERE name = 'own_rules';
UPDATE setting SET value = '.5' WHERE name = 'bounce_rate_mark';
UPDATE setting SET value = '0.5.5' WHERE name = 'bounce_rate_mark';
UPDATE setting SET value = '1e3' WHERE name = 'keep_days';
UPDATE setting SET value = '7.5' WHERE name = 'keep_days';
UPDATE setting SET value = ' 7' WHERE name = 'keep_days';
UPDATE setting SET value = '2.5' WHERE name = 'global_accounts';
UPDATE setting SET value = '0' WHERE name = 'pending_hours';
UPDATE setting SET value = '99999999' WHERE name = 'pending_hours';
UPDATE setting SET value = '12.' WHERE name = 'pending_hours';
INSERT INTO setting VALUES ('keep_days', '3') ON CONFLICT (name) DO UPDATE SET value = excluded.value;
UPDATE setting SET value = 'bad_policy_name hold=3d' WHERE name = 'policy';
UPDATE setting SET value = 'default ASOF = 2026-01-01' WHERE name = 'policy';
-- ==== incidents, odd
INSERT INTO incident (incident_id, domain, category, since, until) VALUES (1, 'b@example.com', NULL, '2020-01-01 00:00Z', '2027-01-01 00:00Z');
INSERT INTO incident (incident_id, domain, category, since, until) VALUES (2, 'Example.Com.', NULL, '2020-01-01 00:00Z', '2027-01-01 00:00Z');
INSERT INTO incident (incident_id, domain, category, since, until) VALUES (3, '', 'USER_UNKNOWN', '2020-01-01 00:00Z', '2027-01-01 00:00Z');
INSERT INTO incident (incident_id, domain, category, since, until) VALUES (4, 'example.com', 'hard', '2020-01-01 00:00Z', '2027-01-01 00:00Z');
INSERT INTO incident (incident_id, domain, category, since, until) VALUES (5, 'example.com', 'complaint', '2020-01-01 00:00Z', '2027-01-01 00:00Z');
INSERT INTO incident (incident_id, domain, since, until) VALUES (7, 'exämple.com', '2025-01-01', '2027-01-01');
UPDATE incident SET incident_id = 70 WHERE incident_id = 7;
UPDATE incident SET since = '2028-01-01' WHERE incident_id = 70;
UPDATE incident SET category = 'nonsense' WHERE incident_id = 70;
DELETE FROM incident WHERE incident_id IN (70);
-- ==== contacts: the same address, several times, archive and back
INSERT INTO contact (contact_id, email, created_at) VALUES (20, 'k1@example.com', '2025-01-01 00:00Z'), (21, 'K1@example.com', '2025-01-01 00:00Z'), (22, 'k5@example.com', '2025-01-01 00:00Z');
DELETE FROM incident;
INSERT INTO cleaning_run (run_id, rule) VALUES (1, 'confirmed');
INSERT INTO cleaning_run (run_id, rule) VALUES (2, 'hard');
INSERT INTO contact (contact_id, email, created_at) VALUES (20, 'k9@example.com', '2025-01-01 00:00Z');
UPDATE cleaning_run SET undone_at = CURRENT_TIMESTAMP;
-- ==== rule changed, then undone
INSERT INTO cleaning_run (run_id, rule) VALUES (3, 'confirmed'), (4, 'hard'), (5, 'soft'), (6, 'soft');
DELETE FROM cleaning_rule WHERE name IN ('confirmed', 'hard', 'soft');
INSERT INTO incident (incident_id, since, until) VALUES (8, '2026-01-01', '2026-02-01');
UPDATE cleaning_run SET undone_at = CURRENT_TIMESTAMP WHERE run_id > 2;
-- ==== truncate or delete
DELETE FROM incident;
DELETE FROM contact;
DELETE FROM bounce_event;
DELETE FROM message;
DELETE FROM archived_contact;
DELETE FROM cleaning_run;
DELETE FROM saved_list;
DELETE FROM cleaning_rule;
INSERT INTO cleaning_rule (name, action, applies_to) VALUES ('confirmed', 'archive', 'confirmed'), ('soft', 'save', 'soft');
UPDATE setting SET value = 'default' WHERE name = 'policy';
UPDATE setting SET value = '1' WHERE name = 'pending_hours';
-- ==== seven days, at the edge
INSERT INTO contact (contact_id, email, created_at) VALUES (1, 'a@example.com', '2025-01-01 00:00Z'), (2, 'b@example.com', '2025-01-01 00:00Z'), (3, 'c@example.com', '2025-01-01 00:00Z'), (4, 'c@example.com', '2025-01-01 00:00Z');
INSERT INTO message (message_id, email, sent_at) VALUES ('m1', 'a@example.com', CURRENT_DATE), ('m3', 'c@example.com', CURRENT_DATE);
INSERT INTO message (message_id, email, sent_at) VALUES ('m5', 'z@example.com', CURRENT_DATE);
INSERT INTO contact (contact_id, email, created_at) VALUES (5, 'z@example.com', '2025-01-01 00:00Z');
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('1', 'a@example.com', '2026-01-01', 'user_unknown/5'), ('2', 'b@example.com', '2026-01-01', 'user_unknown/5'), ('3', 'c@example.com', '2026-01-01', 'user_unknown/5'), ('4', 'z@example.com', '2026-01-01', 'user_unknown/5');
INSERT INTO cleaning_run (run_id, rule) VALUES (1, 'confirmed');
UPDATE setting SET value = '0' WHERE name = 'keep_days';
INSERT INTO cleaning_run (run_id, rule) VALUES (2, 'confirmed');
UPDATE cleaning_run SET undone_at = CURRENT_TIMESTAMP;
-- ==== unsubscribe given by two ways, complaint then subscribe
UPDATE setting SET value = '7' WHERE name = 'keep_days';
INSERT INTO bounce_event (event_id, email, at, event) VALUES ('u1', 'a@example.com', '2026-02-01', 'complaint'), ('u2', 'a@example.com', '2026-02-02', 'unsubscribe'), ('u3', 'b@example.com', '2026-02-02', 'unsubscribe'), ('u4', 'b@example.com', '2026-02-02', 'reactivate'), ('u5', 'c@example.com', '2026-02-02', 'subscribe'), ('u6', 'c@example.com', '2026-02-01', 'unsubscribe');
-- ==== deliveries after bounces, and before
INSERT INTO message (message_id, email, account, campaign, sent_at) SELECT 'x' || n, 'x' || n || '@example.com', 'shop', 'may', '2026-05-01 00:00Z' FROM (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6) q;
INSERT INTO bounce_event (event_id, email, at, event, message_id) VALUES ('d1', 'x1@example.com', '2026-05-01 01:00Z', 'hard', 'x1'), ('d2', 'x1@example.com', '2026-05-01 02:00Z', 'delivered', 'x1'), ('d3', 'x2@example.com', '2026-05-01 02:00Z', 'delivered', 'x2'), ('d4', 'x2@example.com', '2026-05-01 02:00Z', 'hard', 'x2'),
 ('d5', 'x3@example.com', '2026-05-01 02:00Z', 'suppressed', 'x3'), ('d6', 'x3@example.com', '2026-05-01 03:00Z', 'hard', 'x3'), ('d7', 'x4@example.com', '2026-05-01 02:00Z', 'hard', 'x4'), ('d8', 'x4@example.com', '2026-05-01 03:00Z', 'suppressed', 'x4'), ('d9', 'x4@example.com', '2026-05-01 04:00Z', 'pending', 'x4'), ('d10', 'other@example.com', '2026-05-01 04:00Z', 'soft', 'x5'), ('d11', 'x6@example.com', '2026-05-01 04:00Z', 'none', 'x6');
-- ==== the mark
UPDATE setting SET value = '0.5' WHERE name = 'bounce_rate_mark';
-- ==== the mark, just below
UPDATE setting SET value = '0.499999' WHERE name = 'bounce_rate_mark';
-- ==== archive with consent, pause and back
UPDATE contact SET consent = 'withdrawn', paused_until = '2099-01-01' WHERE contact_id = 5;
INSERT INTO cleaning_rule (name, action, applies_to, pause_days) VALUES ('rest', 'pause', 'confirmed', 10);
INSERT INTO cleaning_run (run_id, rule) VALUES (3, 'rest'), (4, 'rest');
UPDATE cleaning_run SET undone_at = CURRENT_TIMESTAMP WHERE run_id = 4;
UPDATE cleaning_run SET undone_at = CURRENT_TIMESTAMP WHERE run_id = 3;
-- ==== rule names with quotes
INSERT INTO cleaning_rule (name, action, applies_to, note) VALUES ('it''s "odd" %s', 'save', 'confirmed', 'x');
INSERT INTO cleaning_run (run_id, rule) VALUES (5, 'it''s "odd" %s');
DELETE FROM cleaning_rule WHERE name LIKE 'it%';
UPDATE cleaning_run SET undone_at = CURRENT_TIMESTAMP WHERE run_id = 5;
UPDATE cleaning_run SET rule = 'other' WHERE run_id = 5;
DELETE FROM cleaning_run WHERE run_id = 5;
-- ==== contact numbers change
UPDATE contact SET contact_id = 50 WHERE contact_id = 5;
INSERT INTO cleaning_run (run_id, rule) VALUES (6, 'confirmed');
-- ==== a rule is edited
UPDATE cleaning_rule SET category = 'MAILBOX_FULL', domain = ' @EXAMPLE.com' WHERE name = 'confirmed';
UPDATE cleaning_rule SET category = 'x' WHERE name = 'confirmed';
UPDATE cleaning_rule SET category = NULL, older_than_days = 0, at_least = 1, name = 'dead' WHERE name = 'confirmed';
INSERT INTO cleaning_rule (name, action, applies_to) VALUES ('soft', 'save', 'soft') ON CONFLICT (name) DO UPDATE SET applies_to = 'hard';
-- ==== null in every place
INSERT INTO contact (contact_id, email, name, consent) VALUES (60, 'n@example.com', NULL, NULL);
INSERT INTO message (message_id, email, stream) VALUES ('nn', 'n@example.com', NULL);
INSERT INTO message (message_id, email) VALUES (NULL, 'n@example.com');
INSERT INTO cleaning_run (rule) VALUES (NULL);
INSERT INTO cleaning_rule (name, action, applies_to) VALUES (NULL, 'save', 'soft');
INSERT INTO incident (since, until) VALUES ('2026-01-01', NULL);
INSERT INTO setting VALUES (NULL, NULL);
INSERT INTO bounce_event (event_id, email, at, event, diagnostic) VALUES (NULL, NULL, NULL, NULL, NULL);
INSERT INTO contact (contact_id, email, created_at) VALUES (61, 'n2@example.com', NULL);
INSERT INTO message (message_id, email, sent_at) VALUES ('nm', 'n@example.com', NULL);
UPDATE contact SET consent = NULL WHERE contact_id = 1;
UPDATE contact SET email = NULL WHERE contact_id = 1;
UPDATE bounce_event SET message_id = NULL, account = NULL, event_id = NULL WHERE email = 'x1@example.com';
