#include "gemini/live_voices.hpp"

#include <algorithm>
#include <array>

namespace tandem::gemini {

namespace {

constexpr std::array<std::string_view, 30> voices = {
    "Achernar", "Achird",      "Algenib", "Algieba",      "Alnilam",   "Aoede",
    "Autonoe",  "Callirrhoe",  "Charon",  "Despina",      "Enceladus", "Erinome",
    "Fenrir",   "Gacrux",      "Iapetus", "Kore",         "Laomedeia", "Leda",
    "Orus",     "Pulcherrima", "Puck",    "Rasalgethi",   "Sadachbia", "Sadaltager",
    "Schedar",  "Sulafat",     "Umbriel", "Vindemiatrix", "Zephyr",    "Zubenelgenubi"};

}  // namespace

std::string_view known_voice(std::string_view name) noexcept {
  return std::find(voices.begin(), voices.end(), name) == voices.end() ? std::string_view{} : name;
}

}  // namespace tandem::gemini
