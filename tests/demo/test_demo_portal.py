"""The demo's access portal, asked by real botocore."""

import pytest
from botocore.exceptions import ClientError

from ssoenv.demo.center.identity_center import Account, IdentityCenter


def code_of(error):
    return error.value.response["Error"]["Code"]


def status_of(error):
    return error.value.response["ResponseMetadata"]["HTTPStatusCode"]


def ask(client, token, role="Developer", account="111122223333"):
    return client("sso").get_role_credentials(roleName=role, accountId=account, accessToken=token)[
        "roleCredentials"
    ]


def test_role_credentials_are_unique_and_hard_to_quote(client, token):
    """Every secret has the characters that wrong quoting or decoding changes."""
    first, second = ask(client, token), ask(client, token)
    assert first["accessKeyId"].startswith("ASIA")
    assert len(first["accessKeyId"]) == 20
    assert len(first["secretAccessKey"]) == 40
    assert first["accessKeyId"] != second["accessKeyId"]
    for keys in (first, second):
        assert "/" in keys["secretAccessKey"]
        assert "+" in keys["secretAccessKey"]
        assert len(keys["sessionToken"]) > 700


def test_expiration_is_in_milliseconds_an_hour_ahead(idc, client, token):
    before = ask(client, token)["expiration"] / 1000
    assert abs(before - idc.calls[-1].time - 3600) < 2


@pytest.mark.parametrize(
    ("role", "account"), [("Administrator", "444455556666"), ("Developer", "000000000000")]
)
def test_a_role_that_is_not_assigned_is_forbidden(client, token, role, account):
    """A role of another account and an unknown account get the same answer, as at AWS."""
    with pytest.raises(ClientError) as error:
        ask(client, token, role, account)
    assert (code_of(error), status_of(error)) == ("ForbiddenException", 403)


def test_unknown_revoked_and_expired_tokens_are_unauthorized(idc, client, token):
    sso = client("sso")
    idc.revoke(token)
    expired = idc.issue_token(lifetime=-1)["accessToken"]
    for bad in (token, expired, "never-issued"):
        with pytest.raises(sso.exceptions.UnauthorizedException) as error:
            sso.get_role_credentials(
                roleName="Developer", accountId="111122223333", accessToken=bad
            )
        assert status_of(error) == 401


def test_malformed_parameters_are_invalid_requests(http_call, token):
    headers = {"x-amz-sso_bearer_token": token}
    for query in (
        {},
        {"role_name": "Developer"},
        {"role_name": "Developer", "account_id": "12345"},
        {"role_name": "a b", "account_id": "111122223333"},
        {"role_name": "Developer", "account_id": "١١١١٢٢٢٢٣٣٣٣"},
    ):
        answer = http_call("GET", "/federation/credentials", query=query, headers=headers)
        assert answer.status == 400, query
        assert answer.headers["x-amzn-errortype"] == "InvalidRequestException"
        assert answer.json["message"]


def test_the_token_counts_only_in_its_header(http_call, token):
    query = {"role_name": "Developer", "account_id": "111122223333", "access_token": token}
    headers = {"Authorization": f"Bearer {token}"}
    assert http_call("GET", "/federation/credentials", query=query, headers=headers).status == 401


def test_accounts_and_roles_come_in_pages(client):
    accounts = [
        Account(f"{number:012}", f"account {number}", [f"Role{r}" for r in range(5)])
        for number in range(1, 8)
    ]
    with IdentityCenter(accounts=accounts, page_size=3) as idc:
        token = idc.issue_token()["accessToken"]
        sso = client("sso", endpoint_url=idc.url)
        pages = list(sso.get_paginator("list_accounts").paginate(accessToken=token))
        assert [len(page["accountList"]) for page in pages] == [3, 3, 1]
        names = [account["accountName"] for page in pages for account in page["accountList"]]
        assert names == [account.name for account in accounts]
        roles = sso.get_paginator("list_account_roles").paginate(
            accessToken=token, accountId="000000000003", PaginationConfig={"PageSize": 2}
        )
        assert [len(page["roleList"]) for page in roles] == [2, 2, 1]
        assert idc.count("ListAccountRoles") == 3


def test_a_page_token_of_another_list_or_made_up_is_refused(http_call, idc, token):
    headers = {"x-amz-sso_bearer_token": token}
    idc.page_size = 1
    following = http_call("GET", "/assignment/accounts", headers=headers).json["nextToken"]
    roles = {"account_id": "111122223333", "next_token": following}
    assert http_call("GET", "/assignment/roles", query=roles, headers=headers).status == 400
    for wrong in ("%%%", "AAAA", "é"):
        query = {"next_token": wrong}
        assert http_call("GET", "/assignment/accounts", query=query, headers=headers).status == 400
    for wrong in ("0", "101", "-1", "x"):
        query = {"max_result": wrong}
        assert http_call("GET", "/assignment/accounts", query=query, headers=headers).status == 400


def test_roles_of_an_unknown_account_are_not_found(client, token):
    sso = client("sso")
    with pytest.raises(sso.exceptions.ResourceNotFoundException):
        sso.list_account_roles(accessToken=token, accountId="000000000000")


def test_logout_ends_the_session_and_its_refresh_token(idc, client):
    issued = idc.issue_token()
    sso, oidc = client("sso"), client("sso-oidc")
    sso.logout(accessToken=issued["accessToken"])
    with pytest.raises(sso.exceptions.UnauthorizedException):
        sso.list_accounts(accessToken=issued["accessToken"])
    with pytest.raises(oidc.exceptions.InvalidGrantException):
        oidc.create_token(
            clientId=issued["clientId"],
            clientSecret=issued["clientSecret"],
            grantType="refresh_token",
            refreshToken=issued["refreshToken"],
        )
