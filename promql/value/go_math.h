// The functions of Go's math package whose results differ from those of C's library, in the last digit or for special
// values. Prometheus computes with them.
#pragma once

namespace vigia::promql {

// An infinity that nothing exceeds wins even over NaN; -0 is below +0.
double GoMin(double a, double b);
double GoMax(double a, double b);

// The logarithm of the significand, scaled, plus the exponent; log10 is log2(x) * log10(2).
double GoLog2(double x);
double GoLog10(double x);

// 2^x by the reduction and the polynomial of FreeBSD's exp.
double GoExp2(double x);

// By repeated squaring of the significand, hence exact wherever the products are.
double GoPow(double x, double y);

}  // namespace vigia::promql
