/* transfer_print.h - a move for eyes and for programs: its plan, how far it is, what came of it. */
#pragma once

#include "cli/verb.h"
#include "transfer/transfer.h"

void fg_transfer_print_plan(const struct fg_cli *cli,
                            const struct fg_move *move,
                            const struct fg_move_plan *plan);
void fg_transfer_print_result(const struct fg_cli *cli,
                              const struct fg_move *move,
                              const struct fg_move_result *result);
/* "done 12 MiB of 96 MiB, 88 MiB/s" */
void fg_transfer_text(const struct fg_move_progress *progress, int64_t took_us, char out[128]);
