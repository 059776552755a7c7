// One EVI chat from the accepted upgrade to the close (dev.hume.ai, "Chat" WebSocket). Runs in its
// connection's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "evi_dialogue.hpp"
#include "evi_messages.hpp"
#include "evi_record.hpp"
#include "evi_reply.hpp"
#include "websocket.hpp"

namespace tandem::standins {

struct EviOpening {
  std::string chat_id, group_id, scenario;
  bool resumed = false;
  bool unknown_group = false;
  std::size_t next_turn = 0;
  bool verbose_transcription = false;
  json::object session_settings;  // of the query
};

class EviChat {
 public:
  EviChat(WebSocket socket, EviOpening opening, EviSettings settings, const SpeechData& speech,
          const Recogniser& recogniser, EviRecord& record, const Wakeup& wakeup,
          std::function<json::array()> take_orders);

  void run();
  const Dialogue& dialogue() const { return dialogue_; }

 private:
  using Job = std::function<void()>;

  void loop();
  void read();
  void run_due();
  void at(TimePoint due, Job job) { jobs_.emplace(due, std::move(job)); }
  void after(std::int64_t ms, Job job) { at(Clock::now() + Milliseconds(ms), std::move(job)); }

  void open();
  void handle(const WireEvent& event);
  void handle_text(const std::string& text);
  void handle_message(const std::string& type, const json::object& message);
  void apply_settings(const json::object& message);
  void take_audio(const std::string& pcm);
  void undecodable_audio();
  void hear(const SpeechDetector::Event& event);
  void send_interim();
  void finish_turn(const std::string& text, bool from_text, std::int64_t begin_ms,
                   std::int64_t end_ms);
  void interrupt();

  void answer(std::int64_t delay_ms);
  void say(const std::vector<std::string>& clips, bool hang_up, double speed,
           std::int64_t delay_ms);
  void say_text(const std::string& text);
  void start_reply(std::vector<Sentence> sentences, bool hang_up, double speed,
                   std::int64_t delay_ms);
  void send_part(const ReplyPart& part);
  void send_audio(const ReplyPart& part, const Sentence& sentence);
  void send_end();
  void watch_inactivity();

  void send(json::object message);
  void send_error(std::string_view code, std::string_view slug, std::string_view text, bool close);
  void close(std::uint16_t code, std::string_view by = "evi");

  // evi_chat_faults.cpp
  void schedule_faults();
  void obey(const json::object& order);
  void faults_after_audio();
  void decorate(json::object& message);
  std::string broken_base64(std::string text, std::int64_t index) const;
  std::string wav_fault(std::int64_t index) const;
  void send_late_audio(const Reply& dead);
  bool call_tool();

  WebSocket socket_;
  EviOpening opening_;
  EviSettings settings_;
  const SpeechData& speech_;
  EviRecord& record_;
  const Wakeup& wakeup_;
  std::function<json::array()> take_orders_;
  Dialogue dialogue_;

  std::multimap<TimePoint, Job> jobs_;
  std::optional<Reply> reply_;
  std::optional<SpeechDetector> detector_;
  std::uint32_t input_rate_ = 0;
  TimePoint last_activity_{};
  bool asked_if_there_ = false;
  bool undecodable_ = false;
  bool paused_ = false;
  bool over_ = false;
  bool muted_ = false;  // hears everything, answers pings, says nothing any more
  int replies_started_ = 0;
  std::int64_t chunks_sent_ = 0;
  std::int64_t interims_sent_ = 0;
  TimePoint read_again_{};
  std::string awaited_tool_;
  Job after_tool_;
};

}  // namespace tandem::standins
