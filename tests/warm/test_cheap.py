"""What a warm answer costs, counted rather than timed: modules imported, files opened."""

import json
import re
import shlex
import sys

import pytest

from tests.conftest import SSOENV, World, need
from tests.warm.test_never_stale import warm_up

WARM = {
    "shell": ["dev", "--shell", "bash"],
    "environment": ["dev"],
    "exec": ["exec", "dev", "--", "true"],
    "credential-process": ["credential-process", "dev"],
    "nu": ["dev", "--shell", "nu"],
    "json": ["dev", "--format", "json"],
}

# What a warm answer loads beyond what Python itself does. None of json, re, enum, functools and
# collections is among them: see ssoenv/system/quick_json.py.
ALLOWED = {
    "ssoenv",
    "ssoenv.__main__",
    "ssoenv.cache",
    "ssoenv.cache.index",
    "ssoenv.cache.role_keys",
    "ssoenv.config",
    "ssoenv.config.selection",
    "ssoenv.environment",
    "ssoenv.environment.child",
    "ssoenv.environment.detect",
    "ssoenv.environment.formats",
    "ssoenv.environment.shells",
    "ssoenv.environment.variables",
    "ssoenv.environment.writer",
    "ssoenv.errors",
    "ssoenv.hints",
    "ssoenv.system",
    "ssoenv.system.clock",
    "ssoenv.system.files",
    "ssoenv.system.kept",
    "ssoenv.system.paths",
    "ssoenv.system.quick_json",
    "ssoenv.system.search_path",
    "ssoenv.system.stdout",
    "ssoenv.terminal",
    "ssoenv.terminal.messages",
    "_json",
    "_signal",
    "errno",
}

LAUNCHER = "import sys; from ssoenv.__main__ import main; sys.exit(main())"
"""What uv and pip 25 write into the ``ssoenv`` script. (That of pip 23 imports ``re`` as well.)"""


@pytest.mark.parametrize("arguments", WARM.values(), ids=WARM)
def test_a_warm_answer_imports_nothing_it_does_not_need(
    signed_in: World, arguments: list[str]
) -> None:
    warm_up(signed_in, "dev")
    python = signed_in.command([sys.executable, "-X", "importtime", "-c", "pass"])
    launch = [sys.executable, "-X", "importtime", "-c", LAUNCHER, *arguments]
    report = signed_in.command(["sh", "-c", f"{shlex.join(launch)}; exit $?"], SSOENV_SHELL=None)
    assert report.code == 0, report
    extra = imported(report.err) - imported(python.err) - ALLOWED
    assert extra == set()
    assert {"ssoenv.cache.index", "ssoenv.cache.role_keys"} <= imported(report.err)


def test_removing_the_variables_loads_no_botocore(signed_in: World) -> None:
    launch = [sys.executable, "-X", "importtime", "-c", LAUNCHER, "--unset"]
    report = signed_in.command(launch, AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE")
    assert report.code == 0 and "AWS_ACCESS_KEY_ID" in report.out, report
    assert not [name for name in imported(report.err) if name.startswith("botocore")]


def test_no_other_store_leaves_a_trace_where_none_is_chosen(signed_in: World) -> None:
    """What is remembered says nothing of stores, and nothing that knows them is loaded."""
    signed_in.settle()
    warm_up(signed_in, "dev")
    ours = signed_in.home / ".aws" / "ssoenv"
    entry = (ours / "index" / b"dev".hex()).read_text()
    assert len(entry.split("\n")) == 5
    plain = json.loads((ours / "index" / f"{b'dev'.hex()}.plain").read_text())
    assert not [name for name in plain if "store" in name]
    assert not (ours / "keychain").exists()
    launch = [sys.executable, "-X", "importtime", "-c", LAUNCHER, "status", "dev"]
    report = signed_in.command(launch)
    assert report.code == 0, report
    backends = ("keyring", "secretstorage", "ssoenv.cache.keychain_backend")
    assert imported(report.err) & {*backends} == set()


def test_a_profile_without_region_is_as_warm(signed_in: World) -> None:
    config = signed_in.config
    config.write_text(config.read_text().replace("region = eu-central-1\n", ""))
    warm_up(signed_in, "dev")
    report = signed_in.command([sys.executable, "-X", "importtime", SSOENV, "dev"])
    assert report.code == 0, report
    assert "botocore" not in imported(report.err)


def imported(report: str) -> set[str]:
    return set(re.findall(r"^import time:.*\|\s+(\S+)$", report, re.MULTILINE))


def test_a_warm_answer_opens_three_files_of_the_home(signed_in: World) -> None:
    """The index, the role cache, and nothing else: not the config, not the token."""
    strace = need("strace", "strace")
    warm_up(signed_in, "dev")
    report = signed_in.command(
        [strace, "-f", "-e", "trace=open,openat", SSOENV, "dev", "--shell", "bash"]
    )
    assert report.code == 0, report
    home = re.escape(str(signed_in.home))
    opened = re.findall(rf'open(?:at)?\([^"]*"({home}[^"]*)"', report.err)
    kinds = [path.removeprefix(str(signed_in.home)).rpartition("/")[0] for path in opened]
    assert kinds == ["/.aws/ssoenv/index", "/.aws/cli/cache"]


def test_the_cost_does_not_grow_with_the_config(signed_in: World) -> None:
    """Ten thousand more profiles, and still the same number of system calls."""
    strace = need("strace", "strace")

    def calls() -> int:
        warm_up(signed_in, "dev")
        report = signed_in.command([strace, "-fc", SSOENV, "dev", "--shell", "bash"])
        total = re.search(r"(\d+)\s+(?:\d+\s+)?total$", report.err.strip())
        assert total, report
        return int(total[1])

    few = calls()
    role = "sso_session = demo\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\n"
    signed_in.add_config("".join(f"[profile p{n}]\n{role}\n" for n in range(10_000)))
    signed_in.run("dev")
    assert abs(calls() - few) <= 10
