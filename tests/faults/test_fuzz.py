"""Any bytes in a file, any answer from a server: the oracles hold. And the whole program with
several files broken at once: never a traceback, never a wrong identity, never half an output."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssoenv.cache import index
from ssoenv.signin import refresh, refresh_process
from tests.conftest import SSOENV, Result, World
from tests.faults import oracles
from tests.faults.scene import CONFIG, CREDENTIALS, ENTRY, KEY, TOKEN, Scene
from tests.faults.ways import EXPIRED, warmed
from tests.stage import Stage
from tests.thorough import examples

several = settings(
    max_examples=examples(int(os.environ.get("SSOENV_TEST_FUZZ", "60"))),
    deadline=None,
    derandomize="SSOENV_TEST_FUZZ" not in os.environ,
    suppress_health_check=list(HealthCheck),
)

# Files for AWS's tools: mostly well-formed, about the same few names.

NAMES = st.sampled_from(["dev", "x", "default", "prod", "y", "a b", "DEFAULT", "é", ""])
ARN = "arn:aws:iam::444455556666:role/Deploy"
WORTH = {
    "sso_session": ["demo", "other", "x"],
    "sso_start_url": ["https://demo.awsapps.com/start", "https://demo.awsapps.com/start/"],
    "sso_region": ["us-east-1", "mars"],
    "sso_account_id": ["111122223333", "444455556666"],
    "sso_role_name": ["Developer", "ReadOnly"],
    "role_arn": [ARN, "nonsense"],
    "source_profile": ["dev", "x", "y", "default"],
    "region": ["eu-west-1", "not a region"],
    "aws_access_key_id": ["AKIAX", "AKIAY"],
    "aws_secret_access_key": ["secret"],
    "aws_session_token": ["token"],
    "external_id": ["1"],
    "duration_seconds": ["3600", "many"],
    "services": ["s"],
    "credential_source": ["Environment", "Nowhere"],
}
SETTINGS = st.sampled_from([(key, value) for key in WORTH for value in [*WORTH[key], ""]])
LINES = st.one_of(
    NAMES.map(lambda name: f"[profile {name}]"),
    NAMES.map(lambda name: f"[{name}]"),
    NAMES.map(lambda name: f"[sso-session {name}]"),
    *[SETTINGS.map(" = ".join)] * 6,
    SETTINGS.map("=".join).map("  ".__add__),
    SETTINGS.map(lambda pair: f"{pair[0]} =\n  a = b"),
    st.sampled_from(["", "# note", "; note", "[", "]", "=", "a", "[profile 'x']", '[profile "x"]']),
    st.text(max_size=9),
)
SSO = [f"{key} = {WORTH[key][0]}" for key in ("sso_session", "sso_account_id", "sso_role_name")]
DEMO = ["[sso-session demo]"] + [f"{k} = {WORTH[k][0]}" for k in ("sso_start_url", "sso_region")]
FILES = st.tuples(
    st.sampled_from([[], DEMO, [*DEMO, "[profile dev]", *SSO]]),
    st.lists(LINES, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
).map(lambda parts: parts[2].join(parts[0] + parts[1]).encode("utf-8", "surrogatepass"))

# JSON: what should be there, with something in it exchanged.

VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=20),
        st.sampled_from(["", "2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9" * 9, "\ud800"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@st.composite
def broken_text(draw: st.DrawFn, good: bytes) -> bytes:
    """``good``, a text of lines, with lines exchanged, cut, or with bytes exchanged."""
    how = draw(st.sampled_from(["lines", "cut", "bytes", "any"]))
    if how == "any":
        return draw(st.binary(max_size=200))
    if how == "cut":
        return good[: draw(st.integers(0, len(good)))]
    if how == "bytes":
        at, end = draw(st.integers(0, len(good))), draw(st.integers(0, 3))
        return good[:at] + draw(st.binary(max_size=4)) + good[at + end :]
    return b"\n".join(draw(st.permutations(good.split(b"\n"))))


@st.composite
def broken(draw: st.DrawFn, good: bytes) -> bytes:
    """``good``, a JSON object, with fields exchanged, cut, or with bytes exchanged."""
    how = draw(st.sampled_from(["field", "field", "inner", "bytes", "cut", "value", "any"]))
    if how == "any":
        return draw(st.binary(max_size=200))
    if how == "value":
        return json.dumps(draw(VALUES)).encode()
    if how in ("cut", "bytes"):
        return draw(broken_text(good))
    fields = json.loads(good)
    within = [held for held in fields.values() if isinstance(held, dict)] if how == "inner" else []
    target = within[0] if within else fields
    for name in draw(st.lists(st.sampled_from(sorted(target)), min_size=1, max_size=2)):
        if draw(st.booleans()):
            target[name] = draw(VALUES)
        else:
            target.pop(name, None)
    return json.dumps(fields).encode()


STATUSES = st.sampled_from([200] * 8 + [201, 204, 301, 302, 400, 401, 403, 404, 409, 500, 503, 600])


@pytest.fixture
def home(shared_world: World, stage: Stage) -> Iterator[World]:
    """This process lives in a warm home, and no call leaves it."""
    while not (shared_world.home / ENTRY).exists():  # the config must be some moments old for one
        warmed(Scene(shared_world, stage))
    with pytest.MonkeyPatch.context() as patch:
        for name in [*os.environ]:
            patch.delenv(name)
        for name, value in shared_world.environment(AWS_MAX_ATTEMPTS="1", PATH=os.defpath).items():
            patch.setenv(name, value)
        patch.setattr(refresh, "_ADOPT_SECONDS", 0.0)
        # A refresh is the work of another process, which would ask a server.
        patch.setattr(refresh, "_outcome", lambda order, *_: refresh_process.refresh(order))
        patch.setattr(refresh_process, "clients", oracles.Refresher)
        yield shared_world


@given(data=st.data())
@several
def test_any_config_means_what_botocore_says_or_nothing(home: World, data: st.DataObject) -> None:
    with kept(home, CONFIG):
        keys = data.draw(st.none() | FILES)
        oracles.config(data.draw(FILES | st.binary(max_size=300)), keys)


@given(content=FILES | st.binary(max_size=300))
@several
def test_any_file_survives_an_edit(home: World, content: bytes) -> None:
    oracles.edit(content)
    (home.home / CREDENTIALS).unlink()


CACHES: dict[str, Callable[[bytes], None]] = {
    TOKEN: oracles.token_file,
    KEY: oracles.key_file,
}


@pytest.mark.parametrize("name", CACHES)
@given(data=st.data())
@several
def test_any_cache_file_is_read_as_json_reads_it_or_not_at_all(
    home: World, name: str, data: st.DataObject
) -> None:
    with kept(home, name) as good:
        CACHES[name](data.draw(broken(good)))


@given(data=st.data())
@several
def test_any_index_leads_to_the_keys_of_the_profile_or_nowhere(
    home: World, data: st.DataObject
) -> None:
    key = json.loads((home.home / KEY).read_bytes())["Credentials"]["AccessKeyId"]
    with kept(home, ENTRY) as good:
        assert index.credentials("dev")
        oracles.index_file(data.draw(broken_text(good)), key)


GOOD_PORTAL = json.dumps(
    {"roleCredentials": {**oracles.GOOD, "expiration": 4102444800000}}
).encode()
GOOD_TOKEN = json.dumps(
    {"accessToken": "a", "expiresIn": 28800, "refreshToken": "b", "tokenType": "Bearer"}
).encode()
GOOD_DEVICE = json.dumps(
    {
        "deviceCode": "a",
        "userCode": "b",
        "verificationUri": "https://a/",
        "verificationUriComplete": "https://a/b",
        "expiresIn": 600,
        "interval": 1,
    }
).encode()
GOOD_CLIENT = json.dumps(
    {"clientId": "a", "clientSecret": "b", "clientSecretExpiresAt": 4102444800}
).encode()


@given(status=STATUSES, body=broken(GOOD_PORTAL))
@several
def test_any_answer_of_the_portal_is_understood_or_explained(
    home: World, status: int, body: bytes
) -> None:
    with kept(home, KEY, TOKEN):
        oracles.portal(status, body)


@given(status=STATUSES, data=st.data())
@several
def test_any_answer_of_sts_is_understood_or_explained(
    home: World, status: int, data: st.DataObject
) -> None:
    from tests.faults.network import sts, sts_keys_with

    names = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    texts = st.none() | st.text(st.characters(exclude_characters="<&"), max_size=9)
    changed = st.dictionaries(st.sampled_from(names), texts, max_size=2)
    good = sts_keys_with()
    body = data.draw(
        st.one_of(
            changed.map(lambda some: sts_keys_with(**some)),
            st.text(max_size=99).map(sts),
            st.integers(0, len(good)).map(lambda end: good[:end]),
            st.binary(max_size=99),
        )
    )
    with kept(home, KEY):
        oracles.sts(status, body)


@given(status=STATUSES, body=broken(GOOD_TOKEN))
@several
def test_any_answer_to_a_renewal_is_understood_or_explained(
    home: World, stage: Stage, status: int, body: bytes
) -> None:
    with kept(home, TOKEN):
        EXPIRED(Scene(home, stage))
        oracles.renewal(status, body)


@given(status=STATUSES, data=st.data())
@several
def test_any_answer_to_a_sign_in_is_understood_or_explained(
    home: World, status: int, data: st.DataObject
) -> None:
    operations = {"RegisterClient": GOOD_CLIENT, "StartDeviceAuthorization": GOOD_DEVICE}
    operation = data.draw(st.sampled_from(sorted(operations)))
    oracles.sign_in(operation, status, data.draw(broken(operations[operation])))


@given(data=st.data())
@several
def test_whatever_lies_about_the_program_says_so_or_gives_the_right_keys(
    home: World, stage: Stage, data: st.DataObject
) -> None:
    """The whole program, with any of its files broken."""
    with kept(home, CONFIG, TOKEN, KEY, ENTRY) as good:
        (home.home / CONFIG).write_bytes(data.draw(st.just(good) | FILES))
        for name in data.draw(st.lists(st.sampled_from([TOKEN, KEY, ENTRY]), unique=True)):
            whole = (home.home / name).read_bytes()
            change = broken_text if name == ENTRY else broken
            (home.home / name).write_bytes(data.draw(change(whole)))
        environment = home.environment(AWS_MAX_ATTEMPTS="1", SSOENV_TIMEOUT="5")
        name = data.draw(st.sampled_from(["dev", "x"]))
        result = Result(stage.run([SSOENV, name], environment, home.home))
        assert result.code in (0, 3, 4, 5, 7), result
        if result.code:
            assert result.out == "false;\n", result
            assert result.err.startswith("ssoenv: ") and result.err.count("\n") == 1, result
            return
        assert result.out.startswith("{\nexport ") and result.out.endswith(";\n}\n"), result
        meant = oracles.botocores(name)  # its entry in the role cache, or static keys themselves
        entry = home.roles / f"{meant}.json"
        if entry.exists():
            meant = json.loads(entry.read_text())["Credentials"]["AccessKeyId"]
        assert f"AWS_ACCESS_KEY_ID='{meant}'" in result.out, (meant, result)


class kept:  # reads as a word
    """The files of ``names`` are afterwards what they were; gives the content of the first."""

    def __init__(self, home: World, *names: str) -> None:
        self.held = {home.home / name: (home.home / name).read_bytes() for name in names}

    def __enter__(self) -> bytes:
        return next(iter(self.held.values()))

    def __exit__(self, *_: object) -> None:
        for path, content in self.held.items():
            restore(path, content)


def restore(path: Path, content: bytes) -> None:
    if path.read_bytes() != content if path.exists() else True:
        path.write_bytes(content)
        path.chmod(0o600)
