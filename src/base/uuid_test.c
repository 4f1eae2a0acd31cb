/* uuid_test.c - UUIDs have their form, and no two are the same. */
#include "base/uuid.h"
#include "test/tap.h"

#include <string.h>

static void made_ones_have_the_form(void)
{
    char last[FG_UUID_MAX] = "", uuid[FG_UUID_MAX];
    bool good = true;
    for (int i = 0; i < 1000; i++) {
        fg_uuid_make(uuid);
        good &= fg_uuid_is(uuid) && strcmp(uuid, last) != 0 && uuid[14] == '4'
                && strchr("89ab", uuid[19]) != NULL;
        memcpy(last, uuid, sizeof(last));
    }
    OK(good);
}

static void others_are_none(void)
{
    OK(fg_uuid_is("0190c1de-0000-7000-8000-000000000001"));
    OK(!fg_uuid_is(""));
    OK(!fg_uuid_is("0190c1de-0000-7000-8000-00000000000"));
    OK(!fg_uuid_is("0190c1de-0000-7000-8000-0000000000010"));
    OK(!fg_uuid_is("0190C1DE-0000-7000-8000-000000000001"));
    OK(!fg_uuid_is("0190c1de00000-7000-8000-000000000001"));
}

int main(void)
{
    RUN(made_ones_have_the_form);
    RUN(others_are_none);
    return tap_done();
}
