"""The policy model: who may serve which call when, and in what order, as a centre decides it.

Frozen data with a version, in a file of its own (`config/defaults/policy.toml`, or the site's by
the setting `line.policy`), which `config.policyfile` reads. Requirements are text here; what they
come to is worked out in `queues.policy` alone. Never decides for a call. Times are seconds.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from config.fields import Count, Key, Level, Name, Share, Skill, Span, Wait

Version = Annotated[
    str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", extra={"word": "version"})
]
Requirement = Annotated[str, Meta(min_length=1, max_length=500, extra={"word": "requirement"})]
"""As `queues.needs.parse` reads it."""

Dimension = Literal["law", "level", "region", "interpreter"]
"""What may be relaxed, each by a clock of its own: what one must know (`law`: speciality, caller
group, provider), how well, for which region, and whether an interpreter may join."""

HERE: Final = "region:here"
"""Stands in a requirement for the region that the call is about; anybody where it is not known."""

SHIPPED: Final = "packaged-"
"""How versions of the packaged policy begin; no other may."""


class _Frozen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class When(_Frozen, frozen=True):
    """Conditions of a head start: all that are given must hold; a list: one of it."""

    services: tuple[Name, ...] = ()
    languages: tuple[Name, ...] = ()
    groups: tuple[Name, ...] = ()
    """Groups that the caller is known to belong to (`cases.vocabulary.GROUPS`)."""
    repeat_within_s: Span | None = None
    """The same number gave up waiting no longer ago than this."""
    callback: bool | None = None


class HeadStart(_Frozen, frozen=True):
    """A caller whom `when` fits stands in the order as if it had come `seconds` earlier."""

    name: Name
    seconds: Span
    when: When


class Order(_Frozen, frozen=True):
    """Arrival minus head start. Several head starts add up, to `greatest_head_start_s` at most:
    nobody is overtaken by a call that came more than this later."""

    greatest_head_start_s: Wait = 0.0
    head_starts: tuple[HeadStart, ...] = ()


class Floors(_Frozen, frozen=True):
    """What is never relaxed: `floor` is language → requirement that every seat meets who serves a
    caller of it without an interpreter. A language that is not listed needs `lang:<id>`."""

    floor: dict[Name, Requirement] = {}


class Step(_Frozen, frozen=True):
    """From `after_s` of waiting on, this too will do.

    `needs` (law, region): who may serve besides those who could before. `to` (level): no more
    than this level is asked for any longer. An interpreter has neither. `cost`: how much less than
    asked for the caller gets by it; costs of several steps add up.
    """

    after_s: Span
    dimension: Dimension = "law"
    needs: Requirement | None = None
    to: Level | None = None
    cost: Count = 1


class Kind(_Frozen, frozen=True):
    """Calls of one service, of the named languages only where there are any.

    Of several rows that fit a call the first that names its language counts, else the first.
    """

    service: Name
    languages: tuple[Name, ...] = ()
    needs: Requirement = "anybody"
    region: Requirement = "anybody"
    relax: tuple[Step, ...] = ()


class Pairing(_Frozen, frozen=True):
    """Two seats at once for a caller of one of `languages`: the specialist speaks `bridge` with
    the interpreter, who meets the caller's floor and `interpreter`. When: a kind's own step."""

    languages: tuple[Name, ...] = ()
    interpreter: Requirement = "interpreter"
    bridge: Requirement = "lang:cmn"


class Sharing(_Frozen, frozen=True):
    purchased: Share | None = None
    """Share of answers by purchased providers to steer toward where it costs no waiting."""


class Owner(_Frozen, frozen=True):
    """First contact keeps the case (首问负责): whoever has it may be waited for that long."""

    wait_s: Wait = 0.0


class Reserve(_Frozen, frozen=True):
    after_s: Wait | None = None
    """A seat has rung this long without an answer: the next is kept for its caller."""


class Callback(_Frozen, frozen=True):
    """Leaving the phone and keeping the place: offered by `key` after so much waiting."""

    offer_after_s: Wait = 60.0
    key: Key = "2"


class Policy(_Frozen, frozen=True):
    version: Version
    """Names this content for ever: it stands on every decision."""
    skills: tuple[Skill, ...] = ()
    """Skills of this centre that the catalogue does not know, so that misspelt ones are found."""
    order: Order = Order()
    language: Floors = Floors()
    kinds: tuple[Kind, ...] = ()
    pair: Pairing = Pairing()
    share: Sharing = Sharing()
    owner: Owner = Owner()
    reserve: Reserve = Reserve()
    callback: Callback = Callback()

    @property
    def digest(self) -> str:
        """Of the whole content: two policies with the same version should have the same."""
        content = msgspec.json.encode(self, order="sorted")
        return hashlib.sha256(content).hexdigest()[:16]

    def __hash__(self) -> int:
        """By the version alone, so that what was worked out for a policy is found again fast."""
        return hash(self.version)
