/* s3_answer.c - answers of an object store and files of credentials: what is taken of them is clean and within its room. */
#include "transfer/s3_answer.h"
#include "fuzz/fuzz.h"
#include "transfer/credentials.h"
#include "transfer/web.h"

#include <string.h>

static void is_clean(const char *text, size_t room)
{
    CHECK(strnlen(text, room) < room);
    for (; *text; text++)
        CHECK((unsigned char)*text >= ' ' && *text != 127);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fg_s3_answer answer = {};
    struct fg_credentials who = {};
    struct fg_web_head head = {};
    struct fg_err err = {};
    const char *text = (const char *)bytes;
    if (len == 0)
        return 0;
    if (fg_s3_answer_read(text, len, &answer, &err) == 0) {
        is_clean(answer.upload_id, sizeof(answer.upload_id));
        is_clean(answer.code, sizeof(answer.code));
        is_clean(answer.message, sizeof(answer.message));
        CHECK(answer.root[0] != '\0');
    }
    if (fg_credentials_read(text, len, "default", &who, &err) == 0) {
        is_clean(who.key, sizeof(who.key));
        is_clean(who.secret, sizeof(who.secret));
        is_clean(who.endpoint, sizeof(who.endpoint));
    }
    fg_web_head_take(&head, text, len);
    CHECK(head.bytes >= -1 && head.from >= -1);
    return 0;
}
