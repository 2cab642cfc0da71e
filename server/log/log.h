// Structured log lines on stderr or into a file, as Prometheus 3 writes them: logfmt
// (time=2024-01-02T03:04:05.678Z level=INFO source=app.cc:12 msg="..." key=value) or one JSON object a line.
// Callers never put secrets into messages or fields: nothing is masked here.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <variant>

#include "storage/model/clock.h"
#include "storage/model/error.h"

namespace vigia::server {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

// "debug", "info", "warn", "error" / "logfmt", "json"; kInvalid for other words.
storage::Result<LogLevel> ParseLogLevel(std::string_view word);
storage::Result<LogFormat> ParseLogFormat(std::string_view word);

// What may stand behind a key. Text is viewed, not copied: a field lives no longer than the call it is an argument of.
class LogValue {
 public:
  LogValue(std::string_view text) : value_(text) {}                      // NOLINT: implicit, for brace lists of fields
  LogValue(const char* text) : value_(std::string_view(text)) {}         // NOLINT
  LogValue(const std::string& text) : value_(std::string_view(text)) {}  // NOLINT
  LogValue(bool flag) : value_(flag) {}                                  // NOLINT
  LogValue(double number) : value_(number) {}                            // NOLINT
  template <std::signed_integral T>
  LogValue(T number) : value_(static_cast<std::int64_t>(number)) {}  // NOLINT
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) LogValue(T number) : value_(static_cast<std::uint64_t>(number)) {}  // NOLINT
  LogValue(const storage::Error& error) : value_(std::string_view(error.what)) {}                      // NOLINT

  using Variant = std::variant<std::string_view, bool, double, std::int64_t, std::uint64_t>;
  const Variant& get() const { return value_; }

 private:
  Variant value_;
};

struct LogField {
  std::string_view key;
  LogValue value;
};

using LogFields = std::initializer_list<LogField>;

// A cheap handle: copies write to the same place. Thread-safe; lines of different threads never mix. Failing to write a
// line is not an error for the caller.
//   log.Info("Completed loading of configuration file", {{"filename", path}, {"totalDuration", "1.2s"}});
class Logger {
 public:
  // To stderr. `clock` stamps the lines.
  Logger(LogLevel level, LogFormat format, storage::Clock clock = storage::SystemClock());
  // Appends to a file, which is created with its folders when it is missing; kIo when it cannot be opened.
  static storage::Result<Logger> ToFile(const std::string& path, LogLevel level, LogFormat format,
                                        storage::Clock clock = storage::SystemClock());
  // Appends whole lines to `*out`, for tests. `out` must outlive the logger and its copies; read it when nobody logs.
  static Logger ToString(std::string* out, LogLevel level, LogFormat format, storage::Clock clock);
  // Says nothing.
  static Logger Silent();

  // A logger that puts `fields` before those of each call, e.g. component="scrape manager".
  Logger With(LogFields fields) const;

  bool Enabled(LogLevel level) const;
  void Debug(std::string_view msg, LogFields fields = {},
             std::source_location where = std::source_location::current()) const;
  void Info(std::string_view msg, LogFields fields = {},
            std::source_location where = std::source_location::current()) const;
  void Warn(std::string_view msg, LogFields fields = {},
            std::source_location where = std::source_location::current()) const;
  void Error(std::string_view msg, LogFields fields = {},
             std::source_location where = std::source_location::current()) const;

 private:
  struct Sink;
  Logger(std::shared_ptr<const Sink> sink, std::string context);
  void Write(LogLevel level, std::string_view msg, LogFields fields, const std::source_location& where) const;

  std::shared_ptr<const Sink> sink_;
  std::string context_;  // Rendered fields of With().
};

}  // namespace vigia::server
