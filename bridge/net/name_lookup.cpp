#include "bridge/net/name_lookup.hpp"

#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/redirect_error.hpp>
#include <charconv>

namespace tandem::net {

namespace {

using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;

// One cache per io_context, found through Asio's registry: no lock, no global, gone with the
// io_context.
class CacheOfContext : public asio::execution_context::service {
 public:
  using key_type = CacheOfContext;
  static inline asio::execution_context::id id;
  explicit CacheOfContext(asio::execution_context& context)
      : asio::execution_context::service(context) {}
  AddressCache addresses;

 private:
  void shutdown() override {}
};

AddressCache& cache_of(asio::io_context& context) {
  return asio::use_service<CacheOfContext>(context).addresses;
}

Endpoints literal(const std::string& host, const std::string& port) {
  ErrorCode error;
  const auto address = asio::ip::make_address(host, error);
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error || parsed.ec != std::errc{}) return {};
  return {asio::ip::tcp::endpoint(address, number)};
}

}  // namespace

struct NameLookup::Question {
  explicit Question(asio::io_context& context)
      : resolver(context), answered(context, Timer::time_point::max()) {}
  Resolver resolver;
  Timer answered;  ///< never expires; cancelled by the answer or by give_up()
  Endpoints endpoints;
  ErrorCode error = asio::error::operation_aborted;
  bool over = false;
};

NameLookup::NameLookup(asio::io_context& context, std::string host, std::string port)
    : context_(context), host_(std::move(host)), port_(std::move(port)) {}

Endpoints NameLookup::known_without_asking(core::TimePoint now) const {
  Endpoints known = literal(host_, port_);
  return known.empty() ? cache_of(context_).fresh(host_, port_, now) : known;
}

// The handler may outlive this object (the system call cannot be cancelled), so it holds what it
// uses.
void NameLookup::ask() {
  question_ = std::make_shared<Question>(context_);
  auto on_answer = [question = question_, &context = context_, host = host_, port = port_](
                       const ErrorCode& error, const Resolver::results_type& results) {
    question->error = error;
    for (const auto& result : results) question->endpoints.push_back(result.endpoint());
    if (!question->endpoints.empty()) {
      cache_of(context).keep(host, port, question->endpoints, std::chrono::steady_clock::now());
    }
    question->over = true;
    question->answered.cancel();
  };
  question_->resolver.async_resolve(host_, port_, Resolver::address_configured,
                                    std::move(on_answer));
}

Task<Endpoints> NameLookup::addresses(ErrorCode& error) {
  error = {};
  Endpoints known = known_without_asking(std::chrono::steady_clock::now());
  if (!known.empty()) co_return known;
  ask();
  const auto question = question_;
  if (!question->over) {
    ErrorCode ignored;
    co_await question->answered.async_wait(asio::redirect_error(use_task, ignored));
  }
  if (!question->endpoints.empty()) co_return question->endpoints;
  known = cache_of(context_).stale(host_, port_, std::chrono::steady_clock::now());
  if (known.empty()) error = question->error ? question->error : asio::error::host_not_found;
  co_return known;
}

void NameLookup::give_up() {
  if (!question_ || question_->over) return;
  question_->over = true;
  question_->answered.cancel();
}

void NameLookup::distrust() { cache_of(context_).distrust(host_, port_); }

}  // namespace tandem::net
