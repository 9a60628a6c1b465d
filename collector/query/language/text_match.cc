#include "collector/query/language/text_match.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "collector/support/utf8.h"

namespace seamtrace::collector {
namespace {

constexpr std::array<char, 256> make_lower() {
  std::array<char, 256> lower{};
  for (size_t i = 0; i < lower.size(); ++i)
    lower[i] = static_cast<char>(i >= 'A' && i <= 'Z' ? i + ('a' - 'A') : i);
  return lower;
}
constexpr std::array<char, 256> kLower = make_lower();

char lower(char c) { return kLower[static_cast<unsigned char>(c)]; }

/// Of the letters that UTF-8 writes in two bytes. Both cases take two bytes, so that folding keeps
/// every position.
uint32_t lower_letter(uint32_t letter) {
  if (letter >= 0xC0 && letter <= 0xDE && letter != 0xD7) return letter + 0x20;
  if (letter == 0x178) return 0xFF;
  // Capitals are even in most of Latin Extended-A, odd within two runs; 0x130 has no simple pair.
  if (letter >= 0x100 && letter <= 0x17E && letter != 0x130 && letter != 0x138 && letter != 0x149) {
    const bool odd = (letter >= 0x139 && letter <= 0x148) || letter >= 0x179;
    return (letter % 2 == 1) == odd ? letter + 1 : letter;
  }
  if (letter >= 0x391 && letter <= 0x3AB && letter != 0x3A2) return letter + 0x20;
  if (letter >= 0x410 && letter <= 0x42F) return letter + 0x20;
  if (letter >= 0x400 && letter <= 0x40F) return letter + 0x50;
  return letter;
}

bool equal_at(std::string_view text, size_t at, std::string_view folded) {
  if (text.size() - at < folded.size()) return false;
  for (size_t i = 0; i < folded.size(); ++i)
    if (lower(text[at + i]) != folded[i]) return false;
  return true;
}

/// Folds ASCII only. `npos`: not there.
size_t find_ascii(std::string_view text, std::string_view folded, size_t from) {
  if (folded.empty()) return from;
  if (text.size() < folded.size()) return std::string_view::npos;
  const char first = folded.front();
  const size_t last = text.size() - folded.size();
  for (size_t at = from; at <= last; ++at)
    if (lower(text[at]) == first && equal_at(text, at, folded)) return at;
  return std::string_view::npos;
}

/// `text` itself where folding ASCII alone will do, else a folded copy in `storage`.
std::string_view ready(std::string_view text, bool ascii_will_do, std::string& storage) {
  if (ascii_will_do || is_ascii(text)) return text;
  return storage = fold_case(text);
}

}  // namespace

std::string fold_case(std::string_view text) {
  std::string folded(text);
  for (size_t i = 0; i < folded.size(); ++i) {
    const auto byte = static_cast<unsigned char>(folded[i]);
    const bool two_bytes = byte >= 0xC2 && byte <= 0xDF && i + 1 < folded.size() &&
                           (static_cast<unsigned char>(folded[i + 1]) & 0xC0) == 0x80;
    if (!two_bytes) {
      folded[i] = lower(folded[i]);
      continue;
    }
    const uint32_t letter =
        lower_letter((byte & 0x1Fu) << 6 | (static_cast<unsigned char>(folded[i + 1]) & 0x3Fu));
    folded[i] = static_cast<char>(0xC0 | letter >> 6);
    folded[++i] = static_cast<char>(0x80 | (letter & 0x3F));
  }
  return folded;
}

int compare_folded(std::string_view text, std::string_view folded) {
  std::string storage;
  text = ready(text, is_ascii(folded), storage);
  const size_t shorter = std::min(text.size(), folded.size());
  for (size_t i = 0; i < shorter; ++i) {
    const auto a = static_cast<unsigned char>(lower(text[i]));
    const auto b = static_cast<unsigned char>(folded[i]);
    if (a != b) return a < b ? -1 : 1;
  }
  if (text.size() == folded.size()) return 0;
  return text.size() < folded.size() ? -1 : 1;
}

bool contains_folded(std::string_view text, std::string_view folded) {
  std::string storage;
  text = ready(text, is_ascii(folded), storage);
  return find_ascii(text, folded, 0) != std::string_view::npos;
}

Pattern::Pattern(const std::vector<std::string>& pieces) {
  pieces_.clear();
  for (const std::string& piece : pieces) pieces_.push_back(fold_case(piece));
  if (pieces_.empty()) pieces_.emplace_back();
  ascii_ = std::all_of(pieces_.begin(), pieces_.end(),
                       [](const std::string& piece) { return is_ascii(piece); });
}

bool Pattern::matches(std::string_view text) const {
  const std::string& first = pieces_.front();
  const std::string& last = pieces_.back();
  std::string storage;
  text = ready(text, ascii_, storage);
  if (!has_star()) return text.size() == first.size() && equal_at(text, 0, first);
  if (text.size() < first.size() + last.size()) return false;
  if (!equal_at(text, 0, first) || !equal_at(text, text.size() - last.size(), last)) return false;
  // The earliest place for each piece leaves the most room for those after it.
  size_t at = first.size();
  text.remove_suffix(last.size());
  for (size_t i = 1; i + 1 < pieces_.size(); ++i) {
    at = find_ascii(text, pieces_[i], at);
    if (at == std::string_view::npos) return false;
    at += pieces_[i].size();
  }
  return true;
}

}  // namespace seamtrace::collector
