#include <array>
#include <utility>

#include "config/relabel/letter_case.h"
#include "config/relabel/relabel.h"

namespace vigia::config {
namespace {

constexpr std::array<RelabelAction, 11> kActions{
    RelabelAction::kReplace,   RelabelAction::kKeep,      RelabelAction::kDrop,     RelabelAction::kKeepEqual,
    RelabelAction::kDropEqual, RelabelAction::kHashMod,   RelabelAction::kLabelMap, RelabelAction::kLabelDrop,
    RelabelAction::kLabelKeep, RelabelAction::kLowercase, RelabelAction::kUppercase};

}  // namespace

std::string_view ToString(RelabelAction action) {
  switch (action) {
    case RelabelAction::kReplace: return "replace";
    case RelabelAction::kKeep: return "keep";
    case RelabelAction::kDrop: return "drop";
    case RelabelAction::kKeepEqual: return "keepequal";
    case RelabelAction::kDropEqual: return "dropequal";
    case RelabelAction::kHashMod: return "hashmod";
    case RelabelAction::kLabelMap: return "labelmap";
    case RelabelAction::kLabelDrop: return "labeldrop";
    case RelabelAction::kLabelKeep: return "labelkeep";
    case RelabelAction::kLowercase: return "lowercase";
    case RelabelAction::kUppercase: return "uppercase";
  }
  return "";
}

std::optional<RelabelAction> ParseRelabelAction(std::string_view text) {
  const std::string lower = LowerCase(text);
  for (const RelabelAction action : kActions) {
    if (lower == ToString(action)) return action;
  }
  return std::nullopt;
}

}  // namespace vigia::config
