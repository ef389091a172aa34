"""The server of the demo: faults on purpose, many clients, invalid requests, start and stop."""

import http.client
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from ssoenv.demo.center.identity_center import IdentityCenter

ROLE = {"role_name": "Developer", "account_id": "111122223333"}


@pytest.fixture
def get_role(http_call, token):
    """One GetRoleCredentials by plain HTTP."""
    headers = {"x-amz-sso_bearer_token": token}
    return lambda: http_call("GET", "/federation/credentials", query=ROLE, headers=headers)


class TestFaults:
    def test_the_next_calls_fail_as_set_and_later_ones_succeed(self, idc, get_role):
        idc.fault("GetRoleCredentials", status=503, times=2)
        assert [get_role().status for _ in range(3)] == [503, 503, 200]
        assert [call.status for call in idc.calls] == [503, 503, 200]
        assert idc.count("GetRoleCredentials") == 3

    def test_faults_apply_in_order_until_cleared(self, idc, get_role):
        idc.fault("GetRoleCredentials", status=500, times=1)
        idc.fault("*", status=429, headers={"Retry-After": "7"})
        answers = [get_role() for _ in range(3)]
        assert [answer.status for answer in answers] == [500, 429, 429]
        assert answers[1].headers["Retry-After"] == "7"
        idc.clear_faults()
        assert get_role().status == 200

    def test_other_operations_are_not_affected(self, idc, client, token, get_role):
        idc.fault("GetRoleCredentials", status=500)
        assert client("sso").list_accounts(accessToken=token)["accountList"]
        assert get_role().status == 500

    @pytest.mark.parametrize(
        ("service", "method", "operation", "arguments"),
        [
            ("sso", "list_accounts", "ListAccounts", {"accessToken": "x"}),
            ("sso-oidc", "register_client", "RegisterClient",
             {"clientName": "x", "clientType": "public"}),
            ("sts", "get_caller_identity", "GetCallerIdentity", {}),
        ],
    )  # fmt: skip
    def test_each_service_has_its_own_form_of_errors(
        self, idc, client, service, method, operation, arguments
    ):
        idc.fault(operation, status=418, error="SomeException")
        made = client(service, aws_access_key_id="x", aws_secret_access_key="x")
        with pytest.raises(ClientError) as error:
            getattr(made, method)(**arguments)
        assert error.value.response["Error"]["Code"] == "SomeException"
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 418

    def test_raw_bytes_are_sent_unchanged(self, idc, get_role):
        idc.fault("GetRoleCredentials", body=b"<html>\xff", times=1)
        answer = get_role()
        assert (answer.status, answer.body) == (200, b"<html>\xff")
        idc.fault(
            "GetRoleCredentials", status=502, body=b"bad", headers={"Content-Type": "text/html"}
        )
        answer = get_role()
        assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html")

    def test_an_answer_can_be_cut_in_the_middle(self, idc, get_role):
        idc.fault("GetRoleCredentials", body=b'{"role', headers={"Content-Length": "500"})
        for _ in range(2):
            with pytest.raises(http.client.IncompleteRead):
                get_role()

    def test_hanging_up_closes_without_an_answer(self, idc, client, token, get_role):
        idc.fault("GetRoleCredentials", hang_up=True, times=2)
        with pytest.raises(http.client.RemoteDisconnected):
            get_role()
        with pytest.raises(ConnectionClosedError):
            client("sso").get_role_credentials(
                roleName="Developer", accountId="111122223333", accessToken=token
            )
        assert get_role().status == 200

    def test_a_delay_is_followed_by_the_true_answer(self, idc, get_role):
        idc.fault("GetRoleCredentials", delay=0.2, times=1)
        started = time.monotonic()
        assert get_role().status == 200
        assert time.monotonic() - started >= 0.2

    def test_an_answer_can_be_lost_after_the_refresh_token_is_used(self, idc, http_call):
        issued = idc.issue_token()
        body = {
            "clientId": issued["clientId"],
            "clientSecret": issued["clientSecret"],
            "grantType": "refresh_token",
            "refreshToken": issued["refreshToken"],
        }
        idc.fault("CreateToken", hang_up=True, after=True, times=1)
        with pytest.raises(http.client.RemoteDisconnected):
            http_call("POST", "/token", json_body=body)
        assert http_call("POST", "/token", json_body=body).json["error"] == "invalid_grant"

    def test_a_misspelt_operation_is_an_error(self, idc):
        for use in (idc.fault, idc.count):
            with pytest.raises(ValueError, match="GetRoleCredential"):
                use("GetRoleCredential")

    def test_a_rate_limit_says_when_to_try_again(self, idc, client, token, get_role):
        idc.throttle("GetRoleCredentials", calls=3, seconds=60)
        assert [get_role().status for _ in range(3)] == [200] * 3
        answer = get_role()
        assert answer.status == 429
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
        sso = client("sso")
        with pytest.raises(sso.exceptions.TooManyRequestsException):
            sso.get_role_credentials(
                roleName="Developer", accountId="111122223333", accessToken=token
            )
        idc.clear_faults()
        assert get_role().status == 200


class TestStartAndStop:
    def test_a_hundred_requests_at_once_are_answered(self, idc, get_role):
        idc.fault("GetRoleCredentials", delay=0.2)
        with ThreadPoolExecutor(100) as pool:
            answers = list(pool.map(lambda _: get_role(), range(100)))
        assert [answer.status for answer in answers] == [200] * 100
        keys = {answer.json["roleCredentials"]["accessKeyId"] for answer in answers}
        assert len(keys) == 100
        assert idc.count("GetRoleCredentials") == 100

    def test_a_connection_is_kept_open_for_the_next_request(self, idc, token):
        connection = http.client.HTTPConnection(urlsplit(idc.url).netloc)
        sockets = set()
        for _ in range(3):
            connection.request(
                "GET", "/assignment/accounts", headers={"x-amz-sso_bearer_token": token}
            )
            assert connection.getresponse().read()
            sockets.add(connection.sock)
        connection.close()
        assert len(sockets) == 1
        assert None not in sockets

    def test_stop_ends_requests_that_hang(self, token):
        """Neither the server's threads nor the waiting clients are left blocked."""
        idc = IdentityCenter().start()
        idc.fault("*", hang=True)
        outcomes = []

        def ask():
            connection = http.client.HTTPConnection(urlsplit(idc.url).netloc)
            try:
                connection.request("GET", "/assignment/accounts")
                connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                outcomes.append(error)
            finally:
                connection.close()

        clients = [threading.Thread(target=ask) for _ in range(20)]
        for thread in clients:
            thread.start()
        assert idc.wait_for("ListAccounts", 20)
        idc.stop()
        for thread in clients:
            thread.join(10)
        assert len(outcomes) == 20

    def test_after_a_stop_connections_are_refused_until_the_next_start(self, idc, get_role):
        assert get_role().status == 200
        idc.stop()
        idc.stop()
        with pytest.raises(ConnectionRefusedError):
            get_role()
        idc.start()
        assert get_role().status == 200

    def test_nothing_listens_before_the_start(self):
        with pytest.raises(RuntimeError):
            _ = IdentityCenter().url

    def test_only_loopback_is_listened_on(self, idc):
        assert urlsplit(idc.url).hostname == "127.0.0.1"
        with socket.socket() as other:
            other.settimeout(5)
            with pytest.raises(OSError, match="refused"):
                other.connect(("127.0.0.2", urlsplit(idc.url).port))


class TestInvalidRequests:
    @pytest.mark.parametrize(
        "sent",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
            b"nonsense\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"BREW /pot HTTP/1.1\r\n\r\n",
            b"GET http://[ HTTP/1.1\r\n\r\n",
            b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
            b"POST /token HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            b"POST /token HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            b"POST /token HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
            b"POST /token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"POST /token HTTP/1.1\r\nContent-Length: 5\r\n\r\n{}",
            b"",
        ],
    )
    def test_invalid_requests_are_refused_and_the_next_one_is_served(
        self, idc, get_role, sent, capfd
    ):
        with socket.create_connection(("127.0.0.1", urlsplit(idc.url).port), timeout=10) as line:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while chunk := line.recv(65536):
                    answer += chunk
            except ConnectionResetError:
                pass  # refused without reading it all
        assert b" 200 " not in answer.partition(b"\r\n")[0]
        assert get_role().status == 200
        assert capfd.readouterr() == ("", "")

    def test_unknown_paths_and_methods_are_not_found(self, http_call):
        for method, path in (("GET", "/"), ("POST", "/federation/credentials"), ("GET", "/x")):
            assert http_call(method, path).status == 404
