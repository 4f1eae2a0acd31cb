/* cmd_courier.c - fastgpu courier: run tasks of a service on a machine that Slurm lent it */
#include "cli/verb.h"
#include "link/courier.h"

#include "base/clock.h"
#include "base/text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_VARIABLE "FASTGPU_COURIER_KEY"
#define KEY_HEX      (2 * FG_LINK_SECRET_BYTES)

const struct fg_opt fg_opts_courier[] = {
    {"connect", 'c', "HOST:PORT,...", "where the service is; several are tried in turn", NULL},
    {"allocation", 'a', "NAME", "32 hex digits ($FASTGPU_COURIER_ALLOCATION)", NULL},
    {"number", 'n', "N", "which of its couriers this is ($SLURM_NODEID, else 0)", NULL},
    {"folder", 'f', "DIR", "tasks work in a folder below this one ($TMPDIR, else /tmp)", "dir"},
    {"shared", 0, NULL, "all machines see that folder: checkpoints stay in it", NULL},
    {"patience", 0, "TIME", "end if the service was never reached for so long (10m)", NULL},
    {"inherit", 0, "DIR",
     "tell how the tasks of a courier ended that died and left this folder", "dir"},
    {},
};

fg_verb_fn fg_cmd_courier;

/* By standard input, or by a variable that is gone from our own memory before anything else can look there. */
static int take_key(uint8_t out[FG_LINK_SECRET_BYTES], struct fg_err *err)
{
    char hex[KEY_HEX + 2] = "";
    size_t len = 0;
    char *value = getenv(KEY_VARIABLE);
    if (value) {
        fg_copy(hex, sizeof(hex), value);
        explicit_bzero(value, strlen(value));
        unsetenv(KEY_VARIABLE);
    } else {
        ssize_t got;
        while (len < KEY_HEX && (got = read(STDIN_FILENO, hex + len, KEY_HEX - len)) > 0)
            len += (size_t)got;
    }
    int rc =
        strlen(hex) == KEY_HEX
                && sodium_hex2bin(out, FG_LINK_SECRET_BYTES, hex, KEY_HEX, NULL, &len, NULL)
                       == 0
                && len == FG_LINK_SECRET_BYTES
            ? 0
            : fg_fail(err, FG_EINVAL,
                      "no key: %d hex digits are expected in " KEY_VARIABLE
                      " or on standard input",
                      KEY_HEX);
    explicit_bzero(hex, sizeof(hex));
    return rc;
}

static int take_addresses(char *text, struct fg_courier_options *out, struct fg_err *err)
{
    for (char *address; (address = strsep(&text, ",")) != NULL;) {
        if (!strchr(address, ':'))
            return fg_fail(err, FG_EINVAL, "--connect %s: HOST:PORT is expected", address);
        if (out->addresses_len == FG_COURIER_ADDRESSES_MAX)
            return fg_fail(err, FG_EINVAL, "--connect: %d addresses at most",
                           FG_COURIER_ADDRESSES_MAX);
        out->addresses[out->addresses_len++] = address;
    }
    return 0;
}

static int take_number(const struct fg_cli *cli,
                       struct fg_courier_options *out,
                       struct fg_err *err)
{
    const char *slurm = getenv("SLURM_NODEID");
    int64_t number = 0;
    int rc = fg_cli_number(cli, "number", 0, FG_LINK_COURIERS_MAX - 1, slurm ? atol(slurm) : 0,
                           &number, err);
    out->who.number = (uint32_t)number;
    return rc;
}

static int take_options(const struct fg_cli *cli,
                        char *addresses,
                        struct fg_courier_options *out,
                        struct fg_err *err)
{
    const char *given = fg_args_get(&cli->args, "allocation");
    const char *name = given ? given : getenv("FASTGPU_COURIER_ALLOCATION");
    const char *patience = fg_args_get(&cli->args, "patience");
    const char *folder = fg_args_get(&cli->args, "folder");
    out->is_shared = fg_args_has(&cli->args, "shared");
    out->folder = folder ? folder : "";
    if (!addresses || !name || !fg_copy(out->who.allocation, sizeof(out->who.allocation), name)
        || strspn(name, "0123456789abcdef") != FG_LINK_ALLOCATION_MAX - 1)
        return fg_fail(err, FG_EINVAL,
                       "--connect HOST:PORT and --allocation with 32 hex digits are expected");
    if (out->is_shared && !folder)
        return fg_fail(err, FG_EINVAL, "--shared: --folder DIR is expected with it");
    if (fg_duration_parse(patience ? patience : "10m", &out->patience_us) < 0)
        return fg_fail(err, FG_EINVAL, "--patience %s: a time such as 10m is expected",
                       patience);
    int rc = take_number(cli, out, err);
    return rc < 0 ? rc : take_addresses(addresses, out, err);
}

int fg_cmd_courier(struct fg_cli *cli, struct fg_err *err)
{
    static const char *const heir[] = {"/proc/self/exe", "courier", "--inherit", NULL};
    struct fg_courier_options options = {.install = getenv("FASTGPU_COURIER_INSTALL"),
                                         .heir_command = heir};
    const char *connect = fg_args_get(&cli->args, "connect");
    const char *inherit = fg_args_get(&cli->args, "inherit");
    if (inherit)
        return fg_courier_inherit(inherit, err);
    int rc = take_key(options.secret, err);
    char *addresses = connect ? strdup(connect) : NULL;
    if (rc == 0)
        rc = take_options(cli, addresses, &options, err);
    if (rc == 0)
        rc = fg_courier_run(&options, err);
    explicit_bzero(options.secret, sizeof(options.secret));
    free(addresses);
    return rc;
}
