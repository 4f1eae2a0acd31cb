/* openb.c - the three files of the openb trace, divided by lines of "---": whatever is read is replayed, and nothing is
 * placed twice or lost. */
#include "sim/openb.h"
#include "fuzz/fuzz.h"

#include <string.h>

#define NODES_MAX 200 /* larger clusters are read, but not filled */

/* What comes before the next "---\n"; `*at` moves behind it. */
static struct fg_openb_file part(const char *bytes, size_t len, size_t *at)
{
    struct fg_openb_file file = {"fuzz.csv", bytes + *at, len - *at};
    const char *end = memmem(file.bytes, file.len, "---\n", 4);
    if (end)
        file.len = (size_t)(end - file.bytes);
    *at += file.len + (end ? 4 : 0);
    return file;
}

static void replay(const struct fg_openb *openb, const struct fg_openb_sequence *sequence)
{
    struct fg_openb_result result;
    FG_AUTO(fg_openb_replay)
    struct fg_openb_replay *replay =
        fg_openb_replay_new(openb, sequence, fg_place_policy_default(), 1);
    fg_openb_replay_run(replay, true, &result);
    CHECK(result.decisions == sequence->pods_len && result.placed <= result.decisions);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    size_t at = 0;
    struct fg_openb_file nodes = part((const char *)bytes, len, &at);
    struct fg_openb_file pods = part((const char *)bytes, len, &at);
    struct fg_openb_file order = part((const char *)bytes, len, &at);
    struct fg_openb *openb = NULL;
    struct fg_err err = {};
    if (fg_openb_read(&nodes, &pods, 1, &openb, &err) < 0) {
        CHECK(err.text[0] != '\0' && openb == NULL);
        return 0;
    }
    struct fg_openb_sequence sequence = {};
    if (fg_openb_read_sequence(openb, &order, &sequence, &err) == 0
        && fg_openb_nodes(openb) <= NODES_MAX && sequence.pods_len <= 1000)
        replay(openb, &sequence);
    fg_openb_sequence_fini(&sequence);
    fg_openb_free(openb);
    return 0;
}
