// CallWorkers: threads that decode requests and wait for the sink.
// Path:    GrpcConnection -> [CallWorkers] -> OtlpReceiver
// Owner:   the GrpcServer; destroying it forgets what has not begun, and waits for what has.
// Threads: submit: one; `done` is called from the workers.
// Memory:  as many calls as submit takes.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "collector/receive/grpc/grpc_message.h"
#include "collector/receive/otlp_receiver.h"

namespace seamtrace::collector {

class CallWorkers {
 public:
  /// Borrows the call, whose body it may have read.
  using Done = std::function<void(const GrpcCall& call, GrpcReply&& reply)>;

  CallWorkers(OtlpReceiver& receiver, size_t most_calls, Done done);
  ~CallWorkers();
  CallWorkers(const CallWorkers&) = delete;
  CallWorkers& operator=(const CallWorkers&) = delete;

  /// False: too many wait already.
  bool submit(GrpcCall&& call);

 private:
  void work();
  GrpcReply answer(const GrpcCall& call);

  OtlpReceiver& receiver_;
  const size_t most_calls_;
  const Done done_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<GrpcCall> calls_;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace seamtrace::collector
