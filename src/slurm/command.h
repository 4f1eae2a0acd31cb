/* command.h - run one of Slurm's own commands, here or by ssh, within a time limit.
 *
 * Words go as a vector; for ssh each is quoted for the remote shell.  Nothing of this process's environment goes along but
 * what ssh needs to find its keys.
 */
#pragma once

#include "base/exec.h"
#include "model/supplier.h"

struct fg_slurm_site {
    const struct fg_supplier *supplier;
    int stop_fd; /* readable: come back at once */
};

struct fg_slurm_command {
    const char *words; /* each ended by 0 */
    size_t words_len;
    const char *input;
    size_t input_len;
    int64_t timeout_us;
    size_t output_max;
};

/* Run it.  0: it ended with exit code 0, its output is in `out` (cleared first).
 * FG_ESTATE: Slurm says no, `err` has what it said.  FG_EUNREACH: the controller could not be asked, or was not
 * quick enough: it may have done it.  FG_EBACKEND: the command is not there. */
[[nodiscard]] int fg_slurm_command_run(const struct fg_slurm_site *site,
                                       const struct fg_slurm_command *command,
                                       struct fg_buf *out,
                                       struct fg_err *err);
