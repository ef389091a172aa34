"""What a person types: the names of commands, how a profile is written, and near misses."""

from _collections_abc import Iterable, Sequence

COMMANDS = {
    "env": "print the variables for your shell, or for a CI system",
    "exec": "run one command with the variables, or start a shell",
    "login": "sign in, as aws sso login does and into the same files",
    "logout": "sign out, and forget the credentials of that sign-in",
    "status": "show who a profile is, and how long its sign-in is good",
    "profiles": "list the profiles, and whether each can be used right now",
    "accounts": "list the accounts and roles that your sign-in may use",
    "configure": "make profiles for the roles that your sign-in may use",
    "pick": "pick a profile from a list, and print its name",
    "init": "print the script for your shell: use, off, TAB, renewal",
    "write": "write keys into ~/.aws/credentials, where old tools look",
    "credential-process": "print the JSON that SDKs ask of a credential_process",
    "console": "open the web console as a role, or print its address",
    "doctor": "find what is wrong with the setup, and say the fix",
    "demo": "show all of it at work, with no AWS account",
}

FUNCTIONS = {
    "use": "use a profile in this shell, and keep its keys fresh",
    "off": "give this shell back the variables it had before",
}
"""What only the scripts of ``ssoenv init`` can do: change the variables of their own shell."""


OTHER_NAMES = {
    "list": "profiles",
    "ls": "profiles",
    "whoami": "status",
    "version": "--version",
    "switch": "use",
}
"""What other tools call our commands, and functions: for a person who types them here."""


def quote(word: str) -> str:
    """``word`` as a person types it: as one word for the shells of this system."""
    import os
    import shlex

    quoted = shlex.quote(word)
    if os.name == "nt" and quoted != word and '"' not in word:
        return f'"{word}"'  # cmd knows no other quotes, PowerShell and bash know these too
    return quoted


def command(words: Iterable[str]) -> str:
    """``words`` as a person types them."""
    return " ".join(map(quote, words))


_FEW, _MANY = 3, 10  # names in a sentence


def argument(profile: str) -> str:
    """PROFILE as a person types it behind a command; one that looks like an option needs the
    option's form."""
    quoted = quote(profile)
    return f"--profile={quoted}" if profile.startswith("-") else quoted


def aws_profile(profile: str) -> str:
    """The AWS CLI's option for PROFILE, as a person types it."""
    return argument(profile) if profile.startswith("-") else f"--profile {quote(profile)}"


def request(profile: str) -> str:
    """PROFILE as a person types it right behind ``ssoenv``, where commands come first."""
    is_command = profile in COMMANDS or profile in ("help", *FUNCTIONS)
    return f"env {profile}" if is_command else argument(profile)


def nearest(name: str, known: Iterable[str], likeness: float = 0.5) -> str:
    """The one of ``known`` that somebody who wrote ``name``, in whatever case, may have meant,
    else an empty text: one that begins alike rather than one that needs fewer changes, since names
    of a kind differ at their ends. ``likeness``: how much of it must be the same, 0 to 1."""
    import difflib
    from itertools import takewhile

    folded = {one.casefold(): one for one in known}
    wanted = name.casefold()
    found = difflib.get_close_matches(wanted, folded, n=50, cutoff=likeness)

    def alike(one: str) -> int:  # how many letters at the beginning
        return len([*takewhile(lambda pair: pair[0] == pair[1], zip(one, wanted, strict=False))])

    return folded[max(found, key=alike)] if found else ""


def meant(name: str, profiles: Sequence[str]) -> str:
    """What to say to somebody who wrote ``name``, which is not one of ``profiles``: which of them
    it may be, or an empty text. Those that contain it come before those that look like it."""
    wanted = name.casefold()
    beginning = [one for one in profiles if one.casefold().startswith(wanted)]
    found = beginning or [one for one in profiles if wanted in one.casefold()]
    if not found:
        near = nearest(name, profiles)
        return f'Did you mean "{near}"?' if near else ""
    if len(found) <= _FEW:
        listed = " or ".join(f'"{one}"' for one in found)
        return f"Did you mean {listed}?"
    what = "begin so" if beginning else "contain it"
    return f"{len(found)} profiles {what}; to pick one: ssoenv pick {argument(name)}"


def some(names: Sequence[str]) -> str:
    """The first of ``names``, as a message lists them."""
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def one_of(profiles: Sequence[str], lead: str = "Name one of") -> str:
    """``profiles`` behind ``lead``, for a person who has to name one; where there are many, how to
    see them."""
    if len(profiles) > _MANY:
        return f"ssoenv profiles lists your {len(profiles)} profiles"
    return f"{lead}: {', '.join(profiles)}"
