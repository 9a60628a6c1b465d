#include "collector/interpret/url.h"

#include <algorithm>

#include "wire/configuration.h"

namespace seamtrace::collector {
namespace {

constexpr std::string_view kSecretKeys[] = {
    "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token",
    "AWSAccessKeyId",  "Signature",        "sig",
    "X-Goog-Signature"};

bool is_letter(char c) {
  c = wire::to_lower(c);
  return c >= 'a' && c <= 'z';
}

/// Length of the scheme when `target` begins with `scheme://`, else 0.
size_t scheme_length(std::string_view target) {
  const size_t colon = target.find("://");
  if (colon == std::string_view::npos || colon == 0 || !is_letter(target[0])) return 0;
  const std::string_view scheme = target.substr(0, colon);
  const bool sound = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
  return sound ? colon : 0;
}

uint16_t port_of(std::string_view digits) {
  return static_cast<uint16_t>(wire::parse_integer(digits, 1, 65535).value);
}

/// The item up to `&`, taken off `rest`; call while `rest.data() != nullptr`.
std::string_view next_parameter(std::string_view& rest) {
  const size_t end = rest.find('&');
  const std::string_view item = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return item;
}

bool is_secret(std::string_view key, std::span<const std::string> more_keys) {
  return std::find(std::begin(kSecretKeys), std::end(kSecretKeys), key) != std::end(kSecretKeys) ||
         std::find(more_keys.begin(), more_keys.end(), key) != more_keys.end();
}

}  // namespace

HostPort split_host_port(std::string_view authority) {
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return {authority.substr(1), 0};
    const std::string_view rest = authority.substr(end + 1);
    return {authority.substr(1, end - 1),
            rest.starts_with(':') ? port_of(rest.substr(1)) : uint16_t{0}};
  }
  const size_t colon = authority.find(':');
  if (colon == std::string_view::npos) return {authority, 0};
  if (authority.find(':', colon + 1) != std::string_view::npos) return {authority, 0};  // IPv6
  return {authority.substr(0, colon), port_of(authority.substr(colon + 1))};
}

UrlTarget parse_target(std::string_view method, std::string_view target) {
  UrlTarget result;
  if (method == "CONNECT") {
    result.form = UrlTarget::Form::kAuthority;
    result.authority = target;
    return result;
  }
  if (target == "*") {
    result.form = UrlTarget::Form::kAsterisk;
    result.path = target;
    return result;
  }
  target = target.substr(0, target.find('#'));
  if (const size_t length = target.starts_with('/') ? 0 : scheme_length(target); length > 0) {
    result.form = UrlTarget::Form::kAbsolute;
    result.scheme = target.substr(0, length);
    target.remove_prefix(length + 3);
    const size_t end = std::min(target.find_first_of("/?"), target.size());
    result.authority = target.substr(0, end);
    target.remove_prefix(end);
    if (const size_t at = result.authority.rfind('@'); at != std::string_view::npos) {
      result.has_credentials = true;
      result.authority.remove_prefix(at + 1);
    }
  }
  const size_t question = target.find('?');
  result.path = target.substr(0, question);
  if (question != std::string_view::npos) {
    result.has_query = true;
    result.query = target.substr(question + 1);
  }
  if (result.form == UrlTarget::Form::kAbsolute && result.path.empty()) result.path = "/";
  return result;
}

uint16_t default_port(std::string_view scheme) {
  if (wire::equals_ignoring_case(scheme, "http")) return 80;
  return wire::equals_ignoring_case(scheme, "https") ? 443 : 0;
}

std::string_view redact_query(Arena& arena, std::string_view query,
                              std::span<const std::string> more_keys) {
  size_t size = 0;
  bool secret = false;
  for (std::string_view rest = query; rest.data() != nullptr;) {
    const std::string_view item = next_parameter(rest);
    const size_t equals = item.find('=');
    if (equals != std::string_view::npos && is_secret(item.substr(0, equals), more_keys)) {
      secret = true;
      size += equals + 1 + kRedacted.size() + 1;
    } else {
      size += item.size() + 1;
    }
  }
  if (!secret) return query;
  char* const copy = allocate_text(arena, size);
  char* at = copy;
  const auto append = [&](std::string_view text) { at = std::copy(text.begin(), text.end(), at); };
  for (std::string_view rest = query; rest.data() != nullptr;) {
    const std::string_view item = next_parameter(rest);
    const size_t equals = item.find('=');
    if (equals != std::string_view::npos && is_secret(item.substr(0, equals), more_keys)) {
      append(item.substr(0, equals + 1));
      append(kRedacted);
    } else {
      append(item);
    }
    if (rest.data() != nullptr) *at++ = '&';
  }
  return {copy, static_cast<size_t>(at - copy)};
}

std::string_view build_url(Arena& arena, const UrlParts& parts) {
  char digits[8];
  std::string_view port;
  if (parts.port != 0 && parts.port != default_port(parts.scheme)) {
    digits[0] = ':';
    port = {digits,
            static_cast<size_t>(std::to_chars(digits + 1, digits + sizeof(digits), parts.port).ptr -
                                digits)};
  }
  const bool bracket = parts.host.find(':') != std::string_view::npos;
  return join_text(arena, {parts.scheme, "://", parts.has_credentials ? "REDACTED:REDACTED@" : "",
                           bracket ? "[" : "", parts.host, bracket ? "]" : "", port, parts.path,
                           parts.has_query ? "?" : "", parts.query});
}

}  // namespace seamtrace::collector
