// Gunzip: a compressed body -> the body, within bounds.
// Path:    HTTP, gRPC -> [receive] -> decoders
// Memory:  fills `out`, never beyond the bound.
// Failure: throws RequestFault: malformed, or more than `most` bytes.
// Source:  RFC 1952; several members one after the other are one body.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace seamtrace::collector {

std::string gunzip(std::string_view bytes, size_t most);

}  // namespace seamtrace::collector
