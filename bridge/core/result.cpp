#include "bridge/core/result.hpp"

namespace tandem::core {

void assertion_failed(const char* condition, const char* file, int line) {
  throw BugError(std::string(file) + ":" + std::to_string(line) + ": " + condition);
}

}  // namespace tandem::core
