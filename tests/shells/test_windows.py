"""PowerShell and cmd.exe where neither is installed: their rules, written down once more here."""

import pytest
import tree_sitter
import tree_sitter_powershell
from hypothesis import given

from ssoenv.environment import shells
from tests.shells.nasty import FIXED, RAW, texts

POWERSHELL = shells.SHELLS["powershell"]
CMD = shells.SHELLS["cmd"]
GRAMMAR = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))

SINGLE_QUOTES = "'\u2018\u2019\u201a\u201b"  # CharTraits.cs: all of these delimit a literal


def powershell(text: str) -> dict[str, str | None]:
    """What a rendering does to the environment, read as PowerShell's tokenizer would."""
    assert text.startswith("& {\n")
    assert text.endswith("\n}\n")
    changes: dict[str, str | None] = {}
    position = len("& {\n")
    while position < len(text) - len("}\n"):
        if text.startswith("Remove-Item ", position):
            end = text.index("\n", position)
            words = text[position:end].split(" ")
            assert words[1] == "-LiteralPath"
            assert words[3:] == ["-ErrorAction", "Ignore"]
            changes[words[2].removeprefix("Env:")] = None
            position = end + 1
            continue
        assert text.startswith("$Env:", position)
        equals = text.index(" = ", position)
        name = text[position + len("$Env:") : equals]
        units, position = expression(text, equals + len(" = "))
        changes[name] = units.decode("utf-16-le", "surrogatepass")
        assert text[position] == "\n"
        position += 1
    return changes


def expression(text: str, position: int) -> tuple[bytes, int]:
    """String literals and ``[char]`` casts joined by ``+``: their UTF-16, and where it ends."""
    units = b""
    assert text[position] == "'", "the first operand decides that + joins text"
    while True:
        if text.startswith("[char]0x", position):
            start = position + len("[char]0x")
            units += int(text[start : start + 4], 16).to_bytes(2, "little")
            position = start + 4
        else:
            assert text[position] in SINGLE_QUOTES
            position += 1
            while True:
                c = text[position]
                position += 1
                if c in SINGLE_QUOTES:
                    if text[position] not in SINGLE_QUOTES:
                        break
                    c = text[position]
                    position += 1
                units += c.encode("utf-16-le")
        if not text.startswith(" + ", position):
            return units, position
        position += len(" + ")


def parses(text: str) -> bool:
    return not GRAMMAR.parse(text.encode()).root_node.has_error


def check_powershell(value: str) -> None:
    changes = [("A", value), ("B", None), ("C", "next")]
    text = POWERSHELL.render(changes)
    assert parses(text)
    assert powershell(text) == dict(changes)
    assert text.isascii(), "the console's code page cannot change it"
    assert "\r" not in text


@pytest.mark.parametrize("value", FIXED, ids=ascii)
def test_powershell_reads_back_every_nasty_string(value: str) -> None:
    check_powershell(value)


@given(texts)
def test_powershell_reads_back_any_text(value: str) -> None:
    check_powershell(value)


def test_powershell_takes_no_part_of_a_text_for_the_whole() -> None:
    text = POWERSHELL.render([("A", "it\u2019s } 'x'"), ("B", None), ("C", "z")])
    whole = text.rstrip("\n")
    assert parses(whole)
    assert [text[:length] for length in range(1, len(whole)) if parses(text[:length])] == []


def test_powershell_fails_by_throwing() -> None:
    tree = GRAMMAR.parse(POWERSHELL.failure.encode())
    assert not tree.root_node.has_error
    assert POWERSHELL.failure.startswith("throw ")


@pytest.mark.parametrize("value", RAW, ids=ascii)
def test_powershell_refuses_bytes_that_are_no_characters(value: str) -> None:
    with pytest.raises(shells.Unrepresentable):
        POWERSHELL.render([("A", value)])


def cmd(text: str) -> dict[str, str]:
    """What ``for /f "delims=" %i in (...) do @%i`` does: each line is a command; between double
    quotes nothing is special but ``%`` and ``!``; ``set`` takes what is between the outer ones."""
    changes = {}
    for line in text.split("\n")[:-1]:
        assert not line.startswith(";"), "for /f skips such lines"
        assert line.startswith('set "')
        assert line.endswith('"')
        body = line[len('set "') : -1]
        assert not set(body) & set('"%!')
        name, _, changes[name] = body.partition("=")
    return changes


def check_cmd(value: str) -> None:
    try:
        text = CMD.render([("A", value), ("B", None)])
    except shells.Unrepresentable as error:
        printable = all(" " <= c <= "~" for c in value)
        assert not printable or set(value) & set('"%!'), "refused without need"
        assert error.message.startswith("A holds ")
    else:
        assert cmd(text) == {"A": value, "B": ""}, "an empty value removes a variable"


@pytest.mark.parametrize("value", FIXED + RAW, ids=ascii)
def test_cmd_gets_every_nasty_string_or_refuses_it(value: str) -> None:
    check_cmd(value)


@given(texts)
def test_cmd_gets_any_text_or_refuses_it(value: str) -> None:
    check_cmd(value)


def test_cmd_fails_without_closing_the_window() -> None:
    assert CMD.failure == "cmd /c exit 1\n"
