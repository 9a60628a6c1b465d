// JSON values: members of OTLP's JSON, of the types that the protobuf JSON mapping allows.
// Path:    a part of the JSON decoder
// Memory:  copies into the builder's arena.
// Failure: throws SpanFault for a member of another type, RequestFault for too deep values.
// Source:  "JSON Protobuf Encoding" of the OTLP specification; protobuf.dev, "ProtoJSON Format".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "collector/receive/request_builder.h"
#include "nlohmann/json.hpp"

namespace seamtrace::collector {

/// The member of that name; null when there is none, or when it is null, which is the same.
const nlohmann::json* json_member(const nlohmann::json& object, const char* name);

/// These give the default of protobuf when there is no such member.
std::string_view json_text(const nlohmann::json& object, const char* name);  ///< borrows
uint64_t json_unsigned(const nlohmann::json& object, const char* name, uint64_t most);
/// A number, or one of `names`, whose places are the numbers.
uint64_t json_enumerator(const nlohmann::json& object, const char* name,
                         std::span<const std::string_view> names);
/// The bytes that hexadecimal digits of either case stand for. `refusal`: when they are not.
std::string json_id(const nlohmann::json& object, const char* name, Refusal refusal);
/// An empty array when there is none.
const nlohmann::json& json_array(const nlohmann::json& object, const char* name);
void check_object(const nlohmann::json& member, const char* name);
void check_element(const nlohmann::json& element, const char* array);  ///< an object as well

/// Reads `attributes` of `object`. `prefix` is put before each key.
void read_json_attributes(RequestBuilder& builder, const nlohmann::json& object,
                          AttributeList& attributes, std::string_view prefix = {});

}  // namespace seamtrace::collector
