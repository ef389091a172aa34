"""``ssoenv profiles``: the list itself, its states, and how it looks on terminals."""

import json
import subprocess
import unicodedata

import pytest

from ssoenv.aws import cache_key, clients, profile
from ssoenv.credentials import state
from ssoenv.signin import stored
from ssoenv.terminal import tables
from tests import terminal
from tests.aws import probe
from tests.conftest import SSOENV, World


def listed(world: World, *arguments: str, **changes: str | None) -> dict[str, dict]:
    result = world.run("profiles", "--json", *arguments, **changes)
    assert result.code == 0, result
    return {row["profile"]: row for row in json.loads(result.out)}


def screen(world: World, columns: int, *arguments: str) -> list[str]:
    """What a terminal of that width is sent, line by line."""
    command, size = ["profiles", *arguments], (50, columns)
    child = terminal.spawn(SSOENV, command, world.environment(), world.home, size)
    text = child.read()
    child.close()
    assert child.exitstatus == 0, text
    return text.replace("\r\n", "\n").splitlines()


def test_every_profile_is_listed_with_what_it_is(world):
    world.add_config(
        "[profile robot]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = s\n"
        "[profile tool]\ncredential_process = /bin/true\n"
        "[profile pod]\nrole_arn = arn:aws:iam::111122223333:role/Pod\n"
        "web_identity_token_file = /token\n"
        "[profile half]\nsso_session = ghost\nsso_account_id = 111122223333\nsso_role_name = A\n"
        "[profile region-only]\nregion = eu-west-3\n"
    )
    rows = listed(world)
    assert [(name, row["kind"], row["state"]) for name, row in rows.items()] == [
        ("dev", "sso", "sign-in-needed"),
        ("legacy", "sso", "sign-in-needed"),
        ("prod", "chain", "sign-in-needed"),
        ("robot", "keys", "elsewhere"),
        ("tool", "process", "elsewhere"),
        ("pod", "web-identity", "elsewhere"),
        ("half", "sso", "incomplete"),
        ("region-only", "none", "incomplete"),
    ]
    assert rows["prod"]["account_id"] == "444455556666"
    assert rows["prod"]["role_name"] == "Deploy"
    assert rows["dev"]["sign_in"]["session"] == "demo"
    assert rows["legacy"]["sign_in"]["session"] is None


ROLE = "role_arn = arn:aws:iam::111122223333:role/R\nregion = us-east-1\n"
SSO = "sso_session = demo\nsso_account_id = 111122223333\n"
KEYS = "aws_access_key_id = A\naws_secret_access_key = B\n"
# What is in [profile x], and what its STATE is once somebody has signed in.
STATES = {
    "no role name": (SSO, "incomplete"),
    "no account": ("sso_session = demo\nsso_role_name = R\n", "incomplete"),
    "a contradiction": (
        f"{SSO}sso_role_name = R\nsso_start_url = https://x.awsapps.com/start\n",
        "incomplete",
    ),
    "an account that is none": (
        "sso_session = demo\nsso_account_id = 123\nsso_role_name = R\n",
        "incomplete",
    ),
    "a chain to nowhere": (f"{ROLE}source_profile = bb\n", "incomplete"),
    "a chain without source": (ROLE, "incomplete"),
    "a chain with two": (
        f"{ROLE}source_profile = dev\ncredential_source = Environment\n",
        "incomplete",
    ),
    "a loop": (
        f"{ROLE}source_profile = y\n[profile y]\n{ROLE}source_profile = x\n",
        "incomplete",
    ),
    "its own source without keys": (f"{ROLE}source_profile = x\n", "incomplete"),
    "a source without credentials": (
        f"{ROLE}source_profile = y\n[profile y]\nregion = us-east-1\n",
        "incomplete",
    ),
    "no credentials": ("region = us-east-1\n", "no credentials"),
    "half a pair of keys": ("aws_access_key_id = A\n", "incomplete"),
    "a web identity for no role": ("web_identity_token_file = /token\n", "incomplete"),
    "its own source": (f"{ROLE}{KEYS}source_profile = x\n", "needs no sign-in"),
    "keys": (KEYS, "needs no sign-in"),
    "keys below": (f"{ROLE}source_profile = y\n[profile y]\n{KEYS}", "needs no sign-in"),
    "an instance below": (f"{ROLE}credential_source = Environment\n", "needs no sign-in"),
    "a process": ("credential_process = /bin/false\n", "needs no sign-in"),
}


@pytest.mark.parametrize("case", STATES)
def test_what_the_config_alone_makes_fail_is_not_shown_as_usable(signed_in, case):
    settings, state = STATES[case]
    signed_in.add_config(f"[profile x]\n{settings}")
    (row,) = [line for line in signed_in.run("profiles").out.splitlines() if line[:2] == "x "]
    assert row.endswith(f"  {state}")
    if state != "needs no sign-in":
        assert signed_in.run("x").code == 3


def test_states_come_from_the_caches_and_nobody_is_asked(signed_in):
    assert signed_in.run("dev").code == 0
    calls = len(signed_in.idc.calls)
    rows = listed(signed_in)
    assert rows["dev"]["state"] == "keys"
    assert 3500 < rows["dev"]["credentials"]["seconds_left"] <= 3600
    assert rows["prod"]["state"] == "signed-in"
    assert 28000 < rows["prod"]["sign_in"]["seconds_left"] <= 28800
    assert len(signed_in.idc.calls) == calls


@pytest.mark.parametrize(
    ("refreshable", "state"), [(True, "renews-itself"), (False, "sign-in-needed")]
)
def test_an_expired_sign_in_is_told_from_one_that_renews_itself(world, refreshable, state):
    world.sign_in(lifetime=-60, refreshable=refreshable)
    assert listed(world)["dev"]["state"] == state


def test_expired_keys_do_not_count_as_good(signed_in):
    signed_in.idc.role_lifetime = 3600
    assert signed_in.run("dev").code == 0
    (entry,) = signed_in.roles.iterdir()
    held = json.loads(entry.read_text())
    held["Credentials"]["Expiration"] = "2020-01-01T00:00:00Z"
    entry.write_text(json.dumps(held))
    assert listed(signed_in)["dev"]["state"] == "signed-in"


def test_a_given_access_token_counts_as_signed_in(world):
    assert listed(world, SSOENV_ACCESS_TOKEN="given")["dev"]["state"] == "signed-in"


def test_corrupt_caches_are_no_failure(signed_in):
    assert signed_in.run("dev").code == 0
    (entry,) = signed_in.roles.iterdir()
    entry.write_text("{")
    (signed_in.roles / "session.db").write_bytes(b"SQLite format 3\0")
    for path in signed_in.tokens.iterdir():
        path.write_text("[]")
    assert listed(signed_in)["dev"]["state"] == "sign-in-needed"


def test_words_filter_by_all_that_is_shown(signed_in):
    assert list(listed(signed_in, "READONLY")) == ["legacy"]
    assert list(listed(signed_in, "1111", "eu-")) == ["dev"]
    assert list(listed(signed_in, "signed in")) == ["dev", "legacy", "prod"]
    result = signed_in.run("profiles", "nothing-like-it")
    assert (result.code, result.out) == (0, "")
    assert "no profile holds nothing-like-it" in result.err


def test_names_are_one_a_line_with_and_without_words(world):
    assert world.run("profiles", "--names").out == "dev\nlegacy\nprod\n"
    assert world.run("profiles", "--names", "chain").out == "prod\n"


def test_without_any_profile_the_next_step_is_named(world):
    world.config.write_text("")
    result = world.run("profiles")
    assert (result.code, result.out) == (0, "")
    assert "ssoenv configure" in result.err
    assert world.run("profiles", "--json").out == "[]\n"


def test_at_80_columns_it_is_a_table_and_at_40_a_block_each(signed_in):
    wide = screen(signed_in, 120)
    assert wide[0].split() == ["PROFILE", "KIND", "ACCOUNT", "ROLE", "REGION", "SESSION", "STATE"]
    table = screen(signed_in, 80)
    assert table[0].split()[0] == "PROFILE"
    assert table[0].split()[-1] == "STATE"
    assert all(len(line) <= 80 for line in table)
    assert len(table) == 4
    block = screen(signed_in, 40)
    assert all(len(line) <= 40 for line in block)
    assert [line.split()[0] for line in block if not line.startswith(" ")] == [
        "dev",
        "legacy",
        "prod",
    ]
    assert "signed in for" in " ".join(block)


def test_names_with_control_characters_cannot_play_with_the_terminal(world):
    world.add_config("[profile \x1b[31mred]\nregion = \x1b]0;title\x07eu\n")
    shown = world.run("profiles").out
    assert "\x1b" not in shown
    assert "?[31mred" in shown


def test_a_reader_that_has_seen_enough_is_no_failure(world):
    world.add_config("".join(f"[profile p{i}]\nregion = eu-west-1\n" for i in range(9000)))
    with subprocess.Popen(
        [SSOENV, "profiles"],
        env=world.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


def test_ten_thousand_profiles_cost_one_reading_of_each_file(signed_in, monkeypatch):
    for name, value in signed_in.environ.items():
        monkeypatch.setenv(name, value)
    section = "sso_session = demo\nsso_account_id = {:012}\nsso_role_name = R\n"
    signed_in.add_config("".join(f"[profile p{i}]\n" + section.format(i) for i in range(10_000)))
    assert signed_in.run("p7777").code == 5  # and so nothing is cached for it
    read: list[str] = []
    monkeypatch.setattr(
        stored.tokens,
        "read",
        lambda path, real=stored.tokens.read: read.append(path) or real(path),
    )
    monkeypatch.setattr(
        state.role_keys,
        "read",
        lambda key, real=state.role_keys.read: read.append(key) or real(key),
    )
    monkeypatch.setattr(clients, "open_session", once(clients.open_session))
    assert len(state.rows()) == 10_003
    assert len(read) == 2  # the tokens of dev and legacy


def once(function):
    """``function``, which may be called a single time."""
    calls = iter([function])
    return lambda *arguments: next(calls)(*arguments)


def test_the_cache_keys_are_those_of_botocore(world, monkeypatch):
    arn = "role_arn = arn:aws:iam::444455556666:role/path/Deploy\nsource_profile = dev\n"
    world.add_config(
        f"[profile one]\n{arn}role_session_name = me\n"
        f"[profile two]\n{arn}external_id = x\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n"
        f"[profile three]\n{arn}duration_seconds = 1800\n"
        f"[profile four]\n{arn}duration_seconds = 3600\nregion = eu-west-1\n"
        "[profile five]\nsso_session = demo\nsso_account_id = 000000000042\nsso_role_name = a b\n"
    )
    for name, value in world.environ.items():
        monkeypatch.setenv(name, value)
    names = profile.names()
    assert len(names) == 8
    for name in names:
        described = profile.load(name)
        section = described.session.full_config["profiles"][name]
        key = cache_key.key_of(described, section)
        assert key is not None
        assert key == probe.key_of(described), name


def test_wide_characters_keep_the_columns_straight():
    text = tables.table(("A", "B"), [("開発", "x"), ("e\N{COMBINING ACUTE ACCENT}", "y")], 80)
    title, wide, combined = text.splitlines()
    assert title == "A     B"
    assert wide == "開発  x"
    assert unicodedata.normalize("NFC", combined) == "é     y"


@pytest.mark.parametrize("width", range(1, 60))
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(width):
    rows = [("a-rather-long-profile-name", "sso", "111122223333", ""), ("b", "", "", "signed in")]
    text = tables.table(("PROFILE", "KIND", "ACCOUNT", "STATE"), rows, width, ("KIND",))
    assert all(len(line) <= max(width, 3) for line in text.splitlines())
    joined = "".join(text.split())
    for word in ("a-rather-long-profile-name", "111122223333", "signed"):
        assert word in joined
