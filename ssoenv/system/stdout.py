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
    content = text.encode("utf-8", "surrogateescape")
    if content and _was_closed:
        raise LocalFileError("stdout is closed")
    try:
        _append(1, content)
    except OSError as error:
        raise LocalFileError(f"stdout cannot be written: {error.strerror}") from error


def append(path: str, text: str) -> None:
    """Append ``text`` to the file at ``path``, which a CI system or person named.

    Raises ``LocalFileError``; a file that took only a part is cut back to what it was.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _BINARY, 0o600)
        try:
            before = os.fstat(descriptor).st_size
            try:
                _append(descriptor, text.encode("utf-8", "surrogateescape"))
            except OSError:
                _cut(descriptor, before)
                raise
        finally:
            os.close(descriptor)
    except OSError as error:
        raise LocalFileError(f"{path} cannot be written: {error.strerror}") from error


def _cut(descriptor: int, size: int) -> None:
    try:
        os.ftruncate(descriptor, size)
    except OSError:
        pass  # a device, say: what went wrong before is what matters


def _append(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
