/* reservation_json.h - an advance reservation as it is asked for, and as it is kept.
 *
 *     {"start":"2026-12-01T08:00:00Z","end":"2026-12-01T12:00:00Z","nodes":["gpu01","gpu02"]}
 *     {"start":"...","duration":"4h","gpus":8,"accelerator":"h100","project":"vision","user":"ada","repeat":"weekly"}
 *
 * What is kept names the devices that were chosen: "places":[{"node":"gpu01","devices":[0,1]}].
 */
#pragma once

#include "base/buf.h"
#include "base/doc.h"
#include "model/reservation.h"

struct fg_json;

/* Devices of a node, by its name. */
struct fg_advance_named {
    const char *node;
    uint32_t devices;
};

struct fg_advance_spec {
    char name[FG_NAME_MAX];
    int64_t start_us, end_us;
    enum fg_repeat repeat;
    bool maintenance;
    const char *project, *user; /* "" any */
    const char *const *nodes;   /* these, whole; or so many devices: */
    size_t nodes_len;
    uint32_t gpus;
    char kind[FG_KIND_MAX];                /* of this kind; "any" */
    const struct fg_advance_named *places; /* chosen already */
    size_t places_len;
};

/* Members of the object into the open one. */
void fg_advance_json_members(struct fg_json *json, const struct fg_advance_spec *spec);

/* Read and check all that can be checked without the state.  `is_kept`: it may say "places".  Strings are in the arena.
 * FG_EINVAL. */
[[nodiscard]] int fg_advance_json_read(const struct fg_doc *doc,
                                       const char *name,
                                       bool is_kept,
                                       int64_t now_us,
                                       struct fg_arena *arena,
                                       struct fg_advance_spec *out,
                                       struct fg_err *err);
