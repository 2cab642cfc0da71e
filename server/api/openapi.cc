#include "server/api/openapi.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/api/envelope.h"
#include "server/api/openapi_paths.h"

namespace vigia::server {
namespace {

constexpr std::string_view kRoot = "/api/v1";

std::string LowerMethod(std::string_view method) {
  std::string out(method);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// A text between single quotes.
std::string Text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

const PathWords* WordsOf(std::string_view path) {
  const auto& all = OpenApiPaths();
  const auto at = std::ranges::find_if(all, [&](const PathWords& words) { return words.path == path; });
  return at == all.end() ? nullptr : &*at;
}

// "query_range_get": unique, for programs that make functions of endpoints.
std::string OperationId(std::string_view path, std::string_view method) {
  std::string out;
  for (const char c : path.substr(1)) {
    if (c == '{' || c == '}') continue;
    out.push_back(c == '/' || c == '.' ? '_' : c);
  }
  return out + "_" + LowerMethod(method);
}

std::string SchemaOf(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::kText: return "{type: string}";
    case ParameterKind::kTexts: return "{type: array, items: {type: string}}";
    case ParameterKind::kTime: return "{oneOf: [{type: number}, {type: string, format: date-time}]}";
    case ParameterKind::kDuration: return "{oneOf: [{type: number}, {type: string}]}";
    case ParameterKind::kCount: return "{type: integer, minimum: 0}";
    case ParameterKind::kFlag: return "{type: boolean}";
  }
  return "{}";
}

void AppendParameter(const ParameterWords& parameter, std::string& out) {
  const bool in_path = parameter.place == ParameterPlace::kPath;
  out += fmt::format("        - name: {}\n          in: {}\n          required: {}\n", Text(parameter.name),
                     in_path ? "path" : "query", in_path || parameter.required);
  if (parameter.kind == ParameterKind::kTexts) out += "          style: form\n          explode: true\n";
  out += fmt::format("          description: {}\n          schema: {}\n", Text(parameter.sentence),
                     SchemaOf(parameter.kind));
}

// The same parameters as fields of a form.
void AppendForm(const PathWords& words, std::string& out) {
  std::string fields;
  std::string required;
  for (const ParameterWords& parameter : words.parameters) {
    if (parameter.place == ParameterPlace::kPath) continue;
    fields += fmt::format("                {}: {}\n", Text(parameter.name), SchemaOf(parameter.kind));
    if (parameter.required) required += (required.empty() ? "" : ", ") + Text(parameter.name);
  }
  if (fields.empty()) return;
  out += "      requestBody:\n        content:\n          application/x-www-form-urlencoded:\n            schema:\n";
  out += "              type: object\n";
  if (!required.empty()) out += fmt::format("              required: [{}]\n", required);
  out += "              properties:\n" + fields;
}

void AppendOperation(const PathWords& words, std::string_view method, std::string& out) {
  out += fmt::format("    {}:\n      operationId: {}\n      summary: {}\n      tags: [{}]\n", LowerMethod(method),
                     OperationId(words.path, method), Text(words.summary), words.tag);
  const bool form = method == "POST" && words.answer != AnswerKind::kNothing && words.body == nullptr;
  std::string parameters;
  for (const ParameterWords& parameter : words.parameters) {
    if (!form || parameter.place == ParameterPlace::kPath) AppendParameter(parameter, parameters);
  }
  if (!parameters.empty()) out += "      parameters:\n" + parameters;
  if (form) AppendForm(words, out);
  if (words.body != nullptr && method == "POST") {
    out +=
        fmt::format("      requestBody:\n        required: true\n        content:\n          {}: {{}}\n", words.body);
  }
  out += "      responses:\n";
  switch (words.answer) {
    case AnswerKind::kEnvelope: out += "        '200': {$ref: '#/components/responses/Success'}\n"; break;
    case AnswerKind::kNothing: out += "        '204': {description: 'Done.'}\n"; break;
    case AnswerKind::kOther:
      out += fmt::format("        '200': {{description: 'Success.', content: {{{}: {{}}}}}}\n", Text(words.media));
      break;
  }
  out += "        default: {$ref: '#/components/responses/Error'}\n";
}

constexpr std::string_view kComponents = R"(components:
  responses:
    Success:
      description: 'Success.'
      content:
        application/json:
          schema:
            type: object
            required: [status]
            properties:
              status: {const: success}
              data: {description: 'What was asked for.'}
              warnings: {type: array, items: {type: string}}
              infos: {type: array, items: {type: string}}
    Error:
      description: 'An error.'
      content:
        application/json:
          schema:
            type: object
            required: [status, errorType, error]
            properties:
              status: {const: error}
              errorType: {enum: [bad_data, execution, canceled, timeout, internal, unavailable, not_found, not_acceptable]}
              error: {type: string}
)";

std::vector<std::string> ApiPatterns(const Router& router) {
  std::vector<std::string> out;
  for (std::string& pattern : router.Patterns()) {
    if (pattern.starts_with(std::string(kRoot) + "/")) out.push_back(pattern.substr(kRoot.size()));
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace

std::string OpenApiYaml(const Router& router, std::string_view version) {
  std::string out = fmt::format(
      "openapi: {}\ninfo:\n  title: 'Vigía'\n  description: 'A Prometheus-compatible HTTP API.'\n  version: '{}'\n"
      "  license: {{name: 'Apache-2.0', identifier: 'Apache-2.0'}}\nservers:\n  - url: {}\npaths:\n",
      version, VIGIA_VERSION, kRoot);
  for (const std::string& path : ApiPatterns(router)) {
    const PathWords* const words = WordsOf(path);
    if (words == nullptr) continue;
    out += fmt::format("  {}:\n", path);
    for (const std::string& method : router.MethodsOf(std::string(kRoot) + path)) {
      AppendOperation(*words, method, out);
    }
  }
  out += kComponents;
  return out;
}

std::vector<std::string> OpenApiGaps(const Router& router) {
  const std::vector<std::string> there = ApiPatterns(router);
  std::vector<std::string> out;
  for (const std::string& path : there) {
    if (WordsOf(path) == nullptr) out.push_back("no words: " + path);
  }
  for (const PathWords& words : OpenApiPaths()) {
    if (std::ranges::find(there, words.path) == there.end()) out.push_back("not there: " + std::string(words.path));
  }
  return out;
}

void RegisterOpenApi(Router& router) {
  router.Add({"GET"}, "/api/v1/openapi.yaml", [&router](const Request& http) {
    const std::string_view wanted = http.params.Get("openapi_version");
    if (!wanted.empty() && wanted != "3.1" && wanted != "3.2") {
      return InvalidParameter("openapi_version", "must be 3.1 or 3.2");
    }
    Response response;
    response.content_type = "application/yaml; charset=utf-8";
    response.body = OpenApiYaml(router, wanted == "3.2" ? "3.2.0" : "3.1.0");
    return response;
  });
}

}  // namespace vigia::server
