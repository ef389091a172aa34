"""Print what ssoenv costs beside Python itself, the AWS CLI and its peers, as a Markdown table.

    SSOENV_TEST_AWS=aws SSOENV_TEST_NU=nu .venv/bin/python tests/bench/compare.py [--rounds 30]

SSOENV_BENCH_GO may name a folder with aws-vault, aws-sso and granted (see ``go_tools.py``).
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
from collections.abc import Callable, Iterator
from pathlib import Path

import go_tools
from front import Front, front
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


class Setting:
    """A home, signed in, and the variables with which the miniature is asked."""

    def __init__(self, folder: Path, idc: IdentityCenter, **environ: str) -> None:
        folder.mkdir()
        self.folder = folder
        self.environ = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "SSOENV_SHELL": "",
            **home.write_home(str(folder), idc),
            **environ,
        }
        for session in (home.SESSION, None):
            home.sign_in(str(folder), idc, session)

    def warm(self) -> None:
        for profile in ("dev", "legacy"):
            subprocess.run([SSOENV, profile], env=self.environ, stdout=subprocess.DEVNULL)

    def forget(self, *folders: str) -> None:
        for name in folders:
            shutil.rmtree(self.folder / ".aws" / name, ignore_errors=True)


COLD = ("cli/cache",)
FIRST = ("cli/cache", "ssoenv")


class Case:
    """A command in a setting, the folders of ``~/.aws`` that are removed before it (none: it
    is warm), what else is done before it, and what its runs took."""

    def __init__(
        self,
        name: str,
        setting: Setting,
        command: list[str],
        without: tuple[str, ...] = (),
        before: Callable[[], None] | None = None,
    ) -> None:
        self.name = name
        self.setting = setting
        self.command = command
        self.without = without
        self.before = before
        self.seconds: list[float] = []
        self.peak = 0

    def prepare(self) -> None:
        """A case before it may have emptied the cache."""
        if self.without != FIRST:
            self.setting.warm()
        self.setting.forget(*self.without)
        if self.before:
            self.before()

    def run(self) -> None:
        self.prepare()
        quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        before = time.perf_counter()
        child = os.posix_spawn(
            self.command[0], self.command, self.setting.environ, file_actions=quiet
        )
        _, status = os.waitpid(child, 0)
        self.seconds.append(time.perf_counter() - before)
        if status:
            raise SystemExit(f"{self.name}: {' '.join(self.command)} failed")

    def weigh(self) -> None:
        """Note the peak memory in KiB. A process that is started is charged with the size of
        the one that starts it, so a Python smaller than any of the cases does."""
        self.prepare()
        weigher = [sys.executable, "-I", "-S", "-c", WEIGH, *self.command]
        self.peak = int(subprocess.check_output(weigher, env=self.setting.environ))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    with (
        tools(PEERS) as path,
        tempfile.TemporaryDirectory() as folder,
        IdentityCenter() as idc,
        front(idc.url, Path(folder)) as tls,
    ):
        os.environ["PATH"] = path
        cases = list(all_cases(Path(folder), idc, tls))
        load = os.getloadavg()[0]
        time.sleep(0.1)  # let the config rest for a tick of the file system's clock
        for number in range(rounds + 2):
            for case in cases:
                case.run()
                if number < 2:
                    case.seconds.clear()
                    case.weigh()
        show(cases, rounds, load)


def all_cases(folder: Path, idc: IdentityCenter, tls: Front) -> Iterator[Case]:
    plain = Setting(folder / "plain", idc)

    def case(name: str, command: list[str], without: tuple[str, ...] = ()) -> Case:
        return Case(name, plain, command, without)

    ours = [SSOENV, "dev", "--shell", "bash"]
    yield case("`python -c pass`", [str(HERE / "python"), "-c", "pass"])
    yield case("ssoenv, warm: `ssoenv dev --shell bash`", ours)
    yield case("ssoenv, warm, shell detected: `ssoenv dev`", ["/bin/sh", "-c", "ssoenv dev; :"])
    yield case("ssoenv, warm: `ssoenv exec dev -- true`", [SSOENV, "exec", "dev", "--", "true"])
    process = [SSOENV, "credential-process", "dev"]
    yield case("ssoenv, warm: `ssoenv credential-process dev`", process)
    yield case("ssoenv, cold (one call to AWS)", ours, COLD)
    yield case("ssoenv, the first run (one call to AWS)", ours, FIRST)
    for name in ("AWS CLI v2", "aws-sso-util"):
        yield case(f"{name}, warm", words(NAMES[name].keys))
        yield case(f"{name}, cold", words(NAMES[name].keys), COLD)
    export = NAMES["aws-export-credentials"].keys
    kept = f"{export} --cache-file {folder}/kept.json"
    yield case("aws-export-credentials, warm (with a cache file of its own)", words(kept))
    yield case("aws-export-credentials, cold", words(export), COLD)
    yield case("aws2-wrap (keeps no keys)", words(NAMES["aws2-wrap"].keys), COLD)
    yield case("yawsso (writes a file)", words(NAMES["yawsso"].write), COLD)
    # Version 1 cannot print credentials: this uses them for one call instead.
    one = os.path.join(installed("awscli", ["awscli"]), "aws")
    identity = ["sts", "get-caller-identity", "--profile", "legacy"]
    yield case("AWS CLI v1, `sts get-caller-identity`", [one, *identity], COLD)

    trust = {"AWS_CA_BUNDLE": str(tls.ca), "SSL_CERT_FILE": str(tls.ca)}
    behind = Setting(folder / "tls", idc, AWS_ENDPOINT_URL_SSO=tls.url, **trust)
    yield Case("ssoenv, cold, through TLS", behind, ours, COLD)
    yield Case("ssoenv, the first run, through TLS", behind, ours, FIRST)
    yield Case("AWS CLI v2, cold, through TLS", behind, words(NAMES["AWS CLI v2"].keys), COLD)

    far = Setting(folder / "proxy", idc)
    far.environ = go_tools.behind(far.environ, tls.proxy, tls.ca)
    yield Case("ssoenv, cold, through TLS and a proxy", far, ours, COLD)
    yield Case(
        "AWS CLI v2, cold, through TLS and a proxy", far, words(NAMES["AWS CLI v2"].keys), COLD
    )
    for name, command, forget in go_tools.commands(far.folder, far.environ, idc):
        how = "cold, through TLS and a proxy" if forget else "warm"
        yield Case(f"{name}, {how}", far, command, before=forget)


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
