// Readers of the gate's decisions and of the switch that stops all dialling (faults O08).
#include "store/queries_dial_orders.hpp"
#include "web/access.hpp"
#include "web/body_fields.hpp"
#include "web/numbered_page.hpp"
#include "web/readers.hpp"
#include "web/render_dial.hpp"

namespace tandem::web {

namespace {

constexpr std::size_t reason_characters_max = 200;

core::HttpResponse dialling_answer(store::Connection& connection, const AskedWhen& asked) {
  return json_answer(render_dialling(store::load_dialling_state(connection), asked));
}

}  // namespace

ApiTask list_decisions(const Asked& asked) {
  Parameters parameters(asked.request.query());
  const auto page = read_numbered_page(parameters);
  const auto word = parameters.one_of("allowed", {"true", "false"});
  const auto& errors = parameters.finish();
  if (!errors.empty()) return wrong_parameters(errors);
  std::optional<bool> is_allowed;
  if (word) is_allowed = *word == "true";
  return StoreQuestion([page, is_allowed](store::Connection& connection) {
    return json_answer(render_decisions(store::list_decisions(connection, page, is_allowed)));
  });
}

ApiTask get_dialling(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return StoreQuestion(
      [when = AskedWhen{asked.now, asked.hours_reviewed}](store::Connection& connection) {
        return dialling_answer(connection, when);
      });
}

ApiTask set_dialling(const Asked& asked) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  auto members = read_json_body(asked.request);
  if (auto* const refusal = std::get_if<core::HttpResponse>(&members)) return std::move(*refusal);
  BodyFields fields(std::get<std::vector<BodyMember>>(std::move(members)));
  const bool is_stopped = fields.fact("stopped");
  const std::string reason = fields.text("reason", reason_characters_max, false);
  if (auto problem = fields.finish()) return *std::move(problem);
  // Everybody who may place calls may stop them; to go on is a decision.
  if (!is_stopped && asked.access < Access::administer) return not_allowed();
  return StoreQuestion(
      [=, who = std::string(asked.who),
       when = AskedWhen{asked.now, asked.hours_reviewed}](store::Connection& connection) {
        store::order_dial_switch(connection, is_stopped, reason, who);
        return dialling_answer(connection, when);
      });
}

}  // namespace tandem::web
