"""The profile module: who a model is to be, hand-crafted for each role and domain.

A profile is a Markdown file with front matter (``role``, ``name``, and ``domain`` unless it is the role's default; one
with ``conduct: strict`` is added to any other of its role when a request may mean harm). Its
body states four things: what the expert can do, what it needs, what it must not do, and what it hands over
(LLM-Agent-UMF, hand-crafted in-context profiles; the four points follow Chat2Graph's guideline for experts).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from coreagent.errors import SettingsError
from coreagent.plans import ROLES, RoleName

_KEYS = ("role", "domain", "conduct", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """``domain`` is empty for a role's default; ``text`` goes into the system prompt as it is.

    ``conduct`` is ``strict`` for rules that hold beside any profile of the role when a guard judged a request unsafe.
    """

    role: RoleName
    name: str
    text: str
    domain: str = ""
    conduct: str = ""


class Profiles:
    """All profiles of an agent. A later one takes the place of an earlier one for the same role, domain and conduct."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        listed = tuple(profiles)
        self._by_key = {(profile.role, profile.domain): profile for profile in listed if not profile.conduct}
        self._strict: dict[RoleName, Profile] = {profile.role: profile for profile in listed if profile.conduct}

    @classmethod
    def load(cls, *paths: Path) -> "Profiles":
        """The built-in profiles, then the ``*.md`` files of each folder, or each file, in ``paths``.

        Raises:
            SettingsError: a path that can not be read, or a profile whose front matter is wrong (file, line and key).
        """
        own: list[Profile] = []
        for path in paths:
            files = sorted(path.glob("*.md")) if path.is_dir() else [path]
            for file in files:
                try:
                    text = file.read_text(encoding="utf-8")
                except (OSError, UnicodeDecodeError) as error:
                    raise SettingsError(
                        f"the profile can not be read: {error}", path=str(file), mend="Give a UTF-8 Markdown file."
                    ) from error
                own.append(parse_profile(text, path=str(file)))
        return cls([*_builtin(), *own])

    def choose(self, role: RoleName, domain: str = "") -> Profile:
        """The most specific profile: ``o-ran/fronthaul``, then ``o-ran``, then the role's default.

        A role without any profile gets an empty one.
        """
        wanted = domain.strip().lower()
        while wanted:
            if (role, wanted) in self._by_key:
                return self._by_key[role, wanted]
            wanted = wanted.rpartition("/")[0]
        return self._by_key.get((role, ""), Profile(role=role, name=role, text=""))

    def strict(self, role: RoleName) -> str:
        """The rules of a role for a request that may mean harm; empty when it has none."""
        return self._strict[role].text if role in self._strict else ""

    def all(self) -> tuple[Profile, ...]:
        """Every profile, by role and domain, the strict ones last."""
        return (
            *(self._by_key[key] for key in sorted(self._by_key)),
            *(self._strict[role] for role in sorted(self._strict)),
        )


def strict_rules(role: RoleName) -> str:
    """The built-in rules of a role for a request that may mean harm."""
    return Profiles.load().strict(role)


def parse_profile(text: str, *, path: str = "") -> Profile:
    """Read one profile.

    Raises:
        SettingsError: no front matter, an unknown, doubled, missing or wrong key, or an empty body.
    """
    lines = text.replace("\r\n", "\n").lstrip("\ufeff").split("\n")
    try:
        end = lines.index("---", 1) if lines[0].strip() == "---" else 0
    except ValueError:
        end = 0
    if not end:
        raise SettingsError(
            "the profile has no front matter",
            path=path,
            line=1,
            mend="Begin the file with ---, role: ..., domain: ..., name: ..., ---.",
        )
    values: dict[str, str] = {}
    for number, line in enumerate(lines[1:end], 2):
        if not line.strip():
            continue
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or key not in _KEYS or key in values:
            problem = "stands twice" if key in values else "is not a key of a profile"
            raise SettingsError(
                problem, path=path, line=number, key=key or line, mend=f"The keys are {', '.join(_KEYS)}, once each."
            )
        values[key] = value.strip("\"'")
    role = values.get("role", "")
    if role not in ROLES:
        raise SettingsError(
            f"{role!r} is not a role", path=path, line=1, key="role", mend=f"One of {', '.join(ROLES)}."
        )
    if not values.get("name"):
        raise SettingsError("is missing", path=path, line=1, key="name", mend="Give the profile a name.")
    body = "\n".join(lines[end + 1 :]).strip()
    if not body:
        raise SettingsError("the profile has no text", path=path, line=end + 1, mend="Describe the expert.")
    domain, conduct = values.get("domain", "").lower(), values.get("conduct", "")
    if conduct not in ("", "strict") or (conduct and domain):
        raise SettingsError(
            f"{conduct!r} can not stand here" if conduct != "strict" else "a strict profile has no domain",
            path=path,
            line=1,
            key="conduct",
            mend="Write conduct: strict in a profile without a domain, or leave it out.",
        )
    return Profile(role=role, name=values["name"], text=body, domain=domain, conduct=conduct)


@cache
def _builtin() -> tuple[Profile, ...]:
    folder = resources.files("coreagent.agents").joinpath("profiles")
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".md")), key=lambda item: item.name)
    return tuple(parse_profile(item.read_text(encoding="utf-8"), path=item.name) for item in files)
