"""One call as the engine remembers it: a fold over the call's facts, and nothing besides.

`Call.apply` is the only place that changes a call. It never decides; `router.engine` does, and
records a fact first. A call is not a channel: legs, bridges and recordings hang on the call's id.
"""

from __future__ import annotations

import msgspec

from router import facts as f


class Offer(msgspec.Struct):
    """A seat's phone rings for the call. Times are epoch seconds."""

    offer_id: str
    leg_id: str
    seat_id: str
    person_id: str
    phone: str
    since: float
    rang_at: float | None = None


class Talk(msgspec.Struct):
    """Caller and seat are joined."""

    leg_id: str
    bridge_id: str
    seat_id: str
    person_id: str
    since: float


class Call(msgspec.Struct):
    id: str
    caller_number: str
    caller_name: str
    dialled: str
    ingress: str
    opened_at: float
    within_hours: bool
    stage: f.Stage = "greeting"
    touched: float = 0.0
    """When the last fact of this call was recorded; an older view of Asterisk says nothing new."""
    node: str = ""
    attempt: int = 0
    wrong: int = 0
    language: str = ""
    service: str = ""
    entered_at: float | None = None
    """Place in the waiting order (epoch s); None: has not asked for a human yet."""
    needs: dict[str, int] = {}
    step: int = 0
    told_at: float | None = None
    told_s: float | None = None
    offer: Offer | None = None
    offers: int = 0
    declined: dict[str, float] = {}
    """Seat → until when (epoch s) this call is not offered to it again."""
    talk: Talk | None = None
    served_by: str = ""
    """Person of the last service act."""
    served_leg: str = ""
    rating: int | None = None
    rating_missed: str = ""
    voicemail_why: f.VoicemailWhy = "closed"
    recording_id: str = ""
    voicemail_path: str = ""
    message_done: bool = False
    """The voicemail was kept or found empty: nothing more is expected of its recording."""

    @property
    def waiting(self) -> bool:
        """In the queue with no seat's phone ringing for it."""
        return self.stage == "queue"

    def apply(self, body: f.Body, at: float) -> None:  # noqa: PLR0915 - one row per fact
        """Fold one fact of this call, recorded at `at` (epoch s)."""
        self.touched = at
        match body:
            case f.MenuEntered():
                self.stage, self.node, self.attempt = "menu", body.node, body.attempt
            case f.KeyTaken():
                self.wrong = 0
                self.language = body.language or self.language
                self.service = body.service or self.service
            case f.KeyWrong():
                self.wrong += 1
            case f.Queued():
                self.stage, self.entered_at = "queue", body.entered_at
                self.language, self.service = body.language, body.service
                self.needs, self.step, self.wrong = body.needs, 0, 0
            case f.Relaxed():
                self.needs, self.step = body.needs, body.step
            case f.WaitTold():
                self.told_at, self.told_s = at, body.wait_s
            case f.Offered():
                self.stage = "ringing"
                self.offers += 1
                self.offer = Offer(
                    body.offer_id, body.leg_id, body.seat_id, body.person_id, body.phone, at
                )
            case f.OfferRang():
                if self.offer is not None:
                    self.offer.rang_at = at
            case f.OfferEnded():
                self.offer = None
                if body.declined_until:
                    self.declined[body.seat_id] = body.declined_until
                if self.stage == "ringing":
                    self.stage = "queue"
            case f.Connected():
                self.stage, self.offer = "talking", None
                self.talk = Talk(body.leg_id, body.bridge_id, body.seat_id, body.person_id, at)
                self.served_by, self.served_leg = body.person_id, body.leg_id
            case f.TalkEnded():
                self.talk = None
            case f.RatingInvited():
                self.stage, self.wrong = "rating", 0
            case f.Rated():
                self.rating = body.score
            case f.RatingMissed():
                self.rating_missed = body.why
            case f.WentToFallback():
                self.stage = "fallback"
            case f.VoicemailInvited():
                self.stage, self.voicemail_why = "voicemail", body.why
            case f.VoicemailStarted():
                self.recording_id = body.recording_id
            case f.VoicemailKept():
                self.voicemail_path, self.message_done = body.path, True
            case f.VoicemailEmpty():
                self.message_done = True
            case _:
                pass


def outcome_of(call: Call) -> f.Outcome:
    """How a call that ends now came out: the one place where that is decided."""
    if call.served_by:
        return "answered"
    if call.stage == "voicemail":
        return "voicemail" if call.voicemail_path else "abandoned_voicemail"
    if call.stage == "fallback":
        return "fallback_abandoned"
    if call.stage == "queue":
        return "abandoned_queue"
    if call.stage == "ringing":
        return "abandoned_ringing"
    return "abandoned_menu" if call.stage == "menu" else "abandoned_greeting"
