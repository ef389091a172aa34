"""Edits of AWS's files keep every byte that is not theirs."""

import configparser
import io
import os
import threading
from pathlib import Path

import pytest
from botocore.configloader import build_profile_map
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ssoenv.config import editor
from ssoenv.config.editor import Document
from ssoenv.errors import ConfigError, LocalFileError
from tests.thorough import examples

LINES = st.sampled_from(
    [
        *["[a]", "[default]", "[b c]", "[profile x]", '[profile "y z"]', "[a] ; note", " [c]"],
        *["[d]]", "[é]", "[DEFAULT]", "  [e]", "aws_access_key_id = AKIA", "aws_session_token="],
        *["AWS_SECRET_ACCESS_KEY: s/+=%(x)s", "region=x", "region : y", "\tk = v", "  continued"],
        *["\tcontinued = 1", "\xa0deep", ";c", "# c", "   # indented comment", "  ; c", "", "  "],
        *["k= %x ; inline", "s3 =", "  max = 3", "rem hello = 1", "K2 = v  ", "z = a\x0cb"],
        *["u\u2028v = 1", "key with spaces = 1", "x\x0b= 2"],
    ]
)
ENDINGS = st.sampled_from(["\n", "\n", "\r\n", "\r"])


@st.composite
def _files(draw: st.DrawFn) -> str:
    """Files of credentials, most of them valid, odd ones among them."""
    start = draw(st.sampled_from(["", "[a]\n", "[start]\r\n", "# above\n", "  ; above\n[x]\r"]))
    rest = draw(st.lists(st.tuples(LINES, ENDINGS), max_size=10))
    text = start + "".join(line + ending for line, ending in rest)
    return text if draw(st.booleans()) else text.rstrip("\r\n")


FILES = _files()
KEYS = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "fresh"]
VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), max_size=20
)


def understood(text: str) -> dict[str, dict[str, str]]:
    """What botocore's parser makes of the text, with an independent hand."""
    parser = configparser.RawConfigParser(default_section="none\n")
    parser.read_file(io.StringIO(text, newline=None))
    return {name: dict(parser.items(name)) for name in parser.sections()}


def valid(text: str) -> dict[str, dict[str, str]]:
    try:
        return understood(text)
    except configparser.Error:
        assume(False)
        raise


many = settings(
    max_examples=examples(600), deadline=None, suppress_health_check=[HealthCheck.filter_too_much]
)


@many
@given(FILES)
def test_a_document_that_is_not_edited_is_the_file_byte_for_byte(text: str) -> None:
    valid(text)
    assert Document(text.encode(), "file").content() == text.encode()


@many
@given(FILES, st.data())
def test_only_our_keys_differ_after_an_edit(text: str, data: st.DataObject) -> None:
    """Every line that holds none of the edited keys is there as before, in the same order, and
    botocore's parser sees the new values and no other difference."""
    before = valid(text)
    name = data.draw(st.sampled_from([*(n for n in before if n != "DEFAULT"), "new one"]))
    values = data.draw(st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1))
    document = Document(text.encode(), "file")
    section = document.section(name) or document.add_section(name)
    section.set(values)
    after = document.content().decode()

    expected = {**before, name: {**before.get(name, {}), **values}}
    assert understood(after) == expected

    ours = [f"[{name}]"] if name not in before else []
    assert others(after, [*values], name, ours) == others(text, [*values], name, [])


def others(text: str, keys: list[str], name: str, ours: list[str]) -> list[str]:
    """The lines that hold neither a value of ``keys`` in section ``name`` nor what we add around
    a new section; the last one without its ending, which may be ours."""
    document = Document(text.encode(), "file")
    lines = list(document.preamble)
    for section in document.sections:
        if section.header.strip() not in ours:
            lines.append(section.header)
        elif lines and not lines[-1].strip("\r\n"):
            lines.pop()
        for line in section.lines:
            if not (section.name == name and line.key in keys):
                lines.append(line.text)
    return [*lines[:-1], *(line.rstrip("\r\n") for line in lines[-1:])]


@many
@given(FILES, VALUES)
def test_what_was_added_can_be_removed_without_a_trace(text: str, value: str) -> None:
    before = valid(text)
    document = Document(text.encode(), "file")
    section = document.add_section("new one")
    section.add_comment("# a comment")
    section.set({"k": value, "l": "x"})
    added = document.content()

    again = Document(added, "file")
    assert again.section("new one").comments() == ["# a comment"]
    again.remove_section(again.section("new one"))
    assert again.content() == text.encode()

    for name in before:
        if name == "DEFAULT":
            continue
        again = Document(text.encode(), "file")
        section = again.section(name)
        section.add_comment("# a comment")
        section.set({"fresh one": value})
        again = Document(again.content(), "file")
        section = again.section(name)
        section.replace_comment("# a comment", None)
        section.remove_keys(["fresh one"])
        assert again.content() == text.encode()


@many
@given(FILES, st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_what_the_format_cannot_hold_is_refused(text: str, name: str, key: str, value: str) -> None:
    """Any name, key or value at all comes back from botocore's parser as given, or not at all."""
    before = valid(text)
    document = Document(text.encode(), "file")
    try:
        (document.section(name) or document.add_section(name)).set({key: value})
        after = document.content().decode()
    except ConfigError:
        return
    assert understood(after) == {**before, name: {**before.get(name, {}), key: value}}


@settings(max_examples=examples(300), deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_a_profile_header_that_we_write_is_the_profile_that_was_meant(name: str) -> None:
    document = Document(b"", "config")
    try:
        document.add_section(editor.profile_header(name)).set({"r": "1"})
        content = document.content()
    except ConfigError:
        assert not name.isprintable()
        return
    assert build_profile_map(understood(content.decode()))["profiles"] == {name: {"r": "1"}}


@pytest.mark.parametrize(
    "content",
    [
        b"[a]\nk = 1\n[a]\nk = 2\n",
        b"[a]\nk = 1\nK = 2\n",
        b"k = 1\n",
        b"[a]\nnonsense\n",
        b"\xef\xbb\xbf[a]\nk = 1\n",
        b"[a]\nk = \xff\n",
    ],
)
def test_a_file_that_aws_tools_cannot_read_is_never_written(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "credentials"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        editor.edit(str(path), lambda document: document.add_section("b").set({"k": "1"}))
    assert path.read_bytes() == content
    assert sorted(os.listdir(tmp_path)) in (["credentials", "credentials.lock"], ["credentials"])


def test_what_is_no_file_is_never_written(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path in (str(fifo), str(tmp_path), os.devnull):
        with pytest.raises(ConfigError if path != os.devnull else (ConfigError, LocalFileError)):
            editor.edit(path, lambda document: document.add_section("b").set({"k": "1"}))


def test_a_symbolic_link_is_followed_and_the_file_becomes_private(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "credentials"
    real.parent.mkdir()
    real.write_text("[a]\n")
    real.chmod(0o644)
    link = tmp_path / "credentials"
    link.symlink_to(real)
    assert editor.edit(str(link), lambda document: document.section("a").set({"k": "1"}))
    assert link.is_symlink()
    assert real.read_text() == "[a]\nk = 1\n"
    assert real.stat().st_mode & 0o777 == 0o600


def test_an_edit_that_changes_nothing_leaves_the_very_file(tmp_path: Path) -> None:
    path = tmp_path / "credentials"
    path.write_text("[a]\nk  =  1\n")
    path.chmod(0o644)
    before = path.stat()
    assert not editor.edit(str(path), lambda document: document.section("a").set({"k": "1"}))
    assert path.stat() == before


def test_an_edit_is_made_anew_on_what_another_tool_has_just_written(tmp_path: Path) -> None:
    """Other tools take no lock; what they write while we edit is not lost."""
    path = tmp_path / "credentials"
    path.write_text("[a]\nk = 1\n")
    rounds = []

    def change(document: Document) -> None:
        if not rounds:
            path.write_text("[a]\nk = 1\n[theirs]\nx = y\n")
        rounds.append(document.content())
        document.section("a").set({"k": "2"})

    assert editor.edit(str(path), change)
    assert len(rounds) == 2
    assert path.read_text() == "[a]\nk = 2\n[theirs]\nx = y\n"


def test_twenty_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    path = str(tmp_path / "credentials")
    go = threading.Barrier(20)

    def write(number: int) -> None:
        go.wait()
        for turn in range(5):
            section = f"{number}-{turn}"
            editor.edit(path, lambda d, s=section: d.add_section(s).set({"k": s}))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = understood(Path(path).read_text())
    assert found == {f"{n}-{t}": {"k": f"{n}-{t}"} for n in range(20) for t in range(5)}
