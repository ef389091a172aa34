"""Windows: how a batch file is called, so that its arguments arrive as they are."""

import os
from _collections_abc import Sequence


def is_batch_file(path: str) -> bool:
    """Whether Windows runs the program ``path`` by cmd, which reads the command line again."""
    return os.name == "nt" and path.lower().endswith((".bat", ".cmd"))


def command_line(path: str, arguments: Sequence[str]) -> str:
    """The command line that calls the batch file ``path``.

    Between double quotes cmd takes nothing for special but ``%``; behind one, ``%cd:~,%`` is an
    empty text, and keeps the ``%`` from meeting a second one (as Rust's std::process does it).
    Raises ValueError for an argument that cannot arrive: its text says what it holds.
    """
    for argument in arguments:
        for character, name in (
            ('"', "a double quote"),
            ("\r", "a line break"),
            ("\n", "a line break"),
        ):
            if character in argument:
                raise ValueError(name)
    words = " ".join(map(_quoted, [path, *arguments]))
    return f'"{os.environ.get("COMSPEC") or "cmd.exe"}" /d /v:off /s /c "{words}"'


def _quoted(word: str) -> str:
    # A program that gets the words from the batch file takes \" for a quote in a word.
    backslashes = "\\" * (len(word) - len(word.rstrip("\\")))
    return '"' + word.replace("%", "%%cd:~,%") + backslashes + '"'
