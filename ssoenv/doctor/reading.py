"""What the doctor looks at, read once: the files as written, and as botocore reads them."""

from collections.abc import Mapping
from typing import Any

from botocore.session import Session

from ssoenv.aws import clients, lines, profile
from ssoenv.aws.lines import File
from ssoenv.errors import ConfigError
from ssoenv.system import paths

Settings = Mapping[str, Any]


class Home:
    """A person's AWS files and environment.

    ``understood`` is botocore's reading of both files, without the keys that ``ssoenv write`` put
    there; None if botocore cannot read them, and then ``problem`` says why.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.config = File(paths.config())
        self.credentials = File(paths.credentials())
        self.session: Session = clients.open_session()
        self.understood: Settings | None = None
        self.problem: ConfigError | None = None
        try:
            self.understood = profile.full_config(self.session)
        except ConfigError as error:
            self.problem = error

    @property
    def profiles(self) -> Mapping[str, Settings]:
        """Profiles and their settings, none if the files cannot be read."""
        return self.understood["profiles"] if self.understood is not None else {}

    @property
    def sso_sessions(self) -> Mapping[str, Settings]:
        """The ``[sso-session NAME]`` sections and their settings, likewise."""
        return self.understood.get("sso_sessions", {}) if self.understood is not None else {}

    def where(self, name: str, key: str = "", kind: str = "profiles") -> tuple[str, int]:
        """The file and line of a setting, else of its section: see ``lines.place``."""
        return lines.place(kind, name, key, self.config, self.credentials)

    def where_session(self, name: str) -> tuple[str, int]:
        """The file and line of an SSO session's section."""
        return self.config.path, self.config.line_of("sso_sessions", name)


def text(section: Settings, key: str) -> str:
    """A setting, empty if it is missing or (in botocore's reading) a nested block."""
    value = section.get(key)
    return value if isinstance(value, str) else ""
