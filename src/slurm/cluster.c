/* cluster.c - see cluster.h */
#include "slurm/cluster.h"

#include "base/clock.h"
#include "slurm/command.h"
#include "slurm/rest.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define OUTPUT_MAX   (256UL << 20)
#define PAUSE_MAX_US 60000000 /* between two looks at a slow one */
#define PAUSE_RATIO  4        /* looks take at most a fifth of the time */
#define RETRY_MAX_US 15000000 /* between two looks at a silent one */
#define CANCEL_MAX   500      /* elements in one call */

enum ask_kind { ASK_SUBMIT, ASK_CANCEL, ASK_EXPLAIN, ASK_POWER };

struct ask {
    struct ask *next;
    enum ask_kind kind;
    struct fg_cluster_job job;
    struct fg_shape shape; /* SUBMIT: its nodes lie in `names` */
    const char **nodes;
    struct fg_buf names;
    char node[FG_NAME_MAX]; /* POWER */
    bool on;                /* POWER */
    char room[FG_SLURM_ROOM_MAX];
    uint8_t (*secrets)[32];
    uint32_t len;
};

struct fg_cluster {
    struct fg_supplier supplier;
    char install[FG_UUID_MAX];
    char program[FG_TEXT_MAX], address[FG_TEXT_MAX], version[FG_NAME_MAX];
    int wake_fd, stop_fd;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t change;
    struct ask *asks, **asks_end;             /* under the mutex, as the rest */
    struct fg_report *reports, **reports_end; /* not taken yet */
    bool look_now;
    atomic_bool stop; /* also looked at without the mutex, between two calls */
    /* The thread's own: */
    struct fg_rest *rest; /* NULL: commands only */
    struct fg_look *look;
    int64_t next_look_us, retry_us;
};

static int64_t now_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->mono_us(clock->self);
}

static void *zeroed(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory)
        abort();
    return memory;
}

void fg_report_free(struct fg_report *report)
{
    if (!report)
        return;
    fg_look_result_free(&report->look);
    free(report);
}

static void ask_free(struct ask *ask)
{
    if (ask->secrets)
        sodium_memzero(ask->secrets, ask->len * sizeof(*ask->secrets));
    free(ask->secrets);
    free((void *)ask->nodes);
    fg_buf_free(&ask->names);
    free(ask);
}

/* -- the thread's calls -- */

static struct fg_slurm_site site_of(const struct fg_cluster *cluster)
{
    return (struct fg_slurm_site){.supplier = &cluster->supplier, .stop_fd = cluster->stop_fd};
}

/* Words that end with NULL. */
static int call(struct fg_cluster *cluster,
                const char *const *words,
                struct fg_buf *out,
                struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_slurm_site site = site_of(cluster);
    struct fg_slurm_command command = {.timeout_us = cluster->supplier.timeout_us,
                                       .output_max = OUTPUT_MAX};
    for (; words[command.words_len]; command.words_len++)
        fg_buf_add(&text, words[command.words_len], strlen(words[command.words_len]) + 1);
    command.words = text.text;
    return fg_slurm_command_run(&site, &command, out, err);
}

static struct fg_report *begin(enum fg_report_kind kind)
{
    struct fg_report *report = zeroed(sizeof(*report));
    report->kind = kind;
    report->began_us = now_us();
    return report;
}

static void finish(struct fg_cluster *cluster,
                   struct fg_report *report,
                   int rc,
                   const struct fg_err *err)
{
    report->took_us = now_us() - report->began_us;
    report->rc = rc;
    if (rc < 0)
        snprintf(report->reason, sizeof(report->reason), "%s", err->text);
    pthread_mutex_lock(&cluster->mutex);
    *cluster->reports_end = report;
    cluster->reports_end = &report->next;
    pthread_mutex_unlock(&cluster->mutex);
    eventfd_write(cluster->wake_fd, 1);
}

static int submit_by_command(struct fg_cluster *cluster,
                             const struct ask *ask,
                             const struct fg_shape_submit *submit,
                             const struct fg_buf *script,
                             uint64_t *out_id,
                             struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf words = {}, out = {};
    struct fg_slurm_site site = site_of(cluster);
    size_t len = fg_shape_sbatch(&ask->shape, submit, &words);
    int rc = fg_slurm_command_run(&site,
                                  &(struct fg_slurm_command){
                                      .words = words.text,
                                      .words_len = len,
                                      .input = script->text,
                                      .input_len = script->len,
                                      .timeout_us = cluster->supplier.timeout_us,
                                      .output_max = 65536,
                                  },
                                  &out, err);
    struct fg_field id = {out.text, out.text ? strcspn(out.text, ";\n") : 0};
    if (rc == 0 && !fg_slurm_count(id, INT64_MAX, out_id))
        rc = fg_fail(err, FG_EUNREACH, "sbatch: printed no number of a job");
    return rc;
}

static void submit(struct fg_cluster *cluster, const struct ask *ask)
{
    FG_AUTO(fg_buf) struct fg_buf script = {};
    struct fg_err err = {};
    char hash[FG_SLURM_ROOM_MAX];
    struct fg_report *report = begin(FG_REPORT_SUBMITTED);
    fg_shape_hash(&ask->shape, hash);
    struct fg_shape_submit words = {.supplier = &cluster->supplier,
                                    .install = cluster->install,
                                    .room = ask->room,
                                    .hash = hash,
                                    .len = ask->len};
    fg_shape_script(&ask->shape,
                    &(struct fg_shape_script){.supplier = &cluster->supplier,
                                              .install = cluster->install,
                                              .program = cluster->program,
                                              .address = cluster->address,
                                              .room = ask->room,
                                              .secrets = (const uint8_t(*)[32])ask->secrets,
                                              .len = ask->len},
                    &script);
    int rc = cluster->rest ? fg_rest_submit(cluster->rest, &ask->shape, &words, script.text,
                                            &report->id, &err)
                           : FG_ENOENT;
    if (rc == FG_ENOENT || rc == FG_EAUTH)
        rc = submit_by_command(cluster, ask, &words, &script, &report->id, &err);
    sodium_memzero(script.text, script.len);
    memcpy(report->room, ask->room, sizeof(report->room));
    report->len = ask->len;
    finish(cluster, report, rc, &err);
}

/* Whether the job of that id is the one of our name: Slurm that forgot jobs uses their numbers again. */
static bool is_named(struct fg_cluster *cluster, uint64_t id, const char *name)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    char text[24];
    snprintf(text, sizeof(text), "%lu", (unsigned long)id);
    if (call(cluster, (const char *const[]){"squeue", "-h", "-a", "-j", text, "-o", "%j", NULL},
             &out, &(struct fg_err){})
            < 0
        || !out.text)
        return false;
    return strcspn(out.text, "\n") == strlen(name)
           && strncmp(out.text, name, strlen(name)) == 0;
}

/* By its name: there is only one. */
static void cancel_one(struct fg_cluster *cluster, const struct fg_cluster_job *job)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_slurm_end end;
    char name[FG_NAME_MAX + 16];
    snprintf(name, sizeof(name), "--name=fastgpu-%s", job->room);
    if (cluster->rest && job->id && fg_rest_job(cluster->rest, job->id, &end, NULL) == 0
        && strcmp(end.name, name + 7) == 0 && fg_rest_cancel(cluster->rest, job->id, NULL) == 0)
        return;
    (void)call(cluster, (const char *const[]){"scancel", "--quiet", name, NULL}, &out,
               &(struct fg_err){});
}

static bool same_array(const struct ask *a, const struct ask *b)
{
    return b && b->kind == ASK_CANCEL && a->job.is_array && b->job.is_array
           && a->job.id == b->job.id;
}

/* Elements of one array in one call, without `--name`: with it, Slurm 22.05 cancels all elements that wait.  What cannot be
 * cancelled now is found again by the next look. */
static struct ask *cancel(struct fg_cluster *cluster, struct ask *ask)
{
    FG_AUTO(fg_buf) struct fg_buf ids = {}, out = {};
    const char *words[CANCEL_MAX + 3] = {"scancel", "--quiet"};
    char name[FG_NAME_MAX], first[FG_SLURM_ROOM_MAX];
    size_t offsets[CANCEL_MAX], len = 0;
    struct ask *last = ask;
    if (!ask->job.is_array) {
        cancel_one(cluster, &ask->job);
        return ask;
    }
    for (struct ask *at = ask; (at == ask || same_array(ask, at)) && len < CANCEL_MAX;
         at = at->next) {
        last = at;
        offsets[len++] = ids.len;
        fg_buf_printf(&ids, "%lu_%u", (unsigned long)at->job.id, at->job.index);
        fg_buf_add(&ids, "", 1);
    }
    for (size_t i = 0; i < len; i++)
        words[i + 2] = ids.text + offsets[i];
    fg_slurm_room_at(ask->job.room, 0, first);
    snprintf(name, sizeof(name), "fastgpu-%s", first);
    if (is_named(cluster, ask->job.id, name))
        (void)call(cluster, words, &out, &(struct fg_err){});
    return last;
}

static int explain_by_command(struct fg_cluster *cluster,
                              const struct fg_cluster_job *job,
                              struct fg_slurm_end *out,
                              struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    char id[48];
    if (job->is_array)
        snprintf(id, sizeof(id), "%lu_%u", (unsigned long)job->id, job->index);
    else
        snprintf(id, sizeof(id), "%lu", (unsigned long)job->id);
    int rc = call(cluster, (const char *const[]){"scontrol", "show", "job", "-o", id, NULL},
                  &text, err);
    if (rc == 0)
        fg_slurm_end_parse((struct fg_field){text.text, text.len}, out);
    return rc == FG_ESTATE ? 0 : rc; /* that is: it does not know such a job */
}

static void explain(struct fg_cluster *cluster, const struct ask *ask)
{
    const struct fg_cluster_job *job = &ask->job;
    struct fg_err err = {};
    char wanted[FG_NAME_MAX], first[FG_SLURM_ROOM_MAX];
    struct fg_report *report = begin(FG_REPORT_EXPLAINED);
    int rc = cluster->rest && !job->is_array
                 ? fg_rest_job(cluster->rest, job->id, &report->end, &err)
                 : FG_ENOENT;
    if (rc < 0)
        rc = explain_by_command(cluster, job, &report->end, &err);
    fg_slurm_room_at(job->room, 0, first);
    snprintf(wanted, sizeof(wanted), "fastgpu-%s", job->is_array ? first : job->room);
    if (rc == 0 && strcmp(report->end.name, wanted) != 0)
        report->end = (struct fg_slurm_end){};
    memcpy(report->room, job->room, sizeof(report->room));
    finish(cluster, report, rc, &err);
}

static void power(struct fg_cluster *cluster, const struct ask *ask)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_err err = {};
    char node[FG_NAME_MAX + 16];
    struct fg_report *report = begin(FG_REPORT_POWER);
    snprintf(node, sizeof(node), "nodename=%s", ask->node);
    memcpy(report->node, ask->node, sizeof(report->node));
    const char *state = ask->on ? "state=power_up" : "state=power_down_asap";
    int rc = call(cluster, (const char *const[]){"scontrol", "update", node, state, NULL}, &out,
                  &err);
    finish(cluster, report, rc, &err);
    cluster->next_look_us = 0;
}

/* -- looking -- */

static void read_version(struct fg_cluster *cluster)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct fg_err err = {};
    if (cluster->version[0]
        || call(cluster, (const char *const[]){"scontrol", "--version", NULL}, &out, &err) < 0
        || !out.text)
        return;
    out.text[strcspn(out.text, "\n")] = '\0';
    snprintf(cluster->version, sizeof(cluster->version), "%.30s", out.text);
}

static int read_state(struct fg_cluster *cluster,
                      struct fg_look_result *out,
                      struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf nodes = {}, queue = {};
    int rc = call(cluster, (const char *const[]){"scontrol", "show", "node", "-d", "-o", NULL},
                  &nodes, err);
    if (rc == 0)
        rc =
            call(cluster,
                 (const char *const[]){"squeue", "-h", "-a", "-o", FG_SLURM_QUEUE_FORMAT, NULL},
                 &queue, err);
    if (rc < 0)
        return rc;
    fg_look_take(cluster->look, (struct fg_field){nodes.text, nodes.len},
                 (struct fg_field){queue.text, queue.len}, out);
    return 0;
}

static void look(struct fg_cluster *cluster)
{
    struct fg_err err = {};
    struct fg_report *report = begin(FG_REPORT_LOOK);
    int64_t poll_us = cluster->supplier.cluster.poll_us;
    read_version(cluster);
    int rc = read_state(cluster, &report->look, &err);
    int64_t end_us = now_us(), pause_us = (end_us - report->began_us) * PAUSE_RATIO;
    pause_us = pause_us < poll_us ? poll_us : pause_us < PAUSE_MAX_US ? pause_us : PAUSE_MAX_US;
    if (rc < 0) {
        cluster->retry_us = cluster->retry_us ? cluster->retry_us * 2 : poll_us;
        pause_us = cluster->retry_us =
            cluster->retry_us < RETRY_MAX_US ? cluster->retry_us : RETRY_MAX_US;
    } else {
        cluster->retry_us = 0;
    }
    cluster->next_look_us = end_us + pause_us;
    const char *rest = cluster->rest ? fg_rest_version(cluster->rest) : "";
    snprintf(report->version, sizeof(report->version), "%s (commands%s%s)", cluster->version,
             rest[0] ? ", REST " : "", rest);
    finish(cluster, report, rc < 0 ? FG_EUNREACH : 0, &err);
}

/* -- the thread -- */

static void answer(struct fg_cluster *cluster, struct ask *asks)
{
    while (asks && !cluster->stop) {
        struct ask *last = asks;
        if (asks->kind == ASK_SUBMIT)
            submit(cluster, asks);
        else if (asks->kind == ASK_CANCEL)
            last = cancel(cluster, asks);
        else if (asks->kind == ASK_POWER)
            power(cluster, asks);
        else
            explain(cluster, asks);
        for (bool more = true; more;) {
            struct ask *ask = asks;
            more = ask != last;
            asks = ask->next;
            ask_free(ask);
        }
    }
    while (asks) {
        struct ask *next = asks->next;
        ask_free(asks);
        asks = next;
    }
}

static void wait_until(struct fg_cluster *cluster, int64_t end_us)
{
    struct timespec end = {.tv_sec = end_us / 1000000, .tv_nsec = end_us % 1000000 * 1000};
    pthread_cond_timedwait(&cluster->change, &cluster->mutex, &end);
}

static void *serve(void *self)
{
    struct fg_cluster *cluster = self;
    pthread_mutex_lock(&cluster->mutex);
    while (!cluster->stop) {
        struct ask *asks = cluster->asks;
        bool is_due = cluster->look_now || now_us() >= cluster->next_look_us;
        cluster->asks = NULL;
        cluster->asks_end = &cluster->asks;
        if (!asks && !is_due) {
            wait_until(cluster, cluster->next_look_us);
            continue;
        }
        cluster->look_now &= !is_due;
        pthread_mutex_unlock(&cluster->mutex);
        answer(cluster, asks);
        if (is_due)
            look(cluster);
        pthread_mutex_lock(&cluster->mutex);
    }
    pthread_mutex_unlock(&cluster->mutex);
    return NULL;
}

/* -- the caller's side -- */

static int start_thread(struct fg_cluster *cluster, struct fg_err *err)
{
    pthread_condattr_t attr;
    sigset_t all, old;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&cluster->change, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&cluster->mutex, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&cluster->thread, NULL, serve, cluster);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error == 0)
        return 0;
    return fg_fail(err, FG_EBACKEND, "cluster %s: no thread for it: %s", cluster->supplier.name,
                   strerror(error));
}

struct fg_cluster *fg_cluster_new(const struct fg_cluster_options *options, struct fg_err *err)
{
    struct fg_cluster *cluster = zeroed(sizeof(*cluster));
    cluster->supplier = *options->supplier;
    snprintf(cluster->install, sizeof(cluster->install), "%s", options->install);
    snprintf(cluster->program, sizeof(cluster->program), "%s", options->program);
    snprintf(cluster->address, sizeof(cluster->address), "%s", options->address);
    cluster->wake_fd = options->wake_fd;
    cluster->asks_end = &cluster->asks;
    cluster->reports_end = &cluster->reports;
    cluster->look = fg_look_new(options->install, options->supplier->cluster.partition);
    cluster->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (options->supplier->url[0])
        cluster->rest = fg_rest_new(options->supplier, cluster->stop_fd);
    int rc = cluster->stop_fd < 0
                 ? fg_fail(err, FG_EBACKEND, "no descriptor: %s", strerror(errno))
                 : start_thread(cluster, err);
    if (rc == 0)
        return cluster;
    if (cluster->stop_fd >= 0)
        close(cluster->stop_fd);
    fg_look_free(cluster->look);
    fg_rest_free(cluster->rest);
    free(cluster);
    return NULL;
}

void fg_cluster_free(struct fg_cluster *cluster)
{
    if (!cluster)
        return;
    pthread_mutex_lock(&cluster->mutex);
    cluster->stop = true;
    pthread_cond_signal(&cluster->change);
    pthread_mutex_unlock(&cluster->mutex);
    eventfd_write(cluster->stop_fd, 1);
    pthread_join(cluster->thread, NULL);
    answer(cluster, cluster->asks);
    for (struct fg_report *at = cluster->reports, *next; at; at = next) {
        next = at->next;
        fg_report_free(at);
    }
    fg_look_free(cluster->look);
    fg_rest_free(cluster->rest);
    close(cluster->stop_fd);
    pthread_mutex_destroy(&cluster->mutex);
    pthread_cond_destroy(&cluster->change);
    free(cluster);
}

static void post(struct fg_cluster *cluster, struct ask *ask)
{
    pthread_mutex_lock(&cluster->mutex);
    if (ask) {
        *cluster->asks_end = ask;
        cluster->asks_end = &ask->next;
    } else {
        cluster->look_now = true;
    }
    pthread_cond_signal(&cluster->change);
    pthread_mutex_unlock(&cluster->mutex);
}

static void copy_nodes(struct ask *ask)
{
    const char *const *nodes = ask->shape.nodes;
    uint32_t len = ask->shape.is_anywhere ? 0 : ask->shape.nodes_len;
    ask->nodes = zeroed((len + 1UL) * sizeof(*ask->nodes));
    for (uint32_t i = 0; i < len; i++)
        fg_buf_add(&ask->names, nodes[i], strlen(nodes[i]) + 1);
    const char *at = ask->names.text;
    for (uint32_t i = 0; i < len; i++, at += strlen(at) + 1)
        ask->nodes[i] = at;
    ask->shape.nodes = ask->nodes;
}

void fg_cluster_submit(struct fg_cluster *cluster,
                       const struct fg_shape *shape,
                       const char *room,
                       const uint8_t (*secrets)[32],
                       uint32_t len)
{
    struct ask *ask = zeroed(sizeof(*ask));
    ask->kind = ASK_SUBMIT;
    ask->shape = *shape;
    copy_nodes(ask);
    snprintf(ask->room, sizeof(ask->room), "%s", room);
    ask->len = len;
    ask->secrets = zeroed(len * sizeof(*secrets));
    memcpy(ask->secrets, secrets, len * sizeof(*secrets));
    post(cluster, ask);
}

static void ask_about(struct fg_cluster *cluster,
                      enum ask_kind kind,
                      const struct fg_cluster_job *job)
{
    struct ask *ask = zeroed(sizeof(*ask));
    ask->kind = kind;
    ask->job = *job;
    post(cluster, ask);
}

void fg_cluster_cancel(struct fg_cluster *cluster, const struct fg_cluster_job *job)
{
    ask_about(cluster, ASK_CANCEL, job);
}

void fg_cluster_explain(struct fg_cluster *cluster, const struct fg_cluster_job *job)
{
    ask_about(cluster, ASK_EXPLAIN, job);
}

void fg_cluster_power(struct fg_cluster *cluster, const char *node, bool on)
{
    struct ask *ask = zeroed(sizeof(*ask));
    ask->kind = ASK_POWER;
    snprintf(ask->node, sizeof(ask->node), "%s", node);
    ask->on = on;
    post(cluster, ask);
}

void fg_cluster_look(struct fg_cluster *cluster)
{
    post(cluster, NULL);
}

struct fg_report *fg_cluster_take(struct fg_cluster *cluster)
{
    pthread_mutex_lock(&cluster->mutex);
    struct fg_report *reports = cluster->reports;
    cluster->reports = NULL;
    cluster->reports_end = &cluster->reports;
    pthread_mutex_unlock(&cluster->mutex);
    return reports;
}
