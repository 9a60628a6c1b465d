#include "collector/receive/grpc/grpc_callbacks.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>

#include "collector/receive/grpc/grpc_connection.h"
#include "collector/support/clock.h"

namespace seamtrace::collector {
namespace {

/// Of a header that matters; longer ones cannot be what they should be.
constexpr size_t kLongestValue = 256;

GrpcConnection& connection_of(void* data) { return *static_cast<GrpcConnection*>(data); }

struct Delete {
  void operator()(nghttp2_session_callbacks* callbacks) const {
    nghttp2_session_callbacks_del(callbacks);
  }
};

std::string* header_field(GrpcStream& stream, std::string_view name) {
  if (name == ":method") return &stream.method;
  if (name == ":path") return &stream.path;
  if (name == "content-type") return &stream.content_type;
  if (name == "grpc-encoding") return &stream.encoding;
  return nullptr;
}

bool begins_request(const nghttp2_frame& frame) {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

}  // namespace

nghttp2_session* GrpcCallbacks::make_session(GrpcConnection* owner) {
  nghttp2_session_callbacks* made = nullptr;
  if (nghttp2_session_callbacks_new(&made) != 0) throw std::bad_alloc();
  const std::unique_ptr<nghttp2_session_callbacks, Delete> callbacks(made);

  nghttp2_session_callbacks_set_on_begin_headers_callback(
      made, [](nghttp2_session*, const nghttp2_frame* frame, void* data) {
        if (!begins_request(*frame)) return 0;
        GrpcStream& stream = connection_of(data).streams_[frame->hd.stream_id];
        stream.id = frame->hd.stream_id;
        stream.began_ns = stream.changed_ns = monotonic_ns();
        return 0;
      });
  nghttp2_session_callbacks_set_on_header_callback(made, [](nghttp2_session*,
                                                            const nghttp2_frame* frame,
                                                            const uint8_t* name, size_t name_size,
                                                            const uint8_t* value, size_t value_size,
                                                            uint8_t, void* data) {
    GrpcStream* stream = connection_of(data).find(frame->hd.stream_id);
    if (stream == nullptr || !begins_request(*frame)) return 0;
    std::string* field = header_field(*stream, {reinterpret_cast<const char*>(name), name_size});
    if (field != nullptr)
      field->assign(reinterpret_cast<const char*>(value), std::min(value_size, kLongestValue));
    return 0;
  });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      made,
      [](nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t size, void* data) {
        GrpcConnection& connection = connection_of(data);
        if (GrpcStream* stream = connection.find(id))
          connection.on_data(*stream, {reinterpret_cast<const char*>(bytes), size});
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      made, [](nghttp2_session*, const nghttp2_frame* frame, void* data) {
        GrpcConnection& connection = connection_of(data);
        connection.greeted_ = true;
        const bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
        GrpcStream* stream = carries ? connection.find(frame->hd.stream_id) : nullptr;
        if (stream == nullptr) return 0;
        if (begins_request(*frame)) connection.on_headers(*stream);
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) connection.on_complete(*stream);
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      made, [](nghttp2_session* session, const nghttp2_frame* frame, void* data) {
        // Answered before the client has said all: it need not go on.
        if (frame->hd.type != NGHTTP2_HEADERS || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
          return 0;
        const GrpcStream* stream = connection_of(data).find(frame->hd.stream_id);
        if (stream != nullptr && !stream->complete)
          nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      made, [](nghttp2_session*, int32_t id, uint32_t, void* data) {
        connection_of(data).on_stream_end(id);
        return 0;
      });

  nghttp2_session* session = nullptr;
  if (nghttp2_session_server_new(&session, made, owner) != 0) throw std::bad_alloc();
  return session;
}

}  // namespace seamtrace::collector
