"""Judges the clients' traces, from acknowledged events alone."""

from page import UNKNOWN


def judge(client, world):
    """The violations, as (kind, event or None, time)."""
    found = []
    seen, resets, highest, first = {}, [], 0, None
    received = {}
    for index, (now, kind, at, what) in enumerate(client.trace):
        if first is None and at is not None:
            first = (now, at)
        if kind == "reset":
            resets.append((index, now, *what))
            if world.mode.is_clean:
                found.append(("false alarm", None, now))
            if what[0] is None:
                highest = 0
        elif kind == "event":
            channel = world.events[what].channel
            told = any(i > seen.get(what, 0) and c in (None, channel) for i, _, c, _, _ in resets)
            if what in seen and not told and not world.events[what].is_stored_twice:
                found.append(("twice", what, now))
            if at <= highest and not any(c is None and b < at <= e < UNKNOWN for _, _, c, b, e in resets):
                found.append(("disorder", what, now))
            seen.setdefault(what, index)
            received.setdefault(channel, []).append((at, index))
        elif at < highest:
            found.append(("disorder", None, now))
        if kind != "reset" and at is not None:
            highest = max(highest, at)
    if first is None:
        return [] if client.gone else [("deaf", None, world.now)]
    if client.starts:
        found += _newcomer(client, world, seen, resets)
    if client.gone:
        return found
    for number, event in world.events.items():
        owed = event.channel in client.channels and event.is_acknowledged and not event.is_exempt
        # _newcomer judges the events that Redis kept at a newcomer's first page.
        began = client.first_page.clock if client.first_page else first[1]
        if not owed or number in seen or (event.sent_at < first[0] and event.id <= began):
            continue
        if event.flushed_at and event.stored_at < client.came_at and event.flushed_at <= first[0]:
            # Stored before the client came, and lost before it had an id: the event's id says
            # nothing.
            continue
        told = any(
            channel in (None, event.channel)
            and now >= (event.stored_at if end == UNKNOWN else event.sent_at)
            and begin < event.id <= end
            for _, now, channel, begin, end in resets
        )
        if not told:
            found.append(("untold", number, event.sent_at))
    return found


def _newcomer(client, world, seen, resets):
    """A newcomer gets the events kept when it began, after each channel's start, and none older."""
    found = [("told twice", None, world.now)] if client.has_been_told_twice else []
    page = client.first_page
    if page and page.is_whole() and all(number in seen for _, number in client.wanted):
        # A newcomer must not be told of losses before it came: it would start over forever. Events
        # that are trimmed while it reads give a reset with a begin.
        found += [("alarm", None, world.now) for _, begin, end in client.alarms if begin == 0 and end <= page.clock]
    for channel, number in client.wanted if not client.gone else ():
        told = any(c in (None, channel) and begin < world.events[number].id <= end for _, _, c, begin, end in resets)
        if number not in seen and not told:
            found.append(("not given", number, world.now))
    for number in seen:
        event = world.events[number]
        if event.id <= client.began.get(event.channel, 0) and not client.has_returned:
            found.append(("uninvited", number, world.now))
    return found


def ids_given_twice(world):
    owners, found = {}, []
    for number, event in world.events.items():
        if event.is_acknowledged and owners.setdefault(event.id, number) != number:
            found.append((0, "id twice", number, event.sent_at))
    return found
