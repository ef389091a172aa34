"""Our reading of a config file's lines against that of configparser, which botocore reads with."""

import configparser
import io

from hypothesis import given
from hypothesis import strategies as st

from ssoenv.config import scan

LINES = (
    "[a]", "[b]", "[a", "a]", "[]", "[a] tail", "  [b]", "\t[a]", "[default]", "x = 1", "X: 3",
    "y=2", " z = 1", "  x = 2", "   words", "words", "key =", "a = [b", "# c", " # c", "; c", "",
    "\ufeff", "\x0b", "\u2028k = v",
)  # fmt: skip
TEXTS = st.lists(
    st.tuples(st.sampled_from(LINES), st.sampled_from(["\n", "\n", "\r\n", "\r"])), max_size=8
).map(lambda parts: "".join(map("".join, parts)))


@given(TEXTS)
def test_a_text_is_read_and_refused_as_by_configparser(text: str) -> None:
    parser = configparser.RawConfigParser(default_section="\n")
    faults = scan.faults(text)
    try:
        parser.read_file(io.StringIO(text, newline=None))
    except configparser.ParsingError as error:
        line = getattr(error, "lineno", None) or error.errors[0][0]
        assert faults[0].line == line
        return
    except (configparser.DuplicateSectionError, configparser.DuplicateOptionError) as error:
        assert faults[0].line == error.lineno
        return
    assert faults == []
    read: dict[str, list[str]] = {}
    for line in scan.lines(scan.split(text)):
        if line.kind == scan.SECTION:
            read[line.value] = []
        elif line.kind == scan.SETTING:
            read[[*read][-1]].append(line.key)
    assert read == {name: list(parser[name]) for name in parser.sections()}
