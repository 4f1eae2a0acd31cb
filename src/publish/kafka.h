/* kafka.h - librdkafka, loaded when the first sink wants it: the service and the command line start without it. */
#pragma once

#include "base/err.h"

#include <librdkafka/rdkafka.h>

/* Of librdkafka what is used, by the names that it has there. */
#define FG_KAFKA_FUNCTIONS(F)                                                                  \
    F(rd_kafka_conf_new)                                                                       \
    F(rd_kafka_conf_destroy)                                                                   \
    F(rd_kafka_conf_set)                                                                       \
    F(rd_kafka_conf_set_opaque)                                                                \
    F(rd_kafka_conf_set_dr_msg_cb)                                                             \
    F(rd_kafka_conf_set_error_cb)                                                              \
    F(rd_kafka_conf_set_log_cb)                                                                \
    F(rd_kafka_new)                                                                            \
    F(rd_kafka_destroy_flags)                                                                  \
    F(rd_kafka_producev)                                                                       \
    F(rd_kafka_poll)                                                                           \
    F(rd_kafka_err2str)

struct fg_kafka_library {
#define F(name) typeof(&(name)) name;
    FG_KAFKA_FUNCTIONS(F)
#undef F
};

/* FG_EIO: it is not there; the text names Debian's package.  It stays loaded. */
[[nodiscard]] int fg_kafka_load(struct fg_kafka_library *out, struct fg_err *err);
