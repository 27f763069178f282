/*
 * time.c - times as text and numbers, to and from microseconds since 1970; see state.h.
 *
 * What it must not know: a clock, a time zone other than those written down, the C library's time functions.
 * The calendar is the proleptic Gregorian one, as in ISO 8601 and in both database engines.
 */
#include "times.h"

#include "message.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define DAY_SECONDS 86400
#define SECOND_MICROS 1000000

/* SQLite's rule "auto": numbers from 0 to below this are Julian days. */
#define JULIAN_END 5373484.5
#define JULIAN_DAYS_MS INT64_C(86400000)
#define JULIAN_1970_MS INT64_C(210866760000000) /* 1970-01-01, as a Julian day, in milliseconds */

static bnc_status
complain(bnc_error *error, bnc_slice text, const char *problem)
{
    char given[48];

    bnc_quote(text, given, sizeof(given));
    snprintf(error->message, sizeof(error->message), "time \"%s\" %s", given, problem);
    return BNC_BAD_ARGUMENT;
}

static bnc_status
unreadable(bnc_error *error, bnc_slice text)
{
    return complain(error, text,
                    "can't be read; legal: 2026-01-02, 2026-01-02 03:04, 2026-01-02T03:04:05.678Z, "
                    "2026-01-02T03:04:05+02:00, or a number (Julian day or Unix seconds)");
}

bnc_status
bnc_time_check(int64_t time, bnc_error *error)
{
    if (time >= BNC_TIME_MIN && time <= BNC_TIME_MAX)
        return BNC_OK;
    snprintf(error->message, sizeof(error->message), "time out of range; legal: the years 0001 to 9999");
    return BNC_BAD_ARGUMENT;
}

/* ---- the calendar: days since 1970-01-01; years start in March, so that leap days end them ---- */

static int64_t
days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void
date_of(int64_t days, int *year, int *month, int *day)
{
    int64_t since = days + 719468; /* 0000-03-01; not negative from the year 1 on */
    int64_t era = since / 146097;
    int64_t of_era = since % 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * of_year + 2) / 153;

    *day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = (int)(year_of_era + era * 400 + (*month <= 2 ? 1 : 0));
}

static int
days_in(int year, int month)
{
    static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 1 : 0);
}

/* ---- text ---- */

typedef struct reader {
    const char *at, *end;
} reader;

static bool
take(reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static bool
take_blanks(reader *r)
{
    const char *start = r->at;

    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t'))
        r->at++;
    return r->at > start;
}

/* Exactly two (or four) digits, of a number in these limits. */
static bool
take_number(reader *r, int digits, int low, int high, int *number)
{
    int value = 0;

    if (r->end - r->at < digits)
        return false;
    for (; digits > 0; digits--) {
        if (!bnc_is_digit((unsigned char)*r->at))
            return false;
        value = value * 10 + (*r->at++ - '0');
    }
    *number = value;
    return value >= low && value <= high;
}

/* Digits after a point, rounded to millionths; halves go to the even neighbour, as PostgreSQL rounds. */
static bool
take_fraction(reader *r, int64_t *millionths)
{
    const char *start = r->at;
    int64_t value = 0;
    int seventh = 0;
    bool more = false;
    int n;

    for (n = 0; r->at < r->end && bnc_is_digit((unsigned char)*r->at); n++, r->at++) {
        if (n < 6)
            value = value * 10 + (*r->at - '0');
        else if (n == 6)
            seventh = *r->at - '0';
        else if (*r->at != '0')
            more = true;
    }
    for (; n < 6; n++)
        value *= 10;
    if (seventh > 5 || (seventh == 5 && (more || value % 2 == 1)))
        value++;
    *millionths = value;
    return r->at > start;
}

/* Z, +hh:mm, +hhmm, +hh, or nothing; in seconds to be taken away. */
static bool
take_zone(reader *r, int64_t *seconds)
{
    int sign, hours;
    int minutes = 0;

    *seconds = 0;
    take_blanks(r);
    if (r->at == r->end || take(r, 'Z') || take(r, 'z'))
        return true;
    if (*r->at != '+' && *r->at != '-')
        return false;
    sign = *r->at++ == '-' ? -1 : 1;
    if (!take_number(r, 2, 0, 14, &hours))
        return false;
    if (r->at < r->end) {
        take(r, ':');
        if (!take_number(r, 2, 0, 59, &minutes))
            return false;
    }
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* hh:mm, hh:mm:ss or hh:mm:ss.fff, in microseconds of the day; 24:00 ends a day. */
static bool
take_clock(reader *r, int64_t *micros)
{
    int hours, minutes;
    int seconds = 0;
    int64_t fraction = 0;

    if (!take_number(r, 2, 0, 24, &hours) || !take(r, ':') || !take_number(r, 2, 0, 59, &minutes))
        return false;
    if (take(r, ':')) {
        if (!take_number(r, 2, 0, 59, &seconds))
            return false;
        if (take(r, '.') && !take_fraction(r, &fraction))
            return false;
    }
    *micros = ((int64_t)hours * 3600 + minutes * 60 + seconds) * SECOND_MICROS + fraction;
    return *micros <= INT64_C(86400000000);
}

static bool
read_iso(bnc_slice text, int64_t *time)
{
    reader r = {text.data, text.data + text.len};
    int year, month, day;
    int64_t clock = 0;
    int64_t zone = 0;

    if (!take_number(&r, 4, 0, 9999, &year) || !take(&r, '-') || !take_number(&r, 2, 1, 12, &month) || !take(&r, '-') ||
        !take_number(&r, 2, 1, days_in(year, month), &day))
        return false;
    if (r.at < r.end) {
        if (!take_blanks(&r) && !take(&r, 'T') && !take(&r, 't'))
            return false;
        if (!take_clock(&r, &clock) || !take_zone(&r, &zone) || r.at < r.end)
            return false;
    }
    *time = (days_of(year, month, day) * DAY_SECONDS - zone) * SECOND_MICROS + clock;
    return true;
}

/* ---- numbers ---- */

/* Decimal digits with an optional sign and point, exactly. */
typedef struct decimal {
    bool negative;
    int64_t whole;
    bnc_slice fraction; /* digits */
    bool plain;         /* neither sign nor point */
} decimal;

static bool
read_decimal(bnc_slice text, decimal *d)
{
    reader r = {text.data, text.data + text.len};
    const char *start;

    d->negative = take(&r, '-');
    d->plain = !d->negative && !take(&r, '+');
    start = r.at;
    for (d->whole = 0; r.at < r.end && bnc_is_digit((unsigned char)*r.at); r.at++) {
        if (d->whole > INT64_C(99999999999999))
            return false;
        d->whole = d->whole * 10 + (*r.at - '0');
    }
    if (r.at == start)
        return false;
    d->fraction.data = r.at;
    d->fraction.len = 0;
    if (take(&r, '.')) {
        d->plain = false;
        d->fraction.data = r.at;
        while (r.at < r.end && bnc_is_digit((unsigned char)*r.at))
            r.at++;
        d->fraction.len = (size_t)(r.at - d->fraction.data);
    }
    return r.at == r.end;
}

/* 20260102 is a date to people, and 23 August 1970 in Unix seconds. */
static bool
is_ambiguous(bnc_slice text, const decimal *d)
{
    return d->plain && text.len == 8;
}

static int64_t
unix_micros(const decimal *d)
{
    reader r = {d->fraction.data, d->fraction.data + d->fraction.len};
    int64_t fraction = 0;
    int64_t micros;

    take_fraction(&r, &fraction);
    micros = d->whole < INT64_C(1000000000000) ? d->whole * SECOND_MICROS + fraction : INT64_MAX;
    return d->negative ? -micros : micros;
}

/* To the millisecond, as SQLite reads Julian days: their digits mean no more. */
static int64_t
julian_micros(const decimal *d)
{
    int64_t fraction = 0;
    int64_t scale = 1;
    size_t i;

    for (i = 0; i < d->fraction.len && i < 10; i++) {
        fraction = fraction * 10 + (d->fraction.data[i] - '0');
        scale *= 10;
    }
    return (d->whole * JULIAN_DAYS_MS + (fraction * JULIAN_DAYS_MS + scale / 2) / scale - JULIAN_1970_MS) * 1000;
}

static bool
is_julian(const decimal *d)
{
    if (d->negative || d->whole > 5373484)
        return false;
    return d->whole < 5373484 || d->fraction.len == 0 || d->fraction.data[0] < '5';
}

bnc_status
bnc_time_of_integer(int64_t number, int64_t *time, bnc_error *error)
{
    int64_t micros;
    bnc_status status;

    if (number >= 0 && number <= (int64_t)JULIAN_END)
        micros = (number * JULIAN_DAYS_MS - JULIAN_1970_MS) * 1000;
    else if (number > -INT64_C(1000000000000) && number < INT64_C(1000000000000))
        micros = number * SECOND_MICROS;
    else
        micros = BNC_TIME_NONE;
    status = bnc_time_check(micros, error);
    if (status == BNC_OK)
        *time = micros;
    return status;
}

bnc_status
bnc_time_of_real(double number, int64_t *time, bnc_error *error)
{
    int64_t micros = BNC_TIME_NONE;
    int64_t whole;
    double rest;
    bnc_status status;

    if (number >= 0 && number < JULIAN_END) {
        micros = ((int64_t)(number * 86400000.0 + 0.5) - JULIAN_1970_MS) * 1000;
    } else if (number > -1e12 && number < 1e12) {
        whole = (int64_t)number;
        rest = (number - (double)whole) * 1e6;
        micros = whole * SECOND_MICROS + (int64_t)(rest < 0 ? rest - 0.5 : rest + 0.5);
    }
    status = bnc_time_check(micros, error);
    if (status == BNC_OK)
        *time = micros;
    return status;
}

/* ---- together ---- */

static bnc_status
read_time(bnc_slice text, bool automatic, int64_t *time, bnc_error *error)
{
    decimal d;
    int64_t micros;

    text = bnc_slice_trim(text);
    if (bnc_slice_equal_caseless(text, bnc_slice_of("now")))
        return complain(error, text,
                        "is no moment: the same events must give the same answer tomorrow; "
                        "write the time itself, e.g. strftime('%Y-%m-%dT%H:%M:%fZ', 'now')");
    if (read_decimal(text, &d)) {
        if (is_ambiguous(text, &d))
            return complain(error, text, "may be a date or a number; write 2026-01-02 for a date");
        micros = automatic && is_julian(&d) ? julian_micros(&d) : unix_micros(&d);
    } else if (!read_iso(text, &micros)) {
        return unreadable(error, text);
    }
    if (micros < BNC_TIME_MIN || micros > BNC_TIME_MAX)
        return complain(error, text, "is out of range; legal: the years 0001 to 9999");
    *time = micros;
    return BNC_OK;
}

bnc_status
bnc_time_read(bnc_slice text, int64_t *time, bnc_error *error)
{
    return read_time(text, true, time, error);
}

bnc_status
bnc_time_read_seconds(bnc_slice text, int64_t *time, bnc_error *error)
{
    return read_time(text, false, time, error);
}

int64_t
bnc_time_day(int64_t time)
{
    return (time - BNC_TIME_MIN) / INT64_C(86400000000);
}

static char *
put_digits(char *end, int64_t number, int digits)
{
    for (; digits > 0; digits--) {
        *--end = (char)('0' + number % 10);
        number /= 10;
    }
    return end;
}

void
bnc_time_write(int64_t time, char text[BNC_TIME_TEXT])
{
    int64_t since = time - BNC_TIME_MIN;
    int64_t micros = since % INT64_C(86400000000);
    int year, month, day;

    date_of(bnc_time_day(time) + days_of(1, 1, 1), &year, &month, &day);
    memcpy(text, "0000-00-00T00:00:00.000000Z", BNC_TIME_TEXT);
    put_digits(text + 4, year, 4);
    put_digits(text + 7, month, 2);
    put_digits(text + 10, day, 2);
    put_digits(text + 13, micros / INT64_C(3600000000), 2);
    put_digits(text + 16, micros / INT64_C(60000000) % 60, 2);
    put_digits(text + 19, micros / SECOND_MICROS % 60, 2);
    put_digits(text + 26, micros % SECOND_MICROS, 6);
}
