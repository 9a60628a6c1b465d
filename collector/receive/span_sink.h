// SpanSink: where received spans go.
// Path:    receive -> [SpanSink] -> process
#pragma once

#include <functional>
#include <string>

#include "collector/interpret/span.h"

namespace seamtrace::collector {

enum class SinkAnswer {
  kTaken,  ///< kept: in the store where there is one, else in the exporters' queues
  kBusy,   ///< not kept yet, the queues are full or the store is at fault; send again later
};

/// Takes all spans or none; every span has a resource. May wait (for the store's commit, seconds
/// at most). Called from several threads.
using SpanSink = std::function<SinkAnswer(SpanList&& spans)>;

}  // namespace seamtrace::collector
