#include "tests/integration/outbound/dial_world.hpp"

#include <algorithm>

namespace tandem::dial_simulation {

namespace {

using namespace std::chrono_literals;
using dial::IntentState;

constexpr int running_max = 20;
constexpr int rank_ringing = 2;
constexpr int rank_talking = 3;
constexpr int rank_over = 4;
/// After this the world is left alone; everything has to come to an end.
constexpr auto settling_time = 40min;
constexpr auto client_timeout = 10s;
constexpr auto query_patience = 15s;

core::PhoneNumber person(int number) {
  return core::PhoneNumber("+1212555" + std::to_string(10000 + number).substr(1));
}

}  // namespace

void Tally::add(const Tally& other) {
  dials += other.dials;
  placed += other.placed;
  doubles += other.doubles;
  wrongly_given_up += other.wrongly_given_up;
  unresolved += other.unresolved;
  kills += other.kills;
  freezes += other.freezes;
  lost_requests += other.lost_requests;
  lost_replies += other.lost_replies;
  silent_calls += other.silent_calls;
  found_in_list += other.found_in_list;
  never_placed += other.never_placed;
  asked_again += other.asked_again;
  opt_outs += other.opt_outs;
  rung_after_opt_out += other.rung_after_opt_out;
}

World::World(const Options& options)
    : options_(options),
      faults_(options.faults),
      random_(options.seed),
      nodes_(static_cast<std::size_t>(options.nodes)) {
  tally_.dials = options.dials;
}

core::CallId World::id_of(int intent) { return core::CallId("intent-" + std::to_string(intent)); }
int World::intent_of(const core::CallId& id) { return std::stoi(id.str().substr(7)); }
core::CarrierCallId World::id_of(std::size_t call) {
  return core::CarrierCallId("CA" + std::to_string(call));
}

void World::after(Milliseconds delay, Work work) {
  events_.push({now_ + delay, order_++, std::move(work)});
}

bool World::chance(double probability) { return now_ < quiet_from_ && random_.chance(probability); }

Milliseconds World::within(int from_ms, int to_ms) {
  return random_.between(Milliseconds(from_ms), Milliseconds(to_ms));
}

Tally World::run() {
  quiet_from_ = std::chrono::hours(1);
  Milliseconds last{0};
  for (int i = 0; i < options_.dials; ++i) {
    last = within(0, options_.dials * 2000);
    after(last, [this, i] {
      Intent intent;
      intent.number = i;
      intents_.push_back(intent);
      for (std::size_t n = 0; n < nodes_.size(); ++n)
        if (nodes_[n].dialler) nodes_[n].dialler->nudge();
    });
    if (!chance(0.05)) continue;
    after(last + within(0, 60'000), [this, i] {
      ++tally_.opt_outs;
      for (auto& intent : intents_)
        if (intent.number == i) intent.is_on_list = true;
    });
  }
  const auto requested = Milliseconds(options_.dials * 2000);
  quiet_from_ = requested + 10min;
  for (int node = 0; node < options_.nodes; ++node) {
    start(node);
    disturb(node);
  }
  const auto end = quiet_from_ + settling_time;
  while (!events_.empty() && events_.top().at <= end) {
    now_ = events_.top().at;
    auto work = events_.top().work;
    events_.pop();
    work();
  }
  judge();
  return tally_;
}

void World::start(int node) {
  auto& each = nodes_[static_cast<std::size_t>(node)];
  ++each.life;
  each.dialler.emplace(
      dial::DiallerSettings{.calls_per_second = 2, .ring_timeout = 30s, .time_limit = 120s});
  each.next_poll = now_;
  on({node, each.life}, 0ms, [] {});
}

void World::kill(int node) {
  auto& each = nodes_[static_cast<std::size_t>(node)];
  if (!each.dialler) return;
  ++tally_.kills;
  ++each.life;
  each.dialler.reset();
  each.frozen_until = now_;
  after(within(100, 120'000), [this, node] { start(node); });
}

void World::disturb(int node) {
  after(within(200, 2000), [this, node] {
    const double minutes = 1.1 / 60;
    if (chance(faults_.kills_per_minute * minutes)) kill(node);
    if (chance(faults_.freezes_per_minute * minutes)) {
      ++tally_.freezes;
      nodes_[static_cast<std::size_t>(node)].frozen_until = now_ + within(1000, 600'000);
    }
    if (now_ < quiet_from_) disturb(node);
  });
}

void World::on(Process process, Milliseconds delay, Work work) {
  after(delay, [this, process, work = std::move(work)] {
    const auto& node = nodes_[static_cast<std::size_t>(process.node)];
    if (node.life != process.life || !node.dialler) return;
    if (node.frozen_until > now_) return on(process, node.frozen_until - now_, work);
    work();
    poll(process);
  });
}

void World::poll(Process process) {
  auto& node = nodes_[static_cast<std::size_t>(process.node)];
  for (const auto& action : node.dialler->poll(now(), true))
    std::visit([&](const auto& wish) { perform(process, wish); }, action);
  const auto pause = std::chrono::ceil<Milliseconds>(node.dialler->deadline(now()) - now());
  const auto next = now_ + std::clamp(pause, 1ms, Milliseconds(1000));
  const bool is_planned = node.next_poll > now_ && node.next_poll <= next;
  if (is_planned) return;
  node.next_poll = next;
  on(process, next - now_, [] {});
}

void World::perform(Process process, const dial::TakeSurvey&) {
  if (!database_answers())
    return on(process, within(1, 15'000),
              [this, process] { dialler(process).survey_failed(now()); });
  after(within(1, 20), [this, process] {
    const auto found = survey();
    on(process, within(1, 500),
       [this, process, found] { dialler(process).surveyed(found, now()); });
  });
}

void World::perform(Process process, const dial::ClaimNext&) {
  const auto give_up = [this, process] { dialler(process).claim_failed(now()); };
  if (!database_answers()) return on(process, within(1, 15'000), give_up);
  after(within(1, 30), [this, process, give_up] {  // whoever is killed now has committed
    const auto claimed = claim();
    if (chance(faults_.database_reply_lost)) return on(process, query_patience, give_up);
    on(process, within(1, chance(0.02) ? 14'000 : 30), [this, process, claimed] {
      if (!claimed) return dialler(process).claimed_nothing();
      const auto& intent = intents_[static_cast<std::size_t>(*claimed)];
      if (intent.state == IntentState::refused) return dialler(process).claim_refused(now());
      dial::Claimed told;
      told.id = id_of(*claimed);
      told.intention.to = person(intent.number);
      told.tries = intent.tries;
      dialler(process).claimed(told, now());
    });
  });
}

void World::answer(Process process, const core::CallId& id, dial::Created created,
                   Milliseconds delay) {
  if (delay > client_timeout) {
    delay = client_timeout;
    created = dial::Created{};
  }
  if (options_.is_naive && created.answer == dial::Answer::unclear)
    created.answer = dial::Answer::not_acted;
  if (created.answer == dial::Answer::not_acted) ++tally_.asked_again;
  on(process, delay,
     [this, process, id, created] { dialler(process).created(id, created, now()); });
}

void World::perform(Process process, const dial::AskCarrier& wish) {
  const int intent = intent_of(wish.id);
  dial::Created created;  // unclear
  const auto lost = Milliseconds(client_timeout);
  if (chance(faults_.not_sent)) {
    created.answer = dial::Answer::not_acted;
    return answer(process, wish.id, created, within(1, 3000));
  }
  if (chance(faults_.lost_request)) {
    ++tally_.lost_requests;
    return answer(process, wish.id, created, lost);
  }
  const bool is_refused = chance(faults_.refused);
  const bool is_busy = chance(faults_.busy_api);
  if (is_refused || is_busy) {
    created.answer = is_busy ? dial::Answer::not_acted : dial::Answer::refused;
    created.error_code = is_busy ? 20429 : 21217;
    return answer(process, wish.id, created, within(50, 400));
  }
  const auto way = within(20, chance(faults_.late) ? 30'000 : 300);
  const auto back = within(20, chance(faults_.late) ? 30'000 : 300);
  const bool is_reply_lost = chance(faults_.lost_reply);
  if (is_reply_lost) ++tally_.lost_replies;
  const std::size_t call = calls_.size();
  calls_.push_back(
      {intent, now_ + way, now_ + way + within(0, 20'000), 0, chance(faults_.silent_call)});
  after(way, [this, call] { ring(call); });  // whatever becomes of who asked
  created.answer = dial::Answer::accepted;
  created.carrier_call_id = id_of(call);
  answer(process, wish.id, created, is_reply_lost ? lost + 1ms : way + back);
}

void World::perform(Process, const dial::Note& wish) {
  if (!database_answers()) return;
  if (wish.becomes == IntentState::failed && wish.error_code == 0) ++tally_.never_placed;
  after(within(1, 200), [this, wish] { keep(wish); });
}

void World::perform(Process process, const dial::LookFor& wish) {
  if (chance(0.1)) {
    return on(process, within(100, 10'000),
              [this, process, id = wish.id] { dialler(process).list_failed(id, now()); });
  }
  std::vector<dial::Listed> found;
  std::vector<core::CarrierCallId> of_others;
  const int asked = intent_of(wish.id);
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    const int of = calls_[i].intent;
    const bool is_between = intents_[static_cast<std::size_t>(of)].number ==
                            intents_[static_cast<std::size_t>(asked)].number;
    if (!is_between || calls_[i].listed_from > now_) continue;
    const auto created = std::chrono::floor<std::chrono::seconds>(calls_[i].created);
    found.push_back({id_of(i), core::WallTime{created}});
    if (of != asked) of_others.push_back(id_of(i));
  }
  if (!found.empty()) ++tally_.found_in_list;
  on(process, within(50, 5000), [this, process, id = wish.id, found, of_others] {
    dialler(process).listed(id, found, of_others, now());
  });
}

void World::perform(Process, const dial::CancelCall& wish) {
  const auto call = static_cast<std::size_t>(std::stoul(wish.carrier_call_id.str().substr(2)));
  after(within(20, 300), [this, call] {
    if (calls_[call].rank < rank_talking) reach(call, rank_over);
  });
}

void World::perform(Process, const dial::EndPolitely& wish) {
  const int intent = intent_of(wish.id);
  for (std::size_t i = 0; i < calls_.size(); ++i)
    if (calls_[i].intent == intent) after(3s, [this, i] { reach(i, rank_over); });
}

void World::perform(Process process, const dial::FetchCall& wish) {
  const auto call = static_cast<std::size_t>(std::stoul(wish.carrier_call_id.str().substr(2)));
  on(process, within(50, 500),
     [this, call] { carrier_word(calls_[call].intent, id_of(call), calls_[call].rank); });
}

void World::perform(Process, const dial::Alarm&) {}

bool World::database_answers() { return !chance(faults_.database_fails); }

bool World::move(Intent& intent, IntentState to) {
  if (!may_become(intent.state, to)) return false;
  intent.state = to;
  return true;
}

dial::Survey World::survey() {
  dial::Survey survey;
  for (std::size_t i = 0; i < intents_.size(); ++i) {
    Intent& intent = intents_[i];
    if (intent.state == IntentState::queued && intent.is_on_list)
      move(intent, IntentState::refused);
    if (intent.state == IntentState::queued && intent.not_before <= now_) ++survey.queued;
    const bool is_open = intent.state == IntentState::placing ||
                         intent.state == IntentState::placed ||
                         intent.state == IntentState::unknown;
    if (!is_open) continue;
    dial::OpenIntent open;
    open.id = id_of(static_cast<int>(i));
    open.state = intent.state;
    open.to = person(intent.number);
    open.from = person(9999);
    open.carrier_call_id = intent.carrier_call_id;
    open.is_answered = intent.is_answered;
    open.is_on_list = intent.is_on_list;
    open.placing_at = core::WallTime{intent.placing_at};
    open.age = std::chrono::floor<std::chrono::seconds>(now_ - intent.placing_at);
    survey.open.push_back(std::move(open));
  }
  return survey;
}

std::optional<int> World::claim() {
  const auto is_running = [](const Intent& intent) {
    return intent.state == IntentState::placing || intent.state == IntentState::placed ||
           intent.state == IntentState::unknown;
  };
  if (std::count_if(intents_.begin(), intents_.end(), is_running) >= running_max) return {};
  const auto may_begin = [this](const Intent& intent) {
    return intent.state == IntentState::queued && intent.not_before <= now_;
  };
  const auto next = std::find_if(intents_.begin(), intents_.end(), may_begin);
  if (next == intents_.end()) return {};
  ++next->tries;
  next->placing_at = now_;
  move(*next, next->is_on_list ? IntentState::refused : IntentState::placing);
  return static_cast<int>(next - intents_.begin());
}

void World::keep(const dial::Note& note) {
  Intent& intent = intents_[static_cast<std::size_t>(intent_of(note.id))];
  if (note.becomes == IntentState::placed && !intent.carrier_call_id.empty()) return;
  if (!move(intent, note.becomes)) return;
  if (note.becomes == IntentState::placed) intent.carrier_call_id = note.carrier_call_id;
  if (note.becomes == IntentState::queued) intent.not_before = now_ + note.not_before;
}

/// As the trigger of 0013_outbound.sql.
void World::carrier_word(int number, const core::CarrierCallId& id, int rank) {
  Intent& intent = intents_[static_cast<std::size_t>(number)];
  if (intent.carrier_call_id.empty() && move(intent, IntentState::placed))
    intent.carrier_call_id = id;
  if (rank >= rank_talking) intent.is_answered = rank == rank_talking;
  if (rank >= rank_over) move(intent, IntentState::ended);
}

void World::ring(std::size_t call) {
  ++tally_.placed;
  if (calls_[call].is_silent) ++tally_.silent_calls;
  tell(call, 1);
  after(within(500, 3000), [this, call] { reach(call, rank_ringing); });
  after(within(4000, 30'000), [this, call] {
    if (calls_[call].rank == rank_over) return;
    if (random_.next() % 3 == 0) return reach(call, rank_over);  // busy, nobody there
    reach(call, rank_talking);
    after(within(2000, 60'000), [this, call] { reach(call, rank_over); });
  });
}

void World::reach(std::size_t call, int rank) {
  if (rank <= calls_[call].rank) return;
  calls_[call].rank = rank;
  tell(call, rank);
}

/// To any node, which writes it into its spool: late, doubled, lost, but never half.
void World::tell(std::size_t call, int rank) {
  if (calls_[call].is_silent || chance(faults_.lost_callback)) return;
  const int times = chance(0.1) ? 2 : 1;
  for (int i = 0; i < times; ++i) {
    after(within(5, chance(0.1) ? 30'000 : 300),
          [this, call, rank] { carrier_word(calls_[call].intent, id_of(call), rank); });
  }
}

void World::judge() {
  std::vector<int> rung(intents_.size());
  for (const auto& call : calls_)
    if (call.rank > 0) ++rung[static_cast<std::size_t>(call.intent)];
  for (std::size_t i = 0; i < intents_.size(); ++i) {
    const auto state = intents_[i].state;
    tally_.doubles += std::max(rung[i] - 1, 0);
    const bool is_over = state == IntentState::refused || state == IntentState::failed ||
                         state == IntentState::ended;
    if (!is_over) ++tally_.unresolved;
    if (state == IntentState::refused) tally_.rung_after_opt_out += rung[i];
    if (state == IntentState::failed) tally_.wrongly_given_up += rung[i];
  }
}

}  // namespace tandem::dial_simulation
