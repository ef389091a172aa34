"""Under exec --endpoint every SDK acts as the named profile, whatever else is configured."""

import json
import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.session import Session
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ssoenv.endpoint import copies_folder, file_copies
from ssoenv.environment import variables
from tests.conftest import SSOENV, World, need
from tests.endpoint.conftest import WaitingCommand, eventually
from tests.thorough import examples

DEVELOPER = "assumed-role/AWSReservedSSO_Developer_"
_BOTO3 = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
_JAVASCRIPT = """
const {STSClient, GetCallerIdentityCommand} = require(MODULES + '/@aws-sdk/client-sts');
new STSClient({}).send(new GetCallerIdentityCommand({}))
  .then((answer) => console.log(answer.Arn),
        (error) => { console.error(error); process.exit(1); });
"""


def boto3(world: World) -> list[str]:
    return [sys.executable, "-c", _BOTO3]


def aws_cli(world: World) -> list[str]:
    found = os.environ.get("SSOENV_TEST_AWS") or shutil.which("aws")
    if not found:
        pytest.skip("needs the AWS CLI v2: put aws on PATH, or its path into SSOENV_TEST_AWS")
    who = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
    return [found, *who, "--endpoint-url", world.idc.url]  # old ones know no variable for it


def javascript(world: World) -> list[str]:
    modules = os.environ.get("SSOENV_TEST_NODE_MODULES")
    if not modules:
        pytest.skip(
            "needs the AWS SDK for JavaScript: npm install @aws-sdk/client-sts, and "
            "SSOENV_TEST_NODE_MODULES=…/node_modules"
        )
    script = world.home / "who.js"
    script.write_text(_JAVASCRIPT.replace("MODULES", json.dumps(modules)))
    return [need("node", "nodejs"), str(script)]


TOOLS = [boto3, aws_cli, javascript]
Tool = Callable[[World], list[str]]


class Robot:
    """Another identity, with keys that work, and every way to give it to a command."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.keys = world.idc.issue_static_keys()
        ini = f"aws_access_key_id = {self.keys.access_key_id}\n"
        self.ini = f"{ini}aws_secret_access_key = {self.keys.secret_access_key}\n"
        answer = {
            "Version": 1,
            "AccessKeyId": self.keys.access_key_id,
            "SecretAccessKey": self.keys.secret_access_key,
        }
        self.process = f"echo {shlex.quote(json.dumps(answer))}"
        world.idc.trust_web_identity("web")
        self.web = str(self.file("web", "web"))
        self.role = "arn:aws:iam::444455556666:role/Deploy"

    def file(self, name: str, text: str) -> Path:
        path = self.world.home / name
        path.write_text(text)
        return path

    def credentials(self, text: str) -> None:
        self.file(".aws/credentials", text)

    def environment(self) -> dict[str, str]:
        """All variables that could make a tool act as the robot, or make it fail."""
        key, secret = self.keys.access_key_id, self.keys.secret_access_key or ""
        ec2 = f"AWSAccessKeyId={key}\nAWSSecretKey={secret}\n"
        return {
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_ACCESS_KEY": key,
            "AWS_SECRET_KEY": secret,
            "AMAZON_ACCESS_KEY_ID": key,
            "AMAZON_SECRET_ACCESS_KEY": secret,
            "AWS_SESSION_TOKEN": "stale",
            "AWS_SECURITY_TOKEN": "stale",
            "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z",
            "AWS_PROFILE": "robot",
            "AWS_DEFAULT_PROFILE": "robot",
            "AWS_CREDENTIAL_FILE": str(self.file("ec2", ec2)),
            "BOTO_CONFIG": str(self.file("boto", f"[Credentials]\n{self.ini}")),
            "AWS_WEB_IDENTITY_TOKEN_FILE": self.web,
            "AWS_ROLE_ARN": self.role,
            "AWS_ROLE_SESSION_NAME": "robot",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.world.idc.url,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/no/such/file",
        }


WAYS: dict[str, Callable[[Robot], None]] = {
    "keys in the credentials file": lambda r: r.credentials(f"[default]\n{r.ini}"),
    "keys in the config": lambda r: r.world.add_config(f"[default]\n{r.ini}"),
    "keys in [profile default]": lambda r: r.world.add_config(f"[profile default]\n{r.ini}"),
    "keys for every section": lambda r: r.credentials(f"[DEFAULT]\n{r.ini}[default]\n"),
    "an SSO role": lambda r: r.world.add_config(
        "[default]\nsso_session = demo\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\n"
    ),
    "a credential process": lambda r: r.world.add_config(
        f"[default]\ncredential_process = {r.process}\n"
    ),
    "a role": lambda r: r.world.add_config(
        f"[default]\nrole_arn = {r.role}\nsource_profile = robot\n[profile robot]\n{r.ini}"
    ),
    "a web identity": lambda r: r.world.add_config(
        f"[default]\nrole_arn = {r.role}\nweb_identity_token_file = {r.web}\nregion = eu-west-1\n"
    ),
    "boto's config": lambda r: r.file(".boto", f"[Credentials]\n{r.ini}") and None,
}


@pytest.mark.parametrize("way", WAYS)
def test_the_endpoint_wins_over_every_setting_in_the_files(shared_world: World, way: str) -> None:
    """Each setting does win over an endpoint where the command does not read the copies: the last
    line of the script is the identity that boto3 has then."""
    WAYS[way](Robot(shared_world))
    who = shlex.join(boto3(shared_world))
    unset = " ".join(f"-u {name}" for name, _, file in variables._LED_AWAY if file)
    result = shared_world.run(
        "exec", "--endpoint", "dev", "--", "sh", "-c", f"{who}; env {unset} {who} || echo none"
    )
    ours, theirs = result.out.splitlines()
    assert DEVELOPER in ours
    assert DEVELOPER not in theirs


@pytest.mark.parametrize("tool", TOOLS)
def test_the_endpoint_wins_over_all_settings_and_variables_at_once(
    shared_world: World, tool: Tool
) -> None:
    robot = Robot(shared_world)
    everything = f"[default]\n{robot.ini}aws_session_token = stale\n"
    robot.credentials(f"{everything}[robot]\n{robot.ini}")
    robot.file(".boto", f"[Credentials]\n{robot.ini}")
    shared_world.add_config(
        f"[default]\nregion = eu-west-1\ncredential_process = {robot.process}\n"
        f"sso_session = demo\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\n{robot.ini}"
        f"[profile robot]\nregion = eu-west-1\n{robot.ini}"
    )
    result = shared_world.run(
        "exec", "--endpoint", "dev", "--", *tool(shared_world), **robot.environment()
    )
    assert DEVELOPER in result.out, result


@pytest.mark.parametrize("tool", TOOLS)
def test_the_endpoint_wins_over_keys_written_while_the_command_runs(
    shared_world: World, tool: Tool
) -> None:
    robot = Robot(shared_world)
    poison = shlex.quote(f"[default]\n{robot.ini}")
    script = f"printf %s {poison} > ~/.aws/credentials; printf %s {poison} >> ~/.aws/config; "
    result = shared_world.run(
        "exec", "--endpoint", "dev", "--", "sh", "-c", script + shlex.join(tool(shared_world))
    )
    assert DEVELOPER in result.out, result
    other = shared_world.command(tool(shared_world), AWS_REGION="x", AWS_DEFAULT_REGION="x")
    assert "user/robot" in other.out, other  # it would have worked


@pytest.mark.parametrize("tool", TOOLS)
def test_a_chained_role_and_the_default_profile_are_served(shared_world: World, tool: Tool) -> None:
    shared_world.add_config(
        "[default]\nsso_session = demo\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\n"
        "region = eu-west-1\n"
    )
    for profile, arn in (("prod", "assumed-role/Deploy/"), ("default", "_ReadOnly_")):
        result = shared_world.run("exec", "--endpoint", profile, "--", *tool(shared_world))
        assert arn in result.out, result


def test_a_role_by_options_is_served(
    shared_world: World, start_command: Callable[..., WaitingCommand]
) -> None:
    named = ["--sso-start-url", shared_world.idc.start_url, "--sso-region", "us-east-1"]
    named += ["--account-id", "111122223333", "--role-name", "ReadOnly"]
    shared_world.idc.role_lifetime = 600  # so that the refresher must understand them, too
    known = len(shared_world.idc.keys)
    command = start_command(*named)
    eventually(lambda: list(shared_world.idc.keys)[known + 1 :] == [command.key_id()])
    assert "_ReadOnly_" in shared_world.idc.keys[command.key_id()].arn


def test_other_profiles_can_be_named_in_the_command(shared_world: World) -> None:
    robot = Robot(shared_world)
    robot.credentials(f"[default]\n{robot.ini}[robot]\n{robot.ini}")
    code = "import boto3, sys; session = boto3.Session(profile_name=sys.argv[1]);"
    code += "print(session.client('sts', 'eu-west-1').get_caller_identity()['Arn'])"
    who = [sys.executable, "-c", code]
    for profile, arn in (("robot", "user/robot"), ("legacy", "_ReadOnly_"), ("prod", "/Deploy/")):
        result = shared_world.run("exec", "--endpoint", "dev", "--", *who, profile)
        assert arn in result.out, result


# ssoenv in the shell of an endpoint


def inside(shared_world: World, script: str, **changes: str | None) -> str:
    """What bash prints under exec --endpoint."""
    result = shared_world.run("exec", "--endpoint", "dev", "--", "bash", "-c", script, **changes)
    assert (result.code, result.err) == (0, ""), result
    return result.out


SHOW = "env | grep -E '^(AWS_C|AWS_S|AWS_EC2|BOTO|SSOENV_(E|U))' | cut -d= -f1"


def test_ssoenv_itself_uses_the_original_files(shared_world: World) -> None:
    """It finds the credentials of the default profile, which the copies do not have."""
    shared_world.add_config(
        "[default]\nsso_session = demo\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\n"
    )
    key = inside(shared_world, f'eval "$({SSOENV} default)"; echo $AWS_ACCESS_KEY_ID').strip()
    assert "_ReadOnly_" in shared_world.idc.keys[key].arn


def test_another_profile_replaces_the_endpoint_completely(shared_world: World) -> None:
    shown = inside(shared_world, f'eval "$({SSOENV} legacy)"; {SHOW}').split()
    assert (
        shown
        == inside(shared_world, f"{SSOENV} exec legacy -- bash -c {shlex.quote(SHOW)}").split()
    )
    assert set(shown) == {
        *("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"),
        "SSOENV_EXPIRES_AT",
    }


def test_unset_leaves_nothing_of_the_endpoint(shared_world: World) -> None:
    assert inside(shared_world, f'eval "$({SSOENV} --unset)"; {SHOW}; true') == ""


def test_variables_set_before_are_restored(shared_world: World) -> None:
    mine = {"AWS_CONFIG_FILE": str(shared_world.config), "AWS_EC2_METADATA_DISABLED": "false"}
    mine |= {"BOTO_CONFIG": "", "AWS_SDK_LOAD_CONFIG": "0"}
    show = "import json, os; print(json.dumps(dict(os.environ)))"
    python = f"{sys.executable} -c {shlex.quote(show)}"
    for front in (f'eval "$({SSOENV} --unset)";', f"{SSOENV} exec --endpoint legacy -- "):
        seen = json.loads(inside(shared_world, front + python, **mine))
        if "--endpoint" in front:
            seen = {k.replace("SSOENV_USER", "AWS"): v for k, v in seen.items() if "USER" in k}
            seen["BOTO_CONFIG"] = seen.pop("AWS_BOTO_CONFIG")
        else:
            assert not [name for name in seen if name.startswith("SSOENV_USER")]
        assert {name: seen.get(name) for name in mine} == mine


# The copies


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], dict[str, str]]:
    """``copied(config, credentials)``: the copies of files with such texts."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.delenv("BOTO_CONFIG", raising=False)

    def copy(config: str, credentials: str = "") -> dict[str, str]:
        (tmp_path / "config").write_text(config)
        (tmp_path / "credentials").write_text(credentials)
        return file_copies.contents()

    return copy


def test_settings_of_the_default_profile_that_are_not_credentials_are_kept(copied) -> None:
    kept = "region = eu-west-1\noutput = json\ns3 =\n  addressing_style = path\nca_bundle = /x\n"
    gone = "aws_access_key_id = A\nsso_session = s\nlogin_session = x\nSource_Profile = y\n  more\n"
    text = copied(f"[default]\n{kept}{gone}")["config"]
    assert text.endswith(f"\n[default]\n{kept}")


def generous_reading(text: str) -> dict[str, set[str]]:
    """The most generous reading of such a file, section and key names without case and quotes:
    everything that any SDK may find in it."""
    found: dict[str, set[str]] = {}
    section = ""
    for line in text.splitlines():
        words = line.strip().lower()
        if words.startswith("["):
            name = words.strip("[]").split("]")[0].split("#")[0].split(";")[0]
            section = name.replace('"', "").replace("'", "").strip()
            section = section.removeprefix("profile").strip() or "?"
        elif "=" in words:
            found.setdefault(section, set()).add(words.split("=")[0].strip())
    return found


_NAMES = st.sampled_from(
    ["default", "profile default", " default", "default ", "DEFAULT", "Default", "default] #",
     "profile  default", 'profile "default"', "default ; x", "profile dev", "dev", "profile 'a b'"]
)  # fmt: skip
_KEYS = st.sampled_from(["aws_access_key_id", "AWS_SECRET_ACCESS_KEY", "sso_session", "region",
                         "credential_process", "output", "s3"])  # fmt: skip
_VALUES = st.sampled_from(
    ["x", "", "eu\n  [default]", "\n  aws_access_key_id = Y", "a\n [default]\n aws_session_token=1",
     "a\n  aws_secret_access_key = z", "\n  [default]\n  sso_session = q", "= b", "#", "[default]"]
)  # fmt: skip
_SECTIONS = st.lists(
    st.tuples(_NAMES, st.dictionaries(_KEYS.map(str.lower), _VALUES, max_size=4)),
    unique_by=lambda section: section[0],
)


@settings(deadline=None, max_examples=examples(60))
@given(_SECTIONS, _SECTIONS)
@example([("profile dev", {"region": "a\n [default]\n aws_session_token=1"})], [])
def test_no_reading_of_the_copies_finds_credentials_of_the_default_profile(
    tmp_path_factory: pytest.TempPathFactory, config: list, credentials: list
) -> None:
    folder = tmp_path_factory.mktemp("aws")
    with pytest.MonkeyPatch.context() as patch:
        for name, sections in (("config", config), ("credentials", credentials)):
            lines = [
                f"[{s}]\n" + "".join(f"{k} = {v}\n" for k, v in d.items()) for s, d in sections
            ]
            (folder / name).write_text("".join(lines))
        patch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
        patch.setenv("HOME", str(folder))
        try:
            assert Session().full_config
            copies = file_copies.contents()
        except Exception:
            return  # botocore cannot read these files, so ssoenv has refused them before
        for name, text in copies.items():
            keys = generous_reading(text).get("default", set())
            assert not {k for k in keys if k.startswith(("aws_", "sso_", "credential_"))}, text
            (folder / name).write_text(text)
        assert Session().get_scoped_config().keys() <= {"region", "output", "s3"}


@settings(deadline=None, max_examples=examples(60))
@given(st.data())
def test_other_profiles_are_read_as_before(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    words = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12)
    simple = words.filter(lambda w: not set("[]#;='\"\\") & set(w) and w.lower() != "default")
    keys = simple.filter(lambda w: ":" not in w).map(str.lower).filter(lambda w: w == w.lower())
    profile = st.dictionaries(keys, words | st.dictionaries(keys, words, min_size=1), max_size=4)
    profiles = data.draw(st.dictionaries(simple, profile, max_size=4))
    folder = tmp_path_factory.mktemp("aws")
    text = ""
    for name, section in profiles.items():
        text += f'[profile "{name}"]\n'
        for key, value in section.items():
            below = value.items() if isinstance(value, dict) else ()
            text += f"{key} = {'' if isinstance(value, dict) else value}\n"
            text += "".join(f"    {k}={v}\n" for k, v in below)
    (folder / "config").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
        patch.setenv("HOME", str(folder))
        try:
            before = Session().full_config
        except Exception:
            return
        (folder / "config").write_text(
            file_copies.contents()[copies_folder.CONFIG], encoding="utf-8"
        )
        assert Session().full_config == before


def test_every_variable_is_documented_with_its_reason() -> None:
    page = (Path(__file__).parents[2] / "docs" / "long-running.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    listed = [(name.strip("`"), why) for name, why in rows]
    assert listed == [*variables.ENDPOINT, *variables.REMOVED_FOR_ENDPOINT]
