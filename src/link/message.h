/* message.h - what goes through the link, as values and as bytes.
 *
 * One walk over the fields of each kind serves both directions.  The reader trusts nothing: lengths, counts and texts are
 * bounded, what is left over is an error.  Numbers are little endian; a text is its length, its bytes and a 0.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "engine/launch.h"
#include "link/link.h"

#define FG_MESSAGE_BULK_BYTES  (64UL * 1024) /* of a log or a file in one frame */
#define FG_MESSAGE_HELD_MAX    16384
#define FG_MESSAGE_NAME_MAX    96 /* of what is transferred */
#define FG_MESSAGE_SAMPLES_MAX 1024
#define FG_MESSAGE_MW_MAX      1000000000 /* of a device */

enum fg_message_kind {
    FG_MESSAGE_HELLO = 1, /* courier: who I am, what I have */
    FG_MESSAGE_BEAT,      /* courier: seq */
    FG_MESSAGE_TASK, /* courier: event STARTED with places, or its end with the exit record in bytes */
    FG_MESSAGE_LOG,     /* courier: key, stream, offset, bytes */
    FG_MESSAGE_GET,     /* courier: name, offset: send me that */
    FG_MESSAGE_PUT,     /* courier: name, total, key: I will send that */
    FG_MESSAGE_DATA,    /* both: name, offset, total, bytes */
    FG_MESSAGE_SAMPLES, /* courier */
    FG_MESSAGE_LEAVING, /* courier: text */
    FG_MESSAGE_BYE,     /* courier: nothing runs here, and nothing will */
    FG_MESSAGE_WELCOME, /* service: epoch, lease_us */
    FG_MESSAGE_WAIT,    /* service: come again in a moment */
    FG_MESSAGE_AWAY,    /* service: end, you are not expected */
    FG_MESSAGE_RENEW, /* service: seq, epoch, lease_us: counted from when that beat was sent */
    FG_MESSAGE_START, /* service */
    FG_MESSAGE_RESUME, /* service: key, offset (of stdout), total (of stderr): go on telling about it */
    FG_MESSAGE_STOP,    /* service: key, lease_us (grace) */
    FG_MESSAGE_COLLECT, /* service: key: end it if it runs, forget it */
    FG_MESSAGE_PUT_AT,  /* service: name, offset: send from there; all of it: I have it */
    FG_MESSAGE_MISSING, /* service: name: I have not got it */
    FG_MESSAGE_DISMISS, /* service: end what runs, say BYE */
    FG_MESSAGE_MEASURES, /* courier: bytes: lines, what links to where its data is did (transfer/measure.h) */
    FG_MESSAGE_CAP, /* service: device, max_mw: no more than that for a minute; 0: what it had */
    FG_MESSAGE_LIMITS, /* courier: device, min_mw, max_mw: what may be set; 0 and 0: nothing */
    FG_MESSAGE_KINDS
};

struct fg_message_start {
    uint32_t tasks, gpu_milli, cpu_milli, devices; /* devices: how many */
    uint64_t mem_mib;
    int64_t uid;
    fg_job_id array_id;
    uint32_t array_index;
    const char *project, *user, *node, *site;
    struct fg_launch launch;
    uint8_t has_checkpoint; /* last byte but none: see FG_MESSAGE_START */
};

struct fg_message {
    enum fg_message_kind kind;
    struct fg_task_key key;
    uint64_t seq, epoch, offset, total;
    int64_t lease_us, time_us;
    uint32_t stream, pid, devices, restarts;
    uint32_t places; /* bits: `devices` by their numbers among all of the node; 0: not known */
    uint32_t device; /* its number among all of the node */
    int64_t min_mw, max_mw;
    uint8_t event;    /* enum fg_engine_event_kind */
    uint8_t welcomed; /* this courier was welcome before */
    uint8_t instance[16];
    const char *name, *text; /* "" if not given */
    const char *bytes;
    size_t bytes_len;
    const struct fg_node_spec *node; /* HELLO */
    const struct fg_link_held *held;
    uint32_t held_len;
    const struct fg_task_sample *tasks;
    uint32_t tasks_len;
    const struct fg_device_sample *readings;
    uint32_t readings_len;
    struct fg_message_start start;
};

/* Append the payload of its frame. */
void fg_message_write(struct fg_buf *out, const struct fg_message *message);

/* Read a payload; texts and bytes point into it, lists are in `arena`.  0, or FG_EINVAL. */
[[nodiscard]] int fg_message_read(uint8_t kind,
                                  const char *bytes,
                                  size_t len,
                                  struct fg_arena *arena,
                                  struct fg_message *out);
