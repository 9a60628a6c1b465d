#include "collector/interpret/verdict.h"

#include <cerrno>
#include <cstring>

namespace seamtrace::collector {
namespace {

Verdict judge_death(Arena& arena, const Death& death) {
  switch (death.kind) {
    case Death::Kind::kKilled: {
      const std::string_view name = signal_name(arena, death.signal);
      return {StatusCode::kError, name,
              join_text(arena,
                        {"the process was killed by ", name, " while this request was in flight"})};
    }
    case Death::Kind::kExited:
      return {StatusCode::kError, "process_exit",
              "the process exited while this request was in flight"};
    case Death::Kind::kReplaced:
      return {StatusCode::kError, "process_replaced",
              "the process started another program in its place (exec) while this request was in "
              "flight"};
    case Death::Kind::kUnknown:
      break;
  }
  return {StatusCode::kError, "process_died", "the process died while this request was in flight"};
}

/// None: the exchange is not incomplete.
std::string_view incomplete(const wire::ExchangeRecord& exchange) {
  std::string_view by_outcome;
  switch (static_cast<wire::Outcome>(exchange.outcome)) {
    case wire::Outcome::kResponseCut:
      by_outcome = "response_incomplete";
      break;
    case wire::Outcome::kNoResponse:
      by_outcome = "no_response";
      break;
    case wire::Outcome::kRequestCut:
      by_outcome = "request_incomplete";
      break;
    default:
      return {};
  }
  switch (exchange.error_number) {
    case ECONNRESET:
      return "connection_reset";
    case ETIMEDOUT:
      return "timeout";
    case ECONNREFUSED:
      return "connection_refused";
    case EPIPE:
      return "broken_pipe";
    default:
      return by_outcome;
  }
}

}  // namespace

std::string_view signal_name(Arena& arena, int signal) {
  const char* const short_name = ::sigabbrev_np(signal);
  if (short_name != nullptr) return join_text(arena, {"SIG", short_name});
  return join_text(arena, {"signal ", number_text(arena, static_cast<uint64_t>(signal))});
}

bool answered_before_exit(const wire::ExchangeRecord& exchange, const std::optional<Death>& death) {
  return exchange.outcome == static_cast<uint8_t>(wire::Outcome::kInFlight) && death &&
         death->kind == Death::Kind::kExited && exchange.response_start_ns != 0 &&
         exchange.status != 0 && (exchange.flags & wire::kFlagFinalStatusSeen) != 0;
}

Verdict judge(Arena& arena, const wire::ExchangeRecord& exchange, int status_code,
              const std::optional<Death>& death) {
  if (exchange.outcome == static_cast<uint8_t>(wire::Outcome::kInFlight) &&
      !answered_before_exit(exchange, death))
    return judge_death(arena, death.value_or(Death{}));
  const bool server = exchange.role == static_cast<uint8_t>(wire::Role::kServer);
  if (status_code >= (server ? 500 : 400))
    return {StatusCode::kError, number_text(arena, static_cast<uint64_t>(status_code)), {}};
  if (const std::string_view error = incomplete(exchange); !error.empty())
    return {StatusCode::kError, error, {}};
  return {};
}

}  // namespace seamtrace::collector
