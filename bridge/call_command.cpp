// `tandem call`: queues a call for the running bridge, tells how one stands, stops and resumes all
// dialling. Goes through the database, so that it works beside any number of nodes; it never talks
// to the carrier itself.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <thread>

#include "bridge/command_options.hpp"
#include "bridge/command_settings.hpp"
#include "bridge/dial/gate.hpp"
#include "bridge/dial_context.hpp"
#include "bridge/random_id.hpp"
#include "store/audit.hpp"
#include "store/queries.hpp"
#include "web/api.hpp"
#include "web/call_id.hpp"
#include "web/plain_text.hpp"

namespace tandem {

namespace {

using namespace std::chrono_literals;

constexpr auto look_pause = 500ms;

int wrong(std::string_view why) {
  std::cerr << "tandem: " << why << '\n';
  return exit_failed;
}

/// One line; nothing when there is no such call.
std::optional<store::CallRow> show(store::Connection& connection, const std::string& id) {
  const auto detail = store::load_call(connection, id);
  if (!detail) return std::nullopt;
  const auto& call = detail->call;
  std::cout << call.id << '\t' << call.status << '\t' << call.phone_number.masked();
  if (!call.end_reason.empty()) std::cout << '\t' << call.end_reason;
  if (call.duration_s) std::cout << '\t' << *call.duration_s << " s";
  std::cout << std::endl;
  return call;
}

int wait_for_end(store::Connection& connection, const std::string& id) {
  std::string last;
  while (true) {
    const auto detail = store::load_call(connection, id);
    if (!detail) return wrong("the call was erased");
    const bool is_over = detail->call.end_time.has_value() && !detail->call.end_reason.empty();
    if (detail->call.status != last || is_over) {
      last = detail->call.status;
      show(connection, id);
    }
    if (is_over) return last == "completed" ? exit_done : exit_failed;
    std::this_thread::sleep_for(look_pause);
  }
}

void print_refusals(const std::vector<std::string>& refusals) {
  std::cerr << "tandem: this call is not placed\n";
  for (int i = 0; i < dial::refusal_count; ++i) {
    const auto& text = dial::describe(static_cast<dial::Refusal>(i));
    if (std::find(refusals.begin(), refusals.end(), text.name) == refusals.end()) continue;
    std::cerr << "  " << text.name << ": " << text.meaning << " (" << text.source << ")\n";
  }
}

/// What is wrong with the words of the command; empty: nothing.
std::string objection(const store::DialRequest& request, const CommandOptions& options) {
  if (!request.intention.to.is_e164()) return "the number must be like +12125550123";
  if (!request.intention.from.is_e164()) return "--from, or TWILIO_PHONE_NUMBER, names our number";
  if (options.value("--purpose") != to_string(request.intention.purpose))
    return "--purpose is informational or telemarketing";
  if (!web::is_plain_text(request.message, web::message_characters_max))
    return "--message is plain text of at most 2000 characters";
  return {};
}

int place(const Config& config, const CommandOptions& options) {
  store::DialRequest request;
  request.call_id = random_call_id();
  const bool has_key = options.has("--key");
  request.idempotency_key = has_key ? options.value("--key") : "request " + request.call_id.str();
  request.intention.to = core::PhoneNumber(options.words()[0]);
  request.intention.from =
      options.has("--from") ? core::PhoneNumber(options.value("--from")) : first_caller_id(config);
  request.intention.purpose = dial::parse_purpose(options.value("--purpose"));
  request.message = options.value("--message");
  request.requested_by = "command line";
  if (const auto why = objection(request, options); !why.empty()) return wrong(why);
  store::Connection connection(config.database_url);
  const auto hasher = phone_hasher(config);
  // Whether the clock is steady, the bridge that claims the call knows: the gate is asked again.
  const auto context = dial_context(config, "command line", hasher ? &*hasher : nullptr, true);
  store::DialAnswer answer;
  {
    store::Transaction transaction(connection);
    answer = store::request_call(connection, request, context);
    if (!answer.is_repeat && answer.refusals.empty())
      store::audit(connection, {"command line", "call", answer.call_id.str()});
    transaction.commit();
  }
  if (answer.is_conflict) return wrong("--key belongs to another request");
  if (!answer.refusals.empty()) {
    print_refusals(answer.refusals);
    return exit_failed;
  }
  if (options.has("--wait")) return wait_for_end(connection, answer.call_id.str());
  return show(connection, answer.call_id.str()) ? exit_done : wrong("the call was erased");
}

int set_switch(const Config& config, bool is_stopped, const std::string& reason) {
  store::Connection connection(config.database_url);
  store::Transaction transaction(connection);
  const auto refused = store::set_dial_switch(connection, is_stopped, reason, "command line");
  store::audit(connection, {"command line", is_stopped ? "dialling stop" : "dialling resume"});
  transaction.commit();
  if (is_stopped) {
    std::cout << "stopped on all nodes; " << refused
              << " queued calls were refused, what rings is canceled\n";
  } else {
    std::cout << "calls may be placed again\n";
  }
  return exit_done;
}

int status(const Config& config, const std::string& text) {
  const auto id = web::parse_call_id(text);
  store::Connection connection(config.database_url);
  return id && show(connection, *id) ? exit_done : wrong("there is no such call");
}

int run(const CommandOptions& options) {
  const auto config = load_settings(ConfigNeed::database);
  if (!config) return exit_configuration;
  try {
    if (options.has("--status")) return status(*config, options.value("--status"));
    if (options.has("--stop")) return set_switch(*config, true, options.value("--stop"));
    if (options.has("--resume")) return set_switch(*config, false, "");
    return place(*config, options);
  } catch (const std::exception& error) {
    return command_failed(error);
  }
}

}  // namespace

int run_call(Arguments arguments) {
  const CommandOptions options(arguments,
                               {"--purpose", "--message", "--from", "--key", "--status", "--stop"},
                               {"--wait", "--resume"});
  const int others = options.has("--status") + options.has("--stop") + options.has("--resume");
  const auto words = options.words().size();
  const bool is_place = others == 0 && words == 1 && options.has("--purpose");
  const bool is_other = others == 1 && words == 0;
  return options.is_usable() && (is_place || is_other) ? run(options) : exit_usage;
}

}  // namespace tandem
