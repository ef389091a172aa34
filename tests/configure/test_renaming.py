"""``ssoenv configure --rename``: profiles get the names of another template, and those that build
on them follow."""

import shlex

import pytest

from tests.configure.expected import ALL, GENERATED, SESSION, configured, profiles
from tests.conftest import World
from tests.signin.people import Person, plain

NAME = ("--name", "{account_name}.{role_name|lower}")
BUILT_ON = """
[profile deploy]   ; on top
role_arn = arn:aws:iam::444455556666:role/Deploy
source_profile = dev-Developer
region = us-east-1

[profile process]
credential_process = "/usr/local/bin/ssoenv" credential-process dev-Developer
[profile other]
credential_process = tool --profile dev-Developer --verbose dev-Developer
[profile unrelated]
source_profile = dev-Developer2
"""
SAID = (
    'ssoenv: 4 profiles have another name than --name says, such as "dev-Developer" for '
    '"dev.developer": --rename changes that, and the source_profile lines with it\n'
)


@pytest.fixture
def made(bare: World) -> World:
    """A config with profiles that configure made, and others that build on one of them."""
    bare.config.write_text(SESSION + GENERATED + BUILT_ON)
    return bare


def test_names_and_the_lines_that_name_them_follow(made: World) -> None:
    before = made.config.read_text()
    after = configured(made, "--session", "demo", "--rename", "--yes", *NAME).decode()
    expected = before
    for old, new in [
        ("[profile dev-Developer]", "[profile dev.developer]"),
        ("[profile dev-ReadOnly]", "[profile dev.readonly]"),
        ("[profile production-ReadOnly]", "[profile production.readonly]"),
        ("[profile sandbox-Administrator]", "[profile sandbox.administrator]"),
        ("source_profile = dev-Developer\n", "source_profile = dev.developer\n"),
        ("credential-process dev-Developer", "credential-process dev.developer"),
        ("--profile dev-Developer --verbose", "--profile dev.developer --verbose"),
    ]:
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    assert after == expected
    assert made.variables("dev.developer")["AWS_ACCOUNT_ID"] == "111122223333"
    assert made.variables("deploy")["AWS_ACCOUNT_ID"] == "444455556666"


@pytest.mark.parametrize("quoted", ["'dev Read'", '"dev Read"'])
def test_a_name_in_quotes_is_renamed_in_commands(bare: World, quoted: str) -> None:
    text = SESSION + GENERATED.replace("profile dev-ReadOnly", "profile 'dev Read'")
    other = f"[profile process]\ncredential_process = ssoenv credential-process {quoted}\n"
    bare.config.write_text(text + other)
    configured(bare, "--session", "demo", "--rename", "--yes", *NAME)
    found = profiles(bare)
    assert "profile dev.readonly" in found
    command = shlex.split(found["profile process"]["credential_process"])
    assert command == ["ssoenv", "credential-process", "dev.readonly"]


def test_without_it_nothing_is_renamed_and_that_is_said(made: World) -> None:
    before = made.config.read_bytes()
    result = made.run("configure", *ALL, *NAME)
    assert (result.code, result.out) == (0, ""), result
    assert result.err.endswith(SAID), result
    assert made.config.read_bytes() == before
    assert SAID not in made.run("configure", *ALL).err


def test_new_roles_are_added_with_all_alone(made: World) -> None:
    made.idc.accounts[0].roles.append("New")
    configured(made, "--session", "demo", "--rename", "--yes", *NAME)
    assert not [name for name in profiles(made) if "ew" in name]
    configured(made, *ALL, "--rename", *NAME)
    assert "profile dev.new" in profiles(made)


def test_a_person_sees_it_first(made: World) -> None:
    before = made.config.read_bytes()
    person = Person(made, "configure", "--rename", *NAME, "--account", "dev")
    person.expect("Rename 2 profiles in ~/.aws/config. .Y/n. ")
    assert "-[profile dev-Developer]\r\n" in plain(person.seen)
    assert "+[profile dev.developer]\r\n" in plain(person.seen)
    person.child.sendline("n")
    assert person.end() == 0
    assert made.config.read_bytes() == before


def test_profiles_may_swap_their_names(bare: World) -> None:
    text = SESSION + GENERATED
    bare.config.write_text(
        text.replace("dev-Developer", "x")
        .replace("dev-ReadOnly", "dev-Developer")
        .replace("profile x", "profile dev-ReadOnly")
        + "[profile top]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\n"
        "source_profile = dev-ReadOnly\n"
    )
    configured(bare, "--session", "demo", "--rename", "--yes")
    found = profiles(bare)
    assert found["profile dev-Developer"]["sso_role_name"] == "Developer"
    assert found["profile dev-ReadOnly"]["sso_role_name"] == "ReadOnly"
    assert found["profile top"]["source_profile"] == "dev-Developer"


def test_profiles_made_by_hand_keep_their_names(made: World) -> None:
    made.config.write_text(
        made.config.read_text().replace("ssoenv_generated = true\n", "", 1)  # of dev-Developer
    )
    configured(made, "--session", "demo", "--rename", "--yes", *NAME)
    assert "profile dev-Developer" in profiles(made)
    assert "profile dev.readonly" in profiles(made)


def test_a_name_of_somebody_else_is_not_taken(made: World) -> None:
    made.add_config("[profile dev.readonly]\nregion = us-east-1\n")
    configured(made, "--session", "demo", "--rename", "--yes", *NAME)
    assert profiles(made)["profile dev.readonly-111122223333"]["sso_role_name"] == "ReadOnly"
    result = made.run("configure", "--session", "demo", "--rename", "--yes", *NAME)
    assert (result.code, "there is nothing to rename" in result.err) == (0, True), result


def test_what_the_credentials_file_names_stays(made: World) -> None:
    (made.home / ".aws" / "credentials").write_text(
        "[x]\nsource_profile = dev-ReadOnly\n[dev-Developer]\nregion = a\n"
    )
    result = made.run("configure", "--session", "demo", "--rename", "--yes", *NAME)
    assert result.code == 0, result
    for name in ("dev-Developer", "dev-ReadOnly"):
        assert f'profile "{name}" keeps its name: the credentials file has it, too' in result.err
        assert f"profile {name}" in profiles(made)
    assert "profile sandbox.administrator" in profiles(made)
