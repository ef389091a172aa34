"""``ssoenv accounts``: all that a sign-in may use, whatever the portal does meanwhile."""

import json
import os
import signal
import subprocess
import threading

import pytest

from ssoenv.demo.center.identity_center import Account
from tests import terminal
from tests.conftest import SSOENV, World

HOSTILE = [
    "line\nbreak]\r[profile evil]",
    "\x1b]0;title\x07\x1b[2J",
    "$(touch pwned) `id` \"quotes\" 'single' \\",
    "",
    "   ",
    "日本 アカウント 😀",
    "\u202etxt.exe",
    "x" * 300,
]


def big(accounts: int, roles: int = 3) -> list[Account]:
    names = ["Administrator", "Developer", "ReadOnly", *(f"Role{i:03}" for i in range(roles))]
    return [
        Account(f"{100_000_000_000 + i}", f"team {i:03}", names[:roles], f"aws+{i}@example.com")
        for i in range(accounts)
    ]


@pytest.fixture(autouse=True)
def profile_in_use(world):
    """Two sign-ins are in the config; the one of ``dev`` is meant."""
    world.environ["AWS_PROFILE"] = "dev"


def listed(world: World, **changes: str | None) -> list[dict]:
    result = world.run("accounts", "--json", **changes)
    assert result.code == 0, result
    return json.loads(result.out)


def test_accounts_are_listed_by_name_with_their_roles(signed_in):
    assert listed(signed_in) == [
        {
            "account_id": "111122223333",
            "account_name": "dev",
            "email": "aws+dev@example.com",
            "roles": ["Developer", "ReadOnly"],
        },
        {
            "account_id": "444455556666",
            "account_name": "production",
            "email": "aws+prod@example.com",
            "roles": ["ReadOnly"],
        },
        {
            "account_id": "777788889999",
            "account_name": "sandbox",
            "email": "aws+sandbox@example.com",
            "roles": ["Administrator"],
        },
    ]
    assert (
        signed_in.run("accounts", "prod", "--names", AWS_PROFILE=None).out
        == "dev\nproduction\nsandbox\n"
    )
    table = signed_in.run("accounts", "--session", "demo").out.splitlines()
    assert table[0].split() == ["ACCOUNT", "ID", "E-MAIL", "ROLES"]
    assert table[1].split(maxsplit=3) == [
        "dev",
        "111122223333",
        "aws+dev@example.com",
        "Developer, ReadOnly",
    ]


def test_roles_flow_under_each_other_on_a_narrow_terminal(signed_in):
    signed_in.idc.accounts = big(1, roles=12)
    size = (50, 60)
    child = terminal.spawn(SSOENV, ["accounts"], signed_in.environment(), signed_in.home, size)
    lines = child.read().replace("\r\n", "\n").split("\x1b[K")[-1].splitlines()
    child.close()
    assert child.exitstatus == 0
    assert all(len(line) <= 60 for line in lines)
    assert lines[0].split() == ["ACCOUNT", "ID", "ROLES"]
    assert "Role008" in "".join(lines)
    assert lines[2].startswith(" " * 20)


def test_four_hundred_accounts_come_by_pages_from_a_portal_that_throttles(signed_in):
    signed_in.idc.accounts = big(400)
    signed_in.idc.throttle("ListAccountRoles", calls=150, seconds=1)
    found = listed(signed_in)
    assert [account["account_id"] for account in found] == [
        account.account_id for account in signed_in.idc.accounts
    ]
    assert all(len(account["roles"]) == 3 for account in found)
    assert signed_in.idc.count("ListAccounts") == 4
    refused = sum(call.status == 429 for call in signed_in.idc.calls)
    assert 0 < refused <= 8 * 4  # all threads pause when one is told to


def test_roles_come_by_pages_too(signed_in):
    signed_in.idc.accounts = big(2, roles=25)
    signed_in.idc.page_size = 10
    assert [len(account["roles"]) for account in listed(signed_in)] == [25, 25]
    assert signed_in.idc.count("ListAccountRoles") == 6


def test_no_more_than_eight_calls_are_under_way_and_silence_has_an_end(signed_in):
    signed_in.idc.accounts = big(40)
    signed_in.idc.fault("ListAccountRoles", hang=True)
    result = signed_in.run("accounts", SSOENV_TIMEOUT="1")
    assert result.code == 6, result
    assert "did not answer within 1 seconds" in result.err
    assert result.out == ""
    assert signed_in.idc.count("ListAccountRoles") == 8


def test_ctrl_c_ends_it_at_once(signed_in):
    signed_in.idc.accounts = big(40)
    signed_in.idc.fault("ListAccountRoles", hang=True)
    with subprocess.Popen(
        [SSOENV, "accounts"],
        env=signed_in.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert signed_in.idc.wait_for("ListAccountRoles", 8)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (out, err) == (b"", b"")


def test_a_token_refused_in_the_middle_is_renewed_once_for_all_threads(signed_in):
    token = json.loads(signed_in.token_file().read_text())
    signed_in.idc.accounts = big(60)
    signed_in.idc.revoke(token["accessToken"])
    assert len(listed(signed_in)) == 60
    assert signed_in.idc.count("CreateToken", "refresh_token") == 1
    token = json.loads(signed_in.token_file().read_text())
    signed_in.idc.fault("ListAccountRoles", delay=0.05)  # so that all threads are under way

    def revoke() -> None:
        signed_in.idc.wait_for("ListAccountRoles", 70)
        signed_in.idc.revoke(token["accessToken"])

    revoking = threading.Thread(target=revoke)
    revoking.start()
    assert len(listed(signed_in)) == 60
    revoking.join()
    assert signed_in.idc.count("CreateToken", "refresh_token") == 2


def test_a_token_refused_for_good_needs_a_sign_in(signed_in):
    signed_in.idc.fault("ListAccounts", status=401)
    result = signed_in.run("accounts")
    assert result.code == 4
    assert "ssoenv login" in result.err
    assert signed_in.idc.count("ListAccounts") == 2


def test_nobody_signed_in_is_told_what_to_type(world):
    result = world.run("accounts", "--session", "demo")
    assert (result.code, result.out) == (4, "")
    assert "ssoenv login --session demo" in result.err


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 403}, 5),
        ({"status": 500, "times": 2}, 0),
        ({"status": 500}, 7),
        ({"hang_up": True, "times": 2}, 0),
        ({"hang_up": True}, 6),
        ({"body": b"<html>log in to the wifi</html>"}, 7),
        ({"body": b"[]"}, 7),
        ({"body": b"{}"}, 7),
        ({"body": b'{"accountList": "none"}'}, 7),
        ({"body": b'{"accountList": ["a", 1, null]}'}, 7),
        ({"body": b'{"accountList": [{"accountName": "x"}]}'}, 7),
        ({"body": b'{"accountList": [{"accountId": 111122223333}]}'}, 7),
        ({"body": b'{"accountList": [{"accountId": "1111\\n2222333"}]}'}, 7),
        ({"body": b'{"accountList": [], "nextToken": "again"}'}, 7),
        ({"body": b'{"accountList": []}'}, 0),
    ],
)
def test_what_the_portal_may_do_instead_of_listing_accounts(signed_in, fault, code):
    signed_in.idc.fault("ListAccounts", **fault)
    result = signed_in.run("accounts", "--json")
    assert result.code == code, result
    assert "Traceback" not in result.err
    assert (result.out == "") == (code != 0)
    assert signed_in.idc.count("ListAccounts") < 6


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b'{"roleList": 7}', b'{"roleList": [], "nextToken": "again"}'],
)
def test_what_the_portal_may_do_instead_of_listing_roles(signed_in, body):
    signed_in.idc.fault("ListAccountRoles", body=body)
    result = signed_in.run("accounts")
    assert (result.code, result.out) == (7, ""), result


def test_hostile_names_stay_on_their_line_and_keep_off_the_terminal(signed_in):
    signed_in.idc.accounts = [
        Account(f"{200_000_000_000 + i}", name, ["ReadOnly"], name)
        for i, name in enumerate(HOSTILE)
    ]
    assert sorted(account["account_name"] for account in listed(signed_in)) == sorted(HOSTILE)
    result = signed_in.run("accounts")
    assert result.code == 0
    assert len(result.out.splitlines()) == len(HOSTILE) + 1
    assert all(character.isprintable() or character == "\n" for character in result.out)
    names = signed_in.run("accounts", "--names").out
    assert len(names.splitlines()) == len(HOSTILE)


def test_an_empty_list_says_so(signed_in):
    signed_in.idc.accounts = []
    result = signed_in.run("accounts")
    assert (result.code, result.out) == (0, "")
    assert "may use no account" in result.err


def test_no_config_is_needed(signed_in):
    signed_in.config.unlink()
    url, region = signed_in.idc.start_url, signed_in.idc.region
    result = signed_in.run("accounts", "--start-url", url, "--region", region, "--names")
    assert result.out == "dev\nproduction\nsandbox\n"
    for also in ([], ["--region", region, "dev"], ["--region", region, "--session", "demo"]):
        assert signed_in.run("accounts", "--start-url", url, *also).code == 2
