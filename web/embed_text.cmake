# cmake -DOUTPUT=file.cpp -DPATHS=paths.json -DCOMPONENTS=components.json -P embed_text.cmake: the OpenAPI document's
# parts as one C++ source file; the bytes come in by the assembler (.incbin).
file(SIZE ${PATHS} paths_size)
file(SIZE ${COMPONENTS} components_size)
file(WRITE ${OUTPUT} "// Made by web/embed_text.cmake.
#include \"web/openapi.hpp\"

asm(\".section .rodata\\n\"
    \"tandem_openapi_paths: .incbin \\\"${PATHS}\\\"\\n\"
    \"tandem_openapi_components: .incbin \\\"${COMPONENTS}\\\"\\n\"
    \".previous\\n\");

extern \"C\" {
extern const char tandem_openapi_paths[];
extern const char tandem_openapi_components[];
}

namespace tandem::web {

std::string_view openapi_paths() noexcept { return {tandem_openapi_paths, ${paths_size}}; }
std::string_view openapi_components() noexcept { return {tandem_openapi_components, ${components_size}}; }

}  // namespace tandem::web
")
