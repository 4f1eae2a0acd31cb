/* top_frame.h - one picture of the pool: what `fastgpu top` shows. */
#pragma once

#include "cli/top_state.h"
#include "cli/verb.h"

/* Ask the service and draw the view of `top` into `out`, `height` lines at most (0: no limit) of the width of cli->out.
 * Curves of `top` grow by one value. */
[[nodiscard]] int fg_top_frame(struct fg_cli *cli,
                               struct fg_top *top,
                               struct fg_buf *out,
                               struct fg_err *err);
