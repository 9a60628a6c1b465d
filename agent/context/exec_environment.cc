#include "agent/context/exec_environment.h"

#include <string.h>

#include "agent/codecs/propagation/propagation.h"
#include "agent/runtime/process_state.h"

namespace seamtrace::agent::context {

namespace {
constexpr char kTraceparent[] = "TRACEPARENT=";
constexpr char kTracestate[] = "TRACESTATE=";
constexpr char kBaggage[] = "BAGGAGE=";
constexpr size_t kTraceparentSize = 55;
constexpr uint32_t kTracestateCapacity = 512;
constexpr uint32_t kBaggageCapacity = 1024;
constexpr size_t kAdded = 3;

bool names(const char* entry, const char* prefix) {
  return strncmp(entry, prefix, strlen(prefix)) == 0;
}
}  // namespace

ExecEnvironment::ExecEnvironment(char* const* original) : original_(original) {
  if (!agent_is_on() || !settings.exec_context || original == nullptr) return;
  parent_ = exec_parent();
  wanted_ = parent_.identity.valid;
  while (original[count_] != nullptr) ++count_;
}

size_t ExecEnvironment::bytes() const {
  return (count_ + kAdded + 1) * sizeof(char*) + sizeof kTraceparent + kTraceparentSize +
         sizeof kTracestate + kTracestateCapacity + sizeof kBaggage + kBaggageCapacity;
}

void ExecEnvironment::fill(char** memory) {
  size_t used = 0;
  for (size_t i = 0; i < count_; ++i)
    if (!names(original_[i], kTraceparent) && !names(original_[i], kTracestate) &&
        !names(original_[i], kBaggage))
      memory[used++] = original_[i];
  char* text = reinterpret_cast<char*>(memory + count_ + kAdded + 1);
  memcpy(text, kTraceparent, sizeof kTraceparent);
  codecs::format_traceparent(parent_.identity, text + sizeof kTraceparent - 1);
  text[sizeof kTraceparent - 1 + kTraceparentSize] = '\0';
  memory[used++] = text;
  char* tracestate = text + sizeof kTraceparent + kTraceparentSize;
  char* baggage = tracestate + sizeof kTracestate + kTracestateCapacity;
  memcpy(tracestate, kTracestate, sizeof kTracestate);
  memcpy(baggage, kBaggage, sizeof kBaggage);
  const CarriedText carried =
      copy_carrier(parent_, tracestate + sizeof kTracestate - 1, kTracestateCapacity,
                   baggage + sizeof kBaggage - 1, kBaggageCapacity);
  if (carried.tracestate_size != 0) {
    tracestate[sizeof kTracestate - 1 + carried.tracestate_size] = '\0';
    memory[used++] = tracestate;
  }
  if (carried.baggage_size != 0) {
    baggage[sizeof kBaggage - 1 + carried.baggage_size] = '\0';
    memory[used++] = baggage;
  }
  memory[used] = nullptr;
  filled_ = memory;
}

}  // namespace seamtrace::agent::context
