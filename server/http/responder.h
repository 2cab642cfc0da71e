// From a parsed request to the bytes of its answer, without any I/O. Internal to the room.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "server/http/basic_auth.h"
#include "server/http/compression.h"
#include "server/http/router.h"
#include "server/http/server.h"
#include "server/http/server_metrics.h"
#include "server/http/worker_pool.h"
#include "storage/model/go_regex.h"

namespace vigia::server {

// A request as it came.
struct RawRequest {
  std::string method;
  std::string target;  // Percent-encoded path and query.
  Headers headers;
  std::string body;
  std::string client_ip;
  enum class Version { kHttp10, kHttp11 } version = Version::kHttp11;
  bool keep_alive = false;  // What the client wishes.
};

// A response that only needs to be sent.
struct Answer {
  int status = 200;
  Headers headers;  // All but Date, Connection, Content-Length and Transfer-Encoding.
  std::string body;
  BodySource source;                             // Set: the body comes from NextPiece.
  std::unique_ptr<StreamCompressor> compressor;  // For `source`.
  bool head_only = false;
  HandlerMetrics* metrics = nullptr;
};

enum class PieceState { kMore, kNothingYet, kEnd, kFailed };

// Thread-safe; Respond and NextPiece are for worker threads.
class Responder {
 public:
  // `options.cors_origin` must be a valid expression, see ok().
  Responder(const HttpServerOptions& options, const Router& router, ServerMetrics& metrics, Logger log);

  storage::Status ok() const;

  // `security` may be null.
  Answer Respond(RawRequest raw, std::stop_token gone, const WebSecurity* security, WorkerContext& worker);

  // Appends the next bytes of a streamed body to `out`.
  PieceState NextPiece(Answer& answer, std::string& out);

  // A plain text answer with the standard phrase, for what cannot be dispatched.
  Answer Refuse(int status) const;

 private:
  bool Authorized(const RawRequest& raw, const WebSecurity& security);
  Response Dispatch(RawRequest& raw, std::stop_token gone, HandlerMetrics*& metrics);
  Response Call(const Handler& handler, const Request& request);
  void AddCors(const RawRequest& raw, Response& response) const;
  void Compress(const RawRequest& raw, Answer& answer, WorkerContext& worker) const;

  const HttpServerOptions& options_;
  const std::string prefix_;  // "" or "/prefix".
  const Router& router_;
  ServerMetrics& metrics_;
  const Logger log_;
  const storage::Result<std::shared_ptr<const re2::RE2>> origins_;
  PasswordChecker passwords_;
};

}  // namespace vigia::server
