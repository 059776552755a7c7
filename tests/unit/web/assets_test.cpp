#include "web/assets.hpp"

#include "tests/unit/catch.hpp"
#include "tests/unit/web/requests.hpp"

using namespace tandem;

namespace {

std::string header(const core::HttpResponse& response, std::string_view name) {
  return std::string(core::find_header(response.headers, name));
}

const web::Asset& index_page() {
  const web::Asset* asset = web::find_asset("/");
  REQUIRE(asset != nullptr);
  return *asset;
}

constexpr web::Asset example = {
    .path = "/assets/app-Ab12.js",
    .content_type = "text/javascript; charset=utf-8",
    .digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    .bytes = "plain bytes",
    .gzip = "packed"};

}  // namespace

TEST_CASE("the pages of the application are answered with the application") {
  CHECK(index_page().path == "/index.html");
  CHECK(index_page().content_type == "text/html; charset=utf-8");
  CHECK(index_page().bytes.find("<title>Tandem</title>") != std::string_view::npos);
  CHECK(web::find_asset("/calls/0a1b2c3d-0000-4000-8000-000000000001") == &index_page());
  CHECK(web::find_asset("/live") == &index_page());
  CHECK(web::find_asset("/index.html") == &index_page());
}

TEST_CASE("every asset is found under its own path and has a digest") {
  for (const web::Asset& asset : web::assets()) {
    INFO(asset.path);
    CHECK(web::find_asset(asset.path) == &asset);
    CHECK(asset.digest.size() == 64);
    CHECK_FALSE(asset.bytes.empty());
    CHECK(asset.gzip.size() < asset.bytes.size());
  }
}

TEST_CASE("no asset has code or style that the security policy would refuse") {
  const auto page = index_page().bytes;
  CHECK(page.find("<style") == std::string_view::npos);
  CHECK(page.find(" style=") == std::string_view::npos);
  CHECK(page.find("<script>") == std::string_view::npos);
  for (const web::Asset& asset : web::assets()) {
    INFO(asset.path);
    CHECK(asset.bytes.find("//fonts.") == std::string_view::npos);
    CHECK(asset.bytes.find("new Function(") == std::string_view::npos);
  }
}

TEST_CASE("A08: no other path finds anything") {
  using std::string_literals::operator""s;
  for (const std::string& path : {""s,
                                  "//"s,
                                  "/."s,
                                  "/.."s,
                                  "/../index.html"s,
                                  "/assets/../index.html"s,
                                  "/assets/..%2findex.html"s,
                                  "/%2e%2e/index.html"s,
                                  "/%2e%2e/%2e%2e/etc/passwd"s,
                                  "/..%5c..%5cindex.html"s,
                                  "/index.html\0"s,
                                  "/index.html%00"s,
                                  "/\0"s,
                                  "index.html"s,
                                  "//index.html"s,
                                  "/INDEX.HTML"s,
                                  "/index.html/"s,
                                  "/\xC0\xAE\xC0\xAE/index.html"s,
                                  "/\xE0\x80\xAE/index.html"s,
                                  "/etc/passwd"s,
                                  "/assets/"s,
                                  "/assets"s,
                                  "/calls"s,
                                  "/calls/"s,
                                  "/calls/.."s,
                                  "/calls/%2e%2e"s,
                                  "/calls/a/b"s,
                                  "/calls/a\0"s,
                                  "/calls/a%00"s,
                                  "/calls/"s + std::string(65, 'a'),
                                  "/calls//"s,
                                  "/calls/<b>"s,
                                  "http://127.0.0.1/index.html"s,
                                  "*"s,
                                  "/live/"s,
                                  "/analytics/x"s}) {
    INFO(path);
    CHECK(web::find_asset(path) == nullptr);
  }
}

TEST_CASE("an asset comes plain or packed, as the client takes it") {
  const auto plain = web::answer_asset(test::get("/"), example);
  CHECK(plain.status == 200);
  CHECK(plain.body == "plain bytes");
  CHECK(header(plain, "Content-Encoding").empty());
  CHECK(header(plain, "Vary") == "Accept-Encoding");

  for (const std::string accepted : {"gzip", "br, gzip", "gzip;q=0.5", "deflate , gzip ; q=1"}) {
    const auto packed = web::answer_asset(test::get("/", {{"Accept-Encoding", accepted}}), example);
    INFO(accepted);
    CHECK(packed.body == "packed");
    CHECK(header(packed, "Content-Encoding") == "gzip");
    CHECK(header(packed, "ETag") != header(plain, "ETag"));
  }
  for (const std::string refused : {"", "br", "gzip;q=0", "gzip;q=0.000", "x-gzip", "identity"}) {
    INFO(refused);
    CHECK(web::answer_asset(test::get("/", {{"Accept-Encoding", refused}}), example).body ==
          "plain bytes");
  }
}

TEST_CASE("an asset that the client already has is not sent again") {
  const auto etag = header(web::answer_asset(test::get("/"), example), "ETag");
  CHECK(etag == "\"0123456789abcdef0123456789abcdef\"");
  for (const std::string& known : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
    const auto response = web::answer_asset(test::get("/", {{"If-None-Match", known}}), example);
    INFO(known);
    CHECK(response.status == 304);
    CHECK(response.body.empty());
    CHECK(header(response, "ETag") == etag);
  }
  CHECK(web::answer_asset(test::get("/", {{"If-None-Match", "\"other\""}}), example).status == 200);
}

TEST_CASE("an asset can only be got") {
  auto request = test::get("/");
  request.method = "POST";
  const auto response = web::answer_asset(request, example);
  CHECK(response.status == 405);
  CHECK(header(response, "Allow") == "GET");
}

TEST_CASE("names with a digest are cached for ever, the page is asked for each time") {
  CHECK(header(web::answer_asset(test::get("/"), example), "Cache-Control") ==
        "public, max-age=31536000, immutable");
  const auto page = web::answer_asset(test::get("/"), index_page());
  CHECK(header(page, "Cache-Control") == "no-cache");
  CHECK(header(page, "Content-Security-Policy").starts_with("default-src 'none'"));
}
