#include "collector/store/peer.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace seamtrace::collector {
namespace {

/// The attributes that name the other end; the older name last.
struct PeerAttributes {
  std::string_view database, messaging, name_space, address;
  int64_t port = 0;
};

std::string_view text_of(const Value& value) {
  const auto* text = std::get_if<std::string_view>(&value);
  return text == nullptr ? std::string_view{} : *text;
}

int64_t number_of(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  const std::string_view text = text_of(value);
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

PeerAttributes read(const Span& span) {
  PeerAttributes found;
  std::string_view old_database, old_name_space, old_address;
  int64_t old_port = 0;
  for (const Attribute& attribute : span.attributes) {
    const std::string_view key = attribute.key;
    if (key == "db.system.name") found.database = text_of(attribute.value);
    if (key == "db.system") old_database = text_of(attribute.value);
    if (key == "messaging.system") found.messaging = text_of(attribute.value);
    if (key == "db.namespace") found.name_space = text_of(attribute.value);
    if (key == "db.name") old_name_space = text_of(attribute.value);
    if (key == "server.address") found.address = text_of(attribute.value);
    if (key == "net.peer.name") old_address = text_of(attribute.value);
    if (key == "server.port") found.port = number_of(attribute.value);
    if (key == "net.peer.port") old_port = number_of(attribute.value);
  }
  if (found.database.empty()) found.database = old_database;
  if (found.name_space.empty()) found.name_space = old_name_space;
  if (found.address.empty()) found.address = old_address;
  if (found.port == 0) found.port = old_port;
  return found;
}

std::string with_port(std::string_view address, int64_t port) {
  std::string result(address);
  if (port <= 0) return result;
  // An IPv6 address has colons of its own.
  if (address.find(':') != std::string_view::npos && address.front() == '/') return result;
  if (address.find(':') != std::string_view::npos && address.front() != '[') {
    result = "[" + result + "]";
  }
  return result + ":" + std::to_string(port);
}

std::string joined(std::string_view system, const std::string& name) {
  return name.empty() ? std::string(system) : std::string(system) + " " + name;
}

bool is_cache(std::string_view system) {
  return system == "redis" || system == "memcached" || system == "valkey";
}

uint64_t positive(int64_t value) { return static_cast<uint64_t>(std::max<int64_t>(value, 0)); }

}  // namespace

std::string_view node_kind_name(NodeKind kind) {
  switch (kind) {
    case NodeKind::kNone:
      return "";
    case NodeKind::kService:
      return "service";
    case NodeKind::kDatabase:
      return "database";
    case NodeKind::kCache:
      return "cache";
    case NodeKind::kExternal:
      return "external";
    case NodeKind::kQueue:
      return "queue";
  }
  return "";
}

Node peer_of(const Span& span) {
  if (span.kind != SpanKind::kClient && span.kind != SpanKind::kProducer) return {};
  const PeerAttributes peer = read(span);
  if (!peer.database.empty()) {
    const bool cache = is_cache(peer.database);
    const std::string name = cache || peer.name_space.empty() ? with_port(peer.address, peer.port)
                                                              : std::string(peer.name_space);
    return {cache ? NodeKind::kCache : NodeKind::kDatabase, std::string(peer.database),
            joined(peer.database, name)};
  }
  if (!peer.messaging.empty()) {
    return {NodeKind::kQueue, std::string(peer.messaging),
            joined(peer.messaging, with_port(peer.address, peer.port))};
  }
  if (peer.address.empty()) return {};
  const bool usual = peer.port == 80 || peer.port == 443;
  return {NodeKind::kExternal, "", with_port(peer.address, usual ? 0 : peer.port)};
}

CacheUse cache_use_of(const Span& span) {
  CacheUse use;
  for (const Attribute& attribute : span.attributes) {
    if (attribute.key == "seamtrace.cache.hits") use.hits = positive(number_of(attribute.value));
    if (attribute.key == "seamtrace.cache.misses") {
      use.misses = positive(number_of(attribute.value));
    }
  }
  return use;
}

bool tells_peer(std::string_view key) {
  static constexpr std::array<std::string_view, 9> kKeys = {
      "db.system.name", "db.system",     "messaging.system", "db.namespace", "db.name",
      "server.address", "net.peer.name", "server.port",      "net.peer.port"};
  return std::find(kKeys.begin(), kKeys.end(), key) != kKeys.end();
}

bool tells_cache_use(std::string_view key) {
  return key == "seamtrace.cache.hits" || key == "seamtrace.cache.misses";
}

bool tells_http_status(std::string_view key) {
  return key == "http.response.status_code" || key == "http.status_code";
}

int32_t http_status_of(const Span& span) {
  for (const Attribute& attribute : span.attributes) {
    if (!tells_http_status(attribute.key)) continue;
    const int64_t status = number_of(attribute.value);
    return status > 0 && status < 1000 ? static_cast<int32_t>(status) : 0;
  }
  return 0;
}

}  // namespace seamtrace::collector
