"""The AWS CLI's file names and content, as values that the real CLI v2 wrote."""

import json
import os
import stat
from pathlib import Path

import pytest

from ssoenv.demo import home
from ssoenv.demo.center.identity_center import Account
from tests.conftest import SSOENV, World

START_URL = "https://d-1234567890.awsapps.com/start"
DEPLOY = "arn:aws:iam::210987654321:role/Deploy"
DEPLOY_2 = "arn:aws:iam::210987654321:role/Deploy2"
ROLE = "sso_account_id = 123456789012\nsso_role_name = Admin\nregion = us-east-1\n"

CONFIG = f"""\
[sso-session corp]
sso_start_url = {START_URL}
sso_region = us-east-1

[profile modern]
sso_session = corp
{ROLE}
[profile legacy]
sso_start_url = {START_URL}
sso_region = us-east-1
{ROLE}
[profile deploy]
role_arn = {DEPLOY}
source_profile = modern
region = us-east-1

[profile deploy2]
role_arn = {DEPLOY_2}
source_profile = legacy
region = us-east-1
role_session_name = me
external_id = ext
duration_seconds = 1800
"""

# Taken down from a real AWS CLI 2.36.7: sha1 of the session name or start URL, and of the JSON
# that botocore makes of a role.
TOKENS = {
    "corp": "ee0bfd2552fbd840c02cc48b6e823320543c450f.json",
    None: "7487b5b67d5fa1132cf33fa93ae51ef38cc37752.json",
}
ROLES = {
    "modern": "8457bc68cf9d4aa8d629a61563948e8bd3159d49.json",
    "legacy": "84fb414419be704038110523505e04e6df696e23.json",
    "deploy": "b355604d21d898223379405b7a42cff316ee2aca.json",
    "deploy2": "3bbc35c0ac9a0bb8cb6b1e1cb246ba2d1e98ff28.json",
}


@pytest.fixture
def corporation(shared_world: World) -> World:
    """A world with the very names whose keys are known."""
    shared_world.idc.accounts.append(Account("123456789012", "corp", ["Admin"]))
    shared_world.idc.allow_role(DEPLOY)
    shared_world.idc.allow_role(DEPLOY_2, external_id="ext")
    shared_world.config.write_text(CONFIG)
    for path in shared_world.tokens.iterdir():
        path.unlink()
    for name in TOKENS.values():
        (shared_world.tokens / name).write_text(
            json.dumps(shared_world.idc.issue_token(start_url=START_URL))
        )
    return shared_world


@pytest.mark.parametrize("profile", ROLES)
def test_the_file_is_where_the_cli_looks_for_it(corporation: World, profile: str) -> None:
    assert corporation.run(profile).code == 0
    written = {path.name for path in corporation.roles.iterdir()}
    assert ROLES[profile] in written
    sources = {"deploy": "modern", "deploy2": "legacy"}
    assert written == {ROLES[profile], ROLES[sources.get(profile, profile)]}


@pytest.mark.parametrize(("profile", "session"), [("modern", "corp"), ("legacy", None)])
def test_each_token_file_is_the_one_of_its_sign_in(
    corporation: World, profile: str, session: str | None
) -> None:
    for name, file in TOKENS.items():
        if name != session:
            (corporation.tokens / file).unlink()
    result = corporation.run(profile)
    assert (result.code, result.err) == (0, "")  # and not by another name's sign-in
    (corporation.tokens / TOKENS[session]).unlink()
    assert corporation.run(profile, "--refresh").code == 4


def test_the_content_of_an_sso_role_is_the_clis(corporation: World) -> None:
    variables = corporation.variables("modern")
    entry = json.loads((corporation.roles / ROLES["modern"]).read_text())
    assert list(entry) == ["ProviderType", "Credentials"]
    assert entry["ProviderType"] == "sso"  # by which `aws sso logout` finds what to remove
    assert entry["Credentials"] == {
        "AccessKeyId": variables["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": variables["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": variables["AWS_SESSION_TOKEN"],
        "Expiration": variables["AWS_CREDENTIAL_EXPIRATION"].replace("+00:00", "Z"),
        "AccountId": "123456789012",
    }


def test_the_content_of_a_chained_role_is_the_answer_of_sts(corporation: World) -> None:
    variables = corporation.variables("deploy2")
    entry = json.loads((corporation.roles / ROLES["deploy2"]).read_text())
    assert set(entry) == {"Credentials", "AssumedRoleUser", "ResponseMetadata"}
    assert entry["Credentials"] == {
        "AccessKeyId": variables["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": variables["AWS_SECRET_ACCESS_KEY"],
        "SessionToken": variables["AWS_SESSION_TOKEN"],
        "Expiration": variables["AWS_CREDENTIAL_EXPIRATION"],
        "AccountId": "210987654321",
    }
    assert entry["AssumedRoleUser"]["Arn"].endswith(":assumed-role/Deploy2/me")


@pytest.mark.parametrize("mask", ["000", "022", "077", "777"])
def test_what_holds_secrets_is_private_whatever_the_umask(corporation: World, mask: str) -> None:
    corporation.command(["sh", "-c", f"umask {mask}; exec {SSOENV} modern"])
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode)
        for path in (corporation.roles.parent, corporation.roles, *corporation.roles.iterdir())
    }
    assert modes == {"cli": 0o700, "cache": 0o700, ROLES["modern"]: 0o600}


def test_a_file_that_others_could_read_is_private_once_it_is_replaced(corporation: World) -> None:
    path = corporation.roles / ROLES["modern"]
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    path.chmod(0o666)
    assert corporation.run("modern").code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_profiles_of_one_role_share_its_entry(corporation: World) -> None:
    corporation.add_config(f"[profile twin]\nsso_session = corp\n{ROLE}".replace("us-", "eu-"))
    first = corporation.variables("modern")
    calls = len(corporation.idc.calls)
    second = corporation.variables("twin")
    assert len(corporation.idc.calls) == calls
    assert first["AWS_ACCESS_KEY_ID"] == second["AWS_ACCESS_KEY_ID"]
    assert (first["AWS_REGION"], second["AWS_REGION"]) == ("us-east-1", "eu-east-1")


def test_an_account_with_leading_zeros_keeps_them(corporation: World) -> None:
    corporation.idc.accounts.append(Account("000000000012", "zeros", ["Admin"]))
    corporation.config.write_text(CONFIG.replace("123456789012", "000000000012"))
    assert corporation.variables("modern")["AWS_ACCOUNT_ID"] == "000000000012"


def test_nothing_is_left_beside_the_files(corporation: World) -> None:
    for profile in ROLES:
        assert corporation.run(profile, "--refresh").code == 0
    names = {path.name for path in Path(corporation.roles).iterdir()}
    assert names == set(ROLES.values())
    assert os.listdir(corporation.home) == [".aws"]


def test_the_token_file_of_the_demo_follows_the_same_rule(corporation: World) -> None:
    assert home.token_file("/h", "corp").endswith("/.aws/sso/cache/" + TOKENS["corp"])
