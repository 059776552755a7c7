// Refusals of the dial gate as answers show them: the code for programs, what it means, and what it
// rests on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bridge/dial/gate.hpp"
#include "web/json.hpp"

namespace tandem::web {

/// Of a stored name. A name of a later version is there too, with words that say so.
dial::RefusalText refusal_text(std::string_view name) noexcept;

/// The array [{"code", "meaning", "source"}, ...] of stored names, in their order.
void write_refusals(JsonWriter& json, const std::vector<std::string>& names);

}  // namespace tandem::web
