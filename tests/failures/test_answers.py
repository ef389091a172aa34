"""What Identity Center and STS may answer: each its exit code and its own sentence."""

import json
import time

import pytest

from tests.conftest import World, assert_fails

ONCE = {"AWS_MAX_ATTEMPTS": "1"}
PORTAL, STS = "GetRoleCredentials", "AssumeRole"
ROLE = 'role "Developer" in account 111122223333'
DEPLOY = 'role "Deploy" in account 444455556666'


def portal_answer(**changes: object) -> bytes:
    """A good answer of the portal, with ``changes`` (``...`` takes a field away)."""
    fields: dict[str, object] = {
        "accessKeyId": "ASIAEXAMPLE",
        "secretAccessKey": "secret",
        "sessionToken": "token",
        "expiration": int(time.time() + 3600) * 1000,
        **changes,
    }
    held = {name: value for name, value in fields.items() if value is not ...}
    return json.dumps({"roleCredentials": held}).encode()


def sts_answer(**changes: str | None) -> bytes:
    """A good answer of STS, with ``changes`` (None takes a field away)."""
    soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
    fields = {
        "AccessKeyId": "ASIAEXAMPLE",
        "SecretAccessKey": "secret",
        "SessionToken": "token",
        "Expiration": soon,
        **changes,
    }
    held = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items() if text is not None)
    return sts_result(f"<Credentials>{held}</Credentials>")


def sts_result(text: str) -> bytes:
    return (
        '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<AssumeRoleResult>{text}</AssumeRoleResult></AssumeRoleResponse>"
    ).encode()


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, 7, ["refused GetRoleCredentials with status 400", "sso_account_id"]),
        (401, 4, ["no longer accepted", "Run: ssoenv login dev"]),
        (403, 5, [f"you may not use {ROLE}", "ask for access", "ssoenv accounts dev"]),
        (404, 5, [f"does not know {ROLE}"]),
        (429, 7, ["slow down", "Try again in a minute"]),
        (500, 7, ["problem of its own", "answered 500"]),
        (502, 7, ["problem of its own", "502"]),
        (503, 7, ["problem of its own", "503"]),
        (504, 7, ["problem of its own", "504"]),
        (302, 7, ["redirection", "log-in page"]),
    ],
)
def test_each_status_of_the_portal_has_its_sentence(
    town: World, status: int, code: int, words: list[str]
) -> None:
    town.idc.fault(PORTAL, status=status)
    assert_fails(town.run("dev", **ONCE), code, *words)


def test_a_status_is_not_said_twice(town: World) -> None:
    town.idc.fault(PORTAL, status=500, body=b"{}")
    assert_fails(town.run("dev", **ONCE), 7, "GetRoleCredentials answered 500. Try again")


@pytest.mark.parametrize("body", [b"", b"<html>go away</html>", b'{"message":"no"}', b"junk"])
def test_a_status_says_enough_without_a_code_from_aws(town: World, body: bytes) -> None:
    """Proxies and stand-ins send statuses with whatever body, and a web page is not quoted."""
    town.idc.fault(PORTAL, status=403, body=body)
    refused = town.run("dev", **ONCE)
    assert_fails(refused, 5, f"you may not use {ROLE}")
    assert "html" not in refused.err


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"message":"no"}'])
def test_any_401_of_the_portal_renews_the_token_once_then_asks_to_sign_in(
    town: World, body: bytes
) -> None:
    town.idc.fault(PORTAL, status=401, body=body, times=1)
    before = town.idc.count("CreateToken", "refresh_token")
    assert town.run("dev", **ONCE).code == 0
    assert town.idc.count("CreateToken", "refresh_token") == before + 1
    town.idc.clear_faults()
    town.idc.fault(PORTAL, status=401, body=body)
    assert_fails(town.run("dev", "--refresh", **ONCE), 4, "Run: ssoenv login dev")


@pytest.mark.parametrize("body", [b"[]", b'{"__type":5,"message":5}', b'{"message":{"a":1}}'])
@pytest.mark.parametrize("status", [403, 500])
def test_an_error_in_a_strange_shape_is_still_an_error(
    town: World, status: int, body: bytes
) -> None:
    town.idc.fault(PORTAL, status=status, body=body)
    failed = town.run("dev", **ONCE)
    assert_fails(failed, failed.code, str(status))
    assert failed.code in (5, 7)


def test_the_words_of_a_server_cannot_reach_the_terminal_raw(town: World) -> None:
    body = json.dumps({"message": "a\nb\x1b[31mc" + "x" * 5000, "__type": "T\r\nS"}).encode()
    town.idc.fault(PORTAL, status=403, body=body)
    failed = town.run("dev", **ONCE)
    assert_fails(failed, 5, "a b?[31mc")
    assert len(failed.err) < 700


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (b"<html><br>log in</html>", "is a web page"),
        (b"{}", "holds no credentials"),
        (b'{"roleCredentials":null}', "holds no credentials"),
        (b'{"roleCredentials":{}}', "holds no credentials"),
        (b'{"roleCredentials":[]}', "cannot be understood"),
        (b'{"roleCredentials":', "holds no credentials"),
        (b"null", "is not one that AWS gives"),
        (b"[]", "is not one that AWS gives"),
        (b"5", "is not one that AWS gives"),
        (b"\xff\xfe\0", "is not one that AWS gives"),
        (b"[" * 100_000, "is not one that AWS gives"),
    ],
)
def test_a_200_without_credentials_says_what_came_instead(
    town: World, body: bytes, words: str
) -> None:
    town.idc.fault(PORTAL, body=body)
    assert_fails(town.run("dev"), 7, "the answer to GetRoleCredentials", words)


@pytest.mark.parametrize("field", ["accessKeyId", "secretAccessKey", "sessionToken", "expiration"])
@pytest.mark.parametrize("value", [..., None, ""])
def test_a_missing_field_is_named(town: World, field: str, value: object) -> None:
    town.idc.fault(PORTAL, body=portal_answer(**{field: value}))
    wanted = "cannot be understood" if (field, value) == ("expiration", "") else f"lacks {field}"
    assert_fails(town.run("dev"), 7, wanted)


@pytest.mark.parametrize("value", [5, True, ["x"], {"x": "y"}])
@pytest.mark.parametrize("field", ["accessKeyId", "sessionToken"])
def test_a_field_of_the_wrong_type_is_named(town: World, field: str, value: object) -> None:
    town.idc.fault(PORTAL, body=portal_answer(**{field: value}))
    assert_fails(town.run("dev"), 7, f"{field} is no text")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("accessKeyId", "\n"),
        ("secretAccessKey", "\n"),
        *(("sessionToken", value) for value in "\n\0\x1b\x7f\x9b"),
    ],
)
@pytest.mark.parametrize("profile", ["dev", "prod"])
def test_control_characters_are_refused_and_not_shown(
    town: World, field: str, value: str, profile: str
) -> None:
    """In a chain the keys would next be put into a header, and the error would quote them."""
    town.idc.fault(PORTAL, body=portal_answer(**{field: f"SECRET{value}SECRET"}))
    failed = town.run(profile)
    assert_fails(failed, 7, f"{field} holds control characters")
    assert "SECRET" not in failed.err


def test_a_text_that_no_environment_can_hold_is_refused_and_not_kept(town: World) -> None:
    town.idc.fault(PORTAL, body=portal_answer(sessionToken="SECRET\ud800"), times=1)
    failed = town.run("dev")
    assert_fails(failed, 7, "sessionToken holds control characters")
    assert "SECRET" not in failed.err
    assert town.run("dev").code == 0


def test_any_other_text_is_handed_on(town: World) -> None:
    token = "a 'b' \"c\" $(id) `id` \\ é \u00a0 ☃ \u2028 !"
    town.idc.fault(PORTAL, body=portal_answer(sessionToken=token))
    assert town.variables("dev")["AWS_SESSION_TOKEN"] == token


@pytest.mark.parametrize("moment", [10**30, -1, 316516204800000, [1], "soon"])
def test_an_expiration_that_is_no_moment_is_a_bad_answer(town: World, moment: object) -> None:
    town.idc.fault(PORTAL, body=portal_answer(expiration=moment))
    assert_fails(town.run("dev"), 7, "the answer to GetRoleCredentials")


@pytest.mark.parametrize("profile", ["dev", "prod"])
def test_expired_credentials_are_not_handed_on(town: World, profile: str) -> None:
    expired = int(time.time() - 10) * 1000
    town.idc.fault(PORTAL, body=portal_answer(expiration=expired))
    assert_fails(town.run(profile), 7, "have already expired", "clock")
    assert not town.roles.exists() or not list(town.roles.iterdir())


def test_a_huge_answer_is_read_whole(town: World) -> None:
    token = "A" * 1_000_000
    town.idc.fault(PORTAL, body=portal_answer(sessionToken=token))
    assert f"AWS_SESSION_TOKEN='{token}'" in town.run("dev").out


def test_an_answer_cut_short_is_no_answer(town: World) -> None:
    body = portal_answer()
    town.idc.fault(PORTAL, body=body[:-30], headers={"Content-Length": str(len(body))})
    failed = town.run("dev", **ONCE)
    assert failed.code in (6, 7)
    assert_fails(failed, failed.code)


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        ({"status": 401}, 5, [f"you may not assume {DEPLOY}"]),
        ({"error": "AccessDenied"}, 5, [f"you may not assume {DEPLOY}", "trust policy"]),
        ({"error": "ExpiredToken"}, 5, ["refused the keys", "source profile"]),
        ({"error": "SignatureDoesNotMatch"}, 5, ["refused the keys", "clock"]),
        ({"error": "ValidationError"}, 3, ["AssumeRole", "[profile prod]"]),
        ({"error": "Throttling"}, 7, ["slow down"]),
        ({"status": 404}, 7, ["AWS STS refused AssumeRole with status 404"]),
        ({"status": 429}, 7, ["slow down"]),
        ({"status": 500}, 7, ["AWS STS has a problem of its own"]),
        ({"status": 503}, 7, ["AWS STS has a problem of its own"]),
        ({"body": b""}, 7, ["AssumeRole is empty"]),
        ({"body": b"<html><br>log in"}, 7, ["AssumeRole is a web page"]),
        ({"body": b"{}"}, 7, ["AssumeRole cannot be understood"]),
        ({"body": sts_result("")}, 7, ["AssumeRole holds no credentials"]),
        ({"body": sts_answer(AccessKeyId=None)}, 7, ["AssumeRole lacks AccessKeyId"]),
        ({"body": sts_answer(SecretAccessKey="")}, 7, ["lacks SecretAccessKey"]),
        ({"body": sts_answer(SessionToken="")}, 7, ["lacks SessionToken"]),
        ({"body": sts_answer(SessionToken="a&#10;b")}, 7, ["SessionToken holds control"]),
        ({"body": sts_answer(Expiration=None)}, 7, ["lacks Expiration"]),
        ({"body": sts_answer(Expiration="soon")}, 7, ["AssumeRole cannot be understood"]),
        ({"body": sts_answer(Expiration="2001-01-01T00:00:00Z")}, 7, ["already expired"]),
        ({"hang_up": True}, 6, ["closed the connection without an answer"]),
    ],
)
def test_each_answer_of_sts_has_its_sentence(
    town: World, fault: dict[str, object], code: int, words: list[str]
) -> None:
    town.idc.fault(STS, **fault)  # type: ignore[arg-type]
    assert_fails(town.run("prod", **ONCE), code, *words)


def test_in_a_chain_the_role_that_was_refused_is_named(town: World) -> None:
    town.idc.fault(PORTAL, status=403)
    assert_fails(town.run("prod", **ONCE), 5, f"you may not use {ROLE}")
    town.idc.clear_faults()
    middle = "arn:aws:iam::777788889999:role/Middle"
    town.add_config(
        f"[profile middle]\nrole_arn = {middle}\nsource_profile = dev\n"
        "[profile top]\nrole_arn = arn:aws:iam::444455556666:role/Deploy\n"
        "source_profile = middle\nregion = us-east-1\n"
    )
    assert_fails(
        town.run("top", **ONCE), 5, 'you may not assume role "Middle" in account 777788889999'
    )


def test_the_service_is_asked_again_before_it_is_given_up(town: World) -> None:
    before = town.idc.count(PORTAL)
    town.idc.fault(PORTAL, status=500, times=2)
    assert town.run("dev").code == 0
    assert town.idc.count(PORTAL) == before + 3
