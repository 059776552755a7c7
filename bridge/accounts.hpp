// Logging in and out, and changing who may come in: what the account routes of the API ask for is
// done here. Passwords are checked on threads of their own (bridge/password_pool.hpp), users and
// sessions live in the database; this class stands between them, on the control thread.
//
// Every change is in the audit log, in the same transaction; so is every wrong password, under a
// name only when there is such a user. Addresses are in the log, not in the audit log, which cannot
// be cleaned of personal data.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bridge/config.hpp"
#include "bridge/net/http_server.hpp"
#include "bridge/ops/log.hpp"
#include "bridge/ops/metrics.hpp"
#include "bridge/password_pool.hpp"
#include "bridge/visitors.hpp"
#include "store/query_thread.hpp"
#include "store/users.hpp"
#include "web/accounts.hpp"
#include "web/login_limit.hpp"

namespace tandem {

class Accounts {
 public:
  struct Parts {
    net::asio::io_context& control;
    const Config& config;
    ops::Log& log;
    ops::Metrics& metrics;
    store::QueryThread& queries;
    Visitors& visitors;
  };

  explicit Accounts(Parts parts);

  /// Copies what it needs of the request.
  void perform(web::AccountTask task, const core::HttpRequest& request, const Visitor& visitor,
               net::Respond respond);

 private:
  /// A request and who it comes from.
  struct Asking {
    Visitor visitor;
    std::string address;      ///< whose tries are counted
    std::string old_session;  ///< digest of the session that the browser had; may be empty
    bool wants_tls_only = false;
    net::Respond respond;
  };
  /// A log-in on its way, or somebody who shows the password in order to change it.
  struct Attempt {
    Asking asking;
    std::string name;
    core::Secret password;
    std::optional<core::Secret> wanted;  ///< the password from now on; nothing: a log-in
    std::optional<store::UserSecret> user;
    bool locks = false;
  };
  using AttemptPointer = std::shared_ptr<Attempt>;

  void perform(web::ShowSession, Asking asking);
  void perform(web::LogIn wanted, Asking asking);
  void perform(web::LogOut, Asking asking);
  void perform(web::ChangePassword wanted, Asking asking);
  void perform(web::UseSetupLink wanted, Asking asking);
  void perform(web::AddUser wanted, Asking asking);
  void perform(web::ChangeUser wanted, Asking asking);
  void perform(web::AddToken wanted, Asking asking);
  void perform(web::RevokeToken wanted, Asking asking);

  void begin(const AttemptPointer& attempt);
  void check_password(const AttemptPointer& attempt);
  void refuse(const AttemptPointer& attempt);
  void accept(const AttemptPointer& attempt);
  void log_in(const AttemptPointer& attempt);
  void replace_password(const AttemptPointer& attempt);
  void give_up(const AttemptPointer& attempt, core::HttpResponse answer);
  void make_first_user(web::UseSetupLink wanted, Asking asking);
  void change_user(web::ChangeUser wanted, std::string password_hash, const Asking& asking);

  /// 200 with who it is now, and the cookie.
  [[nodiscard]] core::HttpResponse welcome(const store::User& user, const std::string& session,
                                           const Asking& asking) const;
  /// `then` gets the hash of a password that may be used; otherwise the request is answered.
  void hash_new(const core::Secret& password, const std::string& user_name, const Asking& asking,
                std::function<void(std::string)> then);
  /// Asks the database; `then` is called on the control thread. What goes wrong is answered.
  template <class T>
  void ask(std::function<T(store::Connection&)> question, const net::Respond& respond,
           std::function<void(T)> then);
  /// The same with the answer to give; afterwards nothing that was known of visitors counts.
  void change(std::function<core::HttpResponse(store::Connection&)> question,
              const net::Respond& respond);

  void count(std::string_view result);

  Parts parts_;
  web::LoginLimit limit_;
  PasswordPool passwords_;  ///< last: its threads end first
};

}  // namespace tandem
