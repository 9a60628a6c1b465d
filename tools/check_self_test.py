#!/usr/bin/python3
"""Each check notices a deliberate fault, and is silent without one.

A small house is built in a temporary folder from this one's own tools; then it is broken in one
place at a time."""

import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = "/usr/bin/python3"
COMPILER = ["g++", "-shared", "-fPIC", "-O1", "-fno-exceptions", "-fno-rtti", "-nodefaultlibs"]


def run(*command, cwd=None):
    return subprocess.run([str(part) for part in command], cwd=cwd, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class House(unittest.TestCase):
    """A tree with one file of each kind and nothing wrong with it."""

    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="seamtrace-house-"))
        self.addCleanup(shutil.rmtree, self.root)
        shutil.copytree(ROOT / "tools", self.root / "tools",
                        ignore=shutil.ignore_patterns("__pycache__", "sanitizer_faults"))
        for name in ("dev", ".clang-format", ".clang-tidy", "wire/configuration.def", "wire/counters.def",
                     "docs/configuration.md", "docs/troubleshooting.md"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)
        # The pages link to their neighbours, which this house lacks.
        for page in (self.root / "docs").glob("*.md"):
            page.write_text(page.read_text().replace("](", "] ("))
        self.write("README.md", "Run `./dev test`. See [the table](docs/configuration.md#switches).\n")
        self.write("wire/segment.h", "#pragma once\n#include <cstdint>\n")
        self.write("agent/codecs/codec.h", '#pragma once\n#include "wire/segment.h"\n')
        self.write("agent/codecs/http1/codec.cc", '#include "agent/codecs/codec.h"\n\nint one() { return 1; }\n')
        self.write("collector/support/result.h", "#pragma once\n")
        run("git", "init", "--quiet", cwd=self.root)
        self.track()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def track(self):
        run("git", "add", "--all", cwd=self.root)

    def check(self, *names):
        return run(self.root / "tools/check.sh", *names, cwd=self.root)

    def assert_passes(self, *names):
        result = self.check(*names)
        self.assertEqual(result.returncode, 0, result.stdout)

    def assert_notices(self, name, sentence):
        self.track()
        result = self.check(name)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(sentence, result.stdout)


class Checks(House):
    def test_a_house_in_order_passes(self):
        self.assert_passes("format", "layers", "sizes", "docs", "scripts")

    def test_an_unknown_check_is_refused(self):
        result = self.check("colour")
        self.assertEqual(result.returncode, 2)
        self.assertIn("there is no check 'colour'", result.stdout)

    def test_format_notices_a_crooked_line(self):
        self.write("agent/codecs/codec.h", "#pragma once\nint   a ;\n")
        self.assert_notices("format", "codec.h")

    def test_sizes_notice_a_file_that_grew_too_long(self):
        self.write("agent/codecs/http1/codec.cc", "// line\n" * 601)
        self.assert_notices("sizes", "601 lines, the limit is 600")

    def test_scripts_notice_a_shell_script_that_does_not_parse(self):
        self.write("tools/broken.sh", "#!/bin/bash\nif true; then\n")
        self.assert_notices("scripts", "broken.sh")

    def test_scripts_notice_a_python_file_that_does_not_parse(self):
        self.write("tools/broken.py", "def f(:\n")
        self.assert_notices("scripts", "broken.py")

    def test_lint_notices_a_fault(self):
        source = self.root / "agent/codecs/http1/codec.cc"
        self.write("build/release/compile_commands.json", json.dumps([{
            "directory": str(self.root), "file": str(source),
            "command": f"g++ -std=c++20 -I{self.root} -c {source}"}]))
        self.assert_passes("lint")
        source.write_text("int* nothing() { return 0; }\n")
        self.assert_notices("lint", "modernize-use-nullptr")

    def test_lint_notices_a_file_that_no_target_compiles(self):
        self.write("build/release/compile_commands.json", "[]")
        self.assert_notices("lint", "no target compiles this file")


class Layers(House):
    def assert_refuses(self, source, include, sentence):
        self.write(source, f"#include {include}\n")
        self.assert_notices("layers", sentence)

    def test_the_agent_may_not_include_the_collector(self):
        self.assert_refuses("agent/pipeline.cc", '"collector/support/result.h"',
                            "may not include collector/support/result.h")

    def test_the_collector_may_not_include_the_agent(self):
        self.assert_refuses("collector/pipeline.cc", '"agent/codecs/codec.h"',
                            "may not include agent/codecs/codec.h")

    def test_the_contract_may_not_include_either(self):
        self.assert_refuses("wire/extra.h", '"agent/codecs/codec.h"', "may not include agent")

    def test_the_contract_may_not_include_a_library(self):
        self.assert_refuses("wire/extra.h", "<curl/curl.h>", "may not include <curl/curl.h>")

    def test_a_stage_may_not_include_a_later_one(self):
        self.write("agent/hooks/hook.h", "#pragma once\n")
        self.assert_refuses("agent/codecs/http1/codec.cc", '"agent/hooks/hook.h"',
                            "agent/codecs must not know agent/hooks")

    def test_a_stage_may_not_include_the_pipeline(self):
        self.write("collector/pipeline.h", "#pragma once\n")
        self.assert_refuses("collector/support/result.cc", '"collector/pipeline.h"',
                            "may not include collector/pipeline.h")

    def test_one_protocol_may_not_include_another(self):
        self.write("agent/codecs/redis/codec.h", "#pragma once\n")
        self.assert_refuses("agent/codecs/http1/codec.cc", '"agent/codecs/redis/codec.h"',
                            "may not include agent/codecs/redis/codec.h")

    def test_a_library_stays_in_its_place(self):
        self.assert_refuses("collector/support/x.cc", "<curl/curl.h>", "only collector/export may")

    def test_an_include_is_named_from_the_root(self):
        self.assert_refuses("agent/codecs/http1/codec.cc", '"../codec.h"', "from the repository root")

    def test_a_new_folder_needs_a_row(self):
        self.assert_refuses("include/seamtrace/x.h", '"wire/segment.h"', "must not know wire")

    def test_product_code_may_not_include_what_is_for_tests(self):
        self.write("agent/codecs/testing/fake.h", "#pragma once\n")
        self.assert_refuses("agent/codecs/http1/codec.cc", '"agent/codecs/testing/fake.h"',
                            "which is for tests only")

    def test_a_test_may_include_what_it_likes(self):
        self.write("agent/codecs/http1/codec_test.cc", '#include "collector/support/result.h"\n')
        self.track()
        self.assert_passes("layers")


class Documentation(House):
    def append(self, name, text):
        self.write(name, (self.root / name).read_text() + text)

    def test_a_variable_that_is_not_on_the_page(self):
        self.append("wire/configuration.def",
                    'SEAMTRACE_OPTION(SEAMTRACE_NEW, boolean, "true", "", both, "Switches", "new")\n')
        self.assert_notices("docs", "docs/configuration.md is stale")

    def test_a_counter_that_is_not_explained(self):
        self.append("wire/counters.def", 'SEAMTRACE_COUNTER(lost_socks, "socks lost")\n')
        self.assert_notices("docs", "`lost_socks` is not explained")

    def test_a_link_that_leads_nowhere(self):
        self.append("README.md", "[gone](docs/gone.md)\n")
        self.assert_notices("docs", "docs/gone.md leads nowhere")

    def test_an_anchor_that_is_not_there(self):
        self.append("README.md", "[gone](docs/configuration.md#socks)\n")
        self.assert_notices("docs", "no heading #socks")

    def test_a_command_of_dev_that_does_not_exist(self):
        self.append("README.md", "`./dev fly`\n")
        self.assert_notices("docs", "`./dev fly` does not exist")

    def test_a_command_of_seamtrace_that_does_not_exist(self):
        self.write("cli/run.cc", 'const char* name = "run";\n')
        self.append("README.md", "`seamtrace run` and `seamtrace fly`\n")
        self.assert_notices("docs", "`seamtrace fly` does not exist")

    def test_a_variable_that_does_not_exist(self):
        self.append("README.md", "Set SEAMTRACE_SOCKS.\n")
        self.assert_notices("docs", "SEAMTRACE_SOCKS is not in wire/configuration.def")


class Symbols(unittest.TestCase):
    """Small libraries, each with one fault that check_symbols.py must name."""

    CLEAN = ('#include <unistd.h>\nextern "C" __attribute__((visibility("default"))) '
             'long hook(int fd) { return close(fd); }\n')

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="seamtrace-symbols-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.compile(self.CLEAN)
        self.check("--update")

    def compile(self, source, *options):
        (self.folder / "library.cc").write_text(source)
        result = run(*COMPILER, "-fvisibility=hidden", *options, "-o", self.folder / "library.so",
                     self.folder / "library.cc", "-lc")
        self.assertEqual(result.returncode, 0, result.stdout)

    def check(self, *options):
        return run(PYTHON, ROOT / "tools/check_symbols.py", "--library", self.folder / "library.so",
                   "--lists", self.folder, *options)

    def assert_notices(self, sentence, source, *options):
        self.compile(source, *options)
        result = self.check()
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(sentence, result.stdout)

    def test_a_clean_library_passes(self):
        result = self.check()
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_a_new_export(self):
        self.assert_notices("exported: extra is new", self.CLEAN +
                            'extern "C" __attribute__((visibility("default"))) void extra() {}\n')

    def test_an_export_that_went_away(self):
        self.assert_notices("exported: hook is listed and gone",
                            '#include <unistd.h>\nextern "C" long hook(int fd) { return close(fd); }\n')

    def test_a_new_need(self):
        self.assert_notices("undefined: malloc is new",
                            self.CLEAN + "#include <stdlib.h>\nvoid* m() { return malloc(1); }\n"
                            '__attribute__((visibility("default"))) void* (*used)() = m;\n')

    def test_a_symbol_newer_than_the_oldest_libc(self):
        self.assert_notices("needs GLIBC_2.34", self.CLEAN +
                            '#include <dlfcn.h>\nextern "C" __attribute__((visibility("default"))) '
                            'void* extra() { return dlsym(nullptr, "x"); }\n')

    def test_a_second_library(self):
        self.assert_notices("only libc.so.6 is allowed", self.CLEAN, "-Wl,--no-as-needed", "-lm")

    def test_an_executable_stack(self):
        self.assert_notices("executable stack", self.CLEAN, "-Wl,-z,execstack")

    def test_lazy_thread_locals(self):
        self.assert_notices("__tls_get_addr", self.CLEAN +
                            'extern "C" __attribute__((visibility("default"))) int* local() '
                            "{ static thread_local int value; return &value; }\n")

    def test_a_constructor(self):
        self.assert_notices("constructors: _ZL5earlyv is new", self.CLEAN +
                            "__attribute__((constructor)) static void early() { close(-1); }\n")

    def test_text_relocations(self):
        self.assert_notices("text relocations", self.CLEAN +
                            'asm(".text\\n.globl here\\nhere: .quad here\\n");\n', "-Wl,-z,notext")


if __name__ == "__main__":
    unittest.main()
