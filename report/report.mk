# report.mk - a contact list as a page to look at, and as bars in the terminal. The list is only read.
#
#   make report DB=list.db                      a SQLite file with the contact-list kit, into report.html
#   make report DB=postgresql:///shop           PostgreSQL: whatever psql takes as a connection string; SCHEMA=crm if the kit is elsewhere
#   make report DB="service=shop" OUT=shop.html REPORT_LANG=zh REPORT_TITLE="Shop"
#   make report-bars DB=list.db                 in the terminal
#   make report-sample                          a made-up list, into build/report/sample.html
#
# REPORT_LANG is en or zh (the locale decides if it is not given), REPORT_NOW=2026-01-02T03:04:05Z the moment that the report goes by
# (views of the kit that go by the clock still do: pauses, the cleaning preview, what is pending too long).

OUT ?= report.html
SCHEMA ?= contact_list
export DB OUT SCHEMA REPORT_LANG REPORT_TITLE REPORT_NOW

REPORT = perl $(srcdir)/report/report.pl --extension=$(abspath build/sqlite/mailbounce) --schema="$$SCHEMA" --language="$$REPORT_LANG" \
	--now="$$REPORT_NOW" --title="$$REPORT_TITLE"

# SQLite needs the extension built, PostgreSQL has it on its server
REPORT_NEEDS = $(if $(findstring =,$(DB))$(findstring ://,$(DB)),,sqlite)

.PHONY: report report-bars report-sample

report: $(REPORT_NEEDS)
	@[ -n "$$DB" ] || { echo 'make report DB=list.db (SQLite) or DB=postgresql:///name'; exit 2; }
	@$(REPORT) --out="$$OUT" "$$DB"
	@echo "$$OUT"

report-bars: $(REPORT_NEEDS)
	@[ -n "$$DB" ] || { echo 'make report-bars DB=list.db (SQLite) or DB=postgresql:///name'; exit 2; }
	@$(REPORT) "$$DB" --bars

report-sample: sqlite
	@mkdir -p build/report && rm -f build/report/sample.db
	@sqlite3 -cmd '.load build/sqlite/mailbounce' build/report/sample.db < $(srcdir)/sql/contact_list_sqlite.sql >build/report/sample.log
	@perl $(srcdir)/report/sample.pl --now=$$(date -u +%Y-%m-%dT%H:%M:%SZ) | sqlite3 -cmd '.load build/sqlite/mailbounce' build/report/sample.db
	@$(REPORT) --out=build/report/sample.html build/report/sample.db
	@echo build/report/sample.html

# The tests of the report with those in a browser, and pictures of it in build/report. `make test` runs them, too, with the browser if
# there is one.
test-report: sqlite
	@sh $(srcdir)/tests/deps.sh report
	@cd $(CURDIR) && REPORT_PICTURES=build/report MAILBOUNCE_SOURCE=$(srcdir) LC_ALL=C prove $(PROVE_FLAGS) $(srcdir)/tests/sqlite/report.t
