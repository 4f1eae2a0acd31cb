/* shape.c - see shape.h */
#include "slurm/shape.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fg_shape_hash(const struct fg_shape *shape, char out[FG_SLURM_ROOM_MAX])
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    uint8_t hash[(FG_SLURM_ROOM_MAX - 1) / 2];
    fg_buf_printf(&text, "%" PRIu32 ";%" PRIu32 ";%" PRIu64 ";%s;%s;", shape->nodes_len,
                  shape->cpus, shape->mem_mib, shape->partition, shape->user);
    for (uint32_t i = 0; i < shape->gres_len; i++)
        fg_buf_printf(&text, "%s=%" PRIu32 ";", shape->gres[i].type, shape->gres[i].count);
    for (uint32_t i = 0; i < shape->nodes_len && !shape->is_anywhere; i++)
        fg_buf_printf(&text, "%s,", shape->nodes[i]);
    crypto_generichash(hash, sizeof(hash), (const uint8_t *)text.text, text.len, NULL, 0);
    sodium_bin2hex(out, FG_SLURM_ROOM_MAX, hash, sizeof(hash));
}

/* -- words -- */

[[gnu::format(printf, 3, 4)]] static void word(struct fg_buf *out,
                                               size_t *len,
                                               const char *fmt,
                                               ...)
{
    char text[FG_TEXT_MAX * 2];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    fg_buf_add(out, text, strlen(text) + 1);
    ++*len;
}

static void add_gres(const struct fg_shape *shape, struct fg_buf *out, size_t *len)
{
    if (shape->gres_len == 0)
        return;
    fg_buf_puts(out, "--gres=");
    for (uint32_t i = 0; i < shape->gres_len; i++)
        fg_buf_printf(out, "%sgpu%s%s:%" PRIu32, i ? "," : "",
                      shape->gres[i].type[0] ? ":" : "", shape->gres[i].type,
                      shape->gres[i].count);
    fg_buf_add(out, "", 1);
    ++*len;
}

static void add_nodes(const struct fg_shape *shape, struct fg_buf *out, size_t *len)
{
    word(out, len, "--nodes=%" PRIu32, shape->nodes_len);
    if (shape->is_anywhere)
        return;
    fg_buf_puts(out, "--nodelist=");
    for (uint32_t i = 0; i < shape->nodes_len; i++)
        fg_buf_printf(out, "%s%s", i ? "," : "", shape->nodes[i]);
    fg_buf_add(out, "", 1);
    ++*len;
}

size_t fg_shape_sbatch(const struct fg_shape *shape,
                       const struct fg_shape_submit *submit,
                       struct fg_buf *out)
{
    static const char *const always[] = {"sbatch",
                                         "--parsable",
                                         "--no-requeue",
                                         "--ntasks-per-node=1",
                                         "--output=/dev/null",
                                         "--error=/dev/null",
                                         "--chdir=/",
                                         "--propagate=NONE"};
    const struct fg_cluster_terms *terms = &submit->supplier->cluster;
    size_t len = 0;
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        word(out, &len, "%s", always[i]);
    word(out, &len, "--job-name=fastgpu-%s", submit->room);
    word(out, &len, "--comment=fastgpu:%s:%s:%s", submit->install, submit->room, submit->hash);
    word(out, &len, "--cpus-per-task=%" PRIu32, shape->cpus);
    if (shape->mem_mib > 0)
        word(out, &len, "--mem=%" PRIu64 "M", shape->mem_mib);
    if (shape->minutes > 0)
        word(out, &len, "--time=%" PRIu32, shape->minutes);
    word(out, &len, "--signal=B:TERM@%" PRIu32, shape->grace_s);
    if (shape->partition[0])
        word(out, &len, "--partition=%s", shape->partition);
    if (terms->account[0])
        word(out, &len, "--account=%s", terms->account);
    if (submit->len > 1)
        word(out, &len, "--array=0-%" PRIu32, submit->len - 1);
    add_gres(shape, out, &len);
    add_nodes(shape, out, &len);
    return len;
}

/* -- script -- */

/* One word for the shell, whatever it has in it. */
static void quote(struct fg_buf *out, const char *text)
{
    fg_buf_puts(out, "'");
    for (; *text; text++)
        if (*text == '\'')
            fg_buf_puts(out, "'\\''");
        else
            fg_buf_add(out, text, 1);
    fg_buf_puts(out, "'");
}

static void add_keys(const struct fg_shape_script *script, struct fg_buf *out)
{
    char hex[65];
    fg_buf_puts(out, "set --");
    for (uint32_t i = 0; i < script->len; i++)
        fg_buf_printf(out, " %s", sodium_bin2hex(hex, sizeof(hex), script->secrets[i], 32));
    fg_buf_puts(out, "\nindex=${SLURM_ARRAY_TASK_ID:-0}\nshift \"$index\"\n"
                     "export FASTGPU_COURIER_KEY=\"$1\"\n");
    fg_buf_printf(out, "room=%.28s$(printf %%04x \"$index\")\n", script->room);
    sodium_memzero(hex, sizeof(hex));
}

void fg_shape_script(const struct fg_shape *shape,
                     const struct fg_shape_script *script,
                     struct fg_buf *out)
{
    const struct fg_cluster_terms *terms = &script->supplier->cluster;
    assert(script->len >= 1 && script->len <= FG_SLURM_ARRAY_MAX);
    fg_buf_puts(out, "#!/bin/sh\n# Room for FastGPU: what runs here is told to its courier "
                     "when it is there.\n");
    add_keys(script, out);
    fg_buf_printf(out, "export FASTGPU_COURIER_INSTALL=%s\n", script->install);
    fg_buf_puts(out, "exec ");
    if (shape->nodes_len > 1)
        fg_buf_printf(out,
                      "srun --nodes=%" PRIu32 " --ntasks=%" PRIu32 " --ntasks-per-node=1 "
                      "--cpus-per-task=%" PRIu32 " --mpi=none --cpu-bind=none --input=none "
                      "--kill-on-bad-exit=0 --wait=0 ",
                      shape->nodes_len, shape->nodes_len, shape->cpus);
    quote(out, script->program);
    fg_buf_puts(out, " courier --allocation \"$room\" --connect ");
    quote(out, script->address);
    if (terms->folder[0]) {
        fg_buf_puts(out, " --folder ");
        quote(out, terms->folder);
    }
    if (terms->folder[0] && terms->folder_is_shared)
        fg_buf_puts(out, " --shared");
    fg_buf_puts(out, "\n");
}
