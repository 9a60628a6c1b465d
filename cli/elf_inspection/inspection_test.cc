#include "cli/elf_inspection/inspection.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "cli/elf_inspection/elf_file.h"
#include "cli/elf_inspection/file_bytes.h"

namespace seamtrace::cli {
namespace {

namespace fs = std::filesystem;

class InspectionTest : public ::testing::Test {
 protected:
  InspectionTest() {
    std::string name = (fs::temp_directory_path() / "seamtrace-inspection-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~InspectionTest() override { fs::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& content, mode_t mode = 0755) {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }

  /// Builds a C program; empty when the compiler cannot (a missing static library).
  std::string compile(const std::string& name, const std::string& source,
                      const std::string& options) {
    const std::string input = file(name + ".c", source, 0644), path = folder_ / name;
    const std::string command = "cc " + options + " -o " + path + " " + input + " 2>/dev/null";
    return std::system(command.c_str()) == 0 ? path : "";
  }

  static std::string content(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  Inspection inspect(const std::string& program) const {
    return inspect_program(program, {"/usr/bin:/bin", "", true});
  }

  static bool has(const Inspection& inspection, const std::string& code) {
    return std::ranges::count(inspection.findings, code, &Finding::code) != 0;
  }

  fs::path folder_;
};

constexpr char kMain[] = "int main(void) { return 0; }\n";

TEST_F(InspectionTest, DynamicProgramIsTraceable) {
  const std::string path = compile("dynamic", kMain, "");
  ASSERT_FALSE(path.empty());
  const Inspection inspection = inspect(path);
  EXPECT_EQ(inspection.verdict, Verdict::kTraceable);
  EXPECT_EQ(inspection.linking, "dynamic");
  EXPECT_EQ(inspection.c_library, "glibc");
  EXPECT_FALSE(inspection.needs_glibc.empty());
  EXPECT_EQ(inspection.libraries, std::vector<std::string>{"libc.so.6"});
}

TEST_F(InspectionTest, StaticProgramsAreNot) {
  for (const char* options : {"-static", "-static-pie"}) {
    const std::string path = compile("static", kMain, options);
    if (path.empty()) GTEST_SKIP() << "no static C library here";
    const Inspection inspection = inspect(path);
    EXPECT_EQ(inspection.verdict, Verdict::kUntraceable);
    EXPECT_EQ(inspection.findings.at(0).code, "static");
    EXPECT_EQ(inspection.linking, options + 1);
  }
}

TEST_F(InspectionTest, SetuidProgramsAreNot) {
  const std::string path = compile("setuid", kMain, "");
  ::chmod(path.c_str(), 04755);
  EXPECT_EQ(inspect(path).verdict, Verdict::kUntraceable);
  EXPECT_TRUE(has(inspect(path), "setuid"));
  // To its own owner it gives no other rights.
  EXPECT_EQ(inspect_program(path, {"", "", false}).verdict, Verdict::kTraceable);
  ::chmod(path.c_str(), 02755);
  EXPECT_TRUE(has(inspect(path), "setgid"));
}

TEST_F(InspectionTest, GoProgramsAreKnownByTheirSections) {
  const std::string path = compile(
      "go", "__attribute__((section(\".go.buildinfo\"))) int info = 1;\n" + std::string(kMain), "");
  EXPECT_EQ(inspect(path).verdict, Verdict::kUntraceable);
  EXPECT_TRUE(has(inspect(path), "go"));
}

TEST_F(InspectionTest, MuslProgramsAreKnownByTheirLoader) {
  const std::string path = compile("musl", kMain, "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1");
  EXPECT_EQ(inspect(path).c_library, "musl");
  EXPECT_TRUE(has(inspect(path), "musl"));
  EXPECT_EQ(inspect(path).verdict, Verdict::kUntraceable);
}

TEST_F(InspectionTest, BuiltInTlsIsKnownByItsFunctions) {
  const std::string path =
      compile("tls", "int SSL_read(void) { return 0; }\n" + std::string(kMain), "");
  EXPECT_EQ(inspect(path).verdict, Verdict::kLimited);
  EXPECT_TRUE(has(inspect(path), "tls"));
  EXPECT_FALSE(has(inspect(compile("plain", kMain, "")), "tls"));
}

TEST_F(InspectionTest, StrippedTlsIsKnownByItsTexts) {
  const std::string path = compile(
      "tls", "const char text[] = \"OpenSSL 3.0.11\";\nint main(void) { return text[1]; }\n", "-s");
  EXPECT_TRUE(has(inspect(path), "tls"));
}

TEST_F(InspectionTest, IoUringAndSearchPathsAreNoted) {
  const std::string path =
      compile("uring", "int io_uring_queue_init(void) { return 0; }\n" + std::string(kMain),
              "-Wl,-rpath,/opt/lib");
  EXPECT_TRUE(has(inspect(path), "io_uring"));
  EXPECT_TRUE(has(inspect(path), "search_path"));
}

TEST_F(InspectionTest, OtherArchitecturesAreNot) {
  std::string bytes = content(compile("native", kMain, ""));
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.e_machine = EM_S390;
  std::memcpy(bytes.data(), &header, sizeof header);
  const Inspection inspection = inspect(file("foreign", bytes));
  EXPECT_EQ(inspection.verdict, Verdict::kUntraceable);
  EXPECT_EQ(inspection.architecture, "s390");
  bytes[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(inspect(file("narrow", bytes)).verdict, Verdict::kUntraceable);
}

TEST_F(InspectionTest, SharedLibraryIsNoProgram) {
  const std::string path = compile("library", kMain, "-shared -fPIC -Wl,-soname,libx.so.1");
  EXPECT_EQ(inspect(path).verdict, Verdict::kUntraceable);
  EXPECT_TRUE(has(inspect(path), "library"));
}

TEST_F(InspectionTest, ScriptsAreFollowedToTheirInterpreter) {
  const std::string program = compile("interpreter", kMain, "");
  const std::string inner = file("inner", "#! " + program + " -x\n");
  const Inspection inspection = inspect(file("outer", "#!" + inner + "\necho\n"));
  EXPECT_EQ(inspection.verdict, Verdict::kTraceable);
  EXPECT_EQ(inspection.followed, (std::vector<std::string>{inner, program}));
  EXPECT_EQ(inspection.linking, "dynamic");
}

TEST_F(InspectionTest, EnvLinesNameTheProgramThatEnvStarts) {
  const Inspection inspection = inspect(file("script", "#!/usr/bin/env -S A=b sh -e\n"));
  ASSERT_EQ(inspection.followed.size(), 1u);
  EXPECT_TRUE(inspection.followed[0].ends_with("/sh"));
}

TEST_F(InspectionTest, ScriptsWithoutEndAndWithoutInterpreterEnd) {
  const std::string loop = folder_ / "loop";
  file("loop", "#!" + loop + "\n");
  EXPECT_EQ(inspect(loop).verdict, Verdict::kNotExecutable);
  EXPECT_TRUE(has(inspect(loop), "script_loop"));
  EXPECT_TRUE(has(inspect(file("lost", "#!/nonexistent/interpreter\n")), "no_interpreter"));
}

TEST_F(InspectionTest, MissingAndNotExecutableAreToldApart) {
  EXPECT_EQ(inspect("/nonexistent").verdict, Verdict::kMissing);
  EXPECT_EQ(inspect("no-such-name-in-path").verdict, Verdict::kMissing);
  EXPECT_EQ(inspect("").verdict, Verdict::kMissing);
  EXPECT_EQ(inspect(folder_.string()).verdict, Verdict::kNotExecutable);
  EXPECT_EQ(inspect(file("data", "hello", 0644)).verdict, Verdict::kNotExecutable);
  EXPECT_EQ(inspect("sh").verdict, Verdict::kTraceable);
}

TEST_F(InspectionTest, FilesThatAreNoProgramsAreSurvived) {
  for (const char* text : {"", "#", "#!", "#!\n", "#!   \n", "\x7f",
                           "\x7f"
                           "ELF",
                           "hello"})
    inspect(file("odd", text));
  ::mkfifo((folder_ / "fifo").c_str(), 0755);
  inspect(folder_ / "fifo");
  inspect("/dev/null");
}

// A crash or a sanitizer's report fails these two; what is said of such files does not matter.
TEST_F(InspectionTest, EveryCutOfAProgramIsSurvived) {
  const std::string whole = content(compile("whole", kMain, "-s"));
  ASSERT_GT(whole.size(), 1000u);
  for (size_t size = 0; size < whole.size(); size += size < 4096 ? 7 : 61)
    inspect(file("cut", whole.substr(0, size)));
}

TEST_F(InspectionTest, DamagedProgramsAreSurvived) {
  const std::string whole = content(compile("whole", kMain, ""));
  std::mt19937 random(20240101);  // the same damage in every run
  const auto any = [&](size_t limit) { return random() % limit; };
  for (int round = 0; round < 1500; ++round) {
    std::string damaged = whole;
    const bool in_tables = round % 2 == 0;
    for (int i = 0; i < 8; ++i) {
      const size_t position = in_tables ? any(1024) : any(damaged.size());
      damaged[position] = static_cast<char>(round % 3 == 0 ? 0xff : any(256));
    }
    std::memcpy(damaged.data(), whole.data(), EI_NIDENT + 4);  // still ELF of this machine
    inspect(file("damaged", damaged));
  }
}

TEST_F(InspectionTest, TextsAcrossPiecesAreFound) {
  std::string bytes(1024 * 1024 - 5, 'x');
  bytes += "needle" + std::string(1000, 'y');
  const auto opened = FileBytes::open(file("long", bytes));
  ASSERT_TRUE(opened.has_value());
  constexpr std::string_view kPatterns[] = {"needle", "nothing"};
  EXPECT_EQ(opened->find(kPatterns, 1 << 30), (std::vector<bool>{true, false}));
  EXPECT_EQ(opened->find(kPatterns, 1000), (std::vector<bool>{false, false}));
}

}  // namespace
}  // namespace seamtrace::cli
