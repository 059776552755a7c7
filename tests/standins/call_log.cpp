#include "call_log.hpp"

#include <fmt/format.h>

#include <array>

#include "sound.hpp"

namespace tandem::standins {

std::int64_t CallLog::now_ms() const {
  return std::chrono::duration_cast<Milliseconds>(Clock::now() - begin_).count();
}

void CallLog::event(std::string_view what, json::object detail) {
  json::object entry{{"t_ms", now_ms()}, {"what", what}};
  merge(entry, detail);
  const std::lock_guard lock(mutex_);
  events_.push_back(std::move(entry));
}

void CallLog::warn(int code, std::string_view reason, bool intended) {
  const std::lock_guard lock(mutex_);
  warnings_.push_back(
      {{"t_ms", now_ms()}, {"code", code}, {"reason", reason}, {"intended", intended}});
  if (!intended) violations_.push_back(json::value(fmt::format("{}: {}", code, reason)));
}

void CallLog::violation(std::string_view text) {
  const std::lock_guard lock(mutex_);
  violations_.push_back(json::value(text));
}

void CallLog::twiml(json::object document) {
  const std::lock_guard lock(mutex_);
  twiml_.push_back(std::move(document));
}

void CallLog::callback(json::object callback) {
  const std::lock_guard lock(mutex_);
  callbacks_.push_back(std::move(callback));
}

void CallLog::open_stream(json::object fields) {
  fields["marks"] = json::array();
  fields["clears"] = json::array();
  const std::lock_guard lock(mutex_);
  streams_.push_back(std::move(fields));
}

void CallLog::set_stream(json::object fields) {
  const std::lock_guard lock(mutex_);
  for (auto& [key, value] : fields) streams_.back().as_object()[key] = value;
}

void CallLog::add_mark(std::string name, std::int64_t received_ms) {
  const std::lock_guard lock(mutex_);
  streams_.back().at("marks").as_array().push_back(
      {{"name", name}, {"received_ms", received_ms}, {"echoed_ms", nullptr}, {"how", nullptr}});
}

void CallLog::add_clear(std::int64_t at_ms, json::value flushed_ms) {
  const std::lock_guard lock(mutex_);
  streams_.back().at("clears").as_array().push_back(
      {{"at_ms", at_ms}, {"flushed_ms", std::move(flushed_ms)}});
}

void CallLog::echo_mark(const std::string& name, std::string_view how, std::int64_t echoed_ms) {
  const std::lock_guard lock(mutex_);
  for (json::value& mark : streams_.back().at("marks").as_array()) {
    if (mark.at("name").as_string() != name.c_str() || !mark.at("how").is_null()) continue;
    mark.as_object()["how"] = how;
    mark.as_object()["echoed_ms"] = echoed_ms;
    return;
  }
}

void CallLog::set(std::string_view key, json::value value) {
  const std::lock_guard lock(mutex_);
  fields_[key] = std::move(value);
}

void CallLog::append_audio(std::span<const std::uint8_t> heard,
                           std::span<const std::uint8_t> sent) {
  const std::lock_guard lock(mutex_);
  heard_.insert(heard_.end(), heard.begin(), heard.end());
  sent_.insert(sent_.end(), sent.begin(), sent.end());
}

void CallLog::align_audio() {
  const std::lock_guard lock(mutex_);
  if (audio_begin_ == TimePoint()) audio_begin_ = Clock::now();
  const auto passed = std::chrono::duration_cast<Milliseconds>(Clock::now() - audio_begin_).count();
  const auto wanted = static_cast<std::size_t>(passed / 20 * 160);
  if (heard_.size() < wanted) heard_.resize(wanted, ulaw_silence);
  if (sent_.size() < wanted) sent_.resize(wanted, ulaw_silence);
}

std::int64_t CallLog::audio_ms() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::int64_t>(heard_.size() / 8);
}

std::vector<std::uint8_t> CallLog::heard() const {
  const std::lock_guard lock(mutex_);
  return heard_;
}

std::vector<std::uint8_t> CallLog::sent() const {
  const std::lock_guard lock(mutex_);
  return sent_;
}

json::object CallLog::report(bool full) const {
  constexpr std::array sums{"frames_sent", "caller_ms_sent", "agent_ms_received", "agent_ms_played",
                            "agent_ms_flushed"};
  const std::lock_guard lock(mutex_);
  json::object report = fields_;
  json::object totals{{"caller_frames_sent", 0}};
  for (const char* key : sums) {
    double sum = 0;
    for (const json::value& stream : streams_) sum += real_or(stream.as_object(), key, 0.0);
    totals[key] = plain_number(sum);
  }
  totals["caller_frames_sent"] = totals["frames_sent"];
  report["totals"] = std::move(totals);
  report["violations"] = violations_;
  report["warnings"] = warnings_;
  report["streams"] = streams_;
  if (!full) return report;
  report["events"] = events_;
  report["twiml"] = twiml_;
  report["callbacks"] = callbacks_;
  return report;
}

}  // namespace tandem::standins
