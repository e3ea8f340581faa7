"""A roster as a site writes it down: who sits where on which weekdays, from when to when.

    [[posts]]
    id = "k"
    count = 2
    skills = { "lang:khg" = 5, "lang:cmn" = 5, "law:general" = 4 }
    days = [1, 2, 3, 4, 5]
    begins = "08:00"
    ends = "16:00"

`hotline staff` writes such files and `hotline simulate` reads them. No file is opened here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from router.sim.roster import Duty

Clock = Annotated[str, Meta(pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Level = Annotated[int, Meta(ge=1, le=5)]
Weekday = Annotated[int, Meta(ge=1, le=7)]
PostId = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{0,30}$")]


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`count` seats alike. `ends` not after `begins` is on the next day. `days`: ISO weekdays."""

    id: PostId
    skills: dict[str, Level]
    count: Annotated[int, Meta(ge=1, le=9999)] = 1
    days: tuple[Weekday, ...] = (1, 2, 3, 4, 5, 6, 7)
    begins: Clock = "00:00"
    ends: Clock = "24:00"
    provider: Literal["staff", "purchased"] = "staff"


class Roster(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    posts: tuple[Post, ...]


def parse(text: str) -> Roster:
    """Raises msgspec.DecodeError (ValidationError among them) with what is wrong and where."""
    roster = msgspec.toml.decode(text, type=Roster)
    seen: set[str] = set()
    for n, post in enumerate(roster.posts):
        if post.id in seen:
            raise msgspec.ValidationError(f"`{post.id}` is used twice - at `$.posts[{n}].id`")
        seen.add(post.id)
    if not roster.posts:
        raise msgspec.ValidationError("there is no post - at `$.posts`")
    return roster


def text(posts: Iterable[Post]) -> str:
    """As `parse` reads it."""
    parts = []
    for post in posts:
        skills = ", ".join(f'"{skill}" = {level}' for skill, level in post.skills.items())
        parts.append(
            f'[[posts]]\nid = "{post.id}"\ncount = {post.count}\nskills = {{ {skills} }}\n'
            f"days = {list(post.days)}\n"
            f'begins = "{post.begins}"\nends = "{post.ends}"\nprovider = "{post.provider}"\n'
        )
    return "\n".join(parts)


def duties(roster: Roster, days: Sequence[date], zone: tzinfo) -> list[Duty]:
    """The duties of all `days`; a night that began before the first of them is there too."""
    found: list[Duty] = []
    last: dict[str, int] = {}
    for day in (days[0] - timedelta(days=1), *days):
        for post in roster.posts:
            over = post.ends <= post.begins
            if day.isoweekday() not in post.days or (day < days[0] and not over):
                continue
            begins = max(_at(day, post.begins, zone), _at(days[0], "00:00", zone))
            ends = _at(day + timedelta(days=1) if over else day, post.ends, zone)
            for n in range(1, post.count + 1):
                seat = f"{post.id}{n:02d}" if post.count > 1 else post.id
                before = last.get(seat)
                if before is not None and found[before].ends >= begins:
                    # Round the clock: nobody signs out at midnight to sign in again.
                    longer = max(ends, found[before].ends)
                    found[before] = msgspec.structs.replace(found[before], ends=longer)
                    continue
                last[seat] = len(found)
                # A second's difference keeps a whole shift from coming at one moment.
                ready_s = n % 10 + 1.0
                found.append(
                    Duty(
                        seat, f"p-{seat}", seat, post.skills, post.provider, begins, ends, ready_s
                    )
                )  # fmt: skip
    return found


def _at(day: date, clock: str, zone: tzinfo) -> float:
    hour, minute = map(int, clock.split(":"))
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return (midnight + timedelta(hours=hour, minutes=minute)).timestamp()
