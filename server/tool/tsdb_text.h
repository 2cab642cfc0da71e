// Series, numbers and tables as `promtool tsdb` prints them. Internal to the room.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "storage/model/labels.h"

namespace vigia::server {

std::string LabelsInBraces(const storage::Labels& labels);  // {__name__="up", job="x"}
std::string ByteSizeText(std::uint64_t bytes);              // "1.5KiB"
std::string DurationText(std::int64_t ms);                  // "2h0m0s", as Go prints it

// Columns as wide as their widest cell, two spaces apart.
class Table {
 public:
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void Print(std::ostream& out) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace vigia::server
