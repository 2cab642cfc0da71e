// What discovery's mechanisms have in common when they name labels.
#pragma once

#include <string>
#include <string_view>

#include "server/discovery/json_view.h"
#include "storage/model/labels.h"

namespace vigia::server {

// `key` with all characters but letters, digits and underscores made underscores, one for each character.
std::string LabelNameOf(std::string_view key);

// A label `prefix` + key for each entry of an object.
void AddEntries(JsonView entries, std::string_view prefix, storage::LabelsBuilder& labels);

// "host:port", with brackets around an IPv6 address.
std::string HostAndPort(std::string_view host, std::string_view port);

}  // namespace vigia::server
