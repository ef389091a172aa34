"""Root in somebody's home, as with ``sudo -E ssoenv …``: the person can go on afterwards."""

import os
from pathlib import Path

import pytest

from tests.conftest import World, need
from tests.signin.people import Browser

PERSON = 12345  # a user id

pytestmark = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="needs root, to be root in another's home"
)


def give(folder: Path, owner: int) -> None:
    """Everything in ``folder`` to ``owner``, links themselves included."""
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner, owner, follow_symlinks=False)


def of_root(folder: Path) -> list[str]:
    """What in ``folder`` is root's."""
    return [str(path) for path in folder.rglob("*") if path.lstat().st_uid == 0]


def as_person() -> list[str]:
    """The start of a command line that a person runs. They may read everything, since Python
    itself may stand in a folder of root's, but write only what is theirs."""
    need("setpriv", "util-linux")
    ids = [f"--reuid={PERSON}", f"--regid={PERSON}", "--clear-groups"]
    powers = ("inh-caps", "ambient-caps", "bounding-set")
    return ["setpriv", *ids, *(f"--{name}=-all,+dac_read_search" for name in powers)]


@pytest.fixture
def theirs(approving: World) -> World:
    """The home of a person who has never used ssoenv."""
    give(approving.home, PERSON)
    return approving


def test_all_that_root_makes_is_the_persons(theirs: World, browser: Browser) -> None:
    """Files, folders and locks; and the person goes on with them."""
    for arguments in (
        ["login", "dev", "--device-code"],
        ["dev"],
        ["dev", "--refresh"],
        ["write", "prod"],
        ["profiles"],
        ["exec", "--endpoint", "dev", "--", "true"],
        ["configure", "--session", "demo", "--all", "--yes"],
        ["doctor", "--fix", "--offline"],
    ):
        result = theirs.run(*arguments, **browser.environ)
        assert result.code == 0 or arguments[0] == "doctor", result
        assert of_root(theirs.home) == [], arguments
    for arguments in (
        ["dev", "--refresh"],
        ["login", "dev", "--device-code", "--force"],
        ["write", "prod", "--force"],
        ["doctor", "--fix", "--offline"],
        ["logout", "--all"],
    ):
        result = theirs.command([*as_person(), "ssoenv", *arguments], **browser.environ)
        assert result.code == 0 or arguments[0] == "doctor", result
        assert "denied" not in result.err, result


def test_the_person_refreshes_after_root_did(theirs: World) -> None:
    theirs.sign_in(lifetime=-5)
    give(theirs.home, PERSON)
    assert theirs.run("dev").code == 0
    theirs.sign_in(lifetime=-5)
    give(theirs.tokens, PERSON)
    for path in theirs.tokens.glob("*.lock"):
        assert path.stat().st_uid == PERSON
    result = theirs.command([*as_person(), "ssoenv", "dev", "--refresh"])
    assert result.code == 0, result
    assert result.err == ""


@pytest.mark.parametrize("place", ["sso", "sso/cache", "cli", "ssoenv", "credentials", "token"])
def test_root_follows_no_link_of_the_person(theirs: World, tmp_path: Path, place: str) -> None:
    """Whoever can set a link could have root write anywhere."""
    theirs.sign_in(lifetime=-5)
    give(theirs.home, PERSON)
    aim = tmp_path / "of root"
    aim.mkdir()
    if place == "token":
        theirs.token_file().rename(aim / "file")
        theirs.token_file().symlink_to(aim / "file")
        os.chown(aim / "file", 0, 0)
    else:
        link = theirs.home / ".aws" / place
        if link.exists():
            link.rename(theirs.home / "before")
        link.symlink_to(aim / "new" if place == "credentials" else aim)
    for path in theirs.home.rglob("*"):
        if path.is_symlink():
            os.chown(path, PERSON, PERSON, follow_symlinks=False)
    before = {path: path.lstat().st_mtime_ns for path in (aim, *aim.rglob("*"))}
    for arguments in (["dev"], ["write", "prod"], ["login", "dev", "--device-code", "--force"]):
        assert "bug" not in theirs.run(*arguments).err
    assert {path: path.lstat().st_mtime_ns for path in (aim, *aim.rglob("*"))} == before
    assert of_root(theirs.home) == []


@pytest.mark.parametrize("place", ["token", "cli/cache", "ssoenv/index", "ssoenv/moved-away"])
@pytest.mark.parametrize("command", ["logout dev", "logout --all", "doctor --fix --offline"])
def test_root_removes_and_changes_nothing_behind_a_link_of_the_person(
    theirs: World, tmp_path: Path, place: str, command: str
) -> None:
    theirs.sign_in()
    theirs.settle()
    assert theirs.run("dev").code == 0
    (theirs.tokens / ("0" * 40 + ".json")).write_text("{")  # doctor moves it away
    give(theirs.home, PERSON)
    aim = tmp_path / "of root"
    if place == "token":
        theirs.token_file().rename(aim)
        link = theirs.token_file()
        kept = aim
    else:
        aim.mkdir()
        kept = aim / ("1" * 40 + ".json")
        kept.write_text('{"ProviderType": "sso", "Credentials": {}}')
        link = theirs.home / ".aws" / place
        if link.exists():
            link.rename(tmp_path / "before")
    kept.chmod(0o644)
    link.symlink_to(aim)
    os.chown(link, PERSON, PERSON, follow_symlinks=False)
    before = kept.stat()
    result = theirs.run(*command.split())
    assert "bug" not in result.err, result
    after = kept.stat()
    assert (after.st_mode, after.st_mtime, after.st_ino) == (
        before.st_mode, before.st_mtime, before.st_ino,
    )  # fmt: skip
    assert aim.is_file() or os.listdir(aim) == [kept.name]


def test_root_in_the_home_of_a_person_finds_nothing_wrong_with_its_owner(theirs: World) -> None:
    theirs.sign_in()
    give(theirs.home, PERSON)
    assert "somebody else" not in theirs.run("doctor", "--offline").out
    os.chown(theirs.token_file(), 0, 0)
    assert "one file of somebody else" in theirs.run("doctor", "--offline").out


def test_nobody_is_asked_for_a_token_that_cannot_be_saved(theirs: World, browser: Browser) -> None:
    """As root left folders before it gave them away."""
    theirs.tokens.mkdir(parents=True)
    give(theirs.home, PERSON)
    for path in (theirs.tokens, theirs.tokens.parent):
        os.chown(path, 0, 0)
        path.chmod(0o755)
    result = theirs.command([*as_person(), "ssoenv", "login", "dev"], **browser.environ)
    assert result.code == 8, result
    assert browser.visits == []
    assert theirs.idc.calls == []


def test_a_lock_of_root_alone_stops_nothing(theirs: World, browser: Browser) -> None:
    """In a folder of the person it is replaced."""
    theirs.sign_in(lifetime=-5)
    give(theirs.home, PERSON)
    lock = theirs.token_file().with_name(theirs.token_file().name + ".lock")
    for command in (["dev"], ["login", "dev", "--device-code", "--force"]):
        lock.unlink(missing_ok=True)
        lock.touch(0o600)
        result = theirs.command([*as_person(), "ssoenv", *command])
        assert result.code == 0, result


def test_a_lock_that_cannot_be_replaced_is_named_and_stops_no_sign_in(
    theirs: World, browser: Browser
) -> None:
    """A lock of root in a folder of root that others may write to."""
    theirs.sign_in(lifetime=-5)
    give(theirs.home, PERSON)
    os.chown(theirs.tokens, 0, 0)
    theirs.tokens.chmod(0o1777)
    lock = theirs.token_file().with_name(theirs.token_file().name + ".lock")
    lock.touch(0o600)
    os.chown(theirs.token_file(), PERSON, PERSON)
    result = theirs.command([*as_person(), "ssoenv", "dev"])
    assert result.code == 4, result
    assert f"~/.aws/sso/cache/{lock.name} cannot be opened" in result.err
    result = theirs.command([*as_person(), "ssoenv", "login", "dev", "--device-code"])
    assert result.code == 0, result
    assert f"without the lock ~/.aws/sso/cache/{lock.name}, which cannot be opened" in result.err
