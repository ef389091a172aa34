"""What the hook costs each command while keys are good: python tests/bench/hook.py

In each shell that is installed, the function that runs before a command is called many times in a
loop, with keys that are good for an hour, and without any; the loop itself is taken off. bash is
also measured as it is lived in: with the DEBUG trap in the way of every simple command.
"""

import os
import shutil
import subprocess
import sys
import time

from ssoenv.commands import init

RUNS = 10_000

POSIX = "i=0; while ((i < {runs})); do {call}; ((i += 1)); done"
SHELLS = {
    "bash": (
        ("bash", "--norc", "-c"),
        "source {script}",
        POSIX,
        "__ssoenv_preexec 'aws s3 ls'",
        ":",
    ),
    "zsh": (("zsh", "-fc"), "source {script}", POSIX, "__ssoenv_preexec 'aws s3 ls'", ":"),
    "fish": (
        ("fish", "-Nc"),
        "source {script}",
        "for i in (seq {runs}); {call}; end",
        "__ssoenv_preexec 'aws s3 ls'",
        "true",
    ),
    "nu": (
        (os.environ.get("SSOENV_TEST_NU", "nu"), "-n", "-c"),
        "source {script};",
        "for i in 1..{runs} {{ {call} }}",
        "__ssoenv_pre_execution",
        "null",
    ),
}


def seconds(command: tuple[str, ...], script: str, **environ: str) -> float:
    """The best of three."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    times = []
    for _ in range(3):
        start = time.perf_counter()
        subprocess.run([*command, script], env=inherited | environ, check=True)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    good = {"SSOENV_PROFILE": "dev", "SSOENV_EXPIRES_AT": str(int(time.time()) + 3600)}
    for shell, (command, load, loop, call, nothing) in SHELLS.items():
        if not shutil.which(command[0]):
            print(f"{shell:12} not installed", file=sys.stderr)
            continue
        start = load.format(script=init.scripts(shell)[0])

        def loop_of(what: str, runs: int = RUNS, start: str = start, loop: str = loop) -> str:
            return f"{start}\n{loop.format(call=what, runs=runs)}"

        empty = seconds(command, loop_of(nothing), **good)
        used = (seconds(command, loop_of(call), **good) - empty) / RUNS
        unused = (seconds(command, loop_of(call)) - empty) / RUNS
        print(f"{shell:12} {used * 1e6:8.1f} µs with keys, {unused * 1e6:8.1f} µs without")
    trap()


def trap() -> None:
    """bash, once the hook has run: what is left of it at each further command of the line."""
    script = init.scripts("bash")[0]
    lines = f"source {script}\n{POSIX.format(call=':', runs=RUNS)}"
    bare = seconds(("bash", "--norc", "-c"), lines)
    trapped = "trap '[[ -z ${__ssoenv_ready-} ]] || __ssoenv_debug \"$_\"' DEBUG\n"
    with_trap = seconds(("bash", "--norc", "-c"), trapped + lines)
    each = (with_trap - bare) / RUNS / 2  # a turn of the loop is two simple commands
    print(f"{'bash':12} {each * 1e6:8.1f} µs of DEBUG trap at each further command of a line")


if __name__ == "__main__":
    main()
