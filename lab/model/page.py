"""The judgement whether Redis holds all events after a position: Page.java."""

UNKNOWN = float("inf")
"""The unknown end of a range."""


class Page:
    """A page: resets as (channel or None, from, to), then events as (id, channel, event)."""

    def __init__(self, rules, position, since, reply):
        """Floors up to since[channel] are no news to the reader; without since, no floor is."""
        self.clock, floor, bound, found = reply
        since = {c: 0 if not rules["newcomer-floors"] else self.clock if since is None else since.get(c, 0) for c in found}
        self.starts = {channel: start for channel, (*_, start, _) in found.items()}
        self.wanted = {channel: wanted for channel, (*_, wanted) in found.items()}
        self.lasts = {channel: last for channel, (last, *_) in found.items()}
        """For the oracle: the events that a newcomer must get, and the last id of each channel."""
        position = min(self.starts.values()) if position is None else position
        self.broken = position > self.clock
        self.up_to = self.clock
        self.resets = []
        self.events = []
        self.ends = {}
        """The id before each channel's first held entry; without entries, the last id."""
        if self.broken:
            return
        is_told = any(floor > max(self.starts[c], since[c]) for c in found)
        if is_told:
            # The begin of the loss is unknown: ids may have been given twice.
            self.resets.append((None, 0 if rules["from"] else position, floor))
        for channel, (last, channel_floor, more, entries, start, _) in found.items():
            if last is None:
                last = bound if bound > since[channel] else 0
            chain = _Chain(start)
            if channel_floor > since[channel]:
                chain.expect(channel_floor)
            if chain.reset and rules["from"]:
                # A gap may have begun below the reader's position.
                chain.reset = (0, channel_floor)
            self.ends[channel] = entries[0][1] if entries else last
            for i, (at, prev, event) in enumerate(entries):
                if rules["chain" if i else "first"]:
                    chain.expect(prev)
                chain.at = at
                self.events.append((at, channel, event))
            if not more:
                chain.expect(last)
            elif rules["merge"]:
                self.up_to = min(self.up_to, chain.at)
            if chain.reset and not (is_told and chain.reset[1] <= floor):
                self.resets.append((channel, *chain.reset))
        self.events = sorted(e for e in self.events if e[0] <= self.up_to)


    def is_whole(self):
        """Whether each kept entry names the entry before it, up to the channel's last id."""
        for channel, entries in self.wanted.items():
            ids = [self.starts[channel], *(at for at, _, _ in entries)]
            if (self.lasts[channel] or 0) > ids[-1]:
                return False
            if any(prev > ids[i] for i, (_, prev, _) in enumerate(entries) if i > 0):
                return False
        return True


class _Chain:
    def __init__(self, at):
        self.at = at
        self.reset = None

    def expect(self, prev):
        if prev > self.at:
            self.reset = (self.reset[0] if self.reset else self.at, prev)
            self.at = prev
