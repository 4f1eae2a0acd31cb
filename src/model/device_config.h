/* device_config.h - devices that nothing can discover, as the operator declares them: FPGAs, TPUs, ... */
#pragma once

#include "base/doc_read.h"
#include "model/resources.h"

/* Read the list `devices:` of the configuration file:
 *
 *     devices:
 *       - {kind: fpga-u250, expose: XCL_VISIBLE_DEVICES, id: 0, count: 2, memory: 64GiB}
 *
 * `count` makes that many devices with ids from `id` (a number then) upward.  Writes at most `max` to
 * `out`.  Returns 0, or FG_EINVAL with file, line and member. */
[[nodiscard]] int fg_device_config_read(struct fg_doc_reader *reader,
                                        const struct fg_doc *doc,
                                        struct fg_device_spec *out,
                                        size_t max,
                                        size_t *out_len);
