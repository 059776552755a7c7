#include "tests/simulation/checks/records.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "tests/simulation/checks.hpp"

namespace tandem::simulation {

namespace {

std::string describe_body(const core::CallStarted& body) {
  return fmt::format("call started, provider {}", body.provider);
}
std::string describe_body(const core::CallAnswered&) { return "call answered"; }
std::string describe_body(const core::ChatOpened& body) {
  return fmt::format("chat {} of group {}", body.chat_id.str(), body.chat_group_id.str());
}
std::string describe_body(const core::TranscriptEntry& body) {
  return fmt::format("transcript {} {}: {}", body.seq, to_string(body.speaker), body.text);
}
std::string describe_body(const core::TranscriptHeard& body) {
  return fmt::format("transcript {} heard {} of {} ms{}", body.seq, body.heard_ms, body.audio_ms,
                     body.was_cut ? ", cut" : "");
}
std::string describe_body(const core::CallEvent& body) {
  return fmt::format("event {} {} {}", body.seq, body.type, body.json);
}
std::string describe_body(const core::CallEnded& body) {
  return fmt::format("call ended: {}, {} ms, frames {} = {} + {}", body.end_reason,
                     body.duration_ms, body.audio.caller_frames_in, body.audio.caller_frames_sent,
                     body.audio.caller_frames_dropped);
}
std::string describe_body(const core::CarrierStatus& body) { return "status " + body.status; }

}  // namespace

std::string describe(const core::Record& record) {
  return "writes " + std::visit([](const auto& body) { return describe_body(body); }, record.body);
}

void RecordOrder::output(const call::Output& output) {
  const auto* write = std::get_if<call::WriteDown>(&output);
  if (write == nullptr) return;
  const auto& record = write->record;
  if (record.call_id != call_.settings().id) fail("records name their call", record.call_id.str());
  if (ended_ > 0) fail("the final record is the last", describe(record));
  if (record.wall < wall_ || record.offset < offset_) {
    fail("recorded time never goes back", describe(record));
  }
  wall_ = record.wall;
  offset_ = record.offset;
  if (records_++ == 0 && !std::holds_alternative<core::CallStarted>(record.body)) {
    fail("the first record says that the call began", describe(record));
  }
  std::visit([this](const auto& body) { check(body); }, record.body);
}

void RecordOrder::check(const core::CallStarted&) {
  if (++started_ > 1) fail("a call begins once", "second CallStarted");
}

void RecordOrder::check(const core::TranscriptEntry& entry) {
  if (entry.seq != next_entry_++) fail("transcript seq has no holes", fmt::format("{}", entry.seq));
  if (entry.text.empty()) fail("transcript entries have words", fmt::format("{}", entry.seq));
  if (entry.speaker == core::Speaker::assistant) agent_entries_[entry.seq] = entry.text;
}

void RecordOrder::check(const core::TranscriptHeard& heard) {
  const auto entry = agent_entries_.find(heard.seq);
  if (entry == agent_entries_.end()) {
    return fail("what was heard was said before", fmt::format("seq {}", heard.seq));
  }
  if (heard.heard_ms < 0 || heard.heard_ms > heard.audio_ms) {
    fail("heard_ms <= audio_ms", fmt::format("{} of {}", heard.heard_ms, heard.audio_ms));
  }
  heard_[entry->second] = {heard, world_.now()};
}

void RecordOrder::check(const core::CallEvent& event) {
  if (event.seq != next_event_++) fail("event seq has no holes", fmt::format("{}", event.seq));
  static thread_local simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(event.json).get(object) != simdjson::SUCCESS) {
    fail("event data is a JSON object", event.type + ": " + event.json);
  }
}

void RecordOrder::check(const core::CallEnded& ended) {
  if (++ended_ > 1) fail("exactly one final record", "a second");
  if (ended.total_messages != next_entry_) fail("the final record counts the messages", "wrong");
  const auto& audio = ended.audio;
  if (audio.caller_frames_in != audio.caller_frames_sent + audio.caller_frames_dropped) {
    fail("caller frames in = sent + dropped", "in the final record");
  }
  if (audio.agent_ms_received != audio.agent_ms_sent + audio.agent_ms_cut) {
    fail("agent audio received = sent + cut", "in the final record");
  }
  if (!call_.end_reason() || ended.end_reason != to_string(*call_.end_reason())) {
    fail("the final record names the end reason", ended.end_reason);
  }
}

void RecordOrder::after_step() {
  if (call_.has_ended() && ended_ != 1) {
    fail("exactly one final record", fmt::format("{} at the end", ended_));
  }
}

void RecordOrder::at_end() {
  if (started_ != 1 || ended_ != 1) {
    fail("exactly one final record", fmt::format("{} begun, {} ended", started_, ended_));
  }
}

}  // namespace tandem::simulation
