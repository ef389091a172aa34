"""JSON without the json package: the same as json, for any text and any object."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssoenv.system import quick_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.sampled_from(["", " ", "\n\t", "\r\n"]))
def test_what_json_writes_is_read(value: object, space: str) -> None:
    assert quick_json.loads(space + json.dumps(value) + space) == value


@given(st.text('{}[]":,0123456789eE+-. \nabtrufnlsI\\\x00\ufeff', max_size=30))
def test_what_json_refuses_is_refused(text: str) -> None:
    try:
        expected = json.loads(text)
    except ValueError:
        with pytest.raises(ValueError):
            quick_json.loads(text)
    else:
        assert repr(quick_json.loads(text)) == repr(expected)


@given(st.dictionaries(st.text(), st.none() | st.text() | st.integers()))
def test_objects_are_written_as_json_writes_them(fields: dict[str, str | int | None]) -> None:
    assert quick_json.dumps(fields) == json.dumps(fields)


def test_without_the_scanner_in_c_json_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "_json", None)
    assert quick_json.loads(' {"a": [1, null]} ') == {"a": [1, None]}
    assert quick_json.dumps({"a": "\udcff", "b": 1}) == json.dumps({"a": "\udcff", "b": 1})


CUT = ['{"a": "b', '{"a": ', '{"a": {"b"', "{", '{"a": 1,', '["x', '{"a": tru', "x", "", "{} {}"]


@pytest.mark.parametrize("text", CUT)
def test_a_text_that_is_cut_is_refused_where_json_is_not_loaded(text: str) -> None:
    """In a new interpreter: the scanner in C relies on ``json.decoder`` for its errors."""
    code = (
        "import sys; from ssoenv.system import quick_json\n"
        "assert 'json' not in sys.modules\n"
        "try: quick_json.loads(sys.argv[1])\n"
        "except ValueError: print('refused')"
    )
    done = subprocess.run([sys.executable, "-c", code, text], capture_output=True, check=True)
    assert done.stdout == b"refused\n"
