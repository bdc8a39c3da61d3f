"""Judges stored, acknowledged and seen events."""

from world import ENDINGS


def judge(world):
    """The violations, as (kind, answer)."""
    found = list(world.found)
    for name, producers in world.granted.items():
        if len(producers) > 1:
            found.append(("two producers", name))
    for name, log in world.log.items():
        events = [what for _, _, what in log]
        ends = [i for i, what in enumerate(events) if what in ENDINGS]
        if len(ends) > 1:
            found.append(("two endings", name))
        elif ends and ends[0] != len(events) - 1:
            found.append(("event after the end", name))
        for kept in {producer for producer, _ in (e for e in events if e not in ENDINGS)}:
            numbers = [number for producer, number in (e for e in events if e not in ENDINGS) if producer is kept]
            if numbers != list(range(1, len(numbers) + 1)):
                found.append(("doubled or lost", name))
    for name, what, at in world.acknowledged:
        if (at, what) not in [(a, w) for _, a, w in world.log.get(name, [])]:
            found.append(("acknowledged in vain", name))
    for name in world.granted:
        if not any(what in ENDINGS for _, _, what in world.log.get(name, [])):
            found.append(("no ending", name))
    for name in world.stops:
        if [what for _, _, what in world.log[name] if what in ENDINGS][:1] != ["cancelled"]:
            found.append(("stopped, and ended otherwise", name))
    return found + [each for viewer in world.viewers for each in _view(world, viewer)]


def _view(world, viewer):
    log = world.log.get(viewer.name, [])
    whole = [what for _, _, what in log]
    if viewer.refused:
        ended = [at for at, _, what in log if what in ENDINGS]
        return [] if ended and ended[0] < world.now else [("expired while it runs", viewer.name)]
    if log and viewer.seen != whole[: len(viewer.seen)]:
        return [("not the whole from the start", viewer.name)]
    ended = [what for what in viewer.seen if what in ENDINGS]
    return [] if len(ended) == 1 or not log else [("a viewer without one ending", viewer.name)]
