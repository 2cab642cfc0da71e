// The notation in which Kubernetes selects objects (Kubernetes: labels and selectors; field selectors). Internal to the
// room: the API server reads selectors, here they are only checked, so that a slip is found when the file is loaded.
#pragma once

#include <string_view>

#include "storage/model/error.h"

namespace vigia::config {

// Requirements joined by commas: key, !key, key=value, key==value, key!=value, key in (a, b), key notin (a), key>1,
// key<1. "" selects all.
storage::Status CheckLabelSelector(std::string_view selector);

// Requirements joined by commas: field=value, field==value, field!=value; a backslash escapes comma, equals sign and
// itself in a value. "" selects all.
storage::Status CheckFieldSelector(std::string_view selector);

}  // namespace vigia::config
