/* allreduce.c - what the ranks of a gang do between two steps: each brings a vector, all leave with the mean.
 *
 *     rank 1..n-1 --vector--> rank 0 (MASTER_ADDR:MASTER_PORT) --mean--> rank 1..n-1
 *
 * Stands for NCCL or gloo, which find each other by the same variables.  Every rank fits the same line
 * to points of its own; only together do they see enough to find it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RANKS_MAX 64
#define STEPS     40

static int env_int(const char *name)
{
    const char *value = getenv(name);
    if (!value) {
        fprintf(stderr, "%s is not set: this is one rank of a gang\n", name);
        exit(2);
    }
    return atoi(value);
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void move(int fd, double *values, size_t size, ssize_t (*io)(int, void *, size_t))
{
    for (size_t done = 0; done < size;) {
        ssize_t n = io(fd, (char *)values + done, size - done);
        if (n <= 0)
            die("a peer went away");
        done += (size_t)n;
    }
}

static ssize_t write_bytes(int fd, void *bytes, size_t size)
{
    return send(fd, bytes, size, MSG_NOSIGNAL);
}

/* Rank 0: one connection per peer. */
static void meet_peers(int *peers, int ranks, int port)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(listener, (struct sockaddr *)&here, sizeof(here)) || listen(listener, RANKS_MAX))
        die("MASTER_PORT");
    for (int i = 1; i < ranks; i++)
        if ((peers[i] = accept(listener, NULL, NULL)) < 0)
            die("accept");
    close(listener);
}

/* The others: rank 0 may not listen yet. */
static int meet_master(const char *host, const char *port)
{
    struct addrinfo want = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(host, port, &want, &found))
        die(host);
    for (int tries = 0; tries < 300; tries++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, found->ai_addr, found->ai_addrlen) == 0) {
            freeaddrinfo(found);
            return fd;
        }
        close(fd);
        usleep(100 * 1000);
    }
    die("no rank 0 in 30 s");
    return -1;
}

static void all_mean(
    double *values, size_t len, const int *peers, int rank, int ranks, int master)
{
    size_t size = len * sizeof(double);
    double theirs[8];
    if (rank > 0) {
        move(master, values, size, write_bytes);
        move(master, values, size, read);
        return;
    }
    for (int i = 1; i < ranks; i++) {
        move(peers[i], theirs, size, read);
        for (size_t k = 0; k < len; k++)
            values[k] += theirs[k];
    }
    for (size_t k = 0; k < len; k++)
        values[k] /= ranks;
    for (int i = 1; i < ranks; i++)
        move(peers[i], values, size, write_bytes);
}

int main(void)
{
    int rank = env_int("RANK"), ranks = env_int("WORLD_SIZE"), port = env_int("MASTER_PORT");
    int peers[RANKS_MAX] = {0}, master = -1;
    double slope = 0, offset = 0, error = 0;

    if (ranks < 1 || ranks > RANKS_MAX || rank < 0 || rank >= ranks) {
        fprintf(stderr, "rank %d of %d: 1 to %d ranks\n", rank, ranks, RANKS_MAX);
        return 2;
    }
    if (rank == 0)
        meet_peers(peers, ranks, port);
    else
        master = meet_master(getenv("MASTER_ADDR"), getenv("MASTER_PORT"));
    printf("rank %d of %d: all are here\n", rank, ranks);

    /* The line is y = 3 x - 2; this rank has the points of one interval only. */
    for (int step = 1; step <= STEPS; step++) {
        double grad[3] = {0};
        for (int i = 0; i < 100; i++) {
            double x = (rank + i / 100.0) / ranks * 2 - 1,
                   miss = slope * x + offset - (3 * x - 2);
            grad[0] += 2 * miss * x / 100;
            grad[1] += 2 * miss / 100;
            grad[2] += miss * miss / 100;
        }
        all_mean(grad, 3, peers, rank, ranks, master);
        slope -= 0.4 * grad[0];
        offset -= 0.4 * grad[1];
        error = grad[2];
        if (rank == 0)
            printf("epoch %d/%d loss %.4f\n", step, STEPS, error);
    }
    printf("rank %d: y = %.2f x %+.2f, loss %.6f\n", rank, slope, offset, error);
    return error < 1e-3 ? 0 : 1;
}
