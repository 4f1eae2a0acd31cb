/* node_past.c - see node_past.h */
#include "cli/node_past.h"

#include "base/grow.h"
#include "base/text.h"
#include "cli/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_PAGE 1000

void fg_pool_past_free(struct fg_pool_past *past)
{
    for (size_t i = 0; i < past->nodes_len; i++)
        free(past->nodes[i].absences);
    free(past->nodes);
    *past = (struct fg_pool_past){};
}

static struct fg_node_past *find(struct fg_pool_past *past, const char *name)
{
    for (size_t i = 0; i < past->nodes_len; i++)
        if (strcmp(past->nodes[i].name, name) == 0)
            return &past->nodes[i];
    return NULL;
}

const struct fg_node_past *fg_pool_past_find(const struct fg_pool_past *past, const char *name)
{
    struct fg_pool_past all = *past;
    return find(&all, name);
}

static struct fg_node_past *add(struct fg_pool_past *past, const char *name)
{
    past->nodes =
        fg_grow(past->nodes, past->nodes_len, &past->nodes_room, sizeof(*past->nodes));
    struct fg_node_past *node = &past->nodes[past->nodes_len++];
    *node = (struct fg_node_past){.away_until_us = -1};
    fg_copy(node->name, sizeof(node->name), name);
    return node;
}

static void add_absence(struct fg_node_past *node, int64_t from_us, int64_t until_us)
{
    node->absences = fg_grow(node->absences, node->absences_len, &node->absences_room,
                             sizeof(*node->absences));
    node->absences[node->absences_len++] = (struct fg_sim_absence){from_us, until_us};
}

static void read_shape(struct fg_node_past *node, const struct fg_doc *doc)
{
    node->cpu_milli = (uint32_t)fg_view_int(doc, "cpu_milli", 1000);
    node->mem_mib = (uint64_t)fg_view_int(doc, "mem_mib", 0);
    node->uusd_per_hour = fg_view_int(doc, "uusd_per_hour", 0);
}

/* Cores are told as a device as well, which they are not here. */
static void add_device(struct fg_node_past *node, const char *kind, uint32_t len)
{
    if (len == 0 || strcmp(kind, "cpu") == 0)
        return;
    fg_copy(node->kind, sizeof(node->kind), kind);
    node->gpus += len;
}

void fg_pool_past_node(struct fg_pool_past *past, const struct fg_doc *item)
{
    struct fg_node_past *node = add(past, fg_view_text(item, "name"));
    node->is_known = node->is_there = true;
    fg_copy(node->supplier, sizeof(node->supplier), fg_view_text(item, "supplier"));
    fg_copy(node->site, sizeof(node->site), fg_view_text(item, "site"));
    fg_copy(node->region, sizeof(node->region), fg_view_text(item, "region"));
    read_shape(node, item);
    for (const struct fg_doc *at = fg_view_first(item, "devices"); at; at = at->next)
        add_device(node, fg_view_text(at, "kind"), 1);
    if (strcmp(fg_view_text(item, "state"), "down") == 0)
        add_absence(node, fg_view_time(item, "since"), past->now_us);
}

/* What it was, of one that is no more. */
static void learn(struct fg_node_past *node, const struct fg_doc *data)
{
    node->is_known = true;
    fg_copy(node->supplier, sizeof(node->supplier), fg_view_text(data, "supplier"));
    read_shape(node, data);
    add_device(node, fg_view_text(data, "kind"), (uint32_t)fg_view_int(data, "gpus", 0));
}

void fg_pool_past_event(struct fg_pool_past *past, const struct fg_doc *item)
{
    const struct fg_doc *data = fg_doc_get(item, "data");
    const char *kind = fg_view_text(item, "kind"), *name = fg_view_text(data, "node");
    int64_t time_us = fg_view_time(item, "time");
    bool comes = strcmp(kind, "node.up") == 0 || strcmp(kind, "node.joined") == 0;
    bool goes = strcmp(kind, "node.down") == 0 || strcmp(kind, "node.gone") == 0;
    if (!name[0] || (!comes && !goes))
        return;
    struct fg_node_past *node = find(past, name);
    if (!node) {
        node = add(past, name);
        node->away_until_us = past->now_us;
    }
    if (!node->is_known && strcmp(kind, "node.joined") == 0)
        learn(node, data);
    if (goes && node->away_until_us >= 0)
        add_absence(node, time_us, node->away_until_us);
    else if (comes && node->away_until_us >= 0 && !node->is_there && node->absences_len == 0)
        add_absence(node, time_us, node->away_until_us); /* how it went is not told */
    node->away_until_us = comes ? time_us : -1;
}

void fg_pool_past_end(struct fg_pool_past *past, int64_t since_us)
{
    for (size_t i = 0; i < past->nodes_len; i++) {
        struct fg_node_past *node = &past->nodes[i];
        if (node->away_until_us > since_us)
            add_absence(node, since_us, node->away_until_us);
    }
}

bool fg_node_past_is_never(const struct fg_node_past *node, int64_t since_us, int64_t now_us)
{
    return node->absences_len == 1 && node->absences[0].from_us <= since_us
           && node->absences[0].until_us >= now_us;
}

/* -- read -------------------------------------------------------------------------------------------------------- */

static int read_nodes(struct fg_cli *cli, struct fg_pool_past *past, struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    int rc = fg_cli_get(cli, "/v1/nodes", &answer, err);
    const struct fg_doc *item = rc == 0 ? fg_view_first(answer.doc, "items") : NULL;
    for (; item; item = item->next)
        fg_pool_past_node(past, item);
    return rc;
}

/* A page of them, before that one.  `*before`: the next one begins there; 0: this was the last. */
static int read_events(struct fg_cli *cli,
                       struct fg_pool_past *past,
                       int64_t since_us,
                       int64_t *before,
                       struct fg_err *err)
{
    FG_AUTO(fg_answer) struct fg_answer answer = {};
    FG_AUTO(fg_buf) struct fg_buf path = {};
    fg_buf_printf(&path, "/v1/events?kind=node.*&before=%" PRId64 "&limit=%d", *before,
                  EVENTS_PAGE);
    int rc = fg_cli_get(cli, path.text, &answer, err);
    const struct fg_doc *item = rc == 0 ? fg_view_first(answer.doc, "items") : NULL;
    int64_t first = 0;
    size_t len = 0;
    for (; item; item = item->next, len++) {
        first = fg_view_int(item, "seq", 0);
        if (fg_view_time(item, "time") < since_us)
            break;
        fg_pool_past_event(past, item);
    }
    *before = len == EVENTS_PAGE ? first : 0;
    return rc;
}

int fg_pool_past_read(struct fg_cli *cli,
                      int64_t since_us,
                      struct fg_pool_past *past,
                      struct fg_err *err)
{
    int rc = read_nodes(cli, past, err);
    for (int64_t before = INT64_MAX; rc == 0 && before > 0;)
        rc = read_events(cli, past, since_us, &before, err);
    fg_pool_past_end(past, since_us);
    return rc;
}
