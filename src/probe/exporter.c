/* exporter.c - see exporter.h */
#include "probe/exporter.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "probe/exposition.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEADLINE_MS 5000
#define SAMPLES_MAX 8192

struct source {
    struct fg_exporter what;
    CURL *curl;
    struct fg_buf answer;
};

struct fg_exporters {
    int64_t interval_us;
    size_t sources_len;
    struct source *sources; /* the thread's alone */
    CURLM *multi;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool over;
    struct fg_device_sample *samples;
    size_t samples_len;
};

/* ---- an answer ---- */

/* "hpc.*" and Hostname "n3.example.org" -> "hpc.n3". */
static bool name_node(const char *nodes, const char *host, char out[FG_NAME_MAX])
{
    size_t len = strlen(nodes);
    if (len == 0 || nodes[len - 1] != '*')
        return fg_copy(out, FG_NAME_MAX, nodes);
    int host_len = (int)strcspn(host, ".");
    return host_len > 0
           && snprintf(out, FG_NAME_MAX, "%.*s%.*s", (int)len - 1, nodes, host_len, host)
                  < FG_NAME_MAX;
}

static struct fg_device_sample *sample_of(
    struct fg_device_sample *list, size_t *len, size_t max, const char *node, uint32_t device)
{
    for (size_t i = *len; i-- > 0;)
        if (list[i].device == device && strcmp(list[i].node, node) == 0)
            return &list[i];
    if (*len == max)
        return NULL;
    struct fg_device_sample *it = &list[(*len)++];
    *it = (struct fg_device_sample){.device = device, .value = FG_READINGS_UNKNOWN};
    fg_copy(it->node, sizeof(it->node), node);
    return it;
}

size_t fg_exporter_read(
    char *text, const char *nodes, int64_t time_us, struct fg_device_sample *out, size_t max)
{
    struct fg_metric metric;
    size_t len = 0;
    while (fg_exposition_next(&text, &metric)) {
        char node[FG_NAME_MAX], *end;
        enum fg_reading which;
        int64_t value;
        const char *gpu = fg_metric_label(&metric, "gpu");
        unsigned long device = strtoul(gpu, &end, 10);
        if (end == gpu || *end || device >= FG_NODE_DEVICES_MAX
            || fg_metric_label(&metric, "GPU_I_ID")[0]
            || !fg_metric_reading(&metric, &which, &value)
            || !name_node(nodes, fg_metric_label(&metric, "Hostname"), node))
            continue;
        struct fg_device_sample *it = sample_of(out, &len, max, node, (uint32_t)device);
        if (!it)
            continue;
        it->time_us = time_us;
        it->value[which] = value;
    }
    return len;
}

/* ---- asking ---- */

static size_t on_body(char *bytes, size_t size, size_t len, void *self)
{
    struct source *source = self;
    if (source->answer.len + size * len > FG_EXPORTER_BYTES_MAX)
        return 0; /* ends the transfer with an error */
    fg_buf_add(&source->answer, bytes, size * len);
    return size * len;
}

static void prepare(struct source *source)
{
    source->curl = curl_easy_init();
    if (!source->curl)
        abort();
    curl_easy_setopt(source->curl, CURLOPT_URL, source->what.url);
    curl_easy_setopt(source->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(source->curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(source->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(source->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(source->curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(source->curl, CURLOPT_TIMEOUT_MS, (long)DEADLINE_MS);
    curl_easy_setopt(source->curl, CURLOPT_USERAGENT, "fastgpu/" FASTGPU_VERSION);
    curl_easy_setopt(source->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(source->curl, CURLOPT_WRITEDATA, source);
    curl_easy_setopt(source->curl, CURLOPT_PRIVATE, source);
}

static void take_answer(struct fg_exporters *exporters, struct source *source)
{
    const struct fg_clock *clock = fg_clock_system();
    if (source->answer.len == 0)
        return;
    pthread_mutex_lock(&exporters->mutex);
    exporters->samples_len += fg_exporter_read(
        source->answer.text, source->what.nodes, clock->now_us(clock->self),
        exporters->samples + exporters->samples_len, SAMPLES_MAX - exporters->samples_len);
    pthread_mutex_unlock(&exporters->mutex);
}

static bool is_over(struct fg_exporters *exporters)
{
    pthread_mutex_lock(&exporters->mutex);
    bool over = exporters->over;
    pthread_mutex_unlock(&exporters->mutex);
    return over;
}

/* Ask all of them at once.  What nobody has taken since the last time is forgotten. */
static void ask_all(struct fg_exporters *exporters)
{
    int running = 1, left;
    pthread_mutex_lock(&exporters->mutex);
    exporters->samples_len = 0;
    pthread_mutex_unlock(&exporters->mutex);
    for (size_t i = 0; i < exporters->sources_len; i++) {
        fg_buf_clear(&exporters->sources[i].answer);
        curl_multi_add_handle(exporters->multi, exporters->sources[i].curl);
    }
    while (running > 0 && !is_over(exporters)
           && curl_multi_perform(exporters->multi, &running) == CURLM_OK) {
        for (CURLMsg *news; (news = curl_multi_info_read(exporters->multi, &left));) {
            struct source *source = NULL;
            curl_easy_getinfo(news->easy_handle, CURLINFO_PRIVATE, (char **)&source);
            if (news->msg == CURLMSG_DONE && news->data.result == CURLE_OK)
                take_answer(exporters, source);
        }
        if (running > 0)
            curl_multi_poll(exporters->multi, NULL, 0, 1000, NULL);
    }
    for (size_t i = 0; i < exporters->sources_len; i++)
        curl_multi_remove_handle(exporters->multi, exporters->sources[i].curl);
}

static bool pause_until_next(struct fg_exporters *exporters)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += exporters->interval_us / 1000000;
    until.tv_nsec += exporters->interval_us % 1000000 * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&exporters->mutex);
    while (!exporters->over
           && pthread_cond_timedwait(&exporters->changed, &exporters->mutex, &until) == 0)
        continue;
    bool over = exporters->over;
    pthread_mutex_unlock(&exporters->mutex);
    return over;
}

static void *watch(void *self)
{
    struct fg_exporters *exporters = self;
    do
        ask_all(exporters);
    while (!pause_until_next(exporters));
    return NULL;
}

struct fg_exporters *fg_exporters_new(const struct fg_exporter *list,
                                      size_t len,
                                      int64_t interval_us)
{
    if (len == 0)
        return NULL;
    struct fg_exporters *exporters = calloc(1, sizeof(*exporters));
    struct source *sources = calloc(len, sizeof(*sources));
    struct fg_device_sample *samples = calloc(SAMPLES_MAX, sizeof(*samples));
    if (!exporters || !sources || !samples || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        abort();
    *exporters = (struct fg_exporters){.interval_us = interval_us,
                                       .sources_len = len,
                                       .sources = sources,
                                       .multi = curl_multi_init(),
                                       .samples = samples};
    for (size_t i = 0; i < len; i++) {
        sources[i].what = list[i];
        prepare(&sources[i]);
    }
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&exporters->mutex, NULL);
    pthread_cond_init(&exporters->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (!exporters->multi || pthread_create(&exporters->thread, NULL, watch, exporters) != 0)
        abort();
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return exporters;
}

void fg_exporters_free(struct fg_exporters *exporters)
{
    if (!exporters)
        return;
    pthread_mutex_lock(&exporters->mutex);
    exporters->over = true;
    pthread_cond_broadcast(&exporters->changed);
    pthread_mutex_unlock(&exporters->mutex);
    curl_multi_wakeup(exporters->multi);
    pthread_join(exporters->thread, NULL);
    for (size_t i = 0; i < exporters->sources_len; i++) {
        curl_easy_cleanup(exporters->sources[i].curl);
        fg_buf_free(&exporters->sources[i].answer);
    }
    curl_multi_cleanup(exporters->multi);
    curl_global_cleanup();
    pthread_mutex_destroy(&exporters->mutex);
    pthread_cond_destroy(&exporters->changed);
    free(exporters->samples);
    free(exporters->sources);
    free(exporters);
}

size_t fg_exporters_take(struct fg_exporters *exporters,
                         struct fg_device_sample *out,
                         size_t max)
{
    pthread_mutex_lock(&exporters->mutex);
    size_t len = exporters->samples_len < max ? exporters->samples_len : max;
    memcpy(out, exporters->samples + exporters->samples_len - len, len * sizeof(*out));
    exporters->samples_len -= len;
    pthread_mutex_unlock(&exporters->mutex);
    return len;
}
