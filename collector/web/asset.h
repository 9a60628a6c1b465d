// Asset: a file of the web viewer, inside the program.
// Path:    viewer/ -> tools/embed_viewer.py -> [Asset] -> ViewerRoutes
// Owner:   static.
#pragma once

#include <span>
#include <string_view>

namespace seamtrace::collector {

struct Asset {
  std::string_view path;  ///< `/index.html`, `/assets/main-4f2a.js`
  std::string_view content_type;
  std::string_view gzipped;  ///< the file's bytes, compressed
};

/// All of them; tools/embed_viewer.py writes this function while building.
std::span<const Asset> viewer_assets();

/// The uncompressed bytes, for clients that do not take gzip.
std::string unpacked(const Asset& asset);

}  // namespace seamtrace::collector
