"""What ssoenv writes into any credentials file it finds again, and can take out without a trace."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssoenv.cache.role_keys import Credentials
from ssoenv.config import marks
from ssoenv.config.editor import Document
from ssoenv.errors import ConfigError
from tests.thorough import examples
from tests.write.test_editing import FILES, understood, valid

many = settings(
    max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)
NAMES = st.sampled_from(["a", "default", "b c", "new", "dev", "(x). (y)", "é", "]"])


def answer(profile: str, key_id: str = "ASIA1", region: str | None = "eu-west-1") -> Credentials:
    return Credentials(key_id, "s/=+%#;", "t", 1_900_000_000, None).named(profile, region)


@many
@given(FILES, st.lists(st.tuples(NAMES, NAMES), max_size=4))
def test_whatever_was_written_can_be_cleared_without_a_trace(
    text: str, writes: list[tuple[str, str]]
) -> None:
    valid(text)
    content = text.encode()
    for number, (name, profile) in enumerate(writes):
        document = Document(content, "file")
        try:
            marks.put(document, name, answer(profile, f"ASIA{number}"), force=False)
        except ConfigError:
            continue  # somebody's keys are there
        content = document.content()
        section = understood(content.decode())[name]
        assert section["aws_access_key_id"] == f"ASIA{number}"
        assert section["aws_credential_expiration"] == "2030-03-17T17:46:40+00:00"
    document = Document(content, "file")
    marks.clear(document, None)
    assert document.content() == text.encode()


@many
@given(FILES, NAMES, NAMES)
def test_force_takes_over_and_leaves_every_other_setting(
    text: str, name: str, profile: str
) -> None:
    before = valid(text)
    document = Document(text.encode(), "file")
    marks.put(document, name, answer(profile, region=None), force=True)
    after = understood(document.content().decode())
    ours = {*marks.KEYS, "aws_security_token", *marks._OTHER_EXPIRIES}
    assert set(after) == {*before, name}
    for section, found in after.items():
        kept = dict(before.get(section, {}))
        if section == name:
            kept = {key: value for key, value in kept.items() if key not in ours}
            found = {key: value for key, value in found.items() if key not in ours}
        assert found == kept
    assert marks.mark_of(Document(document.content(), "file").section(name)).profile == profile


def test_a_second_write_changes_only_the_lines_of_its_keys() -> None:
    document = Document(b"", "file")
    marks.put(document, "dev", answer("dev", "ASIA1"), force=False)
    first = document.content().decode().splitlines()
    marks.put(document, "dev", answer("dev", "ASIA2"), force=False)
    second = document.content().decode().splitlines()
    changed = [pair for pair in zip(first, second, strict=True) if len(set(pair)) == 2]
    assert [old.split()[0] for old, _ in changed] == ["#", "aws_access_key_id"]


@pytest.mark.parametrize("keys", ["", "aws_access_key_id = AKIA\naws_secret_access_key = s\n"])
def test_no_expiry_of_other_keys_is_left_beside_ours(keys: str) -> None:
    old = (
        "aws_session_expiration = 2020-01-01T00:00:00Z\nx_security_token_expires = 2020-01-01\n"
        "Expiration = 2020-01-01 00:00:00\naws_expiration = 2020-01-01\n"
    )
    document = Document(f"[dev]\n{keys}{old}output = json\n".encode(), "file")
    marks.put(document, "dev", answer("dev"), force=bool(keys))
    assert set(document.section("dev").settings()) == {*marks.KEYS, "output"}


def test_a_region_goes_with_another_name_and_not_with_the_profiles_own() -> None:
    document = Document(b"", "file")
    marks.put(document, "x", answer("dev"), force=False)
    assert document.section("x").settings()["region"] == "eu-west-1"
    marks.put(document, "x", answer("x", "ASIA2"), force=False)
    assert "region" not in document.section("x").settings()


def test_a_region_that_was_there_is_the_persons() -> None:
    document = Document(b"[x]\nregion = mine\n", "file")
    marks.put(document, "x", answer("dev"), force=False)
    assert document.section("x").settings()["region"] == "mine"
    assert marks.clear(document, ["x"]) == ["x"]
    assert document.content() == b"[x]\nregion = mine\n"


@pytest.mark.parametrize("name", ["DEFAULT", "", "a\nb"])
def test_a_name_that_the_file_cannot_hold_is_refused(name: str) -> None:
    """[DEFAULT] least of all: what stands there, every profile inherits."""
    document = Document(b"[DEFAULT]\nx = 1\n", "file")
    with pytest.raises(ConfigError):
        marks.put(document, name, answer("dev"), force=True)
    assert document.content() == b"[DEFAULT]\nx = 1\n"  # and the others can still be written
