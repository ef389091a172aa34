"""Many processes, one person: one browser for all of them."""

import json
import os
import re
import signal

import pytest

from ssoenv import errors
from ssoenv.cache import tokens
from ssoenv.cache.tokens import SignIn
from ssoenv.signin import turns
from tests.conftest import World
from tests.signin.people import Browser, Person

MANY = 6


def waiting(world: World, browser: Browser, *arguments: str) -> list[Person]:
    """A person with MANY terminals, of which one waits for the browser, the others for it."""
    world.idc.approval = "page"
    people = [Person(world, *arguments, **browser.environ) for _ in range(MANY)]
    for person in people:
        person.expect("waiting for the (browser|sign-in in another terminal)")
    return people


def press(world: World, browser: Browser, decision: str) -> None:
    """Press a button on the page that the browser shows."""
    import urllib.parse
    import urllib.request

    found = re.search(r'name="request" value="([^"]+)"', browser.page)
    assert found
    form = urllib.parse.urlencode({"request": found[1], "decision": decision}).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(f"{world.idc.url}/authorize", form, timeout=30).read()


@pytest.mark.parametrize("arguments", [["dev"], ["login", "dev"], ["exec", "prod", "--", "true"]])
def test_all_waiting_processes_share_one_browser(
    world: World, browser: Browser, arguments: list[str]
) -> None:
    people = waiting(world, browser, *arguments)
    press(world, browser, "approve")
    assert [person.end() for person in people] == [0] * MANY
    assert len(browser.visits) == 1
    assert world.idc.count("CreateToken") == 1


def test_a_denied_sign_in_ends_all_who_wait(world: World, browser: Browser) -> None:
    """They fail with the same message, and no further tab opens. The next try is a new one."""
    people = waiting(world, browser, "dev")
    press(world, browser, "deny")
    assert [person.end() for person in people] == [5] * MANY
    assert all("was denied in the browser" in person.seen for person in people)
    assert len(browser.visits) == 1
    world.idc.approval = "approve"
    assert Person(world, "dev", **browser.environ).end() == 0


def test_a_sign_in_that_is_given_up_ends_all_who_wait(world: World, browser: Browser) -> None:
    people = waiting(world, browser, "dev")
    first = next(person for person in people if "waiting for the browser" in person.seen)
    first.child.sendintr()
    assert first.end() == 130
    others = [person for person in people if person is not first]
    assert [person.end() for person in others] == [4] * (MANY - 1)
    assert all("given up in another terminal" in person.seen for person in others)
    assert len(browser.visits) == 1


def test_when_the_one_who_asks_is_killed_the_next_one_asks(world: World, browser: Browser) -> None:
    people = waiting(world, browser, "dev")
    first = next(person for person in people if "waiting for the browser" in person.seen)
    world.idc.approval = "approve"
    os.kill(first.child.pid, signal.SIGKILL)
    others = [person for person in people if person is not first]
    assert [person.end() for person in others] == [0] * (MANY - 1)
    assert len(browser.visits) == 2


def test_two_sign_ins_do_not_wait_for_each_other(world: World, browser: Browser) -> None:
    modern = Person(world, "dev", **browser.environ)
    modern.expect("waiting for the browser")
    legacy = Person(world, "legacy", **browser.environ)
    legacy.expect("waiting for the browser")
    for person in (modern, legacy):
        person.child.sendintr()
        assert person.end() == 130


def test_waiting_has_an_end(world: World, browser: Browser) -> None:
    first = Person(world, "dev", **browser.environ)
    first.expect("waiting for the browser")
    result = world.run("login", "dev", SSOENV_LOGIN_TIMEOUT="0.3", **browser.environ)
    assert result.code == 4
    assert "nobody signed in" in result.err
    first.child.sendintr()
    assert first.end() == 130


DEMO = SignIn("demo", "https://demo.awsapps.com/start", "us-east-1", store="files")


@pytest.mark.parametrize(
    "note",
    [b"", b"[]", b"{}", b'{"at": "x"}', b'{"at": 9e99, "kind": "SystemExit"}',
     b'{"at": 9e99, "kind": "UsageError", "message": "", "hint": ""}', b"[" * 99999],
)  # fmt: skip
def test_a_damaged_note_of_a_failure_is_none(
    world: World, monkeypatch: pytest.MonkeyPatch, note: bytes
) -> None:
    monkeypatch.setenv("HOME", str(world.home))
    turns.remember_failure(errors.AccessDenied("said no", "try"), tokens.entry_of(DEMO))
    path = next((world.home / ".aws" / "ssoenv" / "login").glob("*.failed"))
    assert json.loads(path.read_text())["message"] == "said no"
    path.write_bytes(note)
    assert turns.failure_since(0, tokens.entry_of(DEMO)) is None


def test_where_no_lock_can_be_everybody_signs_in_alone(approving: World, browser: Browser) -> None:
    (approving.home / ".aws" / "ssoenv").write_text("a file, where a folder should be")
    result = approving.run("login", "dev", **browser.environ)
    assert result.code == 0, result
