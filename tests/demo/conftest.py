"""Identity Center in miniature for each test, and two clients: real botocore, and plain HTTP."""

import http.client
import json
from urllib.parse import urlencode, urlsplit

import botocore.config
import botocore.session
import pytest

from ssoenv.demo.center.identity_center import IdentityCenter
from tests.forkserver import share_between_sessions

share_between_sessions()


@pytest.fixture
def idc():
    with IdentityCenter() as running:
        yield running
    assert running.failures == []


@pytest.fixture
def client(idc, monkeypatch, tmp_path):
    """``client("sso")``: a real botocore client, configured by the environment only."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in idc.environment().items():
        monkeypatch.setenv(name, value)

    def make(service, **keys):
        config = botocore.config.Config(retries={"mode": "standard", "total_max_attempts": 1})
        session = botocore.session.Session()
        return session.create_client(service, region_name="us-east-1", config=config, **keys)

    return make


@pytest.fixture
def token(idc):
    """A valid access token."""
    return idc.issue_token()["accessToken"]


@pytest.fixture
def role_keys(client, token):
    """botocore's arguments for the keys of dev's Developer, fetched from the portal."""
    answer = client("sso").get_role_credentials(
        roleName="Developer", accountId="111122223333", accessToken=token
    )["roleCredentials"]
    return {
        "aws_access_key_id": answer["accessKeyId"],
        "aws_secret_access_key": answer["secretAccessKey"],
        "aws_session_token": answer["sessionToken"],
    }


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


@pytest.fixture
def http_call(idc):
    """``http_call("POST", "/token", json={...})``: one request, without an SDK."""

    def call(method, path, *, json_body=None, form=None, query=None, headers=None, body=None):
        headers = dict(headers or {})
        if json_body is not None:
            body = json.dumps(json_body)
            headers.setdefault("Content-Type", "application/json")
        if form is not None:
            body = urlencode(form)
            headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        connection = http.client.HTTPConnection(urlsplit(idc.url).netloc, timeout=30)
        try:
            connection.request(
                method, path + ("?" + urlencode(query) if query else ""), body, headers
            )
            return Answer(connection.getresponse())
        finally:
            connection.close()

    return call
