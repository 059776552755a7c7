// The built-in receptionist: what an agent is told and how it greets when AGENT_PROMPT_FILE and
// AGENT_GREETING are unset. For providers without a stored configuration; the same for all of them.
// In English. Not a template: nothing is filled in.
#pragma once

#include <string_view>

namespace tandem {

/// Instructions for a speech-to-speech agent with the tools `hang_up` and perhaps `transfer`.
std::string_view receptionist_prompt() noexcept;

/// The first words of a call, when nothing else is configured.
std::string_view receptionist_greeting() noexcept;

}  // namespace tandem
