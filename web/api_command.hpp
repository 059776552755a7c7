// Commands of the HTTP API to a running call: POST /api/v1/calls/{id}/hangup, /say, /context,
// /pause, /resume, /transfer. From request to input of the call, or why not. Pure. A command is
// accepted, not done: what became of it is an event of the call.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/call/call.hpp"
#include "bridge/core/http.hpp"
#include "bridge/core/types.hpp"
#include "web/answers.hpp"

namespace tandem::web {

/// Characters (code points) of the text of /say, /context and the note of /transfer.
inline constexpr std::size_t command_characters_max = 2000;

struct CallCommand {
  core::CallId call_id;
  std::string_view name;  ///< "hangup", "say", ...; static storage
  call::Input input;
};

/// What a command says; members that were not given are empty.
struct CommandWords {
  std::string text;
  std::string to;
  std::string note;
};

/// The command `name` ("hangup", "say", "context", "pause", "resume", "transfer"; nothing else), or
/// what is wrong with its words, as below. Used for every way on which commands come.
std::variant<CallCommand, std::vector<ParameterError>> make_command(std::string_view name,
                                                                    core::CallId call_id,
                                                                    CommandWords words,
                                                                    std::string_view by);

/// The command of the last part of the address. Problems: 415 for a body that is not declared as
/// JSON, 400 for one that is not as web/json_body.hpp wants it, 422 for one that is not as below.
///   say, context  {"text": "..."}     at most command_characters_max, not empty, no control
///                                     characters but line breaks and tabs
///   transfer      {"to": "+...", "note": "..."}   E.164; the note is optional
/// The others take no body (an empty object is fine). Unknown members are refused.
std::variant<CallCommand, core::HttpResponse> parse_command(const core::HttpRequest& request,
                                                            const std::string& call_id,
                                                            std::string_view by);

/// 202
core::HttpResponse command_accepted(const CallCommand& command);
/// 404: there is none, or it is over.
core::HttpResponse no_running_call();

}  // namespace tandem::web
