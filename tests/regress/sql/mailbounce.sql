-- make installcheck: a short run against an installed server; the full tests are make test
CREATE EXTENSION mailbounce;
SELECT classify_bounce('550 5.1.1 <nobody@example.com>: User unknown');
SELECT bounce_event_of('452 4.2.2 Mailbox full');
SELECT bounce_type('552 5.2.2 Mailbox full'), bounce_type('552 5.2.2 Mailbox full', 'hubspot');
SELECT bounce_action('554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org');
SELECT bounce_type('450 4.1.1 User unknown', 'nobody');
SELECT count(*) FROM bounce_categories;
DROP EXTENSION mailbounce;
