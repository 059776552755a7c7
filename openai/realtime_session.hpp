// What makes a Realtime session our agent: its settings, its tools, and the words with which it is
// asked to speak. Pure data.
#pragma once

#include <string>
#include <string_view>

#include "bridge/core/http.hpp"
#include "bridge/core/types.hpp"
#include "openai/realtime_messages.hpp"

namespace tandem::openai {

/// The same for every call of the process.
struct RealtimeSettings {
  core::Url
      base_url;  ///< https://api.openai.com; http and ws mean an unencrypted socket, for tests
  core::Secret api_key;
  std::string model;  ///< "gpt-realtime-2.1-mini"; in the URL, cannot change within a session
  std::string instructions;
  std::string greeting;  ///< the first sentence; empty: the agent finds one
  std::string voice;     ///< one of the server's; anything else (of another provider): its default
  bool offers_transfer = false;  ///< the agent may put the caller through to a person
  std::string transcription_model = "gpt-live-transcribe";
};

/// The functions that the agent may call. Names the bridge knows: "hang_up", "transfer".
std::vector<Tool> tools_of(const RealtimeSettings& settings);

/// The settings' voice when the server has it and it sounds right in mu-law, else empty.
std::string_view voice_of(const RealtimeSettings& settings) noexcept;

// Instructions of one response; they replace those of the session, so they repeat them.
/// `greeting`: the words to greet with; empty: its own.
std::string greeting_instructions(std::string_view instructions, std::string_view greeting);
std::string say_instructions(std::string_view instructions, std::string_view text);

/// wss://host[/path]/v1/realtime?model=…
core::Url realtime_url(const RealtimeSettings& settings);

}  // namespace tandem::openai
