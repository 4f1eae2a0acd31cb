/* transfer_here.h - what `fastgpu transfer` keeps on this machine between runs. */
#pragma once

#include "base/err.h"
#include "model/limits.h"

#define FG_HERE_PATH_MAX 4096

struct fg_transfer_here {
    char folder
        [FG_HERE_PATH_MAX]; /* XDG_STATE_HOME/fastgpu or ~/.local/state/fastgpu; "" there is none */
    char links[FG_HERE_PATH_MAX]; /* measured links; "" none */
    char site[FG_NAME_MAX];       /* this machine's name */
};

/* Find and make the folder.  Where there is none (no HOME, read-only), a move works without what it would keep. */
void fg_transfer_here(struct fg_transfer_here *out);
