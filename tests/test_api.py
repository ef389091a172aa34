"""ssoenv for Python programs."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import botocore.session
import pytest

import ssoenv
from ssoenv.cache import index, role_keys
from tests.conftest import World
from tests.signin.people import wait_until


@pytest.fixture
def home(signed_in: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """This very process lives in the world."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "SSOENV_"))]:
        monkeypatch.delenv(name)
    for name, value in signed_in.environ.items():
        monkeypatch.setenv(name, value)
    return signed_in


def account_of(session) -> str:
    return session.client("sts").get_caller_identity()["Account"]


def test_resolve_gives_what_the_command_gives(home):
    keys = ssoenv.resolve("dev")
    assert home.variables("dev") == {
        name: value for name, value in keys.environ({}).items() if name in home.variables("dev")
    }
    assert keys.profile == "dev"
    assert keys.region == "eu-central-1"
    assert keys.account_id == "111122223333"
    assert 3500 < keys.seconds_left() <= 3600
    assert home.idc.count("GetRoleCredentials") == 1


def test_it_tells_children_of_a_guarded_profile_as_the_command_does(home, monkeypatch):
    guarded = "[profile dev]\nssoenv_confirm = true\n"
    home.config.write_text(home.config.read_text().replace("[profile dev]\n", guarded))
    home.settle()
    for _ in range(2):  # from AWS, and from the cache
        assert ssoenv.resolve("dev").environ()["SSOENV_GUARDED"] == "1"
        assert "SSOENV_GUARDED" not in ssoenv.resolve("legacy").environ()
    monkeypatch.setenv("SSOENV_CONFIRM", "leg*")
    assert ssoenv.resolve("legacy").environ()["SSOENV_GUARDED"] == "1"


def test_a_warm_answer_asks_nobody_and_a_refresh_does(home):
    first = ssoenv.resolve("dev")
    assert ssoenv.resolve("dev").access_key_id == first.access_key_id
    assert ssoenv.resolve("dev", region="eu-west-3").region == "eu-west-3"
    assert home.idc.count("GetRoleCredentials") == 1
    assert ssoenv.resolve("dev", refresh=True).access_key_id != first.access_key_id
    home.idc.role_lifetime = 7200
    assert ssoenv.resolve("dev", min_ttl=5000).seconds_left() > 5000


def test_within_an_endpoint_profiles_are_those_of_the_person(signed_in):
    """The copies that lead SDKs to the endpoint have no default profile."""
    signed_in.config.write_text(signed_in.config.read_text().replace("[profile dev]", "[default]"))
    code = "import ssoenv; print(ssoenv.resolve('default').account_id)"
    command = ["exec", "--endpoint", "legacy", "--", sys.executable, "-c", code]
    result = signed_in.run(*command)
    assert (result.out, result.err) == ("111122223333\n", "")
    elsewhere = signed_in.home / "elsewhere"
    signed_in.config.rename(elsewhere)
    result = signed_in.run(*command, AWS_CONFIG_FILE="~/elsewhere")
    assert (result.out, result.err) == ("111122223333\n", "")


def test_the_profile_may_come_from_the_environment(home, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "prod")
    assert ssoenv.resolve().account_id == "444455556666"
    for name, value in {
        "AWS_SSO_START_URL": home.idc.start_url,
        "AWS_SSO_REGION": "us-east-1",
        "AWS_SSO_ACCOUNT_ID": "777788889999",
        "AWS_SSO_ROLE_NAME": "Administrator",
    }.items():
        monkeypatch.setenv(name, value)
    assert ssoenv.resolve().account_id == "777788889999"
    assert ssoenv.resolve("dev").account_id == "111122223333"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert account_of(ssoenv.session()) == "777788889999"
    monkeypatch.delenv("AWS_SSO_ROLE_NAME")
    with pytest.raises(ssoenv.SsoenvError, match="AWS_SSO_ROLE_NAME is missing"):
        ssoenv.resolve()


def test_a_child_with_the_environment_acts_as_the_profile(home):
    environ = ssoenv.resolve("dev").environ({"PATH": "/bin", "AWS_PROFILE": "other"})
    assert "AWS_PROFILE" not in environ
    assert environ["PATH"] == "/bin"
    assert environ["AWS_ACCESS_KEY_ID"].startswith("ASIA")


def test_errors_say_what_to_type(home):
    home.sign_out()
    with pytest.raises(ssoenv.SignInNeeded, match=r"not signed in.*Run: ssoenv login dev"):
        ssoenv.resolve("dev")
    with pytest.raises(ssoenv.SsoenvError, match="no profile"):
        ssoenv.resolve("nobody")


def test_no_secret_shows_in_a_repr(home):
    keys = ssoenv.resolve("dev")
    for text in (repr(keys), str(keys)):
        assert keys.secret_access_key not in text
        assert keys.session_token not in text
        assert "dev" in text


def test_a_boto3_session_acts_as_the_profile_whatever_else_is_set(home, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    session = ssoenv.session("dev")
    assert session.region_name == "eu-central-1"
    assert session.profile_name == "dev"
    assert account_of(session) == "111122223333"
    assert ssoenv.session("dev", region="us-west-2").region_name == "us-west-2"
    assert account_of(ssoenv.session("prod")) == "444455556666"


def test_a_botocore_session_takes_the_provider(home):
    core = botocore.session.Session()
    core.get_component("credential_provider").insert_before("env", ssoenv.Provider("dev"))
    sts = core.create_client("sts", region_name="us-east-1")
    assert sts.get_caller_identity()["Account"] == "111122223333"
    assert core.get_credentials().method == "ssoenv"
    assert core.get_credentials().account_id == "111122223333"


def test_credentials_are_renewed_while_a_program_runs(home):
    credentials = ssoenv.session("dev").get_credentials()
    first = credentials.get_frozen_credentials().access_key
    end = time.time() + 60
    entry = role_keys.path_of(next(iter(home.roles.iterdir())).stem)
    os.unlink(entry)
    credentials._expiry_time = botocore.credentials._parse_if_needed(
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
    )
    assert credentials.get_frozen_credentials().access_key != first
    assert home.idc.count("GetRoleCredentials") == 2


def test_static_keys_have_no_end(home):
    keys = home.idc.issue_static_keys()
    home.add_config(
        f"[profile robot]\nregion = us-east-1\naws_access_key_id = {keys.access_key_id}\n"
        f"aws_secret_access_key = {keys.secret_access_key}\n"
    )
    found = ssoenv.resolve("robot")
    assert (found.expiration, found.session_token) == (None, None)
    assert account_of(ssoenv.session("robot")) == "111122223333"


def test_many_threads_may_ask_at_once(home):
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(ssoenv.resolve("dev").access_key_id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8


def test_importing_it_loads_nothing(home):
    code = (
        "import sys; before = set(sys.modules); import ssoenv\n"
        "assert set(sys.modules) - before == {'ssoenv'}, set(sys.modules) - before\n"
        "ssoenv.resolve('dev')\n"
        "assert not any(name.startswith('boto') for name in sys.modules)\n"
    )
    # The index holds only files that have been as they are for a tick of the clock.
    wait_until(lambda: ssoenv.resolve("dev") and index.credentials("dev"))
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_it_does_not_have_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing_like_it"):
        ssoenv.nothing_like_it  # noqa: B018
    code = "import ssoenv; print(*(name for name in dir(ssoenv) if name[0] != '_'))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert shown.stdout.split() == [name for name in ssoenv.__all__ if name[0] != "_"]
    for name in ssoenv.__all__:
        assert getattr(ssoenv, name)


def test_the_example_in_readme_runs(home):
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    example = readme.partition("```python\n")[2].partition("```")[0]
    found: dict[str, object] = {}
    exec(example, found)
    assert found["me"]["Account"] == found["keys"].account_id == "111122223333"
