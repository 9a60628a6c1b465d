#include "cli/elf_inspection/inspection.h"

#include <elf.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "cli/elf_inspection/elf_file.h"
#include "cli/elf_inspection/file_bytes.h"

namespace seamtrace::cli {

namespace {

/// Text inside an executable is searched this far: beyond it lies data, or a lie.
constexpr uint64_t kSearchLimit = 512 * 1024 * 1024;
constexpr int kMostInterpreters = 4;  // as the kernel

class Inspector {
 public:
  Inspector(std::string program, const InspectionOptions& options) : options_(options) {
    result_.program = std::move(program);
  }

  Inspection run() {
    const auto found = find_program(result_.program, options_.search_path);
    if (!found) {
      conclude(Verdict::kMissing, {"missing", "there is no program '" + result_.program + "'",
                                   "check the spelling and PATH"});
      return std::move(result_);
    }
    result_.path = *found;
    std::string path = *found;
    for (int depth = 0; is_executable(path) && result_.verdict != Verdict::kUntraceable; ++depth) {
      const auto bytes = FileBytes::open(path);
      if (!bytes) {
        note(Verdict::kLimited, {"unreadable", "'" + path + "' can be executed but not read",
                                 "nothing is known of it; it is started with the agent"});
        break;
      }
      const auto interpreter = script_interpreter(*bytes);
      if (!interpreter) {
        inspect_elf(path, *bytes);
        break;
      }
      if (depth == kMostInterpreters) {
        conclude(Verdict::kNotExecutable,
                 {"script_loop", "its '#!' lines lead to one another without end", ""});
        break;
      }
      path = *interpreter;
      result_.followed.push_back(path);
    }
    return std::move(result_);
  }

 private:
  void note(Verdict verdict, Finding finding) {
    result_.verdict = std::max(result_.verdict, verdict);
    result_.findings.push_back(std::move(finding));
  }

  /// Like note(), but in front: it is the reason.
  void conclude(Verdict verdict, Finding finding) {
    result_.verdict = std::max(result_.verdict, verdict);
    result_.findings.insert(result_.findings.begin(), std::move(finding));
  }

  bool is_executable(const std::string& path) {
    struct stat status {};
    const bool is_script_part = !result_.followed.empty();
    const std::string of_whom =
        is_script_part ? "the interpreter '" + path + "'" : "'" + path + "'";
    if (::stat(path.c_str(), &status) != 0) {
      conclude(Verdict::kNotExecutable,
               {"no_interpreter", of_whom + " of its '#!' line does not exist", ""});
      return false;
    }
    if (S_ISDIR(status.st_mode)) {
      conclude(Verdict::kNotExecutable, {"directory", of_whom + " is a directory", ""});
      return false;
    }
    if (::access(path.c_str(), X_OK) != 0) {
      conclude(Verdict::kNotExecutable, {"not_executable", of_whom + " is not executable",
                                         "chmod +x, or name the interpreter in front of it"});
      return false;
    }
    return true;
  }

  /// The program of a `#!` line.
  std::optional<std::string> script_interpreter(const FileBytes& bytes) const {
    constexpr uint64_t kLongestLine = 256;
    const auto head = bytes.read(0, std::min(bytes.size(), kLongestLine));
    if (!head || head->size() < 3 || (*head)[0] != '#' || (*head)[1] != '!') return {};
    std::string line(head->begin() + 2, head->end());
    line.resize(std::min(line.find('\n'), line.size()));
    const auto words = split(line);
    if (words.empty()) return {};
    // `#!/usr/bin/env [-S] [NAME=value] python3`: what env starts is what matters.
    if (words[0].ends_with("/env")) {
      for (size_t i = 1; i < words.size(); ++i) {
        if (words[i].starts_with("-") || words[i].find('=') != std::string::npos) continue;
        const auto found = find_program(words[i], options_.search_path);
        if (found) return found;
        break;
      }
    }
    return words[0];
  }

  static std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> words;
    constexpr const char* kBlanks = " \t\r";
    for (size_t begin = line.find_first_not_of(kBlanks); begin != std::string::npos;) {
      const size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
      words.push_back(line.substr(begin, end - begin));
      begin = line.find_first_not_of(kBlanks, end);
    }
    return words;
  }

  void inspect_elf(const std::string& path, const FileBytes& bytes) {
    const auto elf = read_elf(bytes);
    if (!elf) {
      note(Verdict::kLimited, {"not_elf", "it is neither an ELF file nor a script with a '#!' line",
                               "the system decides how it is started"});
      return;
    }
    result_.architecture = machine_name(elf->machine);
    result_.libraries = elf->needed;
    if (elf->damaged)
      note(Verdict::kLimited, {"damaged", "parts of the file point outside of it", "rebuild it"});
    if (!check_architecture(*elf)) return;
    check_privileges(path);
    check_linking(*elf);
    check_c_library(*elf);
    check_sanitizers(*elf);
    if (result_.verdict == Verdict::kUntraceable) return;
    const Texts texts = find_texts(bytes);
    check_tls(*elf, texts);
    check_carriers(*elf, texts);
    check_search_paths(*elf);
  }

  bool check_architecture(const ElfFile& elf) {
    if (elf.machine == native_machine() && elf.is_64_bit && elf.is_little_endian) return true;
    if (elf.machine == native_machine() && !elf.is_64_bit) result_.architecture += " (x32)";
    conclude(Verdict::kUntraceable,
             {"architecture",
              "it is built for " + result_.architecture + ", the agent for " +
                  machine_name(native_machine()) + "; the loader cannot put them together",
              "use a 64-bit build for this machine"});
    return false;
  }

  void check_privileges(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return;
    const char* kAdvice =
        "the system ignores preloading for such programs; start it from an account that has the "
        "rights, from a copy without the bit, or link it with seamtrace::seamtrace";
    if ((status.st_mode & S_ISUID) != 0 && (options_.by_anyone || status.st_uid != ::getuid())) {
      conclude(Verdict::kUntraceable, {"setuid", "it runs as another user (setuid)", kAdvice});
    } else if ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0 &&
               (options_.by_anyone || status.st_gid != ::getgid())) {
      conclude(Verdict::kUntraceable, {"setgid", "it runs as another group (setgid)", kAdvice});
    } else if (::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0) {
      // Root gains nothing by them, so the loader guards nothing.
      if (::getuid() == 0 && !options_.by_anyone) return;
      conclude(Verdict::kUntraceable,
               {"capabilities", "it gains rights by its file capabilities", kAdvice});
    }
  }

  static bool is_go(const ElfFile& elf) {
    return elf.sections.contains(".go.buildinfo") || elf.sections.contains(".note.go.buildid") ||
           elf.sections.contains(".gopclntab");
  }

  void check_linking(const ElfFile& elf) {
    const bool is_loader = elf.soname.starts_with("ld-linux") || elf.soname.starts_with("ld-musl");
    if (elf.interpreter.empty() && is_loader) {
      result_.linking = "loader";
      note(Verdict::kLimited,
           {"loader", "it is the dynamic loader itself", "ask about the program that it loads"});
      return;
    }
    if (elf.interpreter.empty()) {
      result_.linking = elf.type == ET_DYN ? "static-pie" : "static";
      if (elf.type == ET_DYN && !elf.soname.empty()) {
        conclude(Verdict::kUntraceable, {"library", "it is a shared library, not a program", ""});
        return;
      }
      conclude(Verdict::kUntraceable,
               {"static",
                is_go(elf) ? "it is a Go program, statically linked: there is no loader that could "
                             "put the agent into it"
                           : "it is statically linked: there is no loader that could put the agent "
                             "into it",
                is_go(elf) ? "use the OpenTelemetry SDK for Go; the services around it can still "
                             "be traced"
                           : "link it dynamically (without -static)"});
      return;
    }
    result_.linking = "dynamic";
    if (is_go(elf))
      conclude(Verdict::kUntraceable,
               {"go", "it is a Go program: its network calls go to the kernel without libc",
                "use the OpenTelemetry SDK for Go; the services around it can still be traced"});
  }

  void check_c_library(const ElfFile& elf) {
    if (elf.interpreter.empty()) return;
    const std::string loader = elf.interpreter.substr(elf.interpreter.rfind('/') + 1);
    if (loader.starts_with("ld-musl")) {
      result_.c_library = "musl";
      conclude(
          Verdict::kUntraceable,
          {"musl", "its C library is musl, the agent is built for glibc", "use a build for glibc"});
      return;
    }
    result_.c_library = loader.starts_with("ld-linux") ? "glibc" : loader;
    if (!loader.starts_with("ld-linux"))
      note(Verdict::kLimited,
           {"loader_unknown", "its loader '" + elf.interpreter + "' is not one that is known to us",
            ""});
    struct stat status {};
    if (::stat(elf.interpreter.c_str(), &status) != 0)
      conclude(Verdict::kNotExecutable,
               {"no_loader", "its loader '" + elf.interpreter + "' does not exist here",
                "install the C library that it was built for"});
    if (!elf.interpreter.starts_with("/lib"))
      note(Verdict::kLimited,
           {"own_loader", "it brings its own C library ('" + elf.interpreter + "')",
            "the agent needs glibc 2.17 or later there"});
    std::array<int, 2> newest{};
    for (const std::string& version : elf.libc_versions) {
      std::array<int, 2> parts{};
      if (std::sscanf(version.c_str(), "GLIBC_%d.%d", &parts[0], &parts[1]) == 2)
        newest = std::max(newest, parts);
    }
    if (newest[0] != 0)
      result_.needs_glibc = std::to_string(newest[0]) + "." + std::to_string(newest[1]);
  }

  void check_sanitizers(const ElfFile& elf) {
    struct Sanitizer {
      const char *library, *name;
    };
    constexpr Sanitizer kSanitizers[] = {{"libasan.so", "AddressSanitizer"},
                                         {"libtsan.so", "ThreadSanitizer"},
                                         {"libhwasan.so", "HWAddressSanitizer"}};
    for (const Sanitizer& sanitizer : kSanitizers) {
      if (!elf.needs(sanitizer.library)) continue;
      const bool is_address = std::strcmp(sanitizer.name, "AddressSanitizer") == 0;
      if (is_address &&
          options_.asan_options.find("verify_asan_link_order=0") != std::string::npos) {
        note(Verdict::kLimited, {"sanitizer",
                                 "it runs under AddressSanitizer, which intercepts "
                                 "the same calls",
                                 ""});
      } else {
        conclude(Verdict::kUntraceable,
                 {"sanitizer",
                  std::string("it is built with ") + sanitizer.name +
                      ", which insists on being the first library",
                  is_address ? "ASAN_OPTIONS=verify_asan_link_order=0, or a build without it"
                             : "use a build without it"});
      }
    }
    if (elf.defines("__asan_init") || elf.defines("__tsan_init") || elf.defines("__msan_init"))
      note(Verdict::kLimited, {"sanitizer",
                               "a sanitizer is linked into it, which intercepts the "
                               "same calls",
                               "use a build without it if anything is missing"});
  }

  /// What strings inside the file tell.
  struct Texts {
    bool openssl = false, boringssl = false, gnutls = false, rustls = false;
    bool io_uring = false, deepbind = false;
  };

  static Texts find_texts(const FileBytes& bytes) {
    constexpr std::string_view kPatterns[] = {"OpenSSL 1.",   "OpenSSL 3.",   "BoringSSL",
                                              "GnuTLS error", "rustls::",     "io_uring_setup",
                                              "IORING_OP_",   "RTLD_DEEPBIND"};
    const std::vector<bool> found = bytes.find(kPatterns, kSearchLimit);
    return {found[0] || found[1], found[2], found[3], found[4], found[5] || found[6], found[7]};
  }

  void check_tls(const ElfFile& elf, const Texts& texts) {
    const auto missed = [&](const std::string& how) {
      note(Verdict::kLimited,
           {"tls",
            how + ": the bytes on its TLS connections are encrypted where the agent sees "
                  "them; plain HTTP is traced, HTTPS is not",
            "let TLS end in a proxy in front of the service where HTTPS must be traced"});
    };
    if (elf.needs("libssl.so") || elf.needs("libgnutls.so") || elf.needs("libmbedtls.so") ||
        elf.needs("libnss3.so") || elf.needs("libssl3.so") || elf.needs("libwolfssl.so"))
      return missed("it uses a TLS library");
    if (elf.defines("SSL_read") || elf.defines("SSL_write"))
      return missed("OpenSSL or a relative is built into it");
    if (texts.openssl || texts.boringssl) return missed("OpenSSL seems to be built into it");
    if (texts.gnutls || texts.rustls) return missed("a TLS library seems to be built into it");
  }

  void check_carriers(const ElfFile& elf, const Texts& texts) {
    if (elf.needs("liburing.so") || elf.defines("io_uring_queue_init") || texts.io_uring)
      note(Verdict::kLimited,
           {"io_uring", "it seems to know io_uring; what goes over it is not seen",
            "where the program has a switch to epoll, use it"});
    if (texts.deepbind)
      note(
          Verdict::kTraceable,
          {"deepbind", "it knows RTLD_DEEPBIND; modules that are loaded with it are not seen", ""});
  }

  void check_search_paths(const ElfFile& elf) {
    if (elf.search_paths.empty()) return;
    std::string paths;
    for (const std::string& path : elf.search_paths) paths += (paths.empty() ? "" : ", ") + path;
    note(Verdict::kTraceable, {"search_path", "it looks for libraries in " + paths + " first",
                               "harmless, unless a C library of another version lies there"});
  }

  const InspectionOptions& options_;
  Inspection result_;
};

}  // namespace

Inspection inspect_program(const std::string& program, const InspectionOptions& options) {
  return Inspector(program, options).run();
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kTraceable:
      return "traceable";
    case Verdict::kLimited:
      return "limited";
    case Verdict::kUntraceable:
      return "untraceable";
    case Verdict::kMissing:
      return "missing";
    case Verdict::kNotExecutable:
      return "not_executable";
  }
  return "limited";
}

}  // namespace seamtrace::cli
