"""What servers and credential processes say is repeated without secrets and escape sequences."""

import base64
import json
import os
import pty
import re
import subprocess
from urllib.parse import quote

import pytest

from ssoenv.terminal import foreign
from tests.conftest import SSOENV, World, assert_fails


def test_certificates_that_nobody_asks_for_may_be_missing(shared_world: World) -> None:
    """The portal of the miniature speaks no TLS."""
    for variable in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        assert shared_world.run("dev", "--refresh", **{variable: "/gone.pem"}).code == 0


@pytest.mark.parametrize("debug", [[], ["--debug"]])
@pytest.mark.parametrize("part", [slice(None), slice(0, 20)])
def test_an_answer_that_repeats_the_token(
    shared_world: World, debug: list[str], part: slice
) -> None:
    token = json.loads(shared_world.token_file().read_text())["accessToken"]
    said = f"bad \x1b[31m{token[part]}\x1b[0m\r\nssoenv: all is well\x9b2J\x1b]0;title\x07"
    shared_world.idc.fault(
        "GetRoleCredentials", status=400, body=json.dumps({"message": said}).encode()
    )
    result = shared_world.run("dev", "--refresh", *debug)
    assert result.code == 7
    assert "bad [redacted] ssoenv: all is well" in result.err
    assert token[part] not in result.err
    assert not any(c in result.err for c in "\x1b\x9b\r\x07")
    assert "\nssoenv: all is well" not in result.err
    assert "[31m" not in result.err and "title" not in result.err


def test_of_a_credential_process_the_last_line_without_its_secret(shared_world: World) -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    said = f"\\033[1mfirst\\033[0m\\n\\033[31mkey {secret}\\033[0m caf\\351\\n"
    shared_world.add_config(
        f"[profile x]\ncredential_process = sh -c \"printf '{said}' >&2; exit 1\"\n"
    )
    failed = shared_world.run("x")
    assert_fails(failed, 3, 'profile "x" failed: key [redacted] caf')
    assert "first" not in failed.err and "[31m" not in failed.err and "bPxRfi" not in failed.err


def test_a_credential_process_that_prints_without_end(shared_world: World) -> None:
    shared_world.add_config("[profile x]\ncredential_process = yes\n")
    assert_fails(shared_world.run("x"), 7, "more than 1 MiB")


@pytest.mark.parametrize(
    "proxy", ["socks5://ana:hunter2@h:1", "http://ana:hun#ter2@h:1", "http://ana:hunter2"]
)
def test_a_proxy_password_is_not_shown(shared_world: World, proxy: str) -> None:
    result = shared_world.run(
        "dev", "--refresh", "--debug", HTTPS_PROXY=proxy, AWS_ENDPOINT_URL_SSO="https://127.0.0.1:1"
    )
    assert result.code == 6 and "HTTPS_PROXY" in result.err
    assert "hun" not in result.err and "ter2" not in result.err


def test_secrets_are_removed_however_they_are_written() -> None:
    foreign.remember_secret("one/two+three=")
    for text in ("one/two+three=", "one%2Ftwo%2Bthree%3D", "one\\/two+three="):
        assert foreign.clean(f"<{text}>") == "<[redacted]>"


SECRET = "aoaAAAAAG/x+y_" + "Zk9-" * 20 + 'é"end'


@pytest.mark.parametrize(
    "written",
    [
        quote(SECRET, safe=""),
        quote(quote(SECRET, safe=""), safe=""),
        re.sub("%..", lambda code: code[0].lower(), quote(SECRET, safe="")),
        "%" + SECRET.encode().hex("%"),
        json.dumps(SECRET),
        "".join(f"\\u{ord(one):04x}" for one in SECRET),
        "".join(f"&#{ord(one)};" for one in SECRET),
        SECRET.encode().hex().upper(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"Bearer {SECRET}".encode()).decode(),
        base64.urlsafe_b64encode(f"me:{SECRET}".encode()).decode(),
    ],
)
def test_a_secret_in_another_encoding_is_removed(written: str) -> None:
    foreign.remember_secret(SECRET)
    shown = foreign.clean(f"refused: {written} end")
    assert "[redacted]" in shown
    assert written[12:24] not in shown
    assert len(shown) < 70


def test_what_two_secrets_have_in_common_leaves_nothing_of_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(foreign, "_secrets", {})
    for secret in ("k9-Zk9", SECRET[30:] + "q", SECRET):
        foreign.remember_secret(secret)
    for written in (SECRET, "".join(f"\\u{ord(one):04x}" for one in SECRET)):
        assert foreign.clean(f"refused: {written} end") == "refused: [redacted] end"


def test_names_are_exact_in_a_pipe_and_visible_on_a_terminal(shared_world: World) -> None:
    shared_world.add_config("[profile a\x1b[31mb]\nregion = us-east-1\n")
    command = [SSOENV, "profiles", "--names"]
    assert "a\x1b[31mb\n" in shared_world.command(command).out
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, env=shared_world.environment(), stdout=theirs, cwd=shared_world.home
    ) as run:
        os.close(theirs)
        assert run.wait() == 0
    shown = os.read(ours, 9999)
    os.close(ours)
    assert b"\x1b" not in shown and b"a?[31mb" in shown


def test_an_empty_token_file_of_a_ci_job_is_named(shared_world: World) -> None:
    (shared_world.home / "jwt").write_text("")
    shared_world.add_config(
        "[profile x]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\nregion = us-east-1\n"
        f"web_identity_token_file = {shared_world.home}/jwt\n"
    )
    assert_fails(shared_world.run("x"), 3, "~/jwt, is empty", "id_tokens")
    (shared_world.home / "jwt").write_text("a.b.c")
    assert shared_world.run("x", AWS_ENDPOINT_URL_STS="http://sts.invalid").code == 3


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("RegionDisabledException", "STS is not activated", "Name another region"),
        ("InvalidIdentityToken", "No OpenIDConnect provider found in your account", "IAM"),
    ],
)
def test_the_text_names_what_is_to_blame(
    shared_world: World, code: str, message: str, words: str
) -> None:
    from ssoenv.demo.center.wire import STS_NAMESPACE

    body = (
        f'<ErrorResponse xmlns="{STS_NAMESPACE}"><Error><Code>{code}</Code>'
        f"<Message>{message}</Message></Error></ErrorResponse>"
    )
    shared_world.idc.fault("AssumeRole", status=400, body=body.encode())
    failed = shared_world.run("prod")
    assert failed.code in (3, 5) and words in failed.err, failed
    assert "Correct the role" not in failed.err and "new web identity token" not in failed.err
