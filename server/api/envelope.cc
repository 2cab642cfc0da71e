#include "server/api/envelope.h"

#include <fmt/format.h>

namespace vigia::server {
namespace {

constexpr std::size_t kMaxAnnotations = 10;

struct ErrorWords {
  std::string_view type;
  int status;
};

ErrorWords WordsOf(ApiErrorType type) {
  switch (type) {
    case ApiErrorType::kBadData: return {"bad_data", 400};
    case ApiErrorType::kExecution: return {"execution", 422};
    case ApiErrorType::kCanceled: return {"canceled", 499};
    case ApiErrorType::kTimeout: return {"timeout", 503};
    case ApiErrorType::kInternal: return {"internal", 500};
    case ApiErrorType::kUnavailable: return {"unavailable", 500};
    case ApiErrorType::kNotFound: return {"not_found", 404};
  }
  return {"internal", 500};
}

ApiErrorType TypeOf(storage::Errc code) {
  switch (code) {
    case storage::Errc::kInvalid: return ApiErrorType::kBadData;
    case storage::Errc::kNotFound: return ApiErrorType::kNotFound;
    case storage::Errc::kLimit: return ApiErrorType::kExecution;
    case storage::Errc::kTimeout: return ApiErrorType::kTimeout;
    case storage::Errc::kCancelled: return ApiErrorType::kCanceled;
    case storage::Errc::kUnavailable: return ApiErrorType::kUnavailable;
    case storage::Errc::kIo:
    case storage::Errc::kCorruption: return ApiErrorType::kInternal;
    case storage::Errc::kInternal: return ApiErrorType::kExecution;
  }
  return ApiErrorType::kInternal;
}

void AppendAnnotations(JsonWriter& json, std::string_view key, std::string_view singular,
                       const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  json.Key(key).BeginArray();
  for (std::size_t i = 0; i < texts.size() && i < kMaxAnnotations; ++i) json.String(texts[i]);
  if (texts.size() > kMaxAnnotations) {
    json.String(fmt::format("{} more {} annotations omitted", texts.size() - kMaxAnnotations, singular));
  }
  json.EndArray();
}

Response Json(int status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

}  // namespace

Response ApiError(ApiErrorType type, std::string_view text) {
  const ErrorWords words = WordsOf(type);
  std::string body;
  JsonWriter(body)
      .BeginObject()
      .Field("status", "error")
      .Field("errorType", words.type)
      .Field("error", text)
      .EndObject();
  return Json(words.status, std::move(body));
}

Response InvalidParameter(std::string_view name, std::string_view cause) {
  return ApiError(ApiErrorType::kBadData, fmt::format("invalid parameter \"{}\": {}", name, cause));
}

Response ApiError(const storage::Error& error) { return ApiError(TypeOf(error.code), error.what); }

std::string_view SuccessHead() { return R"({"status":"success","data":)"; }

void AppendSuccessTail(std::string& out, const promql::Annotations& annotations) {
  std::string fields;
  JsonWriter json(fields);
  AppendAnnotations(json, "warnings", "warning", annotations.warnings);
  AppendAnnotations(json, "infos", "info", annotations.infos);
  if (!fields.empty()) out.append(",").append(fields);
  out.push_back('}');
}

Response ApiSuccess(std::string_view data, const promql::Annotations& annotations) {
  std::string body;
  body.reserve(SuccessHead().size() + data.size() + 64);
  return FinishSuccess(std::move(body.append(SuccessHead()).append(data)), annotations);
}

Response FinishSuccess(std::string body, const promql::Annotations& annotations) {
  AppendSuccessTail(body, annotations);
  return Json(200, std::move(body));
}

Response NoContent() {
  Response response;
  response.status = 204;
  response.content_type.clear();
  return response;
}

}  // namespace vigia::server
