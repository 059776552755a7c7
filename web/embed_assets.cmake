# cmake -DDIST=folder -DOUTPUT=file.cpp -P embed_assets.cmake: the files of the built dashboard as one C++ source
# file. The bytes come in by the assembler (.incbin), so it compiles in a moment whatever their size.
cmake_minimum_required(VERSION 3.25)
set(type_html "text/html; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_svg "image/svg+xml")
set(type_json "application/json")
set(type_png "image/png")
set(type_woff2 "font/woff2")

set(incbins "")
set(symbols "")
set(rows "")
set(count 0)

# One blob under the symbol `name`; `view` becomes the C++ expression for its bytes.
macro(add_blob name file view)
  file(SIZE ${file} size)
  string(APPEND incbins "    \"${name}: .incbin \\\"${file}\\\"\\n\"\n")
  string(APPEND symbols "extern const char ${name}[];\n")
  set(${view} "{${name}, ${size}}")
endmacro()

file(GLOB_RECURSE files RELATIVE ${DIST} ${DIST}/*)
list(FILTER files EXCLUDE REGEX "\\.gz$")
list(SORT files)
foreach(file IN LISTS files)
  get_filename_component(extension ${file} LAST_EXT)
  string(SUBSTRING ${extension} 1 -1 extension)
  if(NOT DEFINED type_${extension})
    message(FATAL_ERROR "embed_assets: no content type for ${file}")
  endif()
  file(SHA256 ${DIST}/${file} digest)
  add_blob(tandem_asset_${count} ${DIST}/${file} bytes)
  execute_process(COMMAND gzip -9 -n -c ${DIST}/${file} OUTPUT_FILE ${DIST}/${file}.gz COMMAND_ERROR_IS_FATAL ANY)
  file(SIZE ${DIST}/${file} plain_size)
  file(SIZE ${DIST}/${file}.gz gzip_size)
  set(gzip "{}")
  math(EXPR worth_it "${plain_size} * 9 / 10")
  if(gzip_size LESS worth_it)
    add_blob(tandem_asset_${count}_gzip ${DIST}/${file}.gz gzip)
  endif()
  string(APPEND rows "    {\"/${file}\", \"${type_${extension}}\",\n     \"${digest}\",\n     ${bytes}, ${gzip}},\n")
  math(EXPR count "${count} + 1")
endforeach()
if(NOT "index.html" IN_LIST files)
  message(FATAL_ERROR "embed_assets: ${DIST} has no index.html")
endif()

file(WRITE ${OUTPUT} "// Made by web/embed_assets.cmake.
#include \"web/assets.hpp\"

asm(\".section .rodata\\n\"
${incbins}    \".previous\\n\");

extern \"C\" {
${symbols}}

namespace tandem::web {

namespace {
constexpr Asset embedded[] = {
${rows}};
}  // namespace

std::span<const Asset> assets() noexcept { return embedded; }

}  // namespace tandem::web
")
