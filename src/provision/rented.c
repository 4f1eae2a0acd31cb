/* rented.c - see rented.h */
#include "provision/rented.h"

#include "provision/user_data.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define SHOW_MAX (64UL * 1024 * 1024) /* of tens of thousands of nodes */

/* -- what is there ---------------------------------------------------------------------------------------------- */

static bool has_word(struct fg_field list, char by, const char *word)
{
    size_t at = 0;
    struct fg_field item;
    while (list.len > 0 && fg_fields_next(list, by, &at, &item)) {
        while (by == '+' && item.len > 0 && !isalnum((unsigned char)item.text[item.len - 1]))
            item.len--; /* IDLE* and the like */
        if (fg_slurm_same(item, word))
            return true;
    }
    return false;
}

static bool is_name(struct fg_field name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.text[i]) && !strchr("._-", name.text[i]))
            return false;
    return name.len > 0 && name.len < FG_NAME_MAX && isalnum((unsigned char)name.text[0]);
}

struct line {
    struct fg_field name, state, features;
};

/* A key that comes twice counts the first time: what people write stands at the end. */
static void read_line(struct fg_field text, struct line *out)
{
    size_t at = 0;
    struct fg_field key, value;
    *out = (struct line){};
    while (fg_slurm_pair_next(text, &at, &key, &value)) {
        struct fg_field *member = fg_slurm_same(key, "NodeName")            ? &out->name
                                  : fg_slurm_same(key, "State")             ? &out->state
                                  : fg_slurm_same(key, "AvailableFeatures") ? &out->features
                                                                            : NULL;
        if (fg_slurm_same(key, "Reason") || fg_slurm_same(key, "Comment"))
            return;
        if (member && !member->text)
            *member = value;
    }
}

int fg_rented_find(struct fg_field text,
                   const char *word,
                   struct fg_rented_node *out,
                   size_t max,
                   struct fg_err *err)
{
    char feature[FG_ORDER_WORD_MAX + 8];
    struct fg_field row;
    size_t at = 0;
    int len = 0;
    snprintf(feature, sizeof(feature), "order_%s", word);
    while (text.len > 0 && fg_fields_next(text, '\n', &at, &row)) {
        struct line line;
        read_line(row, &line);
        if (!line.name.text || !has_word(line.features, ',', feature))
            continue;
        if (!is_name(line.name))
            return fg_fail(err, FG_EBACKEND, "Slurm tells of a node whose name is none");
        if ((size_t)len < max) {
            out[len] = (struct fg_rented_node){
                .is_busy = has_word(line.state, '+', "ALLOCATED")
                           || has_word(line.state, '+', "MIXED")
                           || has_word(line.state, '+', "COMPLETING"),
                .is_drained = has_word(line.state, '+', "DRAIN"),
            };
            memcpy(out[len].name, line.name.text, line.name.len);
        }
        len++;
    }
    return len;
}

/* -- what is done ----------------------------------------------------------------------------------------------- */

struct removal {
    const struct fg_slurm_site *site;
    char word[FG_ORDER_WORD_MAX];
    struct fg_rented_node *nodes;
    int len;
};

struct words {
    struct fg_buf text;
    size_t len;
};

static int run(const struct removal *removal,
               const struct words *words,
               struct fg_buf *out,
               struct fg_err *err)
{
    const struct fg_slurm_command command = {.words = words->text.text,
                                             .words_len = words->len,
                                             .timeout_us = removal->site->supplier->timeout_us,
                                             .output_max = SHOW_MAX};
    return fg_slurm_command_run(removal->site, &command, out, err);
}

static void add_word(struct words *words, const char *word)
{
    fg_buf_add(&words->text, word, strlen(word) + 1);
    words->len++;
}

static int look(struct removal *removal, struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf out = {};
    struct words words = {};
    static const char *const show[] = {"scontrol", "-o", "show", "nodes"};
    for (size_t i = 0; i < 4; i++)
        add_word(&words, show[i]);
    int rc = run(removal, &words, &out, err);
    fg_buf_free(&words.text);
    if (rc < 0)
        return rc;
    removal->len = fg_rented_find((struct fg_field){out.text ? out.text : "", out.len},
                                  removal->word, removal->nodes, FG_RENTED_NODES_MAX, err);
    if (removal->len > FG_RENTED_NODES_MAX)
        return fg_fail(err, FG_ETOOBIG, "%d nodes of one order, expected at most %d",
                       removal->len, FG_RENTED_NODES_MAX);
    return removal->len < 0 ? removal->len : 0;
}

/* `scontrol WORDS nodename=a,b,c REST`, of those that are not drained or of all. */
static int order(const struct removal *removal,
                 const char *verb,
                 bool undrained_only,
                 const char *state,
                 struct fg_err *err)
{
    FG_AUTO(fg_buf) struct fg_buf list = {}, out = {};
    struct words words = {};
    fg_buf_puts(&list, "nodename=");
    size_t empty = list.len;
    for (int i = 0; i < removal->len; i++)
        if (!undrained_only || !removal->nodes[i].is_drained)
            fg_buf_printf(&list, "%s%s", list.len > empty ? "," : "", removal->nodes[i].name);
    if (list.len == empty)
        return 0;
    add_word(&words, "scontrol");
    add_word(&words, verb);
    add_word(&words, list.text);
    if (state) {
        add_word(&words, state);
        add_word(&words, "reason=given_back");
    }
    int rc = run(removal, &words, &out, err);
    fg_buf_free(&words.text);
    return rc;
}

static int step(struct removal *removal, bool now, char why[FG_TEXT_MAX], struct fg_err *err)
{
    int busy = 0;
    int rc = look(removal, err);
    if (rc < 0)
        return rc;
    if (removal->len == 0)
        return 1;
    for (int i = 0; i < removal->len; i++)
        busy += removal->nodes[i].is_busy;
    if (busy > 0 && !now) {
        snprintf(why, FG_TEXT_MAX, "jobs hold %d of its %d nodes in cluster %s", busy,
                 removal->len, removal->site->supplier->name);
        return order(removal, "update", true, "state=drain", err);
    }
    /* Down ends what still runs there, and a drained node may be deleted at once. */
    rc = busy > 0 ? order(removal, "update", false, "state=down", err)
                  : order(removal, "update", true, "state=drain", err);
    if (rc == 0)
        rc = order(removal, "delete", false, NULL, err);
    return rc < 0 ? rc : 1;
}

int fg_rented_remove(const struct fg_slurm_site *site,
                     const char *key,
                     bool now,
                     char why[FG_TEXT_MAX],
                     struct fg_err *err)
{
    struct removal removal = {
        .site = site, .nodes = calloc(FG_RENTED_NODES_MAX, sizeof(struct fg_rented_node))};
    if (!removal.nodes)
        abort();
    why[0] = '\0';
    fg_order_word(key, removal.word);
    int rc = step(&removal, now, why, err);
    free(removal.nodes);
    return rc;
}
