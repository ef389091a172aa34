"""``ssoenv logout``."""

import json
import os
from pathlib import Path

import pytest

from ssoenv.demo import home
from ssoenv.demo.home import SESSION
from tests.conftest import World, assert_fails

BOTH = 'ssoenv: signed out of "demo" and "https://demo.awsapps.com/start"\n'
OTHER = """
[sso-session elsewhere]
sso_start_url = https://elsewhere.awsapps.com/start
sso_region = us-east-1

[profile other]
sso_session = elsewhere
sso_account_id = 111122223333
sso_role_name = Developer

[profile chained-legacy]
role_arn = arn:aws:iam::444455556666:role/Deploy
source_profile = legacy
role_session_name = me
region = eu-west-1

[profile broken]
sso_session = ghost
sso_account_id = 111122223333
sso_role_name = Developer
"""


@pytest.fixture
def warm(signed_in: World) -> World:
    """Signed in at two start URLs, with credentials of every profile in the cache."""
    signed_in.add_config(OTHER)
    token = signed_in.idc.issue_token(start_url="https://elsewhere.awsapps.com/start")
    home.sign_in(str(signed_in.home), signed_in.idc, "elsewhere", token=token)
    for profile in ("dev", "prod", "legacy", "chained-legacy", "other"):
        assert signed_in.run(profile).code == 0
    return signed_in


def roles(world: World) -> set[str]:
    """The access key ids in the role cache."""
    return {
        json.loads(path.read_text())["Credentials"]["AccessKeyId"]
        for path in world.roles.glob("*.json")
    }


def key_of(world: World, profile: str) -> str:
    return world.variables(profile)["AWS_ACCESS_KEY_ID"]


def index(world: World) -> list[Path]:
    return list((world.home / ".aws" / "ssoenv" / "index").glob("*"))


@pytest.mark.parametrize("arguments", [["dev"], ["prod"], ["--session", SESSION]])
def test_a_sign_in_goes_with_all_that_came_from_it(warm: World, arguments: list[str]) -> None:
    """Assumed roles too, which ``aws sso logout`` leaves behind; the sign-in to another start URL
    stays."""
    token = json.loads(warm.token_file().read_text())
    elsewhere = json.loads(warm.token_file("elsewhere").read_text())
    other = key_of(warm, "other")
    assert index(warm)
    result = warm.run("logout", *arguments)
    assert (result.code, result.out) == (0, "")
    assert result.err == BOTH
    assert [path.name for path in warm.tokens.glob("*.json")] == [warm.token_file("elsewhere").name]
    assert roles(warm) == {other}
    assert index(warm) == []
    assert warm.idc.live_session(token["accessToken"]) is None
    assert warm.idc.live_session(elsewhere["accessToken"]) is not None
    assert warm.run("dev").code == warm.run("prod").code == warm.run("legacy").code == 4


def test_the_keys_of_a_role_that_options_named_go_too(warm: World) -> None:
    role = ["dev", "--account-id", "777788889999", "--role-name", "Administrator"]
    assert warm.run(*role).code == 0
    other, foreign = key_of(warm, "other"), warm.roles / f"{'0' * 40}.json"
    foreign.write_text('{"Credentials": {"AccessKeyId": "ASIAOFSOMEBODYELSE"}}')  # of the AWS CLI
    assert warm.run("logout", "dev").code == 0
    assert roles(warm) == {other, "ASIAOFSOMEBODYELSE"}
    assert_fails(warm.run(*role), 4, "not signed in")


def test_all_sign_ins_can_go_at_once(warm: World) -> None:
    """Also one that no config names any more; what is none of ours stays."""
    orphan = warm.tokens / "0123.json"
    orphan.write_text(json.dumps(warm.idc.issue_token()))
    (warm.tokens / "note.json").write_text("{")
    swept = warm.roles / "old.json"
    swept.write_text('{"ProviderType": "sso", "Credentials": {}}')
    foreign = warm.roles / "foreign.json"
    foreign.write_text('{"Credentials": {"AccessKeyId": "ASIAFOREIGN"}}')
    result = warm.run("logout", "--all")
    assert result.err == "ssoenv: signed out of 4 sign-ins\n"
    assert [path.name for path in warm.tokens.glob("*.json")] == ["note.json"]
    assert roles(warm) == {"ASIAFOREIGN"}
    assert warm.idc.count("Logout") == 4
    assert warm.idc.sessions == {}


def test_registrations_go_with_all_sign_ins(approving: World) -> None:
    """Those of other tools, which have names of their own, stay."""
    assert approving.run("login", "dev", "--device-code").code == 0
    assert len(list(approving.tokens.glob("*.json"))) == 2
    other = approving.tokens / "aws-toolkit-vscode-client-id-us-east-1.json"
    other.write_text('{"clientId": "a", "clientSecret": "b"}')
    assert approving.run("logout", "dev").code == 0
    assert len(list(approving.tokens.glob("*.json"))) == 2
    assert approving.run("logout", "--all").code == 0
    assert list(approving.tokens.glob("*.json")) == [other]


def test_nothing_to_do_is_no_failure(world: World) -> None:
    for _ in range(2):
        result = world.run("logout", "dev")
        assert (result.code, result.err) == (0, 'ssoenv: you were not signed in to "demo"\n')
    assert world.run("logout", "--all").code == 0
    assert not world.tokens.exists()


def test_a_session_that_has_ended_already_is_no_failure(signed_in: World) -> None:
    signed_in.idc.sessions.clear()
    result = signed_in.run("logout", "dev")
    assert (result.code, result.err) == (0, BOTH)


@pytest.mark.parametrize(("trouble", "code"), [("gone", 6), ("503", 7), ("hang", 6)])
@pytest.mark.parametrize("which", ["dev", "--all"])
def test_without_identity_center_the_files_still_go(
    signed_in: World, trouble: str, code: int, which: str
) -> None:
    assert signed_in.run("dev").code == 0
    if trouble == "gone":
        signed_in.idc.stop()
    elif trouble == "503":
        signed_in.idc.fault("Logout", status=503)
    else:
        signed_in.idc.fault("Logout", hang=True)
    limit = "1" if trouble == "hang" else None
    result = signed_in.run("logout", which, SSOENV_TIMEOUT=limit)
    assert result.code == code, result
    assert "signed out on this machine, but Identity Center could not be told" in result.err
    assert not signed_in.token_file().exists()
    assert index(signed_in) == []
    assert roles(signed_in) == set()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"accessToken": 5}', "null"])
def test_a_damaged_token_goes_too(signed_in: World, content: str) -> None:
    signed_in.token_file().write_text(content)
    assert signed_in.run("logout", "dev").code == 0
    assert not signed_in.token_file().exists()


def test_a_linked_token_goes_with_its_target(signed_in: World) -> None:
    target = signed_in.home / "elsewhere"
    signed_in.token_file().rename(target)
    signed_in.token_file().symlink_to(target)
    assert signed_in.run("logout", "dev").code == 0
    assert not target.exists()
    assert not os.path.lexists(signed_in.token_file())


def test_what_cannot_be_removed_is_named(signed_in: World) -> None:
    """A folder stands in the file's place."""
    signed_in.token_file().unlink()
    signed_in.token_file().mkdir()
    result = signed_in.run("logout", "dev")
    assert result.code == 8
    assert "could not be removed" in result.err
    assert "~/.aws/sso/cache" in result.err


@pytest.mark.parametrize("which", ["dev", "--all"])
def test_what_cannot_be_removed_keeps_no_session_alive(warm: World, which: str) -> None:
    """Nobody could end it any more, with the token gone."""
    for path in warm.roles.glob("*.json"):
        path.unlink()
        path.mkdir()
    assert_fails(
        warm.run("logout", which), 8, "could not be removed", "~/.aws/cli/cache", stdout=""
    )
    assert not warm.token_file().exists()
    assert warm.idc.count("Logout") == (3 if which == "--all" else 2)


def test_the_shell_that_still_holds_keys_is_told_how_to_drop_them(signed_in: World) -> None:
    result = signed_in.run("logout", "dev", SSOENV_PROFILE="dev", AWS_SESSION_TOKEN="x")
    assert 'To drop them, type: eval "$(ssoenv --unset)"' in result.err


@pytest.mark.parametrize("arguments", [["--all", "dev"], ["--all", "--session", "demo"]])
def test_all_and_one_do_not_go_together(world: World, arguments: list[str]) -> None:
    assert world.run("logout", *arguments).code == 2


def test_what_a_killed_save_left_behind_goes_too(signed_in: World) -> None:
    """It holds a token."""
    left = signed_in.tokens / f"{signed_in.token_file().name}.0123456789ab.ssoenv-tmp"
    left.write_bytes(signed_in.token_file().read_bytes())
    assert signed_in.run("logout", "dev").code == 0
    assert not left.exists()
