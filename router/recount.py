"""One call's waiting, told from the facts of the line: what it waited for, who was ahead, who came.

PURE. Looks with the eyes of the queue (router.replay) at every moment between the call's queueing
and its end; queues.waited and queues.explain say what is to be seen there.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from config.policy import Policy
from queues.explain import Moment, Standing, choice
from queues.plain import qualifies
from queues.ticket import Decision
from queues.waited import Ahead, Cause, Stretch, ahead, cause, could_use, stretches
from router import facts as f
from router.account import Account, Chosen, End, Loosened, Told, Wait
from router.replay import Apply, Sight, decides, decisions, derived, runs, seen
from router.standing import ladder_of
from router.state import State


def account(
    call_id: str,
    state: State,
    apply: Apply,
    facts: Sequence[f.Fact],
    policy: Policy,
    *,
    whole: bool = True,
) -> Account:
    """`state`: before `facts`, which are the line's from the call's first queueing to the end of
    its last wait; `apply` folds one of them. `policy`: as of router.replay. `whole` False: who was
    on duty is not known."""
    if not whole:
        return Account(call_id, gone=True)
    teller = _Teller(call_id, state, policy)
    for run in runs(facts):
        teller.passed(run[0].at)
        if decides(run[0]):
            teller.decided(run)
        for fact in run:
            teller.happens(fact)
            apply(fact)
            teller.happened(fact)
    return Account(call_id, teller.done(facts[-1].at if facts else 0.0), gone=teller.unknown)


class _Teller:
    def __init__(self, call_id: str, state: State, policy: Policy) -> None:
        self._id, self._state, self._settled = call_id, state, policy
        self.unknown = False
        """The policy that decided is not there any more."""
        self._waits: list[Wait] = []
        self._open: Wait | None = None
        self._looked, self._counted = 0.0, False
        self._in_vain: Stretch | None = None
        self._moments: list[tuple[float, Cause]] = []
        self._ahead: list[Ahead] = []
        self._loosened: list[Loosened] = []
        self._chosen: list[Chosen] = []
        self._told: list[Told] = []

    def passed(self, at: float) -> None:
        """Time goes on to `at`: what was true until then is what the caller waited for."""
        if self._open is None or self.unknown or not self._looked < self._state.at < at:
            return
        self._looked = self._state.at
        sight = seen(self._state, self._policy, self._state.at)
        standing = sight.standings.get(self._id)
        if standing is not None:
            self._count_ahead(sight, standing)
            why = cause(standing, sight.moment(), connected=self._state.pbx_up)
            self._moments.append((self._state.at, why))

    @property
    def _policy(self) -> Policy:
        return self._state.policy or self._settled

    # ---- a round of decisions, before it is folded ----

    def decided(self, run: Sequence[f.Fact]) -> None:
        if self._open is None or self.unknown:
            return
        sight = seen(self._state, self._policy, run[0].at)
        mine = sight.standings.get(self._id)
        if mine is None:
            return
        self._count_ahead(sight, mine)
        taken: dict[str, str] = {}
        for decision in decisions(sight, run):
            moment = sight.moment(dict(taken))
            if decision.call_id == self._id:
                self._chose(decision, mine, sight, moment)
            elif decision.kind == "offer":
                self._served_first(decision, mine, sight, moment)
            taken |= dict.fromkeys(_seats(decision), decision.call_id)

    def _chose(self, decision: Decision, mine: Standing, sight: Sight, moment: Moment) -> None:
        self._chosen.append(
            Chosen(
                sight.now,
                choice(decision, mine, moment),
                persons={seat.id: seat.person_id for seat in self._state.seats.values()},
                agrees=decision in derived(sight),
            )
        )

    def _served_first(
        self, decision: Decision, mine: Standing, sight: Sight, moment: Moment
    ) -> None:
        other, places = sight.standings.get(decision.call_id), moment.places
        wanted = [
            seat_id
            for seat_id in _seats(decision)
            if seat_id in places and could_use(mine, places[seat_id], moment)
        ]
        if other is not None and wanted:
            self._ahead.append(ahead(mine.ticket, other.ticket, wanted[0], sight.now))

    def happens(self, fact: f.Fact) -> None:
        """Before a fact is folded: a caller who is told at once that nobody will come waited for
        no time, and is to know what for."""
        body = fact.body
        if isinstance(body, f.VoicemailInvited) and body.call_id == self._id and self._open:
            sight = seen(self._state, self._policy, fact.at)
            standing = sight.standings.get(self._id)
            if standing is not None and body.why == "no_seat" and not self.unknown:
                self._in_vain = Stretch(fact.at, fact.at, cause(standing, sight.moment()))

    # ---- a fact, after it was folded ----

    def happened(self, fact: f.Fact) -> None:
        body, at = fact.body, fact.at
        if getattr(body, "call_id", "") != self._id:
            return
        match body:
            case f.Queued() | f.Requeued():
                self._end("left", at)
                self._begin(body, at)
            case f.Relaxed() if self._open is not None:
                self._relaxed(body, at)
            case f.WaitTold():
                told = Told(at, body.ahead, body.median_s, body.p90_s, body.minutes)
                self._told.append(told)
            case f.OfferEnded():
                self._offer_ended(body)
            case f.Connected():
                self._end("answered", at)
            case f.VoicemailInvited():
                self._end("voicemail", at, body.why)
            case f.WentToFallback() | f.FallbackImported():
                self._end("fallback", at)
            case f.CallClosed():
                self._end("left", at)
            case _:
                pass

    def _begin(self, body: f.Queued | f.Requeued, at: float) -> None:
        self.unknown = self.unknown or body.policy != self._policy.version
        call = self._state.calls[self._id]
        self._looked, self._counted = 0.0, False
        self._open = Wait(
            at,
            at,
            "waiting",
            call.language,
            call.service,
            body.policy,
            body.needs,
            call.head_start_s,
            call.head_start_why,
            again=isinstance(body, f.Requeued),
        )

    def _count_ahead(self, sight: Sight, mine: Standing) -> None:
        """Once, when the call has come to where it stood first: callers ahead who could use a seat
        on duty that could serve this one too."""
        if self._open is None or self._counted:
            return
        self._counted = True
        places = [seated.place for seated in sight.seats]
        able = [place for place in places if qualifies(mine.ticket, mine.rung, place) is not None]
        count = sum(
            other.ticket.order < mine.ticket.order
            and any(qualifies(other.ticket, other.rung, place) is not None for place in able)
            for other in sight.standings.values()
        )
        self._open = msgspec.structs.replace(self._open, ahead_at_first=count)

    def _relaxed(self, body: f.Relaxed, at: float) -> None:
        self.unknown = self.unknown or body.policy != self._policy.version
        call = self._state.calls[self._id]
        rungs = ladder_of(self._policy, call).rungs[: body.rung + 1]
        pair = [rung.pair is not None for rung in rungs[-2:]] == [False, True]
        after_s = at - (call.waits_from or at)
        self._loosened.append(
            Loosened(at, body.rung, after_s, body.needs, body.relaxes, body.hopeless, pair)
        )

    def _offer_ended(self, body: f.OfferEnded) -> None:
        for place in reversed(range(len(self._chosen))):
            chosen = self._chosen[place]
            decision = chosen.choice.decision
            if decision.kind == "offer" and decision.seat_id == body.seat_id:
                ended = msgspec.structs.replace(chosen, end=body.end, rang_s=body.rang_s)
                self._chosen[place] = ended
                return

    def _end(self, end: End, at: float, why: str = "") -> None:
        wait, self._open = self._open, None
        if wait is None:
            return
        self._waits.append(
            msgspec.structs.replace(
                wait,
                ends=at,
                end=end,
                voicemail_why=why,
                stretches=(*stretches(self._moments, at), *self._last()),
                ahead=tuple(self._ahead),
                loosened=tuple(self._loosened),
                chosen=tuple(self._chosen),
                told=tuple(self._told),
            )
        )
        for done in (self._moments, self._ahead, self._loosened, self._chosen, self._told):
            done.clear()

    def _last(self) -> tuple[Stretch, ...]:
        last, self._in_vain = self._in_vain, None
        return () if last is None else (last,)

    def done(self, at: float) -> tuple[Wait, ...]:
        """All waits; one that has not ended yet is told up to `at` (epoch s)."""
        if self._open is not None:
            self.passed(at + 1.0)
            self._end("waiting", at)
        return tuple(self._waits)


def _seats(decision: Decision) -> list[str]:
    return [seat_id for seat_id in (decision.seat_id, decision.interpreter) if seat_id]
