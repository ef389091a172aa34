"""Profiles with ``ssoenv_oidc``: the token that a CI system gives to a job."""

import contextlib
import json
import os
from pathlib import Path

import pytest

from tests.conftest import World, assert_fails
from tests.job_tokens import TokenService

ARN = "arn:aws:iam::111122223333:role/Deploy"
DEPLOY = f"[profile deploy]\nrole_arn = {ARN}\nregion = eu-central-1\n"
ON_TOP = (
    "[profile top]\nrole_arn = arn:aws:iam::111122223333:role/Top\nsource_profile = deploy\n"
    "region = eu-central-1\n"
)


@pytest.fixture
def ci(world: World) -> World:
    """A CI job whose token opens the role in ``ARN``, and keys of that the role ``Top``."""
    world.config.write_text(DEPLOY + "ssoenv_oidc = github\n" + ON_TOP)
    world.idc.allow_role(ARN)
    world.idc.allow_role("arn:aws:iam::111122223333:role/Top")
    world.idc.trust_web_identity("job-token")
    world.environ["CI"] = "true"
    return world


def role(world: World, seen: dict[str, str]) -> str:
    return world.idc.keys[seen["AWS_ACCESS_KEY_ID"]].arn.split("/")[1]


def test_the_token_of_github_is_fetched(ci: World, token_service: TokenService) -> None:
    given = token_service.variables()
    seen = ci.variables("deploy", **given)
    assert role(ci, seen) == "Deploy"
    assert seen["SSOENV_PROFILE"] == "deploy"
    assert role(ci, ci.variables("top", **given)) == "Top"


def test_nothing_is_kept_on_disk(ci: World, token_service: TokenService) -> None:
    given = token_service.variables()
    first, second = (ci.variables(name, **given) for name in ("deploy", "deploy"))
    assert first["AWS_ACCESS_KEY_ID"] != second["AWS_ACCESS_KEY_ID"]
    ci.variables("top", **given)
    ci.run("exec", "--endpoint", "top", "--", "true", **given)
    folders = os.walk(ci.home / ".aws")  # the endpoint removes its own meanwhile
    text = b""
    for path in (Path(folder, name) for folder, _, names in folders for name in names):
        with contextlib.suppress(FileNotFoundError):
            text += path.read_bytes()
    assert not any(secret.encode() in text for secret in ci.idc.keys)
    assert b"job-token" not in text


def test_another_audience(ci: World, token_service: TokenService) -> None:
    token_service.audience = "https://example.com/a b&c"
    ci.add_config(
        DEPLOY.replace("deploy", "other")
        + "ssoenv_oidc = GitHub\nssoenv_oidc_audience = https://example.com/a b&c\n"
    )
    assert role(ci, ci.variables("other", **token_service.variables())) == "Deploy"


@pytest.mark.parametrize(
    ("system", "variable"),
    [
        ("gitlab", "GITLAB_OIDC_TOKEN"),
        ("circleci", "CIRCLE_OIDC_TOKEN_V2"),
        ("circleci", "CIRCLE_OIDC_TOKEN"),
    ],
)
def test_the_token_in_a_variable(ci: World, system: str, variable: str) -> None:
    ci.config.write_text(f"{DEPLOY}ssoenv_oidc = {system}\n")
    assert role(ci, ci.variables("deploy", **{variable: "job-token"})) == "Deploy"
    assert_fails(ci.run("deploy"), 3, "this job has no token", variable[:12])
    mark = {"gitlab": "GITLAB_CI", "circleci": "CIRCLECI"}[system]
    ci.config.unlink()
    seen = ci.variables(
        AWS_ROLE_ARN=ARN, AWS_REGION="eu-west-1", **{mark: "1", variable: "job-token"}
    )
    assert seen["SSOENV_PROFILE"] == "Deploy@111122223333"


def test_the_role_alone_is_enough(ci: World, token_service: TokenService) -> None:
    """And a second run in the same shell, as well as the way back."""
    ci.config.unlink()
    given = {**token_service.variables(), "AWS_ROLE_ARN": ARN, "AWS_REGION": "eu-west-1"}
    line = 'eval "$(ssoenv)"; ssoenv --format json; eval "$(ssoenv --unset)"; test $AWS_ROLE_ARN'
    ran = ci.command(["bash", "-ec", line], **given)
    assert (ran.code, ran.err) == (0, ""), ran
    assert role(ci, json.loads(ran.out)) == "Deploy"


def test_a_job_without_the_permission_says_so(ci: World) -> None:
    for given in ({"AWS_ROLE_ARN": ARN, "AWS_REGION": "x-1"}, {"AWS_PROFILE": "deploy"}):
        result = ci.run(GITHUB_ACTIONS="true", **given)
        assert_fails(result, 3, "this job has no token", "id-token: write")


@pytest.mark.parametrize(
    ("answers", "code", "words"),
    [
        ([(403, b"{}")], 3, "id-token: write"),
        ([(500, b"")] * 3, 7, "status 500"),
        ([(200, b"<html>")] * 3, 7, "holds no token"),
        ([(200, b'{"value": "a\\u0007b"}')] * 3, 7, "holds no token"),
        ([(200, b"x" * (1 << 21))] * 3, 7, "longer than 1 MiB"),
        ([(500, b""), (502, b"")], 0, ""),
    ],
)
def test_the_service_fails(
    ci: World, token_service: TokenService, answers: list[tuple[int, bytes]], code: int, words: str
) -> None:
    token_service.answers = list(answers)
    result = ci.run("deploy", **token_service.variables())
    assert result.code == code, result
    assert words in result.err
    assert "request-secret" not in result.err + result.out
    assert token_service.asked == len(answers) + (code == 0)


def test_nobody_answers(ci: World, token_service: TokenService) -> None:
    given = token_service.variables()
    given["ACTIONS_ID_TOKEN_REQUEST_URL"] = "http://127.0.0.1:1/x"
    assert_fails(ci.run("deploy", **given), 6)


def test_the_request_s_secret_goes_to_https_only(ci: World, token_service: TokenService) -> None:
    given = token_service.variables()
    given["ACTIONS_ID_TOKEN_REQUEST_URL"] = "http://example.com/x"
    assert_fails(ci.run("deploy", **given), 3, "ACTIONS_ID_TOKEN_REQUEST_URL", "unencrypted")


def test_a_role_that_does_not_trust_the_token(ci: World, token_service: TokenService) -> None:
    token_service.token = "another-token"
    result = ci.run("deploy", "--debug", **token_service.variables())
    assert result.code == 5
    assert "another-token" not in result.err


def test_an_unknown_system_is_named(ci: World) -> None:
    ci.config.write_text(DEPLOY + "ssoenv_oidc = githup\n")
    assert_fails(ci.run("deploy"), 3, 'ssoenv_oidc is "githup"', "github, gitlab, circleci")


def test_such_a_profile_is_complete(ci: World) -> None:
    rows = json.loads(ci.run("profiles", "--json").out)
    assert {(row["profile"], row["kind"], row["state"]) for row in rows} == {
        ("deploy", "web-identity", "elsewhere"),
        ("top", "chain", "elsewhere"),
    }
    assert ci.run("doctor").code == 0, ci.run("doctor")


def test_a_token_in_a_file_goes_before(ci: World) -> None:
    """As every other tool, too, would take it."""
    (ci.home / "token").write_text("job-token")
    ci.config.write_text(
        f"{DEPLOY}ssoenv_oidc = github\nweb_identity_token_file = {ci.home}/token\n"
    )
    assert role(ci, ci.variables("deploy")) == "Deploy"
    assert list(ci.roles.iterdir())
