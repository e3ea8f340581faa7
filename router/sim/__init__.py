"""The very same engine on virtual time against simulated callers and seats.

Nothing here waits, reads a clock or draws from chance of its own: time is what the agenda says,
chance is a seeded `random.Random` that is handed in. The same seed gives the same facts.

`traffic` says when callers call, `callers` who they are and what they will do, `roster` who is on
duty, `world` lets them meet on an engine. Each can be replaced without the others: the same callers
may call two different lines, or the same line with two rosters.
"""
