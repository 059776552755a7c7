#include "bridge/accounts.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>

#include "bridge/client_address.hpp"
#include "bridge/clock.hpp"
#include "bridge/export_stream.hpp"
#include "bridge/password.hpp"
#include "bridge/random_id.hpp"
#include "store/audit.hpp"
#include "store/sessions.hpp"
#include "web/access.hpp"
#include "web/answers.hpp"
#include "web/session_cookie.hpp"

namespace tandem {

namespace {

std::string random_secret() { return random_hex_128() + random_hex_128(); }

std::string_view word_of(Visitor::Via via) {
  switch (via) {
    case Visitor::Via::session:
      return "session";
    case Visitor::Via::token:
      return "token";
    case Visitor::Via::local:
      break;
  }
  return "local";
}

std::string role_detail(std::string_view role) { return fmt::format(R"({{"role":"{}"}})", role); }

core::HttpResponse answer_to(store::UserRefusal refusal) {
  switch (refusal) {
    case store::UserRefusal::name_taken:
      return web::name_taken();
    case store::UserRefusal::no_such_user:
      return web::no_such_user();
    case store::UserRefusal::last_admin:
      return web::last_admin();
    case store::UserRefusal::not_an_admin:
      break;
  }
  return web::first_is_admin();
}

void note_changes(store::Connection& connection, const std::string& actor,
                  const std::string& user_name, const store::UserChange& change) {
  if (change.role)
    store::audit(connection, {actor, "user_role_changed", user_name, role_detail(*change.role)});
  if (change.is_disabled)
    store::audit(connection,
                 {actor, *change.is_disabled ? "user_disabled" : "user_enabled", user_name});
  if (change.password_hash) store::audit(connection, {actor, "user_password_changed", user_name});
}

/// A session for a user who has just shown who they are; false when that is no longer true.
bool enter(store::Connection& connection, const store::UserSecret& user, const std::string& session,
           const std::string& old_session) {
  if (!store::open_session(connection, user.user.id, user.password_hash, store::digest(session)))
    return false;
  if (!old_session.empty()) store::close_session(connection, old_session);
  store::audit(connection, {user.user.name, "logged_in", user.user.name});
  return true;
}

}  // namespace

/// Every result is there from the beginning, at 0: of a counter that appears with its first five
/// hundred no rate can be told.
Accounts::Accounts(Parts parts) : parts_(parts), passwords_(parts.control) {
  for (const auto* result : {"accepted", "refused", "too_many", "busy", "unavailable"})
    parts_.metrics.counter(ops::Family::logins_total, {result});
}

void Accounts::count(std::string_view result) {
  parts_.metrics.counter(ops::Family::logins_total, {result}).add();
}

void Accounts::perform(web::AccountTask task, const core::HttpRequest& request,
                       const Visitor& visitor, net::Respond respond) {
  const auto session = web::session_of(request);
  Asking asking{.visitor = visitor,
                .address = client_address(request, parts_.config.trusted_proxies),
                .old_session = session ? store::digest(*session) : "",
                .wants_tls_only = parts_.config.public_url.starts_with("https://") &&
                                  !web::is_local_operator(request),
                .respond = std::move(respond)};
  std::visit([&](auto wanted) { perform(std::move(wanted), std::move(asking)); }, std::move(task));
}

template <class T>
void Accounts::ask(std::function<T(store::Connection&)> question, const net::Respond& respond,
                   std::function<void(T)> then) {
  const bool is_queued = parts_.queries.post<T>(
      std::move(question), [this, respond, then](store::QueryResult<T> result) {
        if (const auto* error = std::get_if<store::QueryError>(&result))
          return respond(query_problem(*error, parts_.log));
        net::asio::post(parts_.control, [then, found = std::get<T>(std::move(result))]() mutable {
          then(std::move(found));
        });
      });
  if (!is_queued) respond(web::database_unavailable());
}

void Accounts::change(std::function<core::HttpResponse(store::Connection&)> question,
                      const net::Respond& respond) {
  ask<core::HttpResponse>(std::move(question), respond, [this, respond](core::HttpResponse answer) {
    parts_.visitors.forget();
    respond(std::move(answer));
  });
}

void Accounts::perform(web::ShowSession, Asking asking) {
  const Visitor& visitor = asking.visitor;
  asking.respond(web::session_answer({.name = visitor.name,
                                      .role = role_of(visitor.access),
                                      .via = word_of(visitor.via),
                                      .csrf = visitor.csrf,
                                      .has_users = visitor.has_users}));
}

void Accounts::perform(web::LogIn wanted, Asking asking) {
  begin(std::make_shared<Attempt>(Attempt{
      std::move(asking), std::move(wanted.name), std::move(wanted.password), {}, {}, false}));
}

/// Of the wanted password is said first what is wrong with it: that costs no try.
void Accounts::perform(web::ChangePassword wanted, Asking asking) {
  if (asking.visitor.via != Visitor::Via::session)
    return asking.respond(web::no_password_of_theirs());
  const auto name = asking.visitor.name;
  if (const auto problem = password_problem(wanted.wanted.expose(), name))
    return asking.respond(web::password_refused(*problem));
  if (wanted.wanted.expose() == wanted.current.expose())
    return asking.respond(web::password_refused("another one than until now"));
  begin(std::make_shared<Attempt>(Attempt{
      std::move(asking), name, std::move(wanted.current), std::move(wanted.wanted), {}, false}));
}

void Accounts::begin(const AttemptPointer& attempt) {
  const auto tried = limit_.begin(attempt->name, attempt->asking.address, clock_now());
  if (tried.wait) {
    count("too_many");
    parts_.log.warn("log_in_too_often", {{"peer", attempt->asking.address}});
    return attempt->asking.respond(web::too_many_tries(*tried.wait));
  }
  attempt->locks = tried.locks;
  ask<std::optional<store::UserSecret>>(
      [name = attempt->name](store::Connection& connection) {
        return store::find_user(connection, name);
      },
      [this, attempt](core::HttpResponse problem) { give_up(attempt, std::move(problem)); },
      [this, attempt](std::optional<store::UserSecret> user) {
        attempt->user = std::move(user);
        check_password(attempt);
      });
}

/// Of an unknown user nobody's password is checked, so that it takes as long.
void Accounts::check_password(const AttemptPointer& attempt) {
  const auto& hash = attempt->user ? attempt->user->password_hash : nobodys_hash();
  const bool is_taken = passwords_.check(hash, attempt->password, [this, attempt](bool is_right) {
    if (!is_right || !attempt->user || attempt->user->user.is_disabled) return refuse(attempt);
    if (attempt->wanted) return replace_password(attempt);
    log_in(attempt);
  });
  if (!is_taken) give_up(attempt, web::passwords_busy());
}

void Accounts::refuse(const AttemptPointer& attempt) {
  count("refused");
  const bool is_login = !attempt->wanted;
  const std::string name = attempt->user ? attempt->user->user.name : "";
  const std::string action = is_login ? "log_in_refused" : "password_change_refused";
  parts_.log.warn(action, {{"peer", attempt->asking.address}});
  const std::string actor = is_login ? "nobody" : attempt->asking.visitor.name;
  ask<bool>(
      [actor, action, name, locks = attempt->locks](store::Connection& connection) {
        store::audit(connection, {actor, action, name});
        if (locks) store::audit(connection, {"bridge", "log_in_locked", name});
        return true;
      },
      attempt->asking.respond,
      [is_login, respond = attempt->asking.respond](bool) {
        respond(is_login ? web::login_refused() : web::current_password_wrong());
      });
}

void Accounts::accept(const AttemptPointer& attempt) {
  count("accepted");
  limit_.succeeded(attempt->name, attempt->asking.address);
}

void Accounts::log_in(const AttemptPointer& attempt) {
  const auto session = random_secret();
  const auto old_session = attempt->asking.old_session;
  ask<bool>(
      [user = *attempt->user, session, old_session](store::Connection& connection) {
        return enter(connection, user, session, old_session);
      },
      [this, attempt](core::HttpResponse problem) { give_up(attempt, std::move(problem)); },
      [this, attempt, session](bool is_open) {
        if (!is_open) return refuse(attempt);
        accept(attempt);
        parts_.visitors.forget();  // the session that the browser had is over
        attempt->asking.respond(welcome(attempt->user->user, session, attempt->asking));
      });
}

void Accounts::replace_password(const AttemptPointer& attempt) {
  accept(attempt);
  const auto& asking = attempt->asking;
  const auto replace = [this, user = *attempt->user, session = asking.visitor.credential,
                        respond = asking.respond](const std::string& hash) {
    change(
        [user, session, hash](store::Connection& connection) {
          if (!store::replace_password(connection, user, hash, session))
            return web::log_in_first();  // changed or logged out meanwhile
          store::audit(connection, {user.user.name, "own_password_changed", user.user.name});
          return web::done();
        },
        respond);
  };
  hash_new(*attempt->wanted, attempt->name, asking, replace);
}

/// For a reason of ours: such a try does not count.
void Accounts::give_up(const AttemptPointer& attempt, core::HttpResponse answer) {
  count(answer.status == 429 ? "busy" : "unavailable");
  net::asio::post(parts_.control,
                  [this, attempt] { limit_.take_back(attempt->name, attempt->asking.address); });
  attempt->asking.respond(std::move(answer));
}

core::HttpResponse Accounts::welcome(const store::User& user, const std::string& session,
                                     const Asking& asking) const {
  auto answer = web::session_answer({.name = user.name,
                                     .role = user.role,
                                     .via = "session",
                                     .csrf = csrf_of(session),
                                     .has_users = true});
  answer.headers.emplace_back(
      "Set-Cookie", web::session_cookie(session, asking.wants_tls_only, store::session_lifetime));
  return answer;
}

void Accounts::perform(web::LogOut, Asking asking) {
  auto answer = web::done();
  answer.headers.emplace_back("Set-Cookie", web::ended_session_cookie(asking.wants_tls_only));
  if (asking.visitor.via != Visitor::Via::session) return asking.respond(std::move(answer));
  change(
      [answer, visitor = asking.visitor](store::Connection& connection) {
        store::close_session(connection, visitor.credential);
        store::audit(connection, {visitor.name, "logged_out", visitor.name});
        return answer;
      },
      asking.respond);
}

void Accounts::hash_new(const core::Secret& password, const std::string& user_name,
                        const Asking& asking, std::function<void(std::string)> then) {
  if (const auto problem = password_problem(password.expose(), user_name))
    return asking.respond(web::password_refused(*problem));
  const bool is_taken = passwords_.hash(
      password, [respond = asking.respond, then = std::move(then)](std::string hash) {
        if (hash.empty()) return respond(web::internal_problem());
        then(std::move(hash));
      });
  if (!is_taken) asking.respond(web::passwords_busy());
}

/// The link is looked at first: without one nobody can make us hash.
void Accounts::perform(web::UseSetupLink wanted, Asking asking) {
  ask<bool>([link = store::digest(wanted.link.expose())](
                store::Connection& connection) { return store::is_setup_open(connection, link); },
            asking.respond,
            [this, wanted, asking](bool is_open) {
              if (!is_open) return asking.respond(web::setup_refused());
              make_first_user(wanted, asking);
            });
}

void Accounts::make_first_user(web::UseSetupLink wanted, Asking asking) {
  const auto make = [this, wanted, asking](const std::string& hash) {
    const auto session = random_secret();
    change(
        [this, wanted, asking, hash, session](store::Connection& connection) {
          const auto user =
              store::use_setup(connection, store::digest(wanted.link.expose()), wanted.name, hash);
          if (!user) return web::setup_refused();
          store::audit(connection, {"setup link", "user_added", user->name, role_detail("admin")});
          enter(connection, {*user, hash}, session, asking.old_session);
          return welcome(*user, session, asking);
        },
        asking.respond);
  };
  hash_new(wanted.password, wanted.name, asking, make);
}

void Accounts::perform(web::AddUser wanted, Asking asking) {
  const auto add = [this, wanted, asking](const std::string& hash) {
    change(
        [wanted, actor = asking.visitor.name, hash](store::Connection& connection) {
          const auto added = store::add_user(connection, {wanted.name, wanted.role, hash});
          if (added.refusal) return answer_to(*added.refusal);
          store::audit(connection, {actor, "user_added", wanted.name, role_detail(wanted.role)});
          return web::user_answer(201, store::find_user(connection, wanted.name)->user);
        },
        asking.respond);
  };
  hash_new(wanted.password, wanted.name, asking, add);
}

void Accounts::perform(web::ChangeUser wanted, Asking asking) {
  if (!wanted.password) return change_user(std::move(wanted), {}, asking);
  const auto password = *wanted.password;
  hash_new(password, {}, asking, [this, wanted, asking](std::string hash) {
    change_user(wanted, std::move(hash), asking);
  });
}

void Accounts::change_user(web::ChangeUser wanted, std::string password_hash,
                           const Asking& asking) {
  store::UserChange wished{.role = std::move(wanted.role), .is_disabled = wanted.is_disabled};
  if (!password_hash.empty()) wished.password_hash = std::move(password_hash);
  change(
      [wished, id = wanted.id, actor = asking.visitor.name](store::Connection& connection) {
        if (const auto refusal = store::change_user(connection, id, wished))
          return answer_to(*refusal);
        const auto user = store::load_user(connection, id);
        note_changes(connection, actor, user->name, wished);
        return web::user_answer(200, *user);
      },
      asking.respond);
}

void Accounts::perform(web::AddToken wanted, Asking asking) {
  const core::Secret token("brg_" + random_secret());
  change(
      [wanted, token, actor = asking.visitor.name](store::Connection& connection) {
        const auto added = store::add_token(connection, wanted.name, wanted.role,
                                            store::digest(token.expose()), wanted.lifetime);
        store::audit(connection, {actor, "token_added", wanted.name, role_detail(wanted.role)});
        return web::token_answer(added, token);
      },
      asking.respond);
}

void Accounts::perform(web::RevokeToken wanted, Asking asking) {
  change(
      [id = wanted.id, actor = asking.visitor.name](store::Connection& connection) {
        const auto name = store::revoke_token(connection, id);
        if (!name) return web::no_such_token();
        store::audit(connection, {actor, "token_revoked", *name});
        return web::done();
      },
      asking.respond);
}

}  // namespace tandem
