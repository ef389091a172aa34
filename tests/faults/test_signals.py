"""A signal at any moment: the files are the old or the new ones, stdout holds nothing or all of it,
and the exit code says what happened.

The moments are the calls that change or wait for something (``forkserver.CALLS``), some of them
in turn (a thorough run has more).
More of it with the real system calls: tests/signin/test_kill.py, tests/write/test_sudden_ends.py.
"""

import json
import signal

import pytest

from tests import thorough
from tests.conftest import Result, World, reset
from tests.faults.scene import CONFIG, CREDENTIALS, KEYS, TOKEN, Do, Scene, assert_keys
from tests.faults.ways import DUE, warmed
from tests.stage import Stage

THEIRS = "[theirs]\naws_access_key_id = AKIATHEIRS\naws_secret_access_key = x\n"

STORIES: dict[str, tuple[list[Do], str]] = {
    "a cold run": ([], "dev"),
    "a renewal": ([DUE], "dev --refresh"),
    "a write": ([warmed, lambda scene: (scene.home / CREDENTIALS).write_text(THEIRS)], "write dev"),
    "a child": ([warmed], "exec dev -- true"),
}

# Python ignores SIGPIPE; a keyboard's interrupt is ours to report; the rest ends us.
ENDS = {
    signal.SIGINT: (130,),
    signal.SIGTERM: (-signal.SIGTERM,),
    signal.SIGHUP: (-signal.SIGHUP,),
    signal.SIGPIPE: (0,),
    signal.SIGKILL: (-signal.SIGKILL,),
}


def whole(scene: Scene, old_token: str) -> None:
    """Every file is the old one or the new one, from first to last byte."""
    token = json.loads((scene.home / TOKEN).read_text())["accessToken"]
    assert token == old_token or scene.idc.live_session(token)
    for path in (scene.home / KEYS).glob("*.json"):
        assert json.loads(path.read_text())["Credentials"]["AccessKeyId"] in scene.idc.keys
    credentials = scene.home / CREDENTIALS
    if credentials.exists():
        text = credentials.read_text()
        assert text.startswith(THEIRS) and (text == THEIRS or text.count("[dev]\n") == 1), text
        assert text == THEIRS or text.endswith("\n")
    assert (scene.home / CONFIG).read_text().endswith("region = eu-west-1\n")


def play(scene: Scene, story: str, number: int, moment: int) -> tuple[Result, int]:
    """One run with its signal; how it ended, and how many moments there were if it did not die."""
    steps, line = STORIES[story]
    for step in steps:
        step(scene)
    old = json.loads((scene.home / TOKEN).read_text())["accessToken"]
    log = scene.home / "moments"
    log.unlink(missing_ok=True)
    result = scene.run("ssoenv " + line, strike=(number, moment, str(log)))
    whole(scene, old)
    return result, int(log.read_text()) if log.exists() else 0


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("name", [number.name for number in ENDS])
def test_a_signal_at_any_moment_leaves_nothing_half_done(
    shared_world: World, stage: Stage, story: str, name: str
) -> None:
    number = signal.Signals[name]
    ends = [*ENDS[number], *((0, -signal.SIGPIPE) if story == "a child" else ())]
    scene = Scene(shared_world, stage)
    step = 4 if number in (signal.SIGKILL, signal.SIGINT) else 8
    step *= 1 if thorough.WANTED else 3
    last = 20 if story == "a child" else 1000  # whose last moments nobody can count
    for moment in range(1, last, step):
        reset(shared_world)
        result, moments = play(scene, story, number, moment)
        if 0 < moments < moment:
            assert moment > step and result.code == 0, result
            break  # the last moment has come and gone
        assert result.code in ends, (moment, result)
        assert result.err.count("\n") <= 1 and "Traceback" not in result.err, (moment, result)
        assert result.out in ("", "false;\n") or result.out.endswith("\n}\n"), (moment, result)
        if number == signal.SIGKILL:  # whoever comes next is not in the way of the dead
            assert_keys(scene, scene.run("ssoenv dev --refresh"))
    else:
        assert story == "a child", (result, sorted(scene.home.rglob("*")))
