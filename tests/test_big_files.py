"""Config and credentials files of any size, and those that cannot be read: never "empty"."""

import json
import os

import pytest

from tests.conftest import World

PADDING = "# " + "x" * 98 + "\n"
MANY = PADDING * 45_000  # 4.5 MB
KEYS = "[robot]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"


def test_a_config_above_4_mib_is_read_to_its_end(signed_in: World) -> None:
    signed_in.add_config(MANY + "[profile last]\nregion = eu-west-1\n")
    assert signed_in.run("profiles", "--names").out.split() == ["dev", "legacy", "prod", "last"]
    assert signed_in.run("--complete", "", "status", "la").out.startswith("last\t")
    assert json.loads(signed_in.run("doctor", "--offline", "--json").out)["findings"] == []
    assert signed_in.run("dev").code == 0
    assert signed_in.run("configure", "--session", "demo", "--all", "--yes").code == 0
    assert "[profile production-ReadOnly]" in signed_in.config.read_text()


def test_credentials_above_4_mib_are_read_and_written(signed_in: World) -> None:
    file = signed_in.home / ".aws" / "credentials"
    file.write_text(MANY + KEYS)
    file.chmod(0o600)
    assert signed_in.run("write", "dev").code == 0
    assert "robot" in signed_in.run("profiles", "--names").out.split()
    assert file.read_text().startswith(MANY + KEYS)
    assert signed_in.run("write", "--clear").code == 0
    assert file.read_text() == MANY + KEYS


def test_keys_of_ours_in_a_big_file_are_known_as_ours(signed_in: World) -> None:
    """A role on top of a profile is assumed with the profile's role, not with its written keys."""
    file = signed_in.home / ".aws" / "credentials"
    file.write_text(MANY)
    signed_in.add_config(
        "[profile top]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\n"
        "source_profile = prod\nregion = eu-west-1\n"
    )
    signed_in.idc.allow_role("arn:aws:iam::444455556666:role/Deploy")
    assert signed_in.run("write", "prod").code == 0
    assert json.loads(signed_in.run("profiles", "--json").out)[2]["kind"] == "chain"
    assert signed_in.run("status", "top", "--json").code == 0
    assert json.loads(signed_in.run("status", "top", "--json").out)["sign_in"] is not None


@pytest.mark.parametrize("arguments", [["profiles", "--names"], ["profiles"]])
def test_a_config_that_cannot_be_read_is_not_an_empty_one(
    world: World, arguments: list[str]
) -> None:
    world.config.chmod(0)
    result = world.run(*arguments, modes_bind=True)
    assert (result.code, result.out) == (3, ""), result
    assert "~/.aws/config cannot be read: Permission denied" in result.err


@pytest.mark.parametrize("place", ["missing", os.devnull, "."])
def test_where_there_is_no_file_there_is_no_profile(world: World, place: str) -> None:
    result = world.run("profiles", "--names", AWS_CONFIG_FILE=place)
    assert (result.code, result.out, result.err) == (0, "", "")
