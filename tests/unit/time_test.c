/*
 * time_test.c - times as text and numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "memory.h"
#include "state.h"
#include "times.h"

static bnc_error error;

static const char *
written(int64_t time)
{
    static char text[BNC_TIME_TEXT + 1];

    bnc_time_write(time, text);
    text[BNC_TIME_TEXT] = '\0';
    return text;
}

static void
expect(const char *text, const char *time)
{
    int64_t got;

    error.message[0] = '\0';
    if (bnc_time_read(text_of(text), &got, &error) != BNC_OK)
        fail_msg("%s: %s", text, error.message);
    assert_string_equal(written(got), time);
}

static void
refuse(const char *text, const char *problem)
{
    int64_t got = 42;

    if (bnc_time_read(text_of(text), &got, &error) == BNC_OK)
        fail_msg("%s: taken for %s", text, written(got));
    assert_non_null(strstr(error.message, problem));
    assert_int_equal(got, 42);
}

static void
reads_iso(void **state)
{
    (void)state;
    expect("2026-01-02", "2026-01-02T00:00:00.000000Z");
    expect("2026-01-02 03:04", "2026-01-02T03:04:00.000000Z");
    expect("2026-01-02 03:04:05", "2026-01-02T03:04:05.000000Z");
    expect("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000000Z");
    expect("2026-01-02t03:04:05z", "2026-01-02T03:04:05.000000Z");
    expect("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678000Z");
    expect("  2026-01-02 03:04:05.5 \n", "2026-01-02T03:04:05.500000Z");
    expect("2024-02-29T24:00", "2024-03-01T00:00:00.000000Z");
    expect("2000-02-29", "2000-02-29T00:00:00.000000Z");
}

static void
reads_zones(void **state)
{
    (void)state;
    expect("2026-01-02 03:04+02:00", "2026-01-02T01:04:00.000000Z");
    expect("2026-01-02 03:04:05.25 -05:30", "2026-01-02T08:34:05.250000Z");
    expect("2026-01-02 03:04:05+02", "2026-01-02T01:04:05.000000Z");
    expect("2026-01-02T03:04:05-0130", "2026-01-02T04:34:05.000000Z");
    expect("0001-01-01T01:00:00+01:00", "0001-01-01T00:00:00.000000Z");
    refuse("0001-01-01T01:00:00+01:01", "out of range");
    refuse("9999-12-31T23:59:59-00:01", "out of range");
}

static void
rounds_to_microseconds(void **state)
{
    (void)state;
    expect("2026-01-02T03:04:05.1234564", "2026-01-02T03:04:05.123456Z");
    expect("2026-01-02T03:04:05.1234565", "2026-01-02T03:04:05.123456Z");
    expect("2026-01-02T03:04:05.1234575", "2026-01-02T03:04:05.123458Z");
    expect("2026-01-02T03:04:05.12345650001", "2026-01-02T03:04:05.123457Z");
    expect("2026-12-31T23:59:59.9999999", "2027-01-01T00:00:00.000000Z");
    refuse("9999-12-31T23:59:59.9999999", "out of range");
}

static void
reads_numbers(void **state)
{
    (void)state;
    expect("1700000000", "2023-11-14T22:13:20.000000Z");
    expect("1700000000.123456", "2023-11-14T22:13:20.123456Z");
    expect("-1.5", "1969-12-31T23:59:58.500000Z");
    expect("2440587.5", "1970-01-01T00:00:00.000000Z");
    expect("2461042.62783565", "2026-01-02T03:04:05.000000Z");
    expect("5373484.49999999", "9999-12-31T23:59:59.999000Z");
    expect("5373484.5", "1970-03-04T04:38:04.500000Z");
    refuse("0", "out of range");
    refuse("1721425.4", "out of range");
    expect("1721425.5", "0001-01-01T00:00:00.000000Z");
    refuse("253402300800", "out of range");
    refuse("99999999999999999999999", "can't be read");
    refuse("20260102", "may be a date");
    refuse("1e9", "can't be read");
}

static void
takes_values(void **state)
{
    int64_t time;

    (void)state;
    assert_int_equal(bnc_time_of_integer(1700000000, &time, &error), BNC_OK);
    assert_string_equal(written(time), "2023-11-14T22:13:20.000000Z");
    assert_int_equal(bnc_time_of_integer(2440588, &time, &error), BNC_OK);
    assert_string_equal(written(time), "1970-01-01T12:00:00.000000Z");
    assert_int_equal(bnc_time_of_integer(INT64_MAX, &time, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_time_of_integer(INT64_MIN, &time, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_time_of_integer(0, &time, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_time_of_real(1700000000.25, &time, &error), BNC_OK);
    assert_string_equal(written(time), "2023-11-14T22:13:20.250000Z");
    assert_int_equal(bnc_time_of_real(-0.000001, &time, &error), BNC_OK);
    assert_int_equal(time, -1);
    assert_int_equal(bnc_time_of_real(2461042.62783565, &time, &error), BNC_OK);
    assert_string_equal(written(time), "2026-01-02T03:04:05.000000Z");
    assert_int_equal(bnc_time_of_real(1e300, &time, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_time_of_real(-1e300, &time, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_time_of_real(strtod("nan", NULL), &time, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_time_check(BNC_TIME_MIN - 1, &error), BNC_BAD_ARGUMENT);
    assert_int_equal(bnc_time_check(BNC_TIME_MAX, &error), BNC_OK);
}

static void
refuses_the_rest(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "yesterday",
                                      "2026-1-2",
                                      "2026-13-01",
                                      "2026-00-01",
                                      "2026-02-29",
                                      "1900-02-29",
                                      "2026-04-31",
                                      "2026-01-02T",
                                      "2026-01-02Z",
                                      "2026-01-02 3:04",
                                      "2026-01-02 03",
                                      "2026-01-02 25:00",
                                      "2026-01-02 24:01",
                                      "2026-01-02 03:60",
                                      "2026-01-02 03:04:60",
                                      "2026-01-02 03:04:05.",
                                      "2026-01-02 03:04:05 UTC",
                                      "2026-01-02 03:04:05+15:00",
                                      "2026-01-02 03:04:05+2",
                                      "2026-01-02x03:04",
                                      "03:04:05",
                                      "subsec",
                                      "+",
                                      "-",
                                      ".5",
                                      "1.2.3",
                                      "0x10",
                                      "10000-01-01",
                                      "-001-01-01"};
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        refuse(bad[i], "can't be read");
    refuse("now", "no moment");
    refuse(" NOW ", "no moment");
    refuse("0000-12-31", "out of range");
    refuse("2026", "out of range");
}

static void
counts_asof_in_seconds(void **state)
{
    int64_t time;

    (void)state;
    assert_int_equal(bnc_time_read_seconds(text_of("5000000"), &time, &error), BNC_OK);
    assert_string_equal(written(time), "1970-02-27T20:53:20.000000Z");
    assert_int_equal(bnc_time_read_seconds(text_of("2026-01-02"), &time, &error), BNC_OK);
    assert_string_equal(written(time), "2026-01-02T00:00:00.000000Z");
}

/* Every day that there is, written and read again, counted without the calendar of the core. */
static void
knows_every_day(void **state)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t time = BNC_TIME_MIN;
    int64_t again;
    char text[64];
    int year, month, day, last;

    (void)state;
    for (year = 1; year <= 9999; year++)
        for (month = 1; month <= 12; month++) {
            last = days[month - 1] + (month == 2 && (year % 400 == 0 || (year % 4 == 0 && year % 100 != 0)) ? 1 : 0);
            for (day = 1; day <= last; day++) {
                snprintf(text, sizeof(text), "%04d-%02d-%02dT00:00:00.000000Z", year, month, day);
                if (strcmp(written(time), text) != 0 || bnc_time_read(text_of(text), &again, &error) != BNC_OK ||
                    again != time)
                    fail_msg("%s", text);
                time += INT64_C(86400000000);
            }
        }
    assert_int_equal(time - 1, BNC_TIME_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_iso),
                                       cmocka_unit_test(reads_zones),
                                       cmocka_unit_test(rounds_to_microseconds),
                                       cmocka_unit_test(reads_numbers),
                                       cmocka_unit_test(takes_values),
                                       cmocka_unit_test(refuses_the_rest),
                                       cmocka_unit_test(counts_asof_in_seconds),
                                       cmocka_unit_test(knows_every_day)};

    (void)memory;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
