/* auth.c - see auth.h
 *
 * A token's text is "fgpu_" and 43 base64url characters (256 random bits).  Only its SHA-256 is kept
 * and looked up: a plain hash is enough, there is nothing to guess in 256 random bits.
 */
#include "api/auth.h"
#include "api/connection.h"
#include "api/worker.h"
#include "base/text.h"

#include <pwd.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SECRET_BYTES    32
#define SECRET_CHARS    43
#define DEFAULT_PROJECT 1

/* The token in an Authorization field, or NULL. */
static const char *bearer(const char *authorization)
{
    if (strncasecmp(authorization, "Bearer", 6) != 0 || authorization[6] != ' ')
        return NULL;
    const char *text = authorization + 6 + strspn(authorization + 6, " ");
    size_t prefix = strlen(FG_TOKEN_PREFIX);
    if (strncmp(text, FG_TOKEN_PREFIX, prefix) != 0 || strlen(text) != prefix + SECRET_CHARS)
        return NULL;
    return text;
}

static int by_token(struct fg_call *call, struct fg_err *err)
{
    const char *text = bearer(call->headers.authorization);
    if (!text)
        return fg_fail(err, FG_EAUTH, "Authorization: expected Bearer fgpu_ and 43 characters");

    uint8_t hash[crypto_hash_sha256_BYTES];
    struct fg_token token;
    crypto_hash_sha256(hash, (const unsigned char *)text, strlen(text));
    int rc = fg_worker_token(call->worker, hash, &token, err);
    /* Unknown, revoked and expired are one answer: nothing to learn by trying. */
    if (rc == FG_ENOENT)
        return fg_fail(err, FG_EAUTH,
                       "this token is not known, or was revoked, or has expired");
    if (rc < 0)
        return rc;
    fg_copy(call->actor.user, sizeof(call->actor.user), token.user);
    call->actor.role = token.role;
    call->actor.project = token.project;
    call->actor.uid = -1;
    return 0;
}

/* A local user: the service's own and root rule, the others are members of the default project. */
static void by_uid(struct fg_connection *connection)
{
    struct fg_actor *actor = &connection->actor;
    bool rules = connection->uid == 0 || connection->uid == geteuid();
    struct passwd entry, *found = NULL;
    char text[4096];

    *actor = (struct fg_actor){.role = rules ? FG_ROLE_ADMIN : FG_ROLE_MEMBER,
                               .project = rules ? 0 : DEFAULT_PROJECT,
                               .uid = connection->uid};
    if (getpwuid_r(connection->uid, &entry, text, sizeof(text), &found) != 0 || !found
        || !fg_copy(actor->user, sizeof(actor->user), entry.pw_name))
        snprintf(actor->user, sizeof(actor->user), "uid-%u", (unsigned)connection->uid);
    connection->actor_known = true;
}

int fg_auth_identify(struct fg_call *call, struct fg_err *err)
{
    struct fg_connection *connection = call->connection;

    call->actor = (struct fg_actor){.role = FG_ROLE_NONE, .uid = -1};
    if (call->headers.authorization)
        return by_token(call, err);
    if (!connection->is_local || connection->uid == (uid_t)-1)
        return 0;
    if (!connection->actor_known)
        by_uid(connection);
    call->actor = connection->actor;
    return 0;
}

void fg_auth_make_token(char out_secret[FG_TOKEN_SECRET_MAX], struct fg_token *token)
{
    uint8_t random[SECRET_BYTES];
    size_t prefix = strlen(FG_TOKEN_PREFIX);

    randombytes_buf(random, sizeof(random));
    memcpy(out_secret, FG_TOKEN_PREFIX, prefix);
    sodium_bin2base64(out_secret + prefix, FG_TOKEN_SECRET_MAX - prefix, random, sizeof(random),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(random, sizeof(random));
    crypto_hash_sha256(token->hash, (const unsigned char *)out_secret, strlen(out_secret));
    snprintf(token->prefix, sizeof(token->prefix), "%.9s", out_secret);
}
