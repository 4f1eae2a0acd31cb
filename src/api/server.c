/* server.c - see server.h: everything made, started, stopped. */
#include "api/server.h"
#include "api/api.h"
#include "api/blobs.h"
#include "api/call.h"
#include "api/connection.h"
#include "api/event_ring.h"
#include "api/forecasts.h"
#include "api/hub.h"
#include "api/listener.h"
#include "api/tally.h"
#include "api/worker.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Descriptors that are not connections: the store's readers, logs that are read, the rest of the daemon. */
#define FILES_APART 512
#define LOCAL_MAX   1024 /* connections over the Unix socket */

/* No more connections than descriptors: when they run out, nothing else works either. */
static size_t connections_max(const struct fg_config *config)
{
    struct rlimit limit;
    size_t want = (size_t)config->api_connections_max;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return want;
    size_t files = limit.rlim_cur;
    size_t room =
        files > 2 * (FILES_APART + LOCAL_MAX) ? files - FILES_APART - LOCAL_MAX : files / 4;
    return want < room ? want : room;
}

static char *copy(const char *text)
{
    char *out = text ? strdup(text) : NULL;
    if (text && !out)
        abort();
    return out;
}

static int make_parts(struct fg_api *api, struct fg_err *err)
{
    api->workers = fg_workers_new(api);
    api->calls = fg_call_pool_new(api);
    api->connections = fg_connections_new(api);
    api->ring = fg_event_ring_new();
    if (!api->workers || !api->calls || !api->connections || !api->ring)
        return fg_fail(err, FG_ENOMEM, "no memory for the API");
    api->forecasts = fg_forecasts_new();
    api->tally = fg_tally_new();
    api->blobs = fg_blobs_new(api->options.data_dir,
                              (uint64_t)api->options.config->artifact_bytes_max, err);
    if (!api->blobs)
        return err->code;
    api->hub = fg_hub_new(api, err);
    return api->hub ? 0 : err->code;
}

static int start_listeners(struct fg_api *api, struct fg_err *err)
{
    const struct fg_api_options *options = &api->options;
    if (options->unix_path) {
        api->local = fg_listener_unix(api, options->unix_path, err);
        if (!api->local)
            return err->code;
        snprintf(api->url, sizeof(api->url), "unix:%s", options->unix_path);
    }
    if (options->tcp_host) {
        api->tcp = fg_listener_tcp(api, options->tcp_host, options->tcp_port, api->url,
                                   sizeof(api->url), err);
        if (!api->tcp)
            return err->code;
    }
    return 0;
}

struct fg_api *fg_api_start(const struct fg_api_options *options, struct fg_err *err)
{
    struct fg_err local;
    struct fg_api *api = calloc(1, sizeof(*api));

    if (!err)
        err = &local;
    if (!api || sodium_init() < 0) {
        fg_fail(err, FG_ENOMEM, "no memory for the API");
        free(api);
        return NULL;
    }
    api->options = *options;
    api->options.tcp_host = copy(options->tcp_host);
    api->options.unix_path = copy(options->unix_path);
    api->options.db_path = copy(options->db_path);
    api->options.data_dir = copy(options->data_dir);
    api->options.energy_region = copy(options->energy_region ? options->energy_region : "");
    api->connections_max = connections_max(options->config);
    api->started_us = fg_api_now_us(api);
    api->started_mono_us = fg_api_mono_us(api);
    if (make_parts(api, err) < 0 || start_listeners(api, err) < 0) {
        fg_api_stop(api);
        return NULL;
    }
    return api;
}

void fg_api_stop(struct fg_api *api)
{
    if (!api)
        return;
    atomic_store(&api->stopping, true);
    fg_listener_quiesce(api->tcp);
    fg_listener_quiesce(api->local);
    if (api->hub)
        fg_hub_hurry(api->hub);
    if (api->calls)
        fg_call_pool_drain(api->calls);
    fg_listener_free(api->tcp);
    fg_listener_free(api->local);
    fg_hub_free(api->hub);
    fg_blobs_free(api->blobs);
    fg_forecasts_free(api->forecasts);
    fg_tally_free(api->tally);
    fg_event_ring_free(api->ring);
    fg_connections_free(api->connections);
    fg_call_pool_free(api->calls);
    fg_workers_free(api->workers);
    free((void *)(uintptr_t)api->options.tcp_host);
    free((void *)(uintptr_t)api->options.unix_path);
    free((void *)(uintptr_t)api->options.db_path);
    free((void *)(uintptr_t)api->options.data_dir);
    free((void *)(uintptr_t)api->options.energy_region);
    free(api);
}

const char *fg_api_url(const struct fg_api *api)
{
    return api->url;
}

void fg_api_publish(struct fg_api *api, const struct fg_event *event)
{
    fg_event_ring_add(api->ring, event);
    fg_tally_event(api->tally, event);
    if (event->job)
        atomic_fetch_add(&api->job_changes[event->job % FG_JOB_CHANGE_SLOTS], 1);
    fg_hub_ring(api->hub);
}
