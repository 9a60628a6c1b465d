#!/usr/bin/env bash
# The demonstration: nginx in front of two C++ services, all of them unmodified; a few requests with plain
# curl; the traces they made, as trees and on a web page. Installs and builds what is missing. Leaves only the
# page running, which ends by itself when nobody has looked at it for a quarter of an hour.
set -euo pipefail
cd "$(dirname "$0")/../.."

say() { printf '\n\033[1m%s\033[0m\n' "$*" >&2; }

# Three ports that are free now.
free_ports() {
  /usr/bin/python3 - <<'END'
import socket
probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(probe.getsockname()[1] for probe in probes))
END
}

# wait_for PORT: until something listens there, ten seconds at most.
wait_for() {
  local deadline=$((SECONDS + 10))
  until (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; do
    if ((SECONDS >= deadline)) || ! kill -0 "$run" 2>/dev/null; then
      echo "demo: nothing listens on port $1" >&2
      tail -n 20 "$folder"/*.log "$folder/traces.txt" >&2 || true
      exit 1
    fi
    sleep 0.05
  done
}

cleanup() {
  if [[ -n ${run:-} ]] && kill -TERM "$run" 2>/dev/null; then
    wait "$run" || true
  fi
  rm -rf "$folder" ${shared:+"$shared"}
}

say "1. What is needed is installed and built (the first time takes some minutes)"
./dev setup >&2
mkdir -p build
if ! ./dev build release seamtrace seamtrace_agent httplib_server beast_server >build/demo.log 2>&1; then
  tail -n 40 build/demo.log >&2
  exit 1
fi

# Traces of an earlier demonstration go, and the page that shows them.
keep=$PWD/build/demo-traces
if [[ -f $keep/view.pid ]]; then
  pkill --pidfile "$keep/view.pid" --full 'seamtrace view' 2>/dev/null || true
fi
rm -rf "$keep"
mkdir -p "$keep"

folder=$(mktemp -d "${TMPDIR:-/tmp}/seamtrace-demo.XXXXXX")
trap cleanup EXIT
trap 'exit 130' INT TERM
read -r nginx_port shop_port stock_port < <(free_ports)

say "2. seamtrace run -- services.sh    (nginx on port $nginx_port -> shop -> stock)"
# No endpoint: the traces are kept in a file. A directory of its own keeps other collectors out of it.
shared=$(mktemp -d /dev/shm/seamtrace-demo.XXXXXX)
chmod 1777 "$shared"  # like /dev/shm itself: nginx's worker is another user when root starts it
chmod 755 "$folder"
env -u OTEL_EXPORTER_OTLP_ENDPOINT -u OTEL_EXPORTER_OTLP_TRACES_ENDPOINT -u OTEL_TRACES_EXPORTER \
  SEAMTRACE_DIR="$shared" build/release/bin/seamtrace run --console --listen off --store "$keep/traces.db" -- \
  examples/demo/services.sh "$folder" build/release/apps "$nginx_port" "$shop_port" "$stock_port" \
  >"$folder/services.txt" 2>"$folder/traces.txt" </dev/null &
run=$!
wait_for "$stock_port"
wait_for "$shop_port"
wait_for "$nginx_port"

say "3. Three requests"
for path in /chain/books /hello /status/503; do
  printf 'curl http://127.0.0.1:%s%s\n' "$nginx_port" "$path" >&2
  curl --silent --show-error --max-time 10 "http://127.0.0.1:$nginx_port$path" | sed 's/^/    /' >&2
done

say "4. The services are stopped; this is what they did"
kill -TERM "$run"
wait "$run" || true
run=
cat "$folder/traces.txt"
if ! grep -q "stock  GET /chain/books" "$folder/traces.txt"; then
  echo "demo: the traces above are not what was expected" >&2
  exit 1
fi

say "5. The same on a web page"
setsid nohup build/release/bin/seamtrace view "$keep/traces.db" --idle-minutes 15 \
  >"$keep/view.log" 2>&1 </dev/null &
echo $! >"$keep/view.pid"
deadline=$((SECONDS + 10))
until grep -q 'http://' "$keep/view.log"; do
  if ((SECONDS >= deadline)) || ! kill -0 "$(cat "$keep/view.pid")" 2>/dev/null; then
    echo "demo: the page is not there" >&2
    cat "$keep/view.log" >&2
    exit 1
  fi
  sleep 0.05
done
page=$(grep -o 'http://[^ ]*' "$keep/view.log")
trace=$(build/release/bin/seamtrace traces --store "$keep/traces.db" --json url.path=/chain/books |
  sed 's/.*"trace_id":"\([0-9a-f]*\)".*/\1/; q')
if [[ -z $trace ]]; then
  echo "demo: the store does not hold the trace of /chain/books" >&2
  exit 1
fi
echo "It ends by itself when nobody has looked for 15 minutes, or with: kill $(cat "$keep/view.pid")" >&2
echo "$page/#/trace/$trace"
