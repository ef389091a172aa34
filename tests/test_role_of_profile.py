"""A role that no profile names, by what a profile or a session has of it; and its renewal."""

import json
import shutil

import pytest

from ssoenv.demo.center.identity_center import Account
from ssoenv.demo.home import PROD_ROLE, SESSION
from tests.conftest import World, assert_fails

URL = "https://demo.awsapps.com/start"
READ = "ReadOnly@111122223333"
ELSEWHERE = {  # as for a role of another portal, which must not count here
    "AWS_SSO_START_URL": "https://other.awsapps.com/start",
    "AWS_SSO_REGION": "eu-west-3",
    "AWS_SSO_ACCOUNT_ID": "444455556666",
    "AWS_SSO_ROLE_NAME": "Other",
}
ROLES = {
    "profile": ["dev", "--role-name", "ReadOnly"],
    "session": ["--session", SESSION, "--account-id", "111122223333", "--role-name", "ReadOnly"],
    "account by name": ["--session", SESSION, "--account-id", "dev", "--role-name", "ReadOnly"],
    "start URL": ["--sso-start-url", URL, "--sso-region", "us-east-1",
                  "--account-id", "111122223333", "--role-name", "ReadOnly"],
    "chain": ["dev", "--role-arn", PROD_ROLE],
    "chain on a role": ["--session", SESSION, "--account-id", "111122223333", "--role-name",
                        "Developer", "--role-arn", PROD_ROLE, "--region", "eu-west-1"],
}  # fmt: skip


def arn(world: World, found: dict[str, str]) -> str:
    return world.idc.keys[found["AWS_ACCESS_KEY_ID"]].arn


def role_of(world: World, found: dict[str, str]) -> str:
    """Whose keys were given out, as the server remembers it."""
    return arn(world, found).split("/")[1].removeprefix("AWSReservedSSO_").split("_")[0]


@pytest.mark.parametrize("name", ROLES)
def test_what_is_not_given_is_that_of_the_profile_or_session(signed_in: World, name: str) -> None:
    """Whatever the AWS_SSO_ variables say."""
    found = signed_in.variables(*ROLES[name], **ELSEWHERE)
    wanted = ("Deploy", "444455556666") if "chain" in name else ("ReadOnly", "111122223333")
    assert (role_of(signed_in, found), found["AWS_ACCOUNT_ID"]) == wanted
    assert found["SSOENV_PROFILE"] == "@".join(wanted)


def test_the_profile_gives_its_region_and_settings(signed_in: World) -> None:
    assert signed_in.variables("dev", "--role-name", "ReadOnly")["AWS_REGION"] == "eu-central-1"
    assert signed_in.variables("legacy", "--role-name", "Developer")["AWS_REGION"] == "us-west-2"
    found = signed_in.variables("dev", "--role-arn", PROD_ROLE)
    assert found["AWS_REGION"] == "eu-central-1"


@pytest.mark.parametrize("command", [
    ["exec", "dev", "--role-name", "ReadOnly", "--", "sh", "-c", "echo $SSOENV_PROFILE"],
    ["exec", "--endpoint", "dev", "--role-name", "ReadOnly", "--", "sh", "-c",
     "echo $SSOENV_PROFILE"],
    ["status", "dev", "--role-name", "ReadOnly", "--verify"],
    ["status", "--session", SESSION, "--account-id", "111122223333", "--role-name", "ReadOnly"],
])  # fmt: skip
def test_every_command_takes_it(signed_in: World, command: list[str]) -> None:
    result = signed_in.run(*command)
    assert result.code == 0, result
    assert READ in result.out


@pytest.mark.parametrize("command", ["credential-process", "console"])
def test_programs_get_it_too(signed_in: World, command: str) -> None:
    result = signed_in.run(command, "dev", "--role-name", "ReadOnly")
    assert result.code == 0, result
    assert {role_of(signed_in, {"AWS_ACCESS_KEY_ID": key}) for key in signed_in.idc.keys} == {
        "ReadOnly"
    }


@pytest.mark.parametrize("name", ROLES)
@pytest.mark.parametrize("how", ["renew", "bare", "refresh", "use -", "api"])
def test_what_the_shell_keeps_renews_that_very_role(signed_in: World, name: str, how: str) -> None:
    first = signed_in.variables(*ROLES[name])
    kept = {key: value for key, value in first.items() if key.startswith(("SSOENV_", "AWS_"))}
    shutil.rmtree(signed_in.roles)
    if how == "renew":
        text = signed_in.run("--renew", kept["SSOENV_PROFILE"], "--shell", "bash",
                             SSOENV_HOOK_WAIT="60", **kept)  # fmt: skip
        assert text.code == 0, text
        shown = signed_in.command(
            ["bash", "-c", f"{text.out}\necho $AWS_ACCESS_KEY_ID; echo $SSOENV_ROLE"], **kept
        )
        new, role = shown.out.splitlines()
        again = {"AWS_ACCESS_KEY_ID": new, "SSOENV_ROLE": role}
    elif how == "api":
        script = "import ssoenv, json; print(json.dumps(ssoenv.resolve().environ()))"
        python = f"{signed_in.environ['PATH'].partition(':')[0]}/python"
        result = signed_in.command([python, "-c", script], **kept)
        again = json.loads(result.out)
    else:
        words = {"bare": [], "refresh": ["--refresh"], "use -": ["env", kept["SSOENV_ROLE"]]}[how]
        if how == "use -":
            again = signed_in.variables(*words)
        else:
            again = signed_in.variables(*words, **kept)
    assert again["AWS_ACCESS_KEY_ID"] != first["AWS_ACCESS_KEY_ID"]
    assert arn(signed_in, again).split("/")[:2] == arn(signed_in, first).split("/")[:2]
    assert again["SSOENV_ROLE"] == first["SSOENV_ROLE"]


def test_a_role_in_use_can_be_changed_in_part(signed_in: World) -> None:
    kept = signed_in.variables(*ROLES["session"])
    found = signed_in.variables("--role-name", "Developer", **kept)
    assert role_of(signed_in, found) == "Developer"
    found = signed_in.variables("--role-arn", PROD_ROLE, "--region", "eu-west-1", **kept)
    assert role_of(signed_in, found) == "Deploy"
    assert signed_in.variables("dev", **kept)["SSOENV_PROFILE"] == "dev"
    assert "SSOENV_ROLE" not in signed_in.variables("dev", **kept)


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "SSOENV_PROFILE"])
def test_a_profile_in_use_has_the_rest_too(signed_in: World, variable: str) -> None:
    found = signed_in.variables("--role-name", "ReadOnly", **{variable: "dev"})
    assert role_of(signed_in, found) == "ReadOnly"


def test_a_stale_role_means_nobody(signed_in: World) -> None:
    """It belongs to another name than the one in use."""
    kept = signed_in.variables(*ROLES["session"])["SSOENV_ROLE"]
    found = signed_in.variables("--refresh", SSOENV_PROFILE="dev", SSOENV_ROLE=kept)
    assert role_of(signed_in, found) == "Developer"
    for line in ("ReadOnly@111122223333//x=1", "Admin@111122223333//" + kept.partition("//")[2]):
        assert_fails(signed_in.run(line), 3, "neither a profile nor")


def test_nothing_secret_is_in_what_the_shell_keeps(signed_in: World) -> None:
    role = signed_in.variables(*ROLES["session"])["SSOENV_ROLE"]
    assert role == f"{READ}//session=demo/account_id=111122223333/role_name=ReadOnly"


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["--session", SESSION, "--role-name", "ReadOnly"], 2, "--account-id is missing"),
    (["--session", "ghost", "--account-id", "111122223333", "--role-name", "R"], 3, "ghost"),
    (["dev", "--session", SESSION, "--role-name", "R"], 2, "do not go together"),
    (["ghost", "--role-name", "R"], 3, 'there is no profile "ghost"'),
    (["prod", "--role-name", "ReadOnly"], 3, 'Name "dev", which it builds on'),
    (["keys", "--role-name", "ReadOnly"], 3, "does not itself sign in"),
    (["bare", "--role-name", "ReadOnly"], 2, "give --account-id, too"),
    (["dev", "--role-arn", "Deploy"], 2, "not the ARN of a role"),
    (["dev", "--account-id", "1111-2222", "--role-name", "R"], 2, "12 digits"),
    (["dev", "--account-id", "nowhere"], 3, 'no account called "nowhere"'),
    (["dev", "--account-id", "dve"], 3, 'Did you mean "dev"?'),
    (["dev", "--account-id", "Twin"], 3, "Twin\": 777700000001, 777700000002"),
    (["dev", "--role-name", "Root"], 5, 'role "Root" in account 111122223333'),
])  # fmt: skip
def test_what_cannot_be_is_said(
    signed_in: World, arguments: list[str], code: int, words: str
) -> None:
    signed_in.add_config(
        "[profile keys]\naws_access_key_id = AKIA\naws_secret_access_key = x\n"
        "[profile bare]\nsso_session = demo\n"
    )
    signed_in.idc.accounts += [Account(f"77770000000{n}", "Twin", ["Developer"]) for n in (1, 2)]
    assert_fails(signed_in.run(*arguments), code, words)


def test_an_account_by_name_wants_the_case_only_where_it_tells_two_apart(signed_in: World) -> None:
    signed_in.idc.accounts += [
        Account("777700000001", "Shop Prod", ["Developer"]),
        Account("777700000002", "shop prod", ["Developer"]),
        Account("777700000003", "Tools", ["Developer"]),
    ]
    for name, account in (("shop prod", "777700000002"), ("TOOLS", "777700000003")):
        assert signed_in.variables("dev", "--account-id", name)["AWS_ACCOUNT_ID"] == account
    assert signed_in.idc.count("ListAccountRoles") == 0
    assert_fails(signed_in.run("dev", "--account-id", "SHOP PROD"), 3, "777700000001, 777700000002")


def test_without_a_sign_in_the_command_that_signs_in_is_named(world: World) -> None:
    for arguments, login in ((ROLES["profile"], "dev"), (ROLES["session"], "--session demo")):
        assert_fails(world.run(*arguments), 4, f"Run: ssoenv login {login}\n")
    assert_fails(world.run(*ROLES["chain"]), 4, "Run: ssoenv login dev\n")
    assert_fails(world.run(*ROLES["account by name"]), 4, "Run: ssoenv login --session demo\n")


def test_doctor_knows_a_role_in_use(signed_in: World) -> None:
    """And what it advises renews it."""
    kept = signed_in.variables(*ROLES["session"])
    assert "does not exist" not in signed_in.run("doctor", "--offline", **kept).out
    kept["AWS_CREDENTIAL_EXPIRATION"] = "2020-01-01T00:00:00+00:00"
    said = signed_in.run("doctor", "--offline", **kept)
    assert 'Get new ones: eval "$(ssoenv)"' in " ".join((said.out + said.err).split())
    assert signed_in.variables(**kept)["SSOENV_PROFILE"] == READ
