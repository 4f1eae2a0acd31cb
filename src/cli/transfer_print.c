/* transfer_print.c - see transfer_print.h */
#include "cli/transfer_print.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "cli/human.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

static const struct fg_column columns[] = {
    {"", false, 0},           {"FROM", false, 20},  {"BY", false, 0},       {"PATH", false, 12},
    {"ZSTD", true, 0},        {"STREAMS", true, 0}, {"LATENCY", true, 0},   {"RATE", true, 0},
    {"ON THE WIRE", true, 0}, {"TIME", true, 0},    {"MEASURED", false, 0}, {},
};

static void path_text(const struct fg_way *route, struct fg_buf *out)
{
    for (size_t i = 0; i < route->sites_len; i++)
        fg_buf_printf(out, "%s%s", i ? " > " : "", route->sites[i]);
}

static void rate_text(int64_t bytes_per_s, char out[FG_HUMAN_MAX])
{
    char bytes[FG_HUMAN_MAX];
    fg_human_bytes((uint64_t)bytes_per_s, bytes);
    snprintf(out, FG_HUMAN_MAX, "%.20s/s", bytes_per_s == INT64_MAX ? "-" : bytes);
}

static void add_choice(struct fg_table *table,
                       const struct fg_move *move,
                       const struct fg_move_choice *choice,
                       const struct fg_move_plan *plan)
{
    const struct fg_way *route = &choice->route;
    char from[FG_URL_MAX], latency[FG_HUMAN_MAX], rate[FG_HUMAN_MAX], wire[FG_HUMAN_MAX],
        time[FG_TIME_TEXT_MAX];
    FG_AUTO(fg_buf) struct fg_buf path = {};
    fg_url_show(&move->from[choice->source], from);
    path_text(route, &path);
    fg_duration_format(route->latency_us, latency);
    rate_text(route->bytes_per_s, rate);
    fg_human_bytes((uint64_t)route->wire_bytes, wire);
    fg_duration_format(route->time_us, time);
    fg_table_add(table, FG_GOOD, choice == &plan->choices[0] ? "*" : " ");
    fg_table_add(table, FG_PLAIN, from);
    fg_table_add(table, FG_PLAIN, fg_protocol_name(route->protocol));
    fg_table_add(table, FG_PLAIN, path.text);
    if (route->zstd_level > 0)
        fg_table_addf(table, "%d", route->zstd_level);
    else
        fg_table_add(table, FG_DIM, "off");
    fg_table_addf(table, "%u", route->streams);
    fg_table_add(table, FG_PLAIN, latency);
    fg_table_add(table, FG_PLAIN, rate);
    fg_table_add(table, FG_PLAIN, plan->bytes < 0 ? NULL : wire);
    fg_table_add(table, FG_PLAIN, plan->bytes < 0 ? NULL : time);
    fg_table_add(table, FG_PLAIN, route->is_measured ? "yes" : "assumed");
}

static void json_choice(struct fg_json *json,
                        const struct fg_move *move,
                        const struct fg_move_choice *choice)
{
    const struct fg_way *route = &choice->route;
    char from[FG_URL_MAX];
    fg_url_show(&move->from[choice->source], from);
    fg_json_object(json);
    fg_json_kv(json, "from", from);
    fg_json_kv(json, "protocol", fg_protocol_name(route->protocol));
    fg_json_key(json, "path");
    fg_json_array(json);
    for (size_t i = 0; i < route->sites_len; i++)
        fg_json_string(json, route->sites[i]);
    fg_json_end(json);
    fg_json_kv_int(json, "zstd_level", route->zstd_level);
    fg_json_kv_int(json, "streams", route->streams);
    fg_json_kv_int(json, "latency_us", route->latency_us);
    fg_json_kv_int(json, "bytes_per_s", route->bytes_per_s);
    fg_json_kv_int(json, "wire_bytes", route->wire_bytes);
    fg_json_kv_int(json, "time_us", route->time_us);
    fg_json_kv_bool(json, "measured", route->is_measured);
    fg_json_end(json);
}

static void json_plan(const struct fg_move *move, const struct fg_move_plan *plan)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_json json = {.buf = &text};
    fg_json_object(&json);
    fg_json_key(&json, "bytes");
    if (plan->bytes < 0)
        fg_json_null(&json);
    else
        fg_json_int(&json, plan->bytes);
    fg_json_key(&json, "packing");
    fg_json_array(&json);
    for (size_t i = 0; i < plan->levels_len; i++) {
        fg_json_object(&json);
        fg_json_kv_int(&json, "zstd_level", plan->levels[i].level);
        fg_json_kv_int(&json, "size_milli", plan->levels[i].size_milli);
        fg_json_kv_int(&json, "pack_bytes_per_s", plan->levels[i].pack_per_s);
        fg_json_kv_int(&json, "unpack_bytes_per_s", plan->levels[i].unpack_per_s);
        fg_json_end(&json);
    }
    fg_json_end(&json);
    fg_json_key(&json, "choices");
    fg_json_array(&json);
    for (size_t i = 0; i < plan->len; i++)
        json_choice(&json, move, &plan->choices[i]);
    fg_json_end(&json);
    fg_json_end(&json);
    puts(text.text);
}

void fg_transfer_print_plan(const struct fg_cli *cli,
                            const struct fg_move *move,
                            const struct fg_move_plan *plan)
{
    if (fg_args_has(&cli->args, "json")) {
        json_plan(move, plan);
        return;
    }
    FG_AUTO(fg_table) struct fg_table *table = fg_table_new(columns);
    for (size_t i = 0; i < plan->len; i++)
        add_choice(table, move, &plan->choices[i], plan);
    fg_table_print(table, &cli->out, stdout);
    for (size_t i = 0; i < plan->levels_len; i++) {
        const struct fg_pack_level *level = &plan->levels[i];
        char pack[FG_HUMAN_MAX], unpack[FG_HUMAN_MAX];
        rate_text(level->pack_per_s, pack);
        rate_text(level->unpack_per_s, unpack);
        printf("zstd %d: %u.%u %% of its size, packed at %s, unpacked at %s (a sample)\n",
               level->level, level->size_milli / 10, level->size_milli % 10, pack, unpack);
    }
}

static void json_result(const struct fg_move *move, const struct fg_move_result *result)
{
    FG_AUTO(fg_buf) struct fg_buf text = {};
    struct fg_json json = {.buf = &text};
    char from[FG_URL_MAX], to[FG_URL_MAX];
    fg_url_show(&move->from[result->source], from);
    fg_url_show(&move->to, to);
    fg_json_object(&json);
    fg_json_kv(&json, "from", from);
    fg_json_kv(&json, "to", to);
    fg_json_kv_int(&json, "bytes", result->bytes);
    fg_json_kv_int(&json, "wire_bytes", result->wire_bytes);
    fg_json_kv_int(&json, "resumed_bytes", result->resumed_bytes);
    fg_json_kv_int(&json, "time_us", result->time_us);
    fg_json_kv(&json, "hash", result->hash);
    fg_json_kv_int(&json, "retried", result->retried);
    fg_json_kv_bool(&json, "was_there", result->was_there);
    fg_json_end(&json);
    puts(text.text);
}

void fg_transfer_print_result(const struct fg_cli *cli,
                              const struct fg_move *move,
                              const struct fg_move_result *result)
{
    char bytes[FG_HUMAN_MAX], time[FG_TIME_TEXT_MAX], rate[FG_HUMAN_MAX], resumed[FG_HUMAN_MAX];
    if (fg_args_has(&cli->args, "json")) {
        json_result(move, result);
        return;
    }
    fg_human_bytes((uint64_t)result->bytes, bytes);
    if (result->was_there) {
        printf("%s, there already\n%s\n", bytes, result->hash);
        return;
    }
    fg_duration_format(result->time_us, time);
    int64_t moved = result->bytes - result->resumed_bytes;
    rate_text((int64_t)((double)(moved > 0 ? moved : 0) * 1e6
                        / (double)(result->time_us > 0 ? result->time_us : 1)),
              rate);
    printf("%s in %s, %s", bytes, time, rate);
    if (result->resumed_bytes > 0) {
        fg_human_bytes((uint64_t)result->resumed_bytes, resumed);
        printf(", %s were there", resumed);
    }
    if (result->retried > 0)
        printf(", tried again %u times", result->retried);
    printf("%s%s\n", result->hash[0] ? "\n" : "", result->hash);
}

void fg_transfer_text(const struct fg_move_progress *progress, int64_t took_us, char out[128])
{
    char done[FG_HUMAN_MAX], total[FG_HUMAN_MAX] = "?", rate[FG_HUMAN_MAX];
    fg_human_bytes((uint64_t)(progress->done_bytes > 0 ? progress->done_bytes : 0), done);
    if (progress->total_bytes >= 0)
        fg_human_bytes((uint64_t)progress->total_bytes, total);
    double moved = (double)(progress->done_bytes - progress->resumed_bytes);
    rate_text(took_us > 0 && moved > 0 ? (int64_t)(moved * 1e6 / (double)took_us) : 0, rate);
    snprintf(out, 128, "%s of %s, %s", done, total, rate);
}
