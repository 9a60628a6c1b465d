#!/usr/bin/env bash
# check.sh [NAME...]: the rules of the house; without names, all of them. Runs every check before it
# fails, so that one run shows everything.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=/usr/bin/python3
ALL=(format layers sizes docs scripts symbols lint)

check_format() {
  local -a files
  mapfile -t files < <(git ls-files '*.cc' '*.h' '*.c')
  [[ ${#files[@]} == 0 ]] && return
  if clang-format-14 --dry-run -Werror --ferror-limit=1 "${files[@]}" 2>build/format.log; then
    echo "format: ok"
    return
  fi
  sed -n 's/: error: .*//p' build/format.log >&2
  echo "format: mend these with clang-format-14 -i" >&2
  return 1
}

check_layers() { $PYTHON tools/check_layers.py; }

check_sizes() { $PYTHON tools/check_file_sizes.py; }

check_docs() {
  local status=0
  $PYTHON tools/generate_configuration.py --check || status=1
  $PYTHON tools/check_docs.py || status=1
  return $status
}

# Every script of ours parses; shellcheck has its say where it is installed.
check_scripts() {
  local status=0 script
  local -a shell python
  mapfile -t shell < <({ git ls-files '*.sh'; git grep -lE --cached '^#!.*\b(bash|sh)$' -- ':!*.md'; } | sort -u)
  mapfile -t python < <(git ls-files '*.py')
  for script in "${shell[@]}"; do
    bash -n "$script" || status=1
  done
  if [[ ${#shell[@]} != 0 ]] && command -v shellcheck >/dev/null; then
    shellcheck --severity=warning "${shell[@]}" || status=1
  fi
  for script in "${python[@]}"; do
    $PYTHON -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$script" || status=1
  done
  [[ $status == 0 ]] && echo "scripts: ok"
  return $status
}

check_symbols() {
  ./dev build release >build/check.log 2>&1 || { tail -n 60 build/check.log; return 1; }
  $PYTHON tools/check_symbols.py
}

check_lint() {
  [[ -f build/release/compile_commands.json ]] || ./dev build release >/dev/null
  $PYTHON tools/lint.py
}

names=("$@")
[[ ${#names[@]} == 0 ]] && names=("${ALL[@]}")
for name in "${names[@]}"; do
  if ! declare -F "check_$name" >/dev/null; then
    echo "check: there is no check '$name'; there are ${ALL[*]}" >&2
    exit 2
  fi
done

mkdir -p build
failed=()
for name in "${names[@]}"; do
  "check_$name" || failed+=("$name")
done
if [[ ${#failed[@]} != 0 ]]; then
  echo "check: failed: ${failed[*]}" >&2
  exit 1
fi
echo "check: all is well (${names[*]})"
