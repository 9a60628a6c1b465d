// Http1Codec: bytes of one HTTP/1.x direction -> messages.
// Path:    connections -> [codecs/http1] -> spans
// Owner:   one per Connection direction; dies with it. Plain data: copying it is a
//          checkpoint, and parsing a copy is looking ahead.
// Threads: the caller holds the connection's lock.
// Memory:  borrows the chunk for the call; a line that is split over chunks is
//          collected in the caller's Carry; allocates nothing.
// Failure: kNotHttp1 once (and again for every later call); never reads past the chunk.
// Source:  RFC 9112, sections 2.1, 2.2, 3, 4, 6, 7, 9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace seamtrace::agent::codecs {

/// Headers that somebody downstream wants to see; everything else is kOther.
enum class Http1Header : uint8_t {
  kOther = 0,
  kHost,
  kContentLength,
  kTransferEncoding,
  kConnection,
  kUpgrade,
  kUserAgent,
  kForwarded,
  kXForwardedFor,
  kXForwardedHost,
  kXForwardedProto,
  kTraceparent,
  kTracestate,
  kBaggage,
  kB3,
  kXB3TraceId,
  kXB3SpanId,
  kXB3ParentSpanId,
  kXB3Sampled,
  kXB3Flags,
  kUberTraceId,
  kXAmznTraceId,
  kXCloudTraceContext,
  kOtTracerTraceId,
  kOtTracerSpanId,
  kOtTracerSampled,
};

/// Looks a header name up, in any case. Constant time for names of other lengths.
Http1Header find_http1_header(const char* name, size_t size);

/// What the request was, as far as it decides how its response is framed (RFC 9112, 6.3).
enum class Http1RequestMethod : uint8_t { kOrdinary, kHead, kConnect };

/// Where a line that is split over chunks is put together. The caller owns the bytes.
struct Carry {
  char* bytes = nullptr;
  uint32_t capacity = 0;
  uint32_t size = 0;
  bool truncated = false;  ///< the line was longer than the capacity; the rest is skipped
};

/// The bytes that are yet to be parsed. The codec advances `position`.
struct Chunk {
  const char* bytes = nullptr;
  size_t size = 0;
  size_t position = 0;
};

struct Http1Event {
  enum class Kind : uint8_t {
    kNeedMore,    ///< the chunk is used up
    kNeedCarry,   ///< a line is split and `carry.bytes` is null: give it room (capacity may be 0,
                  ///< then the line counts as truncated) and call again; nothing of it was consumed
    kNotHttp1,    ///< not this protocol, or malformed beyond following
    kStartLine,   ///< `line`: request or status line without its line end; `method` or `status`
    kHeader,      ///< `line`: the whole field line without its line end; name and value in it
    kHeadEnd,     ///< the empty line after the fields was seen; `blank_line_offset`
    kBody,        ///< `body_bytes` more bytes of content (chunk framing not counted)
    kMessageEnd,  ///< the message is complete; the next byte starts another
    kSwitched,    ///< instead of kMessageEnd: 101, or 2xx to CONNECT: the connection is no longer
                  ///< HTTP
  };
  Kind kind = Kind::kNeedMore;
  bool truncated = false;  ///< kStartLine, kHeader: `line` was cut
  bool trailer = false;    ///< kHeader: a trailer field, after a chunked body
  bool interim =
      false;  ///< response kHeadEnd, kMessageEnd: 1xx other than 101, a final one follows
  Http1RequestMethod method = Http1RequestMethod::kOrdinary;  ///< request kStartLine
  Http1Header header = Http1Header::kOther;
  uint16_t status = 0;  ///< response kStartLine
  uint32_t line_size = 0;
  uint32_t name_size = 0;     ///< kHeader: the name is line[0, name_size)
  uint32_t value_offset = 0;  ///< kHeader: the value, without surrounding white space
  uint32_t value_size = 0;
  uint64_t body_bytes = 0;
  const char* line = nullptr;  ///< in the chunk or in the carry; valid until the next call
  /// kHeadEnd: offset in the chunk of the first byte of the empty line, -1 when that byte (a CR)
  /// was in an earlier chunk: then there is no place left to add a field.
  ptrdiff_t blank_line_offset = 0;
};

class Http1Codec {
 public:
  enum class Direction : uint8_t { kRequest, kResponse };

  explicit Http1Codec(Direction direction) : direction_(direction) {}

  /// The next event of the chunk. Call until kNeedMore (or kNotHttp1, kSwitched).
  /// Any split of the same bytes into chunks gives the same messages: the same sequence of
  /// events apart from kNeedMore, kNeedCarry and how kBody is divided.
  Http1Event next(Chunk& chunk, Carry& carry);

  /// Response direction: the request that the coming response answers. Call it at the latest
  /// when kStartLine has been returned. Sticks until the message ends.
  void answers(Http1RequestMethod method) { method_ = method; }

  /// Bytes of the stream that nobody could look at (sendfile, splice). False when they fall
  /// outside a body of known length (then the connection cannot be followed any longer).
  /// `body_end` is set when they completed the message.
  bool skip_opaque(uint64_t bytes, bool& body_end);

  /// The direction has ended (EOF). True when that completes a message (a response whose
  /// length is "until close").
  bool end_of_stream();

  /// True before the first byte of a message, false within one.
  bool between_messages() const;
  /// True within start line or fields.
  bool in_head() const;

 private:
  enum class State : uint8_t {
    kStart,       // before the first byte of a message; empty lines are skipped
    kStartLine,   // within a start line that is split over chunks
    kFields,      // at the start of a field line, or of the empty line
    kFieldLine,   // within a field line that is split over chunks
    kFoldedLine,  // within a split continuation line (obs-fold), which nobody sees
    kLengthBody,
    kCloseBody,
    kChunkSize,
    kChunkExtension,
    kChunkSizeEnd,  // after the CR of a chunk-size line
    kChunkData,
    kChunkDataEnd,  // after the content of a chunk, before its line end
    kChunkDataCr,   // and after the CR of that
    kEnding,        // kMessageEnd is due; it needs no byte
    kSwitching,
    kFailed,
  };
  // How far the line at hand has been read.
  enum class Phase : uint8_t { kMethod, kTargetStart, kTarget, kVersion, kName, kValue };
  // A field that frames the message; its value may go on in continuation lines.
  enum class Framing : uint8_t { kNone, kContentLength, kTransferEncoding };
  // How far the current member of a framing field's list has been read.
  enum class Member : uint8_t { kBefore, kWithin, kAfter };

  bool fail();
  void begin_message();
  void begin_line(Phase phase);
  bool begin_field_line();
  void count_line_bytes(size_t size);

  // The steps that most messages are made of. Each is a function of its own, so that it saves
  // and restores little; what is out of the ordinary is left to next_of_any().
  [[gnu::noinline]] Http1Event next_start_line(Chunk& chunk, Carry& carry);
  [[gnu::noinline]] Http1Event next_field(Chunk& chunk, Carry& carry);
  [[gnu::noinline]] Http1Event next_empty_line(Chunk& chunk, Carry& carry);
  [[gnu::noinline]] Http1Event next_message_end();
  [[gnu::noinline]] Http1Event next_of_any(Chunk& chunk, Carry& carry);

  // Steps: true when the event is ready (kNeedMore included), false to take the next step.
  bool take_line(Chunk& chunk, Carry& carry, Http1Event& event);
  [[gnu::always_inline]] bool take_start_line(Chunk& chunk, Carry& carry, Http1Event& event);
  [[gnu::always_inline]] bool take_field(Chunk& chunk, Carry& carry, Http1Event& event);
  bool take_line_without_name(Chunk& chunk, Carry& carry, Http1Event& event);
  [[gnu::always_inline]] bool take_empty_line(Chunk& chunk, Http1Event& event);
  bool end_fields(ptrdiff_t offset, Http1Event& event);
  [[gnu::noinline]] bool open_line(Chunk& chunk, Carry& carry, Http1Event& event);
  [[gnu::noinline]] bool continue_line(Chunk& chunk, Carry& carry, Http1Event& event);
  [[gnu::noinline]] bool finish_line(Http1Event& event);
  bool end_head(ptrdiff_t offset, Http1Event& event);
  bool take_body(Chunk& chunk, Http1Event& event);
  bool take_chunk_framing(Chunk& chunk);

  // The bytes of a line, in any portions; false when they cannot be HTTP/1.x.
  bool read_line(const char* bytes, size_t size);
  bool read_request_line(const char* bytes, size_t size);
  bool end_request_line();
  bool read_version(const char* bytes, size_t size);
  bool read_status_line(const char* bytes, size_t size);
  bool read_field_line(const char* bytes, size_t size);
  bool read_framing_field(const Http1Event& event);
  bool read_framing(const char* bytes, size_t size);
  bool read_content_length(const char* bytes, size_t size);
  void read_transfer_encoding(const char* bytes, size_t size);
  void begin_framing(Framing framing);
  bool end_framing();
  bool end_content_length();
  void end_transfer_coding();

  bool is_interim() const { return status_ >= 100 && status_ < 200 && status_ != 101; }

  Direction direction_;
  Http1RequestMethod method_ = Http1RequestMethod::kOrdinary;
  State state_ = State::kStart;
  Phase phase_ = Phase::kMethod;
  Framing framing_ = Framing::kNone;
  Member member_ = Member::kBefore;
  uint8_t matched_ = 0;  // bytes of the version or coding that match, digits of a chunk size
  bool cr_ = false;      // the last chunk ended in a CR that may be half a line end
  bool in_trailer_ = false;
  bool has_content_length_ = false;
  bool has_transfer_encoding_ = false;
  bool ends_in_chunked_ = false;  // the last transfer coding so far is `chunked`
  uint16_t status_ = 0;
  uint32_t line_bytes_ = 0;      // of the split line so far, without a CR that is held back
  uint64_t content_length_ = 0;  // once has_content_length_
  uint64_t number_ = 0;  // head: method's letters, or number being read; then: content to come
};
static_assert(sizeof(Http1Codec) <= 64);
static_assert(std::is_trivially_copyable_v<Http1Codec>);

}  // namespace seamtrace::agent::codecs
