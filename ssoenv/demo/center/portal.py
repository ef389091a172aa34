"""The access portal: role credentials for an access token, and the roles that it may use."""

import base64
import binascii
import re

from ssoenv.demo.center.wire import AwsError, Request, Response, json_response
from ssoenv.demo.center.world import World, page_of, permission_set_role


def get_role_credentials(world: World, request: Request) -> Response:
    """GET /federation/credentials"""
    _require_token(world, request)
    account_id = _account_id(request)
    role_name = request.query.get("role_name", "")
    if not re.fullmatch(r"[\w+=,.@-]{1,64}", role_name, re.ASCII):
        raise AwsError("InvalidRequestException", "Invalid role name")
    # The real portal says "No access" both for a wrong account and for a wrong role.
    if not world.assigned(account_id, role_name):
        raise AwsError("ForbiddenException", "No access")
    keys = world.issue_role_keys(
        account_id,
        permission_set_role(account_id, role_name),
        world.user,
        world.role_lifetime,
    )
    return json_response(
        {
            "roleCredentials": {
                "accessKeyId": keys.access_key_id,
                "secretAccessKey": keys.secret_access_key,
                "sessionToken": keys.session_token,
                "expiration": int((keys.expires_at or 0) * 1000),
            }
        }
    )


def list_accounts(world: World, request: Request) -> Response:
    """GET /assignment/accounts"""
    _require_token(world, request)
    accounts: list[object] = [
        {"accountId": a.account_id, "accountName": a.name, "emailAddress": a.email}
        for a in world.accounts
    ]
    return _page(world, request, "accountList", accounts)


def list_account_roles(world: World, request: Request) -> Response:
    """GET /assignment/roles"""
    _require_token(world, request)
    account_id = _account_id(request)
    for account in world.accounts:
        if account.account_id == account_id:
            roles: list[object] = [
                {"roleName": name, "accountId": account_id} for name in account.roles
            ]
            return _page(world, request, "roleList", roles)
    raise AwsError("ResourceNotFoundException", "Account not found")


def logout(world: World, request: Request) -> Response:
    """POST /logout: the whole session ends, refresh token included."""
    token = _require_token(world, request)
    world.revoke(token, refresh_token_too=True)
    return Response(200)


def _require_token(world: World, request: Request) -> str:
    token = request.headers.get("x-amz-sso_bearer_token", "")
    if world.live_session(token) is None:
        raise AwsError("UnauthorizedException", "Session token not found or invalid")
    return token


def _account_id(request: Request) -> str:
    account_id = request.query.get("account_id", "")
    if not re.fullmatch(r"\d{12}", account_id, re.ASCII):
        raise AwsError("InvalidRequestException", "Invalid account ID")
    return account_id


def _page(world: World, request: Request, name: str, items: list[object]) -> Response:
    requested = request.query.get("max_result")
    if requested is not None and not re.fullmatch(r"[1-9]\d?|100", requested, re.ASCII):
        raise AwsError("InvalidRequestException", "max_result must be from 1 to 100")
    size = min(int(requested), world.page_size) if requested else world.page_size
    token = request.query.get("next_token")
    chosen, following = page_of(items, _read_page_token(token, name) if token else 0, size)
    next_token = None if following is None else _page_token(following, name)
    return json_response({"nextToken": next_token, name: chosen})


def _page_token(start: int, name: str) -> str:
    return base64.urlsafe_b64encode(f"{name}:{start}".encode()).decode()


def _read_page_token(token: str, name: str) -> int:
    try:
        text = base64.b64decode(token, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    match = re.fullmatch(rf"{name}:(\d{{1,9}})", text, re.ASCII)
    if match is None:
        raise AwsError("InvalidRequestException", "Invalid next_token")
    return int(match[1])
