/* offer_json.h - an offer as one JSON object: what the API shows, plug-ins are told, and the store keeps.
 *
 *     {"supplier":"acme","instance":"8xh100","accelerator":"h100","accelerators":8,"contract":"on_demand",
 *      "price_uusd_per_hour":20000000,"lead_time_us":600000000, ...}
 *
 * The members are those of struct fg_offer, by the same names and in the same units.
 */
#pragma once

#include "base/doc.h"
#include "base/json_write.h"
#include "model/offer.h"

/* Its members, into an object that is open. */
void fg_offer_json_members(struct fg_json *json, const struct fg_offer *offer);

/* One object. */
void fg_offer_json_write(struct fg_json *json, const struct fg_offer *offer);

/* FG_EINVAL: no such object, or fg_offer_check() refuses it. */
[[nodiscard]] int fg_offer_json_read(const struct fg_doc *doc,
                                     struct fg_arena *arena,
                                     struct fg_offer *out,
                                     struct fg_err *err);

/* Is it the name of a member?  For readers that pass over what they do not know. */
bool fg_offer_json_knows(const char *name);
