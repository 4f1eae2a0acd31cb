/* cluster_terms.c - see cluster_terms.h */
#include "model/cluster_terms.h"

#include "base/text.h"
#include "model/members.h"
#include "model/names.h"
#include "model/service_config.h"

#include <string.h>

#define DAY_US INT64_C(86400000000)

struct fg_cluster_terms fg_cluster_terms_default(void)
{
    return (struct fg_cluster_terms){.lease_us = FG_CLUSTER_LEASE_US,
                                     .reuse_us = FG_CLUSTER_REUSE_US,
                                     .patience_us = FG_CLUSTER_PATIENCE_US,
                                     .poll_us = FG_CLUSTER_POLL_US};
}

const char *fg_cluster_place_name(enum fg_cluster_place place)
{
    return place == FG_CLUSTER_PLACE_SLURM ? "slurm" : "ours";
}

int fg_cluster_place_find(const char *name)
{
    if (strcmp(name, "ours") == 0)
        return FG_CLUSTER_PLACE_OURS;
    return strcmp(name, "slurm") == 0 ? FG_CLUSTER_PLACE_SLURM : -1;
}

/* A word of an argument vector of ssh or Slurm: it must not look like an option. */
static int check_word(const char *what, const char *word, struct fg_err *err)
{
    if (word[0] == '-')
        return fg_fail(err, FG_EINVAL, "%s: %.80s begins with -", what, word);
    for (const char *at = word; *at; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
            return fg_fail(err, FG_EINVAL,
                           "%s: a blank or a control character, expected one plain word", what);
    return 0;
}

static int check_path(const char *what, const char *path, struct fg_err *err)
{
    return path[0] ? fg_path_check_absolute(what, path, err) : 0;
}

static int check_name(const char *what, const char *name, struct fg_err *err)
{
    return name[0] ? fg_name_check(what, name, err) : 0;
}

static int check_address(const char *address, struct fg_err *err)
{
    char host[FG_NAME_MAX];
    uint16_t port = 0;
    int rc = fg_listen_parse(address, host, &port, err);
    if (rc == 0 && (address[0] == ':' || port == 0))
        rc = fg_fail(err, FG_EINVAL,
                     "%.80s, expected the host and the port at which its nodes "
                     "reach this service",
                     address);
    return rc;
}

/* Several with commas: daemons with one state, of which one leads. */
static int check_link(const char *link, struct fg_err *err)
{
    char list[FG_TEXT_MAX], *rest = list;
    if (!link[0])
        return 0;
    fg_copy(list, sizeof(list), link);
    int rc = 0;
    while (rc == 0 && rest)
        rc = check_address(strsep(&rest, ","), err);
    return rc < 0 ? fg_wrap(err, rc, "link") : 0;
}

static int check_times(const struct fg_cluster_terms *terms, struct fg_err *err)
{
    if (terms->lease_us != 0 && terms->lease_us < FG_CLUSTER_LEASE_US_MIN)
        return fg_fail(err, FG_EINVAL,
                       "lease: %lld us, expected 0 (never over) or 6 s and more",
                       (long long)terms->lease_us);
    if (terms->patience_us < 1000000)
        return fg_fail(err, FG_EINVAL, "patience: %lld us, expected 1 s or more",
                       (long long)terms->patience_us);
    if (terms->poll_us < 100000)
        return fg_fail(err, FG_EINVAL, "poll: %lld us, expected 0.1 s or more",
                       (long long)terms->poll_us);
    return 0;
}

int fg_cluster_terms_check(const struct fg_cluster_terms *terms, struct fg_err *err)
{
    int rc = check_word("ssh", terms->ssh, err);
    if (rc == 0)
        rc = check_path("conf", terms->conf, err);
    if (rc == 0)
        rc = check_name("partition", terms->partition, err);
    if (rc == 0)
        rc = check_name("account", terms->account, err);
    if (rc == 0)
        rc = check_link(terms->link, err);
    if (rc == 0)
        rc = check_path("program", terms->program, err);
    if (rc == 0)
        rc = check_path("folder", terms->folder, err);
    if (rc == 0 && terms->folder_is_shared && !terms->folder[0])
        rc = fg_fail(err, FG_EINVAL, "folder: none is given, so nodes cannot share it");
    if (rc == 0)
        rc = check_name("site", terms->site, err);
    if (rc == 0)
        rc = check_name("region", terms->region, err);
    return rc == 0 ? check_times(terms, err) : rc;
}

/* -- JSON ------------------------------------------------------------------------------------------- */

static const char *place_word(int place)
{
    return place == FG_CLUSTER_PLACE_OURS || place == FG_CLUSTER_PLACE_SLURM
               ? fg_cluster_place_name((enum fg_cluster_place)place)
               : NULL;
}

#define T(member, kind, max) FG_MEMBER(fg_cluster_terms, member, FG_MEMBER_##kind, max)
static const struct fg_member members[] = {
    T(ssh, TEXT, 0),
    T(conf, TEXT, 0),
    T(partition, TEXT, 0),
    T(account, TEXT, 0),
    {.name = "place",
     .kind = FG_MEMBER_WORD,
     .offset = offsetof(struct fg_cluster_terms, place),
     .size = sizeof(enum fg_cluster_place),
     .word = place_word,
     .find = fg_cluster_place_find},
    T(link, TEXT, 0),
    T(program, TEXT, 0),
    T(folder, TEXT, 0),
    T(folder_is_shared, BOOL, 0),
    T(site, TEXT, 0),
    T(region, TEXT, 0),
    T(lease_us, INT64, 365 * DAY_US),
    T(reuse_us, INT64, DAY_US),
    T(patience_us, INT64, 30 * DAY_US),
    T(poll_us, INT64, DAY_US),
    T(price_uusd_per_device_hour, INT64, FG_PRICE_UUSD_MAX),
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

void fg_cluster_terms_json(struct fg_json *json, const struct fg_cluster_terms *terms)
{
    fg_members_write(json, members, MEMBERS, terms);
}

int fg_cluster_terms_read(struct fg_doc_reader *reader,
                          const struct fg_doc *doc,
                          struct fg_cluster_terms *out)
{
    return fg_members_read(reader, members, MEMBERS, doc, 0, out);
}
