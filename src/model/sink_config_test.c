/* sink_config_test.c - `publish` and `webhook_hosts` of the configuration */
#include "model/limits.h"
#include "model/service_config.h"
#include "test/tap.h"

#include <string.h>

static int parse(const char *text, struct fg_service_config *config, struct fg_err *err)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(FG_JOB_ROOM);
    return fg_service_config_parse(text, strlen(text), "f.yaml", arena, config, err);
}

static void sinks_are_read(void)
{
    struct fg_service_config config;
    struct fg_err err = {};
    fg_service_config_defaults(&config);
    EQ(parse(
           "publish:\n"
           "  - {name: bus, kind: kafka, where: 'k1:9092,k2:9092', topic: gpus, secret_file: "
           "/k,"
           " options: {security.protocol: SASL_SSL}}\n"
           "  - {name: hook, kind: webhook, where: 'http://10.0.0.7:8080/x?y', secret_file: /s,"
           " events: [job.failed, alert.*], projects: [vision]}\n"
           "  - {name: log, kind: syslog}\n"
           "  - {name: journal, kind: journal}\n"
           "webhook_hosts: ['10.0.0.7:8080', Hooks.example.org]\n",
           &config, &err),
       0);
    const struct fg_sink_setting *sinks = config.publish.sinks;
    EQ(config.publish.sinks_len, 4);
    EQ(config.publish.hosts_len, 2);
    OK(strcmp(config.publish.hosts[1].host, "hooks.example.org") == 0);
    EQ(sinks[0].kind, FG_SINK_KAFKA);
    OK(strcmp(sinks[0].topic, "gpus") == 0);
    OK(strcmp(sinks[0].options[0].name, "security.protocol") == 0);
    OK(strcmp(sinks[0].options[0].value, "SASL_SSL") == 0);
    OK(strcmp(sinks[0].events[0], "*") == 0);
    OK(sinks[1].is_listed);
    EQ(sinks[1].events_len, 2);
    OK(strcmp(sinks[1].events[1], "alert.*") == 0);
    OK(strcmp(sinks[1].projects[0], "vision") == 0);
    char shown[FG_SINK_WHERE_MAX];
    fg_sink_show(&sinks[1], shown);
    OK(strcmp(shown, "http://10.0.0.7:8080") == 0);
    OK(strcmp(sinks[2].where, "/dev/log") == 0);
    OK(strcmp(sinks[3].where, "/run/systemd/journal/socket") == 0);
}

static void bad_sinks_are_refused(void)
{
    static const char *const rows[][2] = {
        {"publish: [{kind: journal}]\n",
         "f.yaml:1: publish[0]: name: missing, expected what to call it"},
        {"publish: [{name: a}]\n",
         "f.yaml:1: publish[0]: kind: missing, expected kafka, webhook, syslog or journal"},
        {"publish: [{name: a, kind: mail}]\n",
         "f.yaml:1: publish[0].kind: expected kafka, webhook, syslog or journal"},
        {"publish: [{name: a, kind: journal}, {name: a, kind: syslog}]\n",
         "f.yaml:1: publish[1]: name: a is there already"},
        {"publish: [{name: a, kind: kafka, where: k1}]\n",
         "f.yaml:1: publish[0]: where: not for this kind, expected HOST:PORT of brokers, "
         "several "
         "with commas"},
        {"publish: [{name: a, kind: kafka, where: 'k:1', options: {acks: 0}}]\n",
         "f.yaml:1: publish[0].options.acks: is set by this program"},
        {"publish: [{name: a, kind: kafka, where: 'k:1', options: {sasl.password: x}}]\n",
         "f.yaml:1: publish[0].options.sasl.password: expected the password in secret_file"},
        {"publish: [{name: a, kind: webhook, where: 'https://h/'}]\n",
         "f.yaml:1: publish[0]: secret_file: missing, expected a file with the key of "
         "signatures"},
        {"publish: [{name: a, kind: webhook, where: 'http://h/', secret_file: /s}]\n",
         "f.yaml:1: publish[0]: where: not https, and the host is not in webhook_hosts"},
        {"webhook_hosts: ['h:81']\npublish: [{name: a, kind: webhook, where: 'https://h/', "
         "secret_file: /s}]\n",
         "f.yaml:2: publish[0]: where: the host is not in webhook_hosts"},
        {"publish: [{name: a, kind: webhook, where: 'ftp://h/', secret_file: /s}]\n",
         "f.yaml:1: publish[0]: where: not for this kind, expected https://HOST/PATH"},
        {"webhook_hosts: [h/x]\n", "f.yaml:1: webhook_hosts[0]: expected HOST or HOST:PORT"},
        {"publish: [{name: a, kind: syslog, events: ['job.*x']}]\n",
         "f.yaml:1: publish[0].events[0]: expected a kind of events like job.failed, job.* or "
         "*"},
        {"publish: [{name: a, kind: syslog, topic: x}]\n",
         "f.yaml:1: publish[0]: a syslog has neither topic nor options"},
        {"publish: [{name: a, kind: syslog, where: udp://h}]\n",
         "f.yaml:1: publish[0]: where: not for this kind, expected a socket's path, "
         "udp://HOST:PORT or tcp://HOST:PORT"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fg_service_config config;
        struct fg_err err = {};
        fg_service_config_defaults(&config);
        EQ(parse(rows[i][0], &config, &err), FG_EINVAL);
        if (!OK(strcmp(err.text, rows[i][1]) == 0))
            printf("#   got  %s\n#   want %s\n", err.text, rows[i][1]);
    }
}

/* One host by name with any port, one with its port. */
static void hosts_are_found(void)
{
    const struct fg_publish_config config = {
        .hosts = {{.host = "hooks.example.org"}, {.host = "10.0.0.7", .port = 8080}},
        .hosts_len = 2};
    static const struct {
        const char *url;
        bool is_listed;
    } rows[] = {
        {"https://hooks.example.org/x", true},
        {"http://HOOKS.example.org:81/", true},
        {"https://hooks.example.org.evil/", false},
        {"https://evil/hooks.example.org", false},
        {"http://10.0.0.7:8080/", true},
        {"http://10.0.0.7/", false},
        {"http://10.0.0.7:80801/", false},
        {"http://hooks.example.org@evil/", false},
        {"file:///etc/passwd", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!OK(fg_webhook_listed(&config, rows[i].url) == rows[i].is_listed))
            printf("# %s\n", rows[i].url);
}

int main(void)
{
    RUN(sinks_are_read);
    RUN(bad_sinks_are_refused);
    RUN(hosts_are_found);
    return tap_done();
}
