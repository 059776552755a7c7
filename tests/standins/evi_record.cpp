#include "evi_record.hpp"

#include <algorithm>

namespace tandem::standins {

namespace {

std::int64_t ms_between(TimePoint from, TimePoint to) {
  return std::chrono::duration_cast<Milliseconds>(to - from).count();
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
  events_.push_back(std::move(entry));
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
