/* credentials.h - who we are to an object store: the shared files and variables that AWS's own tools read.
 *
 *     ~/.aws/credentials   [default] aws_access_key_id = ...  aws_secret_access_key = ...  aws_session_token = ...
 *     ~/.aws/config        [default] region = ...  endpoint_url = ...      (others: [profile NAME])
 *
 * Variables come first: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL; AWS_PROFILE,
 * AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE choose what is read.  Nothing of it is ever an argument of a program.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>

struct fg_credentials {
    char key[128]; /* "" nobody: requests are not signed */
    char secret[256];
    char token[2048];   /* of a session; "" none */
    char region[64];    /* "us-east-1" if nothing says */
    char endpoint[256]; /* "https://minio:9000"; "" AWS itself */
};

/* Take from the bytes of such a file what section [profile] or [profile PROFILE] has and `*out` has not yet.
 * 0, or FG_EINVAL: a value that is too long or has a control character: "line 3: ..." (never the value). */
[[nodiscard]] int fg_credentials_read(const char *bytes,
                                      size_t len,
                                      const char *profile,
                                      struct fg_credentials *out,
                                      struct fg_err *err);

/* From the environment and the files that it names.  Files that are not there are passed over.
 * 0, FG_EINVAL, or FG_EIO: a file that cannot be read, or may be read by others than its owner. */
[[nodiscard]] int fg_credentials_find(struct fg_credentials *out, struct fg_err *err);
void fg_credentials_wipe(struct fg_credentials *credentials);
static inline void fg_credentials_drop(struct fg_credentials *credentials)
{
    fg_credentials_wipe(credentials);
}
