/* product.h - the product name of a driver as the short kind that people write in a job. */
#pragma once

#include "model/limits.h"

/* "NVIDIA H100 80GB HBM3" -> "h100"; "NVIDIA A100-SXM4-40GB MIG 1g.5gb" -> "a100-mig-1g.5gb"; "AMD Instinct MI300X OAM" ->
 * "mi300x"; "Intel(R) Data Center GPU Max 1550" -> "max1550".  `fallback` where nothing of it names a model. */
void fg_product_kind(const char *product, const char *fallback, char out[FG_KIND_MAX]);
