"""What passes by on the board's list of last events: PURE, from a fact and the state before it.

Enough stands in a note for a screen to tell it in words; who called never does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from router import facts as f
from router.phones import is_browser
from router.state import State
from web.views import Note


def notes(fact: f.Fact, before: State, names: Mapping[str, str]) -> Iterator[Note]:
    """At most one. `before`: the state without the fact; `names`: person → name."""
    seq, at, kind, body = fact.seq, fact.at, type(fact.body).__name__, fact.body
    seat = before.seats.get(getattr(body, "seat_id", ""))
    person_id = getattr(body, "person_id", "") or (seat.person_id if seat else "")
    name = names.get(person_id, "")
    match body:
        case f.CallClosed(call_id=call_id, outcome=outcome):
            call = before.calls.get(call_id)
            yield Note(
                seq,
                at,
                kind,
                call_id=call_id,
                language=call.language if call else "",
                service=call.service if call else "",
                what=outcome,
                seconds=at - call.opened_at if call else None,
            )
        case f.FallbackImported(call_id=call_id, outcome=outcome):
            lasted = body.ended_at - body.started_at
            yield Note(seq, at, kind, call_id=call_id, what=outcome, seconds=lasted)
        case f.WentToFallback(call_id=call_id):
            yield Note(seq, at, kind, call_id=call_id)
        case f.OfferEnded(end=end) if end != "answered":
            yield Note(
                seq, at, kind, body.seat_id, name, body.call_id, what=end, seconds=body.rang_s
            )
        case f.SeatSignedIn(seat_id=seat_id) | f.SeatSignedOut(seat_id=seat_id):
            yield Note(seq, at, kind, seat_id, name)
        case f.SeatNotReady(seat_id=seat_id, reason=reason):
            yield Note(seq, at, kind, seat_id, name, what=reason)
        case f.PhoneLost(phone=phone) if not is_browser(phone):
            # One in a browser goes with every page that is closed, and one goes home with its
            # person: neither is a fault.
            for sits in before.seats.values():
                if sits.phone == phone:
                    yield Note(seq, at, kind, sits.id, names.get(sits.person_id, ""), what=phone)
        case f.PbxUp() | f.PbxDown() | f.LineStarted():
            yield Note(seq, at, kind)
        case f.PolicyAdopted(version=version, by=by) if by:
            yield Note(seq, at, kind, what=version)
        case f.Healed(what=what):
            yield Note(seq, at, kind, what=what)
        case f.CommandFailed(command=command, call_id=call_id):
            yield Note(seq, at, kind, call_id=call_id, what=command)
        case _:
            pass
