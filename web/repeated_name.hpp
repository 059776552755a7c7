// Names that stand twice in one JSON object, on any level (fault A14): parsers differ in which of
// the two counts, so whoever checks one and uses the other is fooled. Nothing here takes sides.
#pragma once

#include <simdjson.h>

namespace tandem::web {

/// Goes as deep as the parser let the document be: bound that before.
bool has_repeated_name(simdjson::dom::element element);

}  // namespace tandem::web
