/* series_test.c - curves: order, bounds, expiry, two threads. */
#include "telemetry/series.h"
#include "test/tap.h"

#include <pthread.h>
#include <stdlib.h>

#define SECOND INT64_C(1000000)

static struct fg_job_point at(int64_t time_us)
{
    return (struct fg_job_point){.time_us = time_us,
                                 .cpu_milli = time_us / SECOND,
                                 .mem_mib = 7,
                                 .gpu_milli = -1,
                                 .gpu_mem_mib = -1};
}

static void test_newest_points_come_oldest_first(void)
{
    struct fg_series *series = fg_series_new();
    struct fg_job_point out[2000];
    EQ(fg_series_job(series, 1, out, 2000), 0);
    bool right = true;
    for (int n = 1; n <= 4000; n++) {
        struct fg_job_point point = at(n * SECOND);
        fg_series_add_job(series, 1, &point);
        size_t len = fg_series_job(series, 1, out, 2000);
        size_t want = n < 1800 ? (size_t)n : 1800;
        right = right && len == want && out[len - 1].time_us == n * SECOND
                && out[0].time_us == (n - (int)want + 1) * SECOND;
        len = fg_series_job(series, 1, out, 3);
        right = right && len == (n < 3 ? (size_t)n : 3) && out[len - 1].time_us == n * SECOND;
    }
    OK(right);
    size_t len = fg_series_job(series, 1, out, 2000);
    for (size_t i = 1; i < len; i++)
        right = right && out[i].time_us == out[i - 1].time_us + SECOND && out[i].mem_mib == 7;
    OK(right);
    EQ(fg_series_job(series, 1, out, 0), 0);
    fg_series_free(series);
    fg_series_free(NULL);
}

static void test_curves_do_not_mix(void)
{
    struct fg_series *series = fg_series_new();
    for (int64_t n = 1; n <= 100; n++) {
        struct fg_device_point point = {
            .time_us = n, .busy_milli = n, .mem_mib = n, .power_mw = n, .temp_c = n};
        fg_series_add_device(series, "a", "cpu", &point);
        point.busy_milli = -1;
        fg_series_add_device(series, "a", "gpu-0", &point);
        point.busy_milli = 5;
        fg_series_add_device(series, "ac", "pu", &point);
        for (fg_job_id job = 1; job <= 50; job++) {
            struct fg_job_point use = at((int64_t)job);
            fg_series_add_job(series, job, &use);
        }
    }
    struct fg_device_point out[200];
    struct fg_job_point use[200];
    EQ(fg_series_device(series, "a", "cpu", out, 200), 100);
    EQ(out[99].busy_milli, 100);
    EQ(fg_series_device(series, "a", "gpu-0", out, 200), 100);
    EQ(out[0].busy_milli, -1);
    EQ(fg_series_device(series, "ac", "pu", out, 200), 100);
    EQ(out[0].busy_milli, 5);
    EQ(fg_series_device(series, "b", "cpu", out, 200), 0);
    EQ(fg_series_job(series, 33, use, 200), 100);
    EQ(use[50].time_us, 33);
    fg_series_free(series);
}

static void test_a_finished_curve_is_kept_for_an_hour(void)
{
    struct fg_series *series = fg_series_new();
    struct fg_job_point out[4], first = at(SECOND), late = at(3000 * SECOND),
                                later = at(3602 * SECOND);
    fg_series_add_job(series, 1, &first);
    fg_series_add_job(series, 2, &first);
    fg_series_end_job(series, 1, SECOND);
    fg_series_end_job(series, 1, SECOND);
    fg_series_end_job(series, 9, SECOND);
    fg_series_add_job(series, 2, &late);
    EQ(fg_series_job(series, 1, out, 4), 1);
    fg_series_add_job(series, 2, &later);
    EQ(fg_series_job(series, 1, out, 4), 0);
    EQ(fg_series_job(series, 2, out, 4), 3);
    fg_series_end_job(series, 2, 3602 * SECOND);
    fg_series_add_job(series, 2, &later); /* a retry */
    struct fg_job_point much_later = at(9000 * SECOND);
    fg_series_add_job(series, 3, &much_later);
    EQ(fg_series_job(series, 2, out, 4), 4);
    fg_series_free(series);
}

static void test_many_curves_are_bounded(void)
{
    struct fg_series *series = fg_series_new();
    struct fg_job_point out[2000];
    for (fg_job_id job = 1; job <= 20000; job++) {
        struct fg_job_point point = at((int64_t)job);
        fg_series_add_job(series, job, &point);
        fg_series_end_job(series, job, (int64_t)job);
    }
    EQ(fg_series_job(series, 20000, out, 2000), 1);
    EQ(fg_series_job(series, 1, out, 2000), 0);
    for (int64_t n = 0; n < 2000; n++)
        for (fg_job_id job = 1; job <= 400; job++) {
            struct fg_job_point point = at(n);
            fg_series_add_job(series, job, &point);
        }
    size_t total = 0;
    for (fg_job_id job = 1; job <= 400; job++)
        total += fg_series_job(series, job, out, 2000);
    OK(total <= 512 * 1024);
    OK(total >= 256 * 1024);
    EQ(out[0].time_us < 1999, true);
    fg_series_free(series);

    series = fg_series_new();
    for (fg_job_id job = 1; job <= 10000; job++) {
        struct fg_job_point point = at(1);
        fg_series_add_job(series, job, &point);
    }
    EQ(fg_series_job(series, 8192, out, 1), 1);
    EQ(fg_series_job(series, 8193, out, 1), 0);
    fg_series_free(series);
}

static void *add_many(void *self)
{
    for (int64_t n = 1; n <= 20000; n++) {
        struct fg_job_point point = at(n);
        fg_job_id job = (fg_job_id)(n % 50 + 1);
        fg_series_add_job(self, job, &point);
        if (n % 500 == 0)
            fg_series_end_job(self, job, n);
    }
    return NULL;
}

static void test_one_adds_while_another_reads(void)
{
    struct fg_series *series = fg_series_new();
    pthread_t adder;
    EQ(pthread_create(&adder, NULL, add_many, series), 0);
    struct fg_job_point out[2000];
    bool right = true;
    for (int n = 0; n < 5000; n++) {
        size_t len = fg_series_job(series, (fg_job_id)(n % 50 + 1), out, 2000);
        for (size_t i = 1; i < len; i++)
            right = right && out[i].time_us == out[i - 1].time_us + 50;
    }
    pthread_join(adder, NULL);
    OK(right);
    EQ(fg_series_job(series, 1, out, 2000), 400);
    fg_series_free(series);
}

int main(void)
{
    RUN(test_newest_points_come_oldest_first);
    RUN(test_curves_do_not_mix);
    RUN(test_a_finished_curve_is_kept_for_an_hour);
    RUN(test_many_curves_are_bounded);
    RUN(test_one_adds_while_another_reads);
    return tap_done();
}
