#include "bridge/switchboard.hpp"

#include <algorithm>

#include "bridge/bridging_clip.hpp"
#include "bridge/clock.hpp"
#include "bridge/random_id.hpp"
#include "bridge/takeover.hpp"
#include "bridge/twilio/media_stream.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

/// Beyond the cap that the call keeps itself: the disclosure before it and the goodbye after it.
constexpr auto cap_margin = 60s;
/// A hang-up takes effect within a second or two; an apology is spoken first.
constexpr auto confirm_after_hang_up = 10s;
constexpr auto confirm_after_apology = 30s;

call::AnsweredPolicy answered_policy(AnsweringMachine setting) noexcept {
  switch (setting) {
    case AnsweringMachine::talk:
      return call::AnsweredPolicy::talk;
    case AnsweringMachine::hang_up:
      return call::AnsweredPolicy::hang_up;
    case AnsweringMachine::leave_message:
      break;
  }
  return call::AnsweredPolicy::leave_message;
}

}  // namespace

Switchboard::Switchboard(Parts parts) : parts_(std::move(parts)), health_(parts_.voices.size()) {}

bool Switchboard::takes_calls() {
  std::size_t calls = 0;
  for (const auto& shard : parts_.shards) calls += shard->calls();
  const bool is_full = calls >= static_cast<std::size_t>(parts_.config.max_calls);
  const bool has_room = parts_.has_room();
  const bool takes = !is_draining_ && !is_full && has_room;
  if (!takes) {
    const auto why = is_draining_ ? "draining" : is_full ? "full" : "spool_full";
    parts_.log.warn("call_refused", {{"why", why}});
  }
  return takes;
}

net::Shard& Switchboard::quietest_shard() {
  return **std::min_element(parts_.shards.begin(), parts_.shards.end(),
                            [](const auto& a, const auto& b) { return a->calls() < b->calls(); });
}

call::CallSettings Switchboard::settings_of(const twilio::VoiceWebhook& webhook,
                                            const core::CallId& id) const {
  const Config& config = parts_.config;
  call::CallSettings settings;
  settings.id = id;
  settings.carrier_call_id = webhook.call_id;
  settings.account_id = webhook.account_id;
  settings.direction = webhook.direction;
  settings.from = webhook.from;
  settings.to = webhook.to;
  settings.node = parts_.node;
  settings.time_limit = config.call_time_limit;
  settings.transfer_to = config.fallback_number;
  settings.opt_out_digit = config.opt_out_digit;
  settings.keys_reach_agent = config.dtmf_to_agent;
  settings.one_moment =
      config.bridging_clip.empty() ? built_in_bridging_clip() : std::span(config.bridging_clip);
  parts_.tune(settings);
  return settings;
}

std::vector<VoiceSource> Switchboard::voices_for_next_call() {
  std::vector<VoiceSource> voices;
  for (const auto index : health_.order(clock_now())) voices.push_back(parts_.voices[index]);
  return voices;
}

Switchboard::Entry& Switchboard::begin(const twilio::VoiceWebhook& webhook,
                                       const store::EarlierCall* earlier) {
  if (const Entry* before = find(webhook.call_id)) watch_.forget(before->id);
  auto settings = settings_of(webhook, random_call_id());
  auto voices = voices_for_next_call();
  if (earlier != nullptr) {
    settings.purpose = earlier->purpose;
    settings.time_limit = time_left(settings.time_limit, earlier->first_started, wall_now());
    settings.previous = previous_call(*earlier);
    // Another provider does not know the chat; it gets the history.
    if (to_string(voices.front().name) != earlier->provider) settings.previous->chat_group_id = {};
  }
  return announce(webhook, std::move(settings), std::move(voices));
}

Switchboard::Entry& Switchboard::begin_placed(const twilio::VoiceWebhook& webhook,
                                              const core::CallId& id, const PlacedCall& placed) {
  auto settings = settings_of(webhook, id);
  settings.direction = core::Direction::outbound;
  settings.purpose = placed.purpose;
  settings.brief = placed.message;
  settings.answered_policy = answered_policy(parts_.config.outbound.answering_machine);
  settings.machine_message = parts_.config.outbound.machine_message;
  return announce(webhook, std::move(settings), voices_for_next_call());
}

Switchboard::Entry& Switchboard::announce(const twilio::VoiceWebhook& webhook,
                                          call::CallSettings settings,
                                          std::vector<VoiceSource> voices) {
  Entry entry;
  entry.id = settings.id;
  entry.carrier_call_id = webhook.call_id;
  entry.direction = settings.direction;
  entry.from = webhook.from;
  entry.to = webhook.to;
  entry.shard = &quietest_shard();
  watch_.began(entry.id, entry.carrier_call_id, clock_now() + settings.time_limit + cap_margin);
  parts_.log.info("call_announced", {{"call_id", entry.id},
                                     {"direction", to_string(entry.direction)},
                                     {"from", settings.from},
                                     {"to", settings.to}});
  entry.shard->announce(entry.id, [settings, voices, wall = wall_now()](core::TimePoint now) {
    std::vector<std::unique_ptr<call::VoiceProvider>> agents;
    for (const auto& voice : voices) agents.push_back(voice.make());
    return std::make_unique<call::Call>(settings, std::make_unique<twilio::MediaStreamCodec>(),
                                        std::move(agents), now, wall);
  });
  return directory_.add(std::move(entry), clock_now());
}

const CallDirectory::StreamKey& Switchboard::new_stream_key(Entry& entry) {
  return directory_.give_out(entry, random_hex_128(), random_hex_128());
}

bool Switchboard::command(const core::CallId& id, call::Input input) {
  Entry* entry = find(id);
  if (entry == nullptr || entry->end_reason) return false;
  entry->shard->command(id, std::move(input));
  return true;
}

void Switchboard::note_transfer(const core::CallId& id, call::TransferCall transfer) {
  if (Entry* entry = find(id)) entry->transfer = std::move(transfer);
}

void Switchboard::note_end(const core::CallId& id, call::EndReason reason) {
  directory_.end(id, reason, clock_now());
}

void Switchboard::note_gone(const core::CallId& id) {
  const Entry* entry = find(id);
  if (entry == nullptr) return;
  const auto reason = entry->end_reason;
  const bool was_hung_up =
      reason && (*reason == call::EndReason::caller_hung_up || call::wants_hang_up(*reason));
  watch_.ended(id, clock_now() + (was_hung_up ? confirm_after_hang_up : confirm_after_apology));
}

void Switchboard::note_opt_out(const core::CallId& id) {
  if (Entry* entry = find(id)) entry->opt_out_is_kept = true;
}

void Switchboard::note_carrier_end(Entry& entry) {
  watch_.forget(entry.id);
  command(entry.id, call::CarrierEnded{});
}

void Switchboard::note_handed_over(const core::CallId& id, std::string whisper_nonce,
                                   std::string whisper) {
  if (!whisper_nonce.empty())
    directory_.keep_whisper(id, std::move(whisper_nonce), std::move(whisper));
  watch_.handed_over(id, clock_now());
}

void Switchboard::note_handed_back(const core::CallId& id) {
  watch_.handed_back(id, clock_now() + confirm_after_apology);
}

void Switchboard::note_voice(std::string_view provider, ProviderHealth::Outcome outcome,
                             std::string_view why) {
  const auto known = std::find_if(
      parts_.voices.begin(), parts_.voices.end(),
      [provider](const VoiceSource& each) { return to_string(each.name) == provider; });
  if (known == parts_.voices.end()) return;
  const auto index = static_cast<std::size_t>(known - parts_.voices.begin());
  const bool has_opened = health_.note(index, outcome, clock_now());
  if (outcome == ProviderHealth::Outcome::refusal)
    parts_.log.error("voice_auth", {{"provider", provider}, {"why", why}});  // E01
  if (has_opened) parts_.log.error("voice_down", {{"provider", provider}, {"why", why}});
}

bool Switchboard::has_voice() const { return health_.can_carry_calls(clock_now()); }

}  // namespace tandem
