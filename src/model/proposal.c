/* proposal.c - see proposal.h */
#include "model/proposal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const char *const names[FG_PROPOSAL_STATES] = {"proposed", "adopted", "rejected",
                                                      "rolled_back", "superseded"};

const char *fg_proposal_state_name(enum fg_proposal_state state)
{
    assert(state < FG_PROPOSAL_STATES);
    return names[state];
}

int fg_proposal_move(enum fg_proposal_state *state,
                     enum fg_proposal_state to,
                     struct fg_err *err)
{
    bool decides = to == FG_PROPOSAL_ADOPTED || to == FG_PROPOSAL_REJECTED;
    bool is_open = *state == FG_PROPOSAL_PROPOSED || *state == FG_PROPOSAL_ADOPTED;
    bool can = (decides && *state == FG_PROPOSAL_PROPOSED)
               || (to == FG_PROPOSAL_ROLLED_BACK && *state == FG_PROPOSAL_ADOPTED)
               || (to == FG_PROPOSAL_SUPERSEDED && is_open);
    if (!can)
        return fg_fail(err, FG_ESTATE, "the proposal is %s, it cannot become %s", names[*state],
                       names[to]);
    *state = to;
    return 0;
}

/* -- as JSON ---------------------------------------------------------------------------------------------- */

static void write_double(struct fg_json *json, const char *key, double value)
{
    fg_json_key(json, key);
    fg_json_double(json, value);
}

static void write_changes(struct fg_json *json, const struct fg_proposal_body *body)
{
    fg_json_key(json, "changes");
    fg_json_array(json);
    for (size_t i = 0; i < body->changes_len; i++) {
        fg_json_object(json);
        fg_json_kv(json, "setting", body->changes[i].setting);
        fg_json_kv(json, "from", body->changes[i].from);
        fg_json_kv(json, "to", body->changes[i].to);
        fg_json_kv(json, "why", body->changes[i].why);
        fg_json_end(json);
    }
    fg_json_end(json);
}

void fg_proposal_write(struct fg_json *json, const struct fg_proposal_body *body)
{
    fg_json_kv(json, "objective", body->objective);
    write_changes(json, body);
    fg_json_key(json, "expected");
    fg_json_array(json);
    for (size_t i = 0; i < body->expected_len; i++) {
        const struct fg_proposal_figure *figure = &body->expected[i];
        fg_json_object(json);
        fg_json_kv(json, "metric", figure->metric);
        write_double(json, "now", figure->now);
        write_double(json, "then", figure->then);
        write_double(json, "change", figure->change);
        write_double(json, "low", figure->low);
        write_double(json, "high", figure->high);
        fg_json_end(json);
    }
    fg_json_end(json);
    fg_json_kv_int(json, "days", body->days);
    fg_json_kv_int(json, "worse_days", body->worse_days);
    fg_json_kv(json, "text", body->text);
}

/* -- and back --------------------------------------------------------------------------------------------- */

/* The member of that name; FG_EINVAL without it. */
static int member(struct fg_doc_reader *reader,
                  const struct fg_doc *doc,
                  const char *name,
                  const struct fg_doc **out)
{
    *out = fg_doc_get(doc, name);
    return *out ? 0 : fg_read_fail(reader, doc, "no member %s", name);
}

static int read_text(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     const char *name,
                     size_t len_max,
                     const char **out)
{
    const struct fg_doc *at;
    int rc = member(reader, doc, name, &at);
    if (rc < 0)
        return rc;
    size_t mark = fg_read_enter(reader, name);
    rc = fg_read_text(reader, at, len_max, out);
    fg_read_leave(reader, mark);
    return rc;
}

static int read_double(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       const char *name,
                       double *out)
{
    const struct fg_doc *at;
    int rc = member(reader, doc, name, &at);
    if (rc < 0)
        return rc;
    if ((at->kind != FG_DOC_INT && at->kind != FG_DOC_REAL) || !isfinite(at->real))
        return fg_read_fail(reader, at, "%s: expected a number", name);
    *out = at->real;
    return 0;
}

static int read_change(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_knob_change *out)
{
    int rc = read_text(reader, doc, "setting", FG_NAME_MAX - 1, &out->setting);
    if (rc == 0)
        rc = read_text(reader, doc, "from", FG_KNOB_VALUE_MAX - 1, &out->from);
    if (rc == 0)
        rc = read_text(reader, doc, "to", FG_KNOB_VALUE_MAX - 1, &out->to);
    if (rc == 0)
        rc = read_text(reader, doc, "why", FG_TEXT_MAX - 1, &out->why);
    return rc;
}

static int read_figure(struct fg_doc_reader *reader,
                       const struct fg_doc *doc,
                       struct fg_proposal_figure *out)
{
    int rc = read_text(reader, doc, "metric", FG_NAME_MAX - 1, &out->metric);
    if (rc == 0)
        rc = read_double(reader, doc, "now", &out->now);
    if (rc == 0)
        rc = read_double(reader, doc, "then", &out->then);
    if (rc == 0)
        rc = read_double(reader, doc, "change", &out->change);
    if (rc == 0)
        rc = read_double(reader, doc, "low", &out->low);
    if (rc == 0)
        rc = read_double(reader, doc, "high", &out->high);
    return rc;
}

/* The list of that name, of 1 to `most` objects; which of the two kinds, `changes` says. */
static int read_list(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     bool changes,
                     struct fg_proposal_body *out)
{
    const char *name = changes ? "changes" : "expected";
    size_t most = changes ? FG_PROPOSAL_CHANGES_MAX : FG_PROPOSAL_FIGURES_MAX, len = 0;
    const struct fg_doc *list;
    int rc = member(reader, doc, name, &list);
    if (rc == 0)
        rc = fg_read_kind(reader, list, FG_DOC_LIST);
    if (rc == 0 && (list->len == 0 || list->len > most))
        rc = fg_read_fail(reader, list, "%s: %zu, expected 1 to %zu", name, list->len, most);
    for (const struct fg_doc *at = rc == 0 ? list->first : NULL; rc == 0 && at; at = at->next) {
        size_t mark = fg_read_enter_at(reader, len);
        rc = changes ? read_change(reader, at, &out->changes[len])
                     : read_figure(reader, at, &out->expected[len]);
        fg_read_leave(reader, mark);
        len++;
    }
    *(changes ? &out->changes_len : &out->expected_len) = len;
    return rc;
}

static int read_days(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     const char *name,
                     int64_t most,
                     int64_t *out)
{
    const struct fg_doc *at;
    int rc = member(reader, doc, name, &at);
    return rc == 0 ? fg_read_int(reader, at, 0, most, out) : rc;
}

int fg_proposal_read(struct fg_doc_reader *reader,
                     const struct fg_doc *doc,
                     struct fg_proposal_body *out)
{
    static const char *const members[] = {"objective", "changes",    "expected",
                                          "days",      "worse_days", "text"};
    *out = (struct fg_proposal_body){};
    int rc = fg_read_kind(reader, doc, FG_DOC_MAP);
    for (const struct fg_doc *at = rc == 0 ? doc->first : NULL; rc == 0 && at; at = at->next) {
        size_t i = 0;
        while (i < 6 && strcmp(at->key, members[i]) != 0)
            i++;
        if (i == 6)
            rc = fg_read_fail_unknown(reader, at, members, 6);
    }
    if (rc == 0)
        rc = read_text(reader, doc, "objective", FG_TEXT_MAX - 1, &out->objective);
    if (rc == 0)
        rc = read_list(reader, doc, true, out);
    if (rc == 0)
        rc = read_list(reader, doc, false, out);
    if (rc == 0)
        rc = read_days(reader, doc, "days", 36500, &out->days);
    if (rc == 0)
        rc = read_days(reader, doc, "worse_days", out->days, &out->worse_days);
    if (rc == 0)
        rc = read_text(reader, doc, "text", FG_PROPOSAL_TEXT_MAX, &out->text);
    return rc;
}
