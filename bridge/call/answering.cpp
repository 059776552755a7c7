#include "bridge/call/answering.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "bridge/call/plain_words.hpp"

namespace tandem::call {

namespace {

constexpr std::array recorded = std::to_array<std::string_view>({
    " leave a message ",
    " leave your message ",
    " leave me a message ",
    " leave your name ",
    " leave us a message ",
    " a brief message ",
    " after the tone ",
    " after the beep ",
    " at the tone ",
    " at the beep ",
    " voicemail ",
    " voice mail ",
    " mailbox ",
    " answering machine ",
    " you have reached ",
    " youve reached ",
    " record your message ",
    " cant take your call ",
    " cannot take your call ",
    " unable to take your ",
    " cant come to the phone ",
    " is not available ",
    " press pound ",
    " deje su mensaje ",
    " deje un mensaje ",
    " despues del tono ",
    " despues de la senal ",
    " buzon de voz ",
    " nach dem signalton ",
    " nach dem ton ",
    " hinterlassen sie ",
    " anrufbeantworter ",
    " apres le bip ",
    " apres le signal sonore ",
    " laissez un message ",
    " laissez votre message ",
    " messagerie ",
});

}  // namespace

std::string_view to_string(AnsweredBy by) noexcept {
  constexpr std::array<std::string_view, 4> names = {"human", "machine", "fax", "unknown"};
  return names[static_cast<std::size_t>(by)];
}

std::string_view to_string(Answering::Step step) noexcept {
  constexpr std::array<std::string_view, 3> names = {"talk", "hang_up", "leave_message"};
  return names[static_cast<std::size_t>(step)];
}

bool sounds_recorded(std::string_view text) {
  const std::string plain = plain_words(text);
  return std::any_of(recorded.begin(), recorded.end(), [&](std::string_view phrase) {
    return plain.find(phrase) != std::string::npos;
  });
}

Answering::Answering(AnsweredPolicy policy, bool has_message) noexcept : policy_(policy) {
  if (policy_ == AnsweredPolicy::leave_message && !has_message) policy_ = AnsweredPolicy::hang_up;
}

void Answering::caller_said(std::string_view text) {
  if (policy_ == AnsweredPolicy::talk || has_person() || !agent_spoke_ || sounds_recorded(text))
    return;
  agent_spoke_ = false;
  ++turns_;
}

std::optional<Answering::Step> Answering::judge(AnsweredBy by) noexcept {
  if (verdict_ == by) return std::nullopt;
  verdict_ = by;
  const bool is_machine = by == AnsweredBy::machine || by == AnsweredBy::fax;
  if (!is_machine || policy_ == AnsweredPolicy::talk || has_person()) return Step::talk;
  const bool can_listen = by == AnsweredBy::machine;
  return can_listen && policy_ == AnsweredPolicy::leave_message ? Step::leave_message
                                                                : Step::hang_up;
}

}  // namespace tandem::call
