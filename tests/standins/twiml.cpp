#include "twiml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>

namespace tandem::standins {

namespace {

struct XmlError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A reader for the XML that TwiML may use: elements, attributes, text, comments, the five entities
// and character references. No DTD, no CDATA-free guessing: whatever else appears is an error.
class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  TwimlElement document() {
    if (text_.starts_with("<?xml")) skip_past("?>");
    skip_misc();
    TwimlElement root = element();
    skip_misc();
    if (!text_.empty()) throw XmlError("content after the root element");
    return root;
  }

 private:
  TwimlElement element() {
    expect('<');
    TwimlElement result;
    result.name = name();
    while (true) {
      const bool blank = skip_blank();
      if (consume("/>")) return result;
      if (consume(">")) break;
      if (!blank) throw XmlError("no blank before an attribute");
      attribute(result);
    }
    content(result);
    trim(result.text);
    return result;
  }

  void attribute(TwimlElement& owner) {
    std::string key = name();
    skip_blank();
    expect('=');
    skip_blank();
    if (text_.empty() || (text_[0] != '"' && text_[0] != '\''))
      throw XmlError("attribute without quotes");
    const char quote = text_[0];
    text_.remove_prefix(1);
    std::string value;
    while (!text_.empty() && text_[0] != quote) {
      if (text_[0] == '<') throw XmlError("'<' in an attribute");
      value += character();
    }
    expect(quote);
    if (first_of(owner.attributes, key)) throw XmlError("attribute twice");
    owner.attributes.emplace_back(std::move(key), std::move(value));
  }

  void content(TwimlElement& owner) {
    while (!text_.empty()) {
      if (consume("<!--")) {
        skip_past("-->");
      } else if (consume("<![CDATA[")) {
        const std::size_t end = text_.find("]]>");
        if (end == std::string_view::npos) throw XmlError("CDATA without end");
        owner.text += text_.substr(0, end);
        text_.remove_prefix(end + 3);
      } else if (consume("</")) {
        if (name() != owner.name) throw XmlError("wrong end tag");
        skip_blank();
        return expect('>');
      } else if (text_[0] == '<') {
        owner.children.push_back(element());
      } else {
        owner.text += character();
      }
    }
    throw XmlError("element without end");
  }

  std::string character() {
    const char c = text_[0];
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') throw XmlError("control character");
    if (c == '&') return entity();
    text_.remove_prefix(1);
    return {c};
  }

  std::string entity() {
    static const std::map<std::string_view, std::string> known{
        {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
    const std::size_t end = text_.find(';');
    if (end == std::string_view::npos || end > 10) throw XmlError("bare '&'");
    const std::string_view word = text_.substr(1, end - 1);
    text_.remove_prefix(end + 1);
    if (word.starts_with('#')) return reference(word.substr(1));
    const auto found = known.find(word);
    if (found == known.end()) throw XmlError("unknown entity");
    return found->second;
  }

  static std::string reference(std::string_view digits) {
    const bool hex = digits.starts_with('x');
    unsigned long point = 0;
    try {
      point = std::stoul(std::string(digits.substr(hex ? 1 : 0)), nullptr, hex ? 16 : 10);
    } catch (const std::exception&) {
      throw XmlError("bad character reference");
    }
    if (point == 0 || point > 0x10ffff) throw XmlError("bad character reference");
    if (point < 0x80) return {static_cast<char>(point)};
    const auto tail = [&](unsigned shift) {
      return static_cast<char>(0x80U | (point >> shift & 0x3fU));
    };
    if (point < 0x800) return {static_cast<char>(0xc0U | point >> 6), tail(0)};
    if (point < 0x10000) return {static_cast<char>(0xe0U | point >> 12), tail(6), tail(0)};
    return {static_cast<char>(0xf0U | point >> 18), tail(12), tail(6), tail(0)};
  }

  std::string name() {
    const auto is_name = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_' || c == ':' || c == '.';
    };
    const auto end = std::find_if_not(text_.begin(), text_.end(), is_name);
    std::string result(text_.begin(), end);
    if (result.empty() || (result[0] >= '0' && result[0] <= '9')) throw XmlError("bad name");
    text_.remove_prefix(result.size());
    return result;
  }

  bool skip_blank() {
    const std::size_t end = std::min(text_.find_first_not_of(" \t\r\n"), text_.size());
    text_.remove_prefix(end);
    return end > 0;
  }

  void skip_misc() {
    skip_blank();
    while (consume("<!--")) {
      skip_past("-->");
      skip_blank();
    }
  }

  void skip_past(std::string_view mark) {
    const std::size_t at = text_.find(mark);
    if (at == std::string_view::npos) throw XmlError("unfinished markup");
    text_.remove_prefix(at + mark.size());
  }

  bool consume(std::string_view mark) {
    if (!text_.starts_with(mark)) return false;
    text_.remove_prefix(mark.size());
    return true;
  }

  void expect(char c) {
    if (text_.empty() || text_[0] != c) throw XmlError(fmt::format("expected '{}'", c));
    text_.remove_prefix(1);
  }

  static void trim(std::string& text) {
    constexpr auto blanks = " \t\r\n";
    text.erase(0, std::min(text.find_first_not_of(blanks), text.size()));
    text.erase(text.find_last_not_of(blanks) + 1);
  }

  std::string_view text_;
};

struct Grammar {
  std::set<std::string_view> attributes;
  std::set<std::string_view> children;
};

// The verbs and nouns a bridge uses, with the attributes of Twilio's TwiML pages.
const std::map<std::string_view, Grammar>& grammar() {
  static const std::map<std::string_view, Grammar> known{
      {"Say", {{"voice", "language", "loop"}, {}}},
      {"Pause", {{"length"}, {}}},
      {"Hangup", {}},
      {"Reject", {{"reason"}, {}}},
      {"Redirect", {{"method"}, {}}},
      {"Dial",
       {{"action", "method", "timeout", "timeLimit", "callerId", "answerOnBridge", "record",
         "hangupOnStar", "ringTone", "trim", "recordingStatusCallback"},
        {"Number", "Sip", "Client", "Conference"}}},
      {"Number",
       {{"statusCallback", "statusCallbackEvent", "statusCallbackMethod", "url", "method",
         "sendDigits"},
        {}}},
      {"Start", {{}, {"Recording", "Stream"}}},
      {"Recording",
       {{"channels", "track", "trim", "recordingStatusCallback", "recordingStatusCallbackMethod",
         "recordingStatusCallbackEvent"},
        {}}},
      {"Connect", {{"action", "method"}, {"Stream"}}},
      {"Stream",
       {{"url", "name", "track", "statusCallback", "statusCallbackMethod"}, {"Parameter"}}},
      {"Parameter", {{"name", "value"}, {}}}};
  return known;
}

const std::set<std::string_view>& top_level() {
  static const std::set<std::string_view> verbs{"Say",      "Pause", "Hangup", "Reject",
                                                "Redirect", "Dial",  "Start",  "Connect"};
  return verbs;
}

void check(const TwimlElement& element, std::vector<std::string>& warnings) {
  const Grammar& allowed = grammar().at(element.name);
  for (const auto& [key, value] : element.attributes) {
    if (!allowed.attributes.contains(key)) {
      warnings.push_back(fmt::format("unknown attribute '{}' of <{}>", key, element.name));
    }
  }
  for (const TwimlElement& child : element.children) {
    if (allowed.children.contains(child.name) && grammar().contains(child.name)) {
      check(child, warnings);
    } else if (!allowed.children.contains(child.name)) {
      warnings.push_back(fmt::format("<{}> is not allowed in <{}>", child.name, element.name));
    }
  }
}

}  // namespace

TwimlDocument parse_twiml(std::string_view body) {
  TwimlDocument document;
  if (body.size() > 64 * 1024) {
    document.error = 11750;
    document.reason = "more than 64 kB";
    return document;
  }
  try {
    if (!is_utf8(body)) throw XmlError("not UTF-8");
    TwimlElement root = XmlReader(body).document();
    if (root.name != "Response") throw XmlError("the root is not <Response>");
    if (!root.text.empty()) throw XmlError("text in <Response>");
    for (TwimlElement& verb : root.children) {
      if (top_level().contains(verb.name)) {
        check(verb, document.warnings);
        document.verbs.push_back(std::move(verb));
      } else {
        document.warnings.push_back(fmt::format("unknown verb <{}>", verb.name));
      }
    }
  } catch (const XmlError& error) {
    document.error = 12100;
    document.reason = error.what();
  }
  return document;
}

}  // namespace tandem::standins
