/* train.c - a real, small training run: a network learns to tell five interleaved spirals apart.
 *
 * 2 inputs -> 96 tanh -> 96 tanh -> 5 classes, softmax, mini-batch SGD with momentum, on one CPU core and
 * without any library.  It does what a training job on a GPU does around its arithmetic:
 *
 *   prints     "epoch 3/100 loss 0.9123 accuracy 0.55"
 *   writes     loss.csv and model.bin at the end
 *   checkpoint after every few epochs into $FASTGPU_CHECKPOINT_DIR, and goes on from it if there is one
 *   SIGTERM    writes a checkpoint and ends with 143, so that the next attempt loses nothing
 *
 * Usage: train [epochs]
 */
#define _GNU_SOURCE
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLASSES   5
#define POINTS    5000 /* of the training set; every fifth is held out */
#define HIDDEN    96
#define BATCH     16
#define MOMENTUM  0.9
#define RATE      0.01
#define SAVE_EACH 5
#define MAGIC     0x66677472u /* "fgtr" */

/* All weights in one block, so that a checkpoint is one write. */
struct network {
    double w1[HIDDEN][2], b1[HIDDEN];
    double w2[HIDDEN][HIDDEN], b2[HIDDEN];
    double w3[CLASSES][HIDDEN], b3[CLASSES];
};
#define WEIGHTS (sizeof(struct network) / sizeof(double))

struct point {
    double x[2];
    int class;
};

struct checkpoint {
    uint32_t magic, epoch;
    uint64_t random;
    struct network net, velocity;
};

struct activations {
    double h1[HIDDEN], h2[HIDDEN], p[CLASSES];
};

static volatile sig_atomic_t stop_asked;

static void on_term(int signal)
{
    (void)signal;
    stop_asked = 1;
}

/* xorshift64*: the same run gives the same curve on every machine. */
static double uniform(uint64_t *random)
{
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return (double)((*random * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

static double normal(uint64_t *random)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += uniform(random);
    return sum - 6;
}

static void make_points(struct point *points, uint64_t *random)
{
    for (int i = 0; i < POINTS; i++) {
        double along = uniform(random), turn = 1.5 * 2 * M_PI * along;
        int class = (int)(uniform(random) * CLASSES);
        double angle = turn + 2 * M_PI * class / CLASSES + 0.12 * normal(random);
        points[i] = (struct point){{along * cos(angle), along * sin(angle)}, class};
    }
}

static void make_network(struct network *net, uint64_t *random)
{
    memset(net, 0, sizeof(*net));
    for (int i = 0; i < HIDDEN; i++) {
        for (int j = 0; j < 2; j++)
            net->w1[i][j] = 2.0 * normal(random);
        for (int j = 0; j < HIDDEN; j++)
            net->w2[i][j] = normal(random) / sqrt(HIDDEN);
    }
    for (int i = 0; i < CLASSES; i++)
        for (int j = 0; j < HIDDEN; j++)
            net->w3[i][j] = normal(random) / sqrt(HIDDEN);
}

static void forward(const struct network *net, const double *x, struct activations *out)
{
    double logit[CLASSES], greatest = -INFINITY, sum = 0;
    for (int i = 0; i < HIDDEN; i++)
        out->h1[i] = tanh(net->w1[i][0] * x[0] + net->w1[i][1] * x[1] + net->b1[i]);
    for (int i = 0; i < HIDDEN; i++) {
        double in = net->b2[i];
        for (int j = 0; j < HIDDEN; j++)
            in += net->w2[i][j] * out->h1[j];
        out->h2[i] = tanh(in);
    }
    for (int i = 0; i < CLASSES; i++) {
        logit[i] = net->b3[i];
        for (int j = 0; j < HIDDEN; j++)
            logit[i] += net->w3[i][j] * out->h2[j];
        greatest = fmax(greatest, logit[i]);
    }
    for (int i = 0; i < CLASSES; i++)
        sum += out->p[i] = exp(logit[i] - greatest);
    for (int i = 0; i < CLASSES; i++)
        out->p[i] /= sum;
}

/* Adds the gradient of one point to `grad`; returns its loss. */
static double backward(const struct network *net,
                       const struct point *point,
                       struct network *grad)
{
    struct activations a;
    double d2[HIDDEN] = {0}, d1[HIDDEN] = {0};
    forward(net, point->x, &a);
    for (int i = 0; i < CLASSES; i++) {
        double d3 = a.p[i] - (i == point->class);
        grad->b3[i] += d3;
        for (int j = 0; j < HIDDEN; j++) {
            grad->w3[i][j] += d3 * a.h2[j];
            d2[j] += d3 * net->w3[i][j];
        }
    }
    for (int i = 0; i < HIDDEN; i++) {
        d2[i] *= 1 - a.h2[i] * a.h2[i];
        grad->b2[i] += d2[i];
        for (int j = 0; j < HIDDEN; j++) {
            grad->w2[i][j] += d2[i] * a.h1[j];
            d1[j] += d2[i] * net->w2[i][j];
        }
    }
    for (int i = 0; i < HIDDEN; i++) {
        d1[i] *= 1 - a.h1[i] * a.h1[i];
        grad->b1[i] += d1[i];
        grad->w1[i][0] += d1[i] * point->x[0];
        grad->w1[i][1] += d1[i] * point->x[1];
    }
    return -log(fmax(a.p[point->class], 1e-12));
}

/* One pass over the training points in random order; returns the mean loss. */
static double train_epoch(struct checkpoint *state, const struct point *points, double rate)
{
    static int order[POINTS];
    int count = 0;
    double loss = 0;
    for (int i = 0; i < POINTS; i++)
        if (i % 5)
            order[count++] = i;
    for (int i = count - 1; i > 0; i--) {
        int j = (int)(uniform(&state->random) * (i + 1)), keep = order[i];
        order[i] = order[j];
        order[j] = keep;
    }
    for (int first = 0; first < count; first += BATCH) {
        struct network grad = {0};
        int len = count - first < BATCH ? count - first : BATCH;
        for (int i = 0; i < len; i++)
            loss += backward(&state->net, &points[order[first + i]], &grad);
        double *w = (double *)&state->net, *v = (double *)&state->velocity,
               *g = (double *)&grad;
        for (size_t i = 0; i < WEIGHTS; i++) {
            v[i] = MOMENTUM * v[i] - rate * g[i] / len;
            w[i] += v[i];
        }
    }
    return loss / count;
}

static double accuracy(const struct network *net, const struct point *points)
{
    int right = 0, count = 0;
    for (int i = 0; i < POINTS; i += 5, count++) {
        struct activations a;
        int best = 0;
        forward(net, points[i].x, &a);
        for (int c = 1; c < CLASSES; c++)
            best = a.p[c] > a.p[best] ? c : best;
        right += best == points[i].class;
    }
    return (double)right / count;
}

/* Whole or not at all: a kill in the middle leaves the file that was there before. */
static int write_whole(const char *path, const void *bytes, size_t size)
{
    char aside[4096];
    snprintf(aside, sizeof(aside), "%s.new", path);
    FILE *file = fopen(aside, "w");
    if (!file || fwrite(bytes, 1, size, file) != size || fflush(file) || fsync(fileno(file))) {
        perror(aside);
        exit(1);
    }
    fclose(file);
    return rename(aside, path);
}

static int read_checkpoint(const char *path, struct checkpoint *state)
{
    struct checkpoint found;
    FILE *file = path[0] ? fopen(path, "r") : NULL;
    if (!file)
        return 0;
    size_t got = fread(&found, 1, sizeof(found), file);
    fclose(file);
    if (got != sizeof(found) || found.magic != MAGIC)
        return 0;
    *state = found;
    return 1;
}

/* The curve is written as it grows; after a restart it goes on below what is there. */
static FILE *open_curve(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s%sloss.csv", folder, folder[0] ? "/" : "");
    FILE *curve = fopen(path, "a");
    if (curve && ftell(curve) == 0)
        fprintf(curve, "epoch,loss,accuracy\n");
    return curve;
}

static int copy_curve(const char *folder)
{
    char path[4096], line[256];
    snprintf(path, sizeof(path), "%s/loss.csv", folder);
    FILE *from = fopen(path, "r"), *to = fopen("loss.csv", "w");
    if (!from || !to)
        return -1;
    while (fgets(line, sizeof(line), from))
        fputs(line, to);
    fclose(from);
    return fclose(to);
}

int main(int argc, char **argv)
{
    static struct point points[POINTS];
    static struct checkpoint state = {.magic = MAGIC, .random = 20231, .epoch = 0};
    int epochs = argc > 1 ? atoi(argv[1]) : 100;
    const char *folder = getenv("FASTGPU_CHECKPOINT_DIR");
    char saved[4096] = "";
    double loss = 0, right = 0;

    folder = folder ? folder : "";
    if (folder[0])
        snprintf(saved, sizeof(saved), "%s/checkpoint.bin", folder);
    signal(SIGTERM, on_term);
    setvbuf(stdout, NULL, _IOLBF, 0);
    make_points(points, &state.random);
    make_network(&state.net, &state.random);
    if (read_checkpoint(saved, &state))
        printf("going on from the checkpoint after epoch %u\n", state.epoch);
    else
        printf("training %zu weights on %d points, on one CPU core\n", WEIGHTS, POINTS * 4 / 5);

    FILE *curve = open_curve(folder);
    while ((int)state.epoch < epochs && !stop_asked) {
        loss = train_epoch(&state, points, RATE * (1 - 0.9 * state.epoch / epochs));
        right = accuracy(&state.net, points);
        state.epoch++;
        printf("epoch %u/%d loss %.4f accuracy %.2f\n", state.epoch, epochs, loss, right);
        if (curve
            && (fprintf(curve, "%u,%.4f,%.4f\n", state.epoch, loss, right) < 0
                || fflush(curve)))
            perror("loss.csv");
        if (saved[0] && state.epoch % SAVE_EACH == 0)
            write_whole(saved, &state, sizeof(state));
    }
    if (curve)
        fclose(curve);
    if (stop_asked) {
        if (saved[0])
            write_whole(saved, &state, sizeof(state));
        printf("asked to stop: checkpoint after epoch %u\n", state.epoch);
        return 143;
    }
    if (folder[0] && copy_curve(folder) != 0)
        perror("loss.csv");
    write_whole("model.bin", &state.net, sizeof(state.net));
    printf("done: accuracy %.2f on points it never saw; model.bin and loss.csv are kept\n",
           right);
    return 0;
}
