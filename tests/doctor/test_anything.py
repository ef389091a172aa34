"""Whatever stands in the files and the environment, the doctor examines it and ends."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssoenv.doctor import checks
from ssoenv.doctor.reading import Home
from tests.thorough import examples

PIECES = st.sampled_from(
    [
        "[default]\n", "[profile a]\n", "[profile b]\n", "[profile 'b c']\n", "[a]\n", "[]\n",
        "[sso-session s]\n", "[sso-session]\n", "[services x]\n", "[profile \"]\n", "[profile]\n",
        "[DEFAULT]\n", "[ profile a ]\n", "[profile a\n", "region = eu-west-1\n", "region\n",
        "region =\n", "region = x # y\n", "= x\n", "  s3 =\n    a = b\n", "s3 =\n  a\n",
        "sso_session = s\n", "sso_session =\n  deep = 1\n", "sso_account_id = 1\n",
        "sso_role_name = R\n", "sso_start_url = https://[\n", "sso_start_url = http://u:p@x/?q\n",
        "sso_region = us-east-1\n", "role_arn = arn:aws:iam::1:role/R\n", "role_arn = x\n",
        "source_profile = a\n", "source_profile = b\n", "credential_source = Environment\n",
        "endpoint_url = http://x\n", "sso =\n  endpoint_url = http://x\n", "services = x\n",
        "aws_access_key_id = ASIASECRETSECRET\n", "aws_secret_access_key = SECRETSECRET\n",
        "aws_credential_expiration = soon\n", "aws_credential_expiration = 2020-01-01T00:00:00Z\n",
        "ca_bundle = /nowhere\n", "# note\n", "\n", "\ufeff", "\x00", "\r", "\x85", "é\n",
    ]
)  # fmt: skip
CONTENTS = st.lists(PIECES, max_size=14).map(lambda pieces: "".join(pieces).encode()) | st.binary(
    max_size=40
)
VARIABLES = st.dictionaries(
    st.sampled_from(
        ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECRET_ACCESS_KEY",
         "AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_ENDPOINT_URL", "AWS_CA_BUNDLE",
         "AWS_REGION", "AWS_DEFAULT_REGION", "SSOENV_PROFILE"]
    ),
    st.sampled_from(["", "a", "b c", "SECRETSECRET", "http://[", "http://x", "é\x1b"]),
)  # fmt: skip


@settings(max_examples=examples(100), deadline=None, suppress_health_check=list(HealthCheck))
@given(CONTENTS, CONTENTS, VARIABLES)
def test_it_examines_anything_and_tells_no_secret(
    tmp_path_factory: pytest.TempPathFactory, config: bytes, credentials: bytes, variables: dict
) -> None:
    home = tmp_path_factory.getbasetemp() / "anything"
    (home / ".aws").mkdir(parents=True, exist_ok=True)
    (home / ".aws" / "config").write_bytes(config)
    (home / ".aws" / "credentials").write_bytes(credentials)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "SSOENV_"))]:
            patch.delenv(name)
        patch.setenv("HOME", str(home))
        for name, value in variables.items():
            patch.setenv(name, value)
        found = checks.examine(Home(os.environ), online=False)
    secret = ("KEY", "TOKEN")  # what other variables hold may be shown
    shown = [value for name, value in variables.items() if not name.endswith(secret)]
    for finding in found:
        assert finding.check
        assert finding.message
        assert finding.fix
        if "SECRETSECRET" not in shown:
            assert "SECRETSECRET" not in finding.message + finding.fix
