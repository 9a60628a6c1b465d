"""Makes the benchmarks' numbers into a page section that a person can read."""

import datetime
import os
import platform
import shlex
import subprocess
import sys

import startup
from subjects import ROOT


def output(*command):
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def processor_name():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def distribution():
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "Linux"


def machine():
    commit = output("git", "rev-parse", "--short", "HEAD")
    if output("git", "status", "--porcelain", "--untracked-files=no"):
        commit += " with changes"
    return {
        "processor": f"{processor_name()}, {len(os.sched_getaffinity(0))} processors",
        "system": f"{distribution()}, Linux {platform.release()}",
        "compiler": output("g++", "--version").partition("\n")[0],
        "commit": commit,
        "date": datetime.date.today().isoformat(),
        "load": f"{os.getloadavg()[2]:.1f} over the last 15 minutes",
    }


def machine_lines():
    return [f"- {name}: {value}" for name, value in machine().items()]


def command_line(name):
    return f"    ./dev bench {name} {shlex.join(sys.argv[1:])}".rstrip()


def ratio(spread):
    return (f"{spread['median']:.3f}x ({spread['lower_quartile']:.3f} to "
            f"{spread['upper_quartile']:.3f})")


def ratio_table(results):
    yield "| server | without us | disabled | unsampled | traced | traced, with the collector's CPU | spans lost |"
    yield "|-|-|-|-|-|-|-|"
    for name, result in results.items():
        summary = result["summary"]
        traced = summary["traced"]
        spans = result["rounds"] * result["requests"]
        yield (f"| {name} | {summary['without']['cpu_us']:.2f} us | "
               f"{ratio(summary['disabled']['ratio'])} | {ratio(summary['unsampled']['ratio'])} | "
               f"{ratio(traced['ratio'])} | {ratio(traced['ratio_with_collector'])} | "
               f"{traced['lost']} of {spans:,} |")


def absolute_table(results):
    yield "| server | disabled | unsampled | traced | collector | median answer without, traced |"
    yield "|-|-|-|-|-|-|"
    for name, result in results.items():
        summary = result["summary"]
        added = " | ".join(f"{summary[mode]['added_ns']['median']:+.0f} ns"
                           for mode in ("disabled", "unsampled", "traced"))
        yield (f"| {name} | {added} | {summary['traced']['collector_us'] * 1000:.0f} ns | "
               f"{summary['without']['p50_us']:.0f} us, {summary['traced']['p50_us']:.0f} us |")


def overhead(results, starts, start_rounds, pinned):
    lines = ["Made by", "", command_line("overhead"), "", "on", "", *machine_lines(), ""]
    if pinned:
        lines += ["The server had one processor for itself; the load generator, the collector and the "
                  "receiver shared the others.", ""]
    if results:
        some = next(iter(results.values()))
        lines += [f"CPU time per request, ratio to the run without us in the same round: median of "
                  f"{some['rounds']} rounds, with the quartiles. Requests per run: " +
                  ", ".join(f"{name} {result['requests']:,}" for name, result in results.items()) + ".",
                  "", *ratio_table(results), "",
                  "What that is in nanoseconds a request, that is, a span (each request is one span, the service's three); the "
                  "collector's time is from socket to socket:", "", *absolute_table(results), ""]
    lines += [startup.table(starts, start_rounds)]
    return "\n".join(lines)


def write_into(page, name, text):
    """Replaces what stands between the markers `<!-- name: begin -->` and `end`."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    path = page if page.is_absolute() else ROOT / page
    before, found, rest = path.read_text().partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"bench: {page} has no section between {begin} and {end}")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}")
    print(f"bench: wrote {page}", file=sys.stderr)
