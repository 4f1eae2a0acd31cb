/* sink.c - see sink.h */
#include "model/sink.h"

#include "base/text.h"
#include "model/names.h"
#include "model/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[FG_SINK_KINDS] = {"kafka", "webhook", "syslog", "journal"};

const char *fg_sink_kind_name(enum fg_sink_kind kind)
{
    return kind_names[kind];
}

void fg_sink_show(const struct fg_sink_setting *sink, char out[FG_SINK_WHERE_MAX])
{
    const char *host = sink->kind == FG_SINK_WEBHOOK ? strstr(sink->where, "://") : NULL;
    size_t len =
        host ? (size_t)(host - sink->where) + 3 + strcspn(host + 3, "/?") : strlen(sink->where);
    snprintf(out, FG_SINK_WHERE_MAX, "%.*s", (int)len, sink->where);
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    long port = digits > 0 && digits <= 5 ? strtol(text, NULL, 10) : 0;
    return text[digits] == '\0' && port >= 1 && port <= 65535;
}

/* HOST:PORT, or [ADDRESS]:PORT for IPv6. */
static bool is_address(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    const char *colon = strrchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    if (len == 0 || !is_port(colon + 1))
        return false;
    if (text[0] != '[')
        return strspn(text, letters) == len;
    return len > 2 && text[len - 1] == ']'
           && strspn(text + 1, "0123456789abcdefABCDEF:.") == len - 2;
}

static bool are_brokers(const char *text)
{
    char list[FG_SINK_WHERE_MAX], *left = NULL;
    size_t len = strlen(text);
    if (len == 0 || text[0] == ',' || text[len - 1] == ',' || strstr(text, ",,"))
        return false;
    fg_copy(list, sizeof(list), text);
    for (char *at = strtok_r(list, ",", &left); at; at = strtok_r(NULL, ",", &left))
        if (!is_address(at))
            return false;
    return true;
}

static bool is_syslog(const char *where)
{
    if (strncmp(where, "udp://", 6) == 0 || strncmp(where, "tcp://", 6) == 0)
        return is_address(where + 6);
    return fg_path_check_absolute("socket", where, NULL) == 0;
}

static bool is_web(const char *where, struct fg_url *url)
{
    return fg_url_parse(where, url, NULL) == 0
           && (url->kind == FG_URL_HTTP || url->kind == FG_URL_HTTPS);
}

const char *fg_sink_check_where(const struct fg_sink_setting *sink)
{
    struct fg_url url;
    switch (sink->kind) {
    case FG_SINK_KAFKA:
        return are_brokers(sink->where) ? NULL : "HOST:PORT of brokers, several with commas";
    case FG_SINK_WEBHOOK:
        return is_web(sink->where, &url) ? NULL : "https://HOST/PATH";
    case FG_SINK_SYSLOG:
        return is_syslog(sink->where) ? NULL
                                      : "a socket's path, udp://HOST:PORT or tcp://HOST:PORT";
    case FG_SINK_JOURNAL:
        return fg_path_check_absolute("socket", sink->where, NULL) == 0 ? NULL
                                                                        : "a socket's path";
    }
    return NULL;
}

bool fg_webhook_listed(const struct fg_publish_config *config, const char *url_text)
{
    struct fg_url url;
    if (!is_web(url_text, &url))
        return false;
    uint16_t usual = url.kind == FG_URL_HTTPS ? 443 : 80;
    for (size_t i = 0; i < config->hosts_len; i++) {
        const struct fg_webhook_host *host = &config->hosts[i];
        if (strcmp(host->host, url.host) == 0
            && (host->port == 0 || host->port == (url.port ? url.port : usual)))
            return true;
    }
    return false;
}
