/* owned_list.h - the file that lists own machines (docs/suppliers.md).
 *
 *     machines:
 *       - name: gpu-a                        # its id; the address, where none is given
 *         accelerator: h100
 *         accelerators: 8
 *         accelerator_memory: 80GiB
 *         usd_per_hour: 1.20                 # power, space, upkeep
 *         wake: [wakeonlan, "9c:6b:00:11:22:33"]
 *         check: [ping, -c1, -W2, gpu-a]     # there, when that succeeds
 *         sleep: [ssh, gpu-a, poweroff]
 *         inspect: [ssh, gpu-a, fastgpu, node, inspect, --json]
 *
 * Commands are programs and their arguments, never shell lines.
 */
#pragma once

#include "base/doc.h"
#include "model/offer.h"

#define FG_OWNED_MACHINES_MAX 4096
#define FG_OWNED_WORDS_MAX    64 /* of one command */

enum fg_owned_command {
    FG_OWNED_WAKE,
    FG_OWNED_CHECK,
    FG_OWNED_SLEEP,
    FG_OWNED_INSPECT,
    FG_OWNED_COMMANDS
};

struct fg_owned_machine {
    char name[FG_NAME_MAX];
    char address[FG_NAME_MAX];
    struct fg_offer
        offer; /* what it is; machines of one instance type and region are one offer */
    const char *const
        *commands[FG_OWNED_COMMANDS]; /* each ends with NULL; NULL: none.  In the arena */
};

/* Read the list; `file_name` is for messages, `supplier` for the offers.  The array is in `arena`.  FG_EINVAL: which line is
 * wrong, and what was expected. */
[[nodiscard]] int fg_owned_list_read(const char *bytes,
                                     size_t len,
                                     const char *supplier,
                                     const char *file_name,
                                     struct fg_arena *arena,
                                     const struct fg_owned_machine **out,
                                     size_t *out_len,
                                     struct fg_err *err);

/* Address space for the arena of a list of so many bytes. */
size_t fg_owned_list_room(size_t len);
