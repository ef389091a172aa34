"""``ssoenv write --as NAME`` where the config gives NAME credentials already."""

import json
import sys

import pytest

from tests.conftest import World, assert_fails
from tests.write.test_write import keys_in, path_of

SSO = "sso_session = demo\nsso_account_id = 777788889999\nsso_role_name = Administrator\n"
CHAIN = "role_arn = arn:aws:iam::444455556666:role/Deploy\nsource_profile = dev\n"
WEB = "role_arn = arn:aws:iam::444455556666:role/Pod\nweb_identity_token_file = /token\n"
PROCESS = "credential_process = /bin/true\n"
KEYS = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"
LOGIN = "login_session = arn:aws:iam::111122223333:user/ana\n"
NET = "take [default] before what ssoenv sets in an environment"

in_use = pytest.mark.parametrize(("settings", "words"), [
    (SSO, "an SSO role, and the AWS CLI and boto3 do not read"),
    (CHAIN, "a role to assume, and the AWS CLI and the SDKs do not read"),
    (WEB, "a role with a web identity, and the AWS CLI and the SDKs do not read"),
    (PROCESS, "a credential_process, and the AWS SDK for .NET, for one, does not read"),
    (KEYS, "keys of its own, and tools that read the config alone do not read"),
    (LOGIN, "a sign-in by aws login"),
])  # fmt: skip


@in_use
@pytest.mark.parametrize("header", ["default", "profile default", "profile ci", "profile 'c i'"])
@pytest.mark.parametrize("watch", [[], ["--watch"]])
def test_it_is_refused_and_says_who_would_not_read_the_keys(
    signed_in: World, header: str, settings: str, words: str, watch: list[str]
) -> None:
    signed_in.add_config(f"[{header}]\n{settings}")
    name = header.removeprefix("profile ").strip("'")
    result = signed_in.run("write", "dev", "--as", name, *watch)
    assert (result.code, result.out) == (3, ""), result
    assert f'the config gives profile "{name}" {words}' in result.err
    assert "--as" in result.err
    assert "--force" in result.err
    assert not path_of(signed_in).exists()
    assert signed_in.idc.calls == []


@in_use
def test_force_writes_and_still_says_it(signed_in: World, settings: str, words: str) -> None:
    signed_in.add_config(f"[profile ci]\n{settings}")
    result = signed_in.run("write", "dev", "--as", "ci", "--force")
    assert result.code == 0, result
    assert f'ssoenv: warning: the config gives profile "ci" {words}' in result.err
    assert list(keys_in(signed_in)) == ["ci"]


def test_a_role_in_the_credentials_file_counts_too(signed_in: World) -> None:
    path_of(signed_in).write_text(f"[ci]\n{CHAIN}")
    result = signed_in.run("write", "dev", "--as", "ci")
    assert result.code == 3
    assert "a role to assume" in result.err
    assert path_of(signed_in).read_text() == f"[ci]\n{CHAIN}"


def test_keys_that_were_written_there_before_change_nothing(signed_in: World) -> None:
    assert signed_in.run("write", "dev", "--as", "default").code == 0
    assert signed_in.run("write", "dev", "--as", "default").code == 0
    signed_in.add_config(f"[default]\n{SSO}")
    assert signed_in.run("write", "dev", "--as", "default").code == 3


@pytest.mark.parametrize("settings", [
    "region = eu-west-1\n",
    "sso_session = demo\nsso_account_id = 111122223333\nsso_role_name = Developer\n",
    "credential_process = ssoenv credential-process dev\n",
    "credential_process = /usr/local/bin/ssoenv --debug credential-process --profile=dev\n",
])  # fmt: skip
def test_a_name_without_credentials_or_with_the_same_is_free(
    signed_in: World, settings: str
) -> None:
    signed_in.add_config(f"[profile ci]\n{settings}")
    result = signed_in.run("write", "dev", "--as", "ci")
    assert result.code == 0, result
    assert "warning" not in result.err


def test_a_profile_under_its_own_name_is_written_as_ever(signed_in: World) -> None:
    assert signed_in.run("write", "dev", "--as", "dev").code == 0
    assert signed_in.run("write", "--all").code == 0
    assert sorted(keys_in(signed_in)) == ["dev", "legacy", "prod"]


def test_boto3_goes_on_with_the_role_of_the_config(signed_in: World) -> None:
    """What the refusal says is so."""
    signed_in.add_config(f"[profile ci]\n{SSO}region = eu-west-1\n")
    assert signed_in.run("write", "dev", "--as", "ci", "--force").code == 0
    script = (
        "import boto3, json; keys = boto3.Session(profile_name='ci').get_credentials();"
        "print(json.dumps(keys.get_frozen_credentials().access_key))"
    )
    key = json.loads(signed_in.command([sys.executable, "-c", script]).out)
    assert key != keys_in(signed_in)["ci"]["aws_access_key_id"]
    assert "Administrator" in signed_in.idc.keys[key].arn


@pytest.mark.parametrize(("name", "said"), [("default", True), ("ci", False)])
def test_who_takes_default_first_is_said_every_time(
    signed_in: World, name: str, said: bool
) -> None:
    for _ in range(2):
        result = signed_in.run("write", "dev", "--as", name)
        assert result.code == 0
        assert (NET in result.err) == said
        assert ("ssoenv exec --endpoint PROFILE -- COMMAND" in result.err) == said


def test_a_name_that_the_file_cannot_have_is_answered_with_the_way_out(
    shared_world: World,
) -> None:
    shared_world.add_config(f"[profile DEFAULT]\n{SSO}")
    result = shared_world.run("write", "DEFAULT")
    assert result.code == 3 and "--as NAME" in result.err, result
    assert shared_world.run("write", "DEFAULT", "--as", "admin").code == 0


def test_keys_that_outlived_their_profile_are_not_said_to_be_somebody_elses(
    signed_in: World,
) -> None:
    signed_in.run("write", "dev")
    signed_in.run("write", "dev", "--as=two words")
    signed_in.config.write_text(signed_in.config.read_text().replace("profile dev]", "profile x]"))
    assert_fails(signed_in.run("dev"), 3, 'profile "dev" names no credentials. Add sso_session')
    path_of(signed_in).write_text(path_of(signed_in).read_text().replace("[dev]", "[other]"))
    advice = "To remove them, run: ssoenv write --clear 'two words'\n"
    assert_fails(signed_in.run("two words"), 3, advice)
    assert signed_in.run("write", "--clear", "two words").code == 0
    assert "two words" not in path_of(signed_in).read_text()


@pytest.mark.parametrize("variable", ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"])
def test_a_variable_that_names_no_file_is_named(signed_in: World, variable: str) -> None:
    command = ["write", "--clear"]
    if variable == "AWS_CONFIG_FILE":
        where = ("--sso-start-url", signed_in.idc.start_url, "--sso-region", signed_in.idc.region)
        command = ["configure", "--all", "--yes", "--session", "demo", *where]
    result = signed_in.run(*command, **{variable: ""})
    assert result.code == 3, result
    assert f"{variable}" in result.err.splitlines()[-1]
    assert "Unset it" in result.err
    assert not list(signed_in.home.parent.glob("*.lock"))
