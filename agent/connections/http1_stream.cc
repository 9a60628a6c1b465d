#include "agent/connections/http1_stream.h"

#include <string.h>

#include "agent/connections/database_stream.h"
#include "agent/connections/request_head.h"
#include "agent/context/context.h"
#include "agent/ring_writer/segment_writer.h"
#include "agent/runtime/platform.h"
#include "agent/runtime/process_state.h"

namespace seamtrace::agent::connections {

namespace {

using codecs::Chunk;
using codecs::Http1Event;
using ring_writer::count;
using wire::Counter;
using Kind = Http1Event::Kind;

/// Gives the codec room for a split line; without memory the line counts as truncated.
void provide_carry(Direction& direction) {
  direction.carry_block = take_text_block();
  direction.carry.bytes = direction.carry_block != nullptr ? direction.carry_block->text : nullptr;
  direction.carry.capacity = direction.carry_block != nullptr ? TextBlock::kCapacity : 0;
  static char no_room;
  if (direction.carry.bytes == nullptr) direction.carry.bytes = &no_room;
}

void drop_unused_carry(Direction& direction) {
  if (direction.carry.bytes == nullptr || direction.carry.size != 0 || direction.carry.truncated)
    return;
  if (direction.carry_block != nullptr) give_back(direction.carry_block);
  direction.carry_block = nullptr;
  direction.carry = {};
}

/// FNV-1a of the end of the request target, from its last slash on: proxies often change the
/// beginning of the path. Never 0.
uint64_t hash_target(const Http1Event& event) {
  constexpr uint64_t kBasis = 0xcbf2'9ce4'8422'2325;
  uint64_t hash = kBasis;
  const char* end = event.line + event.line_size;
  const char* c = event.line;
  while (c < end && *c != ' ') ++c;
  for (++c; c < end && *c != ' '; ++c) {
    if (*c == '/') hash = kBasis;
    hash = (hash ^ static_cast<unsigned char>(*c)) * 0x100'0000'01b3;
  }
  return hash | 1;
}

/// A request's start line: a new exchange, or the one that is being sent a second time.
bool start_request(Connection& connection, const Http1Event& event, Moment& moment) {
  Exchange* exchange = connection.resumed;
  connection.resumed = nullptr;
  if (exchange == nullptr) {
    exchange = begin_exchange(connection, wire::Protocol::kHttp1, moment);
    if (exchange == nullptr) return false;
    open_request_record(*exchange);
  }
  exchange->method = event.method;
  if (settings.forwards_targets) exchange->target_hash = hash_target(event);
  connection.receiving = exchange;
  connection.context_headers.clear();
  connection.context_headers.note_baggage(false);
  if (!connection.recognised) {
    connection.recognised = true;
    count(Counter::connections);
  }
  if (!exchange->context_fixed)
    spans::add_slice(*exchange, wire::SliceKind::kRequestLine, event.line, event.line_size,
                     event.truncated);
  return true;
}

/// Remembers where the program's own traceparent stands, in case it has to be replaced.
void note_traceparent(const Http1Event& event, const Chunk& chunk, size_t base, Edit& edit) {
  constexpr uint32_t kTraceparentSize = 55;
  if (event.header != codecs::Http1Header::kTraceparent || event.trailer ||
      event.value_size != kTraceparentSize)
    return;
  const bool in_chunk = event.line >= chunk.bytes && event.line < chunk.bytes + chunk.size;
  if (!in_chunk) return;
  edit.has_traceparent = true;
  edit.traceparent_offset =
      base + static_cast<size_t>(event.line - chunk.bytes) + event.value_offset;
}

void end_request(Connection& connection) {
  if (connection.receiving == nullptr) return;
  connection.receiving->request_complete = true;
  connection.receiving = nullptr;
}

/// A response has begun: which request it answers, and whose context comes back.
void start_response(Connection& connection, const Http1Event& event, Moment& moment) {
  Exchange* exchange = connection.oldest;
  if (exchange == nullptr) return;
  connection.response.codec.answers(exchange->method);
  constexpr uint16_t kSwitchingProtocols = 101, kFirstFinal = 200;
  if (event.status < kFirstFinal && event.status != kSwitchingProtocols) return;
  exchange->response_started = true;
  if (wire::ExchangeRecord* record = spans::record_of(*exchange)) {
    record->status = event.status;
    record->flags |= wire::kFlagFinalStatusSeen;
    record->response_start_ns = moment.ns();
  }
}

}  // namespace

FeedResult feed_request(Connection& connection, const char* bytes, size_t size, Moment& moment,
                        Edit* edit, size_t base) {
  Direction& direction = connection.request;
  Chunk chunk{bytes, size, 0};
  FeedResult result;
  if (direction.codec.between_messages()) connection.message_start_ns = moment.ns();
  for (;;) {
    const Http1Event event = direction.codec.next(chunk, direction.carry);
    switch (event.kind) {
      case Kind::kNeedMore:
        drop_unused_carry(direction);
        result.consumed = size;
        return result;
      case Kind::kNeedCarry:
        provide_carry(direction);
        break;
      case Kind::kNotHttp1:
      case Kind::kSwitched:
        result.fed = Fed::kNotFollowed;
        return result;
      case Kind::kStartLine:
        if (!start_request(connection, event, moment)) {
          result.fed = Fed::kNotFollowed;
          return result;
        }
        break;
      case Kind::kHeader:
        if (edit != nullptr) note_traceparent(event, chunk, base, *edit);
        if (!event.trailer && connection.receiving != nullptr)
          add_request_field(connection, *connection.receiving, event);
        break;
      case Kind::kHeadEnd:
        if (connection.receiving != nullptr)
          complete_request_head(connection, *connection.receiving, event, edit, base);
        break;
      case Kind::kBody:
        if (connection.receiving != nullptr)
          connection.receiving->request_body_bytes += event.body_bytes;
        break;
      case Kind::kMessageEnd:
        end_request(connection);
        if (chunk.position < size) {
          if (edit != nullptr) {
            result.fed = Fed::kStopped;
            result.consumed = chunk.position;
            return result;
          }
          connection.message_start_ns = moment.ns();
        }
        break;
    }
  }
}

Fed feed_response(Connection& connection, const char* bytes, size_t size, Moment& moment) {
  Direction& direction = connection.response;
  Chunk chunk{bytes, size, 0};
  for (;;) {
    const Http1Event event = direction.codec.next(chunk, direction.carry);
    Exchange* exchange = connection.oldest;
    switch (event.kind) {
      case Kind::kNeedMore:
        drop_unused_carry(direction);
        return Fed::kAll;
      case Kind::kNeedCarry:
        provide_carry(direction);
        break;
      case Kind::kNotHttp1:
        return Fed::kNotFollowed;
      case Kind::kStartLine:
        start_response(connection, event, moment);
        break;
      case Kind::kHeader:
        if (exchange != nullptr && exchange->response_started && !event.trailer)
          add_response_field(*exchange, event);
        break;
      case Kind::kHeadEnd:
        break;
      case Kind::kBody:
        if (exchange != nullptr) exchange->response_body_bytes += event.body_bytes;
        break;
      case Kind::kMessageEnd:
        if (!event.interim && exchange != nullptr)
          finish_oldest(connection, wire::Outcome::kComplete, moment);
        break;
      case Kind::kSwitched:
        if (exchange != nullptr) finish_oldest(connection, wire::Outcome::kUpgraded, moment);
        count(Counter::bypass_upgraded);
        connection.given_up = true;
        return Fed::kAll;
    }
  }
}

Fed skip_opaque(Connection& connection, bool of_request, uint64_t bytes, Moment& moment) {
  if (connection.database != nullptr) {
    count(Counter::bypass_opaque_bytes);
    return Fed::kNotFollowed;
  }
  Direction& direction = of_request ? connection.request : connection.response;
  bool message_ended = false;
  if (!direction.codec.skip_opaque(bytes, message_ended)) {
    count(Counter::bypass_opaque_bytes);
    return Fed::kNotFollowed;
  }
  if (of_request) {
    if (connection.receiving != nullptr) connection.receiving->request_body_bytes += bytes;
    if (message_ended) end_request(connection);
  } else if (connection.oldest != nullptr) {
    connection.oldest->response_body_bytes += bytes;
    if (message_ended) finish_oldest(connection, wire::Outcome::kComplete, moment);
  }
  return Fed::kAll;
}

void stream_ended(Connection& connection, Moment& moment) {
  if (connection.role == wire::Role::kServer) {
    // The client may only have closed its half; a request that is whole will be answered.
    if (connection.receiving != nullptr && connection.receiving == connection.oldest &&
        !connection.receiving->response_started)
      finish_oldest(connection, wire::Outcome::kRequestCut, moment);
    return;
  }
  if (connection.database != nullptr) {
    connection_failed(connection, 0, moment);
    return;
  }
  if (connection.response.codec.end_of_stream() && connection.oldest != nullptr)
    finish_oldest(connection, wire::Outcome::kComplete, moment);
  end_exchanges(connection, moment, wire::Outcome::kNoResponse);
}

void connection_failed(Connection& connection, int error, Moment& moment) {
  end_exchanges(connection, moment, wire::Outcome::kNoResponse);
  if (connection.database == nullptr || connection.role != wire::Role::kClient) return;
  note_connect_failed(connection, error, moment);
  note_session_ended(connection, moment);
}

void clear_text(AddedText& text) {
  if (text.block != nullptr) give_back(text.block);
  text.block = nullptr;
  text.size = 0;
  text.sent = 0;
  text.replaces = 0;
}

}  // namespace seamtrace::agent::connections
