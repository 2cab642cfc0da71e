// The words of /openapi.yaml about each endpoint. Internal to the room.
#pragma once

#include <string_view>
#include <vector>

namespace vigia::server {

enum class ParameterKind { kText, kTexts, kTime, kDuration, kCount, kFlag };
enum class ParameterPlace { kQuery, kPath };

struct ParameterWords {
  std::string_view name;
  ParameterKind kind;
  std::string_view sentence;
  bool required = false;
  ParameterPlace place = ParameterPlace::kQuery;
};

enum class AnswerKind {
  kEnvelope,  // JSON with status and data.
  kNothing,   // 204.
  kOther,     // Of `media`.
};

struct PathWords {
  std::string_view path;  // Below /api/v1.
  std::string_view tag;
  std::string_view summary;
  std::vector<ParameterWords> parameters = {};
  AnswerKind answer = AnswerKind::kEnvelope;
  std::string_view media = "application/json";
  const char* body = nullptr;  // Media type of the request's body where it is no form.
};

const std::vector<PathWords>& OpenApiPaths();

}  // namespace vigia::server
