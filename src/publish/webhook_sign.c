/* webhook_sign.c - see webhook_sign.h */
#include "publish/webhook_sign.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PREFIX    "whsec_"
#define KEY_LEAST 16

static int read_key(const struct fg_sink_secret *secret,
                    struct fg_sink_secret *out,
                    struct fg_err *err)
{
    bool is_coded = strncmp(secret->text, PREFIX, strlen(PREFIX)) == 0;
    const char *coded = secret->text + strlen(PREFIX);
    *out = *secret;
    if (is_coded
        && sodium_base642bin((unsigned char *)out->text, sizeof(out->text), coded,
                             strlen(coded), NULL, &out->len, NULL,
                             sodium_base64_VARIANT_ORIGINAL)
               != 0)
        return fg_fail(err, FG_EINVAL,
                       "the secret begins with whsec_, expected base64 after it");
    if (out->len < KEY_LEAST)
        return fg_fail(err, FG_EINVAL, "the secret is %zu bytes, expected at least %d",
                       out->len, KEY_LEAST);
    return 0;
}

int fg_webhook_sign(const struct fg_signed *what,
                    const struct fg_sink_secret *secret,
                    char out[FG_SIGNATURE_MAX],
                    struct fg_err *err)
{
    struct fg_sink_secret key;
    crypto_auth_hmacsha256_state state;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char time[32];
    int rc = read_key(secret, &key, err);
    if (rc == 0) {
        snprintf(time, sizeof(time), ".%" PRId64 ".", what->time_s);
        crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.text, key.len);
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)what->id,
                                      strlen(what->id));
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)time, strlen(time));
        crypto_auth_hmacsha256_update(&state, (const unsigned char *)what->body,
                                      what->body_len);
        crypto_auth_hmacsha256_final(&state, mac);
        memcpy(out, "v1,", 3);
        sodium_bin2base64(out + 3, FG_SIGNATURE_MAX - 3, mac, sizeof(mac),
                          sodium_base64_VARIANT_ORIGINAL);
        explicit_bzero(&state, sizeof(state));
    }
    fg_sink_secret_drop(&key);
    return rc;
}
