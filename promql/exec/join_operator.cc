#include "promql/exec/join_operator.h"

#include <algorithm>
#include <string>

#include "promql/exec/evaluation_error.h"
#include "promql/exec/histogram_binary.h"
#include "promql/exec/kernels/binary_kernels.h"
#include "promql/exec/series_index.h"
#include "promql/plan/scalar_math.h"

namespace vigia::promql {
namespace {

using storage::Result;
using storage::Status;

constexpr std::size_t kNoRow = static_cast<std::size_t>(-1);
constexpr std::size_t kRoundsOfResult = 8;  // Making or finding a label set takes as long as some simple rounds.

storage::Error MultipleMatches(Cardinality card) {
  return EvaluationError(
      card == Cardinality::kOneToOne
          ? "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
          : "multiple matches for labels: grouping labels must ensure unique matches");
}

std::vector<std::string> Sorted(std::vector<std::string> names) {
  std::ranges::sort(names);
  return names;
}

}  // namespace

JoinOperator::JoinOperator(QueryContext& context, JoinSpec spec, OperatorPtr lhs, OperatorPtr rhs)
    : Operator(context, lhs->steps(), Accounting::kGathered),
      spec_(std::move(spec)),
      lhs_(std::move(lhs)),
      rhs_(std::move(rhs)),
      many_side_(many_is_left() ? *lhs_ : *rhs_),
      one_side_(many_is_left() ? *rhs_ : *lhs_),
      names_(Sorted(spec_.matching.labels)),
      signatures_(spec_.matching),
      one_rows_(context.budget()),
      reserved_(context.budget()),
      rounds_(context),
      one_present_(context.budget()),
      many_present_(context.budget()),
      many_batch_(steps().count) {
  AddInput(lhs_.get());
  AddInput(rhs_.get());
}

Result<std::vector<SeriesInfo>> JoinOperator::MakeSeries() {
  auto left = lhs_->Series();
  if (!left) return left;
  auto right = rhs_->Series();
  if (!right) return right;
  many_ = std::move(many_is_left() ? *left : *right);
  one_ = std::move(many_is_left() ? *right : *left);
  auto of_many = signatures_.Of(context(), many_);
  if (!of_many) return of_many.error();
  auto of_one = signatures_.Of(context(), one_);
  if (!of_one) return of_one.error();
  many_signatures_ = std::move(*of_many);
  one_signatures_ = std::move(*of_one);
  if (const Status status = ReadOneSide(); !status) return status.error();
  if (const Status status = FindDuplicates(); !status) return status.error();
  if (const Status status = PrepareFilling(); !status) return status.error();
  if (!duplicates_.empty()) {
    if (const Status status = ReadManySide(); !status) return status.error();
  }
  std::vector<SeriesInfo> results;
  if (const Status status = MakePairs(results); !status) return status.error();
  if (const Status status = MakeExclusive(results); !status) return status.error();
  return results;
}

Status JoinOperator::ReadOneSide() {
  if (Status status = one_rows_.AddAll(one_side_); !status) return status;
  one_row_of_series_.assign(one_.size(), kNoRow);
  ones_of_signature_.resize(signatures_.count());
  for (std::size_t i = 0; i < one_rows_.size(); ++i) {
    const SeriesId id = one_rows_.row(i).id;
    one_row_of_series_[id] = i;
    ones_of_signature_[one_signatures_[id]].push_back(id);
  }
  return {};
}

Status JoinOperator::FindDuplicates() {
  std::vector<std::uint32_t> holder(steps().count);
  for (const std::vector<SeriesId>& ones : ones_of_signature_) {
    if (ones.size() < 2) continue;
    if (Status status = rounds_.Add(holder.size()); !status) return status;
    std::ranges::fill(holder, kNone);
    for (const SeriesId one : ones) {
      const StoredRow row = one_rows_.row(one_row_of_series_[one]);
      if (Status status = rounds_.Add(row.valid.size() + 1); !status) return status;
      for (std::size_t step = row.first; step < row.first + row.valid.size(); ++step) {
        if (!row.Has(step)) continue;
        if (holder[step] == kNone) {
          holder[step] = one;
          continue;
        }
        if (duplicates_.empty()) duplicates_.resize(steps().count);
        if (duplicates_[step].first == kNone) duplicates_[step] = {holder[step], one};
      }
    }
  }
  return {};
}

Status JoinOperator::PrepareFilling() {
  if (!fill_one() && !fill_many()) return {};
  if (Status status = reserved_.Add(2 * steps().count); !status) return status;
  if (fill_one()) {
    filled_one_.assign(steps().count, *fill_one());
    if (Status status = one_present_.Resize(signatures_.count(), steps().count); !status) return status;
    for (std::size_t i = 0; i < one_rows_.size(); ++i) {
      const StoredRow row = one_rows_.row(i);
      if (Status status = rounds_.Add(row.valid.size() + 1); !status) return status;
      one_present_.Add(one_signatures_[row.id], row.first, row.valid);
    }
  }
  if (fill_many()) {
    filled_many_.assign(steps().count, *fill_many());
    if (Status status = many_present_.Resize(signatures_.count(), steps().count); !status) return status;
  }
  // With a value for what is missing, a step without elements of the many side is joined as well.
  for (const Duplicate& duplicate : duplicates_) {
    if (duplicate.first != kNone) return DuplicateError(duplicate);
  }
  return {};
}

Status JoinOperator::ReadManySide() {
  many_rows_.emplace(context().budget());
  RowBatch& batch = many_batch_;
  while (true) {
    const Result<std::size_t> rows = many_side_.Next(batch);
    if (!rows) return rows.error();
    if (*rows == 0) break;
    for (std::size_t i = 0; i < *rows; ++i) {
      if (Status status = CheckDuplicates(batch.row(i)); !status) return status;
      if (Status status = many_rows_->Add(batch.id(i), batch.row(i)); !status) return status;
    }
  }
  return {};
}

Status JoinOperator::CheckDuplicates(const Row& many) {
  for (std::size_t step = 0; step < duplicates_.size(); ++step) {
    if (many.valid[step] == 0 || duplicates_[step].first == kNone) continue;
    return DuplicateError(duplicates_[step]);
  }
  return {};
}

storage::Error JoinOperator::DuplicateError(const Duplicate& duplicate) const {
  const Labels& first = one_[duplicate.first].labels;
  const Labels& second = one_[duplicate.second].labels;
  return EvaluationError("found duplicate series for the match group " + signatures_.Project(second).ToString() +
                         " on the " + (many_is_left() ? "right" : "left") + " hand-side of the operation: [" +
                         second.ToString() + ", " + first.ToString() +
                         "];many-to-many matching not allowed: matching labels must be unique on one side");
}

Status JoinOperator::MakePairs(std::vector<SeriesInfo>& results) {
  pairs_.resize(many_.size());
  for (std::size_t i = 0; i < many_.size(); ++i) {
    if (Status status = PairUp(i, results); !status) return status;
  }
  if (!fill_many()) return {};
  for (std::size_t i = 0; i < one_rows_.size(); ++i) {
    if (Status status = rounds_.Add(1); !status) return status;
    const SeriesInfo& one = one_[one_rows_.row(i).id];
    result_of_one_.push_back(static_cast<SeriesId>(results.size()));
    SeriesInfo result = ResultOf({signatures_.Project(one.labels), false}, one);
    if (Status status = context().budget().ReserveLabels(BytesInVector(result)); !status) return status;
    results.push_back(std::move(result));
  }
  return {};
}

Status JoinOperator::PairUp(std::size_t many, std::vector<SeriesInfo>& results) {
  const std::vector<SeriesId>& ones = ones_of_signature_[many_signatures_[many]];
  const std::size_t fills = fill_one() ? 1 : 0;
  if (Status status = rounds_.Add(ones.size() + 1); !status) return status;
  if (Status status = reserved_.Add(2 * ones.size() + 2); !status) return status;
  if (ones.size() + fills == 0) return {};
  std::vector<Pair>& pairs = pairs_[many];
  pairs.reserve(ones.size() + fills);
  // Only included labels depend on the one side.
  const std::size_t different = spec_.matching.include.empty() ? std::min<std::size_t>(ones.size(), 1) : ones.size();
  std::optional<SeriesIndex> known;
  if (different + fills > 1) {
    known.emplace(results, context().budget());
    if (Status status = known->Reserve(different + fills); !status) return status;
  }
  const auto pair_with = [&](SeriesId one, SeriesInfo result) -> Status {
    const auto id = static_cast<SeriesId>(results.size());
    const std::uint64_t bytes = BytesInVector(result);
    results.push_back(std::move(result));
    const SeriesId first = known ? known->FirstLike(id, 0) : id;
    pairs.push_back({one, first, kNone});
    if (first == id) return context().budget().ReserveLabels(bytes);
    results.pop_back();
    return {};
  };
  for (std::size_t i = 0; i < ones.size(); ++i) {
    if (i >= different) {
      pairs.push_back({ones[i], pairs.front().result, kNone});
      continue;
    }
    if (Status status = rounds_.Add(kRoundsOfResult); !status) return status;
    if (Status status = pair_with(ones[i], ResultOf(many_[many], one_[ones[i]])); !status) return status;
  }
  if (fill_one()) {
    SeriesInfo result = ResultOf(many_[many], {signatures_.Project(many_[many].labels), false});
    if (Status status = pair_with(kFilled, std::move(result)); !status) return status;
  }
  if (!std::ranges::is_sorted(pairs, {}, &Pair::result)) std::ranges::stable_sort(pairs, {}, &Pair::result);
  return {};
}

SeriesInfo JoinOperator::ResultOf(const SeriesInfo& many, const SeriesInfo& one) {
  const VectorMatching& matching = spec_.matching;
  const bool arithmetic = !KeepsMetricName(spec_.op);
  Labels labels = arithmetic ? WithoutMetadata(many.labels) : many.labels;
  if (matching.card == Cardinality::kOneToOne) {
    labels = matching.on ? labels.Keep(names_) : labels.Drop(names_);
  }
  if (!matching.include.empty()) {
    storage::LabelsBuilder builder(labels);
    for (const std::string& name : matching.include) builder.Set(name, one.labels.Get(name));
    labels = builder.Build();
  }
  if (spec_.return_bool && !context().delayed_name_removal()) labels = WithoutMetadata(labels);
  return {std::move(labels), spec_.return_bool || (!arithmetic && many.drop_name)};
}

Status JoinOperator::MakeExclusive(const std::vector<SeriesInfo>& results) {
  std::vector<std::uint32_t> many_per_signature(signatures_.count());
  for (const std::uint32_t signature : many_signatures_) ++many_per_signature[signature];
  std::vector<std::size_t> rivals;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    if (many_per_signature[many_signatures_[i]] > 1 && !pairs_[i].empty()) rivals.push_back(i);
  }
  if (rivals.empty()) return {};
  const bool one_to_one = spec_.matching.card == Cardinality::kOneToOne;
  const Result<std::uint32_t> count = one_to_one ? ShareSignatures(rivals) : ShareResults(rivals, results);
  if (!count) return count.error();
  const std::uint64_t bytes = *count * (steps().count + sizeof(exclusive_[0]));
  if (Status status = reserved_.Add(bytes / sizeof(double) + 1); !status) return status;
  exclusive_.assign(*count, std::vector<std::uint8_t>(steps().count));
  return {};
}

Result<std::uint32_t> JoinOperator::ShareSignatures(const std::vector<std::size_t>& rivals) {
  std::vector<std::uint32_t> exclusive_of(signatures_.count(), kNone);
  std::uint32_t count = 0;
  for (const std::size_t many : rivals) {
    if (const Status status = rounds_.Add(pairs_[many].size() + 1); !status) return status.error();
    std::uint32_t& exclusive = exclusive_of[many_signatures_[many]];
    if (exclusive == kNone) exclusive = count++;
    for (Pair& pair : pairs_[many]) pair.exclusive = exclusive;
  }
  return count;
}

Result<std::uint32_t> JoinOperator::ShareResults(const std::vector<std::size_t>& rivals,
                                                 const std::vector<SeriesInfo>& results) {
  SlotReservation tables(context().budget());
  if (const Status status = tables.Add(results.size() + 1); !status) return status.error();
  SeriesIndex known(results, context().budget());
  if (const Status status = known.Reserve(results.size()); !status) return status.error();
  // Each result belongs to one series of the many side: equal ones belong to several.
  std::vector<SeriesId> first_like(results.size());
  std::vector<std::uint32_t> exclusive_of(results.size(), kNone);
  std::uint32_t count = 0;
  for (const std::size_t many : rivals) {
    if (const Status status = rounds_.Add(pairs_[many].size()); !status) return status.error();
    SeriesId last = kNone;
    for (const Pair& pair : pairs_[many]) {
      if (std::exchange(last, pair.result) == pair.result) continue;  // They are ordered by it.
      if (const Status status = rounds_.Add(kRoundsOfResult); !status) return status.error();
      const SeriesId first = known.FirstLike(pair.result, many_signatures_[many]);
      first_like[pair.result] = first;
      if (first != pair.result && exclusive_of[first] == kNone) exclusive_of[first] = count++;
    }
  }
  if (count == 0) return count;
  for (const std::size_t many : rivals) {
    if (const Status status = rounds_.Add(pairs_[many].size()); !status) return status.error();
    for (Pair& pair : pairs_[many]) pair.exclusive = exclusive_of[first_like[pair.result]];
  }
  return count;
}

Result<bool> JoinOperator::NextManyBatch() {
  next_many_ = 0;
  if (!many_rows_) {
    const Result<std::size_t> rows = many_side_.Next(many_batch_);
    if (!rows) return rows.error();
    return *rows > 0;
  }
  many_batch_.Clear();
  for (; next_stored_ < many_rows_->size() && !many_batch_.full(); ++next_stored_) {
    many_rows_->AppendTo(next_stored_, many_batch_);
  }
  return many_batch_.size() > 0;
}

Status JoinOperator::Fill(RowBatch& out) {
  if (!many_done_) {
    if (Status status = FillFromMany(out); !status || out.size() > 0) return status;
    many_done_ = true;
  }
  return fill_many() ? FillFromOne(out) : Status();
}

Status JoinOperator::FillFromMany(RowBatch& out) {
  while (true) {
    if (next_many_ >= many_batch_.size()) {
      const Result<bool> more = NextManyBatch();
      if (!more) return more.error();
      if (!*more) return {};
    }
    for (; next_many_ < many_batch_.size(); ++next_many_, next_pair_ = 0) {
      const SeriesId id = many_batch_.id(next_many_);
      const std::vector<Pair>& pairs = pairs_[id];
      const Row many = many_batch_.row(next_many_);
      if (fill_many() && next_pair_ == 0) many_present_.Add(many_signatures_[id], 0, many.valid);
      while (next_pair_ < pairs.size()) {
        if (out.full()) return {};
        const SeriesId result = pairs[next_pair_].result;
        out.Append(result);
        for (; next_pair_ < pairs.size() && pairs[next_pair_].result == result; ++next_pair_) {
          if (Status status = JoinPair(id, many, pairs[next_pair_], out); !status) return status;
        }
      }
    }
  }
}

Status JoinOperator::JoinPair(SeriesId many_id, const Row& many, const Pair& pair, RowBatch& out) {
  const bool filled = pair.one == kFilled;
  const StoredRow one = filled ? StoredRow{} : one_rows_.row(one_row_of_series_[pair.one]);
  const std::size_t count = filled ? steps().count : one.values.size();
  if (Status status = rounds_.Add(count + 1); !status) return status;
  const std::span<const std::uint8_t> present =
      filled ? one_present_.row(many_signatures_[many_id]) : std::span<const std::uint8_t>(one.valid);
  const std::uint8_t flip = filled ? 1 : 0;
  both_.resize(count);
  for (std::size_t i = 0; i < count; ++i) both_[i] = (present[i] ^ flip) & many.valid[one.first + i];
  Side many_side{many.values.subspan(one.first, count), {}};
  if (!many.histograms.empty()) many_side.histograms = many.histograms.subspan(one.first, count);
  const Side one_side{filled ? std::span<const double>(filled_one_) : one.values, one.histograms};
  Compute(many_is_left() ? many_side : one_side, many_is_left() ? one_side : many_side);
  if (Status status = TakeExclusively(pair, one.first); !status) return status;
  Write(one.first, out);
  return {};
}

Status JoinOperator::TakeExclusively(const Pair& pair, std::size_t first) {
  if (pair.exclusive == kNone) return {};
  std::vector<std::uint8_t>& taken = exclusive_[pair.exclusive];
  for (std::size_t i = 0; i < both_.size(); ++i) {
    if (both_[i] == 0) continue;
    if (std::exchange(taken[first + i], std::uint8_t{1}) != 0) return MultipleMatches(spec_.matching.card);
  }
  return {};
}

void JoinOperator::Compute(const Side& lhs, const Side& rhs) {
  const std::size_t count = both_.size();
  computed_.resize(count);
  computed_histograms_.clear();
  if (IsTrim(spec_.op) || !lhs.histograms.empty() || !rhs.histograms.empty()) return ComputeHistograms(lhs, rhs);
  if (!IsComparison(spec_.op)) return ArithmeticRow(spec_.op, lhs.values, rhs.values, computed_);
  holds_.resize(count);
  CompareRow(spec_.op, lhs.values, rhs.values, holds_);
  for (std::size_t i = 0; i < count; ++i) {
    computed_[i] = spec_.return_bool ? holds_[i] : lhs.values[i];
    if (!spec_.return_bool) both_[i] &= holds_[i];
  }
}

void JoinOperator::ComputeHistograms(const Side& lhs, const Side& rhs) {
  computed_histograms_.resize(both_.size());
  for (std::size_t i = 0; i < both_.size(); ++i) {
    if (both_[i] == 0) continue;
    const double left = lhs.values[i];
    const double right = rhs.values[i];
    if (IsTrim(spec_.op) || lhs.IsHistogram(i) || rhs.IsHistogram(i)) {
      const Operand left_side{lhs.IsHistogram(i) ? lhs.histograms[i] : nullptr, left};
      const Operand right_side{rhs.IsHistogram(i) ? rhs.histograms[i] : nullptr, right};
      CombinedSample sample = Combine(context(), spec_.op, spec_.return_bool, spec_.pos, left_side, right_side);
      both_[i] = sample.valid ? 1 : 0;
      computed_[i] = sample.v;
      computed_histograms_[i] = std::move(sample.h);
    } else if (!IsComparison(spec_.op)) {
      computed_[i] = Arithmetic(spec_.op, left, right);
    } else {
      const bool holds = Compare(spec_.op, left, right);
      computed_[i] = spec_.return_bool ? (holds ? 1 : 0) : left;
      if (!spec_.return_bool && !holds) both_[i] = 0;
    }
  }
}

void JoinOperator::Write(std::size_t first, RowBatch& out) {
  const std::size_t last_row = out.size() - 1;
  const bool has_histograms =
      std::ranges::any_of(computed_histograms_, [](const HistogramPtr& h) { return h != nullptr; });
  const Row row = has_histograms ? out.WithHistograms(last_row) : out.row(last_row);
  for (std::size_t i = 0; i < both_.size(); ++i) {
    if (both_[i] == 0) continue;
    row.values[first + i] = computed_[i];
    row.valid[first + i] = 1;
    if (has_histograms) row.histograms[first + i] = computed_histograms_[i];
  }
}

Status JoinOperator::FillFromOne(RowBatch& out) {
  for (; next_one_ < one_rows_.size() && !out.full(); ++next_one_) {
    const StoredRow one = one_rows_.row(next_one_);
    const std::size_t count = one.values.size();
    const auto met = many_present_.row(one_signatures_[one.id]).subspan(one.first, count);
    both_.resize(count);
    for (std::size_t i = 0; i < count; ++i) both_[i] = one.valid[i] & (met[i] ^ 1);
    const Side filled{std::span<const double>(filled_many_).subspan(one.first, count), {}};
    const Side given{one.values, one.histograms};
    Compute(many_is_left() ? filled : given, many_is_left() ? given : filled);
    out.Append(result_of_one_[next_one_]);
    Write(one.first, out);
  }
  return {};
}

}  // namespace vigia::promql
