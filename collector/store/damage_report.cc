#include "collector/store/damage_report.h"

#include <map>
#include <mutex>

namespace seamtrace::collector::store {
namespace {

struct Reports {
  std::mutex mutex;
  std::map<std::string, Error> by_path;
};

Reports& reports() {
  static Reports all;
  return all;
}

}  // namespace

void report_damage(const std::string& path, const Error& damage) {
  const std::lock_guard lock(reports().mutex);
  reports().by_path.insert_or_assign(path, damage);
}

std::optional<Error> take_damage_report(const std::string& path) {
  const std::lock_guard lock(reports().mutex);
  auto taken = reports().by_path.extract(path);
  return taken.empty() ? std::nullopt : std::optional(std::move(taken.mapped()));
}

}  // namespace seamtrace::collector::store
