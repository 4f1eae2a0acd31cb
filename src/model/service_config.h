/* service_config.h - the configuration file of the service: numbers, devices, address, user of jobs.
 *
 *     fastgpu.yaml --SERVICE_CONFIG--> struct fg_service_config --> daemon
 *
 * Every key has a default, so the file may be empty or missing.  docs/CONFIG.md is printed from here and
 * from base/config.def; a test fails when it is out of date.
 */
#pragma once

#include "base/config.h"
#include "model/exporter.h"
#include "model/grid_config.h"
#include "model/quiet_hours.h"
#include "model/resources.h"
#include "model/schedule_config.h"
#include "model/sink.h"

#define FG_CONFIG_BYTES_MAX (256 * 1024)

struct fg_service_config {
    struct fg_config numbers;
    char listen_host[FG_NAME_MAX]; /* "127.0.0.1", "::1"; "" if the file does not say */
    uint16_t listen_port;
    char job_user[FG_NAME_MAX];      /* "" if the file does not say */
    char site[FG_NAME_MAX];          /* "" if the file does not say */
    char energy_region[FG_NAME_MAX]; /* "" if the file does not say */
    struct fg_grid_config grid;
    char
        link_listen[FG_TEXT_MAX]; /* HOST:PORT or :PORT (all addresses) for nodes of clusters */
    /* Several daemons with one state; "" if the file does not say: this daemon is the only one. */
    char shared_store[FG_TEXT_MAX];               /* postgresql://user@host/database */
    char shared_store_password_file[FG_TEXT_MAX]; /* "" none is needed */
    char shared_url[FG_TEXT_MAX]; /* where clients reach this daemon; "" as it listens */
    struct fg_device_spec devices[FG_NODE_DEVICES_MAX];
    size_t devices_len;
    struct fg_exporter exporters[FG_EXPORTERS_MAX];
    size_t exporters_len;
    struct fg_schedule_config schedule;
    struct fg_quiet_hours tune_hours; /* never if the file does not say */
    char tune_objective[FG_TEXT_MAX];
    struct fg_publish_config publish;
};

void fg_service_config_defaults(struct fg_service_config *config);

/* Read the bytes of the file over the defaults.  `arena` holds FG_JOB_ROOM or more.
 * Returns 0, or FG_EINVAL or FG_ETOOBIG: "fastgpu.yaml:3: api_threads: 99, expected ..." and `*out` as it
 * was. */
[[nodiscard]] int fg_service_config_parse(const char *bytes,
                                          size_t len,
                                          const char *file_name,
                                          struct fg_arena *arena,
                                          struct fg_service_config *out,
                                          struct fg_err *err);

/* "127.0.0.1:8080", "[::1]:8080", ":8080" (this machine only).  0, or FG_EINVAL. */
[[nodiscard]] int fg_listen_parse(const char *text,
                                  char host[FG_NAME_MAX],
                                  uint16_t *out_port,
                                  struct fg_err *err);

/* docs/CONFIG.md */
void fg_service_config_print_reference(FILE *out);
