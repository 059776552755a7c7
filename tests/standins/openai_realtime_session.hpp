// One session of the OpenAI Realtime API (GA) from the accepted upgrade to the close. Runs in its
// connection's thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evi_dialogue.hpp"
#include "evi_record.hpp"
#include "openai_realtime_plan.hpp"
#include "openai_realtime_shapes.hpp"
#include "websocket.hpp"

namespace tandem::standins {

struct RealtimeOpening {
  std::string id, model, scenario;
};

class RealtimeSession {
 public:
  RealtimeSession(WebSocket socket, RealtimeOpening opening, RealtimeSettings settings,
                  const SpeechData& speech, const Recogniser& recogniser, EviRecord& record,
                  const Wakeup& wakeup, std::function<json::array()> take_orders);

  void run();
  const Dialogue& dialogue() const { return dialogue_; }

 private:
  using Job = std::function<void()>;
  struct Item {
    std::string id;
    json::object content;        // as the wire shows it
    std::int64_t audio_ms = -1;  // of an agent's item that speaks
  };

  // openai_realtime_session.cpp: the connection and what the client says
  void loop();
  void read();
  void run_due();
  void after(std::int64_t ms, Job job) {
    jobs_.emplace(Clock::now() + Milliseconds(ms), std::move(job));
  }
  void handle(const WireEvent& event);
  void handle_text(const std::string& text);
  void handle_event(const std::string& type, const json::object& event);
  void update_session(const json::object& changes);
  void take_audio(const json::object& event);
  void begin();
  json::object session_object() const;
  const json::object& turn_detection() const;
  void send(json::object event);
  void send_error(std::string_view type, std::string_view code, std::string_view message,
                  std::string_view param = {}, std::string_view event_id = {});
  void refuse(std::string_view code, std::string_view message, const json::object& event,
              std::string_view param = {});
  void close(std::uint16_t code, std::string_view reason = {}, std::string_view by = "openai");
  void expire();

  // openai_realtime_items.cpp: the conversation
  Item* find(const std::string& id);
  std::string last_item() const { return items_.empty() ? std::string() : items_.back().id; }
  void add_item(Item item, const std::string& previous);
  void create_item(const json::object& event);
  void truncate_item(const json::object& event);
  void delete_item(const json::object& event);
  void retrieve_item(const json::object& event);
  void hear(const SpeechDetector::Event& event);
  void finish_turn(const SpeechDetector::Event& event);
  void transcribe(const std::string& item, const Utterance& heard, std::int64_t ms);

  // openai_realtime_answer.cpp: what the agent says
  void create_response(const json::object& event);
  void answer_caller();
  void say(const std::vector<std::string>& clips, bool hangs_up, double speed,
           const json::object& wish, std::int64_t delay_ms);
  void say_text(const std::string& text, const json::object& wish);
  void start(RealtimeAnswer answer, const json::object& wish, double speed, std::int64_t delay_ms);
  void send_part(const RealtimePart& part);
  void send_begin();
  void send_audio(const RealtimePart& part);
  void send_tool(const RealtimeTool& tool, std::int64_t index);
  void cut(std::string_view reason);
  void finish(std::string_view status, std::string_view reason);
  void fail();
  json::object response_object(std::string_view status) const;
  json::object spoken_item(std::string_view status) const;
  json::object part_event(std::string_view type) const;

  // openai_realtime_faults.cpp
  void schedule_faults();
  void obey(const json::object& order);
  void faults_after_audio();
  void decorate(json::object& event) const;
  bool fault(std::string_view name) const { return flag_or(settings_.faults, name, false); }
  bool use_up(std::string_view name);
  std::optional<RealtimeTool> scripted_tool();

  WebSocket socket_;
  RealtimeOpening opening_;
  RealtimeSettings settings_;
  const SpeechData& speech_;
  EviRecord& record_;
  const Wakeup& wakeup_;
  std::function<json::array()> take_orders_;
  Dialogue dialogue_;

  std::multimap<TimePoint, Job> jobs_;
  json::object session_;  // as set
  RealtimeFormat input_{false}, output_{false};
  bool over_ = false;
  std::vector<Item> items_;
  std::string speech_item_;  // of the speech going on
  std::optional<SpeechDetector> detector_;
  std::optional<RealtimeAnswer> answer_;
  bool has_greeted_ = false;
  std::string told_;         // the text items of the client
  bool muted_ = false;       // by order: takes everything, says nothing
  bool has_spoken_ = false;  // the voice is fixed
  int answers_started_ = 0;
  std::int64_t chunks_sent_ = 0;
  std::map<std::string, bool> tool_calls_;  // by id: answered
};

}  // namespace tandem::standins
