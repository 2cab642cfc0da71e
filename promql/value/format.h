// Floats as text: shortest digits that read back as the same value.
#pragma once

#include <string>

namespace vigia::promql {

// Go's strconv.FormatFloat(v, 'f', -1, 64): never an exponent. NaN, +Inf, -Inf. Label values of count_values.
std::string FormatPlain(double v);
void AppendPlain(std::string& out, double v);

// The values of the HTTP API (surface.md 1.2): as above, but with an exponent below 1e-6 and from 1e21 on.
void AppendApiValue(std::string& out, double v);

// Go's %g: an exponent below 1e-4 and from 1e6 on. The numbers of annotations.
std::string FormatGeneral(double v);
// Go's %.{digits}g.
std::string FormatGeneral(double v, int digits);

// FormatGeneral, with ".0" where it would look like an integer: label values of histogram_quantiles.
std::string FormatOpenMetrics(double v);

}  // namespace vigia::promql
