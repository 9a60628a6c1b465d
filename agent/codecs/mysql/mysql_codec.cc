// Both directions of a connection, chunk by chunk.
#include "agent/codecs/mysql/mysql_codec.h"

namespace seamtrace::agent::codecs {

using mysql::Bytes;
using mysql::Part;

Taken MysqlCodec::fail(Taken how) {
  phase_ = Phase::kFailed;
  return how;
}

Taken MysqlCodec::request(const char* bytes, size_t size, Operations& operations) {
  if (phase_ == Phase::kFailed) return Taken::kNotMine;
  Bytes chunk{bytes, size};
  Part part;
  while (request_.next(chunk, part)) {
    const Taken taken = read_request(part, operations);
    if (taken != Taken::kAll) return fail(taken);
  }
  return Taken::kAll;
}

Taken MysqlCodec::response(const char* bytes, size_t size, Operations& operations) {
  if (phase_ == Phase::kFailed) return Taken::kNotMine;
  Bytes chunk{bytes, size};
  Part part;
  while (true) {
    if (phase_ == Phase::kCommands && answer_.between_messages() && chunk.size > 0) {
      if (!answering_) operations.answer_begins();
      answering_ = true;
      skip_plain(chunk);
    }
    if (!answer_.next(chunk, part)) return Taken::kAll;
    const Taken taken = phase_ == Phase::kGreeting ? read_greeting(part, operations)
                                                   : read_response(part, operations);
    if (taken != Taken::kAll) return fail(taken);
  }
}

}  // namespace seamtrace::agent::codecs
