/* assets.c - the page and the description of the API: bytes that came with the program. */
#include "api/assets.h"
#include "api/answer.h"

#include <string.h>

#define PAGE_POLICY                                                                            \
    "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; "    \
    "base-uri 'none'; form-action 'none'"

/* The file as it lies beside this one; openapi.yaml is a dependency of this object. */
__asm__(".section .rodata\n"
        ".balign 16\n"
        "fg_openapi_bytes:\n"
        ".incbin \"" OPENAPI_PATH "\"\n"
        "fg_openapi_end:\n"
        ".byte 0\n"
        ".previous\n");
extern const char fg_openapi_bytes[], fg_openapi_end[];

void fg_handle_openapi(struct fg_call *call)
{
    size_t len = (size_t)(fg_openapi_end - fg_openapi_bytes);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        len, (void *)(uintptr_t)fg_openapi_bytes, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/yaml");
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    fg_answer_response(call, 200, response, len);
}

static const struct fg_asset *find(struct fg_call *call)
{
    const char *path = "/";
    if (call->target.segments_len)
        path = fg_arena_printf(call->arena, "/assets/%s", fg_call_rest(call));
    for (size_t i = 0; i < fg_assets_len; i++)
        if (strcmp(fg_assets[i].path, path) == 0)
            return &fg_assets[i];
    return NULL;
}

void fg_handle_asset(struct fg_call *call)
{
    struct fg_err err = {};
    const struct fg_asset *asset = find(call);
    if (!asset) {
        fg_fail(&err, FG_ENOENT, "nothing is at this path");
        fg_answer_error(call, &err);
        return;
    }
    const char *seen = call->headers.if_none_match;
    bool same = seen && strcmp(seen, asset->etag) == 0;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        same ? 0 : asset->len, (void *)(uintptr_t)asset->bytes, MHD_RESPMEM_PERSISTENT);
    if (!same)
        MHD_add_response_header(response, "Content-Type", asset->type);
    MHD_add_response_header(response, "ETag", asset->etag);
    MHD_add_response_header(response, "Cache-Control", "no-cache");
    MHD_add_response_header(response, "Content-Security-Policy", PAGE_POLICY);
    MHD_add_response_header(response, "X-Frame-Options", "DENY");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    fg_answer_response(call, same ? 304 : 200, response, asset->len);
}
