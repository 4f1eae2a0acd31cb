/* message.c - see message.h */
#include "link/message.h"

#include "base/text.h"

#include <endian.h>
#include <string.h>

struct codec {
    struct fg_buf *out;     /* writing, or NULL */
    const char *at, *end;   /* reading */
    struct fg_arena *arena; /* reading */
    bool bad;
};

static bool fetch(struct codec *codec, void *out, size_t len)
{
    if (codec->bad || (size_t)(codec->end - codec->at) < len) {
        codec->bad = true;
        memset(out, 0, len);
        return false;
    }
    memcpy(out, codec->at, len);
    codec->at += len;
    return true;
}

static void u64(struct codec *codec, uint64_t *value)
{
    uint64_t wire = htole64(*value);
    if (codec->out)
        fg_buf_add(codec->out, &wire, sizeof(wire));
    else
        *value = fetch(codec, &wire, sizeof(wire)) ? le64toh(wire) : 0;
}

static void i64(struct codec *codec, int64_t *value)
{
    uint64_t bits = (uint64_t)*value;
    u64(codec, &bits);
    if (!codec->out)
        *value = (int64_t)bits;
}

static void u32(struct codec *codec, uint32_t *value)
{
    uint32_t wire = htole32(*value);
    if (codec->out)
        fg_buf_add(codec->out, &wire, sizeof(wire));
    else
        *value = fetch(codec, &wire, sizeof(wire)) ? le32toh(wire) : 0;
}

static void raw(struct codec *codec, void *value, size_t len)
{
    if (codec->out)
        fg_buf_add(codec->out, value, len);
    else
        fetch(codec, value, len);
}

static void text(struct codec *codec, const char **value)
{
    const char *given = codec->out && *value ? *value : "";
    uint32_t len = (uint32_t)strlen(given);
    u32(codec, &len);
    if (codec->out) {
        fg_buf_add(codec->out, given, len + 1UL);
        return;
    }
    *value = "";
    if (codec->bad || (size_t)(codec->end - codec->at) < len + 1UL || codec->at[len] != '\0'
        || memchr(codec->at, '\0', len)) {
        codec->bad = true;
        return;
    }
    *value = codec->at;
    codec->at += len + 1UL;
}

/* A text with a place of fixed size; of strangers, so without control characters. */
static void word(struct codec *codec, char *value, size_t room)
{
    const char *at = value;
    text(codec, &at);
    if (codec->out)
        return;
    codec->bad |= strlen(at) >= room;
    fg_copy_clean(value, room, at);
}

static void bulk(struct codec *codec, struct fg_message *message)
{
    uint32_t len = (uint32_t)message->bytes_len;
    u32(codec, &len);
    if (codec->out) {
        fg_buf_add(codec->out, message->bytes, len);
    } else if (codec->bad || (size_t)(codec->end - codec->at) < len) {
        codec->bad = true;
    } else {
        message->bytes = codec->at;
        message->bytes_len = len;
        codec->at += len;
    }
}

static void key(struct codec *codec, struct fg_task_key *value)
{
    u64(codec, &value->job);
    u32(codec, &value->attempt);
    u32(codec, &value->task);
    codec->bad |= value->job == 0;
}

/* How many; false: too many. */
static bool count(struct codec *codec, uint32_t *len, uint32_t max)
{
    u32(codec, len);
    if (*len > max || codec->bad)
        codec->bad = true;
    if (codec->bad)
        *len = 0;
    return !codec->bad;
}

static void device(struct codec *codec, struct fg_device_spec *spec)
{
    uint32_t vendor = spec->vendor;
    word(codec, spec->kind, sizeof(spec->kind));
    word(codec, spec->id, sizeof(spec->id));
    word(codec, spec->expose, sizeof(spec->expose));
    u32(codec, &vendor);
    u32(codec, &spec->mem_mib);
    codec->bad |= vendor > FG_VENDOR_CPU;
    if (!codec->out)
        spec->vendor = codec->bad ? FG_VENDOR_OTHER : (enum fg_vendor)vendor;
}

static void node(struct codec *codec, const struct fg_node_spec **value)
{
    struct fg_node_spec *spec = codec->out ? (struct fg_node_spec *)(uintptr_t)*value
                                           : FG_NEW(codec->arena, struct fg_node_spec, 1);
    *value = spec;
    word(codec, spec->name, sizeof(spec->name));
    word(codec, spec->address, sizeof(spec->address));
    u32(codec, &spec->cpu_milli);
    u64(codec, &spec->mem_mib);
    count(codec, &spec->devices_len, FG_NODE_DEVICES_MAX);
    for (uint32_t i = 0; i < spec->devices_len; i++)
        device(codec, &spec->devices[i]);
}

static void held(struct codec *codec, struct fg_message *message)
{
    if (!count(codec, &message->held_len, FG_MESSAGE_HELD_MAX))
        return;
    struct fg_link_held *list =
        codec->out ? (struct fg_link_held *)(uintptr_t)message->held
                   : FG_NEW(codec->arena, struct fg_link_held, message->held_len + 1UL);
    message->held = list;
    for (uint32_t i = 0; i < message->held_len; i++) {
        uint32_t state = list[i].state;
        key(codec, &list[i].key);
        u32(codec, &state);
        codec->bad |= state > FG_LINK_ENDED;
        if (!codec->out)
            list[i].state = codec->bad ? FG_LINK_STARTING : (enum fg_link_task_state)state;
    }
}

static void task_samples(struct codec *codec, struct fg_message *message)
{
    if (!count(codec, &message->tasks_len, FG_MESSAGE_SAMPLES_MAX))
        return;
    struct fg_task_sample *list =
        codec->out ? (struct fg_task_sample *)(uintptr_t)message->tasks
                   : FG_NEW(codec->arena, struct fg_task_sample, message->tasks_len + 1UL);
    message->tasks = list;
    for (uint32_t i = 0; i < message->tasks_len; i++) {
        key(codec, &list[i].key);
        i64(codec, &list[i].time_us);
        i64(codec, &list[i].cpu_milli);
        i64(codec, &list[i].mem_mib);
        i64(codec, &list[i].gpu_milli);
        i64(codec, &list[i].gpu_mem_mib);
    }
}

/* Which are known, then those. */
static void values(struct codec *codec, int64_t value[FG_READINGS_LEN])
{
    _Static_assert(FG_READINGS_LEN <= 64, "a bit for each");
    uint64_t known = 0;
    for (int i = 0; codec->out && i < FG_READINGS_LEN; i++)
        known |= (uint64_t)(value[i] != -1) << i;
    u64(codec, &known);
    codec->bad |= known >> (FG_READINGS_LEN - 1) > 1;
    for (int i = 0; i < FG_READINGS_LEN; i++) {
        if (known >> i & 1)
            i64(codec, &value[i]);
        else if (!codec->out)
            value[i] = -1;
    }
}

static void readings(struct codec *codec, struct fg_message *message)
{
    if (!count(codec, &message->readings_len, FG_MESSAGE_SAMPLES_MAX))
        return;
    struct fg_device_sample *list =
        codec->out ? (struct fg_device_sample *)(uintptr_t)message->readings
                   : FG_NEW(codec->arena, struct fg_device_sample, message->readings_len + 1UL);
    message->readings = list;
    for (uint32_t i = 0; i < message->readings_len; i++) {
        u32(codec, &list[i].device);
        i64(codec, &list[i].time_us);
        values(codec, list[i].value);
    }
}

static void start(struct codec *codec, struct fg_message *message)
{
    struct fg_message_start *it = &message->start;
    key(codec, &message->key);
    u32(codec, &it->tasks);
    u32(codec, &it->gpu_milli);
    u32(codec, &it->cpu_milli);
    u32(codec, &it->devices);
    u64(codec, &it->mem_mib);
    i64(codec, &it->uid);
    u64(codec, &it->array_id);
    u32(codec, &it->array_index);
    text(codec, &it->project);
    text(codec, &it->user);
    text(codec, &it->node);
    text(codec, &it->site);
    word(codec, it->launch.master, sizeof(it->launch.master));
    u32(codec, &it->launch.local_rank);
    u32(codec, &it->launch.local_size);
    u32(codec, &it->launch.node_rank);
    u32(codec, &it->launch.nodes);
    bulk(codec, message);
    raw(codec, &it->has_checkpoint, 1);
    codec->bad |= it->devices > FG_NODE_DEVICES_MAX || it->tasks == 0
                  || it->tasks > FG_TASKS_MAX || it->has_checkpoint > 1;
}

static void hello(struct codec *codec, struct fg_message *message)
{
    raw(codec, message->instance, sizeof(message->instance));
    raw(codec, &message->welcomed, 1);
    u64(codec, &message->epoch);
    u32(codec, &message->restarts);
    text(codec, &message->name);
    node(codec, &message->node);
    held(codec, message);
}

/* Where the record of an end would be: nothing, as couriers had it that knew no places, or their bits. */
static void places(struct codec *codec, struct fg_message *message)
{
    uint32_t len = message->places ? sizeof(message->places) : 0;
    u32(codec, &len);
    if (len > 0)
        u32(codec, &message->places);
    codec->bad |= len != (message->places ? sizeof(message->places) : 0);
}

static void task(struct codec *codec, struct fg_message *message)
{
    key(codec, &message->key);
    raw(codec, &message->event, 1);
    i64(codec, &message->time_us);
    u32(codec, &message->pid);
    u32(codec, &message->devices);
    if (message->event == FG_TASK_STARTED)
        places(codec, message);
    else
        bulk(codec, message);
    codec->bad |= message->event > FG_TASK_LOST;
}

static void transfer(struct codec *codec, struct fg_message *message)
{
    text(codec, &message->name);
    u64(codec, &message->offset);
    u64(codec, &message->total);
    codec->bad |= strlen(message->name) >= FG_MESSAGE_NAME_MAX;
    if (message->kind == FG_MESSAGE_DATA)
        bulk(codec, message);
    if (message->kind == FG_MESSAGE_PUT)
        key(codec, &message->key);
    codec->bad |= message->offset > INT64_MAX || message->total > INT64_MAX;
}

static void power(struct codec *codec, struct fg_message *message)
{
    u32(codec, &message->device);
    i64(codec, &message->min_mw);
    i64(codec, &message->max_mw);
    codec->bad |= message->device >= FG_NODE_DEVICES_MAX || message->min_mw < 0
                  || message->max_mw < message->min_mw || message->max_mw > FG_MESSAGE_MW_MAX;
}

static void walk(struct codec *codec, struct fg_message *message)
{
    switch (message->kind) {
    case FG_MESSAGE_HELLO:
        hello(codec, message);
        break;
    case FG_MESSAGE_TASK:
        task(codec, message);
        break;
    case FG_MESSAGE_LOG:
        key(codec, &message->key);
        u32(codec, &message->stream);
        u64(codec, &message->offset);
        bulk(codec, message);
        codec->bad |= message->stream > 1 || message->offset > INT64_MAX;
        break;
    case FG_MESSAGE_GET:
    case FG_MESSAGE_PUT:
    case FG_MESSAGE_DATA:
    case FG_MESSAGE_PUT_AT:
    case FG_MESSAGE_MISSING:
        transfer(codec, message);
        break;
    case FG_MESSAGE_SAMPLES:
        task_samples(codec, message);
        readings(codec, message);
        break;
    case FG_MESSAGE_BEAT:
    case FG_MESSAGE_WELCOME:
    case FG_MESSAGE_RENEW:
        u64(codec, &message->seq);
        u64(codec, &message->epoch);
        i64(codec, &message->lease_us);
        codec->bad |= message->lease_us < 0;
        break;
    case FG_MESSAGE_START:
        start(codec, message);
        break;
    case FG_MESSAGE_RESUME:
    case FG_MESSAGE_STOP:
    case FG_MESSAGE_COLLECT:
        key(codec, &message->key);
        u64(codec, &message->offset);
        u64(codec, &message->total);
        i64(codec, &message->lease_us);
        codec->bad |= message->offset > INT64_MAX || message->total > INT64_MAX;
        break;
    case FG_MESSAGE_LEAVING:
        text(codec, &message->text);
        break;
    case FG_MESSAGE_MEASURES:
        bulk(codec, message);
        break;
    case FG_MESSAGE_CAP:
    case FG_MESSAGE_LIMITS:
        power(codec, message);
        break;
    case FG_MESSAGE_BYE:
    case FG_MESSAGE_WAIT:
    case FG_MESSAGE_AWAY:
    case FG_MESSAGE_DISMISS:
        break;
    default:
        codec->bad = true;
    }
}

void fg_message_write(struct fg_buf *out, const struct fg_message *message)
{
    struct fg_message copy = *message;
    walk(&(struct codec){.out = out}, &copy);
}

int fg_message_read(
    uint8_t kind, const char *bytes, size_t len, struct fg_arena *arena, struct fg_message *out)
{
    *out = (struct fg_message){.kind = (enum fg_message_kind)kind, .name = "", .text = ""};
    struct codec codec = {.at = bytes, .end = bytes + len, .arena = arena};
    walk(&codec, out);
    return codec.bad || codec.at != codec.end ? FG_EINVAL : 0;
}
