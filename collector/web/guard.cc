#include "collector/web/guard.h"

#include <boost/asio/ip/address.hpp>
#include <string_view>

#include "collector/web/error_response.h"

namespace seamtrace::collector {
namespace {

constexpr std::string_view kCookie = "seamtrace_token=";

/// Takes as long for a wrong token as for the right one.
bool same_secret(std::string_view given, std::string_view right) {
  unsigned difference = given.size() == right.size() ? 0 : 1;
  for (size_t i = 0; i < given.size(); ++i)
    difference |= static_cast<unsigned>(static_cast<unsigned char>(given[i]) ^
                                        static_cast<unsigned char>(right[i % right.size()]));
  return difference == 0;
}

std::string_view cookie_of(std::string_view cookies) {
  while (!cookies.empty()) {
    std::string_view cookie = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(cookie.size() + 1, cookies.size()));
    while (cookie.starts_with(' ')) cookie.remove_prefix(1);
    if (cookie.starts_with(kCookie)) return cookie.substr(kCookie.size());
  }
  return {};
}

/// `127.0.0.1:80` -> `127.0.0.1` and `80`; `[::1]` -> `::1` and nothing.
std::pair<std::string, std::string> split_host(const std::string& host) {
  size_t name_end = host.size();
  if (host.starts_with('[')) {
    const size_t bracket = host.find(']');
    if (bracket == std::string::npos) return {};
    const std::string rest = host.substr(bracket + 1);
    if (!rest.empty() && rest[0] != ':') return {};
    return {host.substr(1, bracket - 1), rest.empty() ? "" : rest.substr(1)};
  }
  name_end = std::min(host.rfind(':'), host.size());
  return {host.substr(0, name_end), name_end == host.size() ? "" : host.substr(name_end + 1)};
}

}  // namespace

bool is_loopback(const std::string& address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  return !error && parsed.is_loopback();
}

bool Guard::is_our_host(const std::string& host) const {
  const auto [name, port] = split_host(host);
  // Whoever listens on another address may give it any name; there the token decides.
  if (!is_loopback(options_.address)) return !name.empty();
  if (!port.empty() && port != std::to_string(options_.port)) return false;
  return name == "localhost" || is_loopback(name);
}

bool Guard::has_token(const HttpRequest& request) const {
  constexpr std::string_view kBearer = "Bearer ";
  std::string_view authorization = request.header("authorization");
  if (authorization.starts_with(kBearer))
    return same_secret(authorization.substr(kBearer.size()), options_.token);
  return same_secret(cookie_of(request.header("cookie")), options_.token);
}

std::optional<HttpResponse> Guard::check(const HttpRequest& request) const {
  const std::string& host = request.header("host");
  if (!is_our_host(host))
    return error_response(403,
                          "the name in the request's Host header is not one of this server; "
                          "use http://" +
                              options_.address + ":" + std::to_string(options_.port));
  const std::string& origin = request.header("origin");
  if (!origin.empty() && origin != "http://" + host && origin != "https://" + host)
    return error_response(403, "requests of other web pages are refused");
  if (request.header("sec-fetch-site") == "cross-site" && request.path.starts_with("/api/"))
    return error_response(403, "requests of other web pages are refused");
  if (options_.token.empty()) return {};
  const auto given = request.parameters.find("token");
  if (given != request.parameters.end() && request.method == "GET" &&
      same_secret(given->second, options_.token))
    return HttpResponse{303,
                        "",
                        "",
                        {{"Location", "/"},  // nothing that the request says
                         {"Set-Cookie", std::string(kCookie) + options_.token +
                                            "; Path=/; HttpOnly; SameSite=Strict"}}};
  if (has_token(request)) return {};
  return error_response(401,
                        "a token is needed: open the address that the collector printed when "
                        "it started, or send 'Authorization: Bearer TOKEN'");
}

}  // namespace seamtrace::collector
