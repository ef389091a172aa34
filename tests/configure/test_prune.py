"""``ssoenv configure --prune`` where the portal lists less than it should."""

import json

import pytest

from ssoenv.demo.center.identity_center import Account
from ssoenv.demo.center.wire import AwsError, Request, Response
from tests.configure.expected import ALL, GENERATED, SESSION, configured, profiles, section
from tests.conftest import World
from tests.signin.people import Person

MADE = (SESSION + GENERATED).encode()
NONE = "ssoenv: warning: no profile is removed: the portal lists no role that configure made"
NEW = Account("999999999999", "new", ["Auditor"])
REFUSED = "ssoenv: warning: the portal refuses to list the roles of account 444455556666\n"
STATUSES = {403: "ForbiddenException", 404: "ResourceNotFoundException"}


@pytest.fixture
def made(bare: World) -> World:
    """The config with a profile for each role, made by configure."""
    bare.config.write_bytes(MADE)
    return bare


@pytest.mark.parametrize("accounts", [[], [Account("111122223333", "dev", [])], [NEW]])
def test_a_list_without_any_of_its_roles_removes_no_profile(
    made: World, accounts: list[Account]
) -> None:
    made.idc.accounts = accounts
    for how in ("--dry-run", "--yes"):
        result = made.run("configure", "--session", "demo", "--all", "--prune", how)
        assert result.code == 0, result
        assert result.err.startswith(NONE), result
        assert "-[profile" not in result.out + result.err
    assert made.config.read_bytes().startswith(MADE)
    assert ("profile new-Auditor" in profiles(made)) == (accounts == [NEW])


def test_force_removes_them(made: World) -> None:
    made.idc.accounts = []
    assert configured(made, *ALL, "--prune", "--force").decode() == SESSION


@pytest.mark.parametrize("answer", ["y", "", "n"])
@pytest.mark.parametrize("arguments", [("--all", "--yes"), ("--all",)])
def test_a_person_is_asked_first_and_has_to_say_yes(
    made: World, answer: str, arguments: tuple[str, ...]
) -> None:
    made.idc.accounts = []
    person = Person(made, "configure", "--prune", *arguments)
    person.expect("Remove 4 profiles in ~/.aws/config. .y/N. ")
    person.child.sendline(answer)
    assert person.end() == 0
    assert made.config.read_bytes() == (SESSION.encode() if answer == "y" else MADE)


def test_where_one_role_is_left_the_others_go_as_ever(made: World) -> None:
    made.idc.accounts = [Account("111122223333", "dev", ["ReadOnly"])]
    configured(made, *ALL, "--prune")
    assert list(profiles(made)) == ["sso-session demo", "profile dev-ReadOnly"]


def refuse(world: World, status: int, *account_ids: str) -> None:
    """Let the portal refuse the roles of these accounts."""
    handlers = world.idc._handlers
    answer = handlers["ListAccountRoles"]

    def refusing(request: Request) -> Response | None:
        if request.query.get("account_id") in account_ids:
            raise AwsError(STATUSES[status], "No access", status)
        return answer(request)

    handlers["ListAccountRoles"] = refusing


@pytest.mark.parametrize("status", [403, 404])
def test_an_account_that_is_refused_stops_nothing(made: World, status: int) -> None:
    refuse(made, status, "444455556666")
    result = made.run("accounts", "--session", "demo", "--json")
    assert (result.code, result.err) == (0, REFUSED)
    assert [one["account_name"] for one in json.loads(result.out)] == ["dev", "sandbox"]


def test_no_profile_of_a_refused_account_is_removed(made: World) -> None:
    refuse(made, 403, "444455556666")
    made.idc.accounts = [a for a in made.idc.accounts if a.name != "sandbox"] + [NEW]
    result = made.run("configure", *ALL, "--prune")
    assert result.code == 0, result
    assert REFUSED in result.err
    gone = section("sandbox-Administrator", "777788889999", "Administrator")
    added = section("new-Auditor", "999999999999", "Auditor")
    assert made.config.read_bytes() == MADE.replace(gone.encode(), b"") + added.encode()


def test_where_all_are_refused_that_is_the_failure(made: World) -> None:
    refuse(made, 403, *(account.account_id for account in made.idc.accounts))
    result = made.run("configure", *ALL, "--prune", "--force")
    assert (result.code, result.out) == (5, ""), result
    assert made.config.read_bytes() == MADE
