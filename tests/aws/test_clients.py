"""The clients that ssoenv makes quickly speak to the endpoints that botocore's own clients do."""

import itertools

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.session import Session

from ssoenv.aws import clients

REGIONS = ("us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1")
CALLS = {
    "sso": ("get_role_credentials", {"roleName": "R", "accountId": "1", "accessToken": "T"}),
    "sso-oidc": ("register_client", {"clientName": "N", "clientType": "public"}),
    "sts": ("get_caller_identity", {}),
    "signin": ("create_o_auth2_token", {"tokenInput": {"clientId": "C", "grantType": "G"}}),
}
HOSTS = {"sso": "portal.sso", "sso-oidc": "oidc"}


class Sent(Exception):
    """Thrown in place of sending a request."""


def request(session: Session, service: str, region: str, config: Config) -> tuple[str, str]:
    """Where a client's request would go, and the scope that it is signed for."""
    client = session.create_client(
        service,
        region_name=region,
        config=config,
        aws_access_key_id="AKIAEXAMPLE",
        aws_secret_access_key="secret",
    )
    seen: list[AWSPreparedRequest] = []

    def stop(request: AWSPreparedRequest, **_: object) -> None:
        seen.append(request)
        raise Sent

    client.meta.events.register("before-send", stop)
    call, parameters = CALLS[service]
    with pytest.raises(Sent):
        getattr(client, call)(**parameters)
    authorization = str(seen[0].headers.get("Authorization", ""))
    scope = authorization.partition("Credential=AKIAEXAMPLE/")[2].partition(",")[0]
    return seen[0].url, scope


@pytest.mark.parametrize("service", CALLS)
def test_every_partition_and_variant_has_botocores_endpoint(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if service not in Session().get_available_services():
        pytest.skip(f"needs a botocore with {service}: pip install 'botocore>=1.41'")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    sessions = (clients.open_session(), Session())
    compared = 0
    for region, fips, dual in itertools.product(REGIONS, (False, True), (False, True)):
        config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual)
        answers = []
        for session in sessions:
            try:
                answers.append(request(session, service, region, config))
            except Exception as error:
                answers.append((type(error).__name__, str(error)))
        assert answers[0] == answers[1]
        compared += 1
        if service != "signin" and (region, fips, dual) == ("cn-north-1", False, False):
            host = HOSTS.get(service, service)
            assert answers[0][0].startswith(f"https://{host}.cn-north-1.amazonaws.com.cn/")
        if service != "signin" and (region, fips, dual) == ("us-gov-west-1", False, False):
            host = HOSTS.get(service, service)
            assert answers[0][0].startswith(f"https://{host}.us-gov-west-1.amazonaws.com/")
    assert compared == 20
