"""Standard output, which carries only the product: composed first, then written at once."""

import os

from ssoenv.errors import LocalFileError

_BINARY = getattr(os, "O_BINARY", 0)  # else Windows would end each line in \r\n

_was_closed = False


def keep_descriptors() -> None:
    """Fill a closed stdin, stdout or stderr with /dev/null, so that no file or connection opened
    later takes its number and receives what is written there."""
    global _was_closed
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            _was_closed = _was_closed or descriptor == 1


def write(text: str) -> None:
    """Write ``text`` to stdout, bytes as they are and ``\\n`` as it is on every system.

    Raises ``LocalFileError`` if it cannot be written whole.
    """
    write_bytes(text.encode("utf-8", "surrogateescape"))


def write_bytes(content: bytes) -> None:
    """Write ``content`` to stdout. Raises ``LocalFileError`` if it cannot be written whole."""
    if content and _was_closed:
        raise LocalFileError("stdout is closed")
    try:
        _append(1, content)
    except OSError as error:
        raise LocalFileError(f"stdout cannot be written: {error.strerror}") from error


def append(path: str, text: str) -> None:
    """Append ``text`` to the file at ``path``, which a CI system or person named. A last line there
    that lacks its line break gets one first.

    Raises ``LocalFileError``; a file that took only a part is cut back to what it was.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _BINARY, 0o600)
        try:
            before = os.fstat(descriptor).st_size
            try:
                start = "\n" if before and not _ends_a_line(path) else ""
                _append(descriptor, (start + text).encode("utf-8", "surrogateescape"))
            except OSError:
                _cut(descriptor, before)
                raise
        finally:
            os.close(descriptor)
    except OSError as error:
        raise LocalFileError(f"{path} cannot be written: {error.strerror}") from error


def remove_block(path: str, begin: str, end: str) -> None:
    """Take the lines from ``begin`` to ``end`` (whole lines) out of the file at ``path``, if it has
    them, and keep every other byte. Raises ``LocalFileError``; the file is then as it was."""
    from ssoenv.system import files

    first, last = begin.encode(), end.encode()
    try:
        if not os.path.isfile(path):
            return
        content = files.read(path)
        kept = content
        while (start := kept.find(first)) >= 0 and (stop := kept.find(last, start)) >= 0:
            kept = kept[:start] + kept[stop + len(last) :]
        if kept != content:
            files.write_private(path, kept)
    except OSError as error:
        raise LocalFileError(f"{path} cannot be written: {error.strerror}") from error


def _ends_a_line(path: str) -> bool:
    """Whether the last byte of a file that is not empty is a line break."""
    try:
        with open(path, "rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read(1) == b"\n"
    except OSError:  # a file that may only be written to: a line too many does less harm
        return False


def _cut(descriptor: int, size: int) -> None:
    try:
        os.ftruncate(descriptor, size)
    except OSError:
        pass  # a device, say: what went wrong before is what matters


def _append(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
