"""The real AWS SDK for .NET 3: where it takes [default] before the environment, ssoenv says so."""

import json
import os

import pytest

from tests.conftest import SSOENV, World
from tests.warm.test_notice import NOT_TAKEN, TAKEN

# SSOENV_TEST_NET_SDK: a .NET program that prints as JSON what FallbackCredentialsFactory of
# AWSSDK.Core 3.7 finds (its access key id as "key"); SSOENV_TEST_DOTNET: what runs it.
PROGRAM = [os.environ.get("SSOENV_TEST_DOTNET", ""), os.environ.get("SSOENV_TEST_NET_SDK", "")]

pytestmark = pytest.mark.skipif(
    not all(PROGRAM), reason="needs the AWS SDK for .NET 3: set SSOENV_TEST_DOTNET and _NET_SDK"
)


def key_of(world: World, *arguments: str) -> str:
    """The access key id that the SDK acts with in a child of ``exec``; its failure if it has none,
    since it tried to."""
    result = world.command(
        [SSOENV, "exec", *arguments, "dev", "--", *PROGRAM],
        DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="1",
        DOTNET_ROOT=os.path.dirname(PROGRAM[0]),
    )
    return json.loads(result.out)["key"] if result.code == 0 else "failed"


@pytest.mark.parametrize("config", [*TAKEN.values(), *NOT_TAKEN.values()], ids=[*TAKEN, *NOT_TAKEN])
def test_what_ssoenv_says_is_what_it_does(signed_in: World, config: str) -> None:
    signed_in.add_config(config)

    ours = signed_in.variables("dev")["AWS_ACCESS_KEY_ID"]
    assert (key_of(signed_in) != ours) == (config in TAKEN.values())


@pytest.mark.parametrize("config", TAKEN.values(), ids=TAKEN)
def test_the_way_out_is_one(signed_in: World, config: str) -> None:
    signed_in.add_config(config)
    ours = signed_in.variables("dev")["AWS_ACCESS_KEY_ID"]
    assert key_of(signed_in, "--endpoint") == ours
