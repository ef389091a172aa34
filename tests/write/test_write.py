"""``ssoenv write``: temporary keys for tools that read nothing but ~/.aws/credentials."""

import configparser
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ssoenv.demo.center.identity_center import Account
from tests.conftest import SSOENV, World

KEYS = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"]


def path_of(world: World) -> Path:
    return world.home / ".aws" / "credentials"


def keys_in(world: World) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser()
    parser.read(path_of(world))
    return {name: dict(parser.items(name)) for name in parser.sections()}


def role_of(world: World, section: dict[str, str]) -> str:
    keys = world.idc.keys[section["aws_access_key_id"]]
    assert section["aws_secret_access_key"] == keys.secret_access_key
    assert section["aws_session_token"] == keys.session_token
    return re.sub("AWSReservedSSO_(.*)_.*", r"\1", keys.arn.split("/")[1])


def test_a_profiles_keys_are_written_with_their_end_and_a_mark(signed_in: World) -> None:
    result = signed_in.run("write", "dev")
    assert (result.code, result.out) == (0, "")
    assert re.fullmatch(r"ssoenv: wrote dev to ~/.aws/credentials, good for 59m\n", result.err)
    section = keys_in(signed_in)["dev"]
    assert role_of(signed_in, section) == "Developer"
    assert list(section) == [*KEYS, "aws_credential_expiration"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", section.popitem()[1])
    assert path_of(signed_in).read_text().splitlines()[:2] == [
        "[dev]",
        f"# ssoenv wrote this section for profile dev ({section['aws_access_key_id']}). "
        "To remove it: ssoenv write --clear",
    ]
    assert path_of(signed_in).stat().st_mode & 0o777 == 0o600


def test_many_profiles_are_written_by_one_run(signed_in: World) -> None:
    assert signed_in.run("write", "legacy", "dev", "dev", "-p", "prod").code == 0
    found = keys_in(signed_in)
    assert {name: role_of(signed_in, found[name]) for name in found} == {
        "legacy": "ReadOnly",
        "dev": "Developer",
        "prod": "Deploy",
    }


def test_options_may_stand_between_profiles(signed_in: World) -> None:
    result = signed_in.run("write", "dev", "--min-ttl", "20m", "legacy")
    assert result.code == 0, result
    written = (signed_in.home / ".aws" / "credentials").read_text()
    assert "[dev]" in written
    assert "[legacy]" in written


def test_all_means_every_profile_that_is_a_role(signed_in: World) -> None:
    signed_in.add_config("[profile static]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n")
    assert signed_in.run("write", "--all").code == 0
    assert list(keys_in(signed_in)) == ["dev", "legacy", "prod"]


def test_another_name_gets_the_region_as_well(signed_in: World) -> None:
    """Under the profile's own name, the config says it."""
    written = signed_in.run("write", "dev", "--as", "default")
    assert "ssoenv: wrote dev as default to " in written.err, written
    section = keys_in(signed_in)["default"]
    assert role_of(signed_in, section) == "Developer"
    assert section["region"] == "eu-central-1"
    assert signed_in.run("write", "legacy", "--as", "default", "--region", "eu-west-3").code == 0
    assert keys_in(signed_in)["default"]["region"] == "eu-west-3"
    assert path_of(signed_in).read_text().count("# ssoenv wrote") == 1
    assert signed_in.run("write", "--clear").code == 0
    assert path_of(signed_in).read_bytes() == b""


THEIRS = b"""# my keys
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE ; the old one
aws_secret_access_key\t=\tab%c/d+e=\r
  \r
[other]\r
region: x\r

; the end"""


def test_every_other_byte_of_the_file_is_kept(signed_in: World) -> None:
    path_of(signed_in).write_bytes(THEIRS)
    path_of(signed_in).chmod(0o644)
    assert signed_in.run("write", "dev", "prod").code == 0
    assert path_of(signed_in).read_bytes().startswith(THEIRS)
    assert path_of(signed_in).stat().st_mode & 0o777 == 0o600
    assert signed_in.run("write", "dev", "prod", "--refresh").code == 0
    assert list(keys_in(signed_in)) == ["default", "other", "dev", "prod"]
    assert signed_in.run("write", "--clear").code == 0
    assert path_of(signed_in).read_bytes() == THEIRS


def test_a_persons_own_settings_in_our_section_are_kept(signed_in: World) -> None:
    signed_in.run("write", "dev")
    with path_of(signed_in).open("a") as file:
        file.write("output = json ; mine\n# mine\ns3 =\n  max = 3\n")
    assert signed_in.run("write", "dev", "--refresh").code == 0
    assert (
        path_of(signed_in).read_text().endswith("output = json ; mine\n# mine\ns3 =\n  max = 3\n")
    )
    assert signed_in.run("write", "--clear").code == 0
    assert (
        path_of(signed_in).read_text() == "[dev]\noutput = json ; mine\n# mine\ns3 =\n  max = 3\n"
    )


def test_keys_go_into_a_section_that_is_there_and_leave_it_as_it_was(signed_in: World) -> None:
    theirs = b"[dev]\n  cli_pager =\n; note\n[x]\n"
    path_of(signed_in).write_bytes(theirs)
    assert signed_in.run("write", "dev").code == 0
    assert role_of(signed_in, keys_in(signed_in)["dev"]) == "Developer"
    assert keys_in(signed_in)["dev"]["cli_pager"] == ""
    assert signed_in.run("write", "--clear", "dev").code == 0
    assert path_of(signed_in).read_bytes() == theirs


@pytest.mark.parametrize(
    "theirs",
    [
        "[dev]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n",
        "[dev]\naws_security_token = t\n",
    ],
)
def test_keys_that_ssoenv_did_not_write_are_replaced_only_by_force(
    signed_in: World, theirs: str
) -> None:
    path_of(signed_in).write_text(theirs)
    result = signed_in.run("write", "dev")
    assert (result.code, path_of(signed_in).read_text()) == (3, theirs)
    assert "holds keys that ssoenv did not write" in result.err
    assert "--force" in result.err

    assert signed_in.run("write", "dev", "--force").code == 0
    section = keys_in(signed_in)["dev"]
    assert role_of(signed_in, section) == "Developer"
    assert "aws_security_token" not in section
    assert signed_in.run("write", "dev", "--refresh").code == 0


def test_keys_that_others_put_below_our_mark_are_theirs(signed_in: World) -> None:
    """A tool that knows nothing of the mark has written long-lived keys over ours."""
    signed_in.run("write", "dev")
    mine = keys_in(signed_in)["dev"]["aws_access_key_id"]
    first, last = path_of(signed_in).read_text().split(f"= {mine}")
    path_of(signed_in).write_text(f"{first}= AKIATHEIRS{last}")
    before = path_of(signed_in).read_text()
    assert signed_in.run("write", "dev").code == 3
    assert signed_in.run("write", "--clear").code == 0
    assert path_of(signed_in).read_text() == before


def test_clear_takes_only_what_is_named(signed_in: World) -> None:
    signed_in.run("write", "--all")
    signed_in.run("write", "dev", "--as", "default")
    assert signed_in.run("write", "--clear", "legacy").code == 0
    assert list(keys_in(signed_in)) == ["dev", "prod", "default"]
    assert signed_in.run("write", "--clear", "--as", "default").code == 0
    assert list(keys_in(signed_in)) == ["dev", "prod"]
    signed_in.run("write", "dev", "--as", "default")
    assert signed_in.run("write", "--clear", "dev").code == 0
    assert list(keys_in(signed_in)) == ["prod"]
    assert signed_in.run("write", "--clear").code == 0
    assert "nothing" in signed_in.run("write", "--clear").err


@pytest.mark.parametrize(
    "arguments",
    [["write"], ["write", "--all", "dev"], ["write", "dev", "prod", "--as", "x"],
     ["write", "--clear", "--watch", "dev"], ["write", "dev", "--as", ""]],
)  # fmt: skip
def test_what_cannot_be_meant_is_a_usage_error(signed_in: World, arguments: list[str]) -> None:
    assert signed_in.run(*arguments).code == 2
    assert not path_of(signed_in).exists()


def test_long_lived_keys_are_not_copied(signed_in: World) -> None:
    signed_in.add_config("[profile static]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n")
    result = signed_in.run("write", "static", "--as", "default")
    assert result.code == 3
    assert "do not expire" in result.err
    assert not path_of(signed_in).exists()


@pytest.mark.parametrize("content", [b"[a]\nx=1\n[a]\ny=2\n", b"x = 1\n", b"[a]\nx = \xff\n"])
def test_a_file_that_cannot_be_read_is_never_written(signed_in: World, content: bytes) -> None:
    path_of(signed_in).write_bytes(content)
    result = signed_in.run("write", "dev")
    assert result.code == 3
    assert path_of(signed_in).read_bytes() == content


def test_what_could_be_had_is_written_and_the_rest_is_told_line_by_line(signed_in: World) -> None:
    signed_in.add_config(
        "[profile denied]\nsso_session = demo\nsso_account_id = 111122223333\n"
        "sso_role_name = Root\n"
        "[profile broken]\nsso_session = gone\nsso_account_id = 111122223333\n"
        "sso_role_name = X\n"
    )
    path_of(signed_in).write_text("[legacy]\naws_access_key_id = AKIA1\n")
    result = signed_in.run("write", "dev", "denied", "nobody", "legacy", "broken", "prod")
    assert result.code == 5  # that of the first that failed
    lines = result.err.splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "denied", "nobody", "legacy", "broken", lines[-1].split(": ")[1],
    ]  # fmt: skip
    assert "wrote dev, prod to" in lines[-1]
    found = keys_in(signed_in)
    assert list(found) == ["legacy", "dev", "prod"]
    assert found["legacy"] == {"aws_access_key_id": "AKIA1"}


def test_a_failure_of_all_writes_nothing(world: World) -> None:
    result = world.run("write", "--all")
    assert result.code == 4
    assert len(result.err.splitlines()) == 3
    assert not path_of(world).exists()
    single = world.run("write", "dev")
    assert single.err == 'ssoenv: not signed in to "demo". Run: ssoenv login dev\n'


def many(world: World, number: int) -> list[str]:
    """That many profiles, each with a role of its own."""
    roles = [f"Role{n}" for n in range(number)]
    world.idc.accounts.append(Account("999900001111", "many", roles))
    for n, role in enumerate(roles):
        world.config.open("a").write(
            f"\n[profile p{n}]\nsso_session = demo\nsso_account_id = 999900001111\n"
            f"sso_role_name = {role}\nregion = eu-central-1\n"
        )
    return [f"p{n}" for n in range(number)]


def test_many_profiles_are_fetched_side_by_side_but_not_all_at_once(signed_in: World) -> None:
    names = many(signed_in, 20)
    signed_in.idc.fault("GetRoleCredentials", delay=0.3)
    assert signed_in.run("write", *names).code == 0
    times = [c.time for c in signed_in.idc.calls if c.operation == "GetRoleCredentials"]
    most = max(sum(time <= other < time + 0.25 for other in times) for time in times)
    assert 4 <= most <= 8
    assert list(keys_in(signed_in)) == names


def test_one_refresh_serves_all(world: World) -> None:
    world.sign_in(lifetime=-10)
    names = many(world, 20)
    assert world.run("write", *names).code == 0
    assert world.idc.count("CreateToken") == 1
    assert list(keys_in(world)) == names


def test_a_sign_in_that_is_over_is_asked_about_once(world: World) -> None:
    """Not once a profile, with a wait each."""
    world.sign_in(lifetime=-10)
    names = many(world, 20)
    world.idc.fault("CreateToken", error="InvalidGrantException")
    result = world.run("write", *names)
    assert result.code == 4
    assert world.idc.count("CreateToken") == 1
    assert len(result.err.splitlines()) == 20


def test_a_rate_limit_is_honoured_until_all_are_there(signed_in: World) -> None:
    names = many(signed_in, 20)
    signed_in.idc.throttle("GetRoleCredentials", calls=8, seconds=1)
    result = signed_in.run("write", *names)
    assert result.code == 0, result
    assert list(keys_in(signed_in)) == names


def test_twenty_writers_at_once_lose_nothing(signed_in: World) -> None:
    path_of(signed_in).write_bytes(THEIRS)
    names = many(signed_in, 20)
    results = signed_in.at_once(*[["write", name] for name in names])
    assert [result.code for result in results] == [0] * 20, results
    assert path_of(signed_in).read_bytes().startswith(THEIRS)
    found = keys_in(signed_in)
    assert {name: role_of(signed_in, found[name]) for name in names} == {
        f"p{n}": f"Role{n}" for n in range(20)
    }


def test_ssoenv_does_not_take_what_it_wrote_for_the_profiles_own_keys(signed_in: World) -> None:
    """botocore would build ``top`` on the keys of [prod] in the file instead of on its role."""
    signed_in.idc.allow_role("arn:aws:iam::444455556666:role/Top")
    signed_in.add_config(
        "[profile top]\nrole_arn = arn:aws:iam::444455556666:role/Top\nsource_profile = prod\n"
        "region = eu-west-1\n"
        "[profile onsso]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\nsource_profile = dev\n"
        "role_session_name = me\nregion = eu-west-1\n"
    )
    result = signed_in.run("write", "--all")
    assert result.code == 0
    assert "top in the config builds on prod" in result.err
    text = re.sub(r"(aws_session_token = ).*", r"\1worthless", path_of(signed_in).read_text())
    path_of(signed_in).write_text(text)
    for profile, role in (("dev", "Developer"), ("prod", "Deploy"), ("onsso", "Deploy"),
                          ("top", "Top")):  # fmt: skip
        found = signed_in.variables(profile, "--refresh")
        assert role in signed_in.idc.keys[found["AWS_ACCESS_KEY_ID"]].arn
        assert found["AWS_SESSION_TOKEN"] != "worthless"


def test_a_name_that_holds_only_what_ssoenv_wrote_is_no_profile_of_its_own(
    signed_in: World,
) -> None:
    """They would be handed out long after they have expired."""
    signed_in.run("write", "dev", "--as", "default")
    result = signed_in.run("default")
    assert result.code == 3
    assert 'holds only keys that ssoenv wrote for "dev"' in result.err


def test_other_tools_use_what_was_written(signed_in: World) -> None:
    signed_in.run("write", "dev", "--as", "temporary")
    code = (
        "import boto3; session = boto3.Session(profile_name='temporary');"
        "print(session.region_name, session.client('sts').get_caller_identity()['Arn'])"
    )
    result = signed_in.command([sys.executable, "-c", code])
    assert result.out.startswith("eu-central-1 arn:aws:sts::111122223333:assumed-role/AWSReserved")


def start_watch(world: World, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [SSOENV, "write", "--watch", *arguments],
        env=world.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_watch_renews_before_the_end_until_it_is_stopped(signed_in: World, end: int) -> None:
    signed_in.idc.role_lifetime = 62
    process = start_watch(signed_in, "dev", "--min-ttl", "60s")
    seen = set()
    for round in range(3):
        assert process.stderr.readline().startswith("ssoenv: wrote dev to ~/.aws/credentials")
        if round == 0:
            assert process.stderr.readline().startswith("ssoenv: watching: writes new keys")
        seen.add(keys_in(signed_in)["dev"]["aws_access_key_id"])
    process.send_signal(end)
    out, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out == ""
    assert said.startswith("ssoenv: stopped")
    assert len(seen) == 3
    assert sorted(os.listdir(path_of(signed_in).parent)) == [
        "cli", "config", "credentials", "credentials.lock", "sso",
    ]  # fmt: skip


def test_watch_ends_with_the_sign_in(world: World) -> None:
    """At once, though the keys in the file are still good for a while: the person should know."""
    world.sign_in(lifetime=4, refreshable=False)
    world.idc.role_lifetime = 62
    process = start_watch(world, "dev", "legacy", "--min-ttl", "58s")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "wrote dev, legacy to" in said
    assert said.splitlines()[-1].startswith("ssoenv: legacy: the sign-in to")
    assert list(keys_in(world)) == ["dev", "legacy"]
