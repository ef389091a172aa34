"""``ssoenv console``: the address, where it leads, and what never shows."""

import json
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
from ssoenv.signin.one_time_address import OneTimeAddress
from tests.conftest import World, assert_fails
from tests.signin.people import Person, wait_until


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


@pytest.fixture
def browser(tmp_path):
    """A program that opens its last argument, and keeps what it saw: its arguments, its parent's
    command line, and where it came to."""
    program = tmp_path / "browser"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, re, sys, urllib.request\n"
        "url = re.search(r\"http[^' ]*\", ' '.join(sys.argv))[0]\n"
        "parent = open(f'/proc/{os.getppid()}/cmdline').read()\n"
        "answer = urllib.request.urlopen(url)\n"
        "seen = [sys.argv[1:], parent, url, answer.url, answer.read().decode()]\n"
        f"with open({str(tmp_path / 'part')!r}, 'w') as file: json.dump(seen, file)\n"
        f"os.rename({str(tmp_path / 'part')!r}, {str(tmp_path / 'seen')!r})\n"
    )
    program.chmod(0o700)

    def seen():
        wait_until((tmp_path / "seen").exists)
        return json.loads((tmp_path / "seen").read_text())

    return SimpleNamespace(program=str(program), seen=seen)


def is_console(world: World, seen: list) -> None:
    """Assert that the browser came to the console, and that nobody else could see how."""
    _, helper, ours, url, page = seen
    assert ours.startswith("http://127.0.0.1:")
    assert "assumed-role" in page
    for secret in (query(url)["SigninToken"], *secrets_of(world)):
        assert secret not in ours + helper


def test_open_opens_the_browser_and_prints_nothing(signed_in, browser):
    result = signed_in.run("console", "dev", "--open", BROWSER=browser.program)
    assert (result.code, result.out) == (0, "")
    seen = browser.seen()
    is_console(signed_in, seen)
    assert query(seen[3])["SigninToken"] not in result.err


def test_a_person_gets_the_browser_and_a_pipe_the_address(signed_in, browser):
    person = Person(signed_in, "console", "dev", BROWSER=browser.program)
    assert person.end() == 0
    assert "the console opens in your browser as dev" in person.seen
    assert "Action=login" not in person.seen
    is_console(signed_in, browser.seen())
    person = Person(signed_in, "console", "dev", "--print", BROWSER="/bin/false", columns=5000)
    assert person.end() == 0
    assert person.seen.startswith(f"{signed_in.idc.url}/federation?Action=login&")
    assert "SigninToken" in query(address(signed_in, "dev", BROWSER="/bin/false"))


@pytest.mark.parametrize("way", ["option", "variable"])
def test_a_command_of_your_own_opens_it_as_the_profile_says(signed_in, browser, way):
    command = f"'{browser.program}' -P '{{profile}} of mine' ext:{{profile}} {{url}}"
    arguments, changes = ["--browser", command], {}
    if way == "variable":
        arguments, changes = ["--open"], {"SSOENV_BROWSER": command}
    assert signed_in.run("console", "dev", *arguments, **changes).code == 0
    seen = browser.seen()
    assert seen[0][:3] == ["-P", "dev of mine", "ext:dev"]
    is_console(signed_in, seen)


def test_the_address_need_not_be_named(signed_in, browser):
    assert signed_in.run("console", "dev", "--browser", browser.program).code == 0
    is_console(signed_in, browser.seen())


@pytest.mark.parametrize("command", ["/nowhere/firefox {url}", "'", ""])
def test_a_browser_that_is_not_there_is_said_before_aws_is_asked(signed_in, command):
    result = signed_in.run("console", "dev", "--browser", command)
    if command:
        assert_fails(result, 2, "browser", "--browser 'firefox --profile", stdout="")
        assert signed_in.idc.count("GetSigninToken") == 0
    else:
        assert result.code == 0  # none is chosen, and none is here
        assert "no display" in result.err


def test_the_address_leads_one_browser_on():
    def status(url, **headers):
        request = urllib.request.Request(url, headers=headers)
        try:
            return opener.open(request)
        except urllib.error.HTTPError as error:
            return error

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(Stay)
    with OneTimeAddress("https://signin.aws.amazon.com/federation?SigninToken=t") as ours:
        assert status(ours.url.rpartition("/")[0] + "/guess").code == 404
        assert status(ours.url, Host="evil.example").code == 400
        assert status(ours.url + "?x").code == 404
        post = urllib.request.Request(ours.url, data=b"x")
        assert status(post.full_url, X="1").code == 303
        assert ours.wait(10)
        again = status(ours.url)
        assert (again.code, again.headers["Location"]) == (410, None)
        assert "Run ssoenv console again" in again.read().decode()
        assert again.headers["Cache-Control"] == "no-store"


PAGE = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logs:x$252F"


def test_a_page_by_its_address(signed_in):
    assert query(address(signed_in, "dev", "--destination", PAGE))["Destination"] == PAGE


@pytest.mark.parametrize("url", [
    "https://evil.example/", "https://console.aws.amazon.com.evil.example/", "console", "http://[",
    "http://console.aws.amazon.com/", "https://console.amazonaws.cn/", "https://a@aws.amazon.com/",
    "https://console.aws.amazon.com:8443/", "https://evilaws.amazon.com/", f"{PAGE}\n", f"{PAGE} x",
])  # fmt: skip
def test_no_other_address_is_taken(signed_in, url):
    result = signed_in.run("console", "dev", "--destination", url)
    assert_fails(result, 2, "--destination is not a page of this role's console", stdout="")
    assert signed_in.idc.count("GetSigninToken") == 0


@pytest.mark.parametrize(("service", "page", "near"), [
    ("dynamodb", "dynamodbv2", None), ("stepfunctions", "states", None), ("vpc", "vpc", None),
    ("lambda", "lambda", None), ("codesuite/codebuild", "codesuite/codebuild", None),
    ("lamda", "lamda", 'Did you mean "lambda"?'), ("xyzzy", "xyzzy", ""),
])  # fmt: skip
def test_an_unknown_service_is_said_to_be_unknown(signed_in, service, page, near):
    result = signed_in.run("console", "dev", "--service", service)
    assert result.code == 0
    assert urlsplit(query(result.out)["Destination"]).path == f"/{page}/home"
    said = f'ssoenv: warning: ssoenv does not know a console service "{service}"'
    assert result.err.startswith(said) if near is not None else result.err == ""
    assert (near or "") in result.err


def test_windows_around_wsl_has_the_browser(signed_in, browser, tmp_path):
    """``wslview`` is often not installed; what comes with Windows will do."""
    programs = tmp_path / "windows"
    programs.mkdir()
    for program in ("powershell.exe", "rundll32.exe"):
        script = programs / program
        script.write_text(
            f'#!/bin/sh\nprintf "%s\\n" {program} "$@" > {programs}/words\n'
            f'exec {browser.program} "$@"\n'
        )
        script.chmod(0o700)
    changes = {"WSL_DISTRO_NAME": "Debian", "PATH": f"{programs}:{signed_in.environ['PATH']}"}
    for program, words in (("powershell.exe", "Start-Process 'http"), ("rundll32.exe", "url.dll")):
        result = signed_in.run("console", "dev", "--open", **changes)
        assert (result.code, result.out) == (0, ""), result
        is_console(signed_in, browser.seen())
        said = (programs / "words").read_text()
        assert said.startswith(program) and words in said
        (programs / program).unlink()


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
