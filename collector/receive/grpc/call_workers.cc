#include "collector/receive/grpc/call_workers.h"

#include <utility>

namespace seamtrace::collector {
namespace {

/// While one waits for the store, the other decodes.
constexpr size_t kThreads = 2;

}  // namespace

CallWorkers::CallWorkers(OtlpReceiver& receiver, size_t most_calls, Done done)
    : receiver_(receiver), most_calls_(most_calls), done_(std::move(done)) {
  for (size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
}

CallWorkers::~CallWorkers() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    calls_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool CallWorkers::submit(GrpcCall&& call) {
  {
    const std::lock_guard lock(mutex_);
    if (calls_.size() >= most_calls_) return false;
    calls_.push_back(std::move(call));
  }
  changed_.notify_one();
  return true;
}

void CallWorkers::work() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stop_ || !calls_.empty(); });
    if (stop_) return;
    const GrpcCall call = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    done_(call, answer(call));
  }
}

GrpcReply CallWorkers::answer(const GrpcCall& call) {
  const OtlpAnswer answer =
      receiver_.receive(std::string_view(call.body).substr(kGrpcPrefix), MessageFormat::kProtobuf,
                        call.gzip ? Compression::kGzip : Compression::kNone);
  if (answer.refusal) return {rpc_code(*answer.refusal), answer.message, {}};
  return {RpcCode::kOk, {}, encode_response(answer, MessageFormat::kProtobuf)};
}

}  // namespace seamtrace::collector
