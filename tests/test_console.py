"""``ssoenv console``: the address, where it leads, and what never shows."""

import json
import os
import sys
import urllib.error
import urllib.request
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.loaders import Loader

from ssoenv.aws.profile import Profile
from ssoenv.cache.role_keys import Credentials
from ssoenv.cache.tokens import SignIn
from ssoenv.credentials import federation
from tests.conftest import World


def address(world: World, *arguments: str, **changes: str | None) -> str:
    result = world.run("console", *arguments, **changes)
    assert result.code == 0, result
    assert result.err == ""
    line, end, rest = result.out.partition("\n")
    assert (end, rest) == ("\n", "")
    return line


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def secrets_of(world: World) -> list[str]:
    held = [json.loads(path.read_text())["Credentials"] for path in world.roles.iterdir()]
    return [keys[name] for keys in held for name in ("SecretAccessKey", "SessionToken")]


def test_the_address_signs_a_browser_in_as_the_role(signed_in):
    url = address(signed_in, "dev")
    page = urllib.request.urlopen(url).read().decode()
    assert "assumed-role/AWSReservedSSO_Developer" in page
    assert query(url)["Destination"] == (
        "https://console.aws.amazon.com/console/home?region=eu-central-1"
    )
    assert query(url)["Issuer"] == signed_in.idc.start_url
    assert signed_in.idc.federation.durations == [None]


def test_credentials_travel_in_a_body_and_show_nowhere(signed_in):
    result = signed_in.run("console", "dev", "-v")
    assert result.code == 0
    (call,) = [c for c in signed_in.idc.calls if c.operation == "GetSigninToken"]
    assert dict(call.params) == {}
    for secret in secrets_of(signed_in):
        assert secret not in result.out + result.err


def test_a_chained_role_and_a_warm_cache_work_as_well(signed_in):
    assert (
        "assumed-role/Deploy" in urllib.request.urlopen(address(signed_in, "prod")).read().decode()
    )
    calls = signed_in.idc.count("GetRoleCredentials")
    address(signed_in, "prod")
    assert signed_in.idc.count("GetRoleCredentials") == calls


def test_service_region_and_duration_are_asked_for(signed_in):
    url = address(signed_in, "dev", "--service", "s3", "--region", "ap-south-1", "--duration", "2h")
    assert query(url)["Destination"] == ("https://console.aws.amazon.com/s3/home?region=ap-south-1")
    assert signed_in.idc.federation.durations == [7200]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--duration", "10m"),
        ("--duration", "13h"),
        ("--duration", "soon"),
        ("--service", "../evil"),
        ("--service", "s3?x=1"),
        ("--service", "//evil.example"),
        ("--service", "s3\n"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(signed_in, arguments):
    result = signed_in.run("console", "dev", *arguments)
    assert (result.code, result.out) == (2, "")
    assert signed_in.idc.count("GetSigninToken") == 0


def test_a_chained_role_has_no_duration_of_its_own(signed_in):
    assert signed_in.run("console", "prod", "--duration", "2h").code == 2


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 400, "body": b"<html>Bad request</html>"}, 5),
        ({"status": 403}, 5),
        ({"status": 500}, 7),
        ({"status": 302, "body": b"", "headers": {"Location": "http://127.0.0.1:1/"}}, 7),
        ({"body": b"<html>wifi</html>"}, 7),
        ({"body": b"{}"}, 7),
        ({"body": b'{"SigninToken": 7}'}, 7),
        ({"body": b'{"SigninToken": "a\\nb"}'}, 7),
        ({"hang_up": True}, 6),
        ({"hang": True}, 6),
    ],
)
def test_what_the_sign_in_may_answer_instead(signed_in, fault, code):
    signed_in.idc.fault("GetSigninToken", **fault)
    result = signed_in.run("console", "dev", SSOENV_TIMEOUT="2")
    assert (result.code, result.out) == (code, ""), result
    assert len(result.err.splitlines()) == 1
    for secret in secrets_of(signed_in):
        assert secret not in result.err


def test_keys_that_aws_no_longer_knows_are_refused(signed_in):
    assert signed_in.run("dev").code == 0
    signed_in.idc.keys.clear()
    result = signed_in.run("console", "dev")
    assert result.code == 5
    assert "--refresh" in result.err
    assert signed_in.run("console", "dev", "--refresh").code == 0


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://signin.example.com/federation",
        "ftp://127.0.0.1/",
        "nonsense",
        "http://[",
        "https://",
    ],
)
def test_credentials_are_sent_over_https_or_to_this_machine_only(signed_in, endpoint):
    result = signed_in.run("console", "dev", SSOENV_SIGNIN_ENDPOINT=endpoint)
    assert (result.code, result.out) == (2, "")
    assert "https" in result.err


def test_static_keys_cannot_open_the_console(signed_in):
    signed_in.add_config(
        "[profile robot]\naws_access_key_id = AKIAX\naws_secret_access_key = s\n"
        "region = us-east-1\n"
    )
    result = signed_in.run("console", "robot")
    assert (result.code, result.out) == (3, "")


def test_nobody_signed_in_is_told_what_to_type(world):
    result = world.run("console", "dev")
    assert (result.code, result.out) == (4, "")
    assert "ssoenv login dev" in result.err


def test_open_opens_the_browser_and_prints_nothing(signed_in, tmp_path):
    opened = tmp_path / "opened"
    os.mkfifo(opened)
    browser = tmp_path / "browser"
    helper = "/proc/$PPID/cmdline"  # what the process that starts the browser was given
    browser.write_text(f'#!/bin/sh\n{{ printf "%s\\n" "$1"; cat {helper}; }} > {opened}\n')
    browser.chmod(0o700)
    result = signed_in.run("console", "dev", "--open", BROWSER=str(browser))
    assert (result.code, result.out) == (0, "")
    url, helper = opened.read_text().split("\n", 1)
    assert "webbrowser" in helper or sys.platform != "linux"
    assert "SigninToken" not in helper
    assert "assumed-role" in urllib.request.urlopen(url).read().decode()
    assert query(url)["SigninToken"] not in result.err


def test_open_without_a_browser_prints_the_address(signed_in):
    result = signed_in.run("console", "dev", "--open")
    assert result.code == 0
    assert result.out.startswith(f"{signed_in.idc.url}/federation?Action=login&")
    assert "no display" in result.err


@pytest.mark.parametrize(
    ("region", "arn", "sign_in", "destination"),
    [
        ("us-east-1", "", "signin.aws.amazon.com", "console.aws.amazon.com"),
        ("cn-north-1", "", "signin.amazonaws.cn", "console.amazonaws.cn"),
        (
            "us-gov-west-1",
            "",
            "signin.amazonaws-us-gov.com",
            "console.amazonaws-us-gov.com",
        ),
        (
            "eusc-de-east-1",
            "",
            "eusc-de-east-1.signin.amazonaws-eusc.eu",
            "console.amazonaws-eusc.eu",
        ),
        (None, "arn:aws-cn:iam::1:role/R", "signin.amazonaws.cn", "console.amazonaws.cn"),
    ],
)
def test_each_partition_has_its_own_console(world, monkeypatch, region, arn, sign_in, destination):
    """The real addresses, with only the sending left out."""
    sent = []

    def post(endpoint, form, session):
        sent.append(endpoint)
        return 200, b'{"SigninToken": "t&t"}'

    monkeypatch.setattr(federation, "_post", post)
    monkeypatch.delenv("SSOENV_SIGNIN_ENDPOINT", raising=False)

    session = SimpleNamespace(
        full_config={"profiles": {"p": {"role_arn": arn} if arn else {}}},
        get_component=lambda name: Loader(),
    )
    profile = Profile(
        "p",
        "chain" if arn else "sso",
        region=region,
        sign_in=SignIn("s", "https://x.awsapps.com/start", region, store="files")
        if region
        else None,
        session=session,
    )
    keys = Credentials("id", "secret", "token", None, None)
    url = federation.sign_in_url(profile, keys, None, "ec2")
    assert sent == [f"https://{sign_in}/federation"]
    assert url.startswith(f"https://{sign_in}/federation?Action=login&")
    assert query(url)["Destination"].startswith(f"https://{destination}/ec2/home?region=")
    assert query(url)["SigninToken"] == "t&t"


def test_the_miniature_refuses_what_aws_refuses(signed_in):
    """Else the tests above would prove little."""
    url = f"{signed_in.idc.url}/federation"
    for form in (b"", b"Action=getSigninToken", b"Action=getSigninToken&Session={}"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url, data=form)
        assert refused.value.code == 400
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(url + "?Action=login&SigninToken=guess")
