/* assets.h - the page's files, embedded at build time from web/ (see web/targets.cmake). */
#pragma once

#include <stddef.h>

struct fg_asset {
    const char *path; /* "/" or "/assets/app.js" */
    const char *type; /* "text/html; charset=utf-8" */
    const char *etag; /* quoted hash */
    const unsigned char *bytes;
    size_t len;
};

extern const struct fg_asset fg_assets[];
extern const size_t fg_assets_len;
