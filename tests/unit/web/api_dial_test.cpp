// Requests about dialling: what of a body is wrong is named, and nobody resumes who may only stop.
#include "tests/unit/catch.hpp"
#include "tests/unit/web/requests.hpp"
#include "web/refusals.hpp"
#include "web/render_dial.hpp"

namespace tandem::web {

namespace {

using namespace std::chrono;

constexpr core::WallTime now = sys_days{2026y / November / 22} + hours(12);

core::HttpRequest change(const char* method, const char* target, std::string body) {
  auto request = test::get(target, {{"Content-Type", "application/json"}});
  request.method = method;
  request.body = std::move(body);
  return request;
}

/// Status and body of the answer at once; 0 when the database is asked.
std::pair<int, std::string> answer(const core::HttpRequest& request,
                                   Access access = Access::administer) {
  const auto found = find_route(request);
  REQUIRE(found);
  if (const auto* problem = std::get_if<core::HttpResponse>(&*found))
    return {problem->status, problem->body};
  auto task = read_request(*std::get<const Route*>(*found), {request, now, "tester", access});
  const auto* response = std::get_if<core::HttpResponse>(&task);
  return response == nullptr ? std::pair(0, std::string())
                             : std::pair(response->status, response->body);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string consent =
    R"({"number":"+12125550123","purpose":"telemarketing","seller":"Example Diner","written":true,)"
    R"("wording":"You may call me.","channel":"web form","evidence_kind":"ip",)"
    R"("evidence":"192.0.2.7",)"
    R"("evidence_sha256":")" +
    std::string(64, 'a') + R"(","captured_at":"2026-11-01"})";

std::string with(std::string body, const std::string& from, const std::string& to) {
  const auto at = body.find(from);
  REQUIRE(at != std::string::npos);
  return body.replace(at, from.size(), to);
}

constexpr AskedWhen today{now, floor<days>(now)};

std::vector<std::string> codes(const store::DiallingState& state, const AskedWhen& asked = today) {
  return refusals_for_all(state, asked);
}

}  // namespace

TEST_CASE("numbers of our own list come in bodies, strictly in E.164") {
  CHECK(answer(change("POST", "/api/v1/dnc", R"({"number":"+12125550123","reason":"a letter"})"))
            .first == 0);
  CHECK(answer(change("DELETE", "/api/v1/dnc", R"({"number":"+12125550123"})")).first == 0);
  CHECK(answer(change("DELETE", "/api/v1/consent", R"({"number":"+12125550123"})")).first == 0);
  for (const char* body : {R"({"number":"2125550123"})", R"({"number":"+1 212 555 0123"})",
                           R"({"number":12125550123})", R"({"number":"+0125550123"})", "{}",
                           R"({"number":"+12125550123","colour":"red"})"}) {
    INFO(body);
    const auto [status, text] = answer(change("POST", "/api/v1/dnc", body));
    CHECK(status == 422);
    CHECK(has(text, "\"errors\""));
    CHECK(answer(change("DELETE", "/api/v1/dnc", body)).first == 422);
  }
  CHECK(answer(change("POST", "/api/v1/dnc?number=%2B12125550123", R"({"number":"+12125550123"})"))
            .first == 400);
}

TEST_CASE("a consent is taken only with everything that could be shown of it") {
  CHECK(answer(change("POST", "/api/v1/consent", consent)).first == 0);
  const std::pair<const char*, const char*> spoilt[] = {
      {R"("purpose":"telemarketing",)", ""},
      {R"("telemarketing")", R"("anything")"},
      {R"("Example Diner")", R"("  ")"},
      {R"("written":true)", R"("written":"yes")"},
      {R"("You may call me.")", R"("")"},
      {R"("web form")", R"("\u0007")"},
      {R"("ip")", R"("hearsay")"},
      {R"("192.0.2.7")", R"(null)"},
      {"aaaa", "AAAA"},
      {"aaaa", ""},
      {"2026-11-01", "2026-11-23"},
      {"2026-11-01", "lately"},
      {R"("number")", R"("region":"Florida","number")"},
  };
  for (const auto& [from, to] : spoilt) {
    INFO(from << " -> " << to);
    CHECK(answer(change("POST", "/api/v1/consent", with(consent, from, to))).first == 422);
  }
  const auto [status, text] = answer(change("POST", "/api/v1/consent", "{}"));
  CHECK(status == 422);
  for (const char* name : {"number", "purpose", "seller", "written", "wording", "channel",
                           "evidence_kind", "evidence", "evidence_sha256", "captured_at"}) {
    CHECK(has(text, "\"name\":\"" + std::string(name) + "\""));
  }
}

TEST_CASE("O08: an operator may stop dialling, only an admin lets it go on") {
  const auto stop = change("POST", "/api/v1/dialling", R"({"stopped":true,"reason":"wrong list"})");
  const auto resume = change("POST", "/api/v1/dialling", R"({"stopped":false})");
  CHECK(answer(stop, Access::operate).first == 0);
  CHECK(answer(resume, Access::operate).first == 403);
  CHECK(answer(resume, Access::administer).first == 0);
  CHECK(answer(change("POST", "/api/v1/dialling", R"({"stopped":"true"})")).first == 422);
  CHECK(answer(change("POST", "/api/v1/dialling", "{}")).first == 422);
}

TEST_CASE("what refuses every call is what the gate says of the switch and the registry") {
  using Codes = std::vector<std::string>;
  store::DiallingState state;
  state.is_stopped = false;
  CHECK(codes(state) == Codes{"national_list_missing"});
  state.registry.emplace();
  state.registry->data_date = now - days(3);
  state.registry->rows = state.registry->rows_before = 100;
  CHECK(codes(state) == Codes{"national_list_incomplete"});
  state.registry->is_complete = true;
  CHECK(codes(state).empty());
  state.is_stopped = true;
  state.registry->data_date = now - days(32);
  CHECK(codes(state) == Codes{"dialling_stopped", "national_list_stale"});
  CHECK(has(render_dialling(state, today), R"("age_days":32)"));
  state = {};
  CHECK(has(render_dialling(state, today), R"("registry":null)"));
}

TEST_CASE("a review of the calling hours that is too old is said together with its day") {
  store::DiallingState state;
  state.is_stopped = false;
  const AskedWhen late{now + days(120), floor<days>(now)};
  CHECK(codes(state, late).back() == "hour_rules_stale");
  CHECK(has(render_dialling(state, late), R"("hours_reviewed":"2026-11-22T00:00:00)"));
}

TEST_CASE("every refusal has its words, and one of a later version says that it is unknown") {
  for (int index = 0; index < dial::refusal_count; ++index) {
    const auto& text = dial::describe(static_cast<dial::Refusal>(index));
    CHECK(refusal_text(text.name).meaning == text.meaning);
  }
  JsonWriter json;
  write_refusals(json, {"on_internal_list", "of_tomorrow"});
  const auto text = json.finish();
  CHECK(has(text, "This person asked not to be called."));
  CHECK(has(text, R"({"code":"of_tomorrow")"));
}

TEST_CASE("pages of numbered rows take the cursor that they gave, and no other") {
  for (const char* path : {"/api/v1/dnc", "/api/v1/consent", "/api/v1/decisions"}) {
    const std::string target = path;
    CHECK(answer(test::get(target + "?cursor=17&limit=5")).first == 0);
    for (const char* wrong : {"?cursor=0", "?cursor=-1", "?cursor=1_2",
                              "?cursor=9223372036854775808", "?limit=0", "?limit=501"}) {
      INFO(wrong);
      CHECK(answer(test::get(target + wrong)).first == 400);
    }
  }
  CHECK(answer(test::get("/api/v1/decisions?allowed=no")).first == 400);
}

}  // namespace tandem::web
