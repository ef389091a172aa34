"""``ssoenv write`` on a terminal: signing in once for all, progress, MFA codes one by one."""

from pathlib import Path

import pytest

from ssoenv.demo import home
from tests.conftest import World
from tests.signin.people import Browser, Person
from tests.signin.test_one_sign_in import SECOND
from tests.write.test_write import keys_in, many, path_of, role_of


@pytest.fixture
def approving(world: World, tmp_path: Path) -> World:
    """A world where every sign-in in the browser succeeds."""
    world.idc.approval = "approve"
    world.environ.update(Browser(tmp_path / "browser").environ)
    return world


def test_one_sign_in_serves_all_its_profiles(approving: World) -> None:
    """dev and prod share a session, legacy has a start URL of its own."""
    person = Person(approving, "write", "--all")
    assert person.end() == 0
    assert approving.idc.count("RegisterClient") == 2
    assert person.seen.count("not signed in to") == 2
    assert "wrote dev, legacy, prod to" in person.seen
    found = keys_in(approving)
    assert {name: role_of(approving, found[name]) for name in found} == {
        "dev": "Developer",
        "legacy": "ReadOnly",
        "prod": "Deploy",
    }


def test_nobody_is_asked_with_no_login(approving: World) -> None:
    person = Person(approving, "write", "--all", "--no-login")
    assert person.end() == 4
    assert approving.idc.count("RegisterClient") == 0
    assert not path_of(approving).exists()


def test_a_sign_in_that_is_refused_still_writes_the_others(approving: World) -> None:
    names = many(approving, 2)
    approving.add_config(SECOND)
    home.sign_in(str(approving.home), approving.idc, home.SESSION)
    approving.idc.approval = "deny"
    person = Person(approving, "write", "second", *names)
    assert person.end() == 5
    assert list(keys_in(approving)) == names


def test_a_sign_in_that_nobody_finishes_is_tried_once(approving: World) -> None:
    names = many(approving, 3)
    approving.idc.fault("CreateToken", error="ExpiredTokenException")
    person = Person(approving, "write", *names)
    assert person.end() != 0
    assert approving.idc.count("CreateToken") == 1
    assert person.seen.count("in your browser") == 1


def test_progress_is_shown_and_gone_afterwards(approving: World) -> None:
    approving.sign_in()
    names = many(approving, 12)
    approving.idc.fault("GetRoleCredentials", delay=0.3)
    person = Person(approving, "write", *names)
    assert person.end() == 0
    assert "getting credentials" in person.seen
    assert "/12" in person.seen
    assert "\x1b[K" in person.seen
    last = person.seen.strip().rpartition("\r")[2]
    assert "getting credentials" not in last


def test_mfa_codes_are_asked_one_after_another(approving: World) -> None:
    approving.sign_in()
    names = [f"mfa{n}" for n in range(3)]
    for n, name in enumerate(names):
        arn = f"arn:aws:iam::44445555666{n}:role/Admin"
        approving.idc.allow_role(arn)
        approving.add_config(
            f"[profile {name}]\nrole_arn = {arn}\nsource_profile = dev\nregion = eu-west-1\n"
            "mfa_serial = arn:aws:iam::111122223333:mfa/ana\n"
        )
    person = Person(approving, "write", *names)
    for _ in names:
        person.expect("Enter MFA code for .*: ")
        person.child.sendline("123456")
    assert person.end() == 0
    assert list(keys_in(approving)) == names
