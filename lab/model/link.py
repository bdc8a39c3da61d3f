"""
A node's connection with its subscription to Redis, and the handling of its messages:
SubscribedConnection.java, PositionProtocol.java.
"""

import collections


class Link:
    def __init__(self, node, server, rewound):
        self.node = node
        self.world = node.world
        self.rules = node.world.rules
        self.server = server
        self.run = server.run
        self.nonce = (node.number, node.world.serial())
        self.open = True
        self.ready = False
        self.attached = False
        self.rewound = rewound
        self.heard = self.world.now
        """When the link last heard one of its own probes."""
        self.subscribed = set()
        """The link's channels in Redis."""
        self.awaited = None
        self.acknowledged = []
        self.answers = []
        """Replies to probes, handled when the subscription has reached the probe's id."""
        self.carried = []
        """Seen ids that answered probes told Redis, until the link hears the probes."""
        self.last = {}
        """The id up to which each channel is complete."""
        self.noted = {}
        self.previous = 0
        self.newest = 0
        """The last new id that the link heard; a look has no new id."""
        self.repaired = 0
        self.lossy_until = 0
        self._wire = collections.deque()
        self._inbox = collections.deque()
        self._blocked = False
        self._sent_at = self._arrives_at = self.world.now
        server.links.append(self)
        self.subscribe(["control"])

    # The wire: in order, both ways

    def subscribe(self, channels, on=True):
        self._sent_at = max(self._sent_at, self.world.now + self.world.latency())
        self.world.at(self._sent_at, self._subscribed, list(channels), on)

    def _subscribed(self, channels, on):
        if self.open and self.server.alive:
            if on:
                self.subscribed.update(channels)
                for channel in channels:
                    self._enqueue(("ack", channel))
            else:
                self.subscribed.difference_update(channels)

    def push(self, message):
        """Takes a message from Redis. A lossy link drops messages, and stays open."""
        if self.world.now >= self.lossy_until:
            self._enqueue(message)

    def _enqueue(self, message):
        self._wire.append(message)
        self._arrives_at = max(self._arrives_at, self.world.now + self.world.latency())
        self.world.at(self._arrives_at, self._arrive)

    def _arrive(self):
        self._inbox.append(self._wire.popleft())
        self.drain()

    def drain(self):
        while self._inbox and self.open and not self._blocked and not self.node.is_paused(self.drain):
            self._hear(self._inbox.popleft())

    def cut(self):
        """Breaks the connection; the node hears the messages under way, and then the end."""
        if self in self.server.links:
            self.server.links.remove(self)
        self.subscribed = set()
        self._enqueue(("end",))

    def give_up(self, why):
        if self.open:
            self.node.log("gives up its subscription:", why)
            self.open = False
            if self in self.server.links:
                self.server.links.remove(self)
            self.node.link_ended(self)

    # Messages from Redis

    def _hear(self, message):
        kind = message[0]
        if kind == "end":
            self.give_up("it broke")
        elif kind == "ack":
            self._acknowledged(message[1])
        elif kind == "event":
            self._event(*message[1:])
        else:
            self._control(message)

    def _acknowledged(self, channel):
        node = self.node
        if channel == "control":
            self.awaited = list(node.wanted)
            self.subscribe(self.awaited)
        else:
            if channel in node.wanted:
                # Otherwise, an unsubscribe has crossed this acknowledgement.
                self.acknowledged.append(channel)
            if channel in self.awaited:
                self.awaited.remove(channel)
        if not self.awaited or not self.rules["acks"]:
            self.ready = True
            if self.rules["probe"] or self.attached:
                node.probe()
            else:
                node.command(lambda server: server.read_clock(), self._attach_at_clock)

    def _attach_at_clock(self, clock, _):
        if self.open and not self.attached:
            self._attach(clock)

    def _event(self, channel, at, prev, fresh, event):
        if not self.attached or not self._is_next(at):
            return
        node = self.node
        node.prove_by(channel, prev, "prev-below")
        node.heard[channel] = at
        before = self.last.get(channel)
        if channel in self.last:
            self.last[channel] = at
        if before is not None and not fresh:
            self._expect(channel, prev, before)
        node.deliver(channel, at, event)
        self._passed(at)

    def _is_next(self, at):
        if at <= self.previous and self.rules["order"]:
            self.rewound = True
            self.node.prove(self.previous)
            self.give_up("an id that is not above the one before it")
            return False
        self.previous = self.newest = at
        return at > self.repaired

    def _expect(self, channel, up_to, heard):
        if self.rules["gaps"] and up_to > max(heard, self.noted.get(channel, heard)):
            self.noted[channel] = up_to
            self.node.gap(channel, heard)

    def _control(self, message):
        kind, at = message[0], message[1]
        own = kind in ("probe", "clock") and message[2] == self.nonce
        if own:
            self.heard = self.world.now
        if kind == "clock":
            if own:
                self._looked(at)
            return
        if not self.attached:
            if own:
                self._attach(at)
        elif self._is_next(at):
            if kind == "rewind":
                self.node.rewound(message[2], at)
                self.last = dict.fromkeys(self.last, at)
            elif kind == "gap":
                channel = message[2]
                begin = message[3] if self.rules["from"] else self.last.get(channel, 0)
                self.node.gap_told(channel, message[3])
                self.node.lost(channel, begin, at)
                if channel in self.last:
                    self.last[channel] = at
            self.node.reached(at)
            self._passed(at)
            if own:
                self.node.reported(self, at)
                self.node.heard_probe(at)

    def _looked(self, at):
        if not self.attached:
            self._attach(at, is_new=False)
        elif at < self.previous and self.rules["order"]:
            self.rewound = True
            self.node.prove(self.previous)
            self.give_up("a clock below an id before it")
        else:
            self.previous = at
            self.node.reached(at)
            self._passed(at)

    def _passed(self, at):
        """Notes that everything up to an id has been heard."""
        if self.acknowledged:
            opened, self.acknowledged = self.acknowledged, []
            for channel in opened:
                self.last[channel] = max(self.last.get(channel, 0), at)
            self.node.opened(opened, at)
        while self.answers and self.answers[0][0] <= at:
            probe, bounds, lasts = self.answers.pop(0)
            for channel, last in lasts.items():
                known = bounds[channel] if last is None else last
                self.node.prove_by(channel, known, "last-below", probe)
                if last is not None and channel in self.last and self.rules["audit"]:
                    self._expect(channel, last, self.last[channel])

    # The repair: messages wait in the socket meanwhile

    def _attach(self, probe, is_new=True):
        self.node.log("hears its probe" if is_new else "hears the clock", probe)
        self.previous = probe
        if is_new:
            self.newest = probe
        position = self.node.position
        if position is None or not self.rules["repair"]:
            self._attached(probe)
        elif self.rewound or (self.rules["order"] and (probe < position or is_new and probe == position)):
            self.rewound = False
            # The begin of the loss is unknown: ids may have been given twice.
            self.node.rewound(0 if self.rules["from"] else position, probe)
            self._attached(probe)
        else:
            self._blocked = True
            self._repair(position, probe)

    def _repair(self, position, probe):
        if not self.open:
            return
        if position >= probe:
            self._blocked = False
            self._attached(position)
            self.drain()
            return

        def take(page):
            if self.open:
                self.node.take(page, position)
                self._repair(page.up_to, probe)

        starts = dict.fromkeys(self.node.complete, position)
        self.node.page(self, position, {}, starts, take, lambda: self.give_up("it can't be repaired"))

    def _attached(self, up_to):
        self.repaired = up_to
        for channel in self.node.complete:
            self.last[channel] = up_to
        self.attached = True
        self.node.reported(self, up_to)
        self.node.reached(up_to)
        self._passed(up_to)
