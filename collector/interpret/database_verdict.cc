#include "collector/interpret/database_verdict.h"

#include <algorithm>

#include "collector/interpret/database_names.h"

namespace seamtrace::collector {

std::string_view sound_error_code(wire::Protocol protocol, std::string_view code) {
  constexpr size_t kLongest = 32;
  if (code.size() > kLongest) return {};
  const bool lower_case = protocol != wire::Protocol::kRedis;
  const bool sound = std::all_of(code.begin(), code.end(), [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           (lower_case && c >= 'a' && c <= 'z');
  });
  return sound ? code : std::string_view{};
}

Verdict judge_database(Arena& arena, const Record& record, const DatabaseHead& head) {
  const wire::ExchangeRecord& exchange = record.exchange;
  const auto protocol = static_cast<wire::Protocol>(exchange.protocol);
  if (!head.error_code.empty() && is_error_code(protocol, head.error_code)) {
    const std::string_view code = sound_error_code(protocol, head.error_code);
    if (code.empty()) return {StatusCode::kError, "_OTHER", {}};
    return {StatusCode::kError, copy_text(arena, code), error_name(protocol, code)};
  }
  if (head.has(wire::kFlagNotExecuted)) return {StatusCode::kError, "pipeline_aborted", {}};
  const Verdict verdict = judge(arena, exchange, 0, record.death);
  if (verdict.status == StatusCode::kError || !head.has(wire::kFlagConnecting)) return verdict;
  return {StatusCode::kError, "connection_failed", {}};
}

}  // namespace seamtrace::collector
