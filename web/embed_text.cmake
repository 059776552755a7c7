# cmake -DOUTPUT=file.cpp -DPATHS=paths.json -DCOMPONENTS=components.json -DADMIN=schema.json -P embed_text.cmake: the
# OpenAPI document's parts and the schema of the admin socket as one C++ source file; the bytes come in by the assembler
# (.incbin).
file(SIZE ${PATHS} paths_size)
file(SIZE ${COMPONENTS} components_size)
file(SIZE ${ADMIN} admin_size)
file(WRITE ${OUTPUT} "// Made by web/embed_text.cmake.
#include \"web/openapi.hpp\"

asm(\".section .rodata\\n\"
    \"tandem_openapi_paths: .incbin \\\"${PATHS}\\\"\\n\"
    \"tandem_openapi_components: .incbin \\\"${COMPONENTS}\\\"\\n\"
    \"tandem_admin_schema: .incbin \\\"${ADMIN}\\\"\\n\"
    \".previous\\n\");

extern \"C\" {
extern const char tandem_openapi_paths[];
extern const char tandem_openapi_components[];
extern const char tandem_admin_schema[];
}

namespace tandem::web {

std::string_view openapi_paths() noexcept { return {tandem_openapi_paths, ${paths_size}}; }
std::string_view openapi_components() noexcept { return {tandem_openapi_components, ${components_size}}; }
std::string_view admin_schema() noexcept { return {tandem_admin_schema, ${admin_size}}; }

}  // namespace tandem::web
")
