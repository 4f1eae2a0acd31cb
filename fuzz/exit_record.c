/* exit_record.c - the file that tells how a task ended: what is accepted is in range and reads back. */
#include "engine/exit_record.h"
#include "engine/task_lock.h"
#include "fuzz/fuzz.h"

#include <string.h>

#define ARTIFACTS 4

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct fg_engine_artifact artifacts[ARTIFACTS];
    struct fg_engine_event event = {}, again = {};
    struct fg_buf first = {}, second = {};
    if (len == 0)
        return 0;
    /* As it lies in a lock file, if it looks like one. */
    const char *record = fg_task_lock_record((const char *)bytes, len);
    if (!record)
        return 0;
    size_t record_len = len - (size_t)(record - (const char *)bytes);
    if (fg_exit_record_read(record, record_len, &event, artifacts, ARTIFACTS) < 0)
        return 0;
    CHECK(event.exit_code >= -1 && event.exit_code <= 255);
    CHECK(event.kind == FG_TASK_EXITED || event.kind == FG_TASK_FAILED
          || event.kind == FG_TASK_STARTED);
    size_t kept = event.artifacts < ARTIFACTS ? event.artifacts : ARTIFACTS;
    if (event.kind != FG_TASK_STARTED) {
        fg_exit_record_write(&first, &event, artifacts, kept);
        CHECK(fg_exit_record_read(first.text, first.len, &again, artifacts, ARTIFACTS) == 0);
        fg_exit_record_write(&second, &again, artifacts, kept);
        CHECK(first.len == second.len && memcmp(first.text, second.text, first.len) == 0);
    }
    fg_buf_free(&first);
    fg_buf_free(&second);
    return 0;
}
