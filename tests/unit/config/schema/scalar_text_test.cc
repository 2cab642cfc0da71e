#include "config/schema/scalar_text.h"

#include "tests/support/catch.h"

using namespace vigia::config;

TEST_CASE("sizes are powers of 1024 and need a unit") {
  CHECK(ParseSizeBytes("0") == 0u);
  CHECK(ParseSizeBytes("512B") == 512u);
  CHECK(ParseSizeBytes("1KB") == 1024u);
  CHECK(ParseSizeBytes("1KiB") == 1024u);
  CHECK(ParseSizeBytes("1.5MB") == 1'572'864u);
  CHECK(ParseSizeBytes("10GB") == 10'737'418'240u);
  CHECK(ParseSizeBytes("1GB512MB") == 1'610'612'736u);
  CHECK(ParseSizeBytes("1EB") == 1ull << 60);
  for (const std::string wrong : {"", "5", "GB", "5XB", "5 GB", "-5GB", "8EB", "1..5GB", "5mb"}) {
    INFO(wrong);
    CHECK_FALSE(ParseSizeBytes(wrong));
  }
}

TEST_CASE("sizes print as Prometheus prints them") {
  CHECK(FormatSizeBytes(0) == "0B");
  CHECK(FormatSizeBytes(10 << 20) == "10MiB");
  CHECK(FormatSizeBytes((1ull << 30) + (512 << 20)) == "1GiB512MiB");
  CHECK(FormatSizeBytes(1025) == "1KiB1B");
}

TEST_CASE("numbers as Go's yaml.v2 reads them") {
  CHECK(ParseYamlInt("-5") == -5);
  CHECK(ParseYamlInt("+5") == 5);
  CHECK(ParseYamlUint("0b101") == 5u);
  CHECK(ParseYamlUint("0o17") == 15u);
  CHECK(ParseYamlUint("017") == 15u);
  CHECK(ParseYamlUint("1_000") == 1000u);
  CHECK(ParseYamlUint("18446744073709551615") == 18446744073709551615u);
  CHECK_FALSE(ParseYamlUint("18446744073709551616"));
  CHECK_FALSE(ParseYamlUint("1a"));
  CHECK_FALSE(ParseYamlUint(""));
  CHECK_FALSE(ParseYamlUint("0x"));
  CHECK(ParseYamlFloat("1.5") == 1.5);
  CHECK(ParseYamlFloat("-1e3") == -1000.0);
  CHECK(ParseYamlFloat(".5") == 0.5);
  CHECK_FALSE(ParseYamlFloat("inf"));
  CHECK_FALSE(ParseYamlFloat("1.5x"));
  CHECK_FALSE(ParseYamlFloat(""));
  CHECK(ParseYamlBool("On") == true);
  CHECK(ParseYamlBool("n") == false);
  CHECK_FALSE(ParseYamlBool("tRuE"));
}

TEST_CASE("references to the environment follow Go's os.Expand") {
  setenv("VIGIA_TEST_A", "x", 1);
  unsetenv("VIGIA_TEST_B");
  std::vector<std::string> undefined;
  CHECK(ExpandEnvironment("$VIGIA_TEST_A/${VIGIA_TEST_A}.$$", undefined) == "x/x.$");
  CHECK(undefined.empty());
  CHECK(ExpandEnvironment("a$VIGIA_TEST_B-", undefined) == "a-");
  CHECK(undefined == std::vector<std::string>{"VIGIA_TEST_B"});
  CHECK(ExpandEnvironment("100$", undefined) == "100$");
  CHECK(ExpandEnvironment("a$-b", undefined) == "ab");  // $- is a shell parameter.
  CHECK(ExpandEnvironment("a$ b", undefined) == "a$ b");
  CHECK(ExpandEnvironment("a${", undefined) == "a");
  CHECK(ExpandEnvironment("a${}b", undefined) == "ab");
}
