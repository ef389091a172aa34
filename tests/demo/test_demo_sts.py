"""The demo's STS: it accepts only keys that it issued, unchanged, and requests signed in time."""

import pytest
from botocore.exceptions import ClientError

DEPLOY = "arn:aws:iam::444455556666:role/teams/Deploy"


def refused(call):
    with pytest.raises(ClientError) as error:
        call()
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def as_arguments(credentials):
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def test_the_identity_is_that_of_the_keys(client, role_keys):
    identity = client("sts", **role_keys).get_caller_identity()
    assert identity["Account"] == "111122223333"
    role, _, user = identity["Arn"].partition(":assumed-role/")[2].partition("/")
    assert role.startswith("AWSReservedSSO_Developer_")
    assert user == "ana@example.com"
    assert identity["UserId"].startswith("AROA")


def test_an_assumed_role_can_be_used_and_chained(idc, client, role_keys):
    idc.allow_role(DEPLOY)
    idc.allow_role("arn:aws:iam::777788889999:role/Deeper")
    sts = client("sts", **role_keys)
    first = sts.assume_role(RoleArn=DEPLOY, RoleSessionName="one", DurationSeconds=900)
    assert first["AssumedRoleUser"]["Arn"] == "arn:aws:sts::444455556666:assumed-role/Deploy/one"
    left = first["Credentials"]["Expiration"].timestamp() - idc.calls[-1].time
    assert 898 < left < 902
    second = client("sts", **as_arguments(first["Credentials"]))
    deeper = second.assume_role(
        RoleArn="arn:aws:iam::777788889999:role/Deeper", RoleSessionName="two"
    )
    third = client("sts", **as_arguments(deeper["Credentials"]))
    assert third.get_caller_identity()["Account"] == "777788889999"


def test_a_secret_that_lost_a_character_does_not_match(client, role_keys):
    """So that a value that a shell has changed is found, as it is at AWS."""
    secret = role_keys["aws_secret_access_key"]
    for mangled in (secret[:-1], secret.replace("+", " "), secret + "\n"):
        keys = {**role_keys, "aws_secret_access_key": mangled}
        answer = refused(client("sts", **keys).get_caller_identity)
        assert answer == (403, "SignatureDoesNotMatch")


def test_unknown_keys_and_session_tokens_of_other_keys_are_invalid(client, role_keys):
    for change in (
        {"aws_access_key_id": "ASIAAAAAAAAAAAAAAAAA"},
        {"aws_session_token": "x"},
        {"aws_session_token": None},
    ):
        answer = refused(client("sts", **{**role_keys, **change}).get_caller_identity)
        assert answer == (403, "InvalidClientTokenId")


def test_expired_role_keys_are_refused(idc, client, token):
    idc.role_lifetime = -1
    keys = client("sso").get_role_credentials(
        roleName="Developer", accountId="111122223333", accessToken=token
    )["roleCredentials"]
    sts = client(
        "sts",
        aws_access_key_id=keys["accessKeyId"],
        aws_secret_access_key=keys["secretAccessKey"],
        aws_session_token=keys["sessionToken"],
    )
    assert refused(sts.get_caller_identity) == (403, "ExpiredToken")


def test_static_keys_have_an_identity_too(idc, client):
    keys = idc.issue_static_keys("111122223333", "robot")
    sts = client(
        "sts",
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
    )
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::111122223333:user/robot"


def test_roles_are_denied_until_allowed_and_the_external_id_is_checked(idc, client, role_keys):
    sts = client("sts", **role_keys)

    def assume(**more):
        return sts.assume_role(RoleArn=DEPLOY, RoleSessionName="me", **more)

    assert refused(assume) == (403, "AccessDenied")
    idc.allow_role(DEPLOY, external_id="our-secret")
    assert refused(assume) == (403, "AccessDenied")
    assert refused(lambda: assume(ExternalId="wrong")) == (403, "AccessDenied")
    assert assume(ExternalId="our-secret")["Credentials"]["SessionToken"]


def test_durations_are_limited_as_at_aws(idc, client, role_keys):
    idc.allow_role(DEPLOY)
    idc.allow_role("arn:aws:iam::444455556666:role/Short", max_duration=3600)
    sts = client("sts", **role_keys)
    for seconds in (3601, 43200):
        answer = refused(
            lambda seconds=seconds: sts.assume_role(
                RoleArn=DEPLOY, RoleSessionName="me", DurationSeconds=seconds
            )
        )
        assert answer == (400, "ValidationError")
    static = idc.issue_static_keys()
    robot = client(
        "sts",
        aws_access_key_id=static.access_key_id,
        aws_secret_access_key=static.secret_access_key,
    )
    assert robot.assume_role(RoleArn=DEPLOY, RoleSessionName="me", DurationSeconds=43200)
    short = {"RoleArn": "arn:aws:iam::444455556666:role/Short", "RoleSessionName": "me"}
    answer = refused(lambda: robot.assume_role(**short, DurationSeconds=7200))
    assert answer == (400, "ValidationError")


def test_web_identity_needs_a_trusted_token(idc, client):
    idc.allow_role(DEPLOY)
    idc.trust_web_identity("a.b.c")
    sts = client("sts", aws_access_key_id="x", aws_secret_access_key="x")
    arguments = {"RoleArn": DEPLOY, "RoleSessionName": "ci-job"}
    answer = refused(
        lambda: sts.assume_role_with_web_identity(**arguments, WebIdentityToken="other")
    )
    assert answer == (400, "InvalidIdentityToken")
    keys = sts.assume_role_with_web_identity(**arguments, WebIdentityToken="a.b.c")["Credentials"]
    identity = client("sts", **as_arguments(keys)).get_caller_identity()
    assert identity["Arn"].endswith("assumed-role/Deploy/ci-job")


def test_requests_without_a_proper_signature_are_refused(http_call):
    form = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}
    for authorization, code in (
        (None, b"<Code>MissingAuthenticationToken</Code>"),
        ("Bearer x", b"<Code>IncompleteSignature</Code>"),
        ("AWS4-HMAC-SHA256 Credential=x/y", b"<Code>IncompleteSignature</Code>"),
    ):
        headers = {"Authorization": authorization} if authorization else {}
        answer = http_call("POST", "/", form=form, headers=headers)
        assert answer.status in (400, 403)
        assert code in answer.body
        assert b"<ErrorResponse xmlns=" in answer.body


def test_an_unknown_action_is_an_xml_error(http_call):
    answer = http_call("POST", "/", form={"Action": "DeleteEverything"})
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "text/xml"
