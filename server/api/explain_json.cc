#include "server/api/explain_json.h"

#include "server/json/writer.h"

namespace vigia::server {
namespace {

// As deep as the plan, whose depth the parser limits.
void Write(JsonWriter& json, const promql::ExplainNode& node) {
  json.BeginObject().Field("operator", node.op);
  if (!node.detail.empty()) json.Field("detail", node.detail);
  json.Key("start").Uint(node.start).Key("end").Uint(node.end).Key("steps").Uint(node.steps);
  if (node.cost) {
    json.Key("series").Uint(node.cost->series);
    json.Key("samples").Uint(node.cost->samples);
    json.Key("bytes").Uint(node.cost->bytes);
    json.Key("samples_read").Uint(node.cost->samples_read);
    json.Key("held_bytes").Uint(node.cost->peak_held_bytes);
    json.Key("self_seconds").Double(node.cost->self_seconds);
    json.Key("total_seconds").Double(node.cost->total_seconds);
  }
  if (!node.cache.empty()) json.Field("cache", node.cache);
  json.Key("children").BeginArray();
  for (const promql::ExplainNode& child : node.children) Write(json, child);
  json.EndArray().EndObject();
}

}  // namespace

void AppendExplainJson(std::string& out, const promql::ExplainNode& node) {
  JsonWriter json(out, JsonEscape::kPlain);
  Write(json, node);
}

}  // namespace vigia::server
