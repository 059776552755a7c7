# cmake -DOUTPUT=file.cpp -DFILE=clip.ulaw -P embed.cmake: the clip as a C++ source file.
file(READ ${FILE} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n   " bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" " 0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "// Made by bridge/sound/embed.cmake from bridge/sound/one_moment.ulaw.
#include \"bridge/bridging_clip.hpp\"

namespace tandem {

namespace {
constexpr std::uint8_t clip[] = {
   ${bytes}};
}  // namespace

std::span<const std::uint8_t> built_in_bridging_clip() noexcept { return clip; }

}  // namespace tandem
")
