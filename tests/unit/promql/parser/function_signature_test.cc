#include "promql/parser/function_signature.h"

#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

TEST_CASE("functions are found by their exact name") {
  for (const FunctionSignature& function : AllFunctions()) {
    CHECK(FindFunction(function.name) == &function);
    CHECK(&SignatureOf(function.id) == &function);
  }
  CHECK(AllFunctions().size() == 90);
  CHECK(FindFunction("Rate") == nullptr);
  CHECK(FindFunction("") == nullptr);
  CHECK(FindFunction("sum") == nullptr);
}

TEST_CASE("signatures are those of Prometheus") {
  const FunctionSignature* round = FindFunction("round");
  CHECK(round->args.size() == 2);
  CHECK(round->variadic == 1);
  CHECK(FindFunction("label_join")->variadic == -1);
  CHECK(FindFunction("quantile_over_time")->args[1] == ValueType::kMatrix);
  CHECK(FindFunction("scalar")->result == ValueType::kScalar);
  CHECK(FindFunction("time")->args.empty());
  CHECK(FindFunction("mad_over_time")->experimental);
  CHECK(!FindFunction("rate")->experimental);
}

}  // namespace
}  // namespace vigia::promql
