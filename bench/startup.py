#!/usr/bin/python3
"""What the agent adds to the start of a program that has no sockets: /bin/true, many times, in turn."""

import argparse
import os
import statistics
import time

from subjects import LIBRARY, clean_environment, require_build

MODES = {
    "without": {},
    "disabled": {"LD_PRELOAD": str(LIBRARY), "OTEL_ENABLED": "false"},
    "preloaded": {"LD_PRELOAD": str(LIBRARY)},
}


def run_once(environment):
    """(wall microseconds, CPU microseconds) of one /bin/true."""
    start = time.perf_counter_ns()
    pid = os.posix_spawn("/bin/true", ["/bin/true"], environment)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter_ns() - start
    if status != 0:
        raise SystemExit("bench: /bin/true failed")
    return wall / 1000, (usage.ru_utime + usage.ru_stime) * 1e6


def measure(rounds):
    """{mode: {"wall_us", "cpu_us", "added_us", "ratio"}}, medians over interleaved rounds."""
    names = list(MODES)
    environments = {name: clean_environment(**MODES[name]) for name in names}
    samples = {name: [] for name in names}
    for name in names:
        run_once(environments[name])
    for number in range(rounds):
        for step in range(len(names)):
            name = names[(number + step) % len(names)]
            samples[name].append(run_once(environments[name]))
    result = {}
    for name in names:
        pairs = list(zip(samples[name], samples["without"]))
        result[name] = {
            "wall_us": statistics.median(own[0] for own, _ in pairs),
            "cpu_us": statistics.median(own[1] for own, _ in pairs),
            "added_us": statistics.median(own[0] - other[0] for own, other in pairs),
            "ratio": statistics.median(own[0] / other[0] for own, other in pairs),
        }
    return result


def table(result, rounds):
    lines = [f"Start-up of `/bin/true`, medians of {rounds} interleaved runs, as its parent sees it:", "",
             "| | wall | CPU | added | ratio |", "|-|-|-|-|-|"]
    for name, row in result.items():
        lines.append(f"| {name} | {row['wall_us']:.0f} us | {row['cpu_us']:.0f} us | "
                     f"{row['added_us']:+.0f} us | {row['ratio']:.3f}x |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(prog="./dev bench startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    rounds = parser.parse_args().rounds
    require_build()
    print(table(measure(rounds), rounds))


if __name__ == "__main__":
    main()
