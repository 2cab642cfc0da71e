// The pages that are made of the code's own tables: config/REFERENCE.md of the field tables, server/REFERENCE.md of the
// flags and of vigiatool's commands. `reference FOLDER` compares them with the files, `reference FOLDER --write` writes
// them.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include "config/schema/config.h"
#include "server/app/options.h"
#include "server/tool/tool.h"

namespace {

using namespace vigia;

constexpr std::string_view kConfigIntroduction =
    "# Configuration reference\n\n"
    "Every field of `prometheus.yml` and of rule files. Made of the tables that the server reads by (`./dev docs`); a "
    "test "
    "compares.\n\n"
    "Durations are `1h30m` (units y w d h m s ms), sizes `512MB` or `10GB` (powers of 1024), paths relative to the "
    "folder "
    "of the file. A field\nthat is not listed here is refused, with file, line and a suggestion.\n\n";

constexpr std::string_view kServerIntroduction =
    "# Command-line reference\n\n"
    "Made of the tables that the programs parse by (`./dev docs`); a test compares.\n\n"
    "## vigia\n\n"
    "`--flag=value` or `--flag value`; booleans are `--flag` and `--no-flag`. Durations are `15d` or `1h30m`, sizes "
    "`512MB` or `10GB` (powers\nof 1024). What is in force is shown by `/api/v1/status/flags` and the page Status.\n\n";

std::string ConfigPage() {
  std::string page = std::string(kConfigIntroduction) + config::FieldReference();
  while (page.ends_with("\n\n")) page.pop_back();
  return page;
}

std::string ServerPage() {
  std::istringstream in;
  std::ostringstream help;
  std::ostringstream errors;
  const server::ToolWorld world{in, help, errors, nullptr, nullptr};
  if (server::RunTool({"--help"}, world) != server::kSuccess) return {};
  return std::string(kServerIntroduction) + server::FlagReference() + "\n## vigiatool\n\n```\n" + help.str() + "```\n";
}

bool Settle(const std::string& path, const std::string& page, bool write) {
  if (write) {
    std::ofstream(path, std::ios::binary) << page;
    return true;
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (text.str() == page) return true;
  std::istringstream lines(page);
  std::string first;
  for (std::string line; first.empty() && std::getline(lines, line);) {
    if (text.str().find(line) == std::string::npos) first = line;
  }
  std::cerr << path << " is out of date (./dev docs writes it); the first line that it lacks:\n" << first << "\n";
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: reference FOLDER [--write]\n";
    return 2;
  }
  const std::string folder = argv[1];
  const bool write = argc > 2 && std::string_view(argv[2]) == "--write";
  const bool config = Settle(folder + "/config/REFERENCE.md", ConfigPage(), write);
  const bool server = Settle(folder + "/server/REFERENCE.md", ServerPage(), write);
  return config && server ? 0 : 1;
}
