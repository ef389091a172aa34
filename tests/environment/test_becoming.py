"""exec becomes the command: nothing between the person and it but the variables."""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ssoenv.environment import variables
from ssoenv.system import kept
from tests.conftest import SSOENV, World, assert_fails

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux: reads /proc")
ANYTHING = bytes(range(1, 256))


@pytest.fixture(params=["cold", "warm"])
def ready(request: pytest.FixtureRequest, shared_world: World) -> World:
    """Both ways: credentials from the service, and from the cache by the warm path."""
    if request.param == "warm":
        assert shared_world.run("dev").code == 0
    return shared_world


def script(shared_world: World, name: str, content: str | bytes, mode: int = 0o755) -> Path:
    path = shared_world.home / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


@linux
def test_the_child_has_our_process_id(ready: World) -> None:
    process = subprocess.Popen(
        [SSOENV, "exec", "dev", "--", "sh", "-c", "echo $$"],
        env=ready.environment(),
        stdout=subprocess.PIPE,
    )
    assert int(process.communicate()[0]) == process.pid


@linux
def test_arguments_pass_byte_for_byte(ready: World) -> None:
    arguments = [b"", b" ", b"--", b"-x", b"$(id)", b"a\nb", ANYTHING]
    shown = b"cat /proc/$$/cmdline; exit"
    run = ready.command([SSOENV, "exec", "dev", "--", b"sh", b"-c", shown, b"me", *arguments])
    assert run.raw == b"\0".join([b"sh", b"-c", shown, b"me", *arguments]) + b"\0"


@linux
@pytest.mark.parametrize("locale", [{}, {"LANG": None}, {"LANG": None, "LC_CTYPE": "C.UTF-8"}])
def test_the_environment_passes_byte_for_byte_but_for_the_table(
    ready: World, locale: dict[str, str | None]
) -> None:
    """Nothing is added that the table does not name, LC_CTYPE in the C locale least of all."""
    given = {"ODD": os.fsdecode(ANYTHING), "EMPTY": "", "AWS_MAX_ATTEMPTS": "1", **locale}
    run = ready.command([SSOENV, "exec", "dev", "--", "cat", "/proc/self/environ"], **given)
    seen = dict(line.split(b"=", 1) for line in run.raw.split(b"\0") if line)
    table = {name.encode() for name, _ in variables.SET} - {b"SSOENV_ROLE", b"SSOENV_GUARDED"}
    expected = {os.fsencode(k): os.fsencode(v) for k, v in ready.environment(**given).items()}
    assert {k: v for k, v in seen.items() if k not in table} == expected
    assert {name for name in seen if name in table} == table


@linux
def test_signals_are_as_the_person_had_them(ready: World) -> None:
    """Python ignores SIGPIPE and SIGXFSZ; the child must not. What the person ignores stays."""
    run = ready.command(
        [
            "sh",
            "-c",
            f"trap '' HUP; exec {SSOENV} exec dev -- grep -E 'SigIgn|SigBlk' /proc/self/status",
        ]
    )
    shown = dict(line.split(":\t") for line in run.out.splitlines())
    assert int(shown["SigIgn"], 16) == 1 << (signal.SIGHUP - 1)
    assert int(shown["SigBlk"], 16) == 0


def test_a_broken_pipe_ends_the_child_quietly(ready: World) -> None:
    run = ready.command(
        ["bash", "-c", f"{SSOENV} exec dev -- yes | head -n 1; echo ${{PIPESTATUS[0]}}"]
    )
    assert run.out == f"y\n{128 + signal.SIGPIPE}\n"
    assert run.err == ""


@linux
def test_descriptors_of_the_person_pass_and_ours_do_not(ready: World) -> None:
    show = "for fd in /proc/$$/fd/*; do echo ${fd##*/}; done"
    with_us, without_us = (
        ready.command(["bash", "-c", f"exec 9</dev/null; {front} bash -c '{show}'"])
        for front in (f"{SSOENV} exec dev --", "")
    )
    assert "9" in with_us.out.split()
    assert with_us.out == without_us.out


def test_standard_streams_are_the_childs(ready: World) -> None:
    run = ready.run("exec", "dev", "--", "sh", "-c", "cat; echo error >&2", input=ANYTHING)
    assert (run.raw, run.err) == (ANYTHING, "error\n")


@pytest.mark.parametrize("status", [0, 1, 2, 3, 77, 125, 126, 127, 128, 254, 255])
def test_the_status_is_the_childs(shared_world: World, status: int) -> None:
    assert shared_world.run("exec", "dev", "--", "sh", "-c", f"exit {status}").code == status


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGINT", "SIGSEGV", "SIGPIPE"])
def test_death_by_signal_is_death_by_signal(shared_world: World, name: str) -> None:
    number = getattr(signal, name)
    run = shared_world.run("exec", "dev", "--", "sh", "-c", f"ulimit -c 0; kill -{number} $$")
    assert run.code == -number


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        (["dev", "--", "echo", "a", "--flag"], "a --flag"),
        (["dev", "echo", "a", "--flag", "-v", "--debug"], "a --flag -v --debug"),
        (["dev", "echo", "--", "a"], "-- a"),
        (["dev", "--", "echo", "--", "a"], "-- a"),
        (["dev", "echo", "--help"], "--help"),
        (["-p", "dev", "echo", "a"], "a"),
        (["-pdev", "echo", "-p", "a"], "-p a"),
        (["--profile", "dev", "--", "echo", "a"], "a"),
        (["--profile=dev", "echo", "a"], "a"),
        (["dev", "--region", "eu-west-3", "echo", "a"], "a"),
        (["dev", "--region=eu-west-3", "--", "echo", "a"], "a"),
    ],
)
def test_what_belongs_to_the_command_is_left_to_it(
    shared_world: World, words: list[str], seen: str
) -> None:
    script(shared_world, "echo", '#!/bin/sh\nprintf "%s" "$*"\n')
    run = shared_world.run(
        "exec", *words, PATH=f"{shared_world.home}:{shared_world.environ['PATH']}"
    )
    assert (run.code, run.out, run.err) == (0, seen, "")


def test_a_command_without_dashes_before_it_is_not_taken_for_a_profile(shared_world: World) -> None:
    """A profile of that name goes first, and behind -- only its own words are the command."""
    hint = "To run env as the profile in use: ssoenv exec -- env"
    for words in ("no-such", "true 'a b'", ""):
        failed = shared_world.run("exec", "env", *shlex.split(words))
        assert_fails(failed, 125, 'no profile "env"', f"{hint} {words}".strip(), stdout="")
    assert_fails(shared_world.run("exec", "env", "--", "true"), 125, "Did you mean", stdout="")
    assert_fails(shared_world.run("exec", "dev", "no-such"), 127, 'no command "no-such"', stdout="")
    shared_world.config.write_text(
        shared_world.config.read_text().replace("[profile dev]", "[profile env]")
    )
    assert_fails(shared_world.run("exec", "env", "no-such"), 127, 'no command "no-such"', stdout="")


def test_without_a_command_it_is_the_persons_shell(shared_world: World) -> None:
    shell = script(shared_world, "my shell", '#!/bin/sh\necho "$# $SSOENV_PROFILE"\n')
    for words in (["dev"], ["dev", "--"], ["-p", "dev"]):
        assert shared_world.run("exec", *words, SHELL=str(shell)).out == "0 dev\n"
    assert shared_world.run("exec", "dev", SHELL=None, input=b"echo $0").out in (
        "/bin/sh\n",
        "sh\n",
    )


def test_a_script_without_interpreter_line_is_run_by_sh(ready: World) -> None:
    path = script(ready, "plain", 'echo "$0 $1 $SSOENV_PROFILE"\n')
    assert ready.run("exec", "dev", "--", str(path), "a b").out == f"{path} a b dev\n"
    script(ready, "empty", "")
    assert ready.run("exec", "dev", "--", "./empty").code == 0


def test_a_command_is_looked_up_like_in_a_shell(shared_world: World) -> None:
    """The first executable file on PATH; a folder or a plain file of that name is passed over."""
    first, second = shared_world.home / "first", shared_world.home / "second"
    (first / "tool").mkdir(parents=True)
    second.mkdir()
    script(shared_world, "second/tool", "#!/bin/sh\necho found\n")
    script(shared_world, "first/other", "", mode=0o644)
    script(shared_world, "second/other", "#!/bin/sh\necho other\n")
    path = f"{first}:{second}:/usr/bin:/bin"
    assert shared_world.run("exec", "dev", "--", "tool", PATH=path).out == "found\n"
    assert shared_world.run("exec", "dev", "--", "other", PATH=path).out == "other\n"


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("no-such-command", 127, ['no command "no-such-command"', "PATH"]),
        ("./no-such-command", 127, ["no command"]),
        ("", 127, ["the command is empty"]),
        ("--flag", 127, ["after --"]),
        ("./plain", 126, ["not executable", "chmod +x"]),
        ("/tmp", 126, ["is a folder"]),
    ],
)
def test_a_command_that_cannot_be_run_costs_no_call(
    shared_world: World, command: str, code: int, words: list[str]
) -> None:
    script(shared_world, "plain", "#!/bin/sh\n", mode=0o644)
    calls = len(shared_world.idc.calls)
    assert_fails(shared_world.run("exec", "dev", "--", command), code, *words, stdout="")
    assert len(shared_world.idc.calls) == calls


def test_what_the_system_refuses_to_run_is_explained(shared_world: World) -> None:
    script(shared_world, "lost", "#!/no/such/interpreter\n")
    assert_fails(shared_world.run("exec", "dev", "--", "./lost"), 127, "interpreter", stdout="")
    script(shared_world, "junk", b"\x7fELF junk\0")
    assert_fails(shared_world.run("exec", "dev", "--", "./junk"), 126, "cannot be run", stdout="")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ghost", "--", "true"], '"ghost"'),
        (["ghost", "true"], '"ghost"'),
        (["--no-such-option", "dev", "--", "true"], "--no-such-option"),
        (["dev", "--min-ttl", "soon", "--", "true"], "soon"),
    ],
)
def test_a_failure_of_ours_is_125_and_prints_nothing(
    shared_world: World, words: list[str], said: str
) -> None:
    assert_fails(shared_world.run("exec", *words), 125, said, stdout="")


def test_a_failure_of_the_service_is_125_and_runs_nothing(shared_world: World) -> None:
    shared_world.idc.fault("GetRoleCredentials", status=403)
    failed = shared_world.run("exec", "dev", "--", "touch", "was-here")
    assert_fails(failed, 125, "you may not use", stdout="")
    assert not (shared_world.home / "was-here").exists()


POISON = {
    "AWS_PROFILE": "ghost",
    "AWS_DEFAULT_PROFILE": "ghost",
    "AWS_ACCESS_KEY_ID": "AKIASTALE",
    "AWS_SECRET_ACCESS_KEY": "stale",
    "AWS_SESSION_TOKEN": "stale",
    "AWS_SECURITY_TOKEN": "stale",
    "AWS_SESSION_EXPIRATION": "2001-01-01T00:00:00Z",
    "AWS_CREDENTIAL_EXPIRATION": "2001-01-01T00:00:00Z",
    "AWS_CREDENTIAL_FILE": "/stale",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/stale",
    "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/Stale",
    "AWS_ROLE_SESSION_NAME": "stale",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/stale",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/stale",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "stale",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/stale",
    "AWS_ACCOUNT_ID": "999999999999",
}


def test_nothing_is_left_of_another_identity(ready: World) -> None:
    """Serverless and friends must see plain keys: AWS_PROFILE would send them elsewhere."""
    run = ready.run("exec", "dev", "--", "env", **POISON)
    seen = dict(line.split("=", 1) for line in run.out.splitlines())
    left = {name for name, value in seen.items() if "stale" in value.lower()}
    assert left <= set(kept.KEEPERS.values())  # which nobody but ssoenv reads
    assert not {name for name, _ in variables.REMOVED} & seen.keys()
    assert seen["AWS_ACCOUNT_ID"] == "111122223333"
    assert seen["AWS_CREDENTIAL_EXPIRATION"] > "2020"
