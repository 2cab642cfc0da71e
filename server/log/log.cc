#include "server/log/log.h"

#include <optional>

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "server/json/rfc3339.h"
#include "server/json/writer.h"
#include "server/log/line.h"

namespace vigia::server {
namespace {

class StringSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit StringSink(std::string* out) : out_(out) {}

 private:
  void sink_it_(const spdlog::details::log_msg& msg) override {
    out_->append(msg.payload.data(), msg.payload.size()).push_back('\n');
  }
  void flush_() override {}

  std::string* const out_;
};

std::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "DEBUG";
    case LogLevel::kInfo: return "INFO";
    case LogLevel::kWarn: return "WARN";
    case LogLevel::kError: return "ERROR";
  }
  return "";
}

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarn: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::off;
}

std::string SourceText(const std::source_location& where) {
  std::string_view file = where.file_name();
  file.remove_prefix(file.rfind('/') + 1);
  return fmt::format("{}:{}", file, where.line());
}

}  // namespace

struct Logger::Sink {
  std::shared_ptr<spdlog::sinks::sink> sink;
  std::optional<LogLevel> level;  // None: nothing is written.
  LogFormat format;
  storage::Clock clock;

  static Logger Make(std::shared_ptr<spdlog::sinks::sink> sink, std::optional<LogLevel> level, LogFormat format,
                     storage::Clock clock) {
    sink->set_pattern("%v");
    return Logger(std::make_shared<Sink>(Sink{std::move(sink), level, format, std::move(clock)}), "");
  }
};

storage::Result<LogLevel> ParseLogLevel(std::string_view word) {
  if (word == "debug") return LogLevel::kDebug;
  if (word == "info") return LogLevel::kInfo;
  if (word == "warn") return LogLevel::kWarn;
  if (word == "error") return LogLevel::kError;
  return storage::Error{storage::Errc::kInvalid, fmt::format("unrecognized log level {}", word)};
}

storage::Result<LogFormat> ParseLogFormat(std::string_view word) {
  if (word == "logfmt") return LogFormat::kLogfmt;
  if (word == "json") return LogFormat::kJson;
  return storage::Error{storage::Errc::kInvalid, fmt::format("unrecognized log format {}", word)};
}

Logger::Logger(std::shared_ptr<const Sink> sink, std::string context)
    : sink_(std::move(sink)), context_(std::move(context)) {}

Logger::Logger(LogLevel level, LogFormat format, storage::Clock clock)
    : Logger(Sink::Make(std::make_shared<spdlog::sinks::stderr_sink_mt>(), level, format, std::move(clock))) {}

storage::Result<Logger> Logger::ToFile(const std::string& path, LogLevel level, LogFormat format,
                                       storage::Clock clock) {
  try {
    return Sink::Make(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path), level, format, std::move(clock));
  } catch (const spdlog::spdlog_ex& e) {
    return storage::Error{storage::Errc::kIo, e.what()};
  }
}

Logger Logger::ToString(std::string* out, LogLevel level, LogFormat format, storage::Clock clock) {
  return Sink::Make(std::make_shared<StringSink>(out), level, format, std::move(clock));
}

Logger Logger::Silent() {
  return Sink::Make(std::make_shared<spdlog::sinks::null_sink_mt>(), std::nullopt, LogFormat::kLogfmt,
                    storage::SystemClock());
}

Logger Logger::With(LogFields fields) const {
  std::string context = context_;
  for (const LogField& field : fields) AppendLogField(context, sink_->format, field.key, field.value);
  return Logger(sink_, std::move(context));
}

bool Logger::Enabled(LogLevel level) const { return sink_->level.has_value() && level >= *sink_->level; }

void Logger::Debug(std::string_view msg, LogFields fields, std::source_location where) const {
  Write(LogLevel::kDebug, msg, fields, where);
}
void Logger::Info(std::string_view msg, LogFields fields, std::source_location where) const {
  Write(LogLevel::kInfo, msg, fields, where);
}
void Logger::Warn(std::string_view msg, LogFields fields, std::source_location where) const {
  Write(LogLevel::kWarn, msg, fields, where);
}
void Logger::Error(std::string_view msg, LogFields fields, std::source_location where) const {
  Write(LogLevel::kError, msg, fields, where);
}

void Logger::Write(LogLevel level, std::string_view msg, LogFields fields, const std::source_location& where) const {
  if (!Enabled(level)) return;
  const std::string time = FormatRfc3339FixedMs(sink_->clock());
  std::string line;
  if (sink_->format == LogFormat::kJson) {
    line = fmt::format(R"({{"time":"{}","level":"{}","source":"{}","msg":)", time, NameOf(level), SourceText(where));
    AppendJsonString(line, msg, JsonEscape::kPlain);
  } else {
    line = fmt::format("time={} level={} source={} msg=", time, NameOf(level), SourceText(where));
    AppendLogfmtText(line, msg);
  }
  line.append(context_);
  for (const LogField& field : fields) AppendLogField(line, sink_->format, field.key, field.value);
  if (sink_->format == LogFormat::kJson) line.push_back('}');
  try {
    sink_->sink->log(spdlog::details::log_msg("", SpdlogLevel(level), spdlog::string_view_t(line)));
    sink_->sink->flush();
  } catch (const spdlog::spdlog_ex&) {
    // A full disk or a closed stderr must not end the work that wanted to report something.
  }
}

}  // namespace vigia::server
