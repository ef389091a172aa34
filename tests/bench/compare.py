"""Print what ssoenv costs beside Python itself, the AWS CLI and its peers, as a Markdown table.

    SSOENV_TEST_AWS=aws SSOENV_TEST_NU=nu .venv/bin/python tests/bench/compare.py [--rounds 30]

Every case runs in every round, one after the other, so that a busy moment of the machine falls
on all of them. The peers come from ``peers.py``.
"""

import argparse
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from peers import PEERS, installed
from place import tools

from ssoenv.demo import home
from ssoenv.demo.center.identity_center import IdentityCenter

HERE = Path(sys.executable).parent
SSOENV = str(HERE / "ssoenv")
NAMES = {peer.name: peer for peer in PEERS}

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
        quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        before = time.perf_counter()
        child = os.posix_spawn(self.command[0], self.command, environment, file_actions=quiet)
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
    with (
        tools(PEERS) as path,
        tempfile.TemporaryDirectory() as folder,
        IdentityCenter() as idc,
    ):
        os.environ["PATH"] = path
        environment = {
            "PATH": path,
            "LANG": "C.UTF-8",
            "SSOENV_SHELL": "",
            **home.write_home(folder, idc),
        }
        for session in (home.SESSION, None):
            home.sign_in(folder, idc, session)
        cases = list(all_cases(folder))
        role_cache = Path(folder, ".aws", "cli", "cache")
        load = os.getloadavg()[0]
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
        show(cases, rounds, load)


def all_cases(folder: str) -> Iterator[Case]:
    yield Case("`python -c pass`", [str(HERE / "python"), "-c", "pass"])
    yield Case("ssoenv, warm: `ssoenv dev --shell bash`", [SSOENV, "dev", "--shell", "bash"])
    yield Case("ssoenv, warm, shell detected: `ssoenv dev`", ["/bin/sh", "-c", "ssoenv dev; :"])
    yield Case("ssoenv, warm: `ssoenv exec dev -- true`", [SSOENV, "exec", "dev", "--", "true"])
    process = [SSOENV, "credential-process", "dev"]
    yield Case("ssoenv, warm: `ssoenv credential-process dev`", process)
    yield Case("ssoenv, cold (one call to AWS)", [SSOENV, "dev", "--shell", "bash"], cold=True)
    for name in ("AWS CLI v2", "aws-sso-util"):
        yield Case(f"{name}, warm", words(NAMES[name].keys))
        yield Case(f"{name}, cold", words(NAMES[name].keys), cold=True)
    export = NAMES["aws-export-credentials"].keys
    kept = f"{export} --cache-file {folder}/kept.json"
    yield Case("aws-export-credentials, warm (with a cache file of its own)", words(kept))
    yield Case("aws-export-credentials, cold", words(export), cold=True)
    yield Case("aws2-wrap (keeps no keys)", words(NAMES["aws2-wrap"].keys), cold=True)
    yield Case("yawsso (writes a file)", words(NAMES["yawsso"].write), cold=True)
    # Version 1 cannot print credentials: this uses them for one call instead.
    one = os.path.join(installed("awscli", ["awscli"]), "aws")
    identity = ["sts", "get-caller-identity", "--profile", "legacy"]
    yield Case("AWS CLI v1, `sts get-caller-identity`", [one, *identity], cold=True)


def words(line: str) -> list[str]:
    """A command line for the profile ``legacy``, which all tools know."""
    program, *arguments = shlex.split(line.format(p="legacy"))
    return [shutil.which(program) or program, *arguments]


def show(cases: list[Case], rounds: int, load: float) -> None:
    base, peak = statistics.median(cases[0].seconds), cases[0].peak
    print(
        f"Measured on {time.strftime('%Y-%m-%d')} with Python {platform.python_version()} on ",
        end="",
    )
    print(f"{platform.system()} ({os.cpu_count()} cores, load {load:.1f} at the start), ", end="")
    print(", ".join(f"{peer.name} {peer.version()}" for peer in PEERS), end="")
    print(f"; {rounds} rounds, every case in each.\n")
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
