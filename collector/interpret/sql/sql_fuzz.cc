// The sanitiser against hostile texts. The input says the dialect, whether the text was cut, and
// parts of a statement: some are literals, written as a client library would, that hold a marker.
// Whatever the other bytes are, nothing crashes and results are bounded; and where those bytes
// cannot break out of their place, the marker does not get through, and what comes out is
// sanitised already.
#include <cstdlib>
#include <string>

#include "collector/interpret/sql/sanitizer.h"
#include "collector/support/utf8.h"

namespace seamtrace::collector {
namespace {

constexpr std::string_view kMarker = "zqxmarker";

void check(bool condition) {
  if (!condition) std::abort();
}

SqlDigest digest(Dialect dialect, std::string_view text, bool truncated) {
  SqlDigest result;
  digest_sql(dialect, text, truncated, result);
  check(is_valid_utf8(result.text));
  check(is_valid_utf8(result.summary));
  check(result.text.size() <= 3 * text.size());
  check(result.summary.size() <= 3 * 255);
  return result;
}

void check_marker(const SqlDigest& result) {
  check(result.text.find("zqx") == std::string::npos);
  check(result.summary.find("zqx") == std::string::npos);
}

/// A literal with any bytes within.
std::string literal(Dialect dialect, bool escapes, std::string_view bytes) {
  std::string text = "'";
  text += kMarker;
  for (const char c : bytes) {
    if (c == '\'' || (c == '\\' && escapes))
      text += escapes && dialect != Dialect::kSqlite ? '\\' : c;
    text += c;
  }
  text += kMarker;
  return text + "'";
}

void one(std::string_view input) {
  if (input.size() < 2) return;
  const auto dialect = static_cast<Dialect>(static_cast<unsigned char>(input[0]) % 5);
  const bool truncated = (input[1] & 1) != 0;
  const bool escapes = (input[1] & 2) != 0 && dialect != Dialect::kSqlite;
  input.remove_prefix(2);

  // As it is. Sanitising is stable, but for what a dropped comment or a quoted word of SQLite
  // leaves in doubt, and where a setting of the server decides.
  const std::string once = digest(dialect, input, truncated).text;
  const bool quoted_word = dialect == Dialect::kSqlite && once.find('"') != std::string::npos;
  if (once.find("--") == std::string::npos && once.find('\\') == std::string::npos &&
      !quoted_word && is_valid_utf8(input))
    check(digest(dialect, once, false).text == once);

  // As the inside of literals.
  std::string statement = "SELECT a FROM t WHERE b = ";
  const size_t half = input.size() / 2;
  statement += literal(dialect, escapes, input.substr(0, half));
  statement += " AND c = ";
  statement += literal(dialect, escapes, input.substr(half));
  check_marker(digest(dialect, statement, truncated));
  if (!input.empty())
    statement.resize(26 + static_cast<unsigned char>(input[0]) * statement.size() / 512);
  check_marker(digest(dialect, statement, true));
}

}  // namespace
}  // namespace seamtrace::collector

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  seamtrace::collector::one({reinterpret_cast<const char*>(data), size});
  return 0;
}
