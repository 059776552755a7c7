// One connection of Gemini Live from the accepted upgrade to the close (ai.google.dev, "Live API
// WebSockets reference"). Runs in its connection's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "evi_dialogue.hpp"
#include "evi_record.hpp"
#include "gemini_live_plan.hpp"
#include "gemini_live_schema.hpp"
#include "websocket.hpp"

namespace tandem::standins {

// What a session handle stands for.
struct LiveMemory {
  std::string scenario;
  std::size_t next_turn = 0;
  bool greeted = false;
  std::shared_ptr<int> connections;  // that are open now; under the lock of LiveHandles
};

// The handles of all sessions. Safe from any thread.
class LiveHandles {
 public:
  std::string issue(const LiveMemory& memory);
  std::optional<LiveMemory> find(const std::string& handle) const;
  // False when another connection of the same session is still open.
  bool enter(const LiveMemory& memory);
  void leave(const LiveMemory& memory);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, LiveMemory> memories_;
};

struct LiveOpening {
  std::string id;
  std::string scenario;
  std::optional<LiveRefusal> refusal;  // known before the first message: the key
};

class LiveSession {
 public:
  LiveSession(WebSocket socket, LiveOpening opening, LiveSettings settings,
              const SpeechData& speech, const Recogniser& recogniser, LiveHandles& handles,
              EviRecord& record, const Wakeup& wakeup, std::function<json::array()> take_orders);

  void run();
  const Dialogue& dialogue() const { return *dialogue_; }

 private:
  using Job = std::function<void()>;
  struct ToolCall {
    std::string name;
    bool blocks = false;
  };

  void loop();
  void read();
  void run_due();
  void after(std::int64_t ms, Job job) {
    jobs_.emplace(Clock::now() + Milliseconds(ms), std::move(job));
  }

  // gemini_live_session.cpp: the connection and what the client says
  void handle(const WireEvent& event);
  void handle_text(const std::string& text);
  void handle_setup(const json::object& setup);
  bool remember(const std::string& handle);
  void begin();
  void start_clock();
  void handle_content(const json::object& content);
  void seed(const json::object& content);
  void handle_realtime(const json::object& input);
  void take_audio(const json::object& blob);
  void hear(const SpeechDetector::Event& event);
  void handle_tool_response(const json::object& response);
  void send(json::object message);
  void send_content(json::object content) { send({{"serverContent", std::move(content)}}); }
  void refuse(const LiveRefusal& refusal);
  void close(std::uint16_t code, std::string_view reason = {}, std::string_view by = "gemini");

  // gemini_live_turn.cpp: what the model says
  void transcribe(const std::string& text);
  void answer();
  void prompt(const std::string& text);
  void say(const std::vector<std::string>& clips, bool hangs_up, double speed,
           std::int64_t delay_ms);
  void say_text(const std::string& text);
  void start_turn(std::vector<SpokenClip> clips, bool hangs_up, double speed,
                  std::int64_t delay_ms);
  void send_part(LivePart part);
  void send_audio(const LivePart& part);
  void turn_over();
  void interrupt();
  void call_tool(const std::string& name, json::object arguments, bool blocks);
  void offer_handle();

  // gemini_live_faults.cpp
  void schedule_faults();
  void obey(const json::object& order);
  void faults_after_audio();
  void decorate(json::object& message) const;
  json::array audio_parts(std::span<const std::int16_t> samples) const;
  bool fault(std::string_view name) const { return flag_or(settings_.faults, name, false); }
  bool call_scripted_tool();
  bool stays_silent();
  void caller_over_tool();

  WebSocket socket_;
  LiveOpening opening_;
  LiveSettings settings_;
  const SpeechData& speech_;
  const Recogniser& recogniser_;
  LiveHandles& handles_;
  EviRecord& record_;
  const Wakeup& wakeup_;
  std::function<json::array()> take_orders_;

  LiveMemory memory_;
  std::optional<Dialogue> dialogue_;
  std::multimap<TimePoint, Job> jobs_;
  bool has_setup_ = false;
  bool ready_ = false;
  bool over_ = false;
  bool entered_ = false;
  bool seeding_ = false;  // the next clientContent up to turnComplete is history

  std::optional<SpeechDetector> detector_;
  EarSettings ear_;
  std::uint32_t input_rate_ = 0;
  bool interrupts_ = true;
  bool writes_input_ = false, writes_output_ = false;

  std::optional<LiveTurn> turn_;
  bool owes_answer_ = false;
  bool muted_ = false;  // by order: takes everything, says nothing
  int turns_started_ = 0;
  std::int64_t chunks_sent_ = 0;
  std::map<std::string, ToolCall> pending_tools_;
  std::int64_t tokens_ = 0;  // of the context so far
};

}  // namespace tandem::standins
