"""An identity that only variables describe: a web identity, keys, a container's role."""

import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.conftest import World, assert_fails

ARN = "arn:aws:iam::111122223333:role/ci/Deploy"
NAME = "Deploy@111122223333"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAOWN", "AWS_SECRET_ACCESS_KEY": "secret"}
DEFAULT = "[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = secret\n"


@pytest.fixture
def bare(world: World) -> World:
    """A CI job that has no AWS config, and a token for the role in ``ARN``."""
    world.config.unlink()
    world.idc.allow_role(ARN)
    world.idc.trust_web_identity("job-token")
    (world.home / "token").write_text("job-token")
    return world


def web_identity(world: World) -> dict[str, str]:
    return {
        "AWS_ROLE_ARN": ARN,
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(world.home / "token"),
        "AWS_ROLE_SESSION_NAME": "job-7",
        "AWS_REGION": "eu-west-3",
    }


def in_bash(world: World, line: str, **variables: str) -> list[dict[str, str]]:
    """What bash's environment is wherever ``line`` says ``see``, AWS's and our variables only."""
    script = f"see() {{ env -0; printf 'END\\0'; }}\n{line}"
    ran = world.command(["bash", "-e", "-c", script], **variables)
    assert (ran.code, ran.err) == (0, ""), ran
    found: list[dict[str, str]] = [{}]
    for item in ran.out.split("\0")[:-1]:
        if item == "END":
            found.append({})
        elif item.startswith(("AWS_", "SSOENV_")) and item.partition("=")[0] not in world.environ:
            name, _, value = item.partition("=")
            found[-1][name] = value
    return found[:-1]


def test_a_web_identity_needs_no_config(bare: World) -> None:
    ran = bare.run("exec", "--", "env", **web_identity(bare))
    assert ran.code == 0, ran
    seen = dict(line.split("=", 1) for line in ran.out.splitlines())
    arn = bare.idc.keys[seen["AWS_ACCESS_KEY_ID"]].arn
    assert arn == "arn:aws:sts::111122223333:assumed-role/Deploy/job-7"
    assert seen["SSOENV_PROFILE"] == NAME
    assert seen["AWS_REGION"] == "eu-west-3"
    assert not {"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"} & seen.keys()


def test_keys_need_no_config(bare: World) -> None:
    seen = bare.variables(**KEYS)
    assert seen == {**KEYS, "SSOENV_PROFILE": "environment"}


@pytest.mark.parametrize("kind", ["web identity", "keys"])
def test_unset_brings_everything_back(bare: World, kind: str) -> None:
    given = web_identity(bare) if kind == "web identity" else {**KEYS, "AWS_REGION": "eu-west-3"}
    line = 'eval "$(ssoenv)"; see; eval "$(ssoenv --refresh)"; see; eval "$(ssoenv --unset)"; see'
    first, second, back = in_bash(bare, line, **given)
    assert back == given
    assert first["SSOENV_PROFILE"] == second["SSOENV_PROFILE"]
    assert (first["AWS_ACCESS_KEY_ID"] == second["AWS_ACCESS_KEY_ID"]) == (kind == "keys")


def test_a_web_identity_comes_back_after_another_profile_too(signed_in: World) -> None:
    signed_in.idc.allow_role(ARN)
    signed_in.idc.trust_web_identity("job-token")
    (signed_in.home / "token").write_text("job-token")
    given = {**web_identity(signed_in), "AWS_EB_PROFILE": "legacy"}
    line = 'eval "$(ssoenv)"; eval "$(ssoenv dev)"; see; eval "$(ssoenv --unset)"; see'
    dev, back = in_bash(signed_in, line, **given)
    assert not {"AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_EB_PROFILE"} & dev.keys()
    assert back == given


def test_what_a_named_profile_does_not_need_is_not_kept(signed_in: World) -> None:
    """A child has nothing of another identity, not even its name."""
    given = {**web_identity(signed_in), "AWS_PROFILE": "legacy"}
    ran = signed_in.run("exec", "dev", "--", "env", **given)
    assert "Deploy" not in ran.out
    assert "legacy" not in ran.out


def test_the_hook_renews_a_web_identity(bare: World) -> None:
    [seen] = in_bash(bare, 'eval "$(ssoenv)"; see', **web_identity(bare))
    for path in bare.roles.iterdir():
        path.unlink()
    renewed = bare.run("--renew", NAME, "--shell", "bash", SSOENV_HOOK_WAIT="30", **seen)
    assert renewed.code == 0, renewed
    assert "export AWS_ACCESS_KEY_ID='ASIA" in renewed.out
    assert seen["AWS_ACCESS_KEY_ID"] not in renewed.out
    assert "SSOENV_USER" not in renewed.out


@pytest.mark.parametrize("kind", ["web identity", "keys"])
def test_the_endpoint_serves_it(bare: World, kind: str) -> None:
    """Also to ssoenv in there, and to a renewal: the endpoint starts where the variables are."""
    given = web_identity(bare) if kind == "web identity" else KEYS
    command = ["exec", "--endpoint", "--", "ssoenv", "--format", "process"]
    ran = bare.run(*command, **given)
    assert ran.code == 0, ran
    found = json.loads(ran.out)["AccessKeyId"]
    assert found == "AKIAOWN" if kind == "keys" else found.startswith("ASIA")


def test_an_endpoint_renews_it(bare: World) -> None:
    program = (
        "from ssoenv.aws import profile; from ssoenv.endpoint import fingerprint, refresher;"
        f"loaded = profile.load({NAME!r});"
        f"source = dict(profile={NAME!r}, identity=fingerprint.of(loaded), role=None, region=None);"
        "print(refresher.fetch(source, '111122223333', 900).access_key_id)"
    )
    ran = bare.command([sys.executable, "-c", program], **web_identity(bare))
    assert ran.out.startswith("ASIA"), ran


def test_python_programs_find_it(bare: World) -> None:
    program = "import ssoenv; keys = ssoenv.resolve(); print(keys.profile, keys.access_key_id)"
    ran = bare.command([sys.executable, "-c", program], **web_identity(bare))
    assert ran.out.startswith(f"{NAME} ASIA"), ran
    assert bare.command([sys.executable, "-c", program], **KEYS).out == "environment AKIAOWN\n"


@pytest.mark.parametrize("named", ["argument", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_a_named_profile_goes_first(bare: World, named: str) -> None:
    bare.config.write_text(DEFAULT.replace("default", "profile other").replace("DEFAULT", "OTHER"))
    arguments, given = (["other"], {}) if named == "argument" else ([], {named: "other"})
    for identity in (web_identity(bare), KEYS):
        assert bare.variables(*arguments, **identity, **given)["AWS_ACCESS_KEY_ID"] == "AKIAOTHER"


def test_default_goes_first_if_it_has_credentials(bare: World) -> None:
    bare.config.write_text(DEFAULT)
    assert bare.variables(**KEYS)["AWS_ACCESS_KEY_ID"] == "AKIADEFAULT"
    bare.config.write_text("[default]\nregion = eu-north-1\n")
    seen = bare.variables(**KEYS)
    assert (seen["AWS_ACCESS_KEY_ID"], seen["AWS_REGION"]) == ("AKIAOWN", "eu-north-1")
    assert bare.variables(**KEYS, AWS_REGION="eu-west-3")["AWS_REGION"] == "eu-west-3"


def test_another_s_name_is_not_taken_for_it(bare: World) -> None:
    """A profile in use that has gone is an error, never silently what the environment has."""
    assert_fails(bare.run(SSOENV_PROFILE="gone", **web_identity(bare)), 3, '"gone"')
    assert_fails(bare.run("gone", **web_identity(bare)), 3, '"gone"')
    assert_fails(bare.run(SSOENV_PROFILE="gone", **KEYS), 3, '"gone"')


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"AWS_ROLE_ARN": "Deploy"}, "AWS_ROLE_ARN"),
        ({"AWS_ROLE_ARN": ""}, "AWS_ROLE_ARN is not"),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere"}, "/nowhere"),
    ],
)
def test_what_is_wrong_with_it_is_said(bare: World, changes: dict[str, str], words: str) -> None:
    result = bare.run(**{**web_identity(bare), **changes})
    assert_fails(result, 3, words)
    assert "[profile" not in result.err


def test_a_missing_region_is_said(bare: World) -> None:
    """AWS's own addresses have a region in them; the request is not signed, so botocore fails in
    another place than for other roles."""
    given = {**web_identity(bare), "AWS_REGION": ""}
    result = bare.run(**given, AWS_ENDPOINT_URL_STS=None)
    assert_fails(result, 3, "names no region", "Set AWS_REGION, or give --region")
    bare.config.write_text(
        f"[profile x]\nrole_arn = {ARN}\nweb_identity_token_file = {bare.home}/token\n"
    )
    assert_fails(bare.run("x", AWS_ENDPOINT_URL_STS=None), 3, "Add region = … to [profile x]")


def test_what_is_wrong_with_keys_is_said(bare: World) -> None:
    assert_fails(bare.run(AWS_ACCESS_KEY_ID="AKIA"), 3, "AWS_SECRET_ACCESS_KEY")
    expired = {
        **KEYS,
        "AWS_SESSION_TOKEN": "x",
        "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z",
    }
    assert_fails(bare.run(**expired), 3, "the keys in the environment have expired")


def test_keys_that_end_soon_are_told_of(bare: World) -> None:
    given = {**KEYS, "AWS_SESSION_TOKEN": "x", "AWS_CREDENTIAL_EXPIRATION": iso_in(300)}
    result = bare.run(**given)
    assert result.code == 0
    assert re.search("warning: the keys in the environment expire in [45]m", result.err)


def iso_in(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def test_doctor_asks_for_no_config_then(bare: World) -> None:
    assert "there is no AWS config" in bare.run("doctor").out
    for given in (web_identity(bare), KEYS):
        assert bare.run("doctor", **given).code == 0


def test_login_means_no_such_identity(bare: World) -> None:
    assert_fails(bare.run("login", **KEYS), 3, "there is no profile", stdout="")


class _Agent(BaseHTTPRequestHandler):
    """The address where a container's role is asked for."""

    def do_GET(self) -> None:
        fields = {"AccessKeyId": "ASIACONTAINER", "SecretAccessKey": "s", "Token": "t"}
        body = json.dumps({**fields, "Expiration": "2099-01-01T00:00:00Z"}).encode()
        self.send_response(200 if self.headers["Authorization"] == "pod-token" else 401)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def agent() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Agent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/credentials"
        server.shutdown()


def test_the_role_of_a_container_needs_no_config(bare: World, agent: str) -> None:
    (bare.home / "token").write_text("pod-token")
    given = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": agent,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(bare.home / "token"),
    }
    line = 'eval "$(ssoenv)"; eval "$(ssoenv)"; see; eval "$(ssoenv --unset)"; see'
    seen, back = in_bash(bare, line, **given)
    assert (seen["AWS_ACCESS_KEY_ID"], seen["SSOENV_PROFILE"]) == ("ASIACONTAINER", "container")
    assert back == given


def test_a_container_that_does_not_answer_is_not_sought_in_the_config(bare: World) -> None:
    result = bare.run(AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:1/x")
    assert_fails(result, 3, '"container" has no source', "Correct the environment")
