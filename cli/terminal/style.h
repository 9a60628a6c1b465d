// Style: what the place that text goes to can show: colours, glyphs, and how wide it is.
// Path:    the environment and a file descriptor -> [cli/terminal] -> everything that prints
// Owner:   a value.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace seamtrace::cli {

namespace colours {
inline constexpr std::string_view kPlain;
inline constexpr std::string_view kBold = "\x1b[1m";
inline constexpr std::string_view kDim = "\x1b[2m";
inline constexpr std::string_view kReverse = "\x1b[7m";
inline constexpr std::string_view kRed = "\x1b[31m";
inline constexpr std::string_view kGreen = "\x1b[32m";
inline constexpr std::string_view kYellow = "\x1b[33m";
inline constexpr std::string_view kReset = "\x1b[0m";
}  // namespace colours

struct Style {
  bool terminal = false;
  bool colour = false;
  bool unicode = false;  ///< false: nothing but ASCII
  size_t width = 100;    ///< columns of a line
  size_t height = 24;    ///< lines of a terminal

  std::string_view ellipsis() const { return unicode ? "…" : ".."; }
  std::string painted(std::string_view colour_code, std::string_view text) const;
  /// What came from a span, fit for this place: one line, no control characters, and `?` for
  /// what ASCII lacks.
  std::string shown(std::string_view untrusted) const;
  /// shown(), at most that wide.
  std::string shown(std::string_view untrusted, size_t columns) const;
};

/// Of standard output or standard error. A width of COLUMNS counts where there is no terminal.
Style style_of(int fd);

/// By LC_ALL, LC_CTYPE, LANG: the first that is not empty decides.
bool locale_is_utf8(const char* lc_all, const char* lc_ctype, const char* lang);

}  // namespace seamtrace::cli
