"""What the line has been like lately: how long talks last, how soon callers give up. Part of State.

A fold over facts that forgets; waiting times are estimated from it (router.outlook). Never decides.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from queues.patience import Patience
from queues.talks import Talks
from router import facts as f
from router.call import Call
from router.seat import Seat

TEACHES: frozenset[type] = frozenset(
    {f.OfferEnded, f.TalkEnded, f.WrapupEnded, f.Connected, f.CallClosed, f.VoicemailInvited}
)
"""Facts that anything is learned from; the others need not be shown."""


class Lately(msgspec.Struct, frozen=True):
    talks: Talks = Talks()
    patience: Patience = Patience()

    def after(self, body: f.Body, at: float, call: Call | None, seat: Seat | None) -> Lately:
        """Fold one fact recorded at `at` (epoch s). `call` and `seat` as they were before it."""
        match body:
            case f.OfferEnded() if body.end == "answered" and call is not None and call.rung:
                return self._with(self.talks.after_ring(at - call.rung[0].since))
            case f.TalkEnded():
                return self._with(self.talks.after_talk(body.talk_s))
            case f.WrapupEnded() if seat is not None and body.by != "sign_out":
                return self._with(self.talks.after_wrapup(at - seat.since))
            case f.Connected() if call is not None:
                return self._waited(at, call, left=False)
            case f.CallClosed() if call is not None and call.stage in ("queue", "ringing"):
                return self._waited(at, call, left=True)
            case f.VoicemailInvited() if call is not None and body.why in ("chosen", "too_long"):
                return self._waited(at, call, left=True)
            case _:
                return self

    def settled(self, ages_s: Iterable[float]) -> Lately:
        """Make a new shape of talks; `ages_s` as in `Talks.settle`."""
        return self._with(self.talks.settle(ages_s))

    def _with(self, talks: Talks) -> Lately:
        return Lately(talks, self.patience)

    def _waited(self, at: float, call: Call, *, left: bool) -> Lately:
        since = call.waits_from
        if since is None:
            return self
        return Lately(self.talks, self.patience.after_wait(at - since, left=left))
