/* kafka_load.c - see kafka.h */
#include "publish/kafka.h"

#include <dlfcn.h>
#include <string.h>

#define LIBRARY "librdkafka.so.1"

int fg_kafka_load(struct fg_kafka_library *out, struct fg_err *err)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return fg_fail(err, FG_EIO,
                       LIBRARY " is not there: install it (Debian: apt install librdkafka1)");
#define F(name)                                                                                \
    *(void **)&out->name = dlsym(library, #name);                                              \
    if (!out->name)                                                                            \
        return fg_fail(err, FG_EIO, LIBRARY " has no " #name ": expected version 1.0 or later");
    FG_KAFKA_FUNCTIONS(F)
#undef F
    return 0;
}
