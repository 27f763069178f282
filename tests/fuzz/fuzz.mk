# fuzz.mk - the fuzzers: clang's libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer, all in build/fuzz.
#
#   make fuzz FUZZ_SECONDS=600        each for that long; what they learn stays in build/fuzz/corpus
#   make fuzz FUZZERS=match           one of them
#   make worst WORST_NS=2000          time per byte of texts made to be slow; fails above the limit
#
# An input that fails is kept as build/fuzz/NAME-crash-...; build/fuzz/NAME FILE repeats it.

FUZZERS ?= diagnostic rules match address
FUZZ_SECONDS ?= 60
WORST_NS ?= 0
FUZZ_CC ?= $(or $(notdir $(firstword $(shell command -v clang clang-21 clang-20 clang-19 clang-18 clang-17 clang-16 clang-15 \
	clang-14 2>/dev/null))),clang)
FUZZ_SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_CFLAGS = -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -g -Wall -Wextra $(FUZZ_SANITIZE)
FUZZ_OBJECTS = $(patsubst %.c,build/fuzz/objects/%.o,$(notdir $(HOST_SOURCES) $(GENERATED)))
FUZZ_HEADERS = $(CORE_HEADERS) $(wildcard $(srcdir)/tests/fuzz/*.h)

# words and letters: what each fuzzer starts from, and the longest input it tries
FUZZ_SEEDS_diagnostic = build/fuzz/seeds/diagnostic
FUZZ_SEEDS_rules = build/fuzz/seeds/rules
FUZZ_OPTIONS_diagnostic = -dict=build/fuzz/seeds/dictionary -max_len=9000 -len_control=10
FUZZ_OPTIONS_rules = -dict=build/fuzz/seeds/dictionary -max_len=2000
FUZZ_OPTIONS_match = -max_len=400
FUZZ_OPTIONS_address = -max_len=300

.PHONY: fuzz worst $(FUZZERS:%=fuzz-%)
.SECONDARY: $(FUZZ_OBJECTS)

fuzz: $(FUZZERS:%=fuzz-%)
	@echo "No fault found."

$(FUZZERS:%=fuzz-%): fuzz-%: build/fuzz/% build/fuzz/seeds/dictionary
	@mkdir -p build/fuzz/corpus/$*
	@echo "fuzz $*: $(FUZZ_SECONDS) s"
	@nice build/fuzz/$* -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix=build/fuzz/$*- $(FUZZ_OPTIONS_$*) build/fuzz/corpus/$* $(FUZZ_SEEDS_$*) \
		>build/fuzz/$*.log 2>&1 || { tail -n 60 build/fuzz/$*.log; exit 1; }
	@sed -n 's/^stat::number_of_executed_units: */    inputs: /p; s/^stat::new_units_added: */    new: /p' build/fuzz/$*.log

worst: build/fuzz/worst
	@build/fuzz/worst $(WORST_NS)

build/fuzz/objects:
	@mkdir -p $@

build/fuzz/objects/%.o: $(srcdir)/core/%.c $(CORE_HEADERS) $(GENERATED) | build/fuzz/objects
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link $(CORE_CPPFLAGS) -c -o $@ $<

build/fuzz/objects/%.o: build/generated/%.c $(CORE_HEADERS) | build/fuzz/objects
	$(FUZZ_CC) $(FUZZ_CFLAGS) $(CORE_CPPFLAGS) -c -o $@ $<

build/fuzz/worst: $(srcdir)/tests/fuzz/worst.c $(CORE_ALL) $(FUZZ_HEADERS) | build/fuzz/objects
	$(CC) -std=c11 -D_POSIX_C_SOURCE=200809L -O2 -g -Wall -Wextra $(CORE_CPPFLAGS) -o $@ $< $(CORE_ALL) $(CORE_LIBS)

build/fuzz/%: $(srcdir)/tests/fuzz/%.c $(FUZZ_OBJECTS) $(FUZZ_HEADERS)
	$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer $(CORE_CPPFLAGS) -o $@ $< $(FUZZ_OBJECTS) $(CORE_LIBS)

build/fuzz/seeds/dictionary: $(srcdir)/tests/fuzz/seeds.pl $(RULE_FILES) $(CASES)
	@mkdir -p build/fuzz/seeds/diagnostic build/fuzz/seeds/rules
	LC_ALL=C perl $< $@ build/fuzz/seeds/diagnostic build/fuzz/seeds/rules $(RULE_FILES) $(CASES)
