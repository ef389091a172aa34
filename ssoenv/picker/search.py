"""Profiles in order, searched by words."""

import re

from ssoenv.config.listing import Listed


class Rows:
    """Profiles in order, to be searched. Typing on narrows down what was found before."""

    def __init__(self, listed: list[Listed]) -> None:
        self.all = [(profile, _text(profile)) for profile in listed]
        self._query = ""
        self._found = self.all

    def search(self, query: str) -> list[Listed]:
        """The profiles that every word of ``query`` fits, best first, else in their order.

        A word fits if it is part of a name, account, role or region, or if its letters are there
        in their order.
        """
        among = self._found if query.startswith(self._query) else self.all
        words = query.casefold().split()
        loose = [re.compile("[^\n]*?".join(map(re.escape, word))) for word in words]
        found = []
        for row in among:
            text = row[1]
            score = 0
            for word, letters in zip(words, loose, strict=True):
                if word in text:
                    score += _closeness(word, text)
                elif letters.search(text):
                    score += 10
                else:
                    break
            else:
                found.append((score, row))
        self._query = query
        self._found = [row for _, row in found]
        return [row[0] for _, row in sorted(found, key=lambda scored: scored[0])]

    def exact(self, query: str) -> list[Listed]:
        """The profiles that have each word of ``query`` as it is in a name, account, role or
        region."""
        words = query.casefold().split()
        return [profile for profile, text in self.all if all(word in text for word in words)]


def _text(profile: Listed) -> str:
    """All that a profile is searched by, its name first, a line each."""
    parts = (
        profile.name,
        profile.account_name,
        profile.account_id,
        profile.role_name,
        profile.region,
    )
    return "\n".join(parts).casefold()


def _closeness(word: str, text: str) -> int:
    """How far from being the name itself; 0 is the name."""
    name = text.partition("\n")[0]
    at = name.find(word)
    if at < 0:
        return 4
    if word == name:
        return 0
    if at == 0:
        return 1
    return 3 if name[at - 1].isalnum() else 2
