/* grid_test.c - hours from profiles, and from a server of this test that answers, talks nonsense, and is slow to be told to stop. */
#include "daemon/grid.h"

#include "base/text.h"
#include "test/tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOUR   3'600'000'000LL
#define NOW_US 1'763'942'400'000'000LL /* 2025-11-24T00:00:00Z, a Monday */

struct server {
    int fd, port;
    pthread_t thread;
    const char *_Atomic body;
    char request[4096]; /* the last one */
};

static void *serve(void *self)
{
    struct server *server = self;
    for (int client; (client = accept(server->fd, NULL, NULL)) >= 0; close(client)) {
        ssize_t len = read(client, server->request, sizeof(server->request) - 1);
        server->request[len > 0 ? len : 0] = '\0';
        const char *body = server->body;
        dprintf(client, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                strlen(body), body);
        shutdown(client, SHUT_WR);
        while (read(client, (char[256]){}, 256) > 0)
            continue;
    }
    return NULL;
}

static void server_open(struct server *server, const char *body)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    *server = (struct server){.fd = socket(AF_INET, SOCK_STREAM, 0), .body = body};
    if (bind(server->fd, (struct sockaddr *)&address, len) != 0 || listen(server->fd, 8) != 0
        || getsockname(server->fd, (struct sockaddr *)&address, &len) != 0
        || pthread_create(&server->thread, NULL, serve, server) != 0)
        abort();
    server->port = ntohs(address.sin_port);
}

static void server_close(struct server *server)
{
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
}

static struct fg_hourly price, carbon;

/* The first answer of the source; at most ten seconds for it to come. */
static bool wait_for_carbon(struct fg_grid *grid, int64_t now_us)
{
    for (int i = 0; i < 1000; i++) {
        if (fg_grid_look(grid, now_us, &price, &carbon) && carbon.len > 0)
            return true;
        usleep(10'000);
    }
    return false;
}

static void profiles_follow_the_week(void)
{
    struct fg_config numbers;
    struct fg_grid_config config = {.price_hours.len = 168, .carbon_hours.len = 24};
    fg_config_defaults(&numbers);
    for (int i = 0; i < 168; i++)
        config.price_hours.values[i] = i;
    for (int i = 0; i < 24; i++)
        config.carbon_hours.values[i] = 100 + i;
    OK(fg_grid_start(&(struct fg_grid_config){}, &numbers) == NULL);
    OK(!fg_grid_look(NULL, NOW_US, &price, &carbon));
    struct fg_grid *grid = fg_grid_start(&config, &numbers);
    OK(fg_grid_look(grid, NOW_US + HOUR / 2, &price, &carbon));
    EQ(price.len, 192);
    EQ(price.start_us, NOW_US);
    EQ(price.values[0], 0);
    EQ(price.values[167], 167);
    EQ(price.values[168], 0);
    EQ(carbon.values[25], 101);
    OK(!fg_grid_look(grid, NOW_US + HOUR / 2 + 1, &price, &carbon));
    OK(fg_grid_look(grid, NOW_US + HOUR, &price, &carbon));
    EQ(price.values[0], 1);
    fg_grid_stop(grid);
}

static void a_source_goes_before_the_profile(void)
{
    struct server server;
    server_open(&server, "{\"data\":[{\"from\":\"2025-11-24T00:00Z\",\"v\":250},"
                         "{\"from\":\"2025-11-24T01:00Z\",\"v\":240}]}");
    char token[] = "/tmp/fastgpu-grid-XXXXXX";
    int fd = mkstemp(token);
    dprintf(fd, "secret-7\n");
    close(fd);
    struct fg_config numbers;
    fg_config_defaults(&numbers);
    struct fg_grid_config config = {.carbon_hours.len = 24};
    for (int i = 0; i < 24; i++)
        config.carbon_hours.values[i] = 500;
    struct fg_grid_source *source = &config.carbon;
    snprintf(source->url, sizeof(source->url), "http://127.0.0.1:%d/from/{now}", server.port);
    fg_copy(source->values, sizeof(source->values), "data[].v");
    fg_copy(source->times, sizeof(source->times), "data[].from");
    fg_copy(source->token_file, sizeof(source->token_file), token);
    fg_copy(source->token_header, sizeof(source->token_header), "auth-token");
    source->scale_micro = 1'000'000;
    struct fg_grid *grid = fg_grid_start(&config, &numbers);
    carbon = (struct fg_hourly){};
    for (int i = 0; i < 1000 && (carbon.len == 0 || carbon.values[0] == 500); i++) {
        usleep(10'000);
        (void)fg_grid_look(grid, NOW_US, &price, &carbon);
    }
    EQ(carbon.values[0], 250);
    EQ(carbon.values[1], 240);
    EQ(carbon.values[2], 500);
    EQ(price.len, 0);
    /* It is silent for long: the profile again. */
    OK(fg_grid_look(grid, NOW_US + 9 * HOUR, &price, &carbon));
    EQ(carbon.values[0], 500);
    fg_grid_stop(grid);
    server_close(&server); /* its thread wrote the request */
    OK(strstr(server.request, "\r\nauth-token: secret-7\r\n") != NULL);
    OK(strncmp(server.request, "GET /from/20", 12) == 0);
    unlink(token);
}

static void nonsense_is_nothing(void)
{
    struct server server;
    server_open(&server, "{\"data\": \"soon\"");
    struct fg_config numbers;
    fg_config_defaults(&numbers);
    struct fg_grid_config config = {};
    snprintf(config.carbon.url, sizeof(config.carbon.url), "http://127.0.0.1:%d/", server.port);
    fg_copy(config.carbon.values, sizeof(config.carbon.values), "v");
    config.carbon.scale_micro = 1'000'000;
    struct fg_grid *grid = fg_grid_start(&config, &numbers);
    OK(fg_grid_look(grid, NOW_US, &price, &carbon));
    EQ(carbon.len, 0);
    fg_grid_stop(grid);
    server.body = "{\"v\": 77}";
    grid = fg_grid_start(&config, &numbers);
    OK(wait_for_carbon(grid, NOW_US));
    EQ(carbon.values[0], 77);
    fg_grid_stop(grid);
    server_close(&server);
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    RUN(profiles_follow_the_week);
    RUN(a_source_goes_before_the_profile);
    RUN(nonsense_is_nothing);
    return tap_done();
}
