#include "collector/interpret/http_head.h"

#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

constexpr std::string_view kProtocol = "HTTP/";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  return wire::trim(text);
}

std::string_view version_of(std::string_view token) {
  if (!token.starts_with(kProtocol)) return {};
  token.remove_prefix(kProtocol.size());
  const bool sound = token.size() == 3 && token[0] >= '0' && token[0] <= '9' && token[1] == '.' &&
                     token[2] >= '0' && token[2] <= '9';
  return sound ? token : std::string_view{};
}

}  // namespace

RequestLine split_request_line(std::string_view line, bool truncated) {
  RequestLine result;
  line = trimmed(line);
  const size_t method_end = line.find(' ');
  result.method = line.substr(0, method_end);
  if (method_end == std::string_view::npos) return result;
  line = wire::trim(line.substr(method_end + 1));
  const size_t target_end = truncated ? std::string_view::npos : line.rfind(' ');
  if (target_end != std::string_view::npos) {
    result.version = version_of(line.substr(target_end + 1));
    if (line.substr(target_end + 1).starts_with(kProtocol)) line = line.substr(0, target_end);
  }
  result.target = wire::trim(line);
  return result;
}

std::string_view response_version(std::string_view line) {
  line = trimmed(line);
  return version_of(line.substr(0, line.find(' ')));
}

HeaderField split_header(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return {trimmed(line), {}};
  return {wire::trim(line.substr(0, colon)), trimmed(line.substr(colon + 1))};
}

std::string_view first_element(std::string_view list) {
  return wire::trim(list.substr(0, list.find(',')));
}

}  // namespace seamtrace::collector
