"""What is wrong with the credentials below a role is said of the profile that has them."""

import json

import pytest

from tests.conftest import World, assert_fails

ROLE = "arn:aws:iam::444455556666:role/Deploy"
ON_TOP = f"[profile x]\nrole_arn = {ROLE}\nsource_profile = y\nregion = eu-west-1\n[profile y]\n"
PROCESS = "credential_process = cat keys.json\n"
OLD = "2020-01-01T00:00:00Z"

SOURCES = {
    "half of a pair": (
        "aws_access_key_id = A\n",
        "[profile y] in ~/.aws/config is incomplete: aws_secret_access_key is missing. Add it",
    ),
    "a role without a source": (f"role_arn = {ROLE}\n", "[profile y] in ~/.aws/config is incom"),
    "a program that is not there": ("credential_process = ./ghost\n", 'profile "y" needs ./ghost'),
    "a program that fails": ("credential_process = false\n", 'credential_process of profile "y"'),
    "a program that prints no JSON": (
        "credential_process = echo hello\n",
        'credential_process of profile "y" does not print the JSON',
    ),
    "a program that prints old keys": (PROCESS, 'profile "y" gives have already expired. Run its'),
    "a token without a role": ("web_identity_token_file = t\n", "[profile y] has web_identity"),
    "no token": (
        f"role_arn = {ROLE}\nweb_identity_token_file = ghost\n",
        'profile "y" needs ghost',
    ),
    "nothing": ("region = eu-west-1\n", "Add sso_session, sso_account_id and sso_role_name to [pr"),
}


def print_keys(world: World, **fields: object) -> None:
    keys = world.idc.issue_static_keys()
    found = {"AccessKeyId": keys.access_key_id, "SecretAccessKey": keys.secret_access_key}
    text = json.dumps({"Version": 1, **found, **fields})
    (world.home / "keys.json").write_text(text)


@pytest.mark.parametrize("mistake", SOURCES)
def test_the_profile_at_fault_is_named(shared_world: World, mistake: str) -> None:
    settings, words = SOURCES[mistake]
    print_keys(shared_world, Expiration=OLD)
    shared_world.add_config(ON_TOP + settings)
    assert_fails(shared_world.run("x"), 3, words)


@pytest.mark.parametrize("mistake", ["nothing", "a token without a role"])
def test_doctor_finds_it_too(shared_world: World, mistake: str) -> None:
    shared_world.add_config(ON_TOP + SOURCES[mistake][0])
    result = shared_world.run("doctor", "--offline", "--json")
    assert [one["check"] for one in json.loads(result.out)["findings"]] == ["no-credentials"]


def test_a_source_alone_lacks_a_role(shared_world: World) -> None:
    shared_world.add_config("[profile x]\nsource_profile = dev\n")
    assert_fails(shared_world.run("x"), 3, "Add role_arn to [profile x]")


def test_an_empty_token_file_stands_in_the_way_of_a_role(shared_world: World) -> None:
    line = "web_identity_token_file =\n"
    shared_world.add_config(ON_TOP.replace("[profile y]\n", line).replace("= y", "= dev"))
    assert_fails(shared_world.run("x"), 3, "web_identity_token_file", "or remove the line")
    shared_world.config.write_text(shared_world.config.read_text().replace(line, ""))
    assert shared_world.run("x").code == 0


def test_in_the_credentials_file_too(shared_world: World) -> None:
    (shared_world.home / ".aws" / "credentials").write_text("[y]\naws_access_key_id = A\n")
    shared_world.add_config(ON_TOP)
    assert_fails(shared_world.run("x"), 3, "[y] in ~/.aws/credentials is incomplete")


def test_a_role_that_sts_cannot_make_sense_of_is_the_one_below(shared_world: World) -> None:
    keys = shared_world.idc.issue_static_keys()
    shared_world.idc.allow_role(f"{ROLE}2")
    shared_world.add_config(
        f"{ON_TOP}role_arn = {ROLE}2\nrole_session_name = a b\nsource_profile = z\n[profile z]\n"
        f"aws_access_key_id = {keys.access_key_id}\n"
        f"aws_secret_access_key = {keys.secret_access_key}\n"
    )
    assert_fails(shared_world.run("x"), 3, "Correct the role in [profile y]")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, "the environment is incomplete: AWS_SECRET_ACCESS_KEY is missing. Set it"),
        (
            {"AWS_SECRET_ACCESS_KEY": "B", "AWS_CREDENTIAL_EXPIRATION": OLD},
            "the keys in the environment have expired",
        ),
    ],
)
def test_keys_of_the_environment_are_not_the_profiles(
    shared_world: World, variables: dict[str, str], words: str
) -> None:
    shared_world.add_config(ON_TOP + f"role_arn = {ROLE}\ncredential_source = Environment\n")
    assert_fails(shared_world.run("x", AWS_ACCESS_KEY_ID="A", **variables), 3, words)


def test_an_account_may_be_a_number_in_the_json_of_a_process(shared_world: World) -> None:
    print_keys(shared_world, AccountId=123456789012)
    shared_world.add_config(f"[profile x]\n{PROCESS}")
    assert shared_world.variables("x")["AWS_ACCOUNT_ID"] == "123456789012"


def test_keys_that_no_one_can_use_are_the_fault_of_the_process(shared_world: World) -> None:
    print_keys(shared_world, SecretAccessKey=None)
    shared_world.add_config(f"[profile x]\n{PROCESS}")
    words = 'the credential_process of profile "x" prints a secret access key that is missing'
    assert_fails(shared_world.run("x"), 3, words, "Run it by hand")
