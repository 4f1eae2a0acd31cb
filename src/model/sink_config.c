/* sink_config.c - see sink_config.h */
#include "model/sink_config.h"

#include "base/text.h"
#include "model/names.h"
#include "model/url.h"

#include <string.h>

/* -- words --------------------------------------------------------------------------------------------------------- */

static int read_kind(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_sink_setting *out)
{
    const char *text;
    int rc = fg_read_text(reader, doc, FG_NAME_MAX, &text);
    if (rc < 0)
        return rc;
    for (int kind = 0; kind < FG_SINK_KINDS; kind++)
        if (strcmp(text, fg_sink_kind_name((enum fg_sink_kind)kind)) == 0) {
            out->kind = (enum fg_sink_kind)kind;
            return 0;
        }
    return fg_read_fail(reader, doc, "expected kafka, webhook, syslog or journal");
}

static int read_name(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_sink_setting *out)
{
    return fg_read_name(reader, doc, out->name);
}

static int read_source(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_sink_setting *out)
{
    return fg_read_name(reader, doc, out->source);
}

/* Printable ASCII without blanks. */
static int read_plain(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      size_t size,
                      char *out)
{
    const char *text;
    int rc = fg_read_text(reader, doc, size - 1, &text);
    for (const char *at = rc == 0 ? text : ""; *at; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 127)
            return fg_read_fail(reader, doc, "expected printable ASCII without blanks");
    if (rc == 0)
        fg_copy(out, size, text);
    return rc;
}

static int read_where(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      struct fg_sink_setting *out)
{
    return read_plain(reader, doc, sizeof(out->where), out->where);
}

static int read_topic(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      struct fg_sink_setting *out)
{
    int rc = read_plain(reader, doc, sizeof(out->topic), out->topic);
    size_t good = strspn(out->topic, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789._-");
    if (rc == 0
        && (out->topic[good] || strcmp(out->topic, ".") == 0 || strcmp(out->topic, "..") == 0))
        return fg_read_fail(reader, doc, "expected letters, digits and . _ - only");
    return rc;
}

static int read_path(struct fg_doc_reader *reader, const struct fg_doc *doc, char *out)
{
    const char *text;
    struct fg_err why = {};
    int rc = fg_read_text(reader, doc, FG_TEXT_MAX - 1, &text);
    if (rc == 0 && fg_path_check_absolute("file", text, &why) < 0)
        return fg_read_fail(reader, doc, "%s", why.text);
    if (rc == 0)
        fg_copy(out, FG_TEXT_MAX, text);
    return rc;
}

static int read_secret_file(struct fg_doc_reader *reader,
                            const struct fg_doc *doc,
                            struct fg_sink_setting *out)
{
    return read_path(reader, doc, out->secret_file);
}

static int read_ca_file(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        struct fg_sink_setting *out)
{
    return read_path(reader, doc, out->ca_file);
}

/* -- lists --------------------------------------------------------------------------------------------------------- */

typedef int read_one_fn(struct fg_doc_reader *reader, const struct fg_doc *doc, char *out);

static int read_pattern(struct fg_doc_reader *reader, const struct fg_doc *doc, char *out)
{
    const char *text;
    int rc = fg_read_text(reader, doc, FG_NAME_MAX - 1, &text);
    if (rc < 0)
        return rc;
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-");
    if (!text[0] || (text[len] != '\0' && strcmp(text + len, "*") != 0))
        return fg_read_fail(reader, doc,
                            "expected a kind of events like job.failed, job.* or *");
    fg_copy(out, FG_NAME_MAX, text);
    return 0;
}

static int read_project(struct fg_doc_reader *reader, const struct fg_doc *doc, char *out)
{
    return fg_read_name(reader, doc, out);
}

static int read_list(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     read_one_fn *read_one,
                     char out[FG_SINK_WORDS_MAX][FG_NAME_MAX],
                     size_t *out_len)
{
    size_t len = 0;
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        if (len == FG_SINK_WORDS_MAX)
            return fg_read_fail(reader, at, "more than %d", FG_SINK_WORDS_MAX);
        size_t mark = fg_read_enter_at(reader, len);
        rc = read_one(reader, at, out[len++]);
        fg_read_leave(reader, mark);
    }
    *out_len = len;
    return rc;
}

static int read_events(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_sink_setting *out)
{
    int rc = read_list(reader, doc, read_pattern, out->events, &out->events_len);
    return rc == 0 && out->events_len == 0
               ? fg_read_fail(reader, doc, "none, expected kinds of events like job.*")
               : rc;
}

static int read_projects(struct fg_doc_reader *reader,
                         const struct fg_doc *doc,
                         struct fg_sink_setting *out)
{
    return read_list(reader, doc, read_project, out->projects, &out->projects_len);
}

/* What we promise (each once, in order, confirmed by all) is not for sale, and secrets are in a file. */
static bool is_ours(const char *name)
{
    static const char *const ours[] = {
        "bootstrap.servers",     "metadata.broker.list", "acks",
        "request.required.acks", "enable.idempotence",   "enable.gapless.guarantee",
        "transactional.id",      "plugin.library.paths"};
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        if (strcmp(name, ours[i]) == 0)
            return true;
    return false;
}

static int read_option(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_sink_option *out)
{
    const char *value;
    if (is_ours(doc->key))
        return fg_read_fail(reader, doc, "is set by this program");
    if (strstr(doc->key, "password") || strstr(doc->key, "secret"))
        return fg_read_fail(reader, doc, "expected the password in secret_file");
    int rc = fg_read_text(reader, doc, sizeof(out->value) - 1, &value);
    if (rc == 0 && !fg_copy(out->name, sizeof(out->name), doc->key))
        return fg_read_fail(reader, doc, "too long for the name of a property");
    if (rc == 0)
        fg_copy(out->value, sizeof(out->value), value);
    return rc;
}

static int read_options(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        struct fg_sink_setting *out)
{
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        if (out->options_len == FG_SINK_WORDS_MAX)
            return fg_read_fail(reader, at, "more than %d", FG_SINK_WORDS_MAX);
        size_t mark = fg_read_enter(reader, at->key);
        rc = read_option(reader, at, &out->options[out->options_len++]);
        fg_read_leave(reader, mark);
    }
    return rc;
}

/* -- a sink -------------------------------------------------------------------------------------------------------- */

static const struct member {
    const char *name;
    int (*read)(struct fg_doc_reader *reader,
                const struct fg_doc *doc,
                struct fg_sink_setting *out);
    const char *text;
} members[] = {
    {"name", read_name, "what it is called; required. Its progress is kept under this name"},
    {"kind", read_kind, "`kafka`, `webhook`, `syslog` or `journal`; required"},
    {"where", read_where,
     "kafka: `HOST:PORT`, several with commas; webhook: the URL; syslog: a socket (default "
     "`/dev/log`), `udp://HOST:PORT` or `tcp://HOST:PORT`; journal: its socket (default "
     "systemd's)"},
    {"events", read_events,
     "which kinds of events, a list like `[job.*, alert.raised]`; default `[\"*\"]`: all"},
    {"projects", read_projects,
     "events of these projects alone; default: all events, also those of no project"},
    {"topic", read_topic, "kafka: default `fastgpu`"},
    {"options", read_options, "kafka: a map of properties of librdkafka, as for TLS and SASL"},
    {"secret_file", read_secret_file,
     "webhook: file with the key of its signatures, required; kafka: file with "
     "`sasl.password`"},
    {"ca_file", read_ca_file, "webhook: certificates that are trusted instead of the system's"},
    {"source", read_source,
     "name of this service in what it sends, if several send to one place; default `fastgpu`"},
};

#define MEMBERS_LEN (sizeof(members) / sizeof(members[0]))

static int read_member(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_sink_setting *out)
{
    const char *names[MEMBERS_LEN];
    for (size_t i = 0; i < MEMBERS_LEN; i++) {
        names[i] = members[i].name;
        if (strcmp(doc->key, members[i].name) != 0)
            continue;
        size_t mark = fg_read_enter(reader, doc->key);
        int rc = members[i].read(reader, doc, out);
        fg_read_leave(reader, mark);
        return rc;
    }
    return fg_read_fail_unknown(reader, doc, names, MEMBERS_LEN);
}

static void set_default(char *out, size_t size, const char *text)
{
    if (!out[0])
        fg_copy(out, size, text);
}

static void add_defaults(struct fg_sink_setting *sink)
{
    set_default(sink->source, sizeof(sink->source), "fastgpu");
    if (sink->kind == FG_SINK_SYSLOG)
        set_default(sink->where, sizeof(sink->where), "/dev/log");
    if (sink->kind == FG_SINK_JOURNAL)
        set_default(sink->where, sizeof(sink->where), "/run/systemd/journal/socket");
    if (sink->kind == FG_SINK_KAFKA)
        set_default(sink->topic, sizeof(sink->topic), "fastgpu");
    if (sink->events_len == 0)
        fg_copy(sink->events[sink->events_len++], FG_NAME_MAX, "*");
}

static int check(struct fg_doc_reader *reader,
                 const struct fg_doc *doc,
                 const struct fg_sink_setting *sink)
{
    const char *kind = fg_sink_kind_name(sink->kind), *expected = fg_sink_check_where(sink);
    bool is_kafka = sink->kind == FG_SINK_KAFKA, is_web = sink->kind == FG_SINK_WEBHOOK;
    if (expected)
        return fg_read_fail(reader, doc, "where: %s, expected %s",
                            sink->where[0] ? "not for this kind" : "missing", expected);
    if (is_web && !sink->secret_file[0])
        return fg_read_fail(reader, doc,
                            "secret_file: missing, expected a file with the key of signatures");
    if (!is_kafka && (sink->topic[0] || sink->options_len))
        return fg_read_fail(reader, doc, "a %s has neither topic nor options", kind);
    if (!is_web && sink->ca_file[0])
        return fg_read_fail(reader, doc, "ca_file: only a webhook has one");
    if (!is_web && !is_kafka && sink->secret_file[0])
        return fg_read_fail(reader, doc, "secret_file: a %s has none", kind);
    return 0;
}

static int read_sink(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_sink_setting *out)
{
    const struct fg_doc *kind = fg_doc_get(doc, "kind");
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    *out = (struct fg_sink_setting){};
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next)
        rc = read_member(reader, at, out);
    if (rc < 0)
        return rc;
    if (!out->name[0])
        return fg_read_fail(reader, doc, "name: missing, expected what to call it");
    if (!kind || kind->kind == FG_DOC_NULL)
        return fg_read_fail(reader, doc,
                            "kind: missing, expected kafka, webhook, syslog or journal");
    add_defaults(out);
    return check(reader, doc, out);
}

/* Where webhooks may go: what is listed, or if nothing is, any public host by https. */
static int check_host(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      const struct fg_publish_config *config,
                      struct fg_sink_setting *sink)
{
    if (sink->kind != FG_SINK_WEBHOOK)
        return 0;
    sink->is_listed = fg_webhook_listed(config, sink->where);
    if (!sink->is_listed && config->hosts_len)
        return fg_read_fail(reader, doc, "where: the host is not in webhook_hosts");
    if (!sink->is_listed && strncmp(sink->where, "https://", 8) != 0)
        return fg_read_fail(reader, doc,
                            "where: not https, and the host is not in webhook_hosts");
    return 0;
}

static bool has_name(const struct fg_publish_config *config, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (strcmp(config->sinks[i].name, name) == 0)
            return true;
    return false;
}

int fg_sink_config_read(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        struct fg_publish_config *out)
{
    size_t len = 0;
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        if (len == FG_SINKS_MAX)
            return fg_read_fail(reader, at, "more than %d", FG_SINKS_MAX);
        size_t mark = fg_read_enter_at(reader, len);
        struct fg_sink_setting *sink = &out->sinks[len];
        rc = read_sink(reader, at, sink);
        if (rc == 0)
            rc = check_host(reader, at, out, sink);
        if (rc == 0 && has_name(out, len, sink->name))
            rc = fg_read_fail(reader, at, "name: %s is there already", sink->name);
        fg_read_leave(reader, mark);
        len++;
    }
    out->sinks_len = len;
    return rc;
}

/* -- hosts --------------------------------------------------------------------------------------------------------- */

/* "hooks.example.org", "10.1.2.3:8080", "[fd00::1]:443" */
static int read_host(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_webhook_host *out)
{
    const char *text;
    char url_text[FG_TEXT_MAX + 16];
    struct fg_url url;
    int rc = fg_read_text(reader, doc, FG_TEXT_MAX - 1, &text);
    if (rc < 0)
        return rc;
    snprintf(url_text, sizeof(url_text), "https://%s", text);
    if (fg_url_parse(url_text, &url, NULL) < 0 || strcmp(url.path, "/") != 0)
        return fg_read_fail(reader, doc, "expected HOST or HOST:PORT");
    *out = (struct fg_webhook_host){.port = url.port};
    fg_copy(out->host, sizeof(out->host), url.host);
    return 0;
}

int fg_webhook_hosts_read(struct fg_doc_reader *reader,
                          const struct fg_doc *doc,
                          struct fg_publish_config *out)
{
    size_t len = 0;
    int rc = fg_read_kind(reader, doc, FG_DOC_LIST);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; at && rc == 0; at = at->next) {
        if (len == FG_WEBHOOK_HOSTS_MAX)
            return fg_read_fail(reader, at, "more than %d", FG_WEBHOOK_HOSTS_MAX);
        size_t mark = fg_read_enter_at(reader, len);
        rc = read_host(reader, at, &out->hosts[len++]);
        fg_read_leave(reader, mark);
    }
    out->hosts_len = len;
    return rc;
}

void fg_sink_config_print_reference(FILE *out)
{
    fputs("| member | meaning |\n|---|---|\n", out);
    for (size_t i = 0; i < MEMBERS_LEN; i++)
        fprintf(out, "| `%s` | %s |\n", members[i].name, members[i].text);
}
