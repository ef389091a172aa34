"""``ssoenv configure``: what it writes, and what it leaves as it was."""

import json
import subprocess

import pytest

from ssoenv.demo.center.identity_center import Account
from tests.configure.expected import (
    ALL,
    GENERATED,
    SESSION,
    URL,
    WHERE,
    configured,
    profiles,
    section,
)
from tests.conftest import World, need
from tests.test_accounts import HOSTILE, big

BY_HAND = (
    "# my config; hands off\r\n\r\n"
    + SESSION.replace("\n", "\r\n")
    + "; a comment\r\n[profile   'mine own']\r\nSSO_Session=demo\r\n"
    "sso_account_id : 111122223333\r\n"
    "sso_role_name =Developer\r\ns3 =\r\n    max_concurrent_requests = 20\r\n\r\n\r\n"
    "[default]\r\noutput=json"
)
BY_AWS_SSO_UTIL = """

[profile dev.Developer]
sso_start_url = https://demo.awsapps.com/start
sso_region = us-east-1
sso_account_name = dev
sso_account_id = 111122223333
sso_role_name = Developer
region = eu-west-1
credential_process = aws-sso-util credential-process --profile dev.Developer
sso_auto_populated = true
"""


# What it writes


def test_a_start_url_is_all_it_takes(signed_in):
    signed_in.config.unlink()
    assert configured(signed_in, *WHERE, "--all", "--yes") == (SESSION + GENERATED).encode()
    assert signed_in.config.stat().st_mode & 0o777 == 0o600
    assert signed_in.variables("dev-Developer")["AWS_ACCOUNT_ID"] == "111122223333"


@pytest.mark.parametrize(
    "url", ["demo.awsapps.com/start", f"{URL}/", f"{URL}#/", f"{URL}/#/?tab=accounts", f" {URL} "]
)
def test_the_start_url_may_be_as_people_paste_it(signed_in, url):
    signed_in.config.unlink()
    configured(signed_in, "--start-url", url, "--region", "us-east-1", "--all", "--yes")
    assert profiles(signed_in)["sso-session demo"]["sso_start_url"] == URL


def test_a_second_run_changes_nothing(bare):
    first = configured(bare, *ALL)
    assert first == (SESSION + GENERATED).encode()
    inode = bare.config.stat().st_ino
    result = bare.run("configure", *ALL, "--prune", "--profile-region", "eu-west-3")
    assert "all 4 roles have a profile" in result.err
    assert bare.config.read_bytes() == first
    assert bare.config.stat().st_ino == inode


def test_defaults_and_a_credential_process_are_written_if_asked_for(bare):
    configured(
        bare, *ALL, "--profile-region", "eu-west-3", "--output", "yaml", "--credential-process"
    )
    one = profiles(bare)["profile dev-Developer"]
    assert one["region"] == "eu-west-3"
    assert one["output"] == "yaml"
    assert one["credential_process"] == "ssoenv credential-process dev-Developer"
    assert bare.variables("dev-Developer")["AWS_REGION"] == "eu-west-3"
    process = bare.command(one["credential_process"].split())
    assert json.loads(process.out)["Version"] == 1


def test_that_no_region_is_written_is_said(bare):
    note = "ssoenv: no region is in the new profiles: with --profile-region REGION they get one\n"
    command = ("configure", "--all", "--dry-run")
    assert note in bare.run(*command).err
    assert note not in bare.run(*command, "--profile-region", "eu-west-1").err


def test_a_template_names_the_profiles(bare):
    configured(bare, *ALL, "--name", "acme.{role_name}.{account_id}")
    assert "profile acme.Developer.111122223333" in profiles(bare)


def test_the_line_to_try_runs_no_command_that_is_named_like_the_profile(bare):
    bare.idc.accounts = [Account("111122223333", "demo", ["Developer"])]
    result = bare.run("configure", *ALL, "--name", "{account_name}")
    assert 'try one: eval "$(ssoenv env demo)"' in result.err


def test_dry_run_prints_the_change_and_changes_nothing(bare):
    result = bare.run("configure", "--all", "--dry-run")
    assert result.code == 0
    assert bare.config.read_text() == SESSION
    added = "".join(line[1:] for line in result.out.splitlines(keepends=True)[3:])
    assert added == GENERATED
    assert result.out.startswith("--- ~/.aws/config\n+++ ~/.aws/config\n@@ -4,0 +5,")


def test_the_change_it_prints_can_be_applied_by_patch(bare, tmp_path):
    patch = need("patch", "apt-get install patch")
    bare.config.write_bytes(BY_HAND.encode())
    copy = tmp_path / "config"
    copy.write_bytes(bare.config.read_bytes())
    diff = bare.run("configure", "--all", "--dry-run").raw
    subprocess.run([patch, "--binary", str(copy)], input=diff, check=True, capture_output=True)
    assert configured(bare, *ALL) == copy.read_bytes()


# What it leaves alone


@pytest.mark.parametrize("text", [BY_HAND, BY_HAND + "\r\n"])
def test_what_people_wrote_stays_to_the_byte(bare, text):
    bare.config.write_bytes(text.encode())
    after = configured(bare, *ALL).decode()
    end = "" if text.endswith("\n") else "\r\n"
    rest = GENERATED.removeprefix(section("dev-Developer", "111122223333", "Developer"))
    assert after.rstrip("\r\n") == (text + end + rest.replace("\n", "\r\n")).rstrip("\r\n")


def test_what_the_aws_cli_wrote_stays_to_the_byte(signed_in):
    aws = need("aws", "apt-get install awscli")
    signed_in.config.unlink()
    for name, settings in (
        ("cli", {"sso_session": "demo", "sso_account_id": "111122223333", "region": "us-west-2"}),
        ("default", {"region": "us-east-1", "s3.max_queue_size": "9"}),
        ("two words", {"output": "text"}),
    ):
        for key, value in settings.items():
            done = signed_in.command([aws, "configure", "set", key, value, "--profile", name])
            assert done.code == 0, done
    before = signed_in.config.read_text()
    assert configured(signed_in, *WHERE, "--all", "--yes").decode() == (
        f"{before}\n{SESSION}{GENERATED}"
    )


def test_a_role_that_has_a_profile_gets_no_second_one(bare):
    bare.config.write_text(SESSION + BY_AWS_SSO_UTIL)
    after = configured(bare, *ALL).decode()
    assert after.startswith(SESSION + BY_AWS_SSO_UTIL)
    assert [name for name in profiles(bare) if "Developer" in name] == ["profile dev.Developer"]
    assert len(profiles(bare)) == 1 + 4


def test_what_aws_sso_util_made_is_left_to_it(signed_in):
    program = need("aws-sso-util", "pip install aws-sso-util")
    signed_in.config.unlink()
    made = signed_in.command(
        [program, "configure", "populate", "--sso-start-url", URL, "--sso-region", "us-east-1",
         "--region", "eu-west-1"]
    )  # fmt: skip
    assert made.code == 0, made
    before = signed_in.config.read_bytes()
    assert b"dev.Developer" in before
    assert configured(signed_in, *WHERE, "--all", "--yes", "--prune") == before


def test_edits_in_generated_profiles_are_kept(bare):
    edited = (SESSION + GENERATED).replace(
        "sso_role_name = Developer\n", "sso_role_name = Developer\nregion = ap-south-1\n# mine\n"
    )
    edited = edited.replace("sso_account_name = sandbox\n", "")
    bare.config.write_text(edited)
    assert configured(bare, *ALL, "--prune", "--profile-region", "eu-west-1").decode() == edited


def test_a_name_in_the_credentials_file_is_not_taken_over(bare):
    (bare.home / ".aws" / "credentials").write_text("[dev-Developer]\nregion = us-east-1\n")
    configured(bare, *ALL)
    assert "profile dev-Developer-111122223333" in profiles(bare)
    assert "profile dev-Developer" not in profiles(bare)


def test_the_config_that_is_meant_is_the_one_that_is_named(bare, tmp_path):
    other = tmp_path / "other"
    bare.run("configure", *WHERE, "--all", "--yes", AWS_CONFIG_FILE=str(other))
    assert bare.config.read_text() == SESSION
    assert other.read_text() == SESSION + GENERATED


# Coming and going


def test_prune_removes_what_it_made_and_is_gone_and_nothing_else(bare):
    mine = (
        "\n[profile mine]\nsso_session = demo\nsso_account_id = 999999999999\nsso_role_name = X\n"
    )
    bare.config.write_text(SESSION + GENERATED + mine)
    bare.idc.accounts = [
        Account("111122223333", "renamed", ["Developer"]),
        Account("555555555555", "new", ["ReadOnly"]),
    ]
    configured(bare, *ALL)
    assert "profile dev-ReadOnly" in profiles(bare)
    bare.config.write_text(SESSION + GENERATED + mine)
    after = configured(bare, *ALL, "--prune").decode()
    kept = SESSION + section("dev-Developer", "111122223333", "Developer") + mine
    assert after == kept + section("new-ReadOnly", "555555555555", "ReadOnly")


def test_a_profile_that_others_build_on_is_not_pruned(bare):
    chain = "\n[profile top]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = dev-ReadOnly\n"
    bare.config.write_text(SESSION + GENERATED + chain)
    bare.idc.accounts = bare.idc.accounts[1:]
    result = bare.run("configure", *ALL, "--prune")
    assert result.code == 0
    assert '"dev-ReadOnly" is kept' in result.err
    assert "profile dev-ReadOnly" in profiles(bare)
    assert "profile dev-Developer" not in profiles(bare)


def test_other_sessions_generated_profiles_are_not_pruned(bare):
    other = GENERATED.replace("sso_session = demo", "sso_session = other").replace(
        "[profile ", "[profile o-"
    )
    session = SESSION.replace("demo", "other")
    bare.config.write_text(SESSION + session + other)
    assert configured(bare, *ALL, "--prune").decode() == SESSION + session + other + GENERATED


def test_the_mark_survives_the_aws_cli(bare):
    aws = need("aws", "apt-get install awscli")
    configured(bare, *ALL)
    for key, value in (("region", "eu-west-1"), ("output", "text"), ("s3.max_queue_size", "9")):
        done = bare.command([aws, "configure", "set", key, value, "--profile", "dev-ReadOnly"])
        assert done.code == 0, done
    edited = bare.config.read_text()
    assert "region = eu-west-1" in edited
    assert configured(bare, *ALL, "--prune").decode() == edited
    bare.idc.accounts = bare.idc.accounts[1:]
    configured(bare, *ALL, "--prune")
    assert [name for name in profiles(bare) if "dev" in name] == []


def test_accounts_that_come_later_do_not_rename_those_before(bare):
    configured(bare, *ALL)
    bare.idc.accounts = [Account("000000000001", "dev", ["Developer"]), *bare.idc.accounts]
    after = configured(bare, *ALL).decode()
    assert after == SESSION + GENERATED + section(
        "dev-Developer-000000000001", "000000000001", "Developer", label="dev"
    )


# Many, and hostile


def test_four_hundred_accounts_with_three_roles(bare):
    bare.idc.accounts = big(400)
    configured(bare, *ALL)
    assert len(profiles(bare)) == 1 + 1200
    before = bare.config.read_bytes()
    assert configured(bare, *ALL, "--prune") == before
    result = bare.run("profiles", "--names")
    assert len(result.out.splitlines()) == 1200


def test_hostile_names_are_harmless(bare):
    bare.idc.accounts = [
        Account(f"{200_000_000_000 + i}", name, ["ReadOnly", "Read[Only]", "x\ny = z"], name)
        for i, name in enumerate(HOSTILE)
    ]
    result = bare.run("configure", *ALL)
    assert result.code == 0, result
    assert "\x1b" not in result.err
    assert "passed over" in result.err
    found = profiles(bare)
    assert len(found) == 1 + len(HOSTILE)
    assert {one["sso_role_name"] for name, one in found.items() if name != "sso-session demo"} == {
        "ReadOnly"
    }
    assert bare.config.read_text().isascii()
    assert not (bare.home / "pwned").exists()
    assert bare.variables("line-break-profile-evil-ReadOnly")
    aws = need("aws", "apt-get install awscli")
    ask = ["configure", "get", "sso_account_id", "--profile", "line-break-profile-evil-ReadOnly"]
    assert bare.command([aws, *ask]).out == "200000000000\n"


# Refusals


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--yes",),
        ("--all",),
        ("--all", "--yes", "--dry-run"),
        ("--all", "--yes", "--name", "{nobody}"),
        ("--all", "--yes", "--start-url", "ftp://x.example/start"),
        ("--all", "--yes", "--start-url", "https://x"),
        ("--all", "--yes", "--start-url", "https://[x", "--region", "us-east-1"),
        (
            "--all",
            "--yes",
            "--start-url",
            "https://u:p@x.awsapps.com/start",
            "--region",
            "us-east-1",
        ),
        ("--all", "--yes", "--start-url", "https://x.awsapps.com/start"),
        ("--all", "--yes", "--start-url", URL, "--region", "eu-west-1"),
        ("--all", "--yes", "--session", "demo", "--start-url", "https://x.awsapps.com/start"),
        ("--all", "--yes", "--session", "new"),
        ("--all", "--yes", "--session", ""),
        ("--all", "--yes", "--start-url", "", "--region", ""),
        ("--all", "--yes", "--profile-region", "eu\nwest-1"),
        ("--all", "--yes", "--output", "xml"),
    ],
)
def test_what_cannot_be_done_without_a_terminal_is_said(bare, arguments):
    result = bare.run("configure", *arguments)
    assert (result.code, result.out) == (2, ""), result
    assert bare.config.read_text() == SESSION


def test_a_config_that_cannot_be_read_is_not_written(bare):
    broken = "[profile a]\n[profile a]\n"
    bare.config.write_text(broken)
    assert bare.run("configure", *WHERE, "--all", "--yes").code == 3
    assert bare.config.read_text() == broken


def test_nobody_signed_in_is_told_what_to_type(world):
    result = world.run("configure", *ALL)
    assert (result.code, result.out) == (4, "")
    assert "ssoenv login --session demo" in result.err


def test_a_listing_that_breaks_off_changes_nothing(bare):
    bare.config.write_text(SESSION + GENERATED)
    bare.idc.fault("ListAccountRoles", status=500)
    assert bare.run("configure", *ALL, "--prune").code == 7
    assert bare.config.read_text() == SESSION + GENERATED


def test_keys_do_not_show_in_the_preview(bare):
    keyed = section(
        "old-R",
        "999999999999",
        "R",
        extra="aws_secret_access_key = SeCrEt\nAws_Session_Token=tOkEn\n    SeCrEt/more\n",
    )
    bare.config.write_text(SESSION + keyed)
    for how in ("--dry-run", "--yes"):
        result = bare.run("configure", "--session", "demo", "--all", "--prune", "--force", how)
        assert result.code == 0
        assert "-aws_secret_access_key = …" in result.out + result.err
        assert "SeCrEt" not in result.out + result.err
        assert "tOkEn" not in result.out + result.err


def test_without_sign_in_and_terminal_no_session_is_named_that_is_not_there(world: World) -> None:
    world.config.unlink()
    start = ("--start-url", world.idc.start_url, "--region", world.idc.region)
    result = world.run("configure", "--all", "--yes", *start)
    assert result.code == 4
    assert "Run this on a terminal, where it can sign you in" in result.err
    assert not world.config.exists()
