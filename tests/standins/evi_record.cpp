#include "evi_record.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "encoding.hpp"

namespace tandem::standins {

namespace {

std::int64_t ms_between(TimePoint from, TimePoint to) {
  return std::chrono::duration_cast<Milliseconds>(to - from).count();
}

std::int64_t wall_ms() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<Milliseconds>(since).count();
}

// What of a chat stands in its history.
struct Told {
  std::string_view what, type, role;
};
constexpr std::array<Told, 7> told{{{"chat_metadata", "CHAT_START_MESSAGE", "SYSTEM"},
                                    {"session_settings", "SESSION_SETTINGS", "SYSTEM"},
                                    {"user_turn", "USER_MESSAGE", "USER"},
                                    {"assistant_message", "AGENT_MESSAGE", "AGENT"},
                                    {"user_interruption", "USER_INTERRUPTION", "USER"},
                                    {"closed", "CHAT_END_MESSAGE", "SYSTEM"},
                                    {"connection_lost", "CHAT_END_MESSAGE", "SYSTEM"}}};

std::string status_after(std::string_view what, const json::object& detail) {
  if (what != "error") return "USER_ENDED";
  const std::string code = text_or(detail, "code", "");
  if (code == "E0714") return "INACTIVITY_TIMEOUT";
  return code == "E0715" ? "MAX_DURATION_TIMEOUT" : "ERROR";
}

std::int64_t ms_of(const Samples& samples, std::uint32_t rate) {
  return static_cast<std::int64_t>(samples.size() * 1000 / rate);
}

}  // namespace

EviRecord::EviRecord()
    : fields_{{"done", false}, {"close_code", nullptr}, {"closed_by", nullptr}} {}

std::int64_t EviRecord::now_ms() const { return ms_between(begin_, Clock::now()); }

void EviRecord::event(std::string_view what, json::object detail) {
  json::object entry{{"t_ms", now_ms()}, {"what", what}};
  merge(entry, detail);
  const std::lock_guard lock(mutex_);
  const bool is_settings = what == "client_message" && text_or(object_or_empty(detail, "message"),
                                                               "type", "") == "session_settings";
  remember(is_settings ? "session_settings" : what, detail);
  events_.push_back(std::move(entry));
}

// With the lock held.
void EviRecord::remember(std::string_view what, const json::object& detail) {
  if (what == "error") status_ = status_after(what, detail);
  const auto known =
      std::find_if(told.begin(), told.end(), [&](const Told& one) { return one.what == what; });
  if (known == told.end() || told_to_ms_) return;
  const std::int64_t now = wall_ms();
  if (told_.empty()) told_from_ms_ = now;
  if (known->type == "CHAT_END_MESSAGE") {
    told_to_ms_ = now;
    if (status_ == "ACTIVE") status_ = status_after(what, detail);
  }
  told_.push_back({{"id", json::value(json::string_view(random_uuid()))},
                   {"timestamp", now},
                   {"role", known->role},
                   {"type", known->type},
                   {"message_text", text_or(detail, "text", "")},
                   {"emotion_features", ""},
                   {"metadata", ""},
                   {"related_event_id", nullptr}});
}

EviChatHistory EviRecord::history(const std::string& id, const std::string& group_id) const {
  const std::lock_guard lock(mutex_);
  EviChatHistory history{id, group_id, told_from_ms_, told_to_ms_, status_, told_};
  for (json::value& event : history.events) event.as_object()["chat_id"] = id;
  return history;
}

void EviRecord::violation(std::string_view text) {
  const std::lock_guard lock(mutex_);
  violations_.push_back(json::value(json::string_view(text)));
}

void EviRecord::set(std::string_view key, json::value value) {
  const std::lock_guard lock(mutex_);
  fields_[key] = std::move(value);
}

void EviRecord::count_message(const std::string& type) {
  const std::lock_guard lock(mutex_);
  message_counts_[type] = number_or(message_counts_, type, 0) + 1;
}

void EviRecord::received(std::span<const std::int16_t> samples, std::uint32_t rate,
                         std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const TimePoint now = Clock::now();
  if (audio_inputs_++ == 0) {
    first_input_ = now;
  } else {
    gap_ms_max_ = std::max(gap_ms_max_, ms_between(last_input_, now));
  }
  last_input_ = now;
  received_rate_ = rate;
  received_.insert(received_.end(), samples.begin(), samples.end());
  ahead_ms_max_ = std::max(ahead_ms_max_, ms_of(received_, rate) - ms_between(first_input_, now));
  bytes_min_ = bytes_max_ == 0 ? bytes : std::min(bytes_min_, bytes);
  bytes_max_ = std::max(bytes_max_, bytes);
}

void EviRecord::sent(const std::string& id, const std::string& text,
                     std::span<const std::int16_t> samples, std::uint32_t rate) {
  const std::int64_t t_ms = now_ms();
  const std::lock_guard lock(mutex_);
  sent_rate_ = rate;
  if (sent_ids_.empty() || sent_ids_.back().at("id").as_string() != id.c_str()) {
    sent_ids_.push_back({{"id", id},
                         {"text", text},
                         {"t_ms", t_ms},
                         {"start_sample", sent_.size()},
                         {"samples", 0}});
  }
  sent_.insert(sent_.end(), samples.begin(), samples.end());
  json::object& entry = sent_ids_.back().as_object();
  entry["samples"] = number_or(entry, "samples", 0) + static_cast<std::int64_t>(samples.size());
}

json::object EviRecord::report(bool full) const {
  const std::lock_guard lock(mutex_);
  json::object report = fields_;
  report["audio_inputs"] = audio_inputs_;
  report["audio_ms_received"] = ms_of(received_, received_rate_);
  report["audio_input_bytes"] = {{"min", bytes_min_}, {"max", bytes_max_}};
  report["input_gap_ms_max"] = gap_ms_max_;
  report["input_ahead_ms_max"] = ahead_ms_max_;
  report["audio_ms_sent"] = ms_of(sent_, sent_rate_);
  report["sent_rate"] = sent_rate_;
  report["received_rate"] = received_rate_;
  report["sent"] = sent_ids_;
  report["messages"] = message_counts_;
  report["violations"] = violations_;
  if (full) report["events"] = events_;
  return report;
}

std::string EviRecord::received_wav() const {
  const std::lock_guard lock(mutex_);
  return wav_file(received_, received_rate_);
}

std::string EviRecord::sent_wav() const {
  const std::lock_guard lock(mutex_);
  return wav_file(sent_, sent_rate_);
}

}  // namespace tandem::standins
