#include "collector/export/json_writer.h"

#include <charconv>
#include <cmath>

#include "collector/export/text.h"

namespace seamtrace::collector {

namespace {

template <typename T>
void append_number(std::string& out, T value) {
  char text[32];
  const auto result = std::to_chars(text, text + sizeof text, value);
  out.append(text, result.ptr);
}

}  // namespace

void JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  needs_comma_ = false;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  needs_comma_ = true;
}

void JsonWriter::separate() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
}

void JsonWriter::key(std::string_view name) {
  separate();
  quoted(name);
  out_ += ':';
  needs_comma_ = false;
}

void JsonWriter::string(std::string_view text) {
  separate();
  quoted(text);
}

void JsonWriter::quoted(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string storage;
  text = as_utf8(text, storage);
  out_ += '"';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '"':
        out_ += "\\\"";
        break;
      case '\\':
        out_ += "\\\\";
        break;
      case '\n':
        out_ += "\\n";
        break;
      case '\r':
        out_ += "\\r";
        break;
      case '\t':
        out_ += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          out_ += "\\u00";
          out_ += kDigits[c >> 4];
          out_ += kDigits[c & 15];
        } else if (c == '\xC2' && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
          // C1 controls drive terminals, and JSON lines are read on terminals too.
          const auto low = static_cast<unsigned char>(text[++i]);
          out_ += "\\u00";
          out_ += kDigits[low >> 4];
          out_ += kDigits[low & 15];
        } else {
          out_ += c;
        }
    }
  }
  out_ += '"';
}

void JsonWriter::number(int64_t value) {
  separate();
  append_number(out_, value);
}

void JsonWriter::number(uint64_t value) {
  separate();
  append_number(out_, value);
}

void JsonWriter::number(double value) {
  if (!std::isfinite(value)) {
    string(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    return;
  }
  separate();
  append_number(out_, value);
}

void JsonWriter::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
}

void JsonWriter::null() {
  separate();
  out_ += "null";
}

void JsonWriter::integer_string(int64_t value) {
  separate();
  out_ += '"';
  append_number(out_, value);
  out_ += '"';
}

void JsonWriter::integer_string(uint64_t value) {
  separate();
  out_ += '"';
  append_number(out_, value);
  out_ += '"';
}

void JsonWriter::raw(std::string_view text) {
  separate();
  out_ += text;
}

}  // namespace seamtrace::collector
