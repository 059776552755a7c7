#include "codec/json_text.hpp"
#include "gemini/live_messages.hpp"

namespace tandem::gemini {

namespace {

/// `"key":"value"` with a comma in front unless it opens an object.
void add_text(std::string& out, std::string_view key, std::string_view value) {
  if (out.back() != '{') out += ',';
  codec::append_json_string(out, key);
  out += ':';
  codec::append_json_string(out, value);
}

void add_generation_config(const LiveSetup& setup, std::string& out) {
  out += R"(,"generationConfig":{"responseModalities":["AUDIO"])";
  if (!setup.voice.empty() || !setup.language.empty()) {
    out += R"(,"speechConfig":{)";
    if (!setup.voice.empty()) {
      out += R"("voiceConfig":{"prebuiltVoiceConfig":{)";
      add_text(out, "voiceName", setup.voice);
      out += "}}";
    }
    if (!setup.language.empty()) add_text(out, "languageCode", setup.language);
    out += '}';
  }
  out += '}';
}

// hang_up blocks, so that the model says nothing after its goodbye; transfer does not, so that it
// can go on talking while the line is being put through.
constexpr std::string_view hang_up_declaration =
    R"({"name":"hang_up","description":"Ends the phone call. Say goodbye first, then call this )"
    R"(once and say nothing more.","behavior":"BLOCKING","parametersJsonSchema":)"
    R"({"type":"object","properties":{"reason":{"type":"string","enum":)"
    R"(["done","wrong_number","abuse"]}},"additionalProperties":false}})";
constexpr std::string_view transfer_declaration =
    R"({"name":"transfer","description":"Puts the caller through to a person. Tell the caller )"
    R"(first, then call this once.","behavior":"NON_BLOCKING","parametersJsonSchema":)"
    R"({"type":"object","properties":{"note":{"type":"string","description":)"
    R"("One sentence for the person who takes the call."}},"additionalProperties":false}})";

void add_tools(const LiveSetup& setup, std::string& out) {
  out += R"(,"tools":[{"functionDeclarations":[)";
  out += hang_up_declaration;
  if (setup.offers_transfer) {
    out += ',';
    out += transfer_declaration;
  }
  out += "]}]";
}

/// A short word must count ("yes", a digit), so both sensitivities are high and speech counts after
/// 60 ms; half a second of silence ends a turn. Only speech is kept in the context: silence is
/// billed like speech.
constexpr std::string_view realtime_input =
    R"(,"realtimeInputConfig":{"automaticActivityDetection":{"disabled":false,)"
    R"("startOfSpeechSensitivity":"START_SENSITIVITY_HIGH",)"
    R"("endOfSpeechSensitivity":"END_SENSITIVITY_HIGH",)"
    R"("prefixPaddingMs":60,"silenceDurationMs":500},)"
    R"("activityHandling":"START_OF_ACTIVITY_INTERRUPTS",)"
    R"("turnCoverage":"TURN_INCLUDES_ONLY_ACTIVITY"})";

/// Lifts the 15-minute limit of a session, and bounds its cost: every turn pays for the whole
/// context again.
constexpr std::string_view compression = R"(,"contextWindowCompression":{"triggerTokens":"40000",)"
                                         R"("slidingWindow":{"targetTokens":"20000"}})";

void add_turn(std::string_view role, std::string_view text, std::string& out) {
  if (out.back() != '[') out += ',';
  out += '{';
  add_text(out, "role", role);
  out += R"(,"parts":[{)";
  add_text(out, "text", text);
  out += "}]}";
}

void add_lines(std::span<const call::SpokenLine> lines, std::string& out) {
  for (const auto& line : lines) {
    add_turn(line.speaker == core::Speaker::user ? "user" : "model", line.text, out);
  }
}

void end_turns(bool complete, std::string& out) {
  out += R"(],"turnComplete":)";
  out += complete ? "true}}" : "false}}";
}

constexpr std::string_view turns_head = R"({"clientContent":{"turns":[)";

/// At most tool_result_bytes_max bytes, whole characters.
std::string_view shortened(std::string_view text) {
  if (text.size() <= tool_result_bytes_max) return text;
  std::size_t end = tool_result_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace

void encode_setup(const LiveSetup& setup, std::string& out) {
  out += R"({"setup":{)";
  const bool is_resource_name = setup.model.find('/') != std::string_view::npos;
  add_text(out, "model", (is_resource_name ? "" : "models/") + std::string(setup.model));
  add_generation_config(setup, out);
  if (!setup.system_instruction.empty()) {
    out += R"(,"systemInstruction":{"parts":[{)";
    add_text(out, "text", setup.system_instruction);
    out += "}]}";
  }
  add_tools(setup, out);
  out += realtime_input;
  out += R"(,"inputAudioTranscription":{)";
  if (!setup.language.empty()) {
    out += R"("languageCodes":[)";
    codec::append_json_string(out, setup.language);
    out += ']';
  }
  out += R"(},"outputAudioTranscription":{},"sessionResumption":{)";
  if (!setup.handle.empty()) add_text(out, "handle", setup.handle);
  out += '}';
  out += compression;
  if (setup.seeds_history) out += R"(,"historyConfig":{"initialHistoryInClientContent":true})";
  out += "}}";
}

void encode_content(std::string_view text, bool asks, std::string& out) {
  out += turns_head;
  add_turn("user", text, out);
  end_turns(asks, out);
}

void encode_history(std::span<const call::SpokenLine> lines, std::string& out) {
  BRIDGE_ASSERT(!lines.empty());
  out += turns_head;
  if (lines.front().speaker == core::Speaker::assistant) add_turn("user", "[call connected]", out);
  add_lines(lines, out);
  end_turns(true, out);
}

void encode_missed(std::span<const call::SpokenLine> lines, std::string& out) {
  BRIDGE_ASSERT(!lines.empty());
  out += turns_head;
  add_lines(lines, out);
  end_turns(false, out);
}

void encode_realtime_text(std::string_view text, std::string& out) {
  out += R"({"realtimeInput":{)";
  add_text(out, "text", text);
  out += "}}";
}

void encode_tool_response(std::string_view id, std::string_view name, bool ok,
                          std::string_view content, LiveScheduling scheduling, std::string& out) {
  out += R"({"toolResponse":{"functionResponses":[{)";
  add_text(out, "id", id);
  add_text(out, "name", name);
  out += R"(,"response":{)";
  add_text(out, ok ? "output" : "error", shortened(content));
  out += '}';
  add_text(out, "scheduling", scheduling == LiveScheduling::silent ? "SILENT" : "WHEN_IDLE");
  out += "}]}}";
}

}  // namespace tandem::gemini
