#include "promql/exec/operator.h"

#include <algorithm>
#include <cmath>

#include "promql/exec/histogram_size.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

namespace {

std::uint64_t BytesOf(const std::vector<SeriesInfo>& series) {
  std::uint64_t bytes = series.size() * sizeof(SeriesInfo);
  for (const SeriesInfo& info : series) bytes += info.labels.bytes().size();
  return bytes;
}

}  // namespace

Result<std::vector<SeriesInfo>> Operator::Series() {
  if (const Status status = context_.Interrupted(); !status) return status.error();
  const ProfiledCall call(profile_, context_);
  auto series = MakeSeries();
  // Inputs hand label sets on: what storage or a grouping made is counted where it was made.
  if (series && inputs_.empty()) {
    if (const Status status = context_.budget().ReserveBytes(BytesOf(*series)); !status) return status.error();
  }
  if (series && profile_ != nullptr) profile_->series = series->size();
  return series;
}

void Operator::AddInput(Operator* input) {
  inputs_.push_back(input);
  if (accounting_ == Accounting::kGathered) input->counts_by_step_ = true;
}

Result<std::size_t> Operator::Next(RowBatch& out) {
  if (profile_ == nullptr) return NextRows(out);
  const ProfiledCall call(profile_, context_);
  auto rows = NextRows(out);
  for (std::size_t i = 0; i < out.size(); ++i) profile_->samples += CountSamples(out.row(i));
  profile_->bytes += out.size() * out.steps() * SampleBudget::kBytesPerSlot;
  return rows;
}

Result<std::size_t> Operator::NextRows(RowBatch& out) {
  out.Clear();
  if (done_) return std::size_t{0};
  if (const Status status = context_.Interrupted(); !status) return status.error();
  if (const Status status = Fill(out); !status) return status.error();
  if (const Status status = Account(out); !status) return status.error();
  context_.Report();
  if (out.size() == 0) {
    done_ = true;
    if (accounting_ == Accounting::kGathered) {
      if (const Status status = FinishGathering(); !status) return status.error();
    }
  }
  return out.size();
}

Status Operator::Account(RowBatch& out) {
  if (counts_by_step_ && per_step_.empty()) per_step_.resize(steps_.count);
  std::uint64_t samples = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Row row = out.row(i);
    const std::size_t valid = CountValid(row.valid);
    samples += valid;
    if (valid == steps_.count) {
      ++at_every_step_;
    } else {
      for (std::size_t step = 0; step < per_step_.size(); ++step) per_step_[step] += row.valid[step];
    }
    for (std::size_t step = 0; step < row.histograms.size(); ++step) {
      if (row.valid[step] == 0 || !row.histograms[step]) continue;
      const std::uint64_t more = SamplesOf(*row.histograms[step]) - 1;
      if (counts_by_step_) per_step_[step] += static_cast<std::uint32_t>(more);
      samples += more;
    }
  }
  if (accounting_ == Accounting::kForward) return {};
  charged_ += samples;
  return context_.budget().Charge(samples);
}

Status Operator::FinishGathering() {
  // Prometheus goes by step: while it does step s it holds the inputs, the results up to s, and the vectors of s.
  std::uint64_t given = 0;
  std::uint64_t peak = 0;
  for (std::size_t step = 0; step < per_step_.size(); ++step) {
    std::uint64_t gathered = 0;
    for (const Operator* input : inputs_) {
      if (step < input->per_step_.size()) gathered += input->per_step_[step] + input->at_every_step_;
    }
    given += per_step_[step] + at_every_step_;
    peak = std::max(peak, given + gathered);
  }
  Status status = context_.budget().CheckPeak(peak > charged_ ? peak - charged_ : 0);
  ReleaseInputs();
  return status;
}

void Operator::Release() {
  context_.budget().Release(charged_);
  charged_ = 0;
  ReleaseInputs();
}

void Operator::ReleaseInputs() {
  for (Operator* input : inputs_) input->Release();
}

Result<std::vector<double>> ReadScalar(Operator& scalar) {
  const auto series = scalar.Series();
  if (!series) return series.error();
  RowBatch batch(scalar.steps().count);
  std::vector<double> values(scalar.steps().count, std::nan(""));
  while (true) {
    const Result<std::size_t> rows = scalar.Next(batch);
    if (!rows) return rows.error();
    if (*rows == 0) return values;
    std::ranges::copy(batch.row(0).values, values.begin());
  }
}

}  // namespace vigia::promql
