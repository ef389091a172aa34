"""Every kind of profile that botocore resolves gives its credentials."""

import importlib.util
import json
import os

import botocore.exceptions
import pytest

from tests.conftest import World, assert_fails
from tests.signin.people import Person, plain

DEPLOY = "arn:aws:iam::444455556666:role/Deploy"
SSO = "sso_session = demo\nsso_account_id = 111122223333\nsso_role_name = Developer\n"


def identity(shared_world: World, variables: dict[str, str]) -> str:
    """The ARN that the miniature knows these keys by."""
    keys = shared_world.idc.keys[variables["AWS_ACCESS_KEY_ID"]]
    assert keys.secret_access_key == variables["AWS_SECRET_ACCESS_KEY"]
    assert keys.session_token == variables.get("AWS_SESSION_TOKEN")
    return keys.arn


def role_of(arn: str) -> str:
    return arn.split("/")[1]


@pytest.mark.parametrize(
    ("profile", "account", "role", "region"),
    [
        ("dev", "111122223333", "AWSReservedSSO_Developer_", "eu-central-1"),
        ("legacy", "111122223333", "AWSReservedSSO_ReadOnly_", "us-west-2"),
        ("prod", "444455556666", "Deploy", "eu-west-1"),
    ],
)
def test_the_profiles_of_the_demo(
    shared_world: World, profile: str, account: str, role: str, region: str
) -> None:
    variables = shared_world.variables(profile)
    arn = identity(shared_world, variables)
    assert arn.startswith(f"arn:aws:sts::{account}:assumed-role/{role}")
    assert variables["AWS_ACCOUNT_ID"] == account
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == region
    assert variables["SSOENV_PROFILE"] == profile


@pytest.mark.parametrize("first", ["default", "profile default"])
def test_of_default_and_profile_default_the_last_one_counts(
    shared_world: World, first: str
) -> None:
    second = "profile default" if first == "default" else "default"
    shared_world.add_config(
        f"[{first}]\nregion = first-1\n{SSO}\n[{second}]\nregion = second-1\n{SSO}"
    )
    assert shared_world.variables()["AWS_REGION"] == "second-1"


def test_a_chain_of_many_links_with_all_its_settings(shared_world: World) -> None:
    """external_id, duration_seconds, role_session_name and the region of the profile that was
    asked for reach STS as configured."""
    names = ["one", "two", "three"]
    for name in names:
        shared_world.idc.allow_role(
            f"arn:aws:iam::777788889999:role/path/{name}", external_id=f"id-{name}"
        )
    source = "dev"
    for name in names:
        shared_world.add_config(
            f"[profile {name}]\nrole_arn = arn:aws:iam::777788889999:role/path/{name}\n"
            f"external_id = id-{name}\nduration_seconds = 1800\nrole_session_name = me-{name}\n"
            f"source_profile = {source}\nregion = eu-{name}-1\n"
        )
        source = name
    calls = len(shared_world.idc.calls)
    variables = shared_world.variables("three")
    assert identity(shared_world, variables).endswith("assumed-role/three/me-three")
    assert variables["AWS_REGION"] == "eu-three-1"
    made = [call for call in shared_world.idc.calls[calls:] if call.operation == "AssumeRole"]
    assert [call.params["RoleSessionName"] for call in made] == ["me-one", "me-two", "me-three"]
    assert {call.params["DurationSeconds"] for call in made} == {"1800"}
    assert all("/eu-three-1/sts/" in call.headers["authorization"] for call in made)


def test_a_chain_asks_sts_in_the_region_of_the_environment_if_it_names_none(
    shared_world: World,
) -> None:
    shared_world.add_config(f"[profile x]\nrole_arn = {DEPLOY}\nsource_profile = dev\n")
    for variables, region in (
        ({"AWS_REGION": "eu-one-1", "AWS_DEFAULT_REGION": "eu-two-1"}, "eu-one-1"),
        ({"AWS_DEFAULT_REGION": "eu-two-1"}, "eu-two-1"),
    ):
        assert shared_world.run("x", "--refresh", **variables).code == 0
        assert f"/{region}/sts/" in shared_world.idc.calls[-1].headers["authorization"]
    assert shared_world.run("x", "--refresh", "--region", "eu-three-1").code == 0
    assert "/eu-three-1/sts/" in shared_world.idc.calls[-1].headers["authorization"]


def test_a_profile_may_be_its_own_source_if_it_has_keys(shared_world: World) -> None:
    keys = shared_world.idc.issue_static_keys()
    shared_world.add_config(
        f"[profile self]\nrole_arn = {DEPLOY}\nsource_profile = self\nregion = eu-west-1\n"
        f"aws_access_key_id = {keys.access_key_id}\n"
        f"aws_secret_access_key = {keys.secret_access_key}\n"
    )
    assert role_of(identity(shared_world, shared_world.variables("self"))) == "Deploy"


def test_a_source_may_be_in_the_credentials_file(shared_world: World) -> None:
    keys = shared_world.idc.issue_static_keys()
    (shared_world.home / ".aws" / "credentials").write_text(
        f"[robot]\naws_access_key_id = {keys.access_key_id}\n"
        f"aws_secret_access_key = {keys.secret_access_key}\n"
    )
    shared_world.add_config(
        f"[profile x]\nrole_arn = {DEPLOY}\nsource_profile = robot\nregion = eu-west-1\n"
    )
    assert role_of(identity(shared_world, shared_world.variables("x"))) == "Deploy"


def test_a_role_may_rest_on_keys_in_the_environment(shared_world: World) -> None:
    keys = shared_world.idc.issue_static_keys()
    shared_world.add_config(
        f"[profile x]\nrole_arn = {DEPLOY}\ncredential_source = Environment\nregion = eu-west-1\n"
    )
    environment = {
        "AWS_ACCESS_KEY_ID": keys.access_key_id,
        "AWS_SECRET_ACCESS_KEY": keys.secret_access_key,
    }
    assert role_of(identity(shared_world, shared_world.variables("x", **environment))) == "Deploy"


@pytest.mark.parametrize("place", ["config", "credentials"])
def test_static_keys_have_no_token_and_do_not_expire(shared_world: World, place: str) -> None:
    keys = shared_world.idc.issue_static_keys()
    text = (
        f"aws_access_key_id = {keys.access_key_id}\n"
        f"aws_secret_access_key = {keys.secret_access_key}\n"
    )
    if place == "config":
        shared_world.add_config(f"[profile robot]\n{text}")
    else:
        (shared_world.home / ".aws" / "credentials").write_text(f"[robot]\n{text}")
    variables = shared_world.variables("robot")
    assert identity(shared_world, variables).endswith("user/robot")
    assert not {"AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "SSOENV_EXPIRES_AT"} & set(
        variables
    )
    shown = shared_world.run("robot", AWS_SESSION_TOKEN="stale").out
    assert "unset AWS_SESSION_TOKEN;" in shown
    assert "unset AWS_CREDENTIAL_EXPIRATION;" in shown


def test_sso_settings_count_in_the_credentials_file_too(shared_world: World) -> None:
    """They are merged over those of the config file, as botocore does it."""
    (shared_world.home / ".aws" / "credentials").write_text(
        f"[both]\n{SSO}sso_role_name = ReadOnly\n"
    )
    assert shared_world.run("both").code == 3  # a setting twice: no AWS tool can read the file
    (shared_world.home / ".aws" / "credentials").write_text("[both]\nsso_role_name = ReadOnly\n")
    shared_world.add_config(f"[profile both]\nregion = eu-north-1\n{SSO}")
    variables = shared_world.variables("both")
    assert role_of(identity(shared_world, variables)).startswith("AWSReservedSSO_ReadOnly_")
    assert variables["AWS_REGION"] == "eu-north-1"


def test_sso_beats_static_keys_of_the_same_profile(shared_world: World) -> None:
    (shared_world.home / ".aws" / "credentials").write_text(
        "[dev]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old\n"
    )
    assert shared_world.variables("dev")["AWS_ACCESS_KEY_ID"] != "AKIAOLD"


def test_a_credential_process_is_run(shared_world: World) -> None:
    document = {
        "Version": 1,
        "AccessKeyId": "ASIAPROCESS",
        "SecretAccessKey": "it's $HOME",
        "SessionToken": "tok",
        "Expiration": "2999-01-01T00:00:00Z",
        "AccountId": "999900001111",
    }
    (shared_world.home / "document").write_text(json.dumps(document))
    shared_world.add_config(f"[profile p]\ncredential_process = cat {shared_world.home}/document\n")
    variables = shared_world.variables("p")
    assert variables["AWS_SECRET_ACCESS_KEY"] == "it's $HOME"
    assert variables["AWS_CREDENTIAL_EXPIRATION"] == "2999-01-01T00:00:00+00:00"
    assert variables["AWS_ACCOUNT_ID"] == "999900001111"


def test_a_credential_process_has_the_time_of_a_person_whom_it_may_ask(shared_world: World) -> None:
    """A touch of a key, a password in a window: what AWS may take does not count here."""
    keys = {"Version": 1, "AccessKeyId": "ASIASLOW", "SecretAccessKey": "s", "SessionToken": "t"}
    (shared_world.home / "document").write_text(json.dumps(keys))
    shared_world.add_config(
        f"[profile p]\ncredential_process = sh -c 'sleep 1; cat {shared_world.home}/document'\n"
    )
    person = Person(shared_world, "p", SSOENV_TIMEOUT="0.9")
    assert person.end() == 0, person.seen
    assert "ASIASLOW" in person.seen


def test_a_credential_process_that_does_not_end_is_given_up_and_killed(shared_world: World) -> None:
    """Where nobody is there to answer it, as soon as AWS would be."""
    pid = shared_world.home / "pid"
    shared_world.add_config(
        f"[profile p]\ncredential_process = sh -c 'echo $$ > {pid}; exec sleep 1000'\n"
        f"[profile q]\nsource_profile = p\nregion = eu-west-1\nrole_arn = {DEPLOY}\n"
    )
    for profile in ("p", "q"):
        result = shared_world.run(profile, SSOENV_TIMEOUT="1")
        waits = "did not end within 1 seconds. Run it by hand to see more (SSOENV_TIMEOUT="
        assert_fails(result, 6, 'process of profile "p"', waits)
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)
    person = Person(shared_world, "p", SSOENV_LOGIN_TIMEOUT="1")
    assert person.end() == 6
    assert "(SSOENV_LOGIN_TIMEOUT=SECONDS waits longer)" in plain(" ".join(person.seen.split()))


@pytest.mark.parametrize(("name", "hint"), [("x", "Run: aws login --profile x"), ("top", "source")])
def test_a_profile_of_aws_login_says_how_to_sign_in(
    shared_world: World, name: str, hint: str
) -> None:
    if not hasattr(botocore.exceptions, "LoginTokenLoadError"):
        pytest.skip("needs a botocore that knows aws login: pip install 'botocore>=1.41'")
    shared_world.add_config(
        "[profile x]\nlogin_session = arn:aws:iam::111122223333:user/ana\n"
        f"[profile top]\nrole_arn = {DEPLOY}\nsource_profile = x\nregion = eu-west-1\n"
    )
    if importlib.util.find_spec("awscrt"):
        assert_fails(shared_world.run(name), 4, "no sign-in by aws login that is still good", hint)
    else:
        assert_fails(shared_world.run(name), 3, "pip install 'botocore[crt]'")


def test_a_web_identity_is_used(shared_world: World) -> None:
    shared_world.idc.trust_web_identity("my.jwt")
    (shared_world.home / "jwt").write_text("my.jwt")
    shared_world.add_config(
        f"[profile web]\nrole_arn = {DEPLOY}\nweb_identity_token_file = {shared_world.home}/jwt\n"
        "role_session_name = robot\nregion = eu-west-1\n"
    )
    assert identity(shared_world, shared_world.variables("web")).endswith(
        "assumed-role/Deploy/robot"
    )
    calls = shared_world.idc.count("AssumeRoleWithWebIdentity")
    assert shared_world.run("web").code == 0
    assert shared_world.idc.count("AssumeRoleWithWebIdentity") == calls


def test_an_unknown_web_identity_is_refused(shared_world: World) -> None:
    (shared_world.home / "jwt").write_text("other.jwt")
    shared_world.add_config(
        f"[profile web]\nrole_arn = {DEPLOY}\nweb_identity_token_file = {shared_world.home}/jwt\n"
        "region = eu-west-1\n"
    )
    assert_fails(shared_world.run("web"), 5, "refused the web identity token")


def test_keys_in_the_environment_do_not_shadow_the_profile(shared_world: World) -> None:
    stale = {"AWS_ACCESS_KEY_ID": "AKIASTALE", "AWS_SECRET_ACCESS_KEY": "stale"}
    for profile in ("dev", "legacy", "prod"):
        assert identity(shared_world, shared_world.variables(profile, **stale))


@pytest.mark.parametrize("spelling", ["~/elsewhere", "$PLACE/elsewhere", "${PLACE}/elsewhere"])
def test_the_config_may_be_elsewhere(shared_world: World, spelling: str) -> None:
    """With ~ and variables, as botocore expands them. The caches stay in the home folder."""
    shared_world.config.rename(shared_world.home / "elsewhere")
    assert shared_world.run("dev").code == 3
    environment = {"AWS_CONFIG_FILE": spelling, "PLACE": str(shared_world.home)}
    assert identity(shared_world, shared_world.variables("dev", **environment))
    assert len(list(shared_world.roles.iterdir())) == 1


def test_the_credentials_file_may_be_elsewhere(shared_world: World) -> None:
    keys = shared_world.idc.issue_static_keys()
    (shared_world.home / "keys").write_text(
        f"[robot]\naws_access_key_id = {keys.access_key_id}\n"
        f"aws_secret_access_key = {keys.secret_access_key}\n"
    )
    variables = shared_world.variables("robot", AWS_SHARED_CREDENTIALS_FILE="~/keys")
    assert variables["AWS_ACCESS_KEY_ID"] == keys.access_key_id


def test_a_config_with_crlf_comments_and_odd_spacing_is_read(shared_world: World) -> None:
    text = shared_world.config.read_text().replace(
        "[profile dev]", "# a comment\n; another\n[profile   dev]"
    )
    shared_world.config.write_bytes(text.replace("\n", "\r\n").replace(" = ", "=").encode())
    assert identity(shared_world, shared_world.variables("dev"))


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('profile "two words"', "two words"),
        ("profile 'it\"s'", 'it"s'),
        ('profile "it\'s"', "it's"),
        ("profile ünï-✓", "ünï-✓"),
        ("profile a.b/c@d:e+f", "a.b/c@d:e+f"),
        ("profile exec", "exec"),
        ("profile help", "help"),
        ("profile -x", "-x"),
        ("profile --version", "--version"),
        ("profile 100%", "100%"),
        ("profile $HOME", "$HOME"),
        ("profile *", "*"),
    ],
)
def test_any_name_can_be_asked_for(shared_world: World, header: str, name: str) -> None:
    """--profile=NAME always works; in the environment, and as it is found by the warm path."""
    shared_world.add_config(f"[{header}]\n{SSO}")
    environments: list[dict[str, str]] = [{}, {}, {}, {"AWS_PROFILE": name}]
    ways = [[f"--profile={name}"], ["env", f"-p{name}"], ["env", "--", name], []]
    if not name.startswith("-"):
        ways += [["env", name], ["-p", name]]
        environments += [{}, {}]
    for way, environment in zip(ways, environments, strict=True):
        found = (
            shared_world.run("-f", "json", *way, **environment)
            if way[:1] != ["env"]
            else shared_world.run("env", "-f", "json", *way[1:], **environment)
        )
        assert found.code == 0, (way, found)
        assert json.loads(found.out)["SSOENV_PROFILE"] == name
    ran = shared_world.run("exec", f"--profile={name}", "--", "printenv", "SSOENV_PROFILE")
    assert ran.out == name + "\n"
