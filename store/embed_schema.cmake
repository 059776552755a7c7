# cmake -DOUTPUT=file.cpp -DFILES=a.sql;b.sql -P embed_schema.cmake: the migrations as one C++ source file, in order.
set(entries "")
set(count 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  string(REGEX MATCH "^[0-9]+" version ${name})
  string(REGEX REPLACE "^0+" "" version ${version})
  file(READ ${file} sql)
  string(APPEND entries "    Migration{${version}, \"${name}\", R\"sql(${sql})sql\"},\n")
  math(EXPR count "${count} + 1")
endforeach()
file(WRITE ${OUTPUT} "// Made by store/embed_schema.cmake from store/schema/*.sql.
#include \"store/migrate.hpp\"

namespace tandem::store {

namespace {
constexpr Migration embedded[] = {
${entries}};
}  // namespace

std::span<const Migration> migrations() noexcept { return embedded; }

}  // namespace tandem::store
")
