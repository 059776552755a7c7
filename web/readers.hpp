// The readers of the API's table (web/api.cpp): each takes a request to its route and says what it
// comes to, an answer, a question to the database, or work for the running program.
#pragma once

#include "web/api.hpp"

namespace tandem::web {

// read_calls.cpp
ApiTask list_calls(const Asked& asked);
ApiTask get_call(const Asked& asked);
ApiTask get_transcript(const Asked& asked);
ApiTask get_events(const Asked& asked);
ApiTask get_latency(const Asked& asked);
ApiTask analyse_call(const Asked& asked);

// read_export.cpp
ApiTask export_csv(const Asked& asked);
ApiTask export_json(const Asked& asked);

// read_analytics.cpp. Without `to` the report ends now, without `from` it spans 30 days.
ApiTask get_analytics(const Asked& asked);

// api_command.cpp
ApiTask read_command(const Asked& asked);

// api_place.cpp
ApiTask place_call(const Asked& asked);

// api_erase.cpp; {id} is that of the order.
ApiTask erase_number(const Asked& asked);
ApiTask get_erasure(const Asked& asked);

// api_dial_lists.cpp: our own do-not-call list, and consents
ApiTask list_dnc(const Asked& asked);
ApiTask add_dnc(const Asked& asked);
ApiTask remove_dnc(const Asked& asked);
ApiTask list_consent(const Asked& asked);
ApiTask add_consent(const Asked& asked);
ApiTask revoke_consent(const Asked& asked);

// api_dial.cpp: what the gate decided, and the switch that stops all dialling
ApiTask list_decisions(const Asked& asked);
ApiTask get_dialling(const Asked& asked);
ApiTask set_dialling(const Asked& asked);

// read_people.cpp; {id} is a user's or a token's.
ApiTask show_session(const Asked& asked);
ApiTask log_in(const Asked& asked);
ApiTask log_out(const Asked& asked);
ApiTask change_password(const Asked& asked);
ApiTask use_setup_link(const Asked& asked);
ApiTask list_users(const Asked& asked);
ApiTask add_user(const Asked& asked);
ApiTask change_user(const Asked& asked);
ApiTask list_tokens(const Asked& asked);
ApiTask add_token(const Asked& asked);
ApiTask revoke_token(const Asked& asked);
ApiTask list_audit(const Asked& asked);
ApiTask check_audit(const Asked& asked);

// read_latency.cpp
ApiTask get_latency_stats(const Asked& asked);
ApiTask get_bottlenecks(const Asked& asked);
ApiTask get_latency_session(const Asked& asked);
ApiTask get_latency_config(const Asked& asked);
ApiTask change_latency_config(const Asked& asked);

// read_server.cpp
ApiTask get_openapi(const Asked& asked);
ApiTask get_admin_schema(const Asked& asked);
ApiTask ask_ticket(const Asked& asked);
ApiTask ask_alive(const Asked& asked);
ApiTask ask_ready(const Asked& asked);
ApiTask ask_metrics(const Asked& asked);
ApiTask ask_dependencies(const Asked& asked);
ApiTask ask_carrier(const Asked& asked);

}  // namespace tandem::web
