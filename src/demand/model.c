/* model.c - see model.h */
#include "demand/model.h"

const struct fg_model fg_models[] = {
#define X(name, run, variant, log, needs) {name, run, variant, log, FG_MODEL_##needs},
#include "demand/model.def"
#undef X
};
const size_t fg_models_len = sizeof(fg_models) / sizeof(fg_models[0]);
_Static_assert(sizeof(fg_models) / sizeof(fg_models[0]) <= FG_FORECAST_MODELS_MAX,
               "room for each");
