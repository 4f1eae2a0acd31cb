/* service_config.c - see service_config.h */
#include "model/service_config.h"
#include "base/text.h"
#include "model/device_config.h"
#include "model/exporter_config.h"
#include "model/names.h"
#include "model/sink_config.h"

#include <stdlib.h>
#include <string.h>

#define LINK_LISTEN ":7078"

static int read_devices(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        struct fg_service_config *out)
{
    return fg_device_config_read(reader, doc, out->devices, FG_NODE_DEVICES_MAX,
                                 &out->devices_len);
}

static int read_exporters(struct fg_doc_reader *reader,
                          const struct fg_doc *doc,
                          struct fg_service_config *out)
{
    return fg_exporter_config_read(reader, doc, out->exporters, &out->exporters_len);
}

static int read_grid(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_service_config *out)
{
    return fg_grid_config_read(reader, doc, &out->grid);
}

static int read_schedule(struct fg_doc_reader *reader,
                         const struct fg_doc *doc,
                         struct fg_service_config *out)
{
    return fg_schedule_config_read(reader, doc, &out->schedule);
}

static int read_webhook_hosts(struct fg_doc_reader *reader,
                              const struct fg_doc *doc,
                              struct fg_service_config *out)
{
    return fg_webhook_hosts_read(reader, doc, &out->publish);
}

static int read_publish(struct fg_doc_reader *reader,
                        const struct fg_doc *doc,
                        struct fg_service_config *out)
{
    return fg_sink_config_read(reader, doc, &out->publish);
}

int fg_listen_parse(const char *text,
                    char host[FG_NAME_MAX],
                    uint16_t *out_port,
                    struct fg_err *err)
{
    const char *colon = strrchr(text, ':');
    const char *digits = colon ? colon + 1 : "";
    size_t digits_len = strlen(digits);
    bool good = digits_len >= 1 && digits_len <= 5 && strspn(digits, "0123456789") == digits_len
                && strtol(digits, NULL, 10) <= 65535;
    const char *from = text;
    size_t len = colon ? (size_t)(colon - text) : 0;
    bool bracketed = len >= 2 && from[0] == '[' && from[len - 1] == ']';
    if (bracketed) {
        from++;
        len -= 2;
    }
    if (!good || len >= FG_NAME_MAX || (memchr(from, ':', len) && !bracketed)
        || memchr(from, ' ', len))
        return fg_fail(err, FG_EINVAL,
                       "not an address, expected HOST:PORT, like 127.0.0.1:8080 or [::1]:8080");
    if (len == 0) {
        from = "127.0.0.1";
        len = strlen(from);
    }
    memcpy(host, from, len);
    host[len] = '\0';
    *out_port = (uint16_t)strtol(digits, NULL, 10);
    return 0;
}

static int read_listen(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_service_config *out)
{
    const char *text;
    int rc = fg_read_text(reader, doc, FG_TEXT_MAX, &text);
    if (rc < 0)
        return rc;
    struct fg_err why = {};
    rc = fg_listen_parse(text, out->listen_host, &out->listen_port, &why);
    return rc < 0 ? fg_read_fail(reader, doc, "%s", why.text) : 0;
}

static int read_job_user(struct fg_doc_reader *reader,
                         const struct fg_doc *doc,
                         struct fg_service_config *out)
{
    return fg_read_name(reader, doc, out->job_user);
}

static int read_site(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_service_config *out)
{
    return fg_read_name(reader, doc, out->site);
}

static int read_energy_region(struct fg_doc_reader *reader,
                              const struct fg_doc *doc,
                              struct fg_service_config *out)
{
    return fg_read_name(reader, doc, out->energy_region);
}

static int read_link_listen(struct fg_doc_reader *reader,
                            const struct fg_doc *doc,
                            struct fg_service_config *out)
{
    const char *text;
    char host[FG_NAME_MAX];
    uint16_t port;
    struct fg_err why = {};
    int rc = fg_read_text(reader, doc, FG_TEXT_MAX, &text);
    if (rc == 0 && fg_listen_parse(text, host, &port, &why) < 0)
        rc = fg_read_fail(reader, doc, "%s", why.text);
    if (rc == 0)
        fg_copy(out->link_listen, sizeof(out->link_listen), text);
    return rc;
}

static int read_words(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      char out[FG_TEXT_MAX])
{
    const char *text;
    int rc = fg_read_text(reader, doc, FG_TEXT_MAX - 1, &text);
    if (rc == 0)
        fg_copy(out, FG_TEXT_MAX, text);
    return rc;
}

static int read_tune_hours(struct fg_doc_reader *reader,
                           const struct fg_doc *doc,
                           struct fg_service_config *out)
{
    const char *text;
    struct fg_err why = {};
    int rc = fg_read_text(reader, doc, FG_NAME_MAX - 1, &text);
    if (rc == 0 && fg_quiet_hours_parse(text, &out->tune_hours, &why) < 0)
        rc = fg_read_fail(reader, doc, "%s", why.text);
    return rc;
}

static int read_tune_objective(struct fg_doc_reader *reader,
                               const struct fg_doc *doc,
                               struct fg_service_config *out)
{
    return read_words(reader, doc, out->tune_objective);
}

static int read_shared_store(struct fg_doc_reader *reader,
                             const struct fg_doc *doc,
                             struct fg_service_config *out)
{
    return read_words(reader, doc, out->shared_store);
}

static int read_shared_store_password_file(struct fg_doc_reader *reader,
                                           const struct fg_doc *doc,
                                           struct fg_service_config *out)
{
    return read_words(reader, doc, out->shared_store_password_file);
}

static int read_shared_url(struct fg_doc_reader *reader,
                           const struct fg_doc *doc,
                           struct fg_service_config *out)
{
    return read_words(reader, doc, out->shared_url);
}

static const struct part {
    const char *name;
    int (*read)(struct fg_doc_reader *reader,
                const struct fg_doc *doc,
                struct fg_service_config *out);
    const char *text;
} parts[] = {
    {"listen", read_listen,
     "TCP address, `HOST:PORT`; the option `--listen` wins. Without either there is no TCP, "
     "only the "
     "Unix socket."},
    {"job_user", read_job_user,
     "when the service runs as root: the user that jobs run as. Without it a job runs as its "
     "submitter "
     "where that is a local account, else as the service does."},
    {"site", read_site,
     "name of the place where this machine stands, as `data.site` of jobs and the sites of "
     "clusters say it; default the name of the host."},
    {"energy_region", read_energy_region,
     "the grid that feeds this machine and nodes whose region nobody knows, as `de`, `us-ca` "
     "or "
     "a "
     "cloud's region: how much CO2 a kilowatt hour is (`fastgpu energy`). Default: the world's "
     "mean."},
    {"grid", read_grid,
     "what a kilowatt hour costs and emits by the hour, for jobs that can wait, a map; see "
     "below."},
    {"link_listen", read_link_listen,
     "TCP address, `HOST:PORT`, at which the nodes of Slurm clusters reach this service, "
     "encrypted; `:PORT` "
     "is all addresses; default `" LINK_LISTEN "`. It is opened when the first supplier of "
     "kind slurm is added."},
    {"shared_store", read_shared_store,
     "a PostgreSQL that several daemons share, `postgresql://USER@HOST/DATABASE`: one of them "
     "leads, "
     "the others stand by and take over (docs/high-availability.md). No password in it."},
    {"shared_store_password_file", read_shared_store_password_file,
     "file with the password of that user, if one is needed."},
    {"shared_url", read_shared_url,
     "where clients reach this daemon, like `http://host-a:8642`: what the others tell them "
     "while it "
     "leads. Default: as it listens."},
    {"tune_hours", read_tune_hours,
     "hours of the night, like `02-05`, in which other policies are tried on the last days and "
     "what is "
     "surely better is proposed (`fastgpu tune list`); without them never."},
    {"tune_objective", read_tune_objective,
     "what is to become better then, as `fastgpu tune --objective` takes it; default "
     "`jct_mean_s`."},
    {"schedule", read_schedule, "which policies decide, a map; see below."},
    {"exporters", read_exporters,
     "exporters of NVIDIA's DCGM (or others in the Prometheus text format) that tell of "
     "devices of "
     "nodes on which this service runs nothing of its own, a list of `{nodes, url}`: `nodes` "
     "is the "
     "name of a node in the pool, or `CLUSTER.*` or `*` with the label Hostname for the star."},
    {"webhook_hosts", read_webhook_hosts,
     "hosts that webhooks may go to, a list of `HOST` or `HOST:PORT`. Without it: any with a "
     "public address, by https. Of those in the list the address may be private, and the URL "
     "http."},
    {"publish", read_publish,
     "who is told of events, a list; see below."}, /* after the hosts */
    {"devices", read_devices,
     "devices that cannot be discovered (FPGAs, TPUs, anything else), a list; see below."},
};

#define PARTS_LEN (sizeof(parts) / sizeof(parts[0]))

static int read_parts(struct fg_doc_reader *reader,
                      const struct fg_doc *doc,
                      struct fg_service_config *out)
{
    for (size_t i = 0; i < PARTS_LEN; i++) {
        const struct fg_doc *member = fg_doc_get(doc, parts[i].name);
        if (!member || member->kind == FG_DOC_NULL)
            continue;
        size_t mark = fg_read_enter(reader, member->key);
        int rc = parts[i].read(reader, member, out);
        fg_read_leave(reader, mark);
        if (rc < 0)
            return rc;
    }
    return 0;
}

void fg_service_config_defaults(struct fg_service_config *config)
{
    *config =
        (struct fg_service_config){.link_listen = LINK_LISTEN, .tune_objective = "jct_mean_s"};
    fg_config_defaults(&config->numbers);
    fg_schedule_config_defaults(&config->schedule);
}

int fg_service_config_parse(const char *bytes,
                            size_t len,
                            const char *file_name,
                            struct fg_arena *arena,
                            struct fg_service_config *out,
                            struct fg_err *err)
{
    if (len > FG_CONFIG_BYTES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%s: %zu bytes, expected %d at most", file_name, len,
                       FG_CONFIG_BYTES_MAX);
    const struct fg_doc *doc;
    int rc = fg_doc_yaml(bytes, len, arena, &doc, err);
    if (rc < 0)
        return fg_read_name_file(file_name, rc, err);

    const char *names[PARTS_LEN];
    for (size_t i = 0; i < PARTS_LEN; i++)
        names[i] = parts[i].name;
    struct fg_doc_reader reader = {
        .arena = arena, .file_name = file_name, .err = err, .text_left = len};
    struct fg_service_config *next = FG_NEW(arena, struct fg_service_config, 1);
    fg_service_config_defaults(next);
    rc = fg_config_read(&reader, doc, names, PARTS_LEN, &next->numbers);
    if (rc == 0)
        rc = read_parts(&reader, doc, next);
    if (rc == 0)
        *out = *next;
    return rc;
}

void fg_service_config_print_reference(FILE *out)
{
    fputs(
        "# Configuration\n\n"
        "<!-- Printed from src/base/config.def and src/model/service_config.c; a test "
        "compares. -->\n\n"
        "The service needs no configuration. What differs from the defaults goes into a YAML "
        "file, "
        "given with\n`fastgpu up --config FILE`; an unknown key or a value out of range is an "
        "error "
        "that names file and line.\n\n```yaml\nlisten: 127.0.0.1:8080\nschedule_tick_ms: 500\n"
        "devices:\n  - {kind: fpga-u250, expose: XCL_VISIBLE_DEVICES, id: 0, count: 2, memory: "
        "64GiB}\n```\n\n## Numbers\n\n",
        out);
    fg_config_print_reference(out);
    fputs("\n## Other keys\n\n| key | meaning |\n|---|---|\n", out);
    for (size_t i = 0; i < PARTS_LEN; i++)
        fprintf(out, "| `%s` | %s |\n", parts[i].name, parts[i].text);
    fputs("\n## Schedule\n\nMembers of `schedule`, like `schedule: {order: srtf, preempt: "
          "order}`:\n\n",
          out);
    fg_schedule_config_print_reference(out);
    fg_grid_config_print_reference(out);
    fputs("\n## Publish\n\nEach element of `publish` is a map (docs/telemetry.md):\n\n", out);
    fg_sink_config_print_reference(out);
    fputs(
        "\n## Devices\n\nEach element of `devices` is a map:\n\n"
        "| member | meaning |\n|---|---|\n"
        "| `kind` | what jobs ask for, like `fpga-u250`; required |\n"
        "| `expose` | the variable that tells a program which devices it may use; required |\n"
        "| `id` | what that variable must hold for this device; default 0 |\n"
        "| `count` | this many devices, with ids from `id` upward; default 1 |\n"
        "| `memory` | memory of each, like 64GiB; default unknown |\n"
        "| `numa` | nearest NUMA node; default unknown |\n"
        "| `island` | a number: devices with the same one talk to each other directly (NVLink, "
        "one PCIe switch), and "
        "go to one task rather than others; default: by NUMA node |\n",
        out);
}
