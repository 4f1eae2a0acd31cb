/* target.h - the target of a request ("/v1/jobs/12?limit=3"), taken apart and decoded.
 *
 * Input is hostile.  Pure: bytes in, pieces out; the pieces are borrowed from the text, which is
 * decoded in place.
 */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_TARGET_BYTES_MAX 4096
#define FG_SEGMENTS_MAX     32
#define FG_PARAMS_MAX       16

struct fg_param {
    const char *name, *value;
};

struct fg_target {
    const char *segments[FG_SEGMENTS_MAX]; /* "/v1/jobs" -> "v1", "jobs"; "/" -> none */
    size_t segments_len;
    struct fg_param params[FG_PARAMS_MAX]; /* in the order written; no name comes twice */
    size_t params_len;
};

/* Take `text` (changed in place) apart.
 * Returns 0; FG_EINVAL: a control byte, a bad % sequence, invalid UTF-8, a segment that is empty,
 * "." or "..", a parameter twice, or no leading '/'; FG_ETOOBIG: past one of the limits above. */
[[nodiscard]] int fg_target_parse(char *text, struct fg_target *out, struct fg_err *err);

/* The value of a parameter, or NULL. */
const char *fg_target_param(const struct fg_target *target, const char *name);

/* Refuse parameters that are not among the words of `known` ("limit cursor").
 * Returns 0, or FG_EINVAL: `err` names the parameter and the known ones. */
[[nodiscard]] int fg_target_check(const struct fg_target *target,
                                  const char *known,
                                  struct fg_err *err);

/* A parameter as a whole number; `*out` keeps its value if it is absent.
 * Returns 0, or FG_EINVAL: not a number, or outside min..max. */
[[nodiscard]] int fg_target_uint(const struct fg_target *target,
                                 const char *name,
                                 uint64_t min,
                                 uint64_t max,
                                 uint64_t *out,
                                 struct fg_err *err);

/* A page of a list: `limit`, at most FG_PAGE_MAX (`*limit` is FG_PAGE_DEFAULT if it is absent), and `cursor`,
 * which `next` of the page before gave (`*cursor` keeps its value if it is absent).  Else FG_EINVAL. */
[[nodiscard]] int fg_target_page(const struct fg_target *target,
                                 uint64_t *limit,
                                 uint64_t *cursor,
                                 struct fg_err *err);

/* A parameter that is one of `len` words; `*out`, its place among them, keeps its value if it is absent.
 * Returns 0, or FG_EINVAL: `err` names the words. */
[[nodiscard]] int fg_target_word(const struct fg_target *target,
                                 const char *name,
                                 const char *const *words,
                                 size_t len,
                                 size_t *out,
                                 struct fg_err *err);

/* A flag: "1" or "true", "0" or "false"; `*out` keeps its value if it is absent. */
[[nodiscard]] int fg_target_bool(const struct fg_target *target,
                                 const char *name,
                                 bool *out,
                                 struct fg_err *err);

/* Decimal text as a number: digits only, no sign, no leading zero but "0" itself. */
bool fg_parse_uint(const char *text, uint64_t *out);

/* Whether all of `text` is valid UTF-8 without control bytes. */
bool fg_text_is_clean(const char *text);
