/* measure_test.c - lines of measures, and what is made of them. */
#include "transfer/measure.h"

#include "test/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY_US (24LL * 3600 * 1000000)
#define NOW_US (20000LL * DAY_US)

static struct fg_measure measure(int64_t age_us, int64_t bytes_per_s, uint32_t streams)
{
    return (struct fg_measure){.time_us = NOW_US - age_us,
                               .a = "here",
                               .b = "there",
                               .protocol = FG_BY_S3,
                               .latency_us = 20000,
                               .bytes_per_s = bytes_per_s,
                               .bytes = 1 << 26,
                               .streams = streams};
}

static void a_line_reads_back(void)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_measure in = measure(0, 88000000, 4), out = {};
    fg_measure_write(&text, &in);
    OK(strcmp(text.text, "v1 1728000000000000 here there s3 20000 88000000 67108864 4\n") == 0);
    text.text[text.len - 1] = '\0';
    EQ(fg_measure_parse(text.text, &out), 0);
    FG_AUTO(fg_buf) struct fg_buf again = {};
    fg_measure_write(&again, &out);
    OK(strncmp(text.text, again.text, text.len - 1) == 0);
}

static void other_lines_are_refused(void)
{
    static const char *const cases[] = {"",
                                        "v1",
                                        "v2 1 a b s3 1 1 1 1",
                                        "v1 0 a b s3 1 1 1 1",
                                        "v1 1 a b ftp 1 1 1 1",
                                        "v1 1 a b s3 -2 1 1 1",
                                        "v1 1 a b s3 1 -1 1 1",
                                        "v1 1 a b s3 1 1 1 0",
                                        "v1 1 a b s3 1 1 1 1 1",
                                        "v1 1 a b s3 1 1 1 99999999999999999999",
                                        "v1 1 a  s3 1 1 1 1",
                                        "v1 1x a b s3 1 1 1 1"};
    struct fg_measure out;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (!OK(fg_measure_parse(cases[i], &out) == FG_EINVAL))
            printf("#   %s\n", cases[i]);
}

static void one_odd_night_moves_nothing(void)
{
    FG_AUTO(fg_measure_book) struct fg_measure_book *book = fg_measure_book_new();
    struct fg_measure_estimate link;
    for (int i = 0; i < 9; i++) {
        struct fg_measure next = measure(i * DAY_US / 10, i == 4 ? 1000 : 100000 + i, 1);
        fg_measure_book_add(book, &next);
    }
    OK(fg_measure_book_find(book, "there", "here", FG_BY_S3, NOW_US, &link));
    OK(link.bytes_per_s >= 100000 && link.bytes_per_s <= 100008);
    EQ(link.many_bytes_per_s, 0);
    EQ(link.latency_us, 20000);
    EQ(link.measures, 9);
    OK(!fg_measure_book_find(book, "here", "there", FG_BY_HTTP, NOW_US, &link));
    OK(!fg_measure_book_find(book, "here", "there", FG_BY_S3, NOW_US + 61 * DAY_US, &link));
}

static void new_measures_count_more(void)
{
    FG_AUTO(fg_measure_book) struct fg_measure_book *book = fg_measure_book_new();
    struct fg_measure_estimate link;
    for (int i = 0; i < 7; i++) {
        struct fg_measure next = measure(35 * DAY_US, 1000, 1);
        fg_measure_book_add(book, &next);
    }
    for (int i = 0; i < 2; i++) {
        struct fg_measure next = measure(0, 9000, 1);
        fg_measure_book_add(book, &next);
    }
    OK(fg_measure_book_find(book, "here", "there", FG_BY_S3, NOW_US, &link));
    EQ(link.bytes_per_s, 9000);
}

static void small_moves_say_nothing_of_bandwidth(void)
{
    FG_AUTO(fg_measure_book) struct fg_measure_book *book = fg_measure_book_new();
    struct fg_measure next = measure(0, 1000, 1);
    struct fg_measure_estimate link;
    next.bytes = 1000;
    fg_measure_book_add(book, &next);
    OK(fg_measure_book_find(book, "here", "there", FG_BY_S3, NOW_US, &link));
    EQ(link.bytes_per_s, 0);
}

#define WRITERS 4
#define LINES   4000 /* of each; together more than the file may hold */

static void many_may_write_the_file(void)
{
    char path[] = "/tmp/fastgpu-measure-XXXXXX";
    struct fg_err err = {};
    int fd = mkstemp(path);
    OK(fd >= 0);
    close(fd);
    for (int w = 0; w < WRITERS; w++)
        if (fork() == 0) {
            int rc = 0;
            for (int i = 0; i < LINES && rc == 0; i++) {
                struct fg_measure next = measure(0, 1000 + w, 1);
                snprintf(next.b, sizeof(next.b), "site-%d", w);
                rc = fg_measure_append(path, &next, NULL);
            }
            _exit(rc ? 1 : 0);
        }
    for (int w = 0; w < WRITERS; w++) {
        int status = 0;
        wait(&status);
        EQ(status, 0);
    }
    FG_AUTO(fg_file) FILE *in = fopen(path, "re");
    FG_AUTO(fg_measure_book) struct fg_measure_book *book = fg_measure_book_new();
    EQ(fg_measure_book_read(book, in), 0);
    EQ(fg_measure_book_len(book), WRITERS);
    fseek(in, 0, SEEK_END);
    OK(ftell(in) <= (1 << 20) + 1000);
    FG_AUTO(fg_measure_book) struct fg_measure_book *none = fg_measure_book_new();
    unlink(path);
    EQ(fg_measure_book_load(none, path, &err), 0);
    EQ(fg_measure_book_len(none), 0);
}

int main(void)
{
    RUN(a_line_reads_back);
    RUN(other_lines_are_refused);
    RUN(one_odd_night_moves_nothing);
    RUN(new_measures_count_more);
    RUN(small_moves_say_nothing_of_bandwidth);
    RUN(many_may_write_the_file);
    return tap_done();
}
