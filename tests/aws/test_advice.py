"""Advice about headers helps when it is followed."""

import json

import pytest

from tests.conftest import World, assert_fails

ROLE = "sso_role_name = Developer\nsso_account_id = 111122223333\n"
SESSION = "sso_start_url = https://demo.awsapps.com/start\nsso_region = us-east-1\n"


def advice(world: World) -> list[str]:
    found = json.loads(world.run("doctor", "--offline", "--json").out)["findings"]
    return [one["fix"] for one in found]


def test_a_section_is_not_renamed_to_one_that_is_there(shared_world: World) -> None:
    shared_world.add_config("[dev]\nregion = us-east-1\n")
    assert advice(shared_world) == [
        "Move its settings into [profile dev], which is there already, or remove it"
    ]


@pytest.mark.parametrize("header", ["sso_session corp", "SSO-Session corp", "sso session corp"])
def test_a_misspelled_session_becomes_a_session(shared_world: World, header: str) -> None:
    shared_world.add_config(f"[{header}]\n{SESSION}")
    assert advice(shared_world) == ["Change that line to [sso-session corp]"]


@pytest.mark.parametrize(
    "header",
    ["profile:x", "profile=x", "profile-x", "profile_x", "[profile x]", "aws-profile x",
     "\u201cprofile x\u201d", "profile\u00a0x", "PROFILE 'x"],
)  # fmt: skip
def test_a_misspelled_profile_becomes_a_profile(shared_world: World, header: str) -> None:
    shared_world.add_config(f"[{header}]\nsso_session = demo\n{ROLE}")
    wanted = "Change that line to [profile x]"
    assert advice(shared_world) == [wanted]
    assert_fails(shared_world.run("x"), 3, wanted)
    shared_world.config.write_text(
        shared_world.config.read_text().replace(f"[{header}]", wanted[20:])
    )
    assert shared_world.run("x").code == 0


@pytest.mark.parametrize("word", ["profile", "sso-session"])
def test_a_header_without_a_name_needs_one(shared_world: World, word: str) -> None:
    shared_world.add_config(f"[{word}]\n{SESSION}{ROLE}")
    assert advice(shared_world) == [f"Change that line to [{word} NAME]"]


def test_a_source_profile_written_as_a_header(shared_world: World) -> None:
    shared_world.add_config(
        "[profile x]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\n"
        "source_profile = profile dev\n"
    )
    assert_fails(shared_world.run("x"), 3, "Did you mean source_profile = dev?")


def test_a_session_of_two_words_needs_quotes(shared_world: World) -> None:
    wrong = f"[sso-session my corp]\n{SESSION}[profile x]\nsso_session = my corp\n{ROLE}"
    shared_world.add_config(wrong)
    wanted = "Change that line to [sso-session 'my corp']"
    assert_fails(shared_world.run("x"), 3, wanted)
    assert wanted in shared_world.run("login", "--session", "my corp").err
    shared_world.config.write_text(
        shared_world.config.read_text().replace("[sso-session my corp]", wanted[20:])
    )
    assert advice(shared_world) == []


@pytest.mark.parametrize(
    "name", ["profile dev", "[profile dev]", "[dev]", '"dev"', "profile:dev", "dev # x"]
)
def test_a_header_in_place_of_a_name(shared_world: World, name: str) -> None:
    assert "Set AWS_PROFILE to dev\n" in shared_world.run("status", AWS_PROFILE=name).err
    assert_fails(shared_world.run("--profile", name), 3, 'Did you mean "dev"?')


def test_a_profile_of_two_words_is_not_looked_for_in_the_credentials_file(
    shared_world: World,
) -> None:
    shared_world.add_config(f'[profile "profile x"]\nsso_session = demo\n{ROLE}')
    result = shared_world.run("x")
    assert_fails(result, 3, 'there is no profile "x"')
    assert "credentials" not in result.err


def test_default_has_no_word_before_it_in_the_credentials_file_either(
    shared_world: World,
) -> None:
    credentials = shared_world.home / ".aws" / "credentials"
    credentials.write_text("[profile default]\naws_access_key_id = A\naws_secret_access_key = B\n")
    wanted = "Change that line to [default]"
    assert_fails(shared_world.run("default"), 3, "[profile default]", wanted)
    assert wanted in advice(shared_world)
    credentials.write_text(credentials.read_text().replace("profile ", ""))
    assert shared_world.variables("default")["AWS_ACCESS_KEY_ID"] == "A"


def test_default_in_capitals_becomes_default(shared_world: World) -> None:
    shared_world.add_config(f"[Default]\nsso_session = demo\n{ROLE}")
    wanted = "Change that line to [default]"
    assert_fails(shared_world.run("default"), 3, wanted)
    assert advice(shared_world) == [wanted]
    shared_world.config.write_text(shared_world.config.read_text().replace("Default", "default"))
    assert shared_world.run("default").code == 0


def test_another_fault_of_the_file_does_not_stand_in_the_way(shared_world: World) -> None:
    shared_world.add_config(f"[profile=x]\nsso_session = demo\n{ROLE}just words\n")
    assert "Change that line to [profile x]" in advice(shared_world)


@pytest.mark.parametrize(
    "command", [["x"], ["login", "x"], ["login", "top"], ["doctor", "--offline"]]
)
def test_a_header_that_is_to_be_added_works_as_it_is_written(
    shared_world: World, command: list[str]
) -> None:
    shared_world.add_config(
        "[profile x]\nsso_session = no such\nsso_account_id = 111122223333\n"
        "sso_role_name = Developer\nregion = us-east-1\n\n"
        "[profile top]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\nsource_profile = x\n"
    )
    result = shared_world.run(*command)
    said = f"{result.out}{result.err}"
    assert "[sso-session 'no such']" in said, result
    assert "[sso-session no such]" not in said, result
