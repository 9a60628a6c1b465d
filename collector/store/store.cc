#include "collector/store/store.h"

#include <unistd.h>

#include <algorithm>
#include <variant>

#include "collector/store/damage_report.h"
#include "collector/store/retention.h"
#include "collector/store/schema.h"
#include "collector/store/store_file.h"
#include "collector/store/store_writer.h"
#include "collector/support/clock.h"
#include "collector/support/log.h"

namespace seamtrace::collector {
namespace {

using store::Database;
using store::Fault;
using store::StoreWriter;

constexpr int64_t kPageBytes = 4096;
/// A file up to this size is looked through when it is opened: at most half a second.
constexpr uint64_t kMostBytesToCheck = 64 << 20;

std::string opening_statements(const StoreOptions& options) {
  const int64_t log_pages = static_cast<int64_t>(store::log_share(options)) / kPageBytes;
  return "PRAGMA page_size=" + std::to_string(kPageBytes) +
         ";PRAGMA auto_vacuum=INCREMENTAL"
         ";PRAGMA journal_mode=WAL"
         ";PRAGMA synchronous=NORMAL"
         ";PRAGMA cell_size_check=ON"
         ";PRAGMA temp_store=MEMORY"
         ";PRAGMA cache_size=-32768"
         ";PRAGMA wal_autocheckpoint=" +
         std::to_string(std::max<int64_t>(log_pages / 2, 1)) +
         ";PRAGMA journal_size_limit=" + std::to_string(store::log_share(options));
}

/// An Error, and what to do about it.
struct OpenFault {
  Error error;
  bool damaged = false;
};

std::variant<std::unique_ptr<StoreWriter>, OpenFault> open_writer(const StoreOptions& options) {
  Result<std::unique_ptr<Database>> opened = Database::open(options.path, Database::Mode::kCreate);
  if (!opened) return OpenFault{opened.error()};
  std::unique_ptr<Database> database = std::move(*opened);
  const auto fault = [&options](Error error, Fault kind) {
    const bool ours = store::looks_like_store(options.path);
    return OpenFault{std::move(error),
                     kind == Fault::kDamaged || (kind == Fault::kNoStore && ours)};
  };
  // The version is looked at before anything is changed.
  if (std::optional<Error> error = store::check_file(*database)) {
    return fault(*error, database->fault());
  }
  database->run(opening_statements(options));
  if (std::optional<Error> error = store::prepare_schema(*database)) {
    return fault(*error, database->fault());
  }
  if (database->bytes_on_disk() <= kMostBytesToCheck) {
    const std::string verdict = database->text("PRAGMA quick_check(1)");
    if (!database->failed() && verdict != "ok") database->damaged(verdict);
    if (database->failed()) return fault(database->error(), database->fault());
  }
  auto writer = std::make_unique<StoreWriter>(std::move(database));
  if (std::optional<Error> error = writer->load()) return fault(*error, writer->fault());
  return writer;
}

class FileStore final : public Store {
 public:
  explicit FileStore(StoreOptions options) : options_(std::move(options)) {}

  /// Opens or makes the file; a damaged one is moved aside and a new one begun.
  std::optional<Error> open() {
    writer_.reset();
    if (std::optional<Error> error = store::make_store_file(options_.path)) return error;
    if (!lock_) {
      Result<FileDescriptor> lock = store::lock_store_file(options_.path);
      if (!lock) return lock.error();
      lock_ = std::move(*lock);
    }
    auto opened = open_writer(options_);
    if (const auto* fault = std::get_if<OpenFault>(&opened)) {
      if (!fault->damaged) return fault->error;
      if (std::optional<Error> error = move_aside(fault->error)) return error;
      if (std::optional<Error> error = store::make_store_file(options_.path)) return error;
      opened = open_writer(options_);
    }
    if (const auto* fault = std::get_if<OpenFault>(&opened)) return fault->error;
    writer_ = std::move(*std::get_if<std::unique_ptr<StoreWriter>>(&opened));
    identity_ = store::identity_of(options_.path);
    damage_.clear();
    return std::nullopt;
  }

  bool is_locked() const { return static_cast<bool>(lock_); }

  std::optional<Error> write(const std::vector<BatchPtr>& batches) override {
    std::optional<Error> error = follow_file();
    if (!error) error = writer_->write(batches);
    if (error && writer_ != nullptr && writer_->fault() == Fault::kDamaged) {
      error = begin_anew(*error);
      if (!error) error = writer_->write(batches);
    }
    last_error_ = error ? error->message : "";
    return error;
  }

  bool clean() override {
    if (writer_ == nullptr) return false;
    if (std::optional<Error> error = follow_file()) {
      last_error_ = error->message;
      return false;
    }
    if (std::optional<Error> error = look_into_report()) {
      last_error_ = error->message;
      return false;
    }
    Result<bool> more = writer_->clean(options_, realtime_ns());
    if (more) return *more;
    last_error_ = more.error().message;
    if (writer_->fault() == Fault::kDamaged) {
      if (std::optional<Error> error = begin_anew(more.error())) last_error_ = error->message;
    }
    return false;
  }

  StoreStatistics statistics() const override {
    StoreStatistics result;
    result.path = options_.path;
    result.last_error = last_error_.empty() ? damage_ : last_error_;
    result.spans_written = written_before_;
    result.spans_dropped = dropped_before_;
    if (writer_ == nullptr) return result;
    const store::StoreState& state = writer_->state();
    result.traces = state.traces;
    result.spans = state.spans;
    result.spans_written += writer_->written();
    result.spans_dropped += writer_->dropped();
    result.duplicates = state.duplicates;
    result.change = state.change;
    result.removed_traces = state.removed_traces;
    result.bytes = writer_->database().bytes_on_disk();
    result.oldest_unix_ns = writer_->oldest_unix_ns();
    return result;
  }

 private:
  /// What is written to a file that was deleted is lost when the file is closed.
  std::optional<Error> follow_file() {
    if (writer_ == nullptr) return open();
    if (store::identity_of(options_.path) == identity_) return std::nullopt;
    log(LogLevel::kWarning,
        "the store " + options_.path + " was deleted or replaced; what is there now is used");
    forget_writer();
    lock_ = {};  // its file may be gone as well
    return open();
  }

  /// The writer itself meets only the pages that it changes. After a reader's report the whole
  /// file is looked through, once: a second for each 100 MB or so.
  std::optional<Error> look_into_report() {
    const std::optional<Error> damage = store::take_damage_report(options_.path);
    if (!damage || !damage_.empty()) return std::nullopt;
    // The writer's own connection would see its own copies of the pages.
    Result<std::unique_ptr<Database>> file = Database::open(options_.path, Database::Mode::kRead);
    if (!file) return file.error();
    const std::string verdict = (*file)->text("PRAGMA quick_check(1)");
    const bool broken = (*file)->failed() ? (*file)->fault() == Fault::kDamaged : verdict != "ok";
    file->reset();
    if (broken) return begin_anew(*damage);
    damage_ = damage->message;
    log(LogLevel::kWarning, damage_);
    return std::nullopt;
  }

  std::optional<Error> move_aside(const Error& reason) {
    const Result<std::string> moved = store::move_store_aside(options_.path);
    if (!moved) return moved.error();
    log(LogLevel::kWarning,
        reason.message + "; it was renamed to " + *moved + ", and a new store is begun");
    return std::nullopt;
  }

  void forget_writer() {
    written_before_ += writer_->written();
    dropped_before_ += writer_->dropped();
    writer_.reset();
  }

  std::optional<Error> begin_anew(const Error& reason) {
    forget_writer();
    if (std::optional<Error> error = move_aside(reason)) return error;
    return open();
  }

  StoreOptions options_;
  FileDescriptor lock_;
  std::unique_ptr<StoreWriter> writer_;  ///< null after a fault that left no file
  std::optional<store::FileIdentity> identity_;
  uint64_t written_before_ = 0;  ///< to files that are no longer there
  uint64_t dropped_before_ = 0;  ///< the same
  std::string last_error_;
  std::string damage_;  ///< that a reader met in this file, whose structure is whole
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  // Beside a file that turns out to be somebody else's nothing of ours may stay.
  const std::string lock_path = store::lock_file_of(options.path);
  const bool lock_was_there = ::access(lock_path.c_str(), F_OK) == 0;
  auto result = std::make_unique<FileStore>(options);
  if (std::optional<Error> error = result->open()) {
    if (result->is_locked() && !lock_was_there) ::unlink(lock_path.c_str());
    return *error;
  }
  return std::unique_ptr<Store>(std::move(result));
}

}  // namespace seamtrace::collector
