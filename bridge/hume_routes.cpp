#include "bridge/hume_routes.hpp"

#include <algorithm>

#include "bridge/twilio_documents.hpp"
#include "hume/webhook.hpp"
#include "store/reconciliation.hpp"

namespace tandem {

core::HttpResponse HumeRoutes::answer(const core::HttpRequest& request, core::WallTime now) {
  if (request.method != "POST") return plain_answer(405, "Hume posts to this address.\n");
  if (!is_signed(request, now)) return plain_answer(403, "The signature does not match.\n");
  const auto event = hume::parse_webhook(request.body);
  if (!event) return plain_answer(400, "This is not a webhook of EVI.\n");
  const bool is_news = !is_repeated(request.header(hume::webhook_signature_header), now);
  if (is_news && event->kind == hume::WebhookKind::chat_ended) chat_ended(event->chat_id);
  return plain_answer(200, "");
}

bool HumeRoutes::is_signed(const core::HttpRequest& request, core::WallTime now) {
  hume::SignedWebhook webhook;
  webhook.body = request.body;
  webhook.timestamp = request.header(hume::webhook_timestamp_header);
  webhook.signature = request.header(hume::webhook_signature_header);
  const auto error = hume::verify_webhook(parts_.config.hume.webhook_key, webhook, now);
  const bool is_good = error == hume::WebhookError::none;
  parts_.metrics.counter(ops::Family::webhooks_total, {path, is_good ? "accepted" : "refused"})
      .add();
  if (!is_good) {
    parts_.log.warn("webhook_refused",
                    {{"route", path}, {"why", to_string(error)}, {"peer", request.peer}});
  }
  return is_good;
}

bool HumeRoutes::is_repeated(std::string_view signature, core::WallTime now) {
  // signed up to `tolerance` ahead of our clock, it is good for twice that
  while (!seen_.empty() && now - seen_.front().at > 2 * hume::webhook_tolerance) seen_.pop_front();
  const auto known = std::find_if(seen_.begin(), seen_.end(),
                                  [&](const Seen& seen) { return seen.signature == signature; });
  if (known != seen_.end()) return true;
  if (seen_.size() == signatures_max) seen_.pop_front();
  seen_.push_back({now, std::string(signature)});
  return false;
}

/// A database that is away is no matter: the job is due without this as well.
void HumeRoutes::chat_ended(const std::string& chat_id) {
  parts_.queries.post<bool>(
      [chat_id](store::Connection& connection) {
        return store::hurry_reconciliation(connection, chat_id);
      },
      [nudge = parts_.nudge](store::QueryResult<bool> answer) {
        const auto* is_due = std::get_if<bool>(&answer);
        if (is_due != nullptr && *is_due) nudge();
      });
}

}  // namespace tandem
