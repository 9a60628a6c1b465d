#include "cli/doctor_command.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "cli/elf_inspection/inspection.h"
#include "collector/export/text.h"
#include "collector/support/configuration.h"
#include "collector/support/directory.h"
#include "nlohmann/json.hpp"

namespace seamtrace::cli {

namespace {

std::string text_of(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

std::string printable(const std::string& text) {
  std::string out;
  collector::append_printable(out, text);
  return out;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ", ") + printable(text);
  return out;
}

std::string verdict_in_words(Verdict verdict) {
  switch (verdict) {
    case Verdict::kTraceable:
      return "can be traced";
    case Verdict::kLimited:
      return "can be traced; read what may be missed";
    case Verdict::kUntraceable:
      return "cannot be traced; 'seamtrace run' starts it untraced";
    case Verdict::kMissing:
      return "is missing";
    case Verdict::kNotExecutable:
      return "cannot be executed";
  }
  return {};
}

std::string render(const Inspection& inspection) {
  std::string out = printable(inspection.path.empty() ? inspection.program : inspection.path) +
                    " " + verdict_in_words(inspection.verdict) + "\n";
  const auto fact = [&](const char* name, const std::string& value) {
    if (!value.empty()) out += "  " + std::string(name) + ": " + value + "\n";
  };
  fact("started by", joined(inspection.followed));
  fact("processor", printable(inspection.architecture));
  fact("linking", printable(inspection.linking));
  fact("C library", printable(inspection.c_library) +
                        (inspection.needs_glibc.empty()
                             ? ""
                             : ", needs at least " + printable(inspection.needs_glibc)));
  fact("libraries", joined(inspection.libraries));
  for (const Finding& finding : inspection.findings) {
    out += "\n- " + printable(finding.text) + "\n";
    if (!finding.advice.empty()) out += "  What to do: " + printable(finding.advice) + "\n";
  }
  return out;
}

std::string render_json(const Inspection& inspection) {
  using nlohmann::json;
  json findings = json::array();
  for (const Finding& finding : inspection.findings)
    findings.push_back(
        {{"code", finding.code}, {"text", finding.text}, {"advice", finding.advice}});
  const json object = {{"program", inspection.program},
                       {"path", inspection.path},
                       {"verdict", to_string(inspection.verdict)},
                       {"interpreters", inspection.followed},
                       {"architecture", inspection.architecture},
                       {"linking", inspection.linking},
                       {"c_library", inspection.c_library},
                       {"needs_glibc", inspection.needs_glibc},
                       {"libraries", inspection.libraries},
                       {"findings", std::move(findings)}};
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::kTraceable:
    case Verdict::kLimited:
      return 0;
    case Verdict::kUntraceable:
      return kExitFailed;
    case Verdict::kMissing:
      return kExitNotFound;
    case Verdict::kNotExecutable:
      return kExitCannotExecute;
  }
  return kExitFailed;
}

}  // namespace

int doctor_command(const DoctorOptions& options) {
  Inspection inspection =
      inspect_program(options.program, {text_of("PATH"), text_of("ASAN_OPTIONS"), true});
  const auto configuration = collector::Configuration::from_environment(::environ);
  if (const std::string obstacle =
          collector::segment_obstacle(std::string(configuration.text("SEAMTRACE_DIR")));
      !obstacle.empty() && inspection.verdict <= Verdict::kUntraceable) {
    inspection.verdict = Verdict::kUntraceable;
    inspection.findings.push_back({"no_place", obstacle, ""});
  }
  const std::string out = options.json ? render_json(inspection) : render(inspection);
  std::fwrite(out.data(), 1, out.size(), stdout);
  return exit_code(inspection.verdict);
}

}  // namespace seamtrace::cli
