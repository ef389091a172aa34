"""``ssoenv configure --import``: profiles of Granted, aws-sso-cli, aws-sso-util and aws-vault."""

from shlex import quote

import pytest
from botocore.compat import compat_shell_split

from tests.configure.expected import SESSION, URL, profiles
from tests.conftest import World
from tests.signin.people import Person, plain

GRANTED = f"""\
[profile g]   ; by Granted
granted_sso_start_url      = {URL}/#/
granted_sso_region         = us-east-1
# a remark
granted_sso_account_id     = 111122223333
granted_sso_role_name      = Developer
common_fate_generated_from = aws-sso
credential_process         = granted credential-process --profile g
region                     = eu-west-1
"""
GRANTED_AFTER = """\
[profile g]   ; by Granted
# a remark
region                     = eu-west-1
sso_session = demo
sso_account_id = 111122223333
sso_role_name = Developer
"""
AWS_SSO_CLI = """\
[profile 111122223333:Developer]
credential_process = /usr/bin/aws-sso -u open -S "Work" process --arn arn:aws:iam::111122223333:role/Developer
region = eu-west-1
"""  # noqa: E501
AWS_SSO_CLI_CONFIG = f"""\
# by the wizard
SSOConfig:
    Default:
        SSORegion: eu-west-1
        StartUrl: https://other.awsapps.com/start
    "Work":   # the one
        SSORegion: us-east-1
        StartUrl: '{URL}'   # https://example.com/not
        Accounts:
            111122223333:
                Name: dev
                StartUrl: https://wrong.awsapps.com/start
DefaultSSO: Work
"""
AWS_SSO_UTIL = f"""\
[profile u]
sso_start_url = {URL}
sso_region = us-east-1
sso_account_id = 111122223333
sso_role_name = Developer
region = eu-west-1
credential_process = aws-sso-util credential-process --profile u
sso_auto_populated = true
"""
AWS_VAULT = f"""\
[profile base]
sso_start_url = {URL}
sso_region = us-east-1
region = eu-west-1
[profile v]
include_profile = base
sso_account_id = 111122223333
sso_role_name = Developer
[profile w]
credential_process = aws-vault exec v --json --duration=1h
region = eu-west-1
[profile x]
credential_process = aws-vault export --format=json w
region = eu-west-1
"""
SSO = {"sso_session": "demo", "sso_account_id": "111122223333", "sso_role_name": "Developer"}
RUN = ("configure", "--import")


def imported(world: World, *options: str) -> str:
    """The config after the import, which must work."""
    result = world.run(*RUN, "--yes", *options)
    assert (result.code, result.out) == (0, ""), result
    return world.config.read_text()


@pytest.fixture
def aws_sso_cli(bare: World) -> World:
    """The config of aws-sso-cli, in its new folder."""
    folder = bare.home / ".config" / "aws-sso"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(AWS_SSO_CLI_CONFIG)
    return bare


def test_granted(bare: World) -> None:
    bare.config.write_text(SESSION + GRANTED)
    assert imported(bare) == SESSION + GRANTED_AFTER
    assert bare.variables("g")["AWS_ACCOUNT_ID"] == "111122223333"


def test_a_session_is_made_where_none_signs_in_there(bare: World) -> None:
    scopes = "granted_sso_registration_scopes = sso:account:access,other\n"
    bare.config.write_text(GRANTED + scopes + GRANTED.replace("profile g]", "profile g2]"))
    imported(bare)
    found = profiles(bare)
    assert found["sso-session demo"] == {
        "sso_start_url": URL,
        "sso_region": "us-east-1",
        "sso_registration_scopes": "sso:account:access,other",
    }
    assert found["profile g"] == found["profile g2"] == SSO | {"region": "eu-west-1"}


def test_the_session_may_be_named(bare: World) -> None:
    bare.config.write_text(SESSION + SESSION.replace("demo]", "second]") + GRANTED)
    imported(bare, "--session", "second")
    assert profiles(bare)["profile g"]["sso_session"] == "second"


@pytest.mark.parametrize("name", ["Work", ""])
def test_aws_sso_cli(aws_sso_cli: World, name: str) -> None:
    line = AWS_SSO_CLI if name else AWS_SSO_CLI.replace('-S "Work" ', "")
    aws_sso_cli.config.write_text(SESSION + line)
    imported(aws_sso_cli)
    name = "111122223333:Developer"
    assert profiles(aws_sso_cli)[f"profile {name}"] == SSO | {"region": "eu-west-1"}
    assert aws_sso_cli.variables(name)["AWS_ACCOUNT_ID"] == "111122223333"


def test_aws_sso_cli_without_its_config(bare: World) -> None:
    bare.config.write_text(SESSION + AWS_SSO_CLI)
    result = bare.run(*RUN, "--yes")
    assert result.code == 0
    assert "config.yaml of aws-sso-cli does not say where it signs in" in result.err
    assert bare.config.read_text() == SESSION + AWS_SSO_CLI


def test_aws_sso_util(bare: World) -> None:
    bare.config.write_text(AWS_SSO_UTIL)
    process = "credential_process = aws-sso-util credential-process --profile u\n"
    assert imported(bare) == AWS_SSO_UTIL.replace(process, "")
    bare.config.write_text(AWS_SSO_UTIL)
    ours = "credential_process = ssoenv credential-process u\n"
    assert imported(bare, "--credential-process") == AWS_SSO_UTIL.replace(process, ours)


@pytest.mark.parametrize("name", ["my dev", "it's $x", "-dev"])
def test_a_name_that_needs_quotes_gets_them_in_its_credential_process(
    bare: World, name: str
) -> None:
    bare.sign_in()
    text = AWS_SSO_UTIL.replace("--profile u", "").replace("profile u", f"profile {quote(name)}")
    text = f"{SESSION}\n{text}"
    bare.config.write_text(text)
    imported(bare, "--credential-process")
    [command] = [found["credential_process"] for found in profiles(bare).values() if len(found) > 3]
    answer = bare.command(compat_shell_split(command))
    assert (answer.code, '"AccessKeyId": "ASIA' in answer.out) == (0, True), answer


def test_aws_vault(bare: World) -> None:
    bare.config.write_text(SESSION + AWS_VAULT)
    imported(bare)
    found = profiles(bare)
    for name in ("v", "w", "x"):
        assert found[f"profile {name}"] == SSO | {"region": "eu-west-1"}, name
        assert bare.variables(name)["AWS_ACCOUNT_ID"] == "111122223333"
    assert found["profile base"]["sso_start_url"] == URL


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("credential_process = aws-vault exec x --json", "it is not one of Identity Center"),
        ("credential_process = granted credential-process --profile x", "it is not one of"),
        ("credential_process = aws-vault exec y --json\n[profile y]\n"
         "credential_process = aws-vault exec x --json", "it names itself"),
        ("granted_sso_start_url = https://demo.awsapps.com/start\ngranted_sso_region = us-east-1\n"
         "granted_sso_account_id = 1", "it does not say its sso_role_name"),
    ],
)  # fmt: skip
def test_what_means_no_role_stays(bare: World, text: str, why: str) -> None:
    before = f"{SESSION}[profile x]\n{text}\n"
    bare.config.write_text(before)
    result = bare.run(*RUN, "--yes")
    assert result.code == 0
    assert f'profile "x" stays as it is: {why}' in result.err, result
    assert bare.config.read_text() == before
    login = bare.run("login", "x")
    assert (login.code, "no SSO profile can be made of it" in login.err) == (3, True), login


def test_nothing_to_import(bare: World) -> None:
    result = bare.run(*RUN, "--yes")
    assert (result.code, "there is nothing to import" in result.err) == (0, True)


@pytest.mark.parametrize("text", [GRANTED, AWS_SSO_CLI])
def test_login_says_how_to_import(aws_sso_cli: World, text: str) -> None:
    aws_sso_cli.config.write_text(text)
    name = text[len("[profile ") : text.index("]")]
    result = aws_sso_cli.run("login", name)
    assert (result.code, result.out) == (3, "")
    assert "run: ssoenv configure --import" in result.err, result
    assert "does not sign in" not in result.err


@pytest.mark.parametrize("process", [True, False])
def test_without_the_other_tool_its_profile_says_so_too(bare: World, process: bool) -> None:
    line = "credential_process         = granted credential-process --profile g\n"
    bare.config.write_text(GRANTED if process else GRANTED.replace(line, ""))
    result = bare.run("g")
    assert (result.code, "run: ssoenv configure --import" in result.err) == (3, True), result


def test_what_only_aws_vault_includes_is_not_just_missing(bare: World) -> None:
    bare.config.write_text(AWS_VAULT)
    result = bare.run("v")
    assert (result.code, "run: ssoenv configure --import" in result.err) == (3, True), result


def test_the_patch_comes_first_and_no_means_no(bare: World) -> None:
    bare.config.write_text(SESSION + GRANTED)
    assert bare.run(*RUN).code == 2
    dry = bare.run(*RUN, "--dry-run")
    assert "-granted_sso_account_id     = 111122223333\n" in dry.out
    person = Person(bare, *RUN)
    person.expect("Turn 1 profile into SSO profiles in ~/.aws/config. .Y/n. ")
    assert "+sso_session = demo\r\n" in plain(person.seen)
    person.child.sendline("n")
    assert person.end() == 0
    assert bare.config.read_text() == SESSION + GRANTED


def test_only_those_that_fit_are_imported(bare: World) -> None:
    bare.config.write_text(SESSION + GRANTED + GRANTED.replace("g]", "h]").replace("Dev", "Ops"))
    imported(bare, "--role", "Ops*")
    assert "sso_session" not in profiles(bare)["profile g"]
    assert profiles(bare)["profile h"]["sso_role_name"] == "Opseloper"


def test_options_about_new_profiles_do_not_go_with_it(bare: World) -> None:
    result = bare.run(*RUN, "--all", "--yes")
    assert (result.code, "--import and --all do not go together" in result.err) == (2, True)
