"""A zoo of broken homes, one fault each, with what the doctor must find there.

Each case is a config, a credentials file and an environment; all checks run, and exactly the
findings named must come out: a doctor that finds too much is not believed.
"""

import json
from dataclasses import dataclass, field

import pytest

from tests.conftest import SSOENV, World

FINE = """\
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = us-east-1

[profile dev]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Developer
region = eu-west-1
"""
SECRET = "SeCrEt0123456789SeCrEt0123456789SeCrEt01"
KEYS = f"aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = {SECRET}\n"
ASKS_SSOENV = f"[profile d]\ncredential_process = {SSOENV} credential-process dev\n"
ENV_KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": SECRET}


@dataclass
class Home:
    """``finds``: (check, words that its message and fix hold between them, line)."""

    finds: list[tuple]
    config: str | bytes | None = FINE
    credentials: str | None = None
    environ: dict[str, str] = field(default_factory=dict)


def role(name: str, **settings: str) -> str:
    """An SSO profile with settings changed, added, or (empty) left out."""
    merged = {
        "sso_session": "corp",
        "sso_account_id": "111122223333",
        "sso_role_name": "Developer",
        "region": "eu-west-1",
        **settings,
    }
    lines = "".join(f"{key} = {value}\n" for key, value in merged.items() if value)
    return f"\n[profile {name}]\n{lines}"


ZOO = {
    "nothing is wrong": Home([]),
    "nothing is wrong with comments, nesting and other programs' sections": Home(
        [],
        "# hello\n; there\n" + FINE + "s3 =\n  max_concurrent_requests = 20\n"
        "\n[plugins]\ncli_legacy_plugin_path = /x\n[services local]\ns3 =\n  endpoint_url = http://x\n"
        '[profile "two words"]\nregion = eu-west-1\n[default]\nregion = us-east-1\n',
    ),
    "no config at all": Home([("missing-file", "ssoenv configure", 0)], None),
    "a profile without the word profile": Home(
        [("not-a-profile", "Change that line to [profile prod]", 10)],
        FINE + "[prod]\nregion = eu-west-1\n",
    ),
    "a profile with a capital letter": Home(
        [("not-a-profile", "[profile prod]", 10)], FINE + "[Profile prod]\nregion = eu-west-1\n"
    ),
    "two words without quotes": Home(
        [("not-a-profile", "[profile 'two words']", 10)],
        FINE + "[profile two words]\nregion = eu-west-1\n",
    ),
    "the word profile in the credentials file": Home(
        [("not-a-profile", "Change that line to [robot]", 1)],
        credentials="[profile robot]\n" + KEYS,
    ),
    "an SSO session in the credentials file": Home(
        [("not-a-profile", "Move it to ~/.aws/config", 1)],
        credentials="[sso-session x]\nsso_region = us-east-1\n",
    ),
    "a section twice": Home(
        [("duplicate-section", "lines 5 and 10", 10)], FINE + "[profile dev]\noutput = json\n"
    ),
    "a section three times, in the credentials file": Home(
        [("duplicate-section", "3 times (lines 1, 4 and 5)", 4)],
        credentials=f"[a]\n{KEYS}[a]\n[a]\n",
    ),
    "a section twice in two spellings": Home(
        [("duplicate-section", "[default] and [profile default] (lines 10 and 12)", 12)],
        FINE + "[default]\nregion = a-1\n[profile default]\nregion = a-2\n",
    ),
    "a setting twice": Home(
        [("duplicate-setting", "region is set twice (lines 9 and 10) in [profile dev]", 10)],
        FINE + "REGION = us-east-1\n",
    ),
    "a byte order mark": Home(
        [("byte-order-mark", "without BOM", 1)], b"\xef\xbb\xbf" + FINE.encode()
    ),
    "text before the first section": Home(
        [("stray-text", "before the first [section]", 2)], "\nhello = world\n" + FINE
    ),
    "a first section that is not closed": Home(
        [("stray-text", "[sso-session corp is not closed, so no AWS tool can read", 1)],
        FINE.replace("corp]", "corp"),
    ),
    "another section that is not closed": Home(
        [("stray-text", "Add the ]", 5)], FINE.replace("dev]", "dev")
    ),
    "a line that is no setting": Home(
        [("stray-text", "not a setting", 10)], FINE + "what is this\n"
    ),
    "a file that is not UTF-8": Home(
        [("unreadable-file", "UTF-8", 0)], FINE.encode() + b"# caf\xe9 \xff\n"
    ),
    "an account without a role": Home(
        [("partial-sso", "without sso_role_name", 10)], FINE + role("a", sso_role_name="")[1:]
    ),
    "a role without an account": Home(
        [("partial-sso", "without sso_account_id", 10)], FINE + role("a", sso_account_id="")[1:]
    ),
    "a role without a sign-in": Home(
        [("partial-sso", "without sso_session", 10)], FINE + role("a", sso_session="")[1:]
    ),
    "a start URL without its region": Home(
        [("partial-sso", "without sso_region", 10)],
        FINE + role("a", sso_session="", sso_start_url="https://x.awsapps.com/start")[1:],
    ),
    "a session without a start URL": Home(
        [("partial-sso", "[sso-session new] has no sso_start_url", 10)],
        FINE + "[sso-session new]\nsso_region = us-east-1\n",
    ),
    "an unknown session": Home(
        [("unknown-session", "Write sso_session = corp", 11)],
        FINE + role("a", sso_session="crop")[1:],
    ),
    "a start URL that contradicts the session": Home(
        [("start-url-mismatch", "Remove sso_start_url from [profile a]", 15)],
        FINE + role("a", sso_start_url="https://corp.awsapps.com/start/")[1:],
    ),
    "a region that contradicts the session": Home(
        [("start-url-mismatch", "sso_region is", 15)], FINE + role("a", sso_region="eu-west-1")[1:]
    ),
    "one start URL in two spellings": Home(
        [("two-sign-ins", 'profiles "a" and "b"', 22)],
        FINE
        + role(
            "a", sso_session="", sso_start_url="https://x.awsapps.com/start", sso_region="us-east-1"
        )
        + role(
            "b",
            sso_session="",
            sso_start_url="https://x.awsapps.com/start/#/",
            sso_region="us-east-1",
        ),
    ),
    "an account id that lost its zero": Home(
        [("odd-value", "12 digits", 12)], FINE + role("a", sso_account_id="11122223333")[1:]
    ),
    "a comment behind a value": Home(
        [("odd-value", "comment behind it", 14)], FINE + role("a", region="eu-west-1 # Ireland")[1:]
    ),
    "quotes around a value": Home(
        [("odd-value", "in quotes", 13)], FINE + role("a", sso_role_name='"Developer"')[1:]
    ),
    "a start URL that is none": Home(
        [("odd-value", "not a URL", 2)], FINE.replace("https://corp", "corp")
    ),
    "a region that is none": Home(
        [("odd-value", "not a region", 9)], FINE.replace("eu-west-1", "Ireland!")
    ),
    "a region without its last hyphen": Home(
        [("odd-value", "not a region", 9)], FINE.replace("eu-west-1", "eu-west1")
    ),
    "no profile in the config": Home(
        [("no-profile", "ssoenv configure", 0)], FINE.partition("[profile")[0]
    ),
    "a profile in use that names no credentials": Home(
        [("no-credentials", "Add sso_session", 10)],
        FINE + "[profile bare]\nregion = eu-west-1\n",
        environ={"AWS_PROFILE": "bare"},
    ),
    "a profile in use for the keys in the environment": Home(
        [("environment-keys", 'some profile "bare"', 0)],
        FINE + "[profile bare]\nregion = eu-west-1\n",
        environ={**ENV_KEYS, "AWS_PROFILE": "bare"},
    ),
    "an empty profile, and a source for no role": Home(
        [("no-credentials", '"a" names no', 10), ("no-credentials", "no role_arn", 12)],
        FINE + "[profile a]\n[profile b]\nsource_profile = dev\n",
    ),
    "credential processes that cannot work": Home(
        [
            ("credential-process", "/no/such, which does not exist", 11),
            ("credential-process", "asks ssoenv for the same", 13),
            ("credential-process", "not closed", 15),
        ],
        FINE + "[profile a]\ncredential_process = /no/such x\n"
        f"[profile b]\ncredential_process = {SSOENV} credential-process b\n"
        "[profile c]\ncredential_process = 'x\n"
        f"[profile d]\ncredential_process = {SSOENV} credential-process dev\n"
        + role("e", credential_process=f"{SSOENV} credential-process e"),
    ),
    "a source profile that is not there": Home(
        [("broken-chain", "source_profile = dev", 12)],
        FINE
        + "[profile a]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = dve\nregion = r-1\n",
    ),
    "a chain in a circle": Home(
        [("broken-chain", "back to itself", 12), ("broken-chain", "back to itself", 16)],
        FINE + "[profile a]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = b\nregion = r-1\n"
        "[profile b]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = a\nregion = r-1\n",
    ),
    "a role on top of nothing": Home(
        [("broken-chain", "Add source_profile", 10)],
        FINE + "[profile a]\nrole_arn = arn:aws:iam::1:role/R\nregion = r-1\n",
    ),
    "a role with two sources": Home(
        [("broken-chain", "both source_profile and credential_source", 13)],
        FINE + "[profile a]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = dev\n"
        "credential_source = Environment\nregion = r-1\n",
    ),
    "a role without a region": Home(
        [("broken-chain", "Add region to [profile a]", 10)],
        FINE + "[profile a]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = dev\n",
    ),
    "static keys beside SSO settings": Home(
        [("static-keys", "other SDKs the keys", 2)], credentials=f"[dev]\n{KEYS}"
    ),
    "half a pair of keys": Home(
        [("static-keys", "no aws_secret_access_key", 2)],
        credentials="[robot]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n",
    ),
    "temporary keys without their token": Home(
        [("static-keys", "aws_session_token", 2)],
        credentials="[robot]\n" + KEYS.replace("AKIA", "ASIA"),
    ),
    "written keys that have expired": Home(
        [("expired-written-keys", "ssoenv write", 4)],
        credentials=f"[robot]\n{KEYS}aws_credential_expiration = 2020-01-01T00:00:00+00:00\n",
    ),
    "a plain http start URL": Home(
        [("plain-http", "not https", 1)], FINE.replace("https:", "http:")
    ),
    "a plain http endpoint for sign-ins": Home(
        [("plain-http", "sso_oidc in [services x]", 10)],
        FINE + "[services x]\nsso_oidc =\n  endpoint_url = http://example.com\n",
    ),
    "a plain http endpoint in the environment": Home(
        [("plain-http", "http://example.com:", 0)],
        environ={"AWS_ENDPOINT_URL_STS": f"http://me:{SECRET}@example.com"},
    ),
    "sign-ins diverted by a profile": Home(
        [("diverted-sso", "holds for its sign-in", 10)],
        FINE + "endpoint_url = http://localhost:4566\n",
    ),
    "sign-ins diverted by the environment": Home(
        [("diverted-sso", "AWS_ENDPOINT_URL sends", 0)],
        environ={
            "AWS_ENDPOINT_URL": "http://localhost:4566",
            "AWS_ENDPOINT_URL_SSO": "",
            "AWS_ENDPOINT_URL_SSO_OIDC": "",
        },
    ),
    "a CA file that is not there": Home(
        [("missing-ca-file", "ca_bundle of profile", 10)], FINE + "ca_bundle = ~/nowhere.pem\n"
    ),
    "a CA file without certificates": Home(
        [("missing-ca-file", "holds no certificate", 0)], environ={"AWS_CA_BUNDLE": "~/.aws/config"}
    ),
    "half a pair of keys in the environment": Home(
        [("environment-keys", "AWS_SECRET_ACCESS_KEY is not", 0)],
        environ={"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"},
    ),
    "temporary keys in the environment without their token": Home(
        [("environment-keys", "AWS_SESSION_TOKEN is not set", 0)],
        environ={**ENV_KEYS, "AWS_ACCESS_KEY_ID": "ASIAIOSFODNN7EXAMPLE"},
    ),
    "keys and a profile": Home(
        [("environment-keys", 'some profile "dev"', 0)], environ={**ENV_KEYS, "AWS_PROFILE": "dev"}
    ),
    "expired keys, of a profile that is named like a command": Home(
        [("expired-keys", 'eval "$(ssoenv env status)"', 0)],
        FINE + role("status"),
        environ={
            **ENV_KEYS,
            "AWS_SESSION_TOKEN": SECRET,
            "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00+00:00",
            "SSOENV_PROFILE": "status",
        },
    ),
    "an expiry that is none": Home(
        [("expired-keys", "not a time", 0)], environ={"AWS_CREDENTIAL_EXPIRATION": "soon"}
    ),
    "a stale security token": Home(
        [("stale-security-token", "Unset AWS_SECURITY_TOKEN", 0)],
        environ={**ENV_KEYS, "AWS_SECURITY_TOKEN": SECRET},
    ),
    "an unknown profile in the environment": Home(
        [("profile-variables", 'Set it to "dev"', 0)], environ={"AWS_PROFILE": "dve"}
    ),
    "an empty profile in the environment": Home(
        [("profile-variables", "set to nothing", 0)], environ={"AWS_PROFILE": ""}
    ),
    "two profiles in the environment": Home(
        [("profile-variables", "boto3 and the AWS CLI 1 the second", 0)],
        FINE + role("b"),
        environ={"AWS_PROFILE": "dev", "AWS_DEFAULT_PROFILE": "b"},
    ),
    "two regions in the environment": Home(
        [("region-variables", "Set both", 0)],
        environ={"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"},
    ),
    "identities that SDKs take before a profile that asks ssoenv": Home(
        [
            ("before-profiles", "AWS_ACCESS_KEY_ID is set: for nearly all SDKs it comes", 0),
            ("before-profiles", "AWS_WEB_IDENTITY_TOKEN_FILE is set: for most SDKs it", 0),
        ],
        FINE + ASKS_SSOENV,
        environ={**ENV_KEYS, "AWS_WEB_IDENTITY_TOKEN_FILE": "/token"},
    ),
    "a container's credentials before a profile that asks ssoenv": Home(
        [("before-profiles", "JavaScript 2 it comes before a credential_process", 0)],
        FINE + ASKS_SSOENV,
        environ={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/", "AWS_PROFILE": "d"},
    ),
    "a container's credentials, and no profile that asks ssoenv": Home(
        [],
        environ={"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/", "AWS_PROFILE": "dev"},
    ),
    "a web identity where no profile is in use": Home(
        [], environ={"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}
    ),
    "a config that one SDK does not read": Home(
        [("config-not-read", 'for Java 1 do not find profile "d"', 10)],
        FINE + ASKS_SSOENV,
        "[other]\nregion = eu-west-1\n",
    ),
    "a config file named that is not there": Home(
        [("missing-file", "AWS_CONFIG_FILE", 0), ("missing-file", "ssoenv configure", 0)],
        environ={"AWS_CONFIG_FILE": "~/nowhere"},
    ),
}


def settle(world: World, home: Home) -> None:
    """Put ``home`` in place of the world's."""
    folder = world.config.parent
    if home.config is None:
        world.config.unlink()
    else:
        content = home.config.encode() if isinstance(home.config, str) else home.config
        world.config.write_bytes(content)
    if home.credentials is not None:
        path = folder / "credentials"
        path.write_text(home.credentials)
        path.chmod(0o600)


@pytest.mark.parametrize("name", ZOO)
def test_each_broken_home_is_found_out(world, name):
    home = ZOO[name]
    settle(world, home)
    result = world.run("doctor", "--offline", "--json", **home.environ)
    report = json.loads(result.out)
    found = report["findings"]
    assert [finding["check"] for finding in found] == [find[0] for find in home.finds], found
    for finding, (_, words, line) in zip(found, home.finds, strict=True):
        assert words in finding["message"] + " " + finding["fix"], finding
        assert (finding["line"] or 0) == line, finding
    assert report["ok"] == (not home.finds)
    assert result.code == (1 if home.finds else 0)
    assert SECRET not in result.out + result.err
    assert "Traceback" not in result.err


def test_people_read_where_it_is_what_it_is_and_what_to_do(world):
    settle(world, ZOO["a profile without the word profile"])
    result = world.run("doctor", "--offline", AWS_SECURITY_TOKEN=SECRET)
    assert result.out == (
        "~/.aws/config, line 10: section [prod] is not a profile: in this file a profile is "
        "written [profile NAME]\n"
        "  → Change that line to [profile prod]\n"
        "AWS_SECURITY_TOKEN is set: boto3 and the AWS CLI prefer it to AWS_SESSION_TOKEN\n"
        "  → Unset AWS_SECURITY_TOKEN\n"
    )
    assert result.err == "ssoenv: 2 things are to be put right\n"
    assert result.code == 1
    narrow = world.run("doctor", "--offline", COLUMNS="40")
    assert all(len(line) <= 40 for line in narrow.out.splitlines())
