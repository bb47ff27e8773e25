"""What a limit is, when nobody told us: found out from refusals and from what got through, as pure decisions.

Nothing here waits, asks a clock or touches a store. A store keeps one `Pace` per limit and changes it with these
functions, one caller at a time, so that what one process learns holds for all of them.

How it is found out, whatever the vendor's way of counting (a fixed window, a sliding one, a bucket of tokens):
between two moments in which the vendor's allowance was used up, exactly as many calls got through as it allows in
that time. So a refusal closes a cycle, the calls of the cycle over its time are the rate, and the pace is set a
little below. While the door is closed single calls ask whether it is open. In quiet times the pace creeps upwards,
later faster; it never passes what the vendor declared. Nobody in line acts on what was true before: each
refusal starts a new `epoch`, and a place of an older one is void.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace

__all__ = ["Learned", "Pace", "accepted", "held", "put_off", "refused", "reviewed", "told"]

SPARE = 0.03
"""Which part of a told limit is left unused, for what the way to the vendor squeezes together."""
AT_ONCE = 0.02
"""Which part of it may go at once after a pause, beside the next in line: less than what is spared, or one window
would hold too many."""
BACK = 0.97
"""Which part of a measured rate becomes the pace."""
LEAST = 0.5
"""Which part of the pace is left at least after one refusal."""
MEMORY = 0.6
"""How much the cycles before count beside the last one."""
CREEP = 0.0015
"""By which part the pace grows in one quiet step, once it is back at what was known to work."""
RETURN = 0.05
"""By which part it grows in one step on the way back there."""
QUIET_STEPS = 6
"""After how many quiet steps growth itself grows, by a quarter each step. Up to five times as many once refusals
come only after calm."""
UNSURE_STEPS = 2
"""The same as long as none came after calm: the pace may be far below the limit."""
FASTEST = 0.1
"""By which part the pace grows at most in one step."""
SURE_STEPS = 3
"""After how many quiet steps a refusal is one after calm."""
SMOOTHING = 0.3
"""How much the newest pace counts in the smoothed one, which is about that of three steps ago."""
FIRST_PROBE_SECONDS, PROBE_SECONDS, LONGEST_PROBE_SECONDS = 0.1, 0.12, 30.0
"""How soon a closed door is tried again: at first, once a pace is known, and at most; half as long again each
time."""
SHORTEST_STEP_SECONDS, LONGEST_STEP_SECONDS = 0.5, 10.0
STEPS_IN_A_CYCLE = 20
LOOK_SECONDS = 60.0
"""How often is noted how many calls were made, as long as nothing was ever refused."""
PAUSE_SECONDS = 1.0
"""A longer time without any call is idle, and says nothing about the limit."""
BEHIND_SECONDS, BEHIND_AT_THE_END = 1.0, 0.02
"""How far the rest of a window may fall short before calls are put off: in seconds, since vendors say its end in
whole ones; and as a part of the window once hardly anything is left."""
LITTLE = 10
"""One call in so many is hardly anything."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned about one limit. Rates are calls a second."""

    calls: int | None = None
    per_seconds: float | None = None
    burst: int | None = None
    """What the vendor's answers say the limit is, and how many calls may go at once under it."""
    put_off: float | None = None
    """Until when calls were put off, so that what was left of a window would last."""
    pace: float | None = None
    """The rate calls are held to; None for what the vendor says, or for no rate at all."""
    high: float | None = None
    """What was known to be about the most."""
    smooth: float | None = None
    """The pace of a little while ago."""
    calm: int = 0
    """How many refusals in a row came only after it had gone well for a while."""
    closed: bool = False
    """Whether the vendor refuses at present."""
    probe_seconds: float = 0.0
    counted_from: int = 0
    """How many places had been given when this cycle began."""
    refusals: int = 0
    """How many of them were refused since."""
    busy_seconds: float = 0.0
    """How long calls were made in this cycle."""
    opened_pace: float | None = None
    """The pace at which this cycle began."""
    closed_seconds: float = 0.0
    """How long the vendor refused at the beginning of this cycle."""
    looked_at: float | None = None
    looked_taken: int = 0
    looked_idle: float = 0.0
    step_seconds: float = SHORTEST_STEP_SECONDS
    steps: int = 0
    """How many quiet steps there were since the last refusal."""
    past_calls: float = 0.0
    past_seconds: float = 0.0
    """The cycles before, fading."""

    def to_json(self) -> str:
        """Return it as text for a store."""
        usual = asdict(_NOTHING)
        return json.dumps({name: value for name, value in asdict(self).items() if value != usual[name]})

    @classmethod
    def from_json(cls, text: str | None) -> Learned:
        """Read it from a store's text; what another version wrote besides is left alone."""
        names = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in json.loads(text or "{}").items() if name in names})


_NOTHING = Learned()


@dataclass(frozen=True, slots=True)
class Pace:
    """One limit as a store keeps it: the line before it, and what was learned."""

    arrival: float = 0.0
    """When the next in line may go, with no regard to the burst."""
    interval: float | None = None
    """Seconds between calls; None for what the program declares."""
    burst: int | None = None
    taken: int = 0
    """How many places were given, ever."""
    epoch: int = 0
    """Counts the events that void places in line."""
    review_at: float | None = None
    """When it is worth looking at again."""
    learned: Learned = field(default_factory=Learned)
    idle: float = 0.0
    """For how many seconds in all nobody called, pauses of a second and less left out."""


def refused(
    pace: Pace,
    *,
    now: float,
    epoch: int | None,
    until: float | None = None,
    rate: tuple[float, int] | None = None,
) -> Pace:
    """Take a refusal into account.

    Args:
        pace: The limit as it is.
        now: The time.
        epoch: The epoch of the refused call's place. A refusal of an older one only counts.
        until: Until when the vendor wants no call, if it said so.
        rate: The declared interval and burst, if there are any.
    """
    known = replace(pace.learned, refusals=pace.learned.refusals + 1)
    if epoch is not None and epoch != pace.epoch:
        return _until(replace(pace, learned=known), until)
    if known.closed:
        known = replace(known, probe_seconds=min(LONGEST_PROBE_SECONDS, known.probe_seconds * 1.5))
    else:
        known = _cycle_ended(pace, _looked(known, now, pace), _ceiling(known, rate))
    opens_at = max(now + known.probe_seconds, until or 0.0)
    # One call at a time asks whether the door is open.
    return replace(
        pace,
        arrival=opens_at,
        interval=known.probe_seconds,
        burst=1,
        epoch=pace.epoch + 1,
        review_at=None,
        learned=known,
    )


def _cycle_ended(pace: Pace, known: Learned, ceiling: float | None) -> Learned:
    through = max(0.5, pace.taken - known.counted_from - known.refusals)
    seconds = max(0.001, known.busy_seconds)
    before = known.pace or ceiling
    if before is None:
        # The first refusal ever: how fast is known once the door opens again.
        known = replace(known, past_calls=through, past_seconds=seconds, probe_seconds=FIRST_PROBE_SECONDS)
    elif known.pace is None:
        known = replace(known, pace=0.9 * before, high=before, past_calls=0.0, past_seconds=0.0)
    else:
        known = _lowered(known, known.pace, through, seconds)
    if known.pace is not None:
        known = replace(known, probe_seconds=PROBE_SECONDS)
    return replace(
        known, closed=True, counted_from=pace.taken, refusals=0, busy_seconds=0.0, closed_seconds=0.0, steps=0
    )


def _lowered(known: Learned, pace: float, through: float, seconds: float) -> Learned:
    """Return what is known after a refusal at a pace, from what got through in how long."""
    calls, time = MEMORY * known.past_calls + through, MEMORY * known.past_seconds + seconds
    grown = pace > 1.1 * (known.opened_pace or pace)
    if known.steps >= SURE_STEPS and (grown or known.closed_seconds < 0.1 * seconds):
        # It went well for a while, so the limit lies between the pace of then and the pace of now.
        known = replace(known, calm=known.calm + 1)
        rate = min(pace, known.smooth or pace)
        calls, time = 0.0, 0.0
    else:
        # The vendor refused most of the time, so what got through is what it allows.
        known = replace(known, calm=0)
        rate = max(LEAST * pace, min(pace, calls / time))
    step = min(LONGEST_STEP_SECONDS, max(SHORTEST_STEP_SECONDS, seconds / STEPS_IN_A_CYCLE))
    after = BACK * rate
    return replace(
        known, pace=after, high=rate, smooth=after, past_calls=calls, past_seconds=time, step_seconds=step
    )


def accepted(pace: Pace, *, now: float, epoch: int) -> Pace:
    """Take into account that a call got through while the vendor was thought to refuse."""
    known = pace.learned
    if not known.closed or epoch != pace.epoch:
        return pace
    known = _looked(known, now, pace)
    known = replace(known, closed=False, probe_seconds=0.0, closed_seconds=known.busy_seconds)
    if known.pace is None:
        # Where in the vendor's window the first call fell is not known; in the middle, on average.
        rate, half = known.past_calls / (known.past_seconds + known.busy_seconds), 0.5 * known.past_calls
        known = replace(known, pace=rate, high=rate, smooth=rate, past_calls=half)
    known = replace(known, opened_pace=known.pace)
    pace = replace(pace, arrival=now, epoch=pace.epoch + 1, learned=known)
    return _at(pace, known.pace or 1.0, now)


def reviewed(pace: Pace, *, now: float, rate: tuple[float, int] | None = None) -> Pace:
    """Take a step: note how much was asked for, and let the pace grow if nothing was refused.

    `rate` is the declared interval and burst, if there are any.
    """
    known = pace.learned
    if pace.review_at is None or now < pace.review_at:
        return pace
    if known.pace is None:
        # Nothing was ever refused. Only what happened lately says anything, so older calls are left out.
        known = replace(_looked(known, now, pace), busy_seconds=0.0, counted_from=pace.taken, refusals=0)
        return replace(pace, review_at=now + LOOK_SECONDS, learned=known)
    since = now - (known.looked_at if known.looked_at is not None else now)
    in_use = since > 0 and pace.taken - known.looked_taken >= 0.5 * known.pace * since
    known = _looked(known, now, pace)
    if not in_use:
        return replace(pace, review_at=now + known.step_seconds, learned=known)
    faster, steps = _grown(known), known.steps + 1
    ceiling = _ceiling(known, rate)
    if ceiling is not None and faster >= ceiling:
        known = replace(known, pace=None, high=None, steps=0, past_calls=0.0, past_seconds=0.0)
        interval, burst = _told_rate(known)
        return _in_line(replace(pace, interval=interval, burst=burst, review_at=None, learned=known), pace, rate)
    smooth = (1 - SMOOTHING) * (known.smooth or faster) + SMOOTHING * faster
    return _at(replace(pace, learned=replace(known, pace=faster, steps=steps, smooth=smooth)), faster, now)


def _grown(known: Learned) -> float:
    pace, high = known.pace or 1.0, known.high or 1.0
    if pace < (BACK + 0.005) * high:
        return min((BACK + 0.01) * high, pace * (1 + RETURN))
    quiet = QUIET_STEPS * (1 + min(4, known.calm)) if known.calm else UNSURE_STEPS
    return pace * (1 + min(FASTEST, CREEP * 1.25 ** min(50, max(0, known.steps - quiet))))


def told(
    pace: Pace,
    *,
    now: float,
    calls: int | None,
    per_seconds: float | None,
    burst: int | None = None,
    remaining: int | None = None,
    resets_at: float | None = None,
) -> Pace:
    """Take over what an answer says about the limit; the same pace again if that is nothing new."""
    known = pace.learned
    if calls and per_seconds and (calls, per_seconds) != (known.calls, known.per_seconds):
        # Spaced rather than all at once, since the vendor's windows begin when it likes.
        most = min(burst or calls, 1 + int(calls * AT_ONCE))
        known = Learned(calls=calls, per_seconds=per_seconds, burst=most, counted_from=pace.taken)
        interval, burst = _told_rate(known)
        pace = replace(pace, interval=interval, burst=burst, review_at=None, learned=known)
    if remaining is None or resets_at is None or resets_at <= now:
        return pace
    if remaining == 0:
        return held(pace, resets_at)
    wanted = put_off(known.calls, known.per_seconds, now=now, remaining=remaining, resets_at=resets_at)
    if wanted is None or known.closed or (known.put_off is not None and wanted <= known.put_off + 0.1):
        return pace
    # We were ahead, or somebody else uses the account too: what is left is spread over what is left of the window,
    # among those who have a place in line already as well.
    known = replace(known, put_off=wanted)
    return replace(pace, arrival=wanted + _ahead(pace, None), epoch=pace.epoch + 1, learned=known)


def put_off(
    calls: int | None, per_seconds: float | None, *, now: float, remaining: int, resets_at: float
) -> float | None:
    """Return until when to make no call, so that what remains lasts until the window ends; None if it does."""
    if not calls or not per_seconds:
        return resets_at if remaining == 0 else None
    wanted = resets_at - remaining * per_seconds / calls
    behind = BEHIND_AT_THE_END * per_seconds if remaining <= calls // LITTLE else BEHIND_SECONDS
    return wanted if remaining == 0 or wanted > now + behind else None


def held(pace: Pace, until: float, *, rate: tuple[float, int] | None = None) -> Pace:
    """Let nobody through before a time; the places in line are void. Never moves the line forward.

    Args:
        pace: The limit as it is.
        until: The time.
        rate: The declared interval and burst, which apply where nothing was learned.
    """
    arrival = until + _ahead(pace, rate)
    return replace(pace, arrival=arrival, epoch=pace.epoch + 1) if arrival > pace.arrival else pace


def _until(pace: Pace, until: float | None) -> Pace:
    return pace if until is None else held(pace, until)


def _ahead(pace: Pace, rate: tuple[float, int] | None) -> float:
    """Return by how much a burst may go ahead of its arrival."""
    interval, burst = rate or (0.0, 1)
    interval = interval if pace.interval is None else pace.interval
    return ((pace.burst or burst) - 1) * interval


def _in_line(after: Pace, before: Pace, rate: tuple[float, int] | None) -> Pace:
    """Let the next in line go when it would have: a new burst is for whoever comes after a pause."""
    return replace(after, arrival=before.arrival - _ahead(before, rate) + _ahead(after, rate))


def _ceiling(known: Learned, rate: tuple[float, int] | None) -> float | None:
    if known.calls and known.per_seconds:
        return (1 - SPARE) * known.calls / known.per_seconds
    return 1 / rate[0] if rate else None


def _told_rate(known: Learned) -> tuple[float | None, int | None]:
    """Return interval and burst for what the vendor said; None where it said nothing."""
    most = _ceiling(known, None)
    return (None, None) if most is None else (1 / most, known.burst)


def _looked(known: Learned, now: float, pace: Pace) -> Learned:
    """Count the time since the last look in which calls were made, or were refused."""
    since = max(0.0, now - known.looked_at) if known.looked_at is not None else 0.0
    if not known.closed:
        since = max(0.0, since - (pace.idle - known.looked_idle))
    busy = known.busy_seconds + since
    return replace(known, looked_at=now, looked_taken=pace.taken, looked_idle=pace.idle, busy_seconds=busy)


def _at(pace: Pace, rate: float, now: float) -> Pace:
    burst = max(1, int(rate * 0.02))
    return replace(pace, interval=1 / rate, burst=burst, review_at=now + pace.learned.step_seconds)
