"""STS: the caller's identity, and roles on top of role credentials, for the keys we issued."""

import re
import uuid
from xml.sax.saxutils import escape

from ssoenv.demo.center import signature
from ssoenv.demo.center.wire import STS_NAMESPACE, AwsError, Request, Response, xml_response
from ssoenv.demo.center.world import Keys, World
from ssoenv.system import clock

_ROLE_ARN = r"arn:aws[\w-]*:iam::(\d{12}):role/(?:[\x21-\x7e]*/)?([\w+=,.@-]{1,64})"
_LONGEST_CHAINED = 3600


def get_caller_identity(world: World, request: Request) -> Response:
    """Action=GetCallerIdentity"""
    keys = signature.signer(world, request)
    return _answer(
        "GetCallerIdentity",
        f"<UserId>{escape(keys.user_id)}</UserId><Account>{keys.account_id}</Account>"
        f"<Arn>{escape(keys.arn)}</Arn>",
    )


def assume_role(world: World, request: Request) -> Response:
    """Action=AssumeRole"""
    keys = signature.signer(world, request)
    form = request.form()
    account_id, role = _role(form)
    seconds = _duration(form)
    trust = world.trusts.get(form["RoleArn"])
    external_id = trust.external_id if trust else None
    if trust is None or (external_id is not None and form.get("ExternalId") != external_id):
        raise AwsError(
            "AccessDenied",
            f"User: {keys.arn} is not authorized to perform: sts:AssumeRole on resource: "
            f"{form['RoleArn']}",
        )
    if keys.session_token is not None and seconds > _LONGEST_CHAINED:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining.",
        )
    if seconds > trust.max_duration:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    assumed = world.issue_role_keys(account_id, role, _session_name(form), seconds)
    return _answer("AssumeRole", _credentials(assumed))


def assume_role_with_web_identity(world: World, request: Request) -> Response:
    """Action=AssumeRoleWithWebIdentity, which is not signed."""
    form = request.form()
    account_id, role = _role(form)
    seconds = _duration(form)
    token = form.get("WebIdentityToken", "")
    if token not in world.web_identities:
        raise AwsError("InvalidIdentityToken", "The ID Token provided is not a valid JWT.")
    if form["RoleArn"] not in world.trusts:
        raise AwsError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    assumed = world.issue_role_keys(account_id, role, _session_name(form), seconds)
    return _answer(
        "AssumeRoleWithWebIdentity",
        "<SubjectFromWebIdentityToken>demo</SubjectFromWebIdentityToken>"
        "<Audience>sts.amazonaws.com</Audience>" + _credentials(assumed),
    )


def _role(form: dict[str, str]) -> tuple[str, str]:
    match = re.fullmatch(_ROLE_ARN, form.get("RoleArn", ""), re.ASCII)
    if match is None:
        raise AwsError("ValidationError", f"{form.get('RoleArn', '')} is invalid")
    return match[1], match[2]


def _session_name(form: dict[str, str]) -> str:
    name = form.get("RoleSessionName", "")
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII):
        raise AwsError(
            "ValidationError",
            "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint",
        )
    return name


def _duration(form: dict[str, str]) -> int:
    text = form.get("DurationSeconds", "3600")
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or not 900 <= int(text) <= 43200:
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{text}' at 'durationSeconds' failed to satisfy "
            "constraint: Member must have a value from 900 to 43200",
        )
    return int(text)


def _credentials(keys: Keys) -> str:
    return (
        f"<AssumedRoleUser><AssumedRoleId>{escape(keys.user_id)}</AssumedRoleId>"
        f"<Arn>{escape(keys.arn)}</Arn></AssumedRoleUser>"
        f"<Credentials><AccessKeyId>{keys.access_key_id}</AccessKeyId>"
        f"<SecretAccessKey>{keys.secret_access_key}</SecretAccessKey>"
        f"<SessionToken>{keys.session_token}</SessionToken>"
        f"<Expiration>{clock.zulu(keys.expires_at or 0)}</Expiration></Credentials>"
    )


def _answer(action: str, result: str) -> Response:
    return xml_response(
        f'<{action}Response xmlns="{STS_NAMESPACE}"><{action}Result>{result}</{action}Result>'
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId>"
        f"</ResponseMetadata></{action}Response>\n"
    )
