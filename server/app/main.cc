// The daemon: reads flags and configuration, runs the App until a signal or /-/quit ends it.
//
// Exit codes as Prometheus has them: 2 for bad flags or a configuration that cannot be loaded, 1 for other failures.
#include <csignal>
#include <iostream>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "config/schema/included_files.h"
#include "server/app/app.h"
#include "server/app/file_watch.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;

void ReportReload(const Logger& log, const storage::Status& status, std::string_view path) {
  if (status.has_error()) {
    log.Error("Error reloading config", {{"file", path}, {"err", status.error().what}});
  } else {
    log.Info("Completed loading of configuration file", {{"filename", path}});
  }
}

// Files are found anew each time: patterns may match others, and a refused configuration names others, too.
std::uint64_t Checksum(const Options& options) {
  return options.config_auto_reload ? ChecksumOf(config::IncludedFiles(options.config_file)) : 0;
}

// What arrives while the server runs: signals, the wish to quit, changed files.
class EventLoop {
 public:
  // `checksum`: of the configuration's files when they were about to be read.
  EventLoop(App& app, const Options& options, const Logger& log, std::uint64_t checksum)
      : app_(app),
        options_(options),
        log_(log),
        hangup_(context_, SIGHUP),
        end_(context_, SIGINT, SIGTERM),
        timer_(context_),
        checksum_(checksum) {
    app.OnQuit([this] {
      asio::post(context_, [this] { End("Received termination request via web service, exiting gracefully..."); });
    });
  }

  void Run() {
    AwaitHangup();
    end_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (!error)
        End(signal == SIGINT ? "Received an OS signal, exiting gracefully... (SIGINT)"
                             : "Received an OS signal, exiting gracefully... (SIGTERM)");
    });
    if (options_.config_auto_reload) AwaitChange();
    context_.run();
  }

 private:
  void End(std::string_view why) {
    log_.Warn(why);
    context_.stop();
  }

  void AwaitHangup() {
    hangup_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      checksum_ = Checksum(options_);
      ReportReload(log_, app_.Reload(), options_.config_file);
      AwaitHangup();
    });
  }

  void AwaitChange() {
    timer_.expires_after(std::chrono::milliseconds(options_.config_auto_reload_interval_ms));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      // Taken before: what changes while the files are read is seen the next time.
      if (const auto now = Checksum(options_); now != checksum_) {
        checksum_ = now;
        ReportReload(log_, app_.Reload(), options_.config_file);
      }
      AwaitChange();
    });
  }

  App& app_;
  const Options& options_;
  const Logger& log_;
  asio::io_context context_{1};
  asio::signal_set hangup_;
  asio::signal_set end_;
  asio::steady_timer timer_;
  std::uint64_t checksum_;
};

constexpr int kUsageFault = 2;
constexpr int kFault = 1;

int Serve(const Options& options) {
  const Logger log(*ParseLogLevel(options.log_level), *ParseLogFormat(options.log_format));
  log.Info("Starting Vigía", {{"version", VIGIA_VERSION}});
  for (const std::string& name : options.unknown_features)
    log.Warn("Unknown option for --enable-feature", {{"option", name}});
  const std::uint64_t checksum = Checksum(options);
  auto loaded = LoadAll(options.config_file, options.parser(), options.load());
  if (loaded.has_error()) {
    log.Error("Error loading config", {{"file", options.config_file}, {"err", loaded.error().what}});
    std::cerr << "vigia: " << loaded.error().what << "\n";
    return kUsageFault;
  }
  auto app = App::Create(options, std::move(*loaded), log);
  if (app.has_error()) {
    log.Error("Cannot start", {{"err", app.error().what}});
    return kFault;
  }
  EventLoop events(**app, options, log, checksum);
  if (auto status = (*app)->Start(); status.has_error()) {
    log.Error("Cannot start", {{"err", status.error().what}});
    return kFault;
  }
  log.Info("Server is ready to receive web requests.", {{"port", (*app)->port()}});
  events.Run();
  if (auto status = (*app)->Stop(); status.has_error()) {
    log.Error("Storage did not close well", {{"err", status.error().what}});
    return kFault;
  }
  log.Info("See you next time!");
  return 0;
}

int Main(const std::vector<std::string>& arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  const auto options = ParseOptions(arguments);
  if (options.has_error()) {
    std::cerr << "vigia: error: " << options.error().what << ", try --help\n";
    return kUsageFault;
  }
  if (options->help || options->version) {
    std::cout << (options->help ? UsageText() : VersionText());
    return 0;
  }
  return Serve(*options);
}

}  // namespace
}  // namespace vigia::server

int main(int argc, char** argv) { return vigia::server::Main({argv + 1, argv + argc}); }
