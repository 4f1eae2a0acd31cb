/* clusters.c - see clusters.h */
#include "daemon/clusters.h"

#include "base/text.h"
#include "daemon/log.h"
#include "slurm/slurm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where couriers call if the supplier does not say: an address of all addresses is this host's name. */
static void own_address(const char *listened, char out[FG_TEXT_MAX])
{
    static const char *const everywhere[] = {"0.0.0.0:", "[::]:", ":"};
    char host[FG_NAME_MAX] = "localhost";
    (void)gethostname(host, sizeof(host) - 1);
    fg_copy(out, FG_TEXT_MAX, listened);
    for (size_t i = 0; i < sizeof(everywhere) / sizeof(everywhere[0]); i++)
        if (strncmp(listened, everywhere[i], strlen(everywhere[i])) == 0) {
            snprintf(out, FG_TEXT_MAX, "%s:%s", host, strrchr(listened, ':') + 1);
            return;
        }
}

static int own_program(char out[FG_TEXT_MAX], struct fg_err *err)
{
    ssize_t len = readlink("/proc/self/exe", out, FG_TEXT_MAX - 1);
    if (len < 0 || len == FG_TEXT_MAX - 1)
        return fg_fail(err, FG_EIO, "/proc/self/exe: %s",
                       len < 0 ? strerror(errno) : "the path is too long");
    out[len] = '\0';
    return 0;
}

int fg_clusters_make(void *self, struct fg_fleet_part *out, struct fg_err *err)
{
    struct fg_clusters *clusters = self;
    char program[FG_TEXT_MAX], address[FG_TEXT_MAX];
    int rc = own_program(program, err);
    if (rc < 0)
        return rc;
    if (!clusters->link)
        clusters->link = fg_link_new(&(struct fg_link_options){.listen = clusters->listen,
                                                               .data_dir = clusters->data_dir,
                                                               .config = clusters->config,
                                                               .epoch = clusters->epoch},
                                     err);
    if (!clusters->link)
        return fg_wrap(err, err->code, "link_listen");
    own_address(fg_link_address(clusters->link), address);
    struct fg_engine *engine = fg_slurm_new(
        &(struct fg_slurm_options){.link = clusters->link,
                                   .grace_us = clusters->config->stop_grace_s * 1000000,
                                   .data_dir = clusters->data_dir,
                                   .program = program,
                                   .address = address,
                                   .twin = clusters->twin},
        err);
    if (!engine)
        return err->code;
    *out = (struct fg_fleet_part){&fg_engine_slurm, engine};
    rc = clusters->keep_keys ? clusters->keep_keys(clusters->self, err) : 0;
    if (rc < 0)
        fg_engine_slurm.free(engine);
    else
        fg_log("event=link address=%s", address);
    return rc;
}

void fg_clusters_close(struct fg_clusters *clusters, int64_t lease_us)
{
    if (!clusters->link)
        return;
    if (lease_us >= 0)
        fg_link_detach(clusters->link, lease_us);
    fg_link_free(clusters->link);
    clusters->link = NULL;
}
