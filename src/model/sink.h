/* sink.h - where events are published (`publish` of the configuration): settings of one place that wants to hear them. */
#pragma once

#include "model/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_SINKS_MAX         16
#define FG_SINK_WORDS_MAX    8 /* patterns, projects, options of one */
#define FG_SINK_WHERE_MAX    512
#define FG_SINK_TOPIC_MAX    250 /* what Kafka takes, and a 0 */
#define FG_SINK_OPTION_MAX   160
#define FG_WEBHOOK_HOSTS_MAX 32

enum fg_sink_kind { FG_SINK_KAFKA, FG_SINK_WEBHOOK, FG_SINK_SYSLOG, FG_SINK_JOURNAL };
#define FG_SINK_KINDS 4

struct fg_sink_option {
    char name[FG_NAME_MAX];
    char value[FG_SINK_OPTION_MAX];
};

struct fg_sink_setting {
    enum fg_sink_kind kind;
    char name[FG_NAME_MAX];
    /* kafka: HOST:PORT, several with commas.  webhook: an URL.  syslog: a path, udp:// or tcp://HOST:PORT.  journal: a path. */
    char where[FG_SINK_WHERE_MAX];
    char topic[FG_SINK_TOPIC_MAX]; /* kafka */
    char secret_file
        [FG_TEXT_MAX]; /* webhook: the key of signatures; kafka: sasl.password; "" none */
    char ca_file
        [FG_TEXT_MAX]; /* webhook: who signed the server's certificate; "" the system's list */
    char source[FG_NAME_MAX]; /* which service it is, for those who hear several */
    char events[FG_SINK_WORDS_MAX][FG_NAME_MAX]; /* "job.failed", "alert.*", "*" */
    size_t events_len;
    char projects[FG_SINK_WORDS_MAX][FG_NAME_MAX]; /* events of these alone; none: all events */
    size_t projects_len;
    struct fg_sink_option options[FG_SINK_WORDS_MAX]; /* kafka: properties of librdkafka */
    size_t options_len;
    bool is_listed; /* webhook: its host is in `webhook_hosts` */
};

/* A host that webhooks may go to, also if its address is private, or without TLS. */
struct fg_webhook_host {
    char host[FG_TEXT_MAX]; /* lower case; an IPv6 address in brackets */
    uint16_t port;          /* 0: any */
};

struct fg_publish_config {
    struct fg_sink_setting sinks[FG_SINKS_MAX];
    size_t sinks_len;
    struct fg_webhook_host
        hosts[FG_WEBHOOK_HOSTS_MAX]; /* `webhook_hosts`: none: any public one, by https */
    size_t hosts_len;
};

/* NULL, or what `where` should be for its kind. */
const char *fg_sink_check_where(const struct fg_sink_setting *sink);
/* Is the host of this URL, with its port, among the hosts? */
bool fg_webhook_listed(const struct fg_publish_config *config, const char *url);

const char *fg_sink_kind_name(enum fg_sink_kind kind); /* "kafka", ... */
/* The same without what may be secret (the path of an URL), for lists. */
void fg_sink_show(const struct fg_sink_setting *sink, char out[FG_SINK_WHERE_MAX]);
