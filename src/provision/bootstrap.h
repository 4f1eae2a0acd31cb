/* bootstrap.h - what turns a fresh Debian 12 machine into a node of a Slurm cluster: a script, or cloud-init that has it.
 *
 * The script installs slurmd and munge, fetches this program, writes the munge key where only munged reads it, says in gres.conf
 * which devices are really there, and starts slurmd as a dynamic node (slurmd -Z) with the feature `rented` and that of its
 * order.  bootstrap.sh is its constant part; what is composed here are the settings above it.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"
#include "supply/inspect.h"

#define FG_BOOTSTRAP_KEY_MIN  32 /* bytes of a munge key, as munge has it */
#define FG_BOOTSTRAP_KEY_MAX  1024
#define FG_BOOTSTRAP_CONF_MAX (32 * 1024)

struct fg_bootstrap {
    const char *cluster;  /* for words */
    const char *features; /* of the node, with commas: "rented" */
    const char *
        conf_server; /* HOST[:PORT] of slurmctld, which gives its slurm.conf; "" `slurm_conf` is it */
    const char *slurm_conf; /* text; "" none */
    const char *munge_key;  /* bytes; NULL: it is fetched, or on the machine already */
    size_t munge_key_len;
    const char *munge_url;      /* where the key is fetched; "" nowhere */
    const char *munge_token;    /* what is shown there, as a bearer token; "" nothing */
    const char *program_url;    /* of this program; "" it is on the machine already */
    const char *program_sha256; /* 64 hexadecimal digits */
};

/* FG_EINVAL: what is wrong with it. */
[[nodiscard]] int fg_bootstrap_check(const struct fg_bootstrap *bootstrap, struct fg_err *err);
/* The script, at the end of `out`. */
void fg_bootstrap_script(const struct fg_bootstrap *bootstrap, struct fg_buf *out);
/* A cloud-config that has the script and runs it at the first start. */
void fg_bootstrap_cloud_init(const char *script, size_t len, struct fg_buf *out);

/* gres.conf for the devices of the report, whose files are /dev/nvidia<numbers[i]> in rising order; and what slurmd is to say of
 * them ("gpu:h100:8").  Both "" without devices.  FG_EINVAL: there are not as many files as devices, or devices of several kinds. */
[[nodiscard]] int fg_bootstrap_gres(const struct fg_inspect_report *report,
                                    const uint32_t *numbers,
                                    size_t numbers_len,
                                    struct fg_buf *out_conf,
                                    struct fg_buf *out_word,
                                    struct fg_err *err);
