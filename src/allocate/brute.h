/* brute.h - for tests: the optimum of a small linear program by looking at every vertex
 *
 *     max c v   with   a v <= b,  v >= 0:   each choice of as many tight planes as there are columns
 */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define COLS 9
#define ROWS 32

static uint64_t seed = 1;

static double draw(int from, int to)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return from + (double)((seed >> 33) % (uint64_t)(to - from + 1));
}

[[maybe_unused]] static bool near(double a, double b, double tolerance)
{
    bool is = fabs(a - b) <= tolerance * (1 + fabs(b));
    if (!is)
        printf("# %.9g is not %.9g\n", a, b);
    return is;
}

struct dense {
    size_t cols, rows;
    double c[COLS], a[ROWS][COLS], b[ROWS];
};

[[maybe_unused]] static void add_row(struct dense *dense, const double *a, double b)
{
    memcpy(dense->a[dense->rows], a, sizeof(dense->a[0]));
    dense->b[dense->rows++] = b;
}

/* Gauss with pivoting on the chosen rows; false: they do not meet in a point. */
static bool meet(const struct dense *dense, const size_t *chosen, double *v)
{
    size_t n = dense->cols;
    double m[COLS][COLS + 1];
    for (size_t i = 0; i < n; i++) {
        memcpy(m[i], dense->a[chosen[i]], sizeof(dense->a[0]));
        m[i][n] = dense->b[chosen[i]];
    }
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++)
            best = fabs(m[i][k]) > fabs(m[best][k]) ? i : best;
        if (fabs(m[best][k]) < 1e-9)
            return false;
        for (size_t j = 0; j <= n; j++) {
            double swap = m[k][j];
            m[k][j] = m[best][j];
            m[best][j] = swap;
        }
        for (size_t i = 0; i < n; i++) {
            double by = i == k ? 0 : m[i][k] / m[k][k];
            for (size_t j = k; by != 0 && j <= n; j++)
                m[i][j] -= by * m[k][j];
        }
    }
    for (size_t k = 0; k < n; k++)
        v[k] = m[k][n] / m[k][k];
    return true;
}

static double value(const struct dense *dense, const double *v)
{
    for (size_t i = 0; i < dense->rows; i++) {
        double sum = 0;
        for (size_t j = 0; j < dense->cols; j++)
            sum += dense->a[i][j] * v[j];
        if (sum > dense->b[i] + 1e-7 * (1 + fabs(dense->b[i])))
            return -HUGE_VAL;
    }
    double sum = 0;
    for (size_t j = 0; j < dense->cols; j++)
        sum += dense->c[j] * v[j];
    return sum;
}

static double brute(struct dense *dense)
{
    for (size_t j = 0; j < dense->cols; j++) {
        double a[COLS] = {};
        a[j] = -1;
        add_row(dense, a, 0);
    }
    size_t chosen[COLS], n = dense->cols;
    double best = -HUGE_VAL, v[COLS] = {};
    for (size_t k = 0; k < n; k++)
        chosen[k] = k;
    while (true) {
        if (meet(dense, chosen, v))
            best = fmax(best, value(dense, v));
        size_t k = n;
        while (k && chosen[k - 1] == dense->rows - n + k - 1)
            k--;
        if (!k)
            return best;
        chosen[k - 1]++;
        for (; k < n; k++)
            chosen[k] = chosen[k - 1] + 1;
    }
}
