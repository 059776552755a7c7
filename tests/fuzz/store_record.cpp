#include "store/record_json.hpp"

#include "tests/fuzz/support/record_reference.hpp"

// A payload of the spool, of the type that the first byte says: what can be read once is written
// and read again without change.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  fuzz::Reader in({data, size});
  const auto type = static_cast<store::RecordType>(in.number(1) & 15U);
  const auto payload = fuzz::text_of(in.rest());
  fuzz::must(fuzz::parts_survive(payload), "the parts of the last record survive");
  const auto record = store::decode_record(type, core::WallTime{}, payload);
  if (!record) return 0;
  const std::string text = store::encode_record(*record);
  const auto again = store::decode_record(store::type_of(*record), record->wall, text);
  fuzz::must(again.ok() && store::encode_record(*again) == text, "a record survives");
  return 0;
}
