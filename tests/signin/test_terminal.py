"""What a person sees and can do, at a real pseudo-terminal."""

import re
import signal

import pytest

from tests.conftest import World, need
from tests.signin.people import Browser, Person, leftovers, plain

SIZES = pytest.mark.parametrize("columns", [80, 40])
COLOUR = pytest.mark.parametrize("no_colour", [None, "1"])


@SIZES
@COLOUR
def test_a_spinner_shows_the_time_left_and_goes(
    world: World, browser: Browser, columns: int, no_colour: str | None
) -> None:
    """The waiting line never wraps, is coloured unless NO_COLOR says not to, and leaves nothing
    behind."""
    world.idc.approval = "page"
    person = Person(
        world, "login", "dev", "--no-browser", columns=columns, NO_COLOR=no_colour,
        **browser.environ,
    )  # fmt: skip
    person.expect(r"\d:\d\d left")
    shown = person.child.match[0]
    while person.child.match[0] == shown:
        person.expect(r"\d:\d\d left")
    person.child.sendintr()
    assert person.end() == 130
    seen = person.seen
    assert f"{world.idc.url}/authorize?response_type=code" in seen.replace("\r\n", "\n")
    frames = [plain(part) for part in seen.split("\r") if "waiting for the browser" in plain(part)]
    assert frames
    assert all(len(frame) < columns for frame in frames)
    assert ("\x1b[36m" in seen) == (no_colour is None)
    assert "\r\x1b[K" in seen[seen.rindex("left") :]


@SIZES
def test_the_code_and_the_warning_are_readable(world: World, columns: int) -> None:
    person = Person(world, "login", "dev", "--device-code", columns=columns)
    seen = plain(person.expect("waiting for the code"))
    lines = seen.replace("\r\n", "\n").split("\n")
    assert lines[0] == 'ssoenv: signing in to "demo" with a code'
    assert re.fullmatch(r"Open {2}http://127\.0\.0\.1:\d+/device", lines[1])
    assert re.fullmatch(r"and enter the code {2}[A-Z]{4}-[A-Z]{4}", lines[2])
    assert lines[4] == "Do this only if you started this sign-in yourself."
    world.idc.approve_device()
    assert person.end() == 0
    assert 'signed in to "demo": good for 8h' in person.seen


def test_a_dumb_terminal_gets_one_plain_line(approving: World, browser: Browser) -> None:
    person = Person(approving, "login", "dev", TERM="dumb", **browser.environ)
    assert person.end() == 0
    assert person.seen.count("waiting for the browser, at most 10:00") == 1
    assert "\x1b" not in person.seen
    assert "\r" not in person.seen.replace("\r\n", "")


def test_ctrl_c_leaves_nothing_behind(world: World, browser: Browser) -> None:
    """No process, no listener, no temporary file; the next sign-in works at once."""
    person = Person(world, "login", "dev", **browser.environ)
    person.expect("waiting for the browser")
    person.child.sendintr()
    assert person.end() == 130
    assert "Traceback" not in person.seen
    assert leftovers(world) == []
    assert not world.token_file().exists()
    world.idc.approval = "approve"
    again = Person(world, "login", "dev", **browser.environ)
    assert again.end() == 0


def test_credentials_bring_the_sign_in_with_them(approving: World, browser: Browser) -> None:
    """Inside eval, where stdout is a pipe, the person still sees all of it, and the shell only
    the variables."""
    bash = need("bash", "bash")
    script = 'eval "$(ssoenv dev)"; echo "key=${AWS_ACCESS_KEY_ID:0:4} profile=$SSOENV_PROFILE"'
    person = Person(approving, "-c", script, program=bash, **browser.environ)
    assert person.end() == 0
    assert 'not signed in to "demo"' in person.seen
    assert 'signing in to "demo" in your browser' in person.seen
    assert "key=ASIA profile=dev" in person.seen
    assert len(browser.visits) == 1
    assert "AWS_SESSION_TOKEN" not in person.seen


@pytest.mark.parametrize("arguments", [["exec", "dev", "--", "true"], ["prod"], ["legacy"]])
def test_every_way_to_credentials_signs_in(
    approving: World, browser: Browser, arguments: list[str]
) -> None:
    assert Person(approving, *arguments, **browser.environ).end() == 0
    assert len(browser.visits) == 1


@pytest.mark.parametrize(
    ("arguments", "changes"),
    [
        (["dev", "--no-login"], {}),
        (["dev"], {"SSOENV_LOGIN": "never"}),
        (["dev"], {"CI": "true"}),
        (["dev"], {"SSOENV_ACCESS_TOKEN": "wrong"}),
    ],
)
def test_nobody_is_asked_who_does_not_want_to_be(
    approving: World, browser: Browser, arguments: list[str], changes: dict[str, str]
) -> None:
    person = Person(approving, *arguments, **changes, **browser.environ)
    assert person.end() == 4
    assert browser.visits == []
    assert approving.idc.count("RegisterClient") == 0


def test_without_a_terminal_the_command_to_type_is_named(world: World, browser: Browser) -> None:
    result = world.run("dev", **browser.environ)
    assert result.code == 4
    assert result.err == 'ssoenv: not signed in to "demo". Run: ssoenv login dev\n'
    assert browser.visits == []


def test_a_failed_sign_in_fails_the_command_and_the_eval(world: World, browser: Browser) -> None:
    world.idc.approval = "deny"
    bash = need("bash", "bash")
    script = 'eval "$(ssoenv dev)" || echo "eval failed ${AWS_ACCESS_KEY_ID:-nothing}"'
    person = Person(world, "-c", script, program=bash, **browser.environ)
    assert person.end() == 0
    assert "eval failed nothing" in person.seen
    assert "denied" in person.seen


def test_hanging_up_ends_it(world: World, browser: Browser) -> None:
    person = Person(world, "login", "dev", **browser.environ)
    person.expect("waiting for the browser")
    person.child.kill(signal.SIGHUP)
    assert person.end() == -signal.SIGHUP
    assert leftovers(world) == []
