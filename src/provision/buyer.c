/* buyer.c - see buyer.h
 *
 *     call() --waiting--> [threads] --plug-in--> done --eventfd--> next_event()
 */
#include "provision/buyer.h"

#include "base/clock.h"
#include "provision/plugin.h"
#include "provision/rented.h"
#include "provision/user_data.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* A call, from its begin until its event was taken and the next one asked for. */
struct job {
    struct job *next;
    struct fg_supplier supplier;
    struct fg_order order;
    struct fg_supplier cluster;
    struct fg_provision_call call; /* refers to these */
    struct fg_answer_sheet sheet;
};

/* A queue: in order, added at the end. */
struct jobs {
    struct job *first, **end;
    size_t len;
};

struct fg_provision {
    char *folder;
    int done_fd;           /* readable while something is done */
    int stop_fd;           /* readable: it is over */
    struct job *taken;     /* what the last event refers to; only the caller's */
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    bool over;
    struct jobs waiting, done;
    const struct job *running[FG_BUYER_THREADS]; /* of each thread; NULL idle */
    pthread_t threads[FG_BUYER_THREADS];
    size_t threads_len;
};

static void jobs_init(struct jobs *jobs)
{
    *jobs = (struct jobs){.end = &jobs->first};
}

static void jobs_add(struct jobs *jobs, struct job *job)
{
    job->next = NULL;
    *jobs->end = job;
    jobs->end = &job->next;
    jobs->len++;
}

/* Take the one at `*link` out. */
static struct job *jobs_take(struct jobs *jobs, struct job **link)
{
    struct job *job = *link;
    *link = job->next;
    if (!job->next)
        jobs->end = link;
    jobs->len--;
    return job;
}

static void job_free(struct job *job)
{
    if (job)
        fg_answer_sheet_free(&job->sheet);
    free(job);
}

static void jobs_free(struct jobs *jobs)
{
    while (jobs->first)
        job_free(jobs_take(jobs, &jobs->first));
}

/* ---- one call ---- */

int64_t fg_buyer_timeout_us(const struct fg_provision_call *call)
{
    const int64_t usual_us = 60000000;
    int64_t timeout_us = call->supplier->timeout_us > 0 ? call->supplier->timeout_us : usual_us;
    if (call->op == FG_PROVISION_INSPECT)
        timeout_us += call->burn_in_s * INT64_C(1000000);
    return timeout_us;
}

static int64_t now_us(void)
{
    const struct fg_clock *clock = fg_clock_system();
    return clock->now_us(clock->self);
}

static int make_folder(const char *path, struct fg_err *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    return fg_fail(err, FG_EIO, "folder %.120s: %s", path, strerror(errno));
}

static void ask_plugin(const struct fg_plugin_site *site,
                       const struct fg_provision_call *asked,
                       struct fg_answer_sheet *out)
{
    static fg_plugin_fn *const plugins[FG_SUPPLIER_KINDS] = {
        [FG_SUPPLIER_OWNED] = fg_plugin_owned,
        [FG_SUPPLIER_EXEC] = fg_plugin_exec,
        [FG_SUPPLIER_HTTP] = fg_plugin_http,
    };
    FG_AUTO(fg_buf) struct fg_buf user_data = {};
    struct fg_provision_call call = *asked;
    struct fg_err err = {};
    int rc = 0;
    if (call.op == FG_PROVISION_PROVISION && call.supplier->bootstrap_file[0]) {
        rc = fg_user_data_read(call.supplier->bootstrap_file, call.order->key, call.order->node,
                               &user_data, &err);
        call.user_data = user_data.text;
    }
    if (rc < 0)
        fg_answer_fail(out, rc, "%s", err.text);
    else
        plugins[call.supplier->kind](site, &call, out);
    if (user_data.text)
        explicit_bzero(user_data.text, user_data.len);
}

/* Before machines are given back they leave their cluster.  One that does not answer does not keep them for ever: they cost. */
static void leave_cluster(const struct fg_plugin_site *site,
                          const struct fg_provision_call *call,
                          struct fg_answer_sheet *out)
{
    const struct fg_slurm_site slurm = {.supplier = call->cluster, .stop_fd = site->stop_fd};
    struct fg_err err = {};
    char why[FG_TEXT_MAX];
    int rc = fg_rented_remove(&slurm, call->order->key, call->now, why, &err);
    if (rc == 0) {
        out->event.delivery = FG_DELIVERY_RELEASING;
        memcpy(out->event.reason, why, sizeof(out->event.reason));
    } else if (rc < 0 && !call->forgets) {
        fg_answer_fail(out, rc, "cluster %.60s: %s", call->cluster->name, err.text);
    } else {
        ask_plugin(site, call, out);
        if (rc < 0 && out->event.rc == 0 && out->event.delivery != FG_DELIVERY_RELEASING) {
            out->event.delivery = FG_DELIVERY_RELEASING;
            snprintf(out->event.reason, sizeof(out->event.reason),
                     "its nodes are still in cluster %.60s: %.160s", call->cluster->name,
                     err.text);
        }
    }
}

static void call_plugin(const char *folder,
                        int stop_fd,
                        const struct fg_provision_call *call,
                        struct fg_answer_sheet *out)
{
    FG_AUTO(fg_buf) struct fg_buf path = {};
    struct fg_err err = {};
    fg_answer_begin(call, &out->event);
    out->event.asked_us = now_us();
    fg_buf_printf(&path, "%s/%s", folder, call->supplier->name);
    struct fg_plugin_site site = {
        .folder = path.text, .timeout_us = fg_buyer_timeout_us(call), .stop_fd = stop_fd};
    if (make_folder(path.text, &err) < 0)
        fg_answer_fail(out, FG_EIO, "%s", err.text);
    else if (call->cluster && call->op == FG_PROVISION_RELEASE)
        leave_cluster(&site, call, out);
    else
        ask_plugin(&site, call, out);
    out->event.time_us = now_us();
}

void fg_buyer_call_now(const char *folder,
                       const struct fg_provision_call *call,
                       struct fg_answer_sheet *out)
{
    call_plugin(folder, -1, call, out);
}

/* ---- threads ---- */

static bool is_busy(const struct fg_provision *buyer, const char *supplier)
{
    for (size_t i = 0; i < buyer->threads_len; i++)
        if (buyer->running[i] && strcmp(buyer->running[i]->supplier.name, supplier) == 0)
            return true;
    return false;
}

/* The oldest call whose supplier has none under way, or NULL. */
static struct job *choose(struct fg_provision *buyer)
{
    for (struct job **link = &buyer->waiting.first; *link; link = &(*link)->next)
        if (!is_busy(buyer, (*link)->supplier.name))
            return jobs_take(&buyer->waiting, link);
    return NULL;
}

static void tell(int event_fd)
{
    eventfd_write(event_fd, 1);
}

struct worker {
    struct fg_provision *buyer;
    size_t index;
};

static void *work(void *self)
{
    struct worker worker = *(struct worker *)self;
    struct fg_provision *buyer = worker.buyer;
    free(self);
    pthread_mutex_lock(&buyer->mutex);
    while (!buyer->over) {
        struct job *job = choose(buyer);
        if (!job) {
            pthread_cond_wait(&buyer->changed, &buyer->mutex);
            continue;
        }
        buyer->running[worker.index] = job;
        pthread_mutex_unlock(&buyer->mutex);
        call_plugin(buyer->folder, buyer->stop_fd, &job->call, &job->sheet);
        pthread_mutex_lock(&buyer->mutex);
        buyer->running[worker.index] = NULL;
        jobs_add(&buyer->done, job);
        tell(buyer->done_fd);
        /* The next call of this supplier may be another thread's. */
        pthread_cond_broadcast(&buyer->changed);
    }
    pthread_mutex_unlock(&buyer->mutex);
    return NULL;
}

/* Called with the mutex held.  One thread more, if all have something to do. */
static int add_thread(struct fg_provision *buyer, struct fg_err *err)
{
    size_t idle = 0;
    for (size_t i = 0; i < buyer->threads_len; i++)
        idle += buyer->running[i] == NULL;
    if (buyer->threads_len == FG_BUYER_THREADS || idle > buyer->waiting.len)
        return 0;
    struct worker *worker = malloc(sizeof(*worker));
    if (!worker)
        abort();
    *worker = (struct worker){buyer, buyer->threads_len};
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int rc = pthread_create(&buyer->threads[buyer->threads_len], NULL, work, worker);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc == 0) {
        buyer->threads_len++;
        return 0;
    }
    free(worker);
    return buyer->threads_len > 0
               ? 0
               : fg_fail(err, FG_ENOMEM, "no thread for calls of suppliers: %s", strerror(rc));
}

/* ---- the interface ---- */

struct fg_provision *fg_buyer_new(const char *folder, struct fg_err *err)
{
    if (make_folder(folder, err) < 0)
        return NULL;
    struct fg_provision *buyer = calloc(1, sizeof(*buyer));
    if (!buyer)
        abort();
    buyer->folder = strdup(folder);
    buyer->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    buyer->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    jobs_init(&buyer->waiting);
    jobs_init(&buyer->done);
    pthread_mutex_init(&buyer->mutex, NULL);
    pthread_cond_init(&buyer->changed, NULL);
    bool usable = buyer->folder && buyer->done_fd >= 0 && buyer->stop_fd >= 0;
    if (usable && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        return buyer;
    fg_fail(err, FG_ENOMEM, "no memory for calls of suppliers");
    fg_buyer_ops.free(buyer);
    return NULL;
}

static void free_buyer(struct fg_provision *buyer)
{
    if (!buyer)
        return;
    pthread_mutex_lock(&buyer->mutex);
    buyer->over = true;
    pthread_cond_broadcast(&buyer->changed);
    pthread_mutex_unlock(&buyer->mutex);
    tell(buyer->stop_fd);
    for (size_t i = 0; i < buyer->threads_len; i++)
        pthread_join(buyer->threads[i], NULL);
    jobs_free(&buyer->waiting);
    jobs_free(&buyer->done);
    job_free(buyer->taken);
    if (buyer->done_fd >= 0)
        close(buyer->done_fd);
    if (buyer->stop_fd >= 0)
        close(buyer->stop_fd);
    pthread_mutex_destroy(&buyer->mutex);
    pthread_cond_destroy(&buyer->changed);
    free(buyer->folder);
    free(buyer);
    curl_global_cleanup();
}

static int check_call(const struct fg_provision_call *call, struct fg_err *err)
{
    if (!fg_supplier_kind_sells(call->supplier->kind))
        return fg_fail(err, FG_EINVAL, "supplier %s is of kind %s: nothing can be asked of it",
                       call->supplier->name, fg_supplier_kind_name(call->supplier->kind));
    if ((call->op == FG_PROVISION_OFFERS) != !call->order)
        return fg_fail(err, FG_EINVAL, "a call of %s %s an order",
                       fg_provision_op_name(call->op), call->order ? "with" : "without");
    if (call->order && !call->order->key[0])
        return fg_fail(err, FG_EINVAL, "an order without a key");
    return 0;
}

static struct job *make_job(const struct fg_provision_call *call)
{
    struct job *job = calloc(1, sizeof(*job));
    if (!job)
        abort();
    job->supplier = *call->supplier;
    job->call = *call;
    job->call.supplier = &job->supplier;
    if (call->cluster) {
        job->cluster = *call->cluster;
        job->call.cluster = &job->cluster;
    }
    if (call->order) {
        job->order = *call->order;
        job->call.order = &job->order;
    }
    return job;
}

static int call(struct fg_provision *buyer,
                const struct fg_provision_call *asked,
                struct fg_err *err)
{
    int rc = check_call(asked, err);
    if (rc < 0)
        return rc;
    pthread_mutex_lock(&buyer->mutex);
    if (buyer->waiting.len >= FG_PROVISION_QUEUE_MAX)
        rc = fg_fail(err, FG_EBUSY, "%d calls of suppliers wait already",
                     FG_PROVISION_QUEUE_MAX);
    else
        rc = add_thread(buyer, err);
    if (rc == 0) {
        jobs_add(&buyer->waiting, make_job(asked));
        pthread_cond_broadcast(&buyer->changed);
    }
    pthread_mutex_unlock(&buyer->mutex);
    return rc;
}

static int poll_fd(struct fg_provision *buyer)
{
    return buyer->done_fd;
}

static int next_event(struct fg_provision *buyer, struct fg_provision_event *out)
{
    eventfd_t count;
    job_free(buyer->taken);
    buyer->taken = NULL;
    pthread_mutex_lock(&buyer->mutex);
    if (buyer->done.first)
        buyer->taken = jobs_take(&buyer->done, &buyer->done.first);
    else
        eventfd_read(buyer->done_fd, &count);
    pthread_mutex_unlock(&buyer->mutex);
    if (!buyer->taken)
        return 0;
    *out = buyer->taken->sheet.event;
    return 1;
}

const struct fg_provision_ops fg_buyer_ops = {
    .name = "buyer",
    .free = free_buyer,
    .call = call,
    .poll_fd = poll_fd,
    .next_event = next_event,
};
