"""What lets the AWS CLI use a sign-in that it does not see."""

import os

import pytest

from tests.conftest import SSOENV, World
from tests.interop.test_aws_cli import aws, call  # noqa: F401
from tests.keychain.conftest import assert_no_secret_in_files
from tests.keychain.service import Service
from tests.signin.people import Browser, Person

START = ["configure", "--all", "--yes", "--credential-process"]


def test_configure_writes_profiles_that_the_aws_cli_can_use(
    world: World,
    service: Service,
    browser: Browser,
    aws: str,  # noqa: F811
) -> None:
    world.idc.approval = "approve"
    world.config.write_text("")
    portal = ["--sso-start-url", world.idc.start_url, "--sso-region", world.idc.region]
    person = Person(world, *START, *portal, SSOENV_STORE="keyring", **browser.environ)
    assert person.end() == 0, person.seen
    text = world.config.read_text()
    assert "ssoenv_store = keyring" in text  # so that no variable is needed from now on
    assert (
        "[profile dev-Developer-keys]\ncredential_process = ssoenv credential-process dev-D" in text
    )
    path = f"{os.path.dirname(SSOENV)}:{world.environ['PATH']}"
    identity = ["sts", "get-caller-identity", "--region", "us-east-1", "--profile"]
    world.environ["PATH"] = path
    result = call(world, aws, *identity, "dev-Developer-keys")
    assert result.code == 0, result
    assert "Developer" in result.out
    assert call(world, aws, *identity, "dev-Developer").code != 0
    assert_no_secret_in_files(world)


def test_they_go_with_the_profile_whose_role_is_gone(
    world: World, service: Service, browser: Browser
) -> None:
    world.idc.approval = "approve"
    world.config.write_text("")
    portal = ["--sso-start-url", world.idc.start_url, "--sso-region", world.idc.region]
    person = Person(world, *START, *portal, SSOENV_STORE="keyring", **browser.environ)
    assert person.end() == 0, person.seen
    world.add_config("[profile mine-keys]\ncredential_process = ssoenv credential-process x\n")
    del world.idc.accounts[2]
    result = world.run("configure", "--all", "--yes", "--prune")
    assert result.code == 0, result
    text = world.config.read_text()
    assert "sandbox" not in text
    assert "[profile dev-Developer-keys]" in text
    assert "[profile mine-keys]" in text


@pytest.mark.parametrize("again", [False, True])
def test_with_files_no_profile_is_added_for_the_aws_cli(signed_in: World, again: bool) -> None:
    assert signed_in.run(*START).code == 0
    if again:
        assert "nothing to add" in signed_in.run(*START).err
    assert "-keys]" not in signed_in.config.read_text()
