/* names.c - see names.h; the words of roles and node states too (project.h, resources.h) */
#include "model/names.h"
#include "base/text.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

#define PATH_LEN_MAX 1024
#define HASH_PREFIX  "blake2b:"
#define HASH_DIGITS  64

static const char *const role_names[] = {
    [FG_ROLE_NONE] = "none",         [FG_ROLE_VIEWER] = "viewer", [FG_ROLE_MEMBER] = "member",
    [FG_ROLE_OPERATOR] = "operator", [FG_ROLE_ADMIN] = "admin",
};

const char *fg_role_name(enum fg_role role)
{
    assert(role <= FG_ROLE_ADMIN);
    return role_names[role];
}

int fg_role_find(const char *name)
{
    for (int role = FG_ROLE_VIEWER; role <= FG_ROLE_ADMIN; role++)
        if (strcmp(role_names[role], name) == 0)
            return role;
    return -1;
}

const char *fg_node_state_name(enum fg_node_state state)
{
    static const char *const names[] = {
        [FG_NODE_UP] = "up",
        [FG_NODE_DRAINING] = "draining",
        [FG_NODE_DRAINED] = "drained",
        [FG_NODE_DOWN] = "down",
    };
    assert(state <= FG_NODE_DOWN);
    return names[state];
}

static bool is_name_byte(char byte)
{
    return isalnum((unsigned char)byte) || byte == '.' || byte == '_' || byte == '-';
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static bool has_bad_byte(const char *name)
{
    for (; *name; name++)
        if (!is_name_byte(*name))
            return true;
    return false;
}

static bool is_dots(const char *part, size_t len)
{
    return (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.');
}

int fg_name_check(const char *what, const char *name, struct fg_err *err)
{
    size_t len = strnlen(name, FG_NAME_MAX);
    if (len == 0 || len >= FG_NAME_MAX)
        return fg_fail(err, FG_EINVAL, "%s: %s, expected 1 to %d characters", what,
                       len ? "too long" : "empty", FG_NAME_MAX - 1);
    if (!is_ascii(name) || has_bad_byte(name) || is_dots(name, len))
        return fg_fail(err, FG_EINVAL, "%s: \"%s\", expected letters, digits and . _ - only",
                       what, is_ascii(name) ? name : "?");
    return 0;
}

int fg_read_name(struct fg_doc_reader *reader, const struct fg_doc *doc, char out[FG_NAME_MAX])
{
    const char *text;
    int rc = fg_read_text(reader, doc, FG_NAME_MAX - 1, &text);
    if (rc < 0)
        return rc;
    rc = fg_name_check(reader->path, text, reader->err);
    if (rc < 0)
        return fg_read_wrap(reader, doc, rc);
    fg_copy(out, FG_NAME_MAX, text);
    return 0;
}

void fg_name_make(const char *text, char out[FG_NAME_MAX])
{
    size_t len = 0;
    for (; *text && len < FG_NAME_MAX - 1; text++)
        if ((unsigned char)*text < 0x80 && is_name_byte(*text))
            out[len++] = *text;
    out[len] = '\0';
    if (len == 0 || is_dots(out, len))
        fg_copy(out, FG_NAME_MAX, "job");
}

bool fg_kind_is(const char *kind, const char *general)
{
    size_t len = strlen(general);
    if (strcmp(general, "any") == 0)
        return true;
    if (len == 0 || strncmp(kind, general, len) != 0 || (kind[len] && kind[len] != '-'))
        return false;
    return strstr(general, "-mig") || !strstr(kind, "-mig");
}

int fg_kind_read(const char *what, const char *text, char out[FG_KIND_MAX], struct fg_err *err)
{
    size_t len = strnlen(text, FG_KIND_MAX);
    bool good = len > 0 && len < FG_KIND_MAX && is_ascii(text) && !has_bad_byte(text);
    if (!good)
        return fg_fail(err, FG_EINVAL,
                       "%s: not a kind, expected 1 to %d letters, digits and . _ - (like H100)",
                       what, FG_KIND_MAX - 1);
    for (size_t i = 0; i <= len; i++)
        out[i] = (char)tolower((unsigned char)text[i]);
    return 0;
}

/* A row that ends in '_' stands for all names that begin so. */
static bool is_reserved(const char *name)
{
    static const char *const rows[] = {
        "FASTGPU_",
        "MASTER_",
        "RANK",
        "LOCAL_RANK",
        "NODE_RANK",
        "NNODES",
        "WORLD_SIZE",
        "GROUP_RANK",
        "LOCAL_WORLD_SIZE",
        "CUDA_VISIBLE_DEVICES",
        "CUDA_MPS_",
        "NVIDIA_VISIBLE_DEVICES",
        "HIP_VISIBLE_DEVICES",
        "ROCR_VISIBLE_DEVICES",
        "ZE_AFFINITY_MASK",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t len = strlen(rows[i]);
        bool is_prefix = rows[i][len - 1] == '_';
        if (is_prefix ? strncmp(name, rows[i], len) == 0 : strcmp(name, rows[i]) == 0)
            return true;
    }
    return false;
}

bool fg_is_variable_name(const char *name)
{
    if (!is_ascii(name) || !(isalpha((unsigned char)name[0]) || name[0] == '_'))
        return false;
    size_t len = 0;
    for (; name[len]; len++)
        if (!isalnum((unsigned char)name[len]) && name[len] != '_')
            return false;
    return len < FG_TEXT_MAX;
}

int fg_env_name_check(const char *name, struct fg_err *err)
{
    if (!fg_is_variable_name(name))
        return fg_fail(err, FG_EINVAL,
                       "not a variable name, expected letters, digits and _, no digit first");
    if (is_reserved(name))
        return fg_fail(err, FG_EINVAL,
                       "set by the service for every task, choose another name");
    return 0;
}

/* The first thing wrong with the parts of `path`, or NULL. */
static const char *part_fault(const char *path, bool dots_allowed)
{
    if (strlen(path) > PATH_LEN_MAX)
        return "longer than 1024 bytes";
    for (const char *at = path; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return "a control character";
    for (const char *part = path;;) {
        size_t len = strcspn(part, "/");
        bool is_up = len == 2 && is_dots(part, len);
        if (is_up)
            return "\"..\" is not allowed";
        if (!dots_allowed && (len == 0 || is_dots(part, len)))
            return "an empty or \".\" part is not allowed";
        if (part[len] == '\0')
            return NULL;
        part += len + 1;
    }
}

int fg_path_check_inside(const char *what, const char *path, struct fg_err *err)
{
    if (path[0] == '/' || path[0] == '\0')
        return fg_fail(err, FG_EINVAL,
                       "%s: expected a path inside the working folder, like out/a.txt", what);
    const char *fault = part_fault(path, false);
    return fault ? fg_fail(err, FG_EINVAL, "%s: %s", what, fault) : 0;
}

int fg_path_check_below(const char *what, const char *path, struct fg_err *err)
{
    char text[PATH_LEN_MAX + 1];
    size_t len = strlen(path);
    if (len < 2 || len > PATH_LEN_MAX || path[len - 1] != '/')
        return fg_path_check_inside(what, path, err);
    memcpy(text, path, len - 1);
    text[len - 1] = '\0';
    return fg_path_check_inside(what, text, err);
}

int fg_path_check_absolute(const char *what, const char *path, struct fg_err *err)
{
    if (path[0] != '/')
        return fg_fail(err, FG_EINVAL, "%s: expected an absolute path, like /srv/data", what);
    const char *fault = part_fault(path, true);
    return fault ? fg_fail(err, FG_EINVAL, "%s: %s", what, fault) : 0;
}

int fg_hash_check(const char *what, const char *hash, struct fg_err *err)
{
    size_t prefix = strlen(HASH_PREFIX);
    bool good = strncmp(hash, HASH_PREFIX, prefix) == 0
                && strspn(hash + prefix, "0123456789abcdef") == HASH_DIGITS
                && hash[prefix + HASH_DIGITS] == '\0';
    return good ? 0
                : fg_fail(err, FG_EINVAL,
                          "%s: not a hash, expected " HASH_PREFIX " and %d hex digits", what,
                          HASH_DIGITS);
}
