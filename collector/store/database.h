// Database, Statement: SQLite, as much of it as the store needs.
// Path:    inside the store; the only place that knows SQLite
// Owner:   a Statement borrows its Database, which must outlive it.
// Threads: one.
// Failure: sticky: after the first fault every further call does nothing and says false until
//          clear_fault(). One look at the end of a transaction tells whether all went well.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "collector/support/result.h"

namespace seamtrace::collector::store {

enum class Fault {
  kNone,
  kDamaged,   ///< the file's structure is broken
  kNoStore,   ///< the file is something else
  kFull,      ///< no space left on the device, or a limit of file sizes
  kReadOnly,  ///< file or folder may not be written to
  kBusy,      ///< another process holds a lock for too long
  kMissing,   ///< there is no such file
  kOther,
};

class Database;

class Statement {
 public:
  Statement(Statement&&) noexcept;
  ~Statement();

  /// Parameters count from 1. Text and blobs are borrowed until the statement is reset.
  Statement& bind(int parameter, int64_t value);
  Statement& bind(int parameter, uint64_t value) {
    return bind(parameter, static_cast<int64_t>(value));
  }
  Statement& bind_text(int parameter, std::string_view text);
  Statement& bind_blob(int parameter, std::string_view bytes);

  /// True: there is a row. False: the end, or a fault.
  bool step();
  /// Steps to the end and resets. False: a fault.
  bool run();
  void reset();

  /// Of the row that step() found; columns count from 0. Bytes live until the next step or reset.
  int64_t integer(int column) const;
  uint64_t natural(int column) const { return static_cast<uint64_t>(integer(column)); }
  std::string_view bytes(int column) const;

 private:
  friend class Database;
  struct Impl;
  explicit Statement(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class Database {
 public:
  enum class Mode { kRead, kWrite, kCreate };

  static Result<std::unique_ptr<Database>> open(const std::string& path, Mode mode);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  /// Several statements without results.
  bool run(const std::string& sql);
  Statement prepare(const std::string& sql);
  /// The single integer that `sql` answers; `otherwise` when it answers none.
  int64_t integer(const std::string& sql, int64_t otherwise = 0);
  std::string text(const std::string& sql);

  bool in_transaction() const;
  /// Rolls an open transaction back, whatever fault there was.
  void roll_back();
  /// Rows that the last statement changed.
  int64_t changed_rows() const;

  bool failed() const { return fault_ != Fault::kNone; }
  Fault fault() const { return fault_; }
  /// What went wrong, and what to do about it. REQUIRES: failed().
  Error error() const;
  void clear_fault();
  /// Declares the contents damaged, with a reason.
  void damaged(std::string reason);

  const std::string& path() const { return path_; }
  /// Of the file and its write-ahead log.
  uint64_t bytes_on_disk() const;

 private:
  friend class Statement;
  struct Impl;
  Database(std::string path, std::unique_ptr<Impl> impl);
  void note(int code);

  std::string path_;
  std::unique_ptr<Impl> impl_;
  Fault fault_ = Fault::kNone;
  std::string detail_;
};

/// A sentence for a fault of the file at `path`.
Error fault_error(Fault fault, const std::string& path, const std::string& detail);

}  // namespace seamtrace::collector::store
