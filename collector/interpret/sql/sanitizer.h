// Sanitiser: the text of SQL statements without literals, and its summary.
// Path:    kStatement of a record -> [sql] -> db.query.text, db.query.summary
// Memory:  linear in time, no recursion; the text is never longer than the input, but for bytes
//          that are not UTF-8 and become U+FFFD.
// Failure: none; any bytes have a result. What cannot be told apart from a literal counts as one.
// Source:  semantic conventions, database spans, "Sanitization of db.query.text". What they leave
//          open:
//          - Comments and hints of the optimizer are dropped, and white space at both ends; the
//            inside of MySQL's executable comments is code.
//          - A list of two or more values after IN is collapsed to `IN (?)`.
//          - TRUE and FALSE are literals but after IS; NULL is kept.
//          - "..." is an identifier, and in MySQL and MariaDB a literal. In SQLite it may be
//          either:
//            a literal when it stands where a value is expected and not beside a dot, or when it
//            does not look like an identifier.
//          - How the server reads a backslash is not known: if the text makes sense in one reading
//            only, that one counts; otherwise all that is a literal in either of them is left out.
#pragma once

#include <string>
#include <string_view>

#include "collector/interpret/sql/dialect.h"

namespace seamtrace::collector {

struct SqlDigest {
  std::string text;     ///< valid UTF-8
  std::string summary;  ///< valid UTF-8, at most 255 characters
};

/// Overwrites `digest`. `truncated`: the statement goes on beyond what is given.
void digest_sql(Dialect dialect, std::string_view statement, bool truncated, SqlDigest& digest);

}  // namespace seamtrace::collector
