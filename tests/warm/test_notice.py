"""The AWS SDK for .NET 3 takes ``[default]`` before the environment: who gets keys there is told,
once for each state of the config and credentials files."""

import json
from pathlib import Path

import pytest

from tests.conftest import World

KEYS = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = s\n"
ROLE = "role_arn = arn:aws:iam::111122223333:role/x\n"
B = f"[profile b]\n{KEYS}"
SSO = "sso_session = demo\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\n"
DEV = SSO.replace("ReadOnly", "Developer")

# What version 3 was seen to act as: see test_net_sdk in tests/interop.
TAKEN = {
    "keys": f"[default]\n{KEYS}",
    "keys, with the word profile": f"[profile default]\n{KEYS}",
    "keys with a token": f"[default]\n{KEYS}aws_session_token = t\n",
    "a process": "[default]\ncredential_process = /bin/true\n",
    "a role on top of keys": f"[default]\n{ROLE}source_profile = b\n{B}",
    "a role by the environment": f"[default]\n{ROLE}credential_source = Environment\n",
    "a web identity": f"[default]\n{ROLE}web_identity_token_file = /token\n",
}
NOT_TAKEN = {
    "nothing": "",
    "a region": "[default]\nregion = us-east-1\n",
    "half of the keys": "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n",
    "SSO": f"[default]\n{SSO}",
    "SSO beside keys": f"[default]\n{SSO}{KEYS}",
    "keys and a process": f"[default]\n{KEYS}credential_process = /bin/true\n",
    "keys and a role": f"[default]\n{KEYS}{ROLE}",
    "a role on itself": f"[default]\n{KEYS}{ROLE}source_profile = default\n",
    "a role without source": f"[default]\n{ROLE}",
    "a role on top of nothing": f"[default]\n{ROLE}source_profile = nope\n",
    "a role on top of SSO": f"[default]\n{ROLE}source_profile = dev\n",
}
SAME = {
    "its own credentials": "[default]\ncredential_process = ssoenv credential-process dev\n",
}


def notices(world: World, *arguments: str) -> int:
    """How often a run says it; it must go well, and say nothing else."""
    result = world.run(*arguments)
    assert result.code == 0, result
    words = "programs with the AWS SDK for .NET 3 act as [default], not as "
    assert result.err.count("\n") == result.err.count(words) <= 1, result
    if result.err:
        assert "For those: ssoenv exec --endpoint " in result.err
    return result.err.count(words)


@pytest.fixture
def shadowed(signed_in: World) -> World:
    signed_in.add_config(TAKEN["keys"])
    signed_in.settle()
    return signed_in


@pytest.mark.parametrize("config", TAKEN.values(), ids=TAKEN)
def test_it_is_said_once(signed_in: World, config: str) -> None:
    signed_in.add_config(config)
    signed_in.settle()
    assert [notices(signed_in, "dev") for _ in range(3)] == [1, 0, 0]
    assert notices(signed_in, "exec", "dev", "--", "true") == 0
    assert notices(signed_in, "legacy") == notices(signed_in, "dev", "--refresh") == 0


@pytest.mark.parametrize("config", [*NOT_TAKEN.values(), *SAME.values()], ids=[*NOT_TAKEN, *SAME])
def test_where_it_is_not_so_nothing_is_said(signed_in: World, config: str) -> None:
    signed_in.add_config(config)
    assert notices(signed_in, "dev") == notices(signed_in, "exec", "dev", "--", "true") == 0


def test_keys_in_the_credentials_file_count_too(signed_in: World) -> None:
    file = signed_in.home / ".aws" / "credentials"
    file.write_text(f"[default]\n{KEYS}")
    assert notices(signed_in, "dev") == 1


def test_keys_that_ssoenv_wrote_for_another_profile_count_too(signed_in: World) -> None:
    assert signed_in.run("write", "dev", "--as", "default").code == 0
    assert notices(signed_in, "dev") == 0
    assert notices(signed_in, "legacy") == 1


def test_exec_says_it_and_its_endpoint_does_not(shadowed: World) -> None:
    assert notices(shadowed, "exec", "--endpoint", "dev", "--", "true") == 0
    assert notices(shadowed, "exec", "dev", "--", "true") == 1


def test_it_is_said_again_when_a_file_has_changed(shadowed: World) -> None:
    assert notices(shadowed, "dev") == 1
    shadowed.add_config("# changed\n")
    shadowed.settle()
    assert [notices(shadowed, "legacy"), notices(shadowed, "dev")] == [1, 0]


def test_programs_do_not_use_it_up(shadowed: World) -> None:
    """Who asks for keys without an environment to set says nothing; a later person hears it."""
    script = "import ssoenv; ssoenv.resolve('dev')"
    python = str(Path(shadowed.environ["PATH"].partition(":")[0]) / "python")
    assert shadowed.command([python, "-c", script]).err == ""
    assert notices(shadowed, "credential-process", "dev") == 0
    assert notices(shadowed, "credential-process", "dev") == 0
    assert [notices(shadowed, "dev") for _ in range(2)] == [1, 0]


def test_a_role_without_config_is_told_too(shadowed: World) -> None:
    idc = shadowed.idc
    role = ("--sso-start-url", idc.start_url, "--sso-region", idc.region, "--account-id",
        "111122223333", "--role-name", "ReadOnly")  # fmt: skip
    assert [notices(shadowed, *role) for _ in range(2)] == [1, 0]


def test_default_itself_is_nobody_else(shadowed: World) -> None:
    assert notices(shadowed, "default") == 0


@pytest.mark.parametrize(("config", "found"), [
    (TAKEN["keys"], "its keys"), (TAKEN["a process"], "its credential_process"),
    (TAKEN["a web identity"], "its role"), (NOT_TAKEN["SSO"], ""), (NOT_TAKEN["a region"], ""),
])  # fmt: skip
def test_doctor_says_it_every_time(signed_in: World, config: str, found: str) -> None:
    signed_in.add_config(config)
    for _ in range(2):
        told = json.loads(signed_in.run("doctor", "--offline", "--json").out)["findings"]
        said = [one["message"] for one in told if one["check"] == "default-first"]
        assert len(said) == (1 if found else 0), told
        assert found in "".join(said)
