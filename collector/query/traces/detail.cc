#include "collector/query/traces/detail.h"

#include <set>

namespace seamtrace::collector::traces {
namespace {

std::string_view text_of(const Span& span, std::string_view key) {
  for (const Attribute& attribute : span.attributes)
    if (attribute.key == key)
      if (const auto* text = std::get_if<std::string_view>(&attribute.value)) return *text;
  return {};
}

/// `http://host/path?query#part` -> `/path`
std::string_view path_of(std::string_view url) {
  constexpr std::string_view kAuthority = "://";
  const size_t scheme = url.find(kAuthority);
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + kAuthority.size());
  const size_t path = url.find_first_of("/?#");
  if (path == std::string_view::npos || url[path] != '/') return {};
  url.remove_prefix(path);
  return url.substr(0, url.find_first_of("?#"));
}

}  // namespace

std::string_view detail_of(const Span& span) {
  if (span.name.find('/') != std::string_view::npos) return {};
  if (const std::string_view path = text_of(span, "url.path"); !path.empty()) return path;
  return path_of(text_of(span, "url.full"));
}

std::string_view root_detail(const SpanList& trace) {
  std::set<SpanId> ids;
  for (const Span& span : trace.spans) ids.insert(span.span_id);
  const Span* root = nullptr;
  for (const Span& span : trace.spans) {
    if (ids.contains(span.parent_span_id)) continue;
    if (root == nullptr || span.start_unix_ns < root->start_unix_ns) root = &span;
  }
  return root == nullptr ? std::string_view() : detail_of(*root);
}

}  // namespace seamtrace::collector::traces
