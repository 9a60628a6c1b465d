// The default database, as it changes: told by the server, or asked for with USE.
#include "agent/codecs/mysql/mysql_fields.h"

namespace seamtrace::agent::codecs::mysql {
namespace {

constexpr uint8_t kSchemaChange = 1;

bool is_space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
bool is_letter(char byte, char lower) { return (byte | 0x20) == lower; }

}  // namespace

bool SessionReader::read(Bytes& bytes, Name& name) {
  while (bytes.size > 0) {
    if (step_ == Step::kText || step_ == Step::kChange) {
      skip_ -= bytes.skip_up_to(skip_);
      if (skip_ == 0) step_ = step_ == Step::kText ? Step::kTotalLength : Step::kType;
    } else if (take(bytes.take(), name)) {
      return true;
    }
  }
  return false;
}

bool SessionReader::take(uint8_t byte, Name& name) {
  switch (step_) {
    case Step::kTextLength:
      if (!length_.take(byte)) return false;
      skip_ = length_.value();
      step_ = skip_ > 0 ? Step::kText : Step::kTotalLength;
      return false;
    case Step::kTotalLength:
      if (length_.take(byte)) step_ = Step::kType;
      return false;
    case Step::kType:
      is_schema_ = byte == kSchemaChange;
      step_ = Step::kChangeLength;
      return false;
    case Step::kChangeLength:
      if (!length_.take(byte)) return false;
      skip_ = length_.value();
      step_ = skip_ == 0 ? Step::kType : is_schema_ ? Step::kSchemaLength : Step::kChange;
      return false;
    case Step::kSchemaLength:
      if (!length_.take(byte)) return false;
      skip_ = length_.value();
      name.clear();
      step_ = skip_ > 0 ? Step::kSchema : Step::kType;
      return skip_ == 0;
    case Step::kSchema:
      name.append(static_cast<char>(byte));
      if (--skip_ > 0) return false;
      step_ = Step::kType;
      return true;
    default:
      return false;
  }
}

void UseReader::read(const char* bytes, size_t size, Name& name) {
  for (size_t i = 0; i < size && reading(); ++i) step_ = take(bytes[i], name);
}

UseReader::Step UseReader::take(char byte, Name& name) const {
  switch (step_) {
    case Step::kSpaceBefore:
      return is_space(byte) ? Step::kSpaceBefore : is_letter(byte, 'u') ? Step::kU : Step::kNone;
    case Step::kU:
      return is_letter(byte, 's') ? Step::kS : Step::kNone;
    case Step::kS:
      return is_letter(byte, 'e') ? Step::kE : Step::kNone;
    case Step::kE:
      if (is_space(byte)) return Step::kSpace;
      if (byte != '`') return Step::kNone;
      name.clear();
      return Step::kQuotedName;
    case Step::kSpace:
      if (is_space(byte)) return Step::kSpace;
      if (byte == ';' || byte == '/' || byte == '#') return Step::kNone;
      name.clear();
      if (byte == '`') return Step::kQuotedName;
      name.append(byte);
      return Step::kName;
    case Step::kName:
      if (is_space(byte) || byte == ';') return Step::kFound;
      name.append(byte);
      return Step::kName;
    case Step::kQuotedName:
      if (byte == '`') return Step::kQuote;
      name.append(byte);
      return Step::kQuotedName;
    case Step::kQuote:
      if (byte != '`') return Step::kFound;
      name.append(byte);
      return Step::kQuotedName;
    default:
      return step_;
  }
}

}  // namespace seamtrace::agent::codecs::mysql
