/* bootstrap.c - see bootstrap.h */
#include "provision/bootstrap.h"

#include "provision/user_data.h"

#include <ctype.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

__asm__(".section .rodata\n"
        "fg_bootstrap_body:\n"
        ".incbin \"" BOOTSTRAP_PATH "\"\n"
        ".byte 0\n"
        ".previous\n");
extern const char fg_bootstrap_body[];

/* -- checked ---------------------------------------------------------------------------------------------------- */

static bool has_only(const char *text, const char *others)
{
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr(others, *text))
            return false;
    return true;
}

static int check_words(const struct fg_bootstrap *bootstrap, struct fg_err *err)
{
    const char *at = bootstrap->features;
    if (!at[0] || !has_only(at, "_,-.") || at[0] == ',' || strstr(at, ",,"))
        return fg_fail(err, FG_EINVAL, "features: %.60s, expected words with commas", at);
    if (bootstrap->conf_server[0] == '-' || !has_only(bootstrap->conf_server, ".-:_[]"))
        return fg_fail(err, FG_EINVAL, "configuration server: %.60s, expected HOST[:PORT]",
                       bootstrap->conf_server);
    if (!bootstrap->conf_server[0] == !bootstrap->slurm_conf[0])
        return fg_fail(err, FG_EINVAL,
                       "expected one of a configuration server and a slurm.conf, so that the "
                       "node knows its cluster");
    if (strstr(bootstrap->slurm_conf, "FASTGPU_END"))
        return fg_fail(err, FG_EINVAL, "slurm.conf: has FASTGPU_END, which ends it");
    if (strlen(bootstrap->slurm_conf) > FG_BOOTSTRAP_CONF_MAX)
        return fg_fail(err, FG_ETOOBIG, "slurm.conf: more than %d bytes",
                       FG_BOOTSTRAP_CONF_MAX);
    return 0;
}

static bool is_url(const char *url, bool open)
{
    if (strpbrk(url, " '\"\\\n\r\t`$") || strchr(url, '@'))
        return false;
    return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://127.0.0.1", 16) == 0
           || (open && strncmp(url, "http://", 7) == 0);
}

static int check_secrets(const struct fg_bootstrap *bootstrap, struct fg_err *err)
{
    size_t len = bootstrap->munge_key_len;
    if (bootstrap->munge_key && (len < FG_BOOTSTRAP_KEY_MIN || len > FG_BOOTSTRAP_KEY_MAX))
        return fg_fail(err, FG_EINVAL, "munge key: %zu bytes, expected %d to %d", len,
                       FG_BOOTSTRAP_KEY_MIN, FG_BOOTSTRAP_KEY_MAX);
    if (bootstrap->munge_url[0] && !is_url(bootstrap->munge_url, false))
        return fg_fail(err, FG_EINVAL,
                       "munge key: %.80s, expected https://..., the key would go in the open",
                       bootstrap->munge_url);
    for (const char *at = bootstrap->munge_token; *at; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
            return fg_fail(err, FG_EINVAL, "token of the munge key: has blanks or controls");
    return 0;
}

int fg_bootstrap_check(const struct fg_bootstrap *bootstrap, struct fg_err *err)
{
    int rc = check_words(bootstrap, err);
    if (rc == 0)
        rc = check_secrets(bootstrap, err);
    if (rc < 0 || (!bootstrap->program_url[0] && !bootstrap->program_sha256[0]))
        return rc;
    if (!is_url(bootstrap->program_url, true))
        return fg_fail(err, FG_EINVAL, "program: %.80s, expected http:// or https://",
                       bootstrap->program_url);
    const char *sum = bootstrap->program_sha256;
    return strlen(sum) == 64 && strspn(sum, "0123456789abcdef") == 64
               ? 0
               : fg_fail(err, FG_EINVAL,
                         "program: %.70s is no SHA-256, expected 64 hexadecimal digits", sum);
}

/* -- composed --------------------------------------------------------------------------------------------------- */

static void set(struct fg_buf *out, const char *name, const char *value)
{
    fg_buf_printf(out, "%s='", name);
    for (; *value; value++)
        if (*value == '\'')
            fg_buf_puts(out, "'\\''");
        else
            fg_buf_add(out, value, 1);
    fg_buf_puts(out, "'\n");
}

/* In lines of 76 characters, each behind `indent`. */
static void put_base64(struct fg_buf *out, const char *bytes, size_t len, const char *indent)
{
    enum { PIECE = 57 };
    char text[(PIECE / 3) * 4 + 1];
    for (size_t at = 0; at < len; at += PIECE) {
        size_t piece = len - at < PIECE ? len - at : PIECE;
        sodium_bin2base64(text, sizeof(text), (const unsigned char *)bytes + at, piece,
                          sodium_base64_VARIANT_ORIGINAL);
        fg_buf_printf(out, "%s%s\n", indent, text);
    }
    sodium_memzero(text, sizeof(text));
}

/* A function that writes the bytes: through the script's own input, so that they are nobody's argument. */
static void put_function(struct fg_buf *out, const char *name, const char *bytes, size_t len)
{
    fg_buf_printf(out, "%s() { cat <<'FASTGPU_END'\n", name);
    fg_buf_add(out, bytes, len);
    if (len > 0 && bytes[len - 1] != '\n')
        fg_buf_puts(out, "\n");
    fg_buf_puts(out, "FASTGPU_END\n}\n");
}

void fg_bootstrap_script(const struct fg_bootstrap *bootstrap, struct fg_buf *out)
{
    FG_AUTO(fg_buf) struct fg_buf key = {}, header = {};
    put_base64(&key, bootstrap->munge_key ? bootstrap->munge_key : "",
               bootstrap->munge_key ? bootstrap->munge_key_len : 0, "");
    if (bootstrap->munge_token[0])
        fg_buf_printf(&header, "Authorization: Bearer %s\n", bootstrap->munge_token);
    fg_buf_puts(out,
                "#!/bin/sh\n# Makes this machine a node of a Slurm cluster.  Secrets may be in "
                "it: keep it to yourself.\n");
    set(out, "cluster", bootstrap->cluster);
    set(out, "features", bootstrap->features);
    set(out, "conf_server", bootstrap->conf_server);
    set(out, "program_url", bootstrap->program_url);
    set(out, "program_sha256", bootstrap->program_sha256);
    set(out, "munge_url", bootstrap->munge_url);
    /* The service fills it in; of a script that somebody runs by hand it stays as it is. */
    set(out, "order", FG_USER_DATA_ORDER);
    set(out, "cloud_node", FG_USER_DATA_NODE);
    fg_buf_puts(out, "case $order in @*) order= ;; esac\n"
                     "case $cloud_node in @*) cloud_node= ;; esac\n");
    put_function(out, "munge_key", key.text ? key.text : "", key.len);
    put_function(out, "munge_token", header.text ? header.text : "", header.len);
    put_function(out, "slurm_conf", bootstrap->slurm_conf, strlen(bootstrap->slurm_conf));
    fg_buf_puts(out, fg_bootstrap_body);
    if (key.text)
        sodium_memzero(key.text, key.len);
    if (header.text)
        sodium_memzero(header.text, header.len);
}

/* The service fills in the order, so the script stands as it is: as a block of YAML, each line set in. */
void fg_bootstrap_cloud_init(const char *script, size_t len, struct fg_buf *out)
{
    fg_buf_puts(out, "#cloud-config\n"
                     "write_files:\n"
                     "  - path: /var/lib/fastgpu/bootstrap.sh\n"
                     "    permissions: '0700'\n"
                     "    content: |\n");
    for (const char *at = script, *end = script + len; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t line = newline ? (size_t)(newline - at) : (size_t)(end - at);
        fg_buf_puts(out, line > 0 ? "      " : "");
        fg_buf_add(out, at, line);
        fg_buf_puts(out, "\n");
        at += line + 1;
    }
    fg_buf_puts(out, "runcmd:\n"
                     "  - [/bin/sh, /var/lib/fastgpu/bootstrap.sh]\n");
}

/* -- devices ---------------------------------------------------------------------------------------------------- */

int fg_bootstrap_gres(const struct fg_inspect_report *report,
                      const uint32_t *numbers,
                      size_t numbers_len,
                      struct fg_buf *out_conf,
                      struct fg_buf *out_word,
                      struct fg_err *err)
{
    const char *kind = report->devices[0].kind;
    if (report->devices_unreachable)
        return fg_fail(err, FG_EINVAL, "the driver of the devices does not answer");
    if (report->devices_len == 0)
        return 0;
    if (numbers_len != report->devices_len)
        return fg_fail(err, FG_EINVAL,
                       "%zu files /dev/nvidia<number>, the driver has %u devices", numbers_len,
                       report->devices_len);
    for (uint32_t i = 1; i < report->devices_len; i++)
        if (strcmp(report->devices[i].kind, kind) != 0)
            return fg_fail(err, FG_EINVAL, "devices of several kinds, %s and %s, expected one",
                           kind, report->devices[i].kind);
    if (!has_only(kind, "._-"))
        return fg_fail(err, FG_EINVAL, "kind %.40s, expected letters, digits and ._-", kind);
    for (size_t i = 0; i < numbers_len; i++)
        fg_buf_printf(out_conf, "Name=gpu Type=%s File=/dev/nvidia%u\n", kind, numbers[i]);
    fg_buf_printf(out_word, "gpu:%s:%u", kind, report->devices_len);
    return 0;
}
