/* log.h - one line on standard error: "2026-11-21T02:36:55Z event=start pid=42".  Ids before words; never a
 * token, an environment value or a user's text. */
#pragma once

[[gnu::format(printf, 1, 2)]] void fg_log(const char *fmt, ...);
