"""README as the package index shows it: its links to files of the repository made absolute.

They need ``Repository`` in ``[project.urls]``, an address on GitHub; without one they stay as they
are. They lead to the files of this version, not to what becomes of them later.
"""

import os
import re

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!#|[a-z]+:)([^)\s]+)\)")


class ReadmeHook(MetadataHookInterface):
    """Sets the field ``readme``."""

    def update(self, metadata: dict) -> None:
        with open(os.path.join(self.root, "README.md"), encoding="utf-8") as file:
            text = file.read()
        place = metadata.get("urls", {}).get("Repository", "").rstrip("/")
        if place:
            text = absolute(text, place, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def absolute(text: str, place: str, tag: str) -> str:
    """``text`` with links into the repository at ``place`` as it is at ``tag``; pictures as files,
    everything else as pages."""

    def link(found: re.Match[str]) -> str:
        picture, words, path = found.groups()
        return f"{picture}[{words}]({place}/{'raw' if picture else 'blob'}/{tag}/{path})"

    return _LINK.sub(link, text)
