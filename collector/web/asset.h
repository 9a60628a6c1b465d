// Asset: a file of the web viewer, inside the program.
// Path:    viewer/ -> viewer/scripts/embed.mjs -> [Asset] -> ViewerRoutes
// Owner:   static.
#pragma once

#include <span>
#include <string_view>

namespace seamtrace::collector {

struct Asset {
  std::string_view path;  ///< `/index.html`, `/assets/main-4f2a.js`
  std::string_view content_type;
  std::string_view gzip;    ///< the file's bytes, compressed (RFC 1952)
  std::string_view brotli;  ///< the same by brotli (RFC 7932), a tenth smaller
};

/// All of them; viewer/scripts/embed.mjs writes this function while building.
std::span<const Asset> viewer_assets();

/// The uncompressed bytes, for clients that take neither.
std::string unpacked(const Asset& asset);

}  // namespace seamtrace::collector
