"""What AWS's own tools make of the keys that ssoenv wrote, as docs/tools.md tells it."""

import re
from collections.abc import Callable

import pytest

from tests.conftest import Result, World
from tests.credential_process.test_with_sdks import boto3, cli, javascript
from tests.write.test_write import path_of


@pytest.fixture
def spoiled(signed_in: World) -> World:
    """All roles are written under their own names, and the keys have become worthless."""
    signed_in.idc.allow_role("arn:aws:iam::444455556666:role/Top")
    signed_in.add_config(
        "[profile top]\nrole_arn = arn:aws:iam::444455556666:role/Top\nsource_profile = prod\n"
        "region = eu-west-1\n"
    )
    assert signed_in.run("write", "dev", "prod").code == 0
    text = re.sub(r"(aws_session_token = ).*", r"\1worthless", path_of(signed_in).read_text())
    path_of(signed_in).write_text(text)
    return signed_in


@pytest.mark.parametrize("tool", [boto3, cli])
def test_the_aws_cli_and_boto3_take_the_role_rather_than_the_keys(
    spoiled: World, tool: Callable[[World, str], Result]
) -> None:
    for profile, role in (("dev", "Developer"), ("prod", "Deploy")):
        result = tool(spoiled, profile)
        assert result.code == 0, result
        assert role in result.out


@pytest.mark.parametrize("tool", [boto3, cli])
def test_on_top_of_a_chained_role_they_take_the_keys(
    spoiled: World, tool: Callable[[World, str], Result]
) -> None:
    assert tool(spoiled, "top").code != 0
    assert spoiled.run("top").code == 0  # and ssoenv does not


def test_the_javascript_sdk_takes_the_keys(spoiled: World) -> None:
    assert javascript(spoiled, "dev").code != 0
    assert spoiled.run("write", "dev", "--refresh").code == 0
    result = javascript(spoiled, "dev")
    assert result.code == 0, result
    assert "Developer" in result.out


@pytest.mark.parametrize("token", ["aws_session_token", "aws_security_token"])
def test_temporary_keys_of_another_tool_are_replaced_with_a_notice(
    signed_in: World, token: str
) -> None:
    file = signed_in.home / ".aws" / "credentials"
    file.write_text(
        f"[dev]\naws_access_key_id = ASIAOLD\naws_secret_access_key = s\n{token} = old\n"
    )
    result = signed_in.run("write", "dev")
    assert result.code == 0, result
    assert "replaced the temporary keys that another tool had written to [dev]" in result.err
    assert "ASIAOLD" not in file.read_text()
    assert "replaced" not in signed_in.run("write", "dev").err


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE", True),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token", True),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/", False),
        ("AWS_DEFAULT_PROFILE", "prod", True),
        ("AWS_DEFAULT_PROFILE", "dev", False),
        ("AWS_PROFILE", "prod", False),
    ],
)
def test_what_sdks_take_before_the_written_profile_is_said(
    signed_in: World, variable: str, value: str, told: bool
) -> None:
    result = signed_in.run("write", "dev", **{variable: value})
    assert result.code == 0, result
    assert (f"{variable} comes before AWS_PROFILE=dev" in result.err) == told, result
    assert result.err.count("\n") == (2 if told else 1), result


def test_keys_of_the_same_profile_that_ssoenv_has_set_are_no_matter(signed_in: World) -> None:
    ours = signed_in.variables("dev")
    assert "warning" not in signed_in.run("write", "dev", **ours).err
    assert "AWS_ACCESS_KEY_ID comes before" in signed_in.run("write", "prod", **ours).err


def test_nothing_is_said_of_them_where_nothing_is_written(signed_in: World) -> None:
    signed_in.sign_out()
    result = signed_in.run("write", "dev", AWS_WEB_IDENTITY_TOKEN_FILE="/token")
    assert result.code == 4
    assert result.err.count("\n") == 1
