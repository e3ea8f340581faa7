"""How the case store says no: four typed errors, each with a stable code.

    CaseError
    ├── NotFound      there is no such thing, or the viewer may not know of it
    ├── Forbidden     the viewer's role does not do this at all
    │   └── SignInRefused   user name and password do not open the door
    ├── Conflict      somebody else changed it first
    ├── PhoneElsewhere  another sign-in of the person has the phone in the browser
    └── Invalid       a value that cannot be accepted

They carry codes and field names, never sentences: the words are in the catalogues. They never
carry personal data, so they may be logged.
"""

from __future__ import annotations


class CaseError(Exception):
    """Root; never raised itself. `code` is stable and lower-case with hyphens."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotFound(CaseError):
    """`kind`: call, slip, recording, person, voicemail, report or session."""

    def __init__(self, kind: str) -> None:
        super().__init__("not-found")
        self.kind = kind


class Forbidden(CaseError):
    """`right` names what the role lacks, e.g. `recordings.hear`."""

    def __init__(self, right: str, code: str = "forbidden") -> None:
        super().__init__(code)
        self.right = right


class SignInRefused(Forbidden):
    """`sign-in-wrong` (name or password, not said which) or `sign-in-locked` until `until`."""

    def __init__(self, code: str, until: float | None = None) -> None:
        super().__init__("sign-in", code)
        self.until = until
        """Epoch seconds; only with `sign-in-locked`."""


class Conflict(CaseError):
    """The object's version is `actual` now; read it again and decide anew."""

    def __init__(self, actual: int) -> None:
        super().__init__("version-conflict")
        self.actual = actual


class PhoneElsewhere(CaseError):
    """Another sign-in of the same person has the phone in the browser; it may be taken over."""

    def __init__(self) -> None:
        super().__init__("phone-elsewhere")


class Invalid(CaseError):
    """`field` is the name in the request; `code` says what is wrong with it."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field = field


def known_id(kind: str, text: str) -> str:
    """`text`, when it can be an id at all: PostgreSQL refuses NUL, drivers refuse half a character.

    Raises NotFound: nothing has such an id.
    """
    if not storable(text):
        raise NotFound(kind)
    return text


def storable(text: str) -> bool:
    """Whether every database of ours can take the text."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
