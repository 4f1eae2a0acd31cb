/* transfer_here.c - see transfer_here.h */
#include "cli/transfer_here.h"

#include "base/text.h"
#include "transfer/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder and those above it. */
static int make_folders(char *path)
{
    for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : access(path, W_OK);
}

void fg_transfer_here(struct fg_transfer_here *out)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    *out = (struct fg_transfer_here){};
    if (gethostname(out->site, sizeof(out->site) - 1) < 0 || !fg_measure_is_site(out->site))
        fg_copy(out->site, sizeof(out->site), "here");
    int len = 0;
    if (state && state[0] == '/')
        len = snprintf(out->folder, sizeof(out->folder), "%s/fastgpu", state);
    else if (home && home[0] == '/')
        len = snprintf(out->folder, sizeof(out->folder), "%s/.local/state/fastgpu", home);
    if (len == 0 || len + 8 > (int)sizeof(out->folder) || make_folders(out->folder) < 0) {
        out->folder[0] = '\0';
        return;
    }
    snprintf(out->links, sizeof(out->links), "%.4080s/links", out->folder);
}
