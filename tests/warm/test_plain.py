"""A plain renewal: the keys of an SSO role with one GET and without botocore, through TLS, and
whatever is not plain by the full way, with the same result as ever."""

import json
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ssoenv.credentials import plain
from ssoenv.environment.variables import SET
from tests.conftest import SSOENV, World
from tests.warm.secure import Behaviour, Portal, cut, endless, keys, reply


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    portal = Portal(tmp_path)
    yield portal
    portal.close()


@pytest.fixture
def known(signed_in: World, portal: Portal) -> World:
    """A home where a full run has asked the portal once, and its keys have gone since."""
    signed_in.environ |= {
        "AWS_ENDPOINT_URL_SSO": portal.url,
        "AWS_CA_BUNDLE": str(portal.ca),
        "AWS_MAX_ATTEMPTS": "1",
        "SSOENV_TIMEOUT": "10",
    }
    signed_in.settle()
    assert signed_in.run("dev").code == 0
    assert plain_entry(signed_in).exists()
    forget_the_keys(signed_in)
    portal.requests.clear()
    portal.behaviour = reply(200, keys(2))
    return signed_in


def plain_entry(world: World) -> Path:
    return world.home / ".aws/ssoenv/index" / f"{b'dev'.hex()}.plain"


def forget_the_keys(world: World) -> None:
    shutil.rmtree(world.roles)


def modules_of(world: World, *arguments: str, **changes: str | None) -> set[str]:
    result = world.command([sys.executable, "-X", "importtime", SSOENV, *arguments], **changes)
    assert result.code == 0, result
    return set(re.findall(r"^import time:.*\|\s+(\S+)$", result.err, re.MULTILINE))


@pytest.mark.parametrize(
    "arguments",
    [
        ["dev"],
        ["env", "dev", "--format", "json", "--no-login"],
        ["exec", "dev", "--", "true"],
        ["credential-process", "dev"],
    ],
    ids=" ".join,
)
def test_a_renewal_loads_no_botocore(known: World, portal: Portal, arguments: list[str]) -> None:
    assert "botocore" not in modules_of(known, *arguments)
    (request,) = portal.requests
    assert request["path"] == (
        "/federation/credentials?role_name=Developer&account_id=111122223333"
    )


def test_it_is_the_request_of_the_full_way(known: World, portal: Portal) -> None:
    known.run("dev", "--refresh")
    forget_the_keys(known)
    known.run("dev")
    full, plain_one = portal.requests
    for name in ("path", "x-amz-sso_bearer_token"):
        assert full[name] == plain_one[name]
    # botocore lists the features that a request uses in the order of a set.
    assert sorted(full["User-Agent"]) == sorted(plain_one["User-Agent"])


def test_the_keys_and_their_file_are_those_of_the_full_way(known: World, portal: Portal) -> None:
    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in known.roles.iterdir()}

    full = known.run("dev", "--refresh")
    kept = files()
    forget_the_keys(known)
    assert known.run("dev").out == full.out
    assert files() == kept
    assert [path.stat().st_mode & 0o777 for path in known.roles.iterdir()] == [0o600]


def test_what_ssoenv_sets_has_no_say_in_how_the_portal_is_asked() -> None:
    names = {name for name, _ in SET if name.startswith("AWS_")}
    assert set(plain.WITHOUT_A_SAY) == names


ANSWERS: dict[str, Behaviour] = {
    "a redirect": reply(302, b"", Location="https://127.0.0.1:1/"),
    "401": reply(401, b"{}", x_amzn_ErrorType="UnauthorizedException"),
    "403": reply(403, b'{"message": "no"}', x_amzn_ErrorType="ForbiddenException"),
    "429": reply(429, b"{}", x_amzn_ErrorType="TooManyRequestsException"),
    "500": reply(500, b""),
    "cut": cut,
    "endless": endless,
    "a web page": reply(200, b"<html>"),
    "an empty answer": reply(200, b""),
    "a list": reply(200, b"[]"),
    "no credentials": reply(200, b"{}"),
    "a lacking key": reply(200, keys(2).replace(b"secretAccessKey", b"other")),
    "an empty token": reply(200, keys(2).replace(b"token-2", b"")),
    "a line break": reply(200, keys(2).replace(b"token-2", b"a\\nb")),
    "a time that is none": reply(200, re.sub(rb"\d{13}", b'"soon"', keys(2))),
    "a time that is over": reply(200, keys(2, -60)),
}


def give(behaviour: Behaviour) -> Callable[[Portal], None]:
    return lambda portal: setattr(portal, "behaviour", behaviour)


FAULTS: dict[str, Callable[[Portal], None]] = {
    "another host name": Portal.show_another_name,
    "an expired certificate": Portal.show_an_expired_one,
    "an unknown authority": Portal.show_one_of_an_unknown_authority,
    **{name: give(behaviour) for name, behaviour in ANSWERS.items()},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_goes_wrong_ends_as_by_the_full_way(known: World, portal: Portal, fault: str) -> None:
    FAULTS[fault](portal)
    shown = known.run("dev", SSOENV_LOGIN="never")
    index = plain_entry(known).parent
    shutil.rmtree(index)
    full = known.run("dev", SSOENV_LOGIN="never")
    assert (shown.code, shown.out, shown.err) == (full.code, full.out, full.err)
    assert shown.code != 0


def test_short_lived_keys_are_told_of(known: World, portal: Portal) -> None:
    portal.behaviour = reply(200, keys(3, 300))
    result = known.run("dev")
    assert result.code == 0 and "AWS gave credentials that expire in" in result.err


def is_full(world: World, **changes: str | None) -> bool:
    return "botocore" in modules_of(world, "dev", **changes)


@pytest.mark.parametrize(
    "change",
    [
        {"AWS_USE_DUALSTACK_ENDPOINT": "false"},
        {"AWS_STS_REGIONAL_ENDPOINTS": "legacy"},
        {"BOTO_CONFIG": "/nonexistent"},
        {"AWS_DATA_PATH": "/nonexistent"},
        {"AWS_MAX_ATTEMPTS": "2"},
    ],
    ids=str,
)
def test_a_variable_that_may_have_a_say_leads_to_the_full_way(
    known: World, change: dict[str, str]
) -> None:
    assert is_full(known, **change)


def test_a_proxy_leads_to_the_full_way(known: World, portal: Portal) -> None:
    shown = known.run("dev", HTTPS_PROXY="http://127.0.0.1:1")
    assert shown.code == 6 and "proxy" in shown.err
    assert not is_full(known, HTTPS_PROXY="http://127.0.0.1:1", NO_PROXY="127.0.0.1")


def test_another_endpoint_is_asked_when_the_config_names_it(known: World, portal: Portal) -> None:
    known.environ.pop("AWS_ENDPOINT_URL_SSO")
    known.add_config("[services here]\nsso =\n  endpoint_url = " + portal.url)
    text = known.config.read_text()
    known.config.write_text(text.replace("[profile dev]", "[profile dev]\nservices = here"))
    assert is_full(known)
    known.settle()
    known.run("dev", "--refresh")
    forget_the_keys(known)
    assert not is_full(known)
    forget_the_keys(known)
    text = known.config.read_text()
    known.config.write_text(text.replace(portal.url, f"{portal.url}/behind"))
    assert is_full(known)
    assert portal.requests[-1]["path"].startswith("/behind/federation/credentials?")


# The section or variable, what it says, and which variables of the home are then left out.
PLACES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "endpoint_url in the profile": (
        "[profile dev]",
        "endpoint_url = {url}/behind",
        ("AWS_ENDPOINT_URL_SSO",),
    ),
    "endpoint_url in [default]": ("[default]", "endpoint_url = {url}/behind", ()),
    "ca_bundle in the profile": ("[profile dev]", "ca_bundle = {ca}", ("AWS_CA_BUNDLE",)),
    "ca_bundle in [default]": ("[default]", "ca_bundle = /nonexistent", ()),
    "AWS_ENDPOINT_URL": ("AWS_ENDPOINT_URL", "{url}/behind", ("AWS_ENDPOINT_URL_SSO",)),
    "REQUESTS_CA_BUNDLE": ("REQUESTS_CA_BUNDLE", "{ca}", ("AWS_CA_BUNDLE",)),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_setting_counts_as_the_full_way_takes_it(
    known: World, portal: Portal, place: str
) -> None:
    where, said, left_out = PLACES[place]
    said = said.format(url=portal.url, ca=portal.ca)
    for name in left_out:
        del known.environ[name]
    if where.startswith("["):
        text = known.config.read_text()
        if where not in text:
            text += f"{where}\n"
        known.config.write_text(text.replace(where, f"{where}\n{said}"))
    else:
        known.environ[where] = said
    assert is_full(known)
    known.settle()
    assert known.run("dev", "--refresh").code == 0
    full = portal.requests[-1]
    forget_the_keys(known)
    assert not is_full(known)
    assert portal.requests[-1]["path"] == full["path"]
    assert portal.requests[-1]["User-Agent"] == full["User-Agent"]


def test_a_changed_bundle_leads_to_the_full_way(known: World, portal: Portal) -> None:
    with portal.ca.open("ab") as file:
        file.write(b"\n")
    assert is_full(known)


def test_models_of_ones_own_lead_to_the_full_way(known: World) -> None:
    (known.home / ".aws" / "models").mkdir()
    assert is_full(known)


def test_a_token_that_is_about_to_end_leads_to_the_full_way(known: World) -> None:
    known.sign_in(lifetime=600)
    assert is_full(known)


def test_a_token_from_the_environment_leads_to_the_full_way(known: World) -> None:
    token = json.loads(known.token_file().read_text())["accessToken"]
    assert is_full(known, SSOENV_ACCESS_TOKEN=token)


def test_the_entry_holds_no_secret(known: World) -> None:
    text = plain_entry(known).read_text()
    fields = json.loads(known.token_file().read_text())
    for name in ("accessToken", "refreshToken", "clientSecret"):
        assert fields[name] not in text
    assert plain_entry(known).stat().st_mode & 0o777 == 0o600


def test_the_deadline_is_one_for_both_ways(known: World, portal: Portal) -> None:
    """A portal that never answers is given up after the time for one way, not for two."""

    def hang(request: object) -> None:
        stop.wait()

    stop = threading.Event()
    portal.behaviour = hang
    result = known.run("dev", SSOENV_TIMEOUT="1")
    stop.set()
    assert result.code == 6 and "within 1 seconds" in result.err
    assert len(portal.requests) == 1
