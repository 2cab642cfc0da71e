#include <iostream>

#include "server/http/client.h"
#include "server/http/io_threads.h"
#include "server/tool/tool.h"

int main(int argc, char** argv) {
  using namespace vigia;
  const auto fetch = [](server::HttpRequest request) {
    server::IoThreads threads(1);
    server::ClientOptions options;
    options.user_agent = "vigiatool/" VIGIA_VERSION;
    server::HttpClient client(threads.executor(), options);
    return client.Fetch(std::move(request));
  };
  const server::ToolWorld world{std::cin, std::cout, std::cerr, fetch, storage::SystemClock()};
  return server::RunTool({argv + 1, argv + argc}, world);
}
