/* s3_answer.h - what an object store answers, as far as we ask for it: XML of strangers.
 *
 * No entities beyond XML's own, no more depth and text than an answer needs: expat's amplification limits stand behind ours.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct fg_s3_answer {
    char root[64];     /* "Error", "InitiateMultipartUploadResult", ... */
    char code[64];     /* of an Error: "NoSuchKey" */
    char message[160]; /* of an Error; clean text */
    char upload_id[1024];
    char etag[128];
};

/* 0, or FG_EINVAL: it is no such XML, or a text in it is too long. */
[[nodiscard]] int fg_s3_answer_read(const char *bytes,
                                    size_t len,
                                    struct fg_s3_answer *out,
                                    struct fg_err *err);
