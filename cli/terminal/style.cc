#include "cli/terminal/style.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "cli/terminal/text_width.h"
#include "collector/export/console/console_exporter.h"
#include "collector/export/text.h"
#include "collector/support/utf8.h"

namespace seamtrace::cli {

std::string Style::painted(std::string_view colour_code, std::string_view text) const {
  if (!colour || colour_code.empty() || text.empty()) return std::string(text);
  std::string out(colour_code);
  out += text;
  out += colours::kReset;
  return out;
}

std::string Style::shown(std::string_view untrusted) const {
  std::string out;
  collector::append_printable(out, untrusted);
  if (unicode || collector::is_ascii(out)) return out;
  std::string ascii;
  for (std::string_view rest = out; !rest.empty();) {
    const uint32_t code_point = take_code_point(rest);
    ascii += code_point < 0x80 ? static_cast<char>(code_point) : '?';
  }
  return ascii;
}

std::string Style::shown(std::string_view untrusted, size_t columns) const {
  // A value may have megabytes: no character takes more than four bytes for each column but
  // marks without a width, and nobody misses the hundredth of those.
  const std::string_view enough = collector::truncate_utf8_bytes(untrusted, columns * 8 + 64);
  std::string text = shown(enough);
  if (enough.size() < untrusted.size()) text += ellipsis();
  return cut_to(text, columns, ellipsis());
}

bool locale_is_utf8(const char* lc_all, const char* lc_ctype, const char* lang) {
  for (const char* value : {lc_all, lc_ctype, lang}) {
    if (value == nullptr || *value == '\0') continue;
    std::string name(value);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name.find("utf-8") != std::string::npos || name.find("utf8") != std::string::npos;
  }
  return false;
}

Style style_of(int fd) {
  Style style;
  style.terminal = ::isatty(fd) == 1;
  style.colour = collector::wants_colour(fd);
  style.unicode =
      locale_is_utf8(std::getenv("LC_ALL"), std::getenv("LC_CTYPE"), std::getenv("LANG"));
  winsize size{};
  if (style.terminal && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = size.ws_col;
    style.height = std::max<size_t>(size.ws_row, 1);
  } else if (const char* columns = std::getenv("COLUMNS"); columns != nullptr) {
    if (const long value = std::strtol(columns, nullptr, 10); value >= 20 && value <= 1000)
      style.width = static_cast<size_t>(value);
  }
  return style;
}

}  // namespace seamtrace::cli
