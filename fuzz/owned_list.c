/* owned_list.c - the list of own machines: what is accepted is machines with names of their own and sound offers. */
#include "provision/owned_list.h"
#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct fg_arena *arena = fg_arena_new(fg_owned_list_room(len));
    const struct fg_owned_machine *machines;
    size_t machines_len;
    struct fg_err err = {};
    int rc = fg_owned_list_read((const char *)bytes, len, "own", "list", arena, &machines,
                                &machines_len, &err);
    CHECK(rc == 0 || err.text[0]);
    for (size_t i = 0; rc == 0 && i < machines_len; i++) {
        CHECK(machines[i].name[0] && machines[i].address[0]);
        CHECK(fg_offer_check(&machines[i].offer, NULL) == 0);
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(machines[i].name, machines[k].name) != 0);
        for (int command = 0; command < FG_OWNED_COMMANDS; command++)
            CHECK(!machines[i].commands[command] || machines[i].commands[command][0]);
    }
    fg_arena_free(arena);
    return 0;
}
