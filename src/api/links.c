/* links.c - the links between sites, as moves of data measured them (transfer/measure.h) */
#include "api/answer.h"
#include "transfer/measure.h"

#include <stdio.h>

static void write_rate(struct fg_json *json, const char *key, int64_t value, bool known)
{
    fg_json_key(json, key);
    if (known)
        fg_json_int(json, value);
    else
        fg_json_null(json);
}

static void write_link(struct fg_json *json,
                       const struct fg_measure *link,
                       const struct fg_measure_estimate *estimate)
{
    fg_json_object(json);
    fg_json_key(json, "sites");
    fg_json_array(json);
    fg_json_string(json, link->a);
    fg_json_string(json, link->b);
    fg_json_end(json);
    fg_json_kv(json, "protocol", fg_protocol_name(link->protocol));
    write_rate(json, "latency_us", estimate->latency_us, estimate->latency_us >= 0);
    write_rate(json, "bytes_per_s", estimate->bytes_per_s, estimate->bytes_per_s > 0);
    write_rate(json, "many_bytes_per_s", estimate->many_bytes_per_s,
               estimate->many_bytes_per_s > 0);
    fg_json_kv_int(json, "measures", estimate->measures);
    fg_json_key(json, "newest");
    fg_json_time(json, estimate->newest_us);
    fg_json_end(json);
}

void fg_handle_link_list(struct fg_call *call)
{
    const struct fg_api *api = call->api;
    struct fg_json *json = &call->json;
    char path[4096];
    struct fg_err err = {};
    FG_AUTO(fg_measure_book) struct fg_measure_book *book = fg_measure_book_new();
    snprintf(path, sizeof(path), "%.4080s/links", api->options.data_dir);
    if (fg_measure_book_load(book, path, &err) < 0) {
        fg_answer_error(call, &err);
        return;
    }
    fg_list_begin(call);
    for (size_t i = 0; i < fg_measure_book_len(book); i++) {
        struct fg_measure link;
        struct fg_measure_estimate estimate;
        if (fg_measure_book_at(book, i, fg_api_now_us(api), &link, &estimate))
            write_link(json, &link, &estimate);
    }
    fg_list_end(call, 0);
}
