/* top_frame.h - one picture of the pool: what `fastgpu top` shows. */
#pragma once

#include "cli/verb.h"

/* Ask the service and draw into `out`, `height` lines at most (0: no limit) of the width of cli->out. */
[[nodiscard]] int fg_top_frame(struct fg_cli *cli, struct fg_buf *out, struct fg_err *err);
