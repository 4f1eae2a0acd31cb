/* center.c - see center.h
 *
 * Names: x share, u = 1 - sum x (idle part of a class), s = rate . x - t (slack of a class), w idle devices of a kind.
 * With B the inverse of diag(1/x^2) + 1/u^2, a the rates and q = a.B.a, the inverse of a class's whole block is
 * B - (Ba)(Ba)' / (s^2 + q).  What couples the classes is t and the kinds: a dense system of kinds + 1 unknowns. */
#include "allocate/center.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KINDS     FG_CENTER_KINDS_MAX
#define SYSTEM    (KINDS + 1)
#define GAP       1e-7 /* of t, relative, that is left open at the end */
#define CENTERED  0.05 /* square of Newton's decrement at which a point is on the path */
#define STEPS_MAX 50   /* for one tau */
#define TAU_MAX   40   /* growths of tau */

/* One class on the way. */
struct point {
    double x[KINDS], u, s;
    double gradient[KINDS], inverse[KINDS][KINDS], ba[KINDS], q;
    double dx[KINDS], du, ds;
};

struct path {
    const struct fg_center_problem *problem;
    uint32_t kinds;
    struct point *points; /* by class */
    double w[KINDS], t, tau;
    double system[SYSTEM][SYSTEM + 1]; /* the last column is the right side */
};

static int check(const struct fg_center_problem *problem, struct fg_err *err)
{
    if (problem->kinds_len < 1 || problem->kinds_len > KINDS || problem->classes_len < 1)
        return fg_fail(err, FG_EINVAL, "%u kinds, %zu classes, expected 1 to %d, 1 or more",
                       problem->kinds_len, problem->classes_len, KINDS);
    for (uint32_t k = 0; k < problem->kinds_len; k++)
        if (!(problem->capacity[k] > 0 && isfinite(problem->capacity[k])))
            return fg_fail(err, FG_EINVAL, "kind %u: capacity %g, expected above 0", k,
                           problem->capacity[k]);
    for (size_t i = 0; i < problem->classes_len; i++) {
        const struct fg_center_class *class = &problem->classes[i];
        double most = 0;
        for (uint32_t k = 0; k < problem->kinds_len; k++) {
            if (!(class->rate[k] >= 0 && isfinite(class->rate[k])))
                return fg_fail(err, FG_EINVAL, "class %zu: rate %g, expected 0 or more", i,
                               class->rate[k]);
            most = fmax(most, class->rate[k]);
        }
        if (!(class->count > 0 && class->devices > 0 && most > 0) || !isfinite(class->count)
            || !isfinite(class->devices))
            return fg_fail(err, FG_EINVAL,
                           "class %zu: %g jobs of %g devices, fastest %g, expected above 0", i,
                           class->count, class->devices, most);
    }
    return 0;
}

/* Equal shares that leave half of everything free. */
static double begin(struct path *path)
{
    const struct fg_center_problem *problem = path->problem;
    double demand = 0, share = 0.5 / path->kinds, slacks = path->kinds;
    for (size_t i = 0; i < problem->classes_len; i++)
        demand += problem->classes[i].count * problem->classes[i].devices;
    for (uint32_t k = 0; k < path->kinds; k++)
        share = fmin(share, 0.5 * problem->capacity[k] / demand);
    path->t = HUGE_VAL;
    for (size_t i = 0; i < problem->classes_len; i++) {
        struct point *point = &path->points[i];
        point->s = 0;
        for (uint32_t k = 0; k < path->kinds; k++) {
            point->x[k] = share;
            point->s += problem->classes[i].rate[k] * share;
        }
        point->u = 1 - path->kinds * share;
        path->t = fmin(path->t, 0.5 * point->s);
        slacks += (path->kinds + 2) * problem->classes[i].count;
    }
    for (size_t i = 0; i < problem->classes_len; i++)
        path->points[i].s -= path->t;
    for (uint32_t k = 0; k < path->kinds; k++)
        path->w[k] = problem->capacity[k] - demand * share;
    path->tau = slacks / path->t;
    return slacks;
}

/* B a and a.B.a, written so that nothing large cancels: the squares of x and u differ by many orders. */
static void shape(struct point *point, const double *a, uint32_t kinds)
{
    double u2 = point->u * point->u, s2 = point->s * point->s, x2[KINDS], sum = u2, q = 0;
    for (uint32_t j = 0; j < kinds; j++)
        sum += x2[j] = point->x[j] * point->x[j];
    for (uint32_t j = 0; j < kinds; j++) {
        double z = a[j] * u2;
        for (uint32_t k = 0; k < kinds; k++)
            z += x2[k] * (a[j] - a[k]);
        point->ba[j] = x2[j] * z / sum;
        q += u2 * x2[j] * a[j] * a[j];
        for (uint32_t k = 0; k < j; k++)
            q += x2[j] * x2[k] * (a[j] - a[k]) * (a[j] - a[k]);
    }
    point->q = q / sum;
    for (uint32_t j = 0; j < kinds; j++)
        for (uint32_t k = 0; k < kinds; k++) {
            double b = j == k ? x2[j] * (sum - x2[j]) / sum : -x2[j] * x2[k] / sum;
            point->inverse[j][k] = b - point->ba[j] * point->ba[k] / (s2 + point->q);
        }
}

/* Add what a class says to the system in the kinds' multipliers and the step of t. */
static void couple(struct path *path, const struct fg_center_class *class, struct point *point)
{
    uint32_t kinds = path->kinds;
    double scale = point->s * point->s + point->q, ba_gradient = 0;
    double weight = class->count * class->devices;
    for (uint32_t j = 0; j < kinds; j++)
        point->gradient[j] = -1 / point->x[j] + 1 / point->u - class->rate[j] / point->s
                             + class->devices / path->w[j];
    for (uint32_t j = 0; j < kinds; j++) {
        double z = 0;
        for (uint32_t k = 0; k < kinds; k++) {
            z += point->inverse[j][k] * point->gradient[k];
            path->system[j][k] += weight * class->devices * point->inverse[j][k];
        }
        path->system[j][kinds] -= weight * point->ba[j] / scale;
        path->system[kinds][j] += weight * point->ba[j] / scale;
        path->system[j][kinds + 1] -= weight * z;
        ba_gradient += point->ba[j] * point->gradient[j];
    }
    path->system[kinds][kinds] += class->count / scale;
    path->system[kinds][kinds + 1] -= class->count * (ba_gradient / scale + 1 / point->s);
}

/* Gauss with pivots; the answer replaces the right side. */
static bool eliminate(struct path *path)
{
    uint32_t n = path->kinds + 1;
    for (uint32_t c = 0; c < n; c++) {
        uint32_t pivot = c;
        for (uint32_t r = c + 1; r < n; r++)
            if (fabs(path->system[r][c]) > fabs(path->system[pivot][c]))
                pivot = r;
        for (uint32_t k = 0; k <= n; k++) {
            double z = path->system[c][k];
            path->system[c][k] = path->system[pivot][k];
            path->system[pivot][k] = z;
        }
        if (!(fabs(path->system[c][c]) > 0))
            return false;
        for (uint32_t r = 0; r < n; r++) {
            double factor = r == c ? 0 : path->system[r][c] / path->system[c][c];
            for (uint32_t k = c; factor != 0 && k <= n; k++)
                path->system[r][k] -= factor * path->system[c][k];
        }
    }
    for (uint32_t c = 0; c < n; c++)
        path->system[c][n] /= path->system[c][c];
    return true;
}

/* Newton's direction; returns its decrement squared, and how far one may go before a slack is used up. */
static double direct(struct path *path, double *dt, double dw[KINDS], double *out_step)
{
    uint32_t kinds = path->kinds;
    double decrement = 0, most = 0;
    memset(dw, 0, KINDS * sizeof(dw[0]));
    *dt = path->system[kinds][kinds + 1];
    for (size_t i = 0; i < path->problem->classes_len; i++) {
        const struct fg_center_class *class = &path->problem->classes[i];
        struct point *point = &path->points[i];
        point->du = 0;
        point->ds = -*dt;
        for (uint32_t j = 0; j < kinds; j++) {
            double d = point->ba[j] / (point->s * point->s + point->q) * *dt;
            for (uint32_t k = 0; k < kinds; k++)
                d -= point->inverse[j][k]
                     * (point->gradient[k] + class->devices * path->system[k][kinds + 1]);
            point->dx[j] = d;
            point->du -= d;
            point->ds += class->rate[j] * d;
            dw[j] -= class->count * class->devices * d;
            decrement += class->count * d * d / (point->x[j] * point->x[j]);
            most = fmax(most, -d / point->x[j]);
        }
        double ru = point->du / point->u, rs = point->ds / point->s;
        decrement += class->count * (ru * ru + rs * rs);
        most = fmax(most, fmax(-ru, -rs));
    }
    for (uint32_t j = 0; j < kinds; j++) {
        double r = dw[j] / path->w[j];
        decrement += r * r;
        most = fmax(most, -r);
    }
    *out_step = most > 0.9 ? 0.9 / most : 1;
    return decrement;
}

/* One step towards the path's point for this tau; returns the decrement squared before it, NaN: it cannot be done. */
static double step(struct path *path)
{
    double dt, dw[KINDS], length;
    memset(path->system, 0, sizeof(path->system));
    for (size_t i = 0; i < path->problem->classes_len; i++) {
        shape(&path->points[i], path->problem->classes[i].rate, path->kinds);
        couple(path, &path->problem->classes[i], &path->points[i]);
    }
    for (uint32_t k = 0; k < path->kinds; k++)
        path->system[k][k] += path->w[k] * path->w[k];
    path->system[path->kinds][path->kinds + 1] += path->tau;
    if (!eliminate(path))
        return NAN;
    double decrement = direct(path, &dt, dw, &length);
    if (!isfinite(decrement))
        return NAN;
    for (size_t i = 0; i < path->problem->classes_len; i++) {
        struct point *point = &path->points[i];
        for (uint32_t k = 0; k < path->kinds; k++)
            point->x[k] += length * point->dx[k];
        point->u += length * point->du;
        point->s += length * point->ds;
    }
    for (uint32_t k = 0; k < path->kinds; k++)
        path->w[k] += length * dw[k];
    path->t += length * dt;
    return decrement;
}

static bool follow(struct path *path, double slacks)
{
    for (int growth = 0; growth < TAU_MAX; growth++, path->tau *= 20) {
        double decrement = HUGE_VAL;
        for (int i = 0; i < STEPS_MAX && decrement >= CENTERED; i++)
            decrement = step(path);
        if (isnan(decrement))
            return slacks / (path->tau * path->t) < 20 * GAP; /* the last digits are lost */
        if (slacks / (path->tau * path->t) < GAP)
            return true;
    }
    return false;
}

int fg_center_solve(const struct fg_center_problem *problem,
                    double (*shares)[FG_CENTER_KINDS_MAX],
                    double *out_level,
                    struct fg_err *err)
{
    int rc = check(problem, err);
    if (rc < 0)
        return rc;
    struct path path = {.problem = problem, .kinds = problem->kinds_len};
    path.points = calloc(problem->classes_len, sizeof(path.points[0]));
    if (!path.points)
        return fg_fail(err, FG_ENOMEM, "no memory for %zu classes", problem->classes_len);
    if (!follow(&path, begin(&path)))
        rc = fg_fail(err, FG_EBACKEND, "max-min shares of %zu classes: no progress at %g",
                     problem->classes_len, path.t);
    for (size_t i = 0; rc == 0 && i < problem->classes_len; i++) {
        memset(shares[i], 0, sizeof(shares[i]));
        for (uint32_t k = 0; k < path.kinds; k++)
            shares[i][k] = path.points[i].x[k];
    }
    if (rc == 0 && out_level)
        *out_level = path.t;
    free(path.points);
    return rc;
}
