/* slurm_rented.c - nodes of an order in what Slurm prints: every name that is found can stand in a command, and carries the feature. */
#include "provision/rented.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fg_rented_node nodes[MAX] = {};
    struct fg_err err = {};
    int len =
        fg_rented_find((struct fg_field){(const char *)data, size}, "0b7c", nodes, MAX, &err);
    for (int i = 0; i < len && i < MAX; i++) {
        assert(nodes[i].name[0] && nodes[i].name[0] != '-');
        assert(strlen(nodes[i].name) < FG_NAME_MAX);
        assert(!strpbrk(nodes[i].name, " ,=;[]'\"\\$`\n"));
    }
    assert(len <= 0 || memmem(data, size, "order_0b7c", 10));
    assert(len >= 0 || err.text[0]);
    return 0;
}
