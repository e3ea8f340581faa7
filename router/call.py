"""One call as the engine remembers it: a fold over the call's facts, and nothing besides.

`Call.apply` is the only place that changes a call. It never decides; `router.engine` does, and
records a fact first. A call is not a channel: legs, bridges and recordings hang on the call's id.
"""

from __future__ import annotations

import msgspec

from router import facts as f
from router.party import Interpreter, came_or_went


class Offer(msgspec.Struct):
    """A seat's phone rings for the call. Times are epoch seconds."""

    offer_id: str
    leg_id: str
    seat_id: str
    person_id: str
    phone: str
    since: float
    rang_at: float | None = None
    role: f.Role = ""
    up_at: float | None = None
    """Of a pair: has answered, and waits for the other seat."""

    def rang_s(self, now: float) -> float:
        """Seconds it rang, up to the answer or up to `now`."""
        ended = self.up_at or now
        return ended - (self.rang_at or ended)


class Talk(msgspec.Struct):
    """Caller and seat are joined, or will be again. Times are epoch seconds, 0: not so."""

    leg_id: str
    """The leg that carries it now, or carried it last."""
    bridge_id: str
    seat_id: str
    person_id: str
    since: float
    leg_up: bool = True
    """False: the seat's phone is gone."""
    held: bool = False
    """The seat wants the caller to wait."""
    away_since: float = 0.0
    """The seat's phone was lost, or is rung anew."""
    away_until: float = 0.0
    rejoin_leg: str = ""
    """Leg over which the seat is rung to come back."""
    music_since: float = 0.0
    music_s: float = 0.0
    """Seconds of music before `music_since`."""
    interpreter: Interpreter | None = None
    """Who interprets, or did until it left."""

    @property
    def away(self) -> bool:
        return self.away_since > 0.0

    @property
    def apart(self) -> bool:
        """The caller hears music and not the seat."""
        return self.held or self.away

    def hold_s(self, at: float) -> float:
        """Seconds of music up to `at`."""
        return self.music_s + (at - self.music_since if self.music_since else 0.0)

    def apply(self, body: f.Body, at: float) -> None:
        """Fold a fact of the talk, recorded at `at`."""
        other = self.interpreter
        if other is not None and getattr(body, "seat_id", "") == other.seat_id:
            other.apply(body, at)
            return
        match body:
            case f.InterpreterJoined():
                self.interpreter = Interpreter(body.leg_id, body.seat_id, body.person_id, at)
            case f.CallHeld():
                self.held = True
            case f.CallResumed():
                self.held = False
            case _:
                came_or_went(self, body, at)
        if self.apart and not self.music_since:
            self.music_since = at
        elif not self.apart and self.music_since:
            self.music_s, self.music_since = self.hold_s(at), 0.0


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
    waits_from: float | None = None
    """Seconds of waiting count from here (epoch s); later than the place after a talk broke off."""
    step: int = 0
    """Rung of the ladder that it has come to: how far its needs are relaxed (`queues.ladder`)."""
    head_start_s: float = 0.0
    head_start_why: tuple[str, ...] = ()
    told_at: float | None = None
    told_until: float | None = None
    """When it was told to be answered at the latest (epoch s); None: it was told no time."""
    outlook_s: tuple[float, float] | None = None
    """Median and 90th percentile of the last estimate, from `told_at` on."""
    offer: Offer | None = None
    """Of a pair: the specialist's."""
    second: Offer | None = None
    """The interpreter's, which is rung together with the specialist's."""
    offers: int = 0
    legs: int = 0
    declined: dict[str, float] = {}
    """Seat → until when (epoch s) this call is not offered to it again."""
    reserved: str = ""
    """Seat kept for it should the one that rings not answer."""
    talk: Talk | None = None
    served_by: str = ""
    """Person of the last service act."""
    served_leg: str = ""
    """Its first leg, by which the act is known."""
    rating: int | None = None
    rating_missed: str = ""
    voicemail_why: f.VoicemailWhy = "closed"
    recording_id: str = ""
    voicemail_path: str = ""
    callback_id: str = ""
    """The callback that it came of: we rang the caller."""
    owner_seat: str = ""
    """Whoever keeps the caller's case sits there; empty: nobody does, or not here."""
    owner_until: float = 0.0
    """Only the owner serves until then (epoch s)."""
    message_done: bool = False
    """The voicemail was kept or found empty: nothing more is expected of its recording."""

    @property
    def waiting(self) -> bool:
        """In the queue with no seat's phone ringing for it."""
        return self.stage == "queue"

    @property
    def rung(self) -> tuple[Offer, ...]:
        """The offers under way: none, one, or a pair's two."""
        return tuple(offer for offer in (self.offer, self.second) if offer is not None)

    def rung_over(self, leg_id: str) -> Offer | None:
        """The offer under way over this leg."""
        return next((offer for offer in self.rung if offer.leg_id == leg_id), None)

    def rung_at(self, seat_id: str) -> Offer | None:
        """The offer under way to this seat."""
        return next((offer for offer in self.rung if offer.seat_id == seat_id), None)

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
                # Whom we rang has waited without the phone at the ear: it begins to wait now.
                self.waits_from = at if self.callback_id else body.entered_at
                self.language, self.service = body.language, body.service
                self.head_start_s, self.head_start_why = body.head_start_s, body.head_start_why
                self.step, self.wrong = 0, 0
            case f.Requeued():
                self.stage, self.waits_from = "queue", at
                self.step, self.told_at = 0, None
                self.told_until = self.outlook_s = None
            case f.Relaxed():
                self.step = body.rung
            case f.Reruled():
                self.head_start_s, self.head_start_why = body.head_start_s, body.head_start_why
            case f.Reserved():
                self.reserved = body.seat_id
            case f.CallbackAsked():
                self.stage = "callback"
            case f.OwnerAwaited():
                self.owner_seat, self.owner_until = body.seat_id, body.until
            case f.WaitTold():
                self.told_at = at
                if body.minutes is not None:
                    until = at + 60.0 * body.minutes
                    self.told_until = min(until, self.told_until or until)
                self.outlook_s = None
                if body.median_s is not None and body.p90_s is not None:
                    self.outlook_s = (body.median_s, body.p90_s)
            case f.Offered() | f.OfferRang() | f.PickedUp() | f.OfferEnded():
                self._of_offer(body, at)
            case f.Connected():
                self.stage, self.offer, self.second = "talking", None, None
                self.talk = Talk(body.leg_id, body.bridge_id, body.seat_id, body.person_id, at)
                self.served_by, self.served_leg = body.person_id, body.leg_id
                self.rating, self.rating_missed = None, ""
            case (
                f.CallHeld()
                | f.CallResumed()
                | f.SeatAway()
                | f.RejoinRung()
                | f.RejoinEnded()
                | f.Rejoined()
                | f.InterpreterJoined()
                | f.InterpreterLeft()
            ):
                self.legs += isinstance(body, f.RejoinRung)
                if self.talk is not None:
                    self.talk.apply(body, at)
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

    def _of_offer(
        self, body: f.Offered | f.OfferRang | f.PickedUp | f.OfferEnded, at: float
    ) -> None:
        offer = next((one for one in self.rung if one.offer_id == body.offer_id), None)
        match body:
            case f.Offered():
                self.stage = "ringing"
                self.offers += 1
                self.legs += 1
                offer = Offer(
                    body.offer_id, body.leg_id, body.seat_id, body.person_id, body.phone, at
                )
                offer.role = body.role
                if body.role == "interpreter":
                    self.second = offer
                else:
                    self.offer = offer
            case f.OfferRang() if offer is not None:
                offer.rang_at = at
            case f.PickedUp() if offer is not None:
                offer.up_at = at
            case f.OfferEnded():
                if offer is self.offer:
                    self.offer = None
                elif offer is self.second:
                    self.second = None
                if body.declined_until:
                    self.declined[body.seat_id] = body.declined_until
                self.reserved = ""
                if self.stage == "ringing" and not self.rung:
                    self.stage = "queue"
            case _:
                pass


def outcome_of(call: Call) -> f.Outcome:
    """How a call that ends now came out: the one place where that is decided."""
    if call.served_by:
        return "answered"
    if call.stage == "voicemail":
        return "voicemail" if call.voicemail_path else "abandoned_voicemail"
    if call.stage == "callback":
        return "callback"
    if call.stage == "fallback":
        return "fallback_abandoned"
    if call.stage == "queue":
        return "abandoned_queue"
    if call.stage == "ringing":
        return "abandoned_ringing"
    return "abandoned_menu" if call.stage == "menu" else "abandoned_greeting"
