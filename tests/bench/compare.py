"""Print what ssoenv costs beside Python itself, the AWS CLI and its peers, as a Markdown table.

    .venv/bin/python tests/bench/compare.py [--rounds 30]

Every case runs in every round, one after the other, so that a busy moment of the machine falls
on all of them. The peers are installed from PyPI into throw-away environments kept in
``$SSOENV_BENCH_TOOLS`` (default: a folder of the system's temporary files). An AWS CLI v2 is
measured if PATH or SSOENV_TEST_AWS names one.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ssoenv.demo import home
from ssoenv.demo.identity_center import IdentityCenter

HERE = Path(sys.executable).parent
SSOENV = str(HERE / "ssoenv")
PEERS = {
    # name: (requirements, command, its arguments)
    # Version 1 cannot print credentials: this uses them for one call instead.
    "AWS CLI v1, `sts get-caller-identity`": (
        ["awscli"],
        "aws",
        ["sts", "get-caller-identity", "--profile", "legacy"],
    ),
    "aws-export-credentials": (
        ["aws-export-credentials", "botocore<1.34"],  # 0.18 fails with newer ones
        "aws-export-credentials",
        ["--profile", "legacy", "--env-export"],
    ),
    "aws-sso-util": (
        ["aws-sso-util"],
        "aws-sso-util",
        ["credential-process", "--profile", "legacy"],
    ),
}


WEIGH = """
import os, sys
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
print(os.wait4(child, 0)[2].ru_maxrss)
"""


class Case:
    """A command, whether the role cache is emptied before it, and what its runs took."""

    def __init__(self, name: str, command: list[str], cold: bool = False) -> None:
        self.name = name
        self.command = command
        self.cold = cold
        self.seconds: list[float] = []
        self.peak = 0

    def run(self, environment: dict[str, str], role_cache: Path) -> None:
        if self.cold:
            shutil.rmtree(role_cache, ignore_errors=True)
        before = time.perf_counter()
        child = os.posix_spawnp(
            self.command[0],
            self.command,
            environment,
            file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
        )
        _, status = os.waitpid(child, 0)
        self.seconds.append(time.perf_counter() - before)
        if status:
            raise SystemExit(f"{self.name}: {' '.join(self.command)} failed")

    def weigh(self, environment: dict[str, str], role_cache: Path) -> None:
        """Note the peak memory in KiB. A process that is started is charged with the size of
        the one that starts it, so a Python smaller than any of the cases does."""
        if self.cold:
            shutil.rmtree(role_cache, ignore_errors=True)
        weigher = [sys.executable, "-I", "-S", "-c", WEIGH, *self.command]
        self.peak = int(subprocess.check_output(weigher, env=environment))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, IdentityCenter() as idc:
        environment = {
            "PATH": f"{HERE}:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "SSOENV_SHELL": "",
            **home.write_home(folder, idc),
        }
        for session in (home.SESSION, None):
            home.sign_in(folder, idc, session)
        cases = list(all_cases())
        role_cache = Path(folder, ".aws", "cli", "cache")
        time.sleep(0.1)  # let the config rest for a tick of the file system's clock
        for number in range(rounds + 2):
            for case in cases:
                if not case.cold:  # warm it again: a cold case has emptied the cache
                    subprocess.run([SSOENV, "dev"], env=environment, stdout=subprocess.DEVNULL)
                    subprocess.run([SSOENV, "legacy"], env=environment, stdout=subprocess.DEVNULL)
                case.run(environment, role_cache)
                if number < 2:
                    case.seconds.clear()
                    case.weigh(environment, role_cache)
    show(cases, rounds)


def all_cases() -> Iterator[Case]:
    python = str(HERE / "python")
    yield Case("`python -c pass`", [python, "-c", "pass"])
    yield Case("ssoenv, warm: `ssoenv dev --shell bash`", [SSOENV, "dev", "--shell", "bash"])
    yield Case("ssoenv, warm, shell detected: `ssoenv dev`", ["/bin/sh", "-c", "ssoenv dev; :"])
    yield Case("ssoenv, warm: `ssoenv exec dev -- true`", [SSOENV, "exec", "dev", "--", "true"])
    if (
        "credential-process"
        in subprocess.run([SSOENV, "--help"], capture_output=True, text=True).stdout
    ):
        process = [SSOENV, "credential-process", "dev"]
        yield Case("ssoenv, warm: `ssoenv credential-process dev`", process)
    yield Case("ssoenv, cold (one call to AWS)", [SSOENV, "dev", "--shell", "bash"], cold=True)
    two = os.environ.get("SSOENV_TEST_AWS") or shutil.which("aws") or ""
    if two and b"aws-cli/2" in subprocess.run([two, "--version"], capture_output=True).stdout:
        export = [two, "configure", "export-credentials", "--profile", "legacy"]
        yield Case("AWS CLI v2, warm", export)
        yield Case("AWS CLI v2, cold", export, cold=True)
    for name, (requirements, command, arguments) in PEERS.items():
        yield Case(name, [installed(requirements, command), *arguments], cold=True)


def installed(requirements: list[str], command: str) -> str:
    """The path of ``command`` in an environment of its own."""
    tools = Path(os.environ.get("SSOENV_BENCH_TOOLS") or tempfile.gettempdir()) / "ssoenv-bench"
    place = tools / command
    if not (place / "bin" / command).exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        pip = [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *requirements], check=True)
    return str(place / "bin" / command)


def show(cases: list[Case], rounds: int) -> None:
    base, peak = statistics.median(cases[0].seconds), cases[0].peak
    print(f"{rounds} rounds, Python {platform.python_version()}, {platform.system()}, ", end="")
    print(f"{os.cpu_count()} cores\n")
    print("| case | median | spread (quartiles) | times Python | memory, times Python |")
    print("|---|--:|--:|--:|--:|")
    for case in cases:
        low, middle, high = (t * 1000 for t in statistics.quantiles(case.seconds, n=4))
        print(
            f"| {case.name} | {middle:.1f} ms | {low:.1f} - {high:.1f} | "
            f"{middle / 1000 / base:.2f} | {case.peak / peak:.2f} |"
        )


if __name__ == "__main__":
    main()
