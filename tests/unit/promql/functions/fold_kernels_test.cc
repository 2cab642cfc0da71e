#include "promql/functions/fold_kernels.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "promql/value/kahan_sum.h"
#include "tests/support/catch.h"

using namespace vigia::promql;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Rows {
  std::vector<double> values;
  std::vector<std::uint8_t> valid;
};

Rows RandomRow(std::mt19937_64& random, std::size_t n, bool with_special) {
  const double special[] = {0.0, -0.0, kNan, std::numeric_limits<double>::infinity(), 1e308, 5e-324};
  Rows row;
  for (std::size_t i = 0; i < n; ++i) {
    const bool takes_special = with_special && random() % 4 == 0;
    row.values.push_back(takes_special ? special[random() % 6] : std::ldexp(static_cast<double>(random()), -40));
    row.valid.push_back(random() % 3 != 0);
  }
  return row;
}

// NaNs are one value here: which payload an addition hands on is not ours to say.
bool Same(const std::vector<double>& a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (std::bit_cast<std::uint64_t>(a[i]) != std::bit_cast<std::uint64_t>(b[i])) return false;
  }
  return a.size() == b.size();
}

template <class Check>
void ForEachForm(Check check) {
  for (auto kernels = AllFoldKernels(); *kernels != nullptr; ++kernels) {
    for (const std::size_t n : {0, 1, 2, 7, 8, 9, 31, 64, 241}) {
      INFO((*kernels)->name << ", " << n << " steps");
      check(**kernels, n);
    }
  }
}

}  // namespace

TEST_CASE("sums are Kahan-Neumaier sums of the valid values, step by step") {
  ForEachForm([](const FoldKernels& kernels, std::size_t n) {
    std::mt19937_64 random(n);
    std::vector<double> sums(n), compensations(n);
    std::vector<std::uint8_t> seen(n);
    std::vector<KahanSum> expected(n);
    std::vector<std::uint8_t> expected_seen(n);
    for (int rows = 0; rows < 20; ++rows) {
      const Rows row = RandomRow(random, n, true);
      kernels.sum(row.values.data(), row.valid.data(), n, sums.data(), compensations.data(), seen.data());
      for (std::size_t i = 0; i < n; ++i) {
        if (row.valid[i] == 0) continue;
        expected[i].Add(row.values[i]);
        expected_seen[i] = 1;
      }
    }
    std::vector<double> totals, wanted;
    for (std::size_t i = 0; i < n; ++i) {
      totals.push_back(sums[i] + compensations[i]);
      wanted.push_back(expected[i].Total());
    }
    CHECK(Same(totals, wanted));
    CHECK(seen == expected_seen);
  });
}

TEST_CASE("means are sums with counts, and nothing changes when a sum would overflow") {
  ForEachForm([](const FoldKernels& kernels, std::size_t n) {
    std::mt19937_64 random(n + 1);
    std::vector<double> sums(n), compensations(n), counts(n);
    std::vector<KahanSum> expected(n);
    std::vector<double> expected_counts(n);
    for (int rows = 0; rows < 20; ++rows) {
      const Rows row = RandomRow(random, n, false);
      REQUIRE(kernels.mean(row.values.data(), row.valid.data(), n, sums.data(), compensations.data(), counts.data()));
      for (std::size_t i = 0; i < n; ++i) {
        if (row.valid[i] == 0) continue;
        expected[i].Add(row.values[i]);
        ++expected_counts[i];
      }
    }
    CHECK(counts == expected_counts);
    for (std::size_t i = 0; i < n; ++i) CHECK(sums[i] + compensations[i] == expected[i].Total());
    if (n == 0) return;
    const auto before = sums;
    std::vector<double> huge(n, 1.0);
    std::vector<std::uint8_t> all(n, 1);
    huge.back() = std::numeric_limits<double>::infinity();
    CHECK_FALSE(kernels.mean(huge.data(), all.data(), n, sums.data(), compensations.data(), counts.data()));
    CHECK(sums == before);
    all.back() = 0;  // What is not valid does not count.
    CHECK(kernels.mean(huge.data(), all.data(), n, sums.data(), compensations.data(), counts.data()));
    counts.front() = -3;
    CHECK_FALSE(kernels.mean(before.data(), all.data(), n, sums.data(), compensations.data(), counts.data()));
  });
}

TEST_CASE("NaN gives way to every other value of an extreme") {
  ForEachForm([](const FoldKernels& kernels, std::size_t n) {
    std::mt19937_64 random(n + 2);
    std::vector<double> smallest(n, kNan), largest(n, kNan), counts(n);
    std::vector<double> expected_min(n, kNan), expected_max(n, kNan), expected_counts(n);
    std::vector<std::uint8_t> seen(n);
    for (int rows = 0; rows < 10; ++rows) {
      const Rows row = RandomRow(random, n, true);
      kernels.min(row.values.data(), row.valid.data(), n, smallest.data(), seen.data());
      kernels.max(row.values.data(), row.valid.data(), n, largest.data(), seen.data());
      kernels.count(row.valid.data(), n, counts.data());
      for (std::size_t i = 0; i < n; ++i) {
        if (row.valid[i] == 0) continue;
        if (std::isnan(expected_min[i]) || row.values[i] < expected_min[i]) expected_min[i] = row.values[i];
        if (std::isnan(expected_max[i]) || row.values[i] > expected_max[i]) expected_max[i] = row.values[i];
        ++expected_counts[i];
      }
    }
    CHECK(Same(smallest, expected_min));
    CHECK(Same(largest, expected_max));
    CHECK(counts == expected_counts);
  });
}
