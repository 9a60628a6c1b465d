// GrpcCallbacks: nghttp2's events -> a GrpcConnection.
// Path:    a part of GrpcConnection
#pragma once

struct nghttp2_session;

namespace seamtrace::collector {

class GrpcConnection;

struct GrpcCallbacks {
  /// Throws std::bad_alloc.
  static nghttp2_session* make_session(GrpcConnection* owner);
};

}  // namespace seamtrace::collector
