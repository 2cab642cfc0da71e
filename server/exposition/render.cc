#include "server/exposition/render.h"

#include <cassert>
#include <cmath>
#include <string_view>

#include "server/exposition/number.h"

namespace vigia::server {
namespace {

using storage::CollectedFamily;
using storage::CollectedPoint;
using storage::InstrumentType;

constexpr std::string_view kTotal = "_total";

void AppendEscaped(std::string_view text, bool quotes, std::string& out) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string_view TypeWord(InstrumentType type) {
  switch (type) {
    case InstrumentType::kCounter: return "counter";
    case InstrumentType::kGauge: return "gauge";
    case InstrumentType::kHistogram: return "histogram";
    case InstrumentType::kSummary: return "summary";
  }
  return "untyped";
}

class Writer {
 public:
  explicit Writer(ExpositionFormat format) : openmetrics_(format == ExpositionFormat::kOpenMetrics) {
    assert(format != ExpositionFormat::kProtobuf);
  }

  void Write(const CollectedFamily& family) {
    std::string_view name = family.name;
    std::string_view type = TypeWord(family.type);
    if (openmetrics_ && family.type == InstrumentType::kCounter) {
      if (name.ends_with(kTotal)) {
        name.remove_suffix(kTotal.size());
      } else {
        type = "unknown";
      }
    }
    out_.append("# HELP ").append(name).append(1, ' ');
    AppendEscaped(family.help, openmetrics_, out_);
    out_.append("\n# TYPE ").append(name).append(1, ' ').append(type).append(1, '\n');
    for (const CollectedPoint& point : family.points) WritePoint(family, point);
  }

  std::string Finish() {
    if (openmetrics_) out_ += "# EOF\n";
    return std::move(out_);
  }

 private:
  void WritePoint(const CollectedFamily& family, const CollectedPoint& point) {
    out_.append(family.name).append(point.suffix);
    char separator = '{';
    for (const storage::LabelView label : point.labels) {
      out_.append(1, separator).append(label.name).append("=\"");
      AppendEscaped(LabelText(family.type, label), true, out_);
      out_ += '"';
      separator = ',';
    }
    if (separator == ',') out_ += '}';
    out_.append(1, ' ').append(Number(point.value)).append(1, '\n');
  }

  std::string LabelText(InstrumentType type, storage::LabelView label) const {
    const bool bound = (type == InstrumentType::kHistogram && label.name == "le") ||
                       (type == InstrumentType::kSummary && label.name == "quantile");
    if (bound) {
      if (const auto number = ParseGoFloat(label.value)) return Number(*number);
    }
    return std::string(label.value);
  }

  std::string Number(double value) const { return openmetrics_ ? FormatOpenMetricsFloat(value) : FormatGoFloat(value); }

  const bool openmetrics_;
  std::string out_;
};

}  // namespace

std::string Render(const std::vector<CollectedFamily>& families, ExpositionFormat format) {
  if (format == ExpositionFormat::kProtobuf) return RenderProtobuf(families);
  Writer writer(format);
  for (const CollectedFamily& family : families) {
    if (!family.points.empty()) writer.Write(family);
  }
  return writer.Finish();
}

}  // namespace vigia::server
