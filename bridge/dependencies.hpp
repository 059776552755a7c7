// Finds out how the parties fare that the bridge leans on: from what it knows anyway, and by one
// question to the database and one to the carrier, each for at most 3 s and at most every 5 s, so
// that asking often costs those parties nothing. Lives on the control thread.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "bridge/config.hpp"
#include "bridge/net/http_client.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/provider_health.hpp"
#include "bridge/record_keeping.hpp"
#include "web/dependencies.hpp"

namespace tandem {

class Dependencies {
 public:
  struct Parts {
    net::asio::io_context& context;
    const Config& config;
    RecordKeeping& record;
    net::HttpClient& client;
  };

  explicit Dependencies(Parts parts);

  /// What became of a session with a voice provider.
  void note_voice(std::string_view provider, ProviderHealth::Outcome outcome, std::string_view why);
  /// GET /api/v1/health/dependencies
  void answer(net::Respond respond);
  /// GET /test-twilio: success only when the carrier's API took our credentials just now.
  void answer_carrier(net::Respond respond);

 private:
  struct Round;
  struct Waiting {
    bool is_for_carrier;
    net::Respond respond;
  };

  void ask(Waiting waiting);
  void begin_round();
  void probe_database(const std::shared_ptr<Round>& round);
  void probe_carrier(const std::shared_ptr<Round>& round);
  void finish(const std::shared_ptr<Round>& round);
  void note_known();
  void reply(const Waiting& waiting) const;
  void note(std::string_view name, web::DependencyState state, std::string_view error);

  Parts parts_;
  web::DependencyTable table_;
  std::vector<Waiting> waiting_;
  bool carrier_answers_ = false;
  bool is_asking_ = false;
  core::TimePoint asked_at_{};
};

}  // namespace tandem
