/* url.c - any text: what is a URL is written and read back to the same. */
#include "model/url.h"
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = malloc(len + 1);
    if (!text)
        return 0;
    memcpy(text, bytes, len);
    text[len] = '\0';
    struct fg_url url = {}, again = {};
    struct fg_err err = {};
    if (fg_url_parse(text, &url, &err) == 0) {
        FG_AUTO(fg_buf) struct fg_buf out = {};
        fg_url_write(&out, &url);
        /* An escaped path is longer than it was. */
        if (out.len < FG_URL_PATH_MAX) {
            CHECK(fg_url_parse(out.text, &again, &err) == 0);
            FG_AUTO(fg_buf) struct fg_buf twice = {};
            fg_url_write(&twice, &again);
            CHECK(strcmp(out.text, twice.text) == 0);
        }
    } else {
        CHECK(err.text[0] != '\0');
    }
    free(text);
    return 0;
}
