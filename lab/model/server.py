"""Redis, as far as the protocol needs it: the scope hash, the streams, pub/sub, and the scripts."""

MARGIN = 800_000
PAGE = 5
"""Entries of a channel in a page."""
NEWEST = "newest"
BLOCK = 4
"""Entries that a trim removes together, as MAXLEN ~ does."""


class Data:
    """The data of a server; a replica, a snapshot or a backup has a copy."""

    def __init__(self):
        self.clock = None
        self.run = None
        self.since = 0
        self.floor = 0
        self.pruned = 0
        self.ends = {}
        self.last = {}
        self.floors = {}
        self.streams = {}
        self.expiry = {}
        self.tokens = {}

    def copy(self):
        other = Data()
        other.take_scope(self)
        other.streams = {c: list(s) for c, s in self.streams.items()}
        other.expiry = dict(self.expiry)
        other.tokens = dict(self.tokens)
        return other

    def take_scope(self, other):
        """Takes over the scope hash of other data."""
        for name in ("clock", "run", "since", "floor", "pruned"):
            setattr(self, name, getattr(other, name))
        self.ends = dict(other.ends)
        self.last = dict(other.last)
        self.floors = dict(other.floors)


class Server:
    """One process of Redis. Ids are milliseconds * 1000 + sequence, as one number."""

    def __init__(self, world, data):
        world.runs += 1
        self.world = world
        self.rules = world.rules
        self.run = world.runs
        self.data = data
        self.alive = True
        self.refuses_until = 0
        """The time until which the server takes no writes."""
        self.links = []

    def refuses(self):
        return self.world.now < self.refuses_until

    def time(self):
        return (self.world.now + self.world.skew) * 1000

    # scope.lua

    def _step(self):
        self.data.clock = max(self.data.clock + 1, self.time())
        return self.data.clock

    def _beyond(self, seen):
        if self.rules["bounded"]:
            return max(seen + 1, self.time() + MARGIN)
        return max(seen, self.time()) + MARGIN

    def _touch(self, seen=0):
        """Notes the scope's birth and changes of run, if the server takes writes."""
        if self.refuses():
            return
        d = self.data
        if d.clock is None:
            last = max([self.time(), *d.last.values()])
            d.clock = self._beyond(max(last, seen if self.rules["told-seen"] else 0))
            d.floor = d.since = d.clock
            d.run = self.run
        elif d.run != self.run:
            # A run that comes back goes on from a new first id; its earlier end stays noted.
            d.ends[d.run] = d.clock
            if self.rules["margin"]:
                d.clock = self._beyond(max(d.clock, seen if self.rules["told-seen"] else 0))
            d.since = d.clock
            d.run = self.run
        for channel in [c for c, at in d.expiry.items() if at < self.time()]:
            del d.expiry[channel]
            d.streams.pop(channel, None)

    def _prune(self, age):
        """Forgets quiet channels, by the published channel's age; channels with events stay."""
        d = self.data
        for channel, last in list(d.last.items()):
            if last < self.time() - 3000 * age and not d.streams.get(channel):
                if self.rules["pruned"]:
                    d.pruned = max(d.pruned, last, d.floors.get(channel, 0))
                del d.last[channel]
                d.floors.pop(channel, None)

    def _end(self, run, seen):
        """The end of a run of which an id was seen, as far as this data knows."""
        d = self.data
        if run == d.run and (seen >= d.since or not self.rules["since"]):
            return d.clock
        return d.ends.get(run, 0)

    def _lost(self, run, seen):
        return seen > self.data.floor and seen > self._end(run, seen)

    def _rewind(self, seen, left):
        """Handles a proved loss: takes an id below which all ids are void, and tells all nodes."""
        d = self.data
        begin = left if self.rules["from"] else seen
        d.clock = self._beyond(max(d.clock, seen))
        if self.rules["floor"]:
            d.floor = d.clock
        self.world.log("REWIND", d.clock, "seen", seen, "left", left)
        self._send("control", ("rewind", d.clock, begin))

    def _last(self, channel):
        if self.rules["last-ids"]:
            return self.data.last.get(channel)
        stream = self.data.streams.get(channel)
        return stream[-1][0] if stream else None

    # The scripts

    def publish(self, channel, event, seen, seen_here):
        """
        publish.lua, with the highest ids that its caller has seen of any run, and of this run.
        Returns the id, and whether the id is of this run. Each event is its own token: a second
        publish stores nothing.
        """
        d = self.data
        if event in d.tokens:
            at = d.tokens[event]
            return at, d.run == self.run and at > d.since
        self._touch(seen)
        if self.rules["above"] and seen_here > max(d.floor, d.clock):
            # A probe proves more, since it knows when this time of the run began; here, this is
            # enough.
            self._rewind(seen_here, max(d.floor, d.clock))
        prev = self._last(channel)
        fresh = prev is None
        if fresh:
            self._prune(self.world.ages[channel])
            prev = max(d.floor, d.pruned)
        stream = d.streams.setdefault(channel, [])
        at = self._step()
        if stream and stream[-1][0] >= at:
            # XADD refuses: the clock alone was lost.
            d.clock = d.floor = self._beyond(stream[-1][0])
            prev, fresh, at = d.floor, True, self._step()
        stream.append((at, prev, event))
        if len(stream) >= self.world.lengths[channel] + BLOCK:
            del stream[:BLOCK]
        d.expiry[channel] = self.time() + 1000 * self.world.ages[channel]
        d.last[channel] = at
        d.tokens[event] = at
        self.world.stored(event, at)
        self._send(channel, ("event", channel, at, prev, fresh, event))
        return at, True

    def attach(self, nonce, seen, channels):
        """attach.lua: judges a node's seen ids, then sends its probe on the way of the events."""
        self._touch()
        d = self.data
        lost = [(run, x) for run, x in seen.items() if self._lost(run, x)]
        if not self.rules["lineage"]:
            lost = [(run, x) for run, x in lost if run == self.run or run == "?"]
        if not self.rules["above"]:
            lost = [(run, x) for run, x in lost if run != self.run]
        if lost:
            left = min(self._end(run, x) for run, x in lost)
            self._rewind(max(x for _, x in lost), max(left, d.floor))
        probe = self._step()
        self._send("control", ("probe", probe, nonce))
        bounds = {c: max(d.floor, d.pruned, d.floors.get(c, 0)) for c in channels}
        return probe, bounds, {c: self._last(c) for c in channels}

    def gap(self, channel, begin):
        """gap.lua: a node has missed events of a channel after an id."""
        self._touch()
        at = self._step()
        self.data.floors[channel] = at
        self._send("control", ("gap", at, channel, begin))
        return at

    def page(self, starts):
        """
        page.lua: clock, floor, the bound for unknown last ids, and the data of each channel. A
        channel starts after an id, or at the newest events: NEWEST and their number.
        """
        self._touch()
        d = self.data
        found = {}
        for channel, start in starts.items():
            entries = [e for e in d.streams.get(channel, []) if e[0] <= (d.clock or 0)]
            if isinstance(start, tuple):
                entries = entries[max(0, len(entries) - start[1]) :]
                start = entries[0][0] - 1 if entries else d.clock
            else:
                entries = [e for e in entries if e[0] > start]
            more = len(entries) > PAGE
            found[channel] = (self._last(channel), d.floors.get(channel, 0), more, entries[:PAGE], start, entries)
        return d.clock or 0, d.floor, max(d.floor, d.pruned), found

    def read_clock(self):
        self._touch()
        return self.data.clock

    def look(self, nonce):
        """clock.lua: a probe that writes nothing."""
        self._send("control", ("clock", self.data.clock or 0, nonce))

    # Pub/sub

    def _send(self, channel, message):
        for link in self.links:
            if channel in link.subscribed:
                link.push(message)
                if message[0] == "event" and link.attached:
                    self.world.events[message[-1]].is_heard = True
