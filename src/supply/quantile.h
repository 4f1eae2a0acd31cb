/* quantile.h - quantiles of the distributions that beliefs about suppliers have.
 *
 * By halving over the distribution function, which is the series of the incomplete gamma and the continued fraction of the
 * incomplete beta function (Abramowitz & Stegun 6.5.29, 26.5.8, the fraction by Lentz's method): slow, plain, and exact to
 * about 1e-9; a gamma distribution of shape above 10,000 by Wilson and Hilferty, to about 1e-6.  `share` is within (0, 1).
 */
#pragma once

/* Of Gamma(shape, rate 1); shape above 0. */
double fg_gamma_quantile(double shape, double share);
/* Of Beta(a, b); both above 0. */
double fg_beta_quantile(double a, double b, double share);
/* Of the standard normal. */
double fg_normal_quantile(double share);

/* The distribution functions. */
double fg_gamma_below(double shape, double x);
double fg_beta_below(double a, double b, double x);
