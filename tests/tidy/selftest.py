"""For every rule: snippets it must report, and look-alikes that it must leave alone.

A snippet is (path, text): the rule sees a tree that holds nothing else.
"""

from source import Source, Tree


_ALERT = ("groups:\n  - name: tandem\n    rules:\n      - alert: Late\n        expr: '%s'\n        for: 1m\n"
          "        labels: {severity: page}\n        annotations: {summary: 'late'}\n")


def _alerts(expression, text=_ALERT):
    return {"deploy/alerts.yml": text % expression, "docs/operations.md": "`Late` `tandem_lag`",
            "bridge/ops/metrics.cpp": '{Family::lag, gauge, "lag", "Lag.", {"thread"}},\n'}


def _dashboard(expression):
    return {"deploy/grafana/a.json": '{"panels": [{"title": "Lag", "targets": [{"expr": "%s"}]}]}' % expression,
            "bridge/ops/metrics.cpp": '{Family::lag, histogram, "lag_seconds", "Lag.", {"thread"}},\n'}


def _tree(files):
    return Tree({path: Source(path, text) for path, text in files.items()})


BAD = {
    "alerts_watch_what_there_is": [
        _alerts("tandem_lead > 1"), _alerts('tandem_lag{file="a"} > 1'), _alerts("max(tandem_lag > 1"), _alerts("up > 1"),
        _alerts("tandem_lag > 1", _ALERT.replace("for: 1m", "for 1m")),
        _alerts("tandem_lag > 1", _ALERT.replace("Late", "Early")),
        _alerts("tandem_lag > 1", _ALERT + "      - alert: Late\n"),
        {**_alerts("tandem_lag > 1"), "docs/operations.md": "`Late`"},
    ],
    "dashboards_show_what_there_is": [
        _dashboard("tandem_lead"), _dashboard("max(tandem_lag_seconds"), _dashboard("up"), _dashboard("tandem_lag_seconds_bucket{file='a'}"),
        {"deploy/grafana/a.json": "{"}, {"deploy/grafana/a.json": '{"panels": [{"targets": []}]}'},
    ],
    "layering": [
        {"codec/a.cpp": '#include "bridge/core/types.hpp"\n'},
        {"bridge/call/a.hpp": '#include "hume/messages.hpp"\n'},
        {"bridge/call/a.cpp": "#include <boost/asio/post.hpp>\n"},
        {"hume/a.cpp": '#include "gemini/analysis.hpp"\n'},
        {"hume/a.cpp": "#include <openssl/ssl.h>\n"},
        {"web/a.cpp": '#include "store/postgres.hpp"\n'},
        {"bridge/net/a.cpp": '#include "hume/provider.hpp"\n'},
        {"bridge/net/a.cpp": "#include <libpq-fe.h>\n"},
        {"hume/a.cpp": '#include "bridge/clock.hpp"\n'},
        {"web/a.hpp": '#include "bridge/clock.hpp"\n'},
        {"store/a.cpp": '#include "bridge/config.hpp"\n'},
    ],
    "beast_in_few_files": [{"bridge/net/shard.cpp": "#include <boost/beast/websocket.hpp>\n"},
                           {"bridge/net/websocket.hpp": "#include <boost/beast/core.hpp>\n"}],
    "pure_folders_stay_pure": [
        {"bridge/call/a.cpp": "auto t = std::chrono::steady_clock::now();\n"},
        {"codec/a.cpp": "#include <thread>\n"},
        {"hume/a.cpp": "#include <sys/socket.h>\n"},
        {"gemini/a.cpp": 'auto key = std::getenv("KEY");\n'},
        {"web/a.cpp": "auto t = std::chrono::steady_clock::now();\n"},
    ],
    "one_wall_clock": [{"bridge/a.cpp": "auto t = std::chrono::system_clock::now();\n"},
                       {"store/a.cpp": "auto t = floor<seconds>(system_clock::now());\n"}],
    "short_functions": [
        {"codec/a.cpp": "int f() {\n" + "  ++x;\n" * 70 + "}\n"},
        {"codec/a.cpp": "namespace n {\nclass C {\n  int f() const noexcept {\n" + "  ++x;\n" * 70 + "  }\n};\n}\n"},
        {"codec/a.cpp": "C::C(int a)\n    : a_{a}, b_(a) {\n" + "  ++x;\n" * 70 + "}\n"},
        {"codec/a.cpp": "template <class T>\nTask<void> f(T t) {\n  if (t) {\n" + "  ++x;\n" * 70 + "  }\n}\n"},
    ],
    "short_files": [{"codec/a.cpp": "\n" * 501}, {"web/dashboard/src/a.svelte": "\n" * 501}],
    "narrow_lines": [{"codec/a.cpp": "int " + "a" * 100 + ";\n"}, {"codec/a.hpp": "// " + "a " * 50 + "\n"}],
    "telling_names": [{"store/a.hpp": "class CallManager final : public X {\n};\n"},
                      {"store/a.hpp": "struct StringUtils {};\n"}],
    "explained_headers": [{"codec/a.hpp": "#pragma once\nint a;\n"}, {"codec/a.hpp": "// A thing.\nint a;\n"}],
    "small_fuzz_targets": [
        {"tests/fuzz/a.cpp": 'extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {\n' +
                             "  ++x;\n" * 14 + "}\n"},
        {"tests/fuzz/a.cpp": "int help() {\n  return 1;\n}\n"
                             'extern "C" int LLVMFuzzerTestOneInput(const char* d, int s) {\n  return 0;\n}\n'},
        {"tests/fuzz/a.cpp": "int run(const char* d, int s) {\n  return 0;\n}\n"},
    ],
    "nothing_detached": [{"store/a.cpp": "std::thread(f).detach();\n"},
                         {"bridge/net/a.cpp": "asio::co_spawn(e, f(), asio::detached);\n"}],
    "no_sleep_in_tests": [{"tests/unit/a_test.cpp": "std::this_thread::sleep_for(1ms);\n"},
                          {"tests/simulation/a.cpp": "usleep(5);\n"}],
    "no_printing": [{"store/a.cpp": 'std::cerr << "lost";\n'}, {"hume/a.cpp": 'printf("%d", 1);\n'},
                    {"bridge/net/a.cpp": 'std::fputs("x", stderr);\n'}],
    "virtual_at_the_seams_only": [{"store/a.hpp": "struct S { virtual ~S(); };\n"}],
    "no_vendor_words": [{"bridge/call/a.cpp": 'auto k = "streamSid";\n'}, {"bridge/core/a.hpp": "int twilio_port;\n"},
                        {"bridge/dial/a.cpp": "struct HumeSession {};\n"}, {"bridge/call/a.cpp": "Evi evi;\n"}],
    "safe_behind_a_pooler": [
        {"store/a.cpp": 'PQprepare(c, "name", "select 1", 0, nullptr);\n'}, {"store/a.cpp": 'db.script("LISTEN changes");\n'},
        {"store/a.cpp": 'db.script("set statement_timeout = 5");\n'}, {"store/a.cpp": 'db.script("begin; SET lock_timeout = 5");\n'},
        {"store/a.cpp": 'db.run("select pg_advisory_lock($1)");\n'}, {"store/a.cpp": 'db.run("select pg_try_advisory_lock($1)");\n'},
        {"store/a.cpp": 'db.script("create temp table t (a int)");\n'}],
    "nothing_unfinished": [{"codec/a.cpp": "// TO" + "DO: later\n"}, {"web/dashboard/src/a.ts": "// FIX" + "ME\n"}],
    "no_secrets": [
        {"docs/a.md": "AC" + "9f8e7d6c5b4a39281706f5e4d3c2b1a0" + "\n"},
        {"deploy/env.example": "GEMINI_API_KEY=AI" + "za" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6" + "\n"},
        {"tests/a.pem": "-----BEGIN " + "PRIVATE KEY-----\n"},
        {"tests/unit/a.cpp": '"+1415' + '2671234"\n'},
    ],
    "no_lambda_in_await": [
        {"bridge/net/a.cpp": "Task<void> f() { co_await run([&x](int a) { return a; }); }\n"},
        {"bridge/net/a.cpp": "Task<void> f() { auto y = co_await run(1, [this] { g(); }); }\n"},
        {"bridge/net/a.cpp": "Task<void> f() { co_await run([=]() mutable { g(); }); }\n"},
    ],
    "no_braces_in_await": [
        {"bridge/net/a.cpp": "Task<void> f() { co_await send(Request{1, 2}); }\n"},
        {"bridge/net/a.cpp": "Task<void> f() { co_await send({1, 2}); }\n"},
        {"bridge/net/a.cpp": "Task<void> f() { co_await send(1, std::vector<int>{1}); }\n"},
    ],
    "no_await_in_braces": [
        {"bridge/net/a.cpp": "Task<int> f() { co_return Answer{co_await g()}; }\n"},
        {"bridge/net/a.cpp": "Task<int> f() { Pair p = {1, co_await g()}; h(p); }\n"},
        {"bridge/net/a.cpp": "Task<int> f() { send(Request{1, (co_await g()).size()}); }\n"},
    ],
    "no_operators_on_awaitables": [
        {"bridge/net/a.cpp": "#include <boost/asio/experimental/awaitable_operators.hpp>\n"},
        {"bridge/net/a.cpp": "Task<void> f() { co_await (read(s) || wait(t)); }\n"},
        {"bridge/net/a.cpp": "Task<void> f() { co_await (read(s) && write(f(1), s)); }\n"},
    ],
    "settings_are_documented": [
        {"bridge/config.cpp": 'load("PORT", x);\n', "deploy/env.example": "PORT=1\n", "docs/configuration.md": ""},
        {"bridge/config.cpp": 'load("PORT", x);\n', "deploy/env.example": "", "docs/configuration.md": "`PORT`"},
        {"bridge/config.cpp": "", "deploy/env.example": "OLD=1\n", "docs/configuration.md": "`OLD`"},
    ],
    "end_reasons_are_documented": [
        {"bridge/call/end_reason.hpp": "enum class EndReason : int {\n  lost,\n  done,\n};\n",
         "bridge/call/end_reason.cpp": 'case lost: return "lost";\n'},
        {"bridge/call/end_reason.hpp": "enum class EndReason : int {\n  lost,  ///< gone\n};\n",
         "bridge/call/end_reason.cpp": 'return "lost";\n', "docs/operations.md": "`found`"},
        {"bridge/call/end_reason.hpp": "struct Moved;\n", "bridge/call/end_reason.cpp": "\n"},
    ],
    "faults_have_tests": [{"tests/tidy/faults.txt": "T01 x\n", "tests/unit/a_test.cpp": "// T01\n"},
                          {"tests/tidy/faults.txt": "T01 x\n", "tests/unit/a_test.cpp": 'TEST_CASE("T011")\n'}],
}

GOOD = {
    "safe_behind_a_pooler": [
        {"store/a.cpp": 'db.script("BEGIN; SET LOCAL lock_timeout = 5");\n'},
        {"store/a.cpp": 'db.run("select pg_advisory_xact_lock($1)");\n'},
        {"store/a.cpp": 'db.run("update t " "set state = $1");\n'}, {"store/a.cpp": '// LISTEN is lost silently\n'}],
    "layering": [{"bridge/call/a.cpp": '#include "codec/g711.hpp"\n#include <fmt/format.h>\n'},
                 {"web/a.cpp": '#include "store/queries.hpp"\n'}, {"hume/a.cpp": "#include <openssl/hmac.h>\n"},
                 {"bridge/main.cpp": '#include "hume/provider.hpp"\n#include <libpq-fe.h>\n'},
                 {"hume/a.cpp": '// #include "gemini/analysis.hpp"\n'},
                 {"store/a.cpp": '#include "bridge/clock.hpp"\n'},
                 {"bridge/serve.cpp": '#include "bridge/config.hpp"\n'}],
    "one_wall_clock": [{"bridge/clock.hpp": "auto t = std::chrono::system_clock::now();\n"},
                       {"bridge/a.cpp": "auto t = std::chrono::steady_clock::now();\n"}],
    "beast_in_few_files": [{"bridge/net/websocket.cpp": "#include <boost/beast/core.hpp>\n"}],
    "pure_folders_stay_pure": [{"bridge/call/a.cpp": "// never steady_clock::now() here\n"},
                               {"bridge/net/a.cpp": "auto t = std::chrono::steady_clock::now();\n"}],
    "short_functions": [
        {"codec/a.cpp": "int f() {\n" + "  ++x;\n" * 68 + "}\n"},
        {"codec/a.cpp": "namespace n {\n" + "int f() { return 1; }\n" * 80 + "}\n"},
        {"codec/a.cpp": "struct S {\n" + "  int f() { return g({1}); }\n" * 80 + "};\n"},
        {"codec/a.cpp": "constexpr std::array a{\n" + "  1,\n" * 80 + "};\n"},
        {"codec/a.cpp": "S::S(int a) : a_{a} {\n  ++x;\n}\n" * 30},
        {"codec/a.cpp": 'auto s = "int f() {";\n' + "int g();\n" * 80},
    ],
    "narrow_lines": [{"codec/a.cpp": "auto s = \"" + "ü" * 80 + "\";\n"}],
    "telling_names": [{"store/a.hpp": "class Database {\n};\n"}, {"store/a.hpp": "struct Baseline {};\n"}],
    "small_fuzz_targets": [
        {"tests/fuzz/a.cpp": 'extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {\n' +
                             "  ++x;\n" * 13 + "}\n"},
        {"tests/fuzz/support/a.hpp": "int f() {\n" + "  ++x;\n" * 30 + "}\nint g() {\n  return 0;\n}\n"},
    ],
    "nothing_detached": [{"store/a.cpp": "// nothing is asio::detached here\n"}],
    "no_sleep_in_tests": [{"tests/integration/a.cpp": "std::this_thread::sleep_for(1ms);\n"}],
    "no_printing": [{"bridge/main.cpp": 'std::cout << "usage";\n'}, {"store/a.cpp": "std::snprintf(b, 1, f);\n"},
                    {"store/a.cpp": 'std::fputs("bug", stderr);\n  std::abort();\n'}],
    "virtual_at_the_seams_only": [{"bridge/call/voice.hpp": "virtual void f() = 0;\n"},
                                  {"hume/a.hpp": "void f() override;\n"}],
    "no_vendor_words": [{"bridge/call/a.hpp": "// Twilio Media Streams, message `start`: streamSid\nint stream;\n"},
                        {"bridge/core/a.hpp": "int device;\nbool posthumen;\n".replace("humen", "humus")}],
    "no_secrets": [{"docs/a.md": "AC" + "0" * 32 + " +14155550123 +15005550006\n"}],
    "no_lambda_in_await": [
        {"bridge/net/a.cpp": "Task<void> f() { auto g = [&] { return 1; }; co_await run(g); }\n"},
        {"bridge/net/a.cpp": "Task<void> f() { co_await run([](int a) { return a; }); }\n"},
        {"bridge/net/a.cpp": "Task<void> f() { co_await run(list[i](1)); }\n"},
    ],
    "no_braces_in_await": [
        {"bridge/net/a.cpp": "Task<void> f() { Request r{1, 2}; co_await send(r); }\n"},
        {"bridge/net/a.cpp": "Task<void> f() { if (co_await g()) { h(); } }\n"},
        {"bridge/net/a.cpp": "Task<void> f() { co_await run([](int a) { return a; }); }\n"},
    ],
    "no_await_in_braces": [
        {"bridge/net/a.cpp": "Task<int> f() { co_await g(); }\n"},
        {"bridge/net/a.cpp": "Task<int> f() -> Task<int> { while (co_await g()) { h(); } }\n"},
        {"bridge/net/a.cpp": "Task<int> f() { for (int i : {1, 2}) { co_await g(i); } }\n"},
        {"bridge/net/a.cpp": "Task<int> f() { if (a) { b(); } co_return co_await g(); }\n"},
    ],
    "no_operators_on_awaitables": [
        {"bridge/net/a.cpp": "Task<void> f() { if (co_await g() || h) k(); }\n"},
        {"bridge/net/a.cpp": "Task<void> f() { co_await g(a && b); }\n"},
    ],
    "dashboards_show_what_there_is": [
        _dashboard("sum by (le) (rate(tandem_lag_seconds_bucket{thread='a'}[5m]))"), {"deploy/grafana/a.json": '{"panels": []}'}],
    "alerts_watch_what_there_is": [_alerts('max(tandem_lag{thread=~"a|b"}) > 1')],
    "settings_are_documented": [{"bridge/config.cpp": 'load("PORT", x);\n', "deploy/env.example": "# P\nPORT=1\n",
                                 "docs/configuration.md": "| `PORT` |"}],
    "faults_have_tests": [{"tests/tidy/faults.txt": "# c\nT01 x\n", "tests/unit/a_test.cpp": 'TEST_CASE("T01: a")\n'}],
}


def cases(rule):
    """(name, problems) for every snippet of the rule; no problems means that the rule behaved."""
    name = rule.__name__
    if name not in BAD:
        yield f"{name}: has bad snippets", ["none in tests/tidy/selftest.py"]
    for number, files in enumerate(BAD.get(name, []), 1):
        yield f"{name}: reports bad snippet {number}", [] if rule(_tree(files)) else [f"not reported: {files}"]
    for number, files in enumerate(GOOD.get(name, []), 1):
        yield f"{name}: accepts good snippet {number}", [str(f) for f in rule(_tree(files))]
