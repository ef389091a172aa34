"""The demo's SSO-OIDC service: every grant, and every reason to refuse it."""

import base64
import hashlib
import re
import threading
from urllib.parse import parse_qs, urlsplit

import pytest

from ssoenv.demo.center.clients import DEVICE as DEVICE_GRANT

VERIFIER = "v" * 30 + "-._~" + "0" * 30
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:-1]
REDIRECT = "http://127.0.0.1:43210/oauth/callback"
SCOPE = "sso:account:access"


@pytest.fixture
def oidc(client):
    return client("sso-oidc")


def register(oidc, **changes):
    answer = oidc.register_client(
        **{
            "clientName": "test",
            "clientType": "public",
            "grantTypes": ["authorization_code", "refresh_token"],
            "redirectUris": ["http://127.0.0.1/oauth/callback"],
            "scopes": [SCOPE],
            **changes,
        }
    )
    return {"clientId": answer["clientId"], "clientSecret": answer["clientSecret"]}


def register_device(oidc, **changes):
    answer = oidc.register_client(
        **{"clientName": "test", "clientType": "public", "scopes": [SCOPE], **changes}
    )
    return {"clientId": answer["clientId"], "clientSecret": answer["clientSecret"]}


def authorize(http_call, registered, **changes):
    query = {
        "response_type": "code",
        "client_id": registered["clientId"],
        "redirect_uri": REDIRECT,
        "state": "st&te",
        "code_challenge_method": "S256",
        "code_challenge": CHALLENGE,
        "scopes": SCOPE,
        **changes,
    }
    return http_call("GET", "/authorize", query={k: v for k, v in query.items() if v is not None})


def sent_back(answer):
    """The address that the browser is redirected to, and its parameters."""
    assert answer.status == 302
    where, _, parameters = answer.headers["Location"].partition("?")
    return where, {name: value for name, [value] in parse_qs(parameters).items()}


def get_code(idc, http_call, registered, **changes):
    idc.approval = "approve"
    return sent_back(authorize(http_call, registered, **changes))[1]["code"]


def redeem(oidc, registered, issued_code, **changes):
    return oidc.create_token(
        **{
            **registered,
            "grantType": "authorization_code",
            "code": issued_code,
            "redirectUri": REDIRECT,
            "codeVerifier": VERIFIER,
            **changes,
        }
    )


def poll(oidc, registered, started):
    return oidc.create_token(**registered, grantType=DEVICE_GRANT, deviceCode=started["deviceCode"])


def refresh(oidc, owner, refresh_token):
    return oidc.create_token(
        clientId=owner["clientId"],
        clientSecret=owner["clientSecret"],
        grantType="refresh_token",
        refreshToken=refresh_token,
    )


class TestAuthorizationCode:
    def test_a_code_and_its_verifier_make_a_token_that_the_portal_takes(
        self, idc, client, oidc, http_call
    ):
        registered = register(oidc)
        answer = redeem(oidc, registered, get_code(idc, http_call, registered))
        assert answer["tokenType"] == "Bearer"
        assert answer["expiresIn"] == 8 * 3600
        assert answer["refreshToken"]
        accounts = client("sso").list_accounts(accessToken=answer["accessToken"])["accountList"]
        assert [account["accountName"] for account in accounts][:2] == ["dev", "production"]
        assert idc.count("CreateToken", "authorization_code") == 1

    def test_a_code_works_once(self, idc, oidc, http_call):
        registered = register(oidc)
        code = get_code(idc, http_call, registered)
        redeem(oidc, registered, code)
        with pytest.raises(oidc.exceptions.InvalidGrantException):
            redeem(oidc, registered, code)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"codeVerifier": "w" * 64},
            {"codeVerifier": CHALLENGE},
            {"codeVerifier": "short"},
            {"redirectUri": "http://127.0.0.1:43211/oauth/callback"},
            {"code": "made-up"},
        ],
    )
    def test_a_wrong_verifier_redirect_or_code_is_an_invalid_grant(
        self, idc, oidc, http_call, wrong
    ):
        registered = register(oidc)
        code = get_code(idc, http_call, registered)
        with pytest.raises(oidc.exceptions.InvalidGrantException) as error:
            redeem(oidc, registered, code, **wrong)
        assert error.value.response["error"] == "invalid_grant"
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400

    def test_a_wrong_verifier_uses_up_the_code(self, idc, oidc, http_call):
        registered = register(oidc)
        code = get_code(idc, http_call, registered)
        with pytest.raises(oidc.exceptions.InvalidGrantException):
            redeem(oidc, registered, code, codeVerifier="w" * 64)
        with pytest.raises(oidc.exceptions.InvalidGrantException):
            redeem(oidc, registered, code)

    def test_an_expired_code_or_one_of_another_client_is_an_invalid_grant(
        self, idc, oidc, http_call
    ):
        registered, other = register(oidc), register(oidc)
        code = get_code(idc, http_call, registered)
        with pytest.raises(oidc.exceptions.InvalidGrantException):
            redeem(oidc, other, code)
        idc.code_lifetime = -1
        with pytest.raises(oidc.exceptions.InvalidGrantException):
            redeem(oidc, registered, get_code(idc, http_call, registered))

    def test_the_page_sends_the_browser_back_with_the_code_and_the_state(self, oidc, http_call):
        registered = register(oidc)
        page = authorize(http_call, registered)
        assert page.status == 200
        request = re.search(r'name="request" value="([\w-]+)"', page.body.decode())[1]
        form = {"request": request, "decision": "approve"}
        where, parameters = sent_back(http_call("POST", "/authorize", form=form))
        assert where == REDIRECT
        assert parameters["state"] == "st&te"
        assert redeem(oidc, registered, parameters["code"])["accessToken"]
        assert http_call("POST", "/authorize", form=form).status == 400

    def test_denying_sends_access_denied_and_the_state(self, idc, oidc, http_call):
        registered = register(oidc)
        page = authorize(http_call, registered).body.decode()
        request = re.search(r'name="request" value="([\w-]+)"', page)[1]
        form = {"request": request, "decision": "deny"}
        denied = {"error": "access_denied", "state": "st&te"}
        assert sent_back(http_call("POST", "/authorize", form=form))[1] == denied
        idc.approval = "deny"
        assert sent_back(authorize(http_call, registered))[1] == denied

    @pytest.mark.parametrize(
        "wrong",
        [
            {"client_id": "nobody"},
            {"redirect_uri": "http://127.0.0.1:43210/elsewhere"},
            {"redirect_uri": "http://localhost:43210/oauth/callback"},
            {"redirect_uri": "https://127.0.0.1:43210/oauth/callback"},
            {"redirect_uri": "http://127.0.0.1:43210/oauth/callback?x=1"},
            {"redirect_uri": "http://127.0.0.1.evil.test/oauth/callback"},
            {"redirect_uri": None},
        ],
    )
    def test_a_redirect_uri_that_is_not_the_clients_is_refused(self, idc, oidc, http_call, wrong):
        idc.approval = "approve"
        answer = authorize(http_call, register(oidc), **wrong)
        assert answer.status == 400
        assert answer.headers["Location"] is None

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge_method": None}, "invalid_request"),
            ({"code_challenge": None}, "invalid_request"),
            ({"code_challenge": "short"}, "invalid_request"),
            ({"scopes": "sso:account:access admin"}, "invalid_scope"),
        ],
    )
    def test_a_wrong_request_is_redirected_with_its_error(self, idc, oidc, http_call, wrong, error):
        idc.approval = "approve"
        _, parameters = sent_back(authorize(http_call, register(oidc), **wrong))
        assert parameters == {"error": error, "state": "st&te"}

    def test_any_loopback_port_matches_the_registered_address(self, idc, oidc, http_call):
        registered = register(oidc)
        for port in (1, 65535):
            uri = f"http://127.0.0.1:{port}/oauth/callback"
            code = get_code(idc, http_call, registered, redirect_uri=uri)
            assert redeem(oidc, registered, code, redirectUri=uri)["accessToken"]


class TestDeviceCode:
    def test_pending_until_a_person_approves_on_the_page(self, idc, oidc, http_call):
        idc.device_interval = 0
        registered = register_device(oidc)
        started = oidc.start_device_authorization(**registered, startUrl=idc.start_url)
        with pytest.raises(oidc.exceptions.AuthorizationPendingException) as error:
            poll(oidc, registered, started)
        assert error.value.response["error"] == "authorization_pending"
        complete = urlsplit(started["verificationUriComplete"])
        page = http_call("GET", f"{complete.path}?{complete.query}")
        assert started["userCode"] in page.body.decode()
        form = {"user_code": started["userCode"], "decision": "approve"}
        assert http_call("POST", "/device", form=form).status == 200
        assert poll(oidc, registered, started)["refreshToken"]
        with pytest.raises(oidc.exceptions.InvalidGrantException):
            poll(oidc, registered, started)

    def test_polling_faster_than_the_interval_is_told_to_slow_down(self, idc, oidc):
        idc.device_interval = 60
        registered = register_device(oidc)
        started = oidc.start_device_authorization(**registered, startUrl=idc.start_url)
        assert started["interval"] == 60
        with pytest.raises(oidc.exceptions.AuthorizationPendingException):
            poll(oidc, registered, started)
        with pytest.raises(oidc.exceptions.SlowDownException) as error:
            poll(oidc, registered, started)
        assert error.value.response["error"] == "slow_down"

    def test_denied_and_expired_codes_are_errors(self, idc, oidc):
        registered = register_device(oidc)
        denied = oidc.start_device_authorization(**registered, startUrl=idc.start_url)
        assert idc.deny_device(denied["userCode"]) == 1
        with pytest.raises(oidc.exceptions.AccessDeniedException):
            poll(oidc, registered, denied)
        idc.device_code_lifetime = -1
        expired = oidc.start_device_authorization(**registered, startUrl=idc.start_url)
        assert idc.approve_device() == 0
        with pytest.raises(oidc.exceptions.ExpiredTokenException) as error:
            poll(oidc, registered, expired)
        assert error.value.response["error"] == "expired_token"

    @pytest.mark.parametrize("decision", ["approve", "deny"])
    def test_the_object_can_decide_at_once(self, idc, oidc, decision):
        idc.approval = decision
        registered = register_device(oidc)
        started = oidc.start_device_authorization(**registered, startUrl=idc.start_url)
        if decision == "approve":
            assert poll(oidc, registered, started)["accessToken"]
        else:
            with pytest.raises(oidc.exceptions.AccessDeniedException):
                poll(oidc, registered, started)

    def test_only_the_start_url_of_this_directory_is_known(self, idc, oidc):
        registered = register_device(oidc)
        with pytest.raises(oidc.exceptions.InvalidRequestException):
            oidc.start_device_authorization(
                **registered, startUrl="https://other.awsapps.com/start"
            )
        for written in (idc.start_url + "/", idc.start_url + "/#/"):
            assert oidc.start_device_authorization(**registered, startUrl=written)["userCode"]

    def test_a_client_without_the_scope_gets_no_refresh_token(self, idc, oidc):
        """As with the AWS CLI's legacy profiles, which register without a scope."""
        idc.approval = "approve"
        registered = register_device(oidc, scopes=[])
        started = oidc.start_device_authorization(**registered, startUrl=idc.start_url)
        assert "refreshToken" not in poll(oidc, registered, started)


class TestRefresh:
    def test_a_refresh_token_works_once_and_is_replaced(self, idc, client, oidc):
        issued = idc.issue_token()
        first = refresh(oidc, issued, issued["refreshToken"])
        assert client("sso").list_accounts(accessToken=first["accessToken"])["accountList"]
        with pytest.raises(oidc.exceptions.InvalidGrantException):
            refresh(oidc, issued, issued["refreshToken"])
        assert refresh(oidc, issued, first["refreshToken"])["accessToken"]
        assert [call.grant_type for call in idc.calls if call.operation == "CreateToken"] == [
            "refresh_token"
        ] * 3

    def test_of_many_refreshes_at_once_exactly_one_succeeds(self, idc, oidc):
        issued = idc.issue_token()
        outcomes = []
        gate = threading.Barrier(20)

        def attempt():
            gate.wait()
            try:
                refresh(oidc, issued, issued["refreshToken"])
                outcomes.append("token")
            except oidc.exceptions.InvalidGrantException:
                outcomes.append("refused")

        threads = [threading.Thread(target=attempt) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["refused"] * 19 + ["token"]

    def test_the_refresh_token_of_another_client_is_an_invalid_grant(self, idc, oidc):
        one, other = idc.issue_token(), idc.issue_token()
        with pytest.raises(oidc.exceptions.InvalidGrantException):
            refresh(oidc, other, one["refreshToken"])
        assert refresh(oidc, one, one["refreshToken"])["accessToken"]

    def test_it_still_works_after_the_access_token_expired_or_was_revoked(self, idc, oidc):
        for issued in (idc.issue_token(lifetime=-60), idc.issue_token()):
            idc.revoke(issued["accessToken"])
            assert refresh(oidc, issued, issued["refreshToken"])["accessToken"]

    def test_the_answer_may_leave_the_refresh_token_out(self, idc, oidc):
        idc.send_refresh_token = False
        issued = idc.issue_token()
        assert "refreshToken" not in refresh(oidc, issued, issued["refreshToken"])


class TestClients:
    def test_unknown_expired_and_wrong_clients_are_invalid(self, idc, oidc):
        issued = idc.issue_token()
        expired = idc.issue_token(registration_lifetime=-1)
        for owner in (
            {**issued, "clientId": "nobody"},
            {**issued, "clientSecret": "wrong"},
            expired,
        ):
            with pytest.raises(oidc.exceptions.InvalidClientException) as error:
                refresh(oidc, owner, owner["refreshToken"])
            assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 401

    def test_a_client_may_only_use_the_grants_it_registered(self, idc, oidc):
        registered = register(oidc)
        with pytest.raises(oidc.exceptions.UnauthorizedClientException):
            oidc.start_device_authorization(**registered, startUrl=idc.start_url)
        with pytest.raises(oidc.exceptions.UnauthorizedClientException):
            oidc.create_token(**registered, grantType=DEVICE_GRANT, deviceCode="x")
        with pytest.raises(oidc.exceptions.UnsupportedGrantTypeException):
            oidc.create_token(**registered, grantType="password")

    def test_a_client_of_the_refresh_grant_alone_signs_in_by_device_code(self, idc, oidc):
        """aws-sso-cli registers so."""
        registered = register(oidc, grantTypes=["refresh_token"], redirectUris=[])
        assert oidc.start_device_authorization(**registered, startUrl=idc.start_url)["userCode"]

    @pytest.mark.parametrize(
        ("wrong", "name"),
        [
            ({"clientType": "confidential"}, "InvalidClientMetadataException"),
            ({"clientName": ""}, "InvalidRequestException"),
            ({"grantTypes": ["password"]}, "UnsupportedGrantTypeException"),
            ({"redirectUris": []}, "InvalidRequestException"),
            ({"redirectUris": ["https://evil.test/"]}, "InvalidRedirectUriException"),
            (
                {"redirectUris": ["http://127.0.0.1:99999/oauth/callback"]},
                "InvalidRedirectUriException",
            ),
            ({"scopes": ["two words"]}, "InvalidScopeException"),
        ],
    )
    def test_registration_refuses_what_it_cannot_grant(self, oidc, wrong, name):
        with pytest.raises(getattr(oidc.exceptions, name)):
            register(oidc, **wrong)

    def test_bodies_that_are_not_objects_of_strings_are_invalid_requests(self, http_call):
        for body in (b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"grantType": 7}'):
            answer = http_call("POST", "/token", body=body)
            assert answer.status == 400, body[:20]
            assert answer.json["error"] == "invalid_request"
            assert answer.headers["x-amzn-errortype"] == "InvalidRequestException"

    def test_html_in_a_name_is_escaped_on_the_page(self, oidc, http_call):
        registered = register(oidc, clientName="<script>alert(1)</script>")
        assert b"<script>" not in authorize(http_call, registered).body
