// Protobuf values: KeyValue and AnyValue messages -> attributes.
// Path:    a part of the protobuf decoder
// Memory:  copies into the builder's arena.
// Failure: throws RequestFault or protozero::exception.
// Source:  OTLP 1.11, opentelemetry/proto/common/v1/common.proto.
#pragma once

#include <protozero/pbf_reader.hpp>

#include "collector/receive/request_builder.h"

namespace seamtrace::collector {

/// A string, bytes, or an id, as it lies in the message.
inline std::string_view view_of(protozero::pbf_reader& reader) {
  const protozero::data_view view = reader.get_view();
  return {view.data(), view.size()};
}

/// Reads one KeyValue message. `prefix` is put before its key.
void read_attribute(RequestBuilder& builder, const protozero::pbf_reader& pair,
                    AttributeList& attributes, std::string_view prefix = {});

}  // namespace seamtrace::collector
