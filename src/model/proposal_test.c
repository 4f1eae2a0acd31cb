/* proposal_test.c - proposals go to JSON and back; what is not one is refused; their states. */
#include "model/proposal.h"

#include "test/tap.h"

#include <string.h>

static const struct fg_proposal_body example = {
    .objective = "jct_mean_s",
    .changes = {{"schedule.order", "priority", "srtf", "short jobs \"first\""},
                {"backfill_depth", "1000", "100", "it is \xC3\xA9nough"}},
    .changes_len = 2,
    .expected = {{"jct_mean_s", 100, 80.5, -0.195, -0.3, -0.05}},
    .expected_len = 1,
    .days = 7,
    .worse_days = 2,
    .text = "Short jobs first.",
};

static int read(const char *text, struct fg_arena *arena, struct fg_proposal_body *out)
{
    const struct fg_doc *doc;
    struct fg_err err = {};
    struct fg_doc_reader reader = {.arena = arena, .err = &err, .text_left = strlen(text)};
    int rc = fg_doc_json(text, strlen(text), arena, &doc, &err);
    return rc == 0 ? fg_proposal_read(&reader, doc, out) : rc;
}

static void write(const struct fg_proposal_body *body, struct fg_buf *out)
{
    struct fg_json json = {.buf = out};
    fg_json_object(&json);
    fg_proposal_write(&json, body);
    fg_json_end(&json);
}

static void a_proposal_goes_there_and_back(void)
{
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1UL << 20);
    FG_AUTO(fg_buf) struct fg_buf once = {}, twice = {};
    struct fg_proposal_body again;
    write(&example, &once);
    EQ(read(once.text, arena, &again), 0);
    EQ(again.changes_len, 2);
    EQ(strcmp(again.changes[0].why, example.changes[0].why), 0);
    OK(again.expected[0].low == -0.3);
    EQ(again.worse_days, 2);
    write(&again, &twice);
    EQ(strcmp(once.text, twice.text), 0);
}

static void what_is_none_is_refused(void)
{
    static const char *const without[] = {"objective", "changes",    "expected",
                                          "days",      "worse_days", "text"};
    FG_AUTO(fg_arena) struct fg_arena *arena = fg_arena_new(1UL << 20);
    FG_AUTO(fg_buf) struct fg_buf whole = {};
    struct fg_proposal_body out;
    write(&example, &whole);
    for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
        char quoted[32], *at;
        snprintf(quoted, sizeof(quoted), "\"%s\"", without[i]);
        at = strstr(whole.text, quoted);
        if (!OK(at))
            return;
        at[1] ^= 1; /* a member of another name */
        EQ(read(whole.text, arena, &out), FG_EINVAL);
        at[1] ^= 1;
    }
    struct fg_proposal_body bad = example;
    bad.worse_days = 8; /* of 7 */
    fg_buf_clear(&whole);
    write(&bad, &whole);
    EQ(read(whole.text, arena, &out), FG_EINVAL);
    bad = example;
    bad.changes_len = 0;
    fg_buf_clear(&whole);
    write(&bad, &whole);
    EQ(read(whole.text, arena, &out), FG_EINVAL);
    EQ(read("[]", arena, &out), FG_EINVAL);
}

static void states_move_as_the_picture_says(void)
{
    static const bool can[FG_PROPOSAL_STATES][FG_PROPOSAL_STATES] = {
        [FG_PROPOSAL_PROPOSED] = {[FG_PROPOSAL_ADOPTED] = true,
                                  [FG_PROPOSAL_REJECTED] = true,
                                  [FG_PROPOSAL_SUPERSEDED] = true},
        [FG_PROPOSAL_ADOPTED] =
            {[FG_PROPOSAL_ROLLED_BACK] = true, [FG_PROPOSAL_SUPERSEDED] = true},
    };
    for (int from = 0; from < FG_PROPOSAL_STATES; from++)
        for (int to = 0; to < FG_PROPOSAL_STATES; to++) {
            enum fg_proposal_state state = (enum fg_proposal_state)from;
            int rc = fg_proposal_move(&state, (enum fg_proposal_state)to, NULL);
            EQ(rc, can[from][to] ? 0 : FG_ESTATE);
            EQ(state, can[from][to] ? to : from);
        }
}

int main(void)
{
    RUN(a_proposal_goes_there_and_back);
    RUN(what_is_none_is_refused);
    RUN(states_move_as_the_picture_says);
    return tap_done();
}
