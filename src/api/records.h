/* records.h - what the orders of the service have shown of suppliers, read when somebody asks. */
#pragma once

#include "api/api.h"
#include "store/reader.h"
#include "supply/records.h"

/* As of now, with the setting learn_rates_half_life_s. */
struct fg_supplier_clock fg_records_clock(const struct fg_api *api);

/* Add all orders that are kept. */
[[nodiscard]] int fg_records_read(struct fg_reader *reader,
                                  struct fg_supplier_records *records,
                                  struct fg_err *err);

/* Of one supplier, as an object: its counts, and what is expected of each thing that was ordered from it. */
void fg_records_write(struct fg_json *json,
                      const struct fg_supplier_records *records,
                      const char *supplier);
