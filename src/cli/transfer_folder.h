/* transfer_folder.h - a folder as what is moved.
 *
 *     folder --tar, zstd--> one file --MOVE--> web, object store, file       FOLDER here --rsync--> ssh://HOST/FOLDER
 *     web, object store, file --MOVE--> one file --unpacked--> folder        ssh://HOST/FOLDER/ --rsync--> folder here
 *
 * Packed it is files and folders with modes and times (symbolic links and others are left out), in one file that is begun again like
 * any other.  What is unpacked appears as a whole or not at all, and never in a folder that has something.
 */
#pragma once

#include "transfer/transfer.h"

/* As fg_move_run() of transfer.h, but a source that is a folder here is packed, and with `unpack` the target is a folder.
 * Also FG_EEXIST: the target folder is not empty. */
[[nodiscard]] int fg_transfer_run(const struct fg_move *move,
                                  bool unpack,
                                  struct fg_move_result *out,
                                  struct fg_err *err);
