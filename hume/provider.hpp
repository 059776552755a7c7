// Hume EVI as a voice provider (seam 2, bridge/call/voice.hpp): one call over several chats. Speaks
// the chat WebSocket of the Speech-to-speech API; the key travels in a header, never in a URL
// (E28). Pure: no sockets, no clock. Not here: history over REST, webhooks, the control plane, and
// the fence that drops audio of an interrupted utterance (the call's, by utterance id).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/call/voice.hpp"
#include "hume/errors.hpp"
#include "hume/messages.hpp"

namespace tandem::hume {

/// Asked of an agent that owes an answer. EVI echoes it as a typed user_message, and its history
/// keeps it.
inline constexpr std::string_view nudge_text = "(The caller is still waiting for your answer.)";

/// The same for every call of the process.
struct EviSettings {
  core::Url base_url;  ///< https://api.hume.ai; http and ws mean an unencrypted socket, for tests
  core::Secret api_key;
  std::string config_id;              ///< empty: EVI 3 with default voice and prompt
  std::optional<int> config_version;  ///< none: the newest
  bool keeps_emotions = false;        ///< emotion scores of messages are passed on
};

/// Of one call. May hold personal data, and therefore travels in a message, never in the URL. All
/// may be empty.
struct EviPersona {
  std::string system_prompt;
  std::string context;  ///< for the whole chat
  std::vector<std::pair<std::string, VariableValue>>
      variables;  ///< fill the prompt's {{name}} places
};

class EviProvider final : public call::VoiceProvider {
 public:
  explicit EviProvider(std::shared_ptr<const EviSettings> settings, EviPersona persona = {});

  std::string_view name() const noexcept override { return "hume"; }
  const call::VoiceCapabilities& capabilities() const noexcept override;

  call::VoiceEndpoint open(bool resume) override;
  void set_brief(std::string_view text) override;
  void set_history(std::vector<call::SpokenLine> lines) override;
  void adopt(core::ChatGroupId group) override { chat_group_id_ = group.str(); }
  void encode_opening(std::vector<std::string>& messages) override;

  /// VoiceAudio::samples and ::utterance live until the next decode() of any EviProvider on the
  /// same thread.
  core::Result<core::Done, call::VoiceFailure> decode(
      std::string_view text, std::vector<call::VoiceEvent>& events) override;

  void encode_audio(std::span<const std::uint8_t> ulaw, std::string& out) override;
  void encode_say(std::string_view text, std::string& out) override;
  void encode_context(std::string_view text, std::string& out) override;
  void encode_text(std::string_view text, std::string& out) override;
  void encode_pause(bool paused, std::string& out) override;
  void encode_greeting(std::string&) override {}
  void encode_nudge(std::string& out) override;
  void encode_heard(std::string_view, std::chrono::milliseconds, std::chrono::milliseconds,
                    std::string&) override {}
  void encode_tool_result(const call::VoiceToolCall& call, bool ok, std::string_view content,
                          std::string& out) override;

  call::VoiceVerdict classify_refusal(int status) const override;
  call::VoiceVerdict classify_close(std::uint16_t code, std::string_view reason) const override;

 private:
  using Events = std::vector<call::VoiceEvent>;
  struct Utterance {
    std::string id;
    std::int64_t next_index = 0;
  };

  void handle(const ChatMetadata& message, Events& events);
  void handle(const UserMessage& message, Events& events);
  void handle(const AssistantMessage& message, Events& events);
  void handle(const AssistantProsody& message, Events& events);
  void handle(const AudioOutput& message, Events& events);
  void handle(const AssistantEnd& message, Events& events);
  void handle(const UserInterruption& message, Events& events);
  void handle(const ToolCall& message, Events& events);
  void handle(const ToolResponse& message, Events& events);
  void handle(const ToolError& message, Events& events);
  void handle(const ErrorMessage& message, Events& events);
  void handle(const SettingsEcho&, Events&) {}
  void handle(const UnknownMessage&, Events&) {}

  std::string chat_target() const;
  void add_context(std::string_view text);
  Utterance& utterance_of(std::string_view id);
  void hang_up(Events& events);
  void talk_goes_on() noexcept;
  call::VoiceSeverity once_or(const ErrorRule& rule, call::VoiceSeverity severity) const noexcept;

  std::shared_ptr<const EviSettings> settings_;
  EviPersona persona_;
  std::string chat_group_id_;     ///< of the newest chat; what a resume names
  std::string context_;           ///< persistent context of the chat: persona, history, whispers
  std::size_t context_kept_ = 0;  ///< of it, from the front, that is never forgotten
  int lost_to_errors_ = 0;        ///< connections of this call that ended in an error marked `once`

  // Of the present connection; open() starts them anew.
  bool resuming_ = false;
  bool ready_ = false;
  bool hanging_up_ = false;
  const ErrorRule* last_error_ = nullptr;
  std::array<Utterance, 4> utterances_;  ///< the latest, for the index; replaced in turn
  std::size_t next_utterance_ = 0;
};

}  // namespace tandem::hume
