/* tally_test.c - what is counted, and how it is written: for Prometheus and as OpenMetrics. */
#include "api/tally.h"

#include "model/command.h"
#include "test/tap.h"

#include <stdio.h>
#include <string.h>

static void labels_are_escaped_and_endings_are_those_of_the_format(void)
{
    static const char *const want[] = {
        "# HELP a_total Help.\n# TYPE a_total counter\na_total{x=\"1\\\\2\\\"3\\n4\",y=\"\"} "
        "3\n",
        "# HELP a Help.\n# TYPE a counter\na_total{x=\"1\\\\2\\\"3\\n4\",y=\"\"} 3\n",
    };
    for (int open = 0; open < 2; open++) {
        struct fg_buf buf = {};
        struct fg_metric_text to = {.out = &buf, .is_open = open};
        fg_export_family(&to, "a", FG_METRIC_COUNTER, "", "Help.");
        fg_export_sample(&to, "");
        fg_export_label(&to, "x", "1\\2\"3\n4");
        fg_export_label(&to, "y", "");
        fg_export_value(&to, 3);
        OK(strcmp(buf.text, want[open]) == 0);
        fg_buf_clear(&buf);
        fg_export_one(&to, "b_seconds", FG_METRIC_GAUGE, "seconds", "Help.", 0.25);
        fg_export_end(&to);
        OK((strstr(buf.text, "# UNIT b_seconds seconds\n") != NULL) == open);
        OK((strstr(buf.text, "b_seconds 0.25\n# EOF\n") != NULL) == open);
        fg_buf_free(&buf);
    }
}

static void write_to(struct fg_tally *tally, struct fg_buf *buf)
{
    struct fg_metric_text to = {.out = buf};
    fg_buf_clear(buf);
    fg_tally_write(tally, &to);
}

static void waits_fall_into_the_buckets_that_hold_them(void)
{
    struct fg_tally *tally = fg_tally_new();
    struct fg_buf buf = {};
    static const char *const members[] = {"{\"attempt\":1,\"waited_us\":1000000}",
                                          "{\"attempt\":1,\"waited_us\":7500000}",
                                          "{\"attempt\":2}"};
    for (int i = 0; i < 3; i++)
        fg_tally_event(tally, &(struct fg_event){.kind = "job.running", .json = members[i]});
    fg_tally_submit(tally, 2000);
    write_to(tally, &buf);
    OK(strstr(buf.text, "fastgpu_events_total{kind=\"job.running\"} 3\n") != NULL);
    OK(strstr(buf.text, "fastgpu_job_wait_seconds_bucket{le=\"1.0\"} 1\n") != NULL);
    OK(strstr(buf.text, "fastgpu_job_wait_seconds_bucket{le=\"5.0\"} 1\n") != NULL);
    OK(strstr(buf.text, "fastgpu_job_wait_seconds_bucket{le=\"15.0\"} 2\n") != NULL);
    OK(strstr(buf.text, "fastgpu_job_wait_seconds_bucket{le=\"+Inf\"} 2\n") != NULL);
    OK(strstr(buf.text, "fastgpu_job_wait_seconds_sum 8.5\n") != NULL);
    OK(strstr(buf.text, "fastgpu_submit_seconds_bucket{le=\"0.001\"} 0\n") != NULL);
    OK(strstr(buf.text, "fastgpu_submit_seconds_bucket{le=\"0.0025\"} 1\n") != NULL);
    fg_buf_free(&buf);
    fg_tally_free(tally);
}

static void kinds_beyond_the_bound_are_others(void)
{
    struct fg_tally *tally = fg_tally_new();
    struct fg_buf buf = {};
    for (int i = 0; i < 100; i++) {
        char kind[16];
        snprintf(kind, sizeof(kind), "kind.%d", i);
        fg_tally_event(tally, &(struct fg_event){.kind = kind, .json = ""});
    }
    write_to(tally, &buf);
    OK(strstr(buf.text, "{kind=\"kind.62\"} 1\n") != NULL);
    OK(strstr(buf.text, "{kind=\"kind.63\"}") == NULL);
    OK(strstr(buf.text, "{kind=\"other\"} 37\n") != NULL);
    fg_buf_free(&buf);
    fg_tally_free(tally);
}

int main(void)
{
    RUN(labels_are_escaped_and_endings_are_those_of_the_format);
    RUN(waits_fall_into_the_buckets_that_hold_them);
    RUN(kinds_beyond_the_bound_are_others);
    return tap_done();
}
