/* supplier.c - see supplier.h */
#include "model/supplier.h"
#include "model/cluster_terms.h"
#include "model/names.h"

#include <assert.h>
#include <string.h>

static const char *const kinds[FG_SUPPLIER_KINDS] = {"listed", "owned", "exec", "http",
                                                     "slurm"};

const char *fg_supplier_kind_name(enum fg_supplier_kind kind)
{
    assert(kind < FG_SUPPLIER_KINDS);
    return kinds[kind];
}

int fg_supplier_kind_find(const char *name)
{
    for (int kind = 0; kind < FG_SUPPLIER_KINDS; kind++)
        if (strcmp(kinds[kind], name) == 0)
            return kind;
    return -1;
}

/* Does the URL begin with `start`, and does its host end there? */
static bool is_host(const char *url, const char *start)
{
    size_t len = strlen(start);
    return strncmp(url, start, len) == 0
           && (url[len] == '\0' || url[len] == ':' || url[len] == '/');
}

/* A user name before the host ("http://localhost:x@elsewhere") could make it another one. */
static bool is_url_allowed(const char *url)
{
    if (strchr(url, '@'))
        return false;
    return strncmp(url, "https://", 8) == 0 || is_host(url, "http://127.0.0.1")
           || is_host(url, "http://localhost") || is_host(url, "http://[::1]");
}

static int check_join(const struct fg_supplier *supplier, struct fg_err *err)
{
    int rc = 0;
    if (!fg_supplier_kind_sells(supplier->kind)
        && (supplier->join[0] || supplier->bootstrap_file[0]))
        return fg_fail(err, FG_EINVAL,
                       "nothing can be ordered of a %s supplier that could join",
                       fg_supplier_kind_name(supplier->kind));
    if (supplier->join[0])
        rc = fg_name_check("cluster to join", supplier->join, err);
    if (rc == 0 && supplier->bootstrap_file[0])
        rc = fg_path_check_absolute("bootstrap file", supplier->bootstrap_file, err);
    return rc;
}

/* Its REST service may listen on a socket of this machine; without one only the commands are used. */
static int check_cluster(const struct fg_supplier *supplier, struct fg_err *err)
{
    const char *url = supplier->url;
    bool is_socket = strncmp(url, "unix:/", 6) == 0;
    if (strcmp(supplier->name, "local") == 0)
        return fg_fail(err, FG_EINVAL, "name: local is this machine, expected another one");
    int rc = is_socket ? fg_path_check_absolute("url", url + 5, err) : 0;
    if (url[0] && !is_socket && !is_url_allowed(url))
        rc = fg_fail(err, FG_EINVAL,
                     "url is not https:// or unix:/, and http:// is for this machine only: the "
                     "token would go in the open");
    return rc == 0 ? fg_cluster_terms_check(&supplier->cluster, err) : rc;
}

int fg_supplier_check(const struct fg_supplier *supplier, struct fg_err *err)
{
    int rc = fg_name_check("supplier", supplier->name, err);
    if (rc == 0)
        rc = check_join(supplier, err);
    if (rc == 0 && supplier->machines_file[0])
        rc = fg_path_check_absolute("list of machines", supplier->machines_file, err);
    if (rc == 0 && supplier->secret_file[0])
        rc = fg_path_check_absolute("secret file", supplier->secret_file, err);
    if (rc == 0 && supplier->kind == FG_SUPPLIER_EXEC && supplier->argv_len == 0)
        rc = fg_fail(err, FG_EINVAL,
                     "an exec supplier has no program, expected an absolute path");
    if (rc == 0 && supplier->kind == FG_SUPPLIER_EXEC)
        rc = fg_path_check_absolute("program", supplier->argv[0], err);
    if (rc == 0 && supplier->kind == FG_SUPPLIER_HTTP && !is_url_allowed(supplier->url))
        rc = fg_fail(err, FG_EINVAL,
                     "url is not https://, and http:// is for this machine only: money would "
                     "go in the open");
    if (rc == 0 && supplier->kind == FG_SUPPLIER_SLURM)
        rc = check_cluster(supplier, err);
    if (rc == 0 && (supplier->policy.max_uusd < 0 || supplier->policy.max_uusd_per_hour < 0))
        rc = fg_fail(err, FG_EINVAL, "a cap of the standing policy is negative");
    return rc;
}
