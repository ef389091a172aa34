"""URLs: what is safe to send to, what is safe to show."""

import pytest

from ssoenv.system import urls


@pytest.mark.parametrize(("url", "shown", "origin"), [
    ("https://h.example/start", "https://h.example/start", "https://h.example"),
    ("http://ana:hunter2@h:80/a?b=c", "http://h:80/a", "http://h:80"),
    ("http://ana:hun@ter2@h?b=c", "http://h", "http://h"),
    ("ana:hunter2@h:80/a#b", "h:80/a#b", "h:80"),
    ("HTTPS://me@H#c", "HTTPS://H#c", "HTTPS://H"),
    ("https://h/a@b", "https://h/a@b", "https://h"),
    ("", "", ""),
])  # fmt: skip
def test_nothing_secret_is_shown(url: str, shown: str, origin: str) -> None:
    assert (urls.shown(url), urls.origin(url)) == (shown, origin)


@pytest.mark.parametrize(("url", "private"), [
    ("https://h", True), ("HTTPS://h", True), ("http://h", False), ("http://localhost:1/a", True),
    ("http://127.0.0.1", True), ("http://[::1]:2", True), ("http://127.0.0.1.h", False),
    ("ftp://localhost", False), ("https://", False), ("h", False), ("http://[", False), ("", False),
])  # fmt: skip
def test_only_https_and_this_machine_are_private(url: str, private: bool) -> None:
    assert urls.is_private(url) is private


def test_one_portal_may_be_spelled_in_many_ways() -> None:
    assert urls.same("https://A.awsapps.com/start/#/", "https://a.awsapps.com/start")
    assert not urls.same("https://a.awsapps.com/start", "https://b.awsapps.com/start")


@pytest.mark.parametrize(("text", "region"), [
    ("eu-central-1", True), ("us-gov-west-1", True), ("us-isob-east-1", True), ("local", True),
    ("aws-us-gov-global", True), ("fips-us-gov-west-1", True), ("eu-central1", False),
    ("eucentral", False), ("eu-central-1a", False), ("eu-central-1\n", False), ("", False),
])  # fmt: skip
def test_a_region_has_a_form(text: str, region: bool) -> None:
    assert urls.is_region(text) is region
