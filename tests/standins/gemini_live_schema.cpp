#include "gemini_live_schema.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string_view>
#include <vector>

namespace tandem::standins {

namespace {

// A type is "text", "flag", "number", "int64" (a number as text), "any", "@Name" (an object of this
// table), "#Name" (a word of the table below); "[" in front of it: a list of these.
using Keys = std::map<std::string_view, std::string_view>;

using Objects = std::map<std::string_view, Keys>;

const Objects& objects_of_setup() {
  static const Objects table{
      {"Setup",
       {{"model", "text"},
        {"generationConfig", "@GenerationConfig"},
        {"systemInstruction", "@Content"},
        {"tools", "[@Tool"},
        {"realtimeInputConfig", "@RealtimeInputConfig"},
        {"sessionResumption", "@SessionResumption"},
        {"contextWindowCompression", "@Compression"},
        {"inputAudioTranscription", "@Transcription"},
        {"outputAudioTranscription", "@Transcription"},
        {"proactivity", "@Proactivity"},
        {"historyConfig", "@History"},
        {"explicitVadSignal", "flag"},
        {"avatarConfig", "any"},
        {"safetySettings", "[any"},
        {"labels", "any"}}},
      {"GenerationConfig",
       {{"responseModalities", "[#Modality"},
        {"speechConfig", "@Speech"},
        {"temperature", "number"},
        {"topP", "number"},
        {"topK", "number"},
        {"maxOutputTokens", "number"},
        {"seed", "number"},
        {"thinkingConfig", "any"},
        {"enableAffectiveDialog", "flag"},
        {"mediaResolution", "text"},
        {"candidateCount", "number"},
        {"stopSequences", "[text"}}},
      {"Speech",
       {{"voiceConfig", "@Voice"}, {"languageCode", "text"}, {"multiSpeakerVoiceConfig", "any"}}},
      {"Voice", {{"prebuiltVoiceConfig", "@PrebuiltVoice"}, {"replicatedVoiceConfig", "any"}}},
      {"PrebuiltVoice", {{"voiceName", "text"}}},
      {"Tool", {{"functionDeclarations", "[@Function"}, {"googleSearch", "any"}}},
      {"Function",
       {{"name", "text"},
        {"description", "text"},
        {"behavior", "#Behavior"},
        {"parameters", "any"},
        {"parametersJsonSchema", "any"},
        {"response", "any"},
        {"responseJsonSchema", "any"}}},
      {"RealtimeInputConfig",
       {{"automaticActivityDetection", "@Vad"},
        {"activityHandling", "#ActivityHandling"},
        {"turnCoverage", "#TurnCoverage"}}},
      {"Vad",
       {{"disabled", "flag"},
        {"startOfSpeechSensitivity", "#StartSensitivity"},
        {"endOfSpeechSensitivity", "#EndSensitivity"},
        {"prefixPaddingMs", "number"},
        {"silenceDurationMs", "number"}}},
      {"SessionResumption", {{"handle", "text"}}},
      {"Compression", {{"triggerTokens", "int64"}, {"slidingWindow", "@SlidingWindow"}}},
      {"SlidingWindow", {{"targetTokens", "int64"}}},
      {"Transcription",
       {{"languageCodes", "[text"},
        {"languageAuto", "any"},
        {"languageHints", "any"},
        {"customVocabulary", "[text"},
        {"adaptationPhrases", "[text"},
        {"wordTimestamp", "flag"},
        {"diarization", "flag"}}},
      {"Proactivity", {{"proactiveAudio", "flag"}, {"proactiveVideo", "flag"}}},
      {"History", {{"initialHistoryInClientContent", "flag"}}}};
  return table;
}

const Objects& objects_of_talk() {
  static const Objects table{{"Message",
                              {{"setup", "@Setup"},
                               {"clientContent", "@ClientContent"},
                               {"realtimeInput", "@RealtimeInput"},
                               {"toolResponse", "@ToolResponse"},
                               {"contextUpdate", "any"}}},
                             {"Content", {{"role", "text"}, {"parts", "[@Part"}}},
                             {"Part",
                              {{"text", "text"},
                               {"inlineData", "@Blob"},
                               {"thought", "flag"},
                               {"functionCall", "any"},
                               {"functionResponse", "any"}}},
                             {"Blob", {{"mimeType", "text"}, {"data", "text"}}},
                             {"ClientContent", {{"turns", "[@Content"}, {"turnComplete", "flag"}}},
                             {"RealtimeInput",
                              {{"audio", "@Blob"},
                               {"text", "text"},
                               {"audioStreamEnd", "flag"},
                               {"activityStart", "any"},
                               {"activityEnd", "any"},
                               {"video", "@Blob"}}},
                             {"ToolResponse", {{"functionResponses", "[@FunctionResponse"}}},
                             {"FunctionResponse",
                              {{"id", "text"},
                               {"name", "text"},
                               {"response", "any"},
                               {"scheduling", "#Scheduling"},
                               {"willContinue", "flag"},
                               {"parts", "any"}}}};
  return table;
}

const Keys& keys_of(std::string_view object) {
  const auto known = objects_of_setup().find(object);
  return known != objects_of_setup().end() ? known->second : objects_of_talk().at(object);
}

const std::map<std::string_view, std::set<std::string_view>>& words() {
  static const std::map<std::string_view, std::set<std::string_view>> table{
      {"Modality", {"AUDIO"}},
      {"Behavior", {"BLOCKING", "NON_BLOCKING"}},
      {"ActivityHandling", {"START_OF_ACTIVITY_INTERRUPTS", "NO_INTERRUPTION"}},
      {"TurnCoverage",
       {"TURN_INCLUDES_ONLY_ACTIVITY", "TURN_INCLUDES_ALL_INPUT",
        "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO"}},
      {"StartSensitivity", {"START_SENSITIVITY_HIGH", "START_SENSITIVITY_LOW"}},
      {"EndSensitivity", {"END_SENSITIVITY_HIGH", "END_SENSITIVITY_LOW"}},
      {"Scheduling", {"SILENT", "WHEN_IDLE", "INTERRUPT"}}};
  return table;
}

const std::set<std::string_view> models{"models/gemini-3.8-live",
                                        "models/gemini-3.8-live-extended-thinking"};

const std::set<std::string_view> voices{
    "Achernar", "Achird",      "Algenib", "Algieba",      "Alnilam",   "Aoede",
    "Autonoe",  "Callirrhoe",  "Charon",  "Despina",      "Enceladus", "Erinome",
    "Fenrir",   "Gacrux",      "Iapetus", "Kore",         "Laomedeia", "Leda",
    "Orus",     "Pulcherrima", "Puck",    "Rasalgethi",   "Sadachbia", "Sadaltager",
    "Schedar",  "Sulafat",     "Umbriel", "Vindemiatrix", "Zephyr",    "Zubenelgenubi"};

// Google names the path of a field in snake case.
std::string snake(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      out += '_';
      out += static_cast<char>(c + 32);
    } else {
      out += c;
    }
  }
  return out;
}

std::string unknown_name(std::string_view key, const std::string& path) {
  const std::string place = path.empty() ? "" : fmt::format(" at '{}'", path);
  return fmt::format("Invalid JSON payload received. Unknown name \"{}\"{}: Cannot find field.",
                     key, place);
}

std::string invalid_value(const std::string& path, const json::value& value) {
  return fmt::format("Invalid value at '{}', {}", path, json::serialize(value));
}

std::string problem_of(std::string_view type, const json::value& value, const std::string& path);

std::string problem_of_object(std::string_view name, const json::object& object,
                              const std::string& path) {
  const Keys& keys = keys_of(name);
  for (const auto& [key, value] : object) {
    const auto known = keys.find(std::string_view(key));
    if (known == keys.end()) return unknown_name(key, path);
    const std::string below = (path.empty() ? "" : path + ".") + snake(key);
    std::string problem = problem_of(known->second, value, below);
    if (!problem.empty()) return problem;
  }
  return {};
}

bool is_plain(std::string_view type, const json::value& value) {
  if (type == "text") return value.is_string();
  if (type == "flag") return value.is_bool();
  if (type == "number") return value.is_number();
  if (type != "int64") return true;
  return value.is_string() && !value.as_string().empty() &&
         value.as_string().find_first_not_of("0123456789") == json::string::npos;
}

std::string problem_of(std::string_view type, const json::value& value, const std::string& path) {
  const std::string_view rest = type.substr(1);
  if (type[0] == '[') {
    if (!value.is_array()) return invalid_value(path, value);
    for (const json::value& entry : value.as_array()) {
      std::string problem = problem_of(rest, entry, path + "[]");
      if (!problem.empty()) return problem;
    }
    return {};
  }
  if (type[0] == '@') {
    if (!value.is_object()) return invalid_value(path, value);
    return problem_of_object(rest, value.as_object(), path);
  }
  if (type[0] == '#') {
    const bool is_word =
        value.is_string() && words().at(rest).contains(std::string_view(value.as_string()));
    return is_word ? "" : invalid_value(path, value);
  }
  return is_plain(type, value) ? "" : invalid_value(path, value);
}

constexpr std::string_view invalid_argument = "Request contains an invalid argument.";

// `role` of a turn; gemini-3.x refuses "system".
bool has_unknown_role(const json::object& content) {
  for (const json::value& turn : array_or_empty(content, "turns")) {
    const std::string role = text_or(turn.as_object(), "role", "user");
    if (role != "user" && role != "model") return true;
  }
  return false;
}

}  // namespace

std::optional<LiveRefusal> live_message_problem(const json::object& message) {
  const std::string problem = problem_of_object("Message", message, "");
  if (!problem.empty()) return LiveRefusal{1007, problem};
  if (message.size() != 1) return LiveRefusal{1007, std::string(invalid_argument)};
  if (has_unknown_role(object_or_empty(message, "clientContent"))) {
    return LiveRefusal{1007, "Please use a valid role: user, model."};
  }
  return std::nullopt;
}

std::optional<LiveRefusal> live_setup_problem(const json::object& setup) {
  const std::string model = text_or(setup, "model", "");
  if (!models.contains(model)) {
    return LiveRefusal{1008, fmt::format("{} is not found for API version v1beta, or is not "
                                         "supported for bidiGenerateContent. Call ListModels to "
                                         "see the list of available models.",
                                         model)};
  }
  const json::object& generation = object_or_empty(setup, "generationConfig");
  const json::object& speech = object_or_empty(generation, "speechConfig");
  const json::object& voice =
      object_or_empty(object_or_empty(speech, "voiceConfig"), "prebuiltVoiceConfig");
  const bool thinks = model == "models/gemini-3.8-live-extended-thinking";
  const bool is_refused =
      (has(generation, "thinkingConfig") && !thinks) || has(generation, "enableAffectiveDialog") ||
      !flag_or(object_or_empty(setup, "proactivity"), "proactiveAudio", true) ||
      (has(voice, "voiceName") && !voices.contains(text_or(voice, "voiceName", "")));
  if (is_refused) return LiveRefusal{1007, std::string(invalid_argument)};
  return std::nullopt;
}

}  // namespace tandem::standins
