/* nvml_power.c - power caps and clocks through NVML; see power.h */
#include "probe/nvml_inner.h"

#include <inttypes.h>

static int failed(const char *what, int rc, struct fg_err *err)
{
    switch (rc) {
    case FG_NVML_OK:
        return 0;
    case FG_NVML_NO_PERMISSION:
        return fg_fail(err, FG_EPERM, "%s: the driver lets only root", what);
    case FG_NVML_INVALID:
        return fg_fail(err, FG_EINVAL, "%s: the driver does not take the value", what);
    case FG_NVML_UNSUPPORTED:
    case FG_NVML_NO_FUNCTION:
        return fg_fail(err, FG_ESTATE, "%s: the driver cannot", what);
    default:
        return fg_fail(err, FG_EBACKEND, "%s: the driver fails with NVML error %d", what, rc);
    }
}

#define CALL(call, ...) (nvml->call ? nvml->call(__VA_ARGS__) : FG_NVML_NO_FUNCTION)

static int ask_range(const struct fg_nvml *nvml,
                     fg_nvml_device device,
                     struct fg_power_range *out,
                     struct fg_err *err)
{
    unsigned int least, most, cap, usual;
    *out = (struct fg_power_range){-1, -1, -1, -1};
    int rc = CALL(cap, device, &cap);
    if (rc != FG_NVML_OK)
        return failed("power cap", rc, err);
    out->cap_mw = cap;
    if (CALL(cap_range, device, &least, &most) == FG_NVML_OK) {
        out->min_mw = least;
        out->max_mw = most;
    }
    if (CALL(cap_default, device, &usual) == FG_NVML_OK)
        out->default_mw = usual;
    return 0;
}

static int set_cap(const struct fg_nvml *nvml,
                   fg_nvml_device device,
                   int64_t cap_mw,
                   struct fg_err *err)
{
    struct fg_power_range range;
    int rc = ask_range(nvml, device, &range, err);
    if (rc < 0)
        return rc;
    if (cap_mw <= 0 || cap_mw > UINT32_MAX || cap_mw < range.min_mw
        || (range.max_mw >= 0 && cap_mw > range.max_mw))
        return fg_fail(err, FG_EINVAL,
                       "power cap of %" PRId64 " mW, expected %" PRId64 " to %" PRId64, cap_mw,
                       range.min_mw, range.max_mw);
    return failed("power cap", CALL(cap_set, device, (unsigned int)cap_mw), err);
}

static int set_clocks(const struct fg_nvml *nvml,
                      fg_nvml_device device,
                      const struct fg_power_request *request,
                      struct fg_err *err)
{
    if (request->a == 0 && request->b == 0)
        return failed("clocks", CALL(clocks_free, device), err);
    if (request->a < 0 || request->a > request->b || request->b > UINT32_MAX)
        return fg_fail(err, FG_EINVAL,
                       "clocks of %" PRId64 " to %" PRId64 " MHz, expected a range", request->a,
                       request->b);
    return failed("clocks",
                  CALL(clocks_lock, device, (unsigned int)request->a, (unsigned int)request->b),
                  err);
}

int fg_nvml_power(void *library,
                  struct fg_probe_board *board,
                  struct fg_power_request *request,
                  struct fg_err *err)
{
    const struct fg_nvml *nvml = library;
    if (board->parent)
        return fg_fail(err, FG_EINVAL,
                       "%s is an instance: only the whole board has a cap and a clock",
                       board->spec.id);
    switch (request->verb) {
    case FG_POWER_RANGE:
        return ask_range(nvml, board->handle, &request->range, err);
    case FG_POWER_CAP:
        return set_cap(nvml, board->handle, request->a, err);
    case FG_POWER_CLOCKS:
        return set_clocks(nvml, board->handle, request, err);
    case FG_POWER_STAY:
        return failed("persistence mode", CALL(persist, board->handle, request->a != 0), err);
    }
    return fg_fail(err, FG_EINVAL, "no such request");
}
