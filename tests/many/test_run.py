"""What the children get, what becomes of what they print, and the exit status."""

import json
import os
import re
import subprocess

import pytest

from ssoenv.many.streams import LONGEST, Lines
from tests.conftest import SSOENV, World
from tests.many.conftest import start


def sh(script: str) -> list[str]:
    return ["--", "sh", "-c", script]


def test_each_child_has_the_keys_of_its_profile_and_an_empty_stdin(many: World) -> None:
    show = "echo $SSOENV_PROFILE $AWS_ACCESS_KEY_ID $(cat | wc -c) $(ps -o tty= -p $$)"
    run = many.run("exec", "a1", "a2", "prod", *sh(show), input=b"not for them")
    assert run.code == 0, run
    rows = dict(line.split(" | ") for line in run.out.splitlines())
    assert sorted(name.strip() for name in rows) == ["a1", "a2", "prod"]
    for name, text in rows.items():
        profile, key, size, terminal = text.split()
        assert (profile, size, terminal) == (name.strip(), "0", "?")
        role = {"a1": "ReadOnly", "a2": "Developer", "prod": "Deploy"}[profile]
        assert role in many.idc.keys[key].arn


def test_lines_are_whole_and_aligned_and_behind_their_profile(many: World) -> None:
    script = "i=0; while [ $i -lt 300 ]; do printf part; printf ' of %s\\n' $i; i=$((i+1)); done"
    run = many.run("exec", "prod", "a*", "--jobs", "6", *sh(f"{script}; echo e >&2; printf end"))
    lines = run.out.splitlines()
    assert len(lines) == 7 * 301
    assert {line[:7] for line in lines} == {"prod | ", *(f"a{n}   | " for n in range(1, 7))}
    for name in ("prod", "a4"):
        mine = [line[7:] for line in lines if line.startswith(f"{name} ")]
        assert mine == [*(f"part of {i}" for i in range(300)), "end"]
    assert run.err.count(" | e\n") == 7
    bare = many.run("exec", "a1", "a2", "--no-prefix", *sh("printf x"))
    assert bare.out == "x\nx\n"


def test_a_line_that_is_too_long_is_split_between_characters() -> None:
    seen: list[bytes] = []
    lines = Lines(b"> ", seen.append)
    text = "é" * LONGEST + "x"
    content = text.encode() + b"\nlast"
    for at in range(0, len(content), 1000):
        lines.take(content[at : at + 1000])
    lines.take(b"")
    *parts, last = b"".join(seen).decode().splitlines()
    assert last == "> last"
    assert "".join(part.removeprefix("> ") for part in parts) == text
    assert all(len(part.encode()) <= LONGEST + 2 for part in parts)


def test_a_report_in_json(many: World) -> None:
    script = "printf 'a\\377b'; echo err >&2; [ $SSOENV_PROFILE != a2 ] || kill $$"
    run = many.run("exec", "a1", "a2", "no-such*", "--output", "json", *sh(script))
    assert run.code == 125  # a pattern that fits nothing
    run = many.run("exec", "a1", "a2", "--output", "json", *sh(script))
    rows = {row["profile"]: row for row in map(json.loads, run.out.splitlines())}
    assert run.code == 143
    assert rows["a1"].pop("seconds") < 60
    assert rows["a1"] == {
        "profile": "a1",
        "account": "111122223333",
        "status": 0,
        "stdout": "a\ufffdb",
        "stderr": "err\n",
        "truncated": False,
    }
    assert rows["a2"]["status"] == 143


def test_a_report_keeps_ten_mebibytes_of_a_stream(many: World) -> None:
    script = "head -c 11000000 /dev/zero | tr '\\0' x; echo small >&2"
    run = many.run("exec", "a1", "a2", "--output", "json", *sh(script))
    for row in map(json.loads, run.out.splitlines()):
        assert row["stdout"] == "x" * 10 * 1024 * 1024
        assert (row["stderr"], row["truncated"]) == ("small\n", True)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("true", 0),
        ("exit 7", 7),
        ("[ $SSOENV_PROFILE = a1 ] || exit 7", 7),
        ("[ $SSOENV_PROFILE = a1 ] && exit 6; exit 7", 123),
        ("ulimit -c 0; kill -9 $$", 137),
        ("[ $SSOENV_PROFILE = a1 ] && exit 137; kill -9 $$", 137),
    ],
)
def test_the_exit_status(many: World, script: str, code: int) -> None:
    assert many.run("exec", "a1", "a2", "a3", *sh(script)).code == code


def test_a_profile_that_is_denied_does_not_stop_the_others(many: World) -> None:
    many.add_config(
        "[profile no]\nsso_session = demo\nsso_account_id = 111122223333\nsso_role_name = Nobody\n"
    )
    run = many.run("exec", "no", "a1", *sh("echo hello"))
    assert (run.code, run.out) == (123, "a1 | hello\n")
    said, *table = run.err.splitlines()
    assert said.startswith("ssoenv: no: ")
    assert [re.split("  +", line.strip())[:3] for line in table] == [
        ["PROFILE", "ACCOUNT", "STATUS"],
        ["no", "111122223333", "not started"],
        ["a1", "111122223333", "0"],
    ]
    assert many.run("exec", "n[o]", "--", "true").code == 125
    report = many.run("exec", "n[o]", "--output", "json", "--", "true")
    row = json.loads(report.out)
    assert row["status"] is None and row["error"]


def test_fail_fast_ends_the_others(many: World) -> None:
    os.mkfifo(many.home / "never")
    script = "[ $SSOENV_PROFILE = a2 ] && exit 5; cat never"
    run = many.run("exec", "a1", "a2", "a3", "--jobs", "2", "--fail-fast", *sh(script))
    assert run.code == 123
    states = [re.split("  +", line)[2] for line in run.err.splitlines()[1:]]
    assert states == ["stopped", "5", "not run"], run


def test_what_a_child_leaves_running_keeps_nobody_waiting(many: World) -> None:
    os.mkfifo(many.home / "never")
    run = many.run("exec", "a1", "a2", *sh("cat never & echo done"))
    assert sorted(run.out.splitlines()) == ["a1 | done", "a2 | done"]
    with open(many.home / "never", "w"):  # which ends them
        pass


def test_a_reader_that_has_seen_enough_ends_it_quietly(many: World) -> None:
    run = many.command(
        ["bash", "-c", f"{SSOENV} exec a1 a2 -- yes | head -n 1; echo ${{PIPESTATUS[0]}}"]
    )
    assert run.out.splitlines()[1] == "141"
    assert run.err == ""


def test_a_full_disk_is_said_once(many: World) -> None:
    with open("/dev/full", "wb") as full:
        process = start(many, "exec", "a1", "a2", *sh("echo x"), stdout=full)
        _, said = process.communicate()
    assert process.returncode == 125
    assert said.decode().splitlines()[-1].startswith("ssoenv: stdout cannot be written")


def test_a_script_without_an_interpreter_is_run_by_sh(many: World) -> None:
    script = many.home / "plain"
    script.write_text('echo "$SSOENV_PROFILE $1"\n')
    script.chmod(0o755)
    run = many.run("exec", "a1", "a2", "--no-prefix", "--", "./plain", "a b")
    assert sorted(run.out.splitlines()) == ["a1 a b", "a2 a b"]


def test_descriptors_of_the_person_pass(many: World) -> None:
    line = f"{SSOENV} exec a1 a2 --no-prefix -- sh -c 'cat <&9' 9< <(echo given)"
    run = many.command(["bash", "-c", line])
    assert (run.code, run.out) == (0, "given\n")  # one of them has read it


def test_at_most_so_many_run_at_once(many: World) -> None:
    script = "mkdir run.$$; ls -d run.* | wc -l; sleep 0.2; rmdir run.$$"
    run = many.run("exec", "a*", "--jobs", "2", "--no-prefix", *sh(script))
    assert run.code == 0
    assert max(map(int, run.out.split())) <= 2


# Sign-ins and keys


def test_a_sign_in_is_settled_once_before_anything_runs(many: World) -> None:
    """No terminal: nobody is asked, each profile says it, and AWS hears nothing."""
    many.sign_out()
    calls = len(many.idc.calls)
    run = many.run("exec", "a*", *sh("echo ran"))
    assert (run.code, run.out) == (125, "")
    assert run.err.count("ssoenv login") == 6
    assert len(many.idc.calls) == calls


def test_an_expired_token_is_refreshed_once(many: World) -> None:
    many.sign_out()
    many.sign_in(lifetime=-60)
    before = many.idc.count("CreateToken")
    assert many.run("exec", "a*", "dev", "--jobs", "6", "--", "true").code == 0
    assert many.idc.count("CreateToken") - before == 1


def test_one_call_for_each_role_and_none_where_the_cache_has_keys(many: World) -> None:
    before = many.idc.count("GetRoleCredentials")
    assert many.run("exec", "a*", "--jobs", "1", "--", "true").code == 0
    assert many.idc.count("GetRoleCredentials") - before == 2  # ReadOnly and Developer
    assert many.run("exec", "a*", "--", "true").code == 0
    assert many.idc.count("GetRoleCredentials") - before == 2


def test_keys_are_got_when_the_turn_comes(many: World) -> None:
    """The first child waits until we have looked: the second profile's keys are not there yet."""
    os.mkfifo(many.home / "go")
    before = many.idc.count("GetRoleCredentials")
    process = start(many, "exec", "a1", "a2", "--jobs", "1", *sh("echo here; cat go"))
    assert process.stdout is not None
    assert process.stdout.readline() == b"a1 | here\n"
    assert many.idc.count("GetRoleCredentials") - before == 1
    with open(many.home / "go", "w"):
        pass
    assert process.stdout.readline() == b"a2 | here\n"
    assert many.idc.count("GetRoleCredentials") - before == 2
    with open(many.home / "go", "w"):
        pass
    process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize("headers", [{"Retry-After": "1"}, None])
def test_throttling_loses_nothing(many: World, headers: dict[str, str] | None) -> None:
    many.idc.fault("GetRoleCredentials", status=429, headers=headers, times=7)
    run = many.run("exec", "a*", "prod", "legacy", *sh("echo ok"))
    assert run.code == 0, run
    assert run.out.count("ok") == 8


def test_the_guard_asks_once_for_all(many: World) -> None:
    run = many.run("exec", "a1", "a2", "dev", *sh("echo ran"), SSOENV_CONFIRM="a*")
    assert (run.code, run.out) == (125, "")
    assert '"a1", "a2" asks before it is used' in run.err
    yes = many.run("exec", "a1", "a2", "--yes", *sh("echo ran"), SSOENV_CONFIRM="a*")
    assert yes.code == 0


def test_one_profile_is_what_it_was(many: World) -> None:
    process = subprocess.Popen(
        [SSOENV, "exec", "a1", "--", "sh", "-c", "echo $$"],
        env=many.environment(),
        stdout=subprocess.PIPE,
    )
    assert int(process.communicate()[0]) == process.pid
