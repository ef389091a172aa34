"""The config and credentials files as AWS's tools find them."""

import os
import stat

from ssoenv.errors import ConfigError
from ssoenv.system import files, paths

_NO_FILE = (FileNotFoundError, NotADirectoryError)


def content_of(path: str) -> bytes:
    """The content of a config or credentials file of any size. Empty where AWS's tools see no file:
    it is missing, or a folder or device (as /dev/null) is in its place.

    Raises ``ConfigError`` for a file that cannot be read to its end.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return b""
        return files.read(path, most=None)
    except _NO_FILE:
        return b""
    except OSError as error:
        if os.path.islink(path) and not os.path.exists(path):  # a link to itself
            return b""
        raise ConfigError(
            f"{paths.display(path)} cannot be read: {error.strerror or error}",
            "Correct its permissions, or what is wrong with its disk",
        ) from error
