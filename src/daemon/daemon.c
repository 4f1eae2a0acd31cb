/* daemon.c - the live loop; see daemon.h
 *
 * One thread owns the controller: it sleeps until a command, an engine event, a signal or a timer wakes it, and
 * makes a step.  While a step commits, the next batch gathers in the inbox: group commit needs no timer.
 *
 * When the clock was set it ends and begins anew: what holds timers in memory is made anew with the clock as it is, and what
 * is in the store keeps its age (fg_sqlite_redate).
 */
#include "daemon/daemon.h"

#include "api/server.h"
#include "base/urgent.h"
#include "control/control.h"
#include "daemon/admin_token.h"
#include "daemon/clusters.h"
#include "daemon/config_file.h"
#include "daemon/data_dir.h"
#include "daemon/grid.h"
#include "daemon/housekeeping.h"
#include "daemon/inbox.h"
#include "daemon/live_offers.h"
#include "daemon/log.h"
#include "daemon/measured.h"
#include "daemon/offers.h"
#include "daemon/outlook.h"
#include "daemon/power.h"
#include "daemon/publishing.h"
#include "daemon/sampling.h"
#include "daemon/shared.h"
#include "daemon/steady.h"
#include "daemon/sweep.h"
#include "daemon/tuning.h"
#include "engine/fleet.h"
#include "engine/fs.h"
#include "engine/local.h"
#include "provision/buyer.h"
#include "store/sqlite_store.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERIES_PAUSE_US 5'000'000 /* a kill loses readings of ten seconds at most */
#define CLOCK_NOTE_US   1'000'000 /* leaning has moved the clock by that: it is noted */
#define BOOT_ID         "/proc/sys/kernel/random/boot_id"

struct daemon {
    struct fg_data_dir dir;
    struct fg_service_config config;
    struct fg_engine *engine;
    struct fg_clusters clusters;
    struct fg_provision *provision;
    struct fg_shared *_Atomic shared; /* NULL: this daemon is the only one */
    struct fg_store *store;
    struct fg_offer_store *offers; /* NULL: it cannot be opened */
    struct fg_live_offers *live_offers;
    struct fg_series *series;
    struct fg_exporters *exporters; /* NULL: none */
    struct fg_job_counts *job_counts;
    struct fg_inbox *inbox;
    struct fg_control *control;
    struct fg_housekeeping *housekeeping;
    struct fg_outlook *outlook;
    struct fg_tuning *tuning;       /* NULL: never */
    struct fg_publisher *publisher; /* NULL: not yet */
    struct fg_measured measured;
    struct fg_grid *grid;
    struct fg_power_keeper power;
    struct fg_wan links;        /* as they were measured last */
    struct fg_api *_Atomic api; /* NULL until it serves */
    struct fg_steady steady;
    int64_t noted_us; /* UTC less boot time, as the store knows it */
    _Atomic(const char *) health;
    int signal_fd;
    int64_t sample_us; /* when the next readings are taken */
    int ready_fd;      /* wants to know when we answer; -1: does not, or knows */
    uint16_t tcp_port; /* that was found free before, see keep_port(); 0 none */
    atomic_bool leads;
    bool stopped; /* before it came to lead */
    bool anew;    /* it is to live once more */
};

/* -- what the API calls, from its threads --------------------------------------------------------------- */

static void post(void *self, struct fg_command *command)
{
    struct daemon *daemon = self;
    fg_inbox_post(daemon->inbox, command);
}

static void wait_cancel(void *self, struct fg_command *command)
{
    struct daemon *daemon = self;
    fg_inbox_cancel(daemon->inbox, command);
}

/* The threads of the API come before this daemon knows its place, and then it only follows. */
static bool stands_by(void *self, struct fg_err *why)
{
    struct daemon *daemon = self;
    if (atomic_load(&daemon->leads))
        return false;
    if (daemon->shared)
        fg_shared_explain(daemon->shared, why);
    else
        fg_fail(why, FG_EUNREACH, "this daemon stands by");
    return true;
}

static int keep_blob(void *self, const char *hash, struct fg_err *err)
{
    struct daemon *daemon = self;
    return fg_shared_keep_blob(daemon->shared, hash, err);
}

static const char *standby_health(void *)
{
    return "this daemon stands by: another one leads";
}

static const char *health(void *self)
{
    struct daemon *daemon = self;
    const char *damaged = fg_housekeeping_fault(daemon->housekeeping);
    return damaged ? damaged : atomic_load(&daemon->health);
}

/* -- what the controller calls --------------------------------------------------------------------------- */

static void publish(void *self, const struct fg_event *event)
{
    struct daemon *daemon = self;
    struct fg_api *api = atomic_load(&daemon->api);
    if (api)
        fg_api_publish(api, event);
    if (daemon->publisher)
        fg_publisher_told(daemon->publisher, event->seq);
}

static void offers_told(void *self, const struct fg_provision_event *event)
{
    struct daemon *daemon = self;
    if (event->rc < 0)
        fg_log("event=offers-failed supplier=%s code=%s why=\"%s\"", event->supplier,
               fg_code_name(event->rc), event->reason);
    else if (daemon->live_offers)
        fg_live_offers_put(daemon->live_offers, event->offers, event->offers_len,
                           daemon->steady.wall_us);
}

static bool outlook(void *self, const struct fg_outlook_question *question, double *out_devices)
{
    struct daemon *daemon = self;
    return daemon->outlook && fg_outlook_ask(daemon->outlook, question, out_devices);
}

/* -- time --------------------------------------------------------------------------------------------------- */

static int64_t now_us(struct daemon *daemon)
{
    const struct fg_clock *clock = fg_clock_system();
    return fg_steady_now_us(&daemon->steady, clock->now_us(clock->self), fg_clock_boot_us());
}

/* A number of the life of this machine. */
static int64_t machine_life(void)
{
    char text[64] = "";
    uint64_t life = 0;
    fg_fs_read_small(AT_FDCWD, BOOT_ID, text, sizeof(text));
    for (const char *at = text; *at; at++)
        if (isxdigit((unsigned char)*at))
            life = life * 31 + (unsigned char)*at;
    return (int64_t)(life >> 1);
}

/* Whatever may have moved moves if `may_move`.  A disk that is full keeps nobody from starting. */
static int note_clock(struct daemon *daemon, bool may_move, struct fg_err *err)
{
    struct fg_clock_reading clock = {.life = machine_life(), .now_us = now_us(daemon)};
    clock.boot_us = daemon->steady.boot_us;
    daemon->noted_us = clock.now_us - clock.boot_us;
    int64_t by_us = 0;
    int rc = fg_sqlite_redate(daemon->store, &clock, may_move ? &by_us : NULL, err);
    if (by_us)
        fg_log("event=clock-set by_s=%lld", (long long)(by_us / 1'000'000));
    return rc == FG_ENOSPC ? 0 : rc;
}

/* Leaning moves it slowly.  With a log to others the state may be old, and only the controller may read it again: there what
 * was noted at the start has to do. */
static void note_lean(struct daemon *daemon)
{
    int64_t off_us = daemon->steady.wall_us - daemon->steady.boot_us - daemon->noted_us;
    if (!daemon->shared && (off_us > CLOCK_NOTE_US || off_us < -CLOCK_NOTE_US))
        (void)note_clock(daemon, false, NULL);
}

/* -- start and stop ---------------------------------------------------------------------------------------- */

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int block_signals(struct daemon *daemon, struct fg_err *err)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return fg_fail(err, FG_EIO, "signals: %s", strerror(errno));
    daemon->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return daemon->signal_fd < 0 ? fg_fail(err, FG_EIO, "signalfd: %s", strerror(errno)) : 0;
}

/* The next leader is to know the couriers of this one. */
static int keep_keys(void *self, struct fg_err *err)
{
    struct daemon *daemon = self;
    return daemon->shared ? fg_shared_keep_keys(daemon->shared, err) : 0;
}

/* This machine's engine; whoever adds a supplier elsewhere gets another one beside it. */
static int open_engine(struct daemon *daemon, struct fg_err *err)
{
    struct fg_engine *local = fg_local_new(
        &(struct fg_local_options){
            .data_dir = daemon->dir.path,
            .config = &daemon->config.numbers,
            .declared = daemon->config.devices,
            .declared_len = daemon->config.devices_len,
            .job_user = daemon->config.job_user,
            .site = daemon->config.site,
        },
        err);
    if (!local)
        return err->code;
    daemon->clusters = (struct fg_clusters){.data_dir = daemon->dir.path,
                                            .listen = daemon->config.link_listen,
                                            .config = &daemon->config.numbers,
                                            .epoch = 1,
                                            .keep_keys = keep_keys,
                                            .self = daemon};
    daemon->engine = fg_fleet_new(
        &(struct fg_fleet_options){.local = {&fg_engine_local, local},
                                   .is_shared = daemon->config.shared_store[0] != '\0',
                                   .make_far = fg_clusters_make,
                                   .self = &daemon->clusters},
        err);
    if (!daemon->engine)
        fg_engine_local.free(local);
    return daemon->engine ? 0 : err->code;
}

static int open_provision(struct daemon *daemon, struct fg_err *err)
{
    char folder[FG_DATA_PATH_MAX];
    fg_data_dir_file(&daemon->dir, "suppliers", folder);
    daemon->provision = fg_buyer_new(folder, err);
    return daemon->provision ? 0 : err->code;
}

static int open_store(struct daemon *daemon, struct fg_err *err)
{
    char path[FG_DATA_PATH_MAX];
    fg_data_dir_file(&daemon->dir, "fastgpu.db", path);
    int rc = daemon->shared ? fg_sqlite_open_logged(
                 path, fg_standby_log(fg_shared_standby(daemon->shared)), &daemon->store, err)
                            : fg_sqlite_open(path, &daemon->store, err);
    if (rc == 0)
        rc = note_clock(daemon, true, err);
    if (rc == 0)
        rc = fg_housekeeping_start(
            &(struct fg_housekeeping_options){
                .db_path = path,
                .data_dir = daemon->dir.path,
                .blob_bytes_max = (uint64_t)daemon->config.numbers.artifact_bytes_max,
                .health = health,
                .self = daemon,
            },
            &daemon->housekeeping, err);
    return rc;
}

static int open_series(struct daemon *daemon, struct fg_err *err)
{
    char folder[FG_DATA_PATH_MAX];
    fg_data_dir_file(&daemon->dir, "series", folder);
    return fg_series_open(
        &(struct fg_series_options){.dir = folder,
                                    .memory_bytes =
                                        (size_t)daemon->config.numbers.series_memory_mib << 20,
                                    .pause_us = SERIES_PAUSE_US},
        &daemon->series, err);
}

static int open_control(struct daemon *daemon, struct fg_err *err)
{
    daemon->inbox = fg_inbox_new();
    if (!daemon->inbox)
        return fg_fail(err, FG_ENOMEM, "no memory to start");
    fg_job_id ids_used = 0;
    int rc = open_series(daemon, err);
    if (rc < 0)
        return rc;
    rc = fg_sweep_newest_job(daemon->dir.path, &ids_used, err);
    if (rc < 0)
        return rc;
    daemon->control = fg_control_new(
        &(struct fg_control_options){
            .config = &daemon->config.numbers,
            .store_ops = &fg_store_sqlite,
            .store = daemon->store,
            .engine_ops = &fg_engine_fleet,
            .engine = daemon->engine,
            .provision_ops = &fg_buyer_ops,
            .provision = daemon->provision,
            .order = fg_job_order_find(daemon->config.schedule.order),
            .preempt = (enum fg_preempt)fg_preempt_find(daemon->config.schedule.preempt),
            .backfill = (enum fg_backfill)fg_backfill_find(daemon->config.schedule.backfill),
            .place = fg_place_policy_find(daemon->config.schedule.place),
            .allocate = daemon->config.schedule.allocate,
            .optimise = strcmp(daemon->config.schedule.optimise, "head") == 0,
            .nodes_max = (size_t)daemon->config.numbers.nodes_max,
            .ids_used = ids_used,
            .is_shared = daemon->shared != NULL,
            .publish = publish,
            .offers = offers_told,
            .outlook = outlook,
            .self = daemon,
        },
        now_us(daemon), err);
    if (!daemon->control)
        return err->code;
    daemon->job_counts = fg_job_counts_new();
    daemon->exporters = fg_exporters_new(daemon->config.exporters, daemon->config.exporters_len,
                                         daemon->config.numbers.exporter_interval_s * 1000000);
    daemon->grid = fg_grid_start(&daemon->config.grid, &daemon->config.numbers);
    char token[FG_DATA_PATH_MAX];
    fg_data_dir_file(&daemon->dir, "admin.token", token);
    return fg_admin_token_ensure(daemon->control, token, now_us(daemon), err);
}

static int open_api(struct daemon *daemon,
                    const struct fg_daemon_options *options,
                    struct fg_err *err)
{
    char socket[FG_DATA_PATH_MAX], db[FG_DATA_PATH_MAX];
    fg_data_dir_file(&daemon->dir, "fastgpu.sock", socket);
    fg_data_dir_file(&daemon->dir, "fastgpu.db", db);
    bool from_file = !options->tcp_host && daemon->config.listen_host[0];
    bool leads = atomic_load(&daemon->leads);
    struct fg_api *api = fg_api_start(
        &(struct fg_api_options){
            .tcp_host = from_file ? daemon->config.listen_host : options->tcp_host,
            .tcp_port = daemon->tcp_port ? daemon->tcp_port
                        : from_file      ? daemon->config.listen_port
                                         : options->tcp_port,
            .unix_path = socket,
            .db_path = db,
            .data_dir = daemon->dir.path,
            .config = &daemon->config.numbers,
            .energy_region = daemon->config.energy_region,
            .clock = fg_clock_system(),
            .series = daemon->series,
            .offers = daemon->offers,
            .publisher = daemon->publisher,
            .post = post,
            .wait_cancel = wait_cancel,
            .stands_by = leads ? NULL : stands_by,
            .keep_blob = leads && daemon->shared ? keep_blob : NULL,
            .health = leads ? health : standby_health,
            .self = daemon,
        },
        err);
    atomic_store(&daemon->api, api);
    return api ? 0 : err->code;
}

static void tell_ready(void *self)
{
    struct daemon *daemon = self;
    if (daemon->ready_fd >= 0)
        dprintf(daemon->ready_fd, "listening on %s\n", fg_api_url(daemon->api));
    daemon->ready_fd = -1;
}

/* Where it listens it will listen again. */
static void keep_port(struct daemon *daemon)
{
    const char *port = strrchr(fg_api_url(daemon->api), ':');
    if (strncmp(fg_api_url(daemon->api), "http", 4) == 0 && port)
        daemon->tcp_port = (uint16_t)strtol(port + 1, NULL, 10);
}

/* Several daemons with one state: follow who leads, until it is us (or we are asked to stop).  Clients are told meanwhile
 * where to go. */
static int come_to_lead(struct daemon *daemon,
                        const struct fg_daemon_options *options,
                        struct fg_err *err)
{
    int rc = open_api(daemon, options, err);
    if (rc < 0)
        return rc;
    /* The launcher of an earlier life of this process, see shared.h. */
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    keep_port(daemon);
    daemon->shared = fg_shared_new(
        &(struct fg_shared_options){
            .config = &daemon->config,
            .data_dir = daemon->dir.path,
            .daemon = options,
            .service_url = fg_api_url(daemon->api),
            .follows = tell_ready,
            .self = daemon,
        },
        err);
    if (!daemon->shared)
        return err->code;
    fg_log("event=standby pid=%ld version=%s url=%s", (long)getpid(), FASTGPU_VERSION,
           fg_api_url(daemon->api));
    rc = fg_standby_follow(fg_shared_standby(daemon->shared), daemon->signal_fd, err);
    daemon->stopped = rc == 0;
    fg_api_stop(atomic_exchange(&daemon->api, NULL));
    return rc < 0 ? rc : 0;
}

static int open_outlook(struct daemon *daemon, struct fg_err *err)
{
    char db[FG_DATA_PATH_MAX];
    fg_data_dir_file(&daemon->dir, "fastgpu.db", db);
    daemon->outlook = fg_outlook_start(db, err);
    return daemon->outlook ? 0 : err->code;
}

/* Without the catalogue the service goes on. */
static int open_offers(struct daemon *daemon, struct fg_err *err)
{
    daemon->offers = fg_offers_open(daemon->dir.path, now_us(daemon));
    if (!daemon->offers)
        return 0;
    daemon->live_offers = fg_live_offers_start(daemon->offers, err);
    return daemon->live_offers ? 0 : err->code;
}

static int open_publisher(struct daemon *daemon, struct fg_err *err)
{
    char db[FG_DATA_PATH_MAX];
    fg_data_dir_file(&daemon->dir, "fastgpu.db", db);
    daemon->publisher = fg_publishing_start(&daemon->config.publish, db, daemon->inbox, err);
    return daemon->publisher ? 0 : err->code;
}

/* What only who leads has. */
static int open_service(struct daemon *daemon,
                        const struct fg_daemon_options *options,
                        struct fg_err *err)
{
    atomic_store(&daemon->leads, true);
    if (daemon->shared)
        daemon->clusters.twin = fg_shared_journal(daemon->shared);
    if (daemon->shared)
        daemon->clusters.epoch = fg_standby_epoch(fg_shared_standby(daemon->shared));
    int rc = open_store(daemon, err);
    if (rc == 0)
        rc = open_control(daemon, err);
    if (rc == 0)
        rc = open_offers(daemon, err);
    if (rc == 0)
        rc = open_outlook(daemon, err);
    if (rc == 0)
        rc = open_publisher(daemon, err);
    if (rc == 0 && daemon->shared)
        rc = fg_shared_keep_keys(daemon->shared, err);
    if (rc == 0)
        rc = open_api(daemon, options, err);
    return rc == 0 ? fg_tuning_start(&daemon->config, daemon->dir.path, &daemon->tuning, err)
                   : rc;
}

/* The engine first: it forks, so no thread may exist yet. */
static int open_all(struct daemon *daemon,
                    const struct fg_daemon_options *options,
                    struct fg_err *err)
{
    const struct fg_clock *clock = fg_clock_system();
    fg_steady_init(&daemon->steady, clock->now_us(clock->self), fg_clock_boot_us());
    raise_file_limit();
    int rc = fg_data_dir_open(&daemon->dir, options->data_dir, err);
    if (rc == 0)
        rc = fg_config_file_read(&daemon->config, options->config_path, err);
    if (rc == 0 && !daemon->config.site[0])
        gethostname(daemon->config.site, sizeof(daemon->config.site) - 1);
    if (rc == 0)
        rc = block_signals(daemon, err);
    if (rc == 0)
        rc = open_engine(daemon, err);
    if (rc == 0)
        rc = open_provision(daemon, err);
    if (rc == 0 && daemon->config.shared_store[0])
        rc = come_to_lead(daemon, options, err);
    if (rc < 0 || daemon->stopped)
        return rc;
    rc = open_service(daemon, options, err);
    /* PostgreSQL went away just now: as for a leader in mid-life that is no end, somebody has to lead when it is back. */
    if (rc == FG_EUNREACH && daemon->shared)
        fg_shared_start_anew(daemon->shared, err->text);
    return rc;
}

/* Requests under way want an answer before the API ends: one that came late finds the service stopping. */
static void refuse_rest(struct daemon *daemon)
{
    struct fg_command **cancels;
    size_t cancels_len;
    struct fg_command *command = fg_inbox_take(daemon->inbox, &cancels, &cancels_len);
    while (command) {
        struct fg_command *next = command->next;
        command->rc = fg_fail(&command->err, FG_EUNREACH, "the service is stopping");
        command->done(command);
        command = next;
    }
}

struct stopper {
    struct fg_api *api;
    atomic_bool over;
};

static void *stop_api(void *self)
{
    struct stopper *stopper = self;
    fg_api_stop(stopper->api);
    atomic_store(&stopper->over, true);
    return NULL;
}

/* The API waits for its requests, which wait for this thread: so it is stopped from another one. */
static void close_api(struct daemon *daemon)
{
    struct stopper stopper = {.api = atomic_exchange(&daemon->api, NULL)};
    pthread_t thread;
    if (!stopper.api || pthread_create(&thread, NULL, stop_api, &stopper) != 0)
        return;
    while (!atomic_load(&stopper.over)) {
        refuse_rest(daemon);
        poll(NULL, 0, 1);
    }
    pthread_join(thread, NULL);
}

static void close_all(struct daemon *daemon)
{
    fg_tuning_stop(daemon->tuning);
    fg_control_free(daemon->control); /* answers those who wait */
    fg_outlook_stop(daemon->outlook);
    fg_grid_stop(daemon->grid);
    if (daemon->inbox)
        close_api(daemon);
    else
        fg_api_stop(atomic_exchange(&daemon->api, NULL));
    fg_housekeeping_stop(daemon->housekeeping);
    fg_publisher_free(daemon->publisher);
    fg_inbox_free(daemon->inbox);
    fg_power_keeper_fini(&daemon->power);
    fg_exporters_free(daemon->exporters);
    fg_job_counts_free(daemon->job_counts);
    fg_series_free(daemon->series);
    fg_live_offers_stop(daemon->live_offers);
    fg_offer_store_free(daemon->offers);
    if (daemon->store)
        fg_store_sqlite.free(daemon->store);
    if (daemon->provision)
        fg_buyer_ops.free(daemon->provision);
    if (daemon->engine)
        fg_engine_fleet.free(daemon->engine);
    fg_clusters_close(&daemon->clusters,
                      daemon->shared ? -1 : daemon->config.numbers.link_away_s * 1000000);
    fg_shared_free(daemon->shared); /* last: another one leads from now on */
    if (daemon->signal_fd >= 0)
        close(daemon->signal_fd);
    fg_data_dir_close(&daemon->dir);
}

/* -- the loop ---------------------------------------------------------------------------------------------------- */

static int step(struct daemon *daemon, struct fg_err *err)
{
    struct fg_command **cancels;
    size_t cancels_len;
    struct fg_command *commands = fg_inbox_take(daemon->inbox, &cancels, &cancels_len);
    if (fg_measured_look(&daemon->measured, daemon->dir.path, daemon->config.site,
                         now_us(daemon), &daemon->links))
        fg_control_set_wan(daemon->control, &daemon->links);
    struct fg_hourly price, carbon;
    if (fg_grid_look(daemon->grid, now_us(daemon), &price, &carbon))
        fg_control_set_hours(daemon->control, &price, &carbon);
    int rc = fg_control_step(daemon->control, commands, now_us(daemon), err);
    for (size_t i = 0; rc == 0 && i < cancels_len; i++)
        fg_control_wait_cancel(daemon->control, cancels[i]);
    atomic_store(&daemon->health,
                 fg_control_sick(daemon->control)
                     ? "the database cannot be written (is the disk full?): submits are refused"
                     : NULL);
    if (rc == 0 && daemon->sample_us <= daemon->steady.wall_us) {
        daemon->sample_us =
            daemon->steady.wall_us + daemon->config.numbers.sample_interval_ms * 1000;
        struct fg_sampling_sources sources = {.ops = &fg_engine_fleet,
                                              .engine = daemon->engine,
                                              .exporters = daemon->exporters,
                                              .counts = daemon->job_counts,
                                              .read = fg_power_read,
                                              .self = &daemon->power};
        fg_sampling_take(&sources, daemon->control, daemon->series, now_us(daemon));
        fg_power_keep(&daemon->power, &sources, daemon->control, &daemon->config.numbers,
                      now_us(daemon));
    }
    if (rc == 0)
        note_lean(daemon);
    return rc;
}

static int pause_ms(struct daemon *daemon)
{
    int64_t next = fg_control_next_us(daemon->control);
    if (daemon->sample_us < next)
        next = daemon->sample_us;
    int64_t pause_us = next - now_us(daemon);
    return pause_us <= 0 ? 0 : pause_us > 1000000 ? 1000 : (int)((pause_us + 999) / 1000);
}

static int serve(struct daemon *daemon, struct fg_err *err)
{
    struct pollfd fds[] = {
        {.fd = fg_inbox_fd(daemon->inbox), .events = POLLIN},
        {.fd = fg_engine_fleet.poll_fd(daemon->engine), .events = POLLIN},
        {.fd = daemon->signal_fd, .events = POLLIN},
        {.fd = fg_buyer_ops.poll_fd(daemon->provision), .events = POLLIN},
    };
    const nfds_t len = sizeof(fds) / sizeof(fds[0]);
    fg_urgent_session();
    fg_urgent_thread();
    for (;;) {
        int rc = step(daemon, err);
        if (rc < 0)
            return rc;
        int ready = poll(fds, len, 0);
        if (ready == 0) {
            fg_store_sqlite.idle(daemon->store);
            ready = poll(fds, len, pause_ms(daemon));
        }
        if (ready < 0 && errno != EINTR)
            return fg_fail(err, FG_EIO, "poll: %s", strerror(errno));
        if (fds[2].revents)
            return 0;
        if (fg_steady_is_left(&daemon->steady)) {
            fg_log("event=clock-left");
            daemon->anew = true;
            return 0;
        }
    }
}

static int serve_told(struct daemon *daemon, struct fg_err *err)
{
    fg_log("event=start pid=%ld version=%s url=%s", (long)getpid(), FASTGPU_VERSION,
           fg_api_url(daemon->api));
    if (geteuid() == 0 && !daemon->config.job_user[0])
        fg_log("event=warning jobs of users without an account here run as root: set "
               "job_user");
    tell_ready(daemon);
    return serve(daemon, err);
}

/* How far each sink has come is written with one step more. */
static int stop_publisher(struct daemon *daemon, struct fg_err *err)
{
    fg_publisher_stop(daemon->publisher);
    return step(daemon, err);
}

static int live(const struct fg_daemon_options *options,
                struct daemon *daemon,
                struct fg_err *err)
{
    int rc = open_all(daemon, options, err);
    if (rc == 0) {
        rc = daemon->stopped ? 0 : serve_told(daemon, err);
        if (daemon->api)
            keep_port(daemon);
        if (rc == 0 && !daemon->stopped)
            rc = stop_publisher(daemon, err);
        fg_log("event=stop code=%d", rc);
    }
    close_all(daemon);
    return rc;
}

int fg_daemon_run(const struct fg_daemon_options *options, struct fg_err *err)
{
    struct daemon *daemon = calloc(1, sizeof(*daemon));
    if (!daemon)
        return fg_fail(err, FG_ENOMEM, "no memory to start");
    int ready_fd = options->ready_fd, rc = 0;
    uint16_t tcp_port = 0;
    do {
        memset(daemon, 0, sizeof(*daemon));
        daemon->signal_fd = daemon->dir.lock_fd = -1;
        daemon->ready_fd = ready_fd;
        daemon->tcp_port = tcp_port;
        rc = live(options, daemon, err);
        ready_fd = daemon->ready_fd;
        tcp_port = daemon->tcp_port;
    } while (rc == 0 && daemon->anew);
    free(daemon);
    return rc;
}
