/* exporter_test.c - metrics as dcgm-exporter tells them, broken ones, and one asked over HTTP. */
#include "probe/exporter.h"

#include "probe/exposition.h"
#include "test/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char dcgm[] =
    "# HELP DCGM_FI_DEV_GPU_UTIL GPU utilization (in %).\n"
    "# TYPE DCGM_FI_DEV_GPU_UTIL gauge\n"
    "DCGM_FI_DEV_GPU_UTIL{gpu=\"0\",UUID=\"GPU-1\",modelName=\"NVIDIA "
    "\\\"H100\\\"\",Hostname=\"n3.lab\"} "
    "97\n"
    "DCGM_FI_DEV_GPU_UTIL{gpu=\"1\",Hostname=\"n3.lab\"} 3\n"
    "DCGM_FI_DEV_POWER_USAGE{gpu=\"0\",Hostname=\"n3.lab\"} 310.25 1700000000000\n"
    "DCGM_FI_PROF_SM_ACTIVE{gpu=\"0\",Hostname=\"n3.lab\"} 0.5\r\n"
    "DCGM_FI_DEV_GPU_TEMP{gpu=\"0\",Hostname=\"n3.lab\"} 9000\n"
    "DCGM_FI_DEV_GPU_UTIL{gpu=\"0\",GPU_I_ID=\"2\",Hostname=\"n3.lab\"} 11\n"
    "node_load1 0.5\n";

static void metrics_are_readings(void)
{
    struct fg_device_sample samples[4];
    char text[sizeof(dcgm)];
    memcpy(text, dcgm, sizeof(dcgm));
    EQ(fg_exporter_read(text, "hpc.*", 7, samples, 4), 2);
    OK(strcmp(samples[0].node, "hpc.n3") == 0);
    EQ(samples[0].device, 0);
    EQ(samples[0].time_us, 7);
    EQ(samples[0].value[FG_READING_BUSY], 970); /* not that of the instance */
    EQ(samples[0].value[FG_READING_POWER], 310250);
    EQ(samples[0].value[FG_READING_SM_ACTIVE], 500);
    EQ(samples[0].value[FG_READING_TEMP], -1); /* nothing is so hot */
    EQ(samples[1].value[FG_READING_BUSY], 30);
    memcpy(text, dcgm, sizeof(dcgm));
    EQ(fg_exporter_read(text, "gpu-07", 7, samples, 1), 1);
    OK(strcmp(samples[0].node, "gpu-07") == 0);
}

static void broken_lines_are_passed_over(void)
{
    static const char *const lines[] = {
        "",
        "{}",
        "a",
        "a ",
        "a x",
        "a{ 1",
        "a{b} 1",
        "a{b=} 1",
        "a{b=\"} 1",
        "a{b=\"\\",
        "a{b=\"c\" d=\"e\"} 1",
        "a NaN",
        "a +Inf",
        "a 1e30",
        "a 1x",
        "# a 1",
    };
    struct fg_metric metric;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[64], *at = text;
        snprintf(text, sizeof(text), "%s", lines[i]);
        if (!OK(!fg_exposition_next(&at, &metric)))
            printf("#   %s\n", lines[i]);
    }
    char good[] = "a{b=\"x\\\\n\\n\\\"y\", c=\"\",} -1.5e3 12\n", *at = good;
    OK(fg_exposition_next(&at, &metric));
    OK(strcmp(metric.name, "a") == 0);
    OK(strcmp(fg_metric_label(&metric, "b"), "x\\n\n\"y") == 0);
    OK(strcmp(fg_metric_label(&metric, "c"), "") == 0);
    OK(metric.value == -1500);
}

/* Answers two requests: one well, one with an error. */
static void *serve(void *self)
{
    int listener = *(int *)self;
    for (int i = 0; i < 2; i++) {
        char request[2048], answer[sizeof(dcgm) + 200];
        int fd = accept(listener, NULL, NULL);
        ssize_t got = read(fd, request, sizeof(request));
        int len = snprintf(answer, sizeof(answer),
                           "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                           i == 0 ? "200 OK" : "500 No", strlen(dcgm), dcgm);
        if (got <= 0 || write(fd, answer, (size_t)len) != len)
            i = 2;
        close(fd);
    }
    return NULL;
}

static void an_exporter_is_asked(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    pthread_t thread;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OK(bind(listener, (const struct sockaddr *)&address, sizeof(address)) == 0);
    OK(listen(listener, 4) == 0
       && getsockname(listener, (struct sockaddr *)&address, &len) == 0);
    OK(pthread_create(&thread, NULL, serve, &listener) == 0);
    struct fg_exporter list[2] = {{.nodes = "*"}, {.nodes = "x", .url = "http://127.0.0.1:1/"}};
    snprintf(list[0].url, sizeof(list[0].url), "http://127.0.0.1:%d/metrics",
             ntohs(address.sin_port));
    struct fg_exporters *exporters = fg_exporters_new(list, 2, 100000);
    struct fg_device_sample samples[8];
    size_t got = 0;
    for (int i = 0; i < 2000 && got == 0; i++) {
        got = fg_exporters_take(exporters, samples, 8);
        usleep(5000);
    }
    EQ(got, 2);
    OK(strcmp(samples[0].node, "n3") == 0);
    pthread_join(thread, NULL); /* the second request came */
    close(listener);
    EQ(fg_exporters_take(exporters, samples, 8), 0);
    fg_exporters_free(exporters);
    OK(fg_exporters_new(list, 0, 1) == NULL);
    fg_exporters_free(NULL);
}

int main(void)
{
    RUN(metrics_are_readings);
    RUN(broken_lines_are_passed_over);
    RUN(an_exporter_is_asked);
    return tap_done();
}
