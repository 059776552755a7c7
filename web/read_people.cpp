#include <algorithm>

#include "web/answers.hpp"
#include "web/json_body.hpp"
#include "web/parameters.hpp"
#include "web/readers.hpp"
#include "web/render_people.hpp"

namespace tandem::web {

namespace {

constexpr std::size_t password_bytes_max = 256;

core::HttpResponse unusable(std::string_view words) {
  return problem(422, "The request cannot be used", words);
}

/// The members that a request may have, each at most once; what is wrong with it otherwise.
class Body {
 public:
  explicit Body(const Asked& asked) {
    const auto errors = Parameters(asked.request.query()).finish();
    if (!errors.empty()) {
      refusal = wrong_parameters(errors);
      return;
    }
    auto read = read_json_body(asked.request);
    if (auto* const problem = std::get_if<core::HttpResponse>(&read)) {
      refusal = std::move(*problem);
    } else {
      members_ = std::get<std::vector<BodyMember>>(std::move(read));
    }
  }

  /// Every member is one of these.
  [[nodiscard]] bool has_only(std::initializer_list<std::string_view> names) const {
    return std::all_of(members_.begin(), members_.end(), [&](const BodyMember& member) {
      return std::find(names.begin(), names.end(), member.name) != names.end();
    });
  }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  /// Empty when it is not there, or no text.
  [[nodiscard]] std::string text(std::string_view name) const {
    const auto* const member = find(name);
    return member != nullptr ? member->text.value_or("") : "";
  }
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const {
    const auto* const member = find(name);
    return member != nullptr ? member->number : std::nullopt;
  }
  [[nodiscard]] std::optional<bool> fact(std::string_view name) const {
    const auto* const member = find(name);
    return member != nullptr ? member->fact : std::nullopt;
  }

  std::optional<core::HttpResponse> refusal;

 private:
  [[nodiscard]] const BodyMember* find(std::string_view name) const {
    const auto found = std::find_if(members_.begin(), members_.end(),
                                    [&](const BodyMember& member) { return member.name == name; });
    return found == members_.end() ? nullptr : &*found;
  }

  std::vector<BodyMember> members_;
};

bool is_password(const std::string& text) {
  return !text.empty() && text.size() <= password_bytes_max;
}

/// The answer of a question without parameters.
template <class Ask>
ApiTask plain_question(const Asked& asked, Ask ask) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return StoreQuestion(
      [ask](store::Connection& connection) { return json_answer(ask(connection)); });
}

ApiTask plain_order(const Asked& asked, AccountTask order) {
  const auto errors = Parameters(asked.request.query()).finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return order;
}

}  // namespace

ApiTask show_session(const Asked& asked) { return plain_order(asked, ShowSession{}); }
ApiTask log_out(const Asked& asked) { return plain_order(asked, LogOut{}); }

ApiTask log_in(const Asked& asked) {
  const Body body(asked);
  if (body.refusal) return *body.refusal;
  const auto name = body.text("name");
  const auto password = body.text("password");
  if (!body.has_only({"name", "password"}) || name.empty() || password.empty())
    return unusable("Send name and password.");
  // No such user can exist, so there is nothing to hide by checking a password.
  if (!is_account_name(name) || !is_password(password)) return login_refused();
  return LogIn{name, core::Secret(password)};
}

ApiTask change_password(const Asked& asked) {
  const Body body(asked);
  if (body.refusal) return *body.refusal;
  const auto current = body.text("current");
  const auto wanted = body.text("password");
  if (!body.has_only({"current", "password"}) || current.empty() || !is_password(wanted))
    return unusable("Send current, the password until now, and password, the one from now on.");
  if (!is_password(current)) return current_password_wrong();
  return ChangePassword{core::Secret(current), core::Secret(wanted)};
}

ApiTask use_setup_link(const Asked& asked) {
  const Body body(asked);
  if (body.refusal) return *body.refusal;
  const auto link = body.text("link");
  const auto name = body.text("name");
  const auto password = body.text("password");
  if (!body.has_only({"link", "name", "password"}) || link.empty() || !is_account_name(name) ||
      !is_password(password))
    return unusable("Send link, name (letters, digits, . - _ @) and password.");
  return UseSetupLink{core::Secret(link), name, core::Secret(password)};
}

ApiTask list_users(const Asked& asked) {
  return plain_question(asked, [](store::Connection& connection) {
    return render_users(store::list_users(connection));
  });
}

ApiTask add_user(const Asked& asked) {
  const Body body(asked);
  if (body.refusal) return *body.refusal;
  const auto name = body.text("name");
  const auto role = body.text("role");
  const auto password = body.text("password");
  if (!body.has_only({"name", "role", "password"}) || !is_account_name(name) || !is_role(role) ||
      !is_password(password))
    return unusable(
        "Send name (letters, digits, . - _ @), role (viewer, operator, admin) and password.");
  return AddUser{name, role, core::Secret(password)};
}

ApiTask change_user(const Asked& asked) {
  const Body body(asked);
  if (body.refusal) return *body.refusal;
  ChangeUser change{asked.call_id, std::nullopt, body.fact("disabled"), std::nullopt};
  if (body.has("role")) change.role = body.text("role");
  if (body.has("password")) change.password = core::Secret(body.text("password"));
  const bool is_right = body.has_only({"role", "disabled", "password"}) &&
                        (change.role || change.is_disabled || change.password) &&
                        (!change.role || is_role(*change.role)) &&
                        (!body.has("disabled") || change.is_disabled) &&
                        (!change.password || is_password(change.password->expose()));
  if (!is_right)
    return unusable("Send role (viewer, operator, admin), disabled (true, false) or password.");
  return change;
}

ApiTask list_tokens(const Asked& asked) {
  return plain_question(asked, [](store::Connection& connection) {
    return render_tokens(store::list_tokens(connection));
  });
}

ApiTask add_token(const Asked& asked) {
  const Body body(asked);
  if (body.refusal) return *body.refusal;
  const auto days = body.number("days");
  const bool has_right_days = !body.has("days") || (days && *days >= 1 && *days <= token_days_max);
  AddToken order{body.text("name"), body.text("role"), std::nullopt};
  if (!body.has_only({"name", "role", "days"}) || !is_account_name(order.name) ||
      !is_role(order.role) || !has_right_days)
    return unusable(
        "Send name (letters, digits, . - _ @), role (viewer, operator, admin) and, for a token "
        "that expires, days from 1 to 3650.");
  if (days) order.lifetime = std::chrono::days(*days);
  return order;
}

ApiTask revoke_token(const Asked& asked) { return plain_order(asked, RevokeToken{asked.call_id}); }

ApiTask list_audit(const Asked& asked) {
  Parameters parameters(asked.request.query());
  store::AuditFilter filter;
  filter.actor = parameters.text("actor", 128);
  filter.action = parameters.text("action", 128);
  filter.before = parameters.number("cursor", 1, INT64_MAX);
  filter.limit = static_cast<int>(parameters.number("limit", 1, 500).value_or(50));
  const auto& errors = parameters.finish();
  if (!errors.empty()) return wrong_parameters(errors);
  return StoreQuestion([filter](store::Connection& connection) {
    return json_answer(render_audit(store::list_audit(connection, filter)));
  });
}

ApiTask check_audit(const Asked& asked) {
  return plain_question(asked, [](store::Connection& connection) {
    return render_audit_check(store::check_audit(connection));
  });
}

}  // namespace tandem::web
