// What happened in one chat, for the control API. Written by the chat's thread, read by the control
// thread: every member locks.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "evi_history.hpp"
#include "json.hpp"
#include "socket.hpp"
#include "sound.hpp"

namespace tandem::standins {

class EviRecord {
 public:
  EviRecord();

  std::int64_t now_ms() const;
  void event(std::string_view what, json::object detail = {});
  void violation(std::string_view text);
  void set(std::string_view key, json::value value);
  void count_message(const std::string& type);
  // One audio_input: its sound as decoded; `bytes` of payload. Keeps the greatest gap and lead
  // against the clock.
  void received(std::span<const std::int16_t> samples, std::uint32_t rate, std::size_t bytes);
  // Agent audio as sent. `text` names the sentence of a new id.
  void sent(const std::string& id, const std::string& text, std::span<const std::int16_t> samples,
            std::uint32_t rate);

  json::object report(bool full) const;
  // As Hume's history tells it, up to now.
  EviChatHistory history(const std::string& id, const std::string& group_id) const;
  std::string received_wav() const;
  std::string sent_wav() const;

 private:
  void remember(std::string_view what, const json::object& detail);

  mutable std::mutex mutex_;
  TimePoint begin_ = Clock::now();
  json::array told_;  // events of the history
  std::int64_t told_from_ms_ = 0;
  std::optional<std::int64_t> told_to_ms_;
  std::string status_ = "ACTIVE";
  json::object fields_, message_counts_;
  json::array events_, violations_, sent_ids_;
  Samples received_, sent_;
  std::uint32_t received_rate_ = 8000;
  std::uint32_t sent_rate_ = 48000;
  std::int64_t audio_inputs_ = 0;
  TimePoint first_input_{}, last_input_{};
  std::int64_t gap_ms_max_ = 0;
  std::int64_t ahead_ms_max_ = 0;
  std::size_t bytes_min_ = 0, bytes_max_ = 0;
};

}  // namespace tandem::standins
