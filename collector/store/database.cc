#include "collector/store/database.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace seamtrace::collector::store {
namespace {

constexpr int kBusyMilliseconds = 5000;

Fault fault_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
      return Fault::kDamaged;
    case SQLITE_NOTADB:
      return Fault::kNoStore;
    case SQLITE_FULL:
      return Fault::kFull;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
      return Fault::kReadOnly;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Fault::kBusy;
    case SQLITE_IOERR:
      // A write that the system cut short, e.g. by a limit of file sizes.
      return code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_SHMSIZE ? Fault::kFull
                                                                        : Fault::kOther;
    default:
      return Fault::kOther;
  }
}

uint64_t size_of_file(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 ? static_cast<uint64_t>(status.st_size) : 0;
}

}  // namespace

struct Database::Impl {
  sqlite3* handle = nullptr;
};

struct Statement::Impl {
  Database* database = nullptr;
  sqlite3_stmt* handle = nullptr;  ///< null where preparing failed
};

Error fault_error(Fault fault, const std::string& path, const std::string& detail) {
  const std::string because = detail.empty() ? "" : " (" + detail + ")";
  switch (fault) {
    case Fault::kDamaged:
      return {"the store " + path + " is damaged" + because};
    case Fault::kNoStore:
      return {path + " is no store of Seamtrace" + because +
              "; name another file, or move this one away"};
    case Fault::kFull:
      return {"the store " + path +
              " cannot grow, the disk is full or a limit of sizes is reached" + because +
              "; make room, or name a store on another disk"};
    case Fault::kReadOnly:
      return {"the store " + path + " may not be written to" + because +
              "; check the rights of the file and of its folder, or name another file"};
    case Fault::kBusy:
      return {"the store " + path + " is held by another process" + because +
                  "; end that process, or name another file",
              ErrorCode::kBusy};
    case Fault::kMissing:
      return {"there is no store " + path + "; run a program with tracing first, or name another"};
    case Fault::kNone:
    case Fault::kOther:
      break;
  }
  return {"the store " + path + " cannot be used" + because};
}

Statement::Statement(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Statement::Statement(Statement&&) noexcept = default;

Statement::~Statement() {
  if (impl_ != nullptr) sqlite3_finalize(impl_->handle);
}

Statement& Statement::bind(int parameter, int64_t value) {
  sqlite3_bind_int64(impl_->handle, parameter, value);
  return *this;
}

Statement& Statement::bind_text(int parameter, std::string_view text) {
  sqlite3_bind_text64(impl_->handle, parameter, text.data() == nullptr ? "" : text.data(),
                      text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  sqlite3_bind_blob64(impl_->handle, parameter, bytes.data() == nullptr ? "" : bytes.data(),
                      bytes.size(), SQLITE_STATIC);
  return *this;
}

bool Statement::step() {
  if (impl_->handle == nullptr || impl_->database->failed()) return false;
  const int code = sqlite3_step(impl_->handle);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) impl_->database->note(code);
  return false;
}

bool Statement::run() {
  while (step()) {
  }
  reset();
  return !impl_->database->failed();
}

void Statement::reset() { sqlite3_reset(impl_->handle); }

int64_t Statement::integer(int column) const { return sqlite3_column_int64(impl_->handle, column); }

std::string_view Statement::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(impl_->handle, column));
  const int size = sqlite3_column_bytes(impl_->handle, column);
  return data == nullptr ? std::string_view{} : std::string_view(data, static_cast<size_t>(size));
}

Database::Database(std::string path, std::unique_ptr<Impl> impl)
    : path_(std::move(path)), impl_(std::move(impl)) {}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Mode mode) {
  if (mode != Mode::kCreate && access(path.c_str(), F_OK) != 0) {
    return fault_error(Fault::kMissing, path, "");
  }
  std::unique_ptr<Database> database(new Database(path, std::make_unique<Impl>()));
  int flags = SQLITE_OPEN_NOMUTEX;
  flags |= mode == Mode::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  if (mode == Mode::kCreate) flags |= SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(path.c_str(), &database->impl_->handle, flags, nullptr);
  if (code != SQLITE_OK) {
    database->note(code);
    return fault_error(Fault::kOther, path,
                       "it cannot be opened: " + std::string(sqlite3_errstr(code)));
  }
  sqlite3_extended_result_codes(database->impl_->handle, 1);
  sqlite3_busy_timeout(database->impl_->handle, kBusyMilliseconds);
  return database;
}

Database::~Database() { sqlite3_close_v2(impl_->handle); }

bool Database::run(const std::string& sql) {
  if (failed()) return false;
  const int code = sqlite3_exec(impl_->handle, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) note(code);
  return code == SQLITE_OK;
}

Statement Database::prepare(const std::string& sql) {
  auto impl = std::make_unique<Statement::Impl>();
  impl->database = this;
  if (!failed()) {
    const int code = sqlite3_prepare_v3(impl_->handle, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &impl->handle, nullptr);
    // All statements are the store's own: one that does not fit means that the tables are not.
    if (code != SQLITE_OK) note(code == SQLITE_ERROR ? SQLITE_CORRUPT : code);
  }
  return Statement(std::move(impl));
}

int64_t Database::integer(const std::string& sql, int64_t otherwise) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : otherwise;
}

std::string Database::text(const std::string& sql) {
  Statement statement = prepare(sql);
  return statement.step() ? std::string(statement.bytes(0)) : std::string();
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(impl_->handle) == 0; }

void Database::roll_back() {
  if (in_transaction()) sqlite3_exec(impl_->handle, "ROLLBACK", nullptr, nullptr, nullptr);
}

int64_t Database::changed_rows() const { return sqlite3_changes64(impl_->handle); }

void Database::note(int code) {
  if (failed()) return;
  fault_ = fault_of(code);
  detail_ = sqlite3_errmsg(impl_->handle);
}

Error Database::error() const { return fault_error(fault_, path_, detail_); }

void Database::clear_fault() {
  fault_ = Fault::kNone;
  detail_.clear();
}

void Database::damaged(std::string reason) {
  if (failed()) return;
  fault_ = Fault::kDamaged;
  detail_ = std::move(reason);
}

uint64_t Database::bytes_on_disk() const {
  return size_of_file(path_) + size_of_file(path_ + "-wal");
}

}  // namespace seamtrace::collector::store
