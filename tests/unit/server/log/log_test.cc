#include "server/log/log.h"

#include <cstdio>
#include <fstream>
#include <sstream>

#include <unistd.h>

#include "tests/support/catch.h"

namespace vigia::server {
namespace {

constexpr auto kClock = [] { return storage::TimestampMs{1704164645678}; };  // 2024-01-02T03:04:05.678Z

std::string WithoutLine(std::string text) {  // Line numbers of this file are nobody's contract.
  const std::size_t at = text.find("log_test.cc:") + 12;
  text.erase(at, text.find_first_not_of("0123456789", at) - at);
  return text;
}

TEST_CASE("logfmt lines look like Prometheus 3's") {
  std::string out;
  const Logger log = Logger::ToString(&out, LogLevel::kInfo, LogFormat::kLogfmt, kClock);
  log.Info("Server is ready", {{"component", "web"}, {"address", "0.0.0.0:9090"}, {"n", 3}, {"ok", true}, {"d", 1.5}});
  CHECK(WithoutLine(out) ==
        "time=2024-01-02T03:04:05.678Z level=INFO source=log_test.cc: msg=\"Server is ready\" component=web "
        "address=0.0.0.0:9090 n=3 ok=true d=1.5\n");
}

TEST_CASE("logfmt quotes what would be ambiguous") {
  std::string out;
  const Logger log = Logger::ToString(&out, LogLevel::kInfo, LogFormat::kLogfmt, kClock);
  log.Warn("x", {{"a", ""}, {"b", "c d"}, {"e", "f=g"}, {"h", "i\"j\n\x01"}, {"path", "C:\\dir"}, {"u", "π"}});
  const std::string fields = out.substr(out.find("msg="));
  CHECK(fields == "msg=x a=\"\" b=\"c d\" e=\"f=g\" h=\"i\\\"j\\n\\x01\" path=C:\\dir u=π\n");
}

TEST_CASE("JSON lines are one object each") {
  std::string out;
  const Logger log = Logger::ToString(&out, LogLevel::kDebug, LogFormat::kJson, kClock).With({{"component", "tsdb"}});
  log.Error("it \"broke\"", {{"err", storage::Error{storage::Errc::kIo, "no <disk>"}}, {"code", -2}});
  CHECK(WithoutLine(out) ==
        R"({"time":"2024-01-02T03:04:05.678Z","level":"ERROR","source":"log_test.cc:","msg":"it \"broke\"",)"
        R"("component":"tsdb","err":"no <disk>","code":-2})"
        "\n");
}

TEST_CASE("lower levels are left out") {
  std::string out;
  const Logger log = Logger::ToString(&out, LogLevel::kWarn, LogFormat::kLogfmt, kClock);
  log.Debug("a");
  log.Info("b");
  CHECK(out.empty());
  CHECK_FALSE(log.Enabled(LogLevel::kInfo));
  CHECK(log.Enabled(LogLevel::kError));
  Logger::Silent().Error("c");
}

TEST_CASE("levels and formats are read from words") {
  CHECK(ParseLogLevel("warn").value() == LogLevel::kWarn);
  CHECK(ParseLogLevel("loud").error().code == storage::Errc::kInvalid);
  CHECK(ParseLogFormat("json").value() == LogFormat::kJson);
  CHECK(ParseLogFormat("xml").has_error());
}

TEST_CASE("a log file is appended to") {
  const std::string path = "/tmp/vigia_log_test_" + std::to_string(getpid());
  for (int i = 0; i < 2; ++i) {
    auto log = Logger::ToFile(path, LogLevel::kInfo, LogFormat::kLogfmt, kClock);
    REQUIRE(log.has_value());
    log->Info("line");
  }
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  std::remove(path.c_str());
  const std::string all = text.str();
  CHECK(std::count(all.begin(), all.end(), '\n') == 2);
  CHECK(Logger::ToFile("/dev/null/file", LogLevel::kInfo, LogFormat::kLogfmt, kClock).has_error());
}

}  // namespace
}  // namespace vigia::server
