"""A node: the hub with its logs and clients, and the bridge that keeps one subscription (RedisSubscriber.java)."""

from link import Link
from page import UNKNOWN, Page

SILENCE = 250
PROBE_EVERY = 50
LINGER = 150
"""Time for which a channel without clients stays open."""
LOG = 8
"""Events that a node's own log of a channel holds."""


class Log:
    """A node's log of a channel: (ordinal, item), the oldest first. Complete from its start."""

    def __init__(self):
        self.start = None
        self.items = []
        self.trimmed = 0


class Gap:
    """Missing events of a channel: the id before them, and the id of their notice, or None."""

    def __init__(self, begin):
        self.begin = begin
        self.notice = None


class Node:
    def __init__(self, world, number):
        self.world = world
        self.rules = world.rules
        self.number = number
        self.life = 0
        self.alive = False

    def boot(self):
        self.life += 1
        self.alive = True
        self.paused_until = 0
        self.position = None
        self.floor = 0
        """The id below which the node promises nothing."""
        self.set_back_to = None
        """
        The id at which the node began, or to which the last rewind set it back. Until the node
        hears a new id, it promises nothing above this id either.
        """
        self.rewinds = 0
        self.ordinal = 0
        self.logs = {}
        self.connections = []
        self.seen = {}
        self.answered = 0
        """The highest id of the present run in a reply to a publish."""
        self.heard = {}
        """The id of the last heard event of each channel."""
        self.used = {}
        """When a channel last had a client."""
        self.gaps = {}
        self.wanted = []
        self.complete = []
        self.link = None
        self._connect(False)
        self._later(PROBE_EVERY, self._tick)

    def kill(self):
        self.alive = False
        for connection in list(self.connections):
            connection.client.leave()
        if self.link:
            self.link.open = False
            if self.link in self.link.server.links:
                self.link.server.links.remove(self.link)
        self.world.after(200, self.boot)

    def log(self, *words):
        self.world.log(f"node {self.number}", *words)

    def is_paused(self, then):
        """Whether the node stands still; then it goes on later with the given action."""
        if self.world.now < self.paused_until:
            self._later(self.paused_until - self.world.now, then)
            return True
        return False

    def _later(self, delay, action):
        life = self.life
        self.world.after(delay, lambda: action() if self.alive and self.life == life else None)

    # Redis

    def command(self, script, then, failed=lambda: None, writes=True):
        """Runs a script on the primary; then(reply, run), or failed()."""

        def run():
            server = self.world.primary
            takes = server.alive and not (writes and server.refuses())
            reply = script(server) if takes else None
            answer = (lambda: then(reply, server.run)) if takes else failed
            self._later(self.world.latency(), lambda: answered(answer))

        def answered(answer):
            if not self.is_paused(lambda: answered(answer)):
                answer()

        self.world.after(self.world.latency(), run)

    def _answered_by(self, run, link):
        if link and link.open and run != link.run and self.rules["same-run"]:
            link.give_up("another server answers")
            return False
        return True

    def _connect(self, rewound):
        self.link = Link(self, self.world.primary, rewound)

    def link_ended(self, link):
        if self.link is link and self.alive:
            self._see_reached()
            self.link = None
            self._later(self.world.random.randint(5, 60), lambda: self._connect(link.rewound))

    def _see(self, run, at):
        self.seen[run] = max(self.seen.get(run, 0), at)

    def _see_reached(self):
        if self.link and self.link.attached:
            heard = self.link.newest if self.rules["look"] else self.link.previous
            self._see(self.link.run, heard if self.rules["own-ears"] else self.position)

    def highest_seen(self):
        return max([0, self.answered, self.position or 0, *self.seen.values()])

    def publish(self, channel, event):
        """Publishes an event. The publisher tries again, on any node, until there is an answer."""
        if self.is_paused(lambda: None):
            return
        self._see_reached()

        def run(server):
            return server.publish(channel, event, self.position or 0, self.seen.get(server.run, 0))

        def done(answer, server_run):
            at, is_of_run = answer
            if is_of_run:
                self.answered = max(self.answered, at)
            if self.rules["answers"] and (is_of_run or not self.rules["token-run"]):
                self._see(server_run, at)
            self.world.answered(event, at)
            self._answered_by(server_run, self.link)

        self.command(run, done)

    def probe(self):
        """Sends the notices of gaps, then a probe, so that nodes hear the notices first."""
        link = self.link
        if not (link and link.open and link.ready):
            return
        due = [channel for channel, gap in self.gaps.items() if gap.notice is None]
        if due:
            gap = self.gaps[due[0]]

            def noted(at, _):
                if self.gaps.get(due[0]) is gap:
                    gap.notice = at
                    if not self.rules["heard-gaps"]:
                        del self.gaps[due[0]]
                self.probe()

            self.command(lambda server: server.gap(due[0], gap.begin), noted)
            return
        self._see_reached()
        seen, channels = dict(self.seen), [c for c in self.complete if c in self.wanted]

        def run(server):
            return server.attach(link.nonce, seen, channels)

        def done(reply, server_run):
            if server_run == link.run:
                link.answers.append(reply)
                link.carried.append((reply[0], seen))
            if server_run == link.run and self.link is link and "?" in seen and self.seen.get("?") == seen["?"]:
                del self.seen["?"]
            self._answered_by(server_run, link)

        def look():
            self.command(lambda server: server.look(link.nonce), lambda _, run: self._answered_by(run, link), writes=False)

        self.command(run, done, look)

    def page(self, link, position, since, starts, then, failed):
        def done(reply, run):
            if run != link.run and self.rules["same-run"]:
                failed()
                self._answered_by(run, link)
            else:
                then(Page(self.rules, position, since, reply))

        self.command(lambda server: server.page(starts), done, failed, writes=False)

    def gap(self, channel, begin):
        """Notes that events of a channel after an id are missing, perhaps on other nodes, too."""
        known = self.gaps.get(channel)
        self.gaps[channel] = Gap(min(begin, known.begin) if known else begin)
        self.probe()

    def gap_told(self, channel, begin):
        """Notes that a channel's events after an id were told as missing, up to the present."""
        if channel in self.gaps and begin <= self.gaps[channel].begin:
            del self.gaps[channel]

    def heard_probe(self, at):
        """Resends notices that were sent before this probe and not heard by now: they are lost."""
        for channel, gap in self.gaps.items():
            if gap.notice is not None and gap.notice <= at:
                self.log("is to tell its gap again", channel, gap.begin)
                self.gaps[channel] = Gap(gap.begin)
        if any(gap.notice is None for gap in self.gaps.values()):
            self.probe()

    def prove_by(self, channel, last, rule, up_to=None):
        """Checks the id from which a channel goes on: a higher id that was heard before is lost."""
        heard = self.heard.get(channel, 0)
        if last < heard and (up_to is None or heard <= up_to) and self.rules[rule]:
            self.log(rule, channel, last, "heard", heard)
            del self.heard[channel]
            self.prove(heard)

    def prove(self, lost):
        """Notes that an id was lost, on an unknown run: the next probe tells Redis."""
        self._see("?", lost)
        self.probe()

    def reported(self, link, at):
        """Forgets the ids of other runs that the link's run has judged, up to this probe."""
        carried = {}
        while link.carried and link.carried[0][0] <= at:
            carried = link.carried.pop(0)[1]
        told = [run for run, seen in carried.items() if run not in (link.run, "?") and self.seen.get(run) == seen]
        for run in told:
            del self.seen[run]

    def _tick(self):
        if not self.is_paused(self._tick):
            link = self.link
            if link and self.world.now - link.heard > SILENCE:
                link.give_up("it does not hear its own probes")
            self.probe()
            for connection in list(self.connections):
                connection.idle()
            self._close_unused()
            self._later(PROBE_EVERY, self._tick)

    # The hub

    def want(self, channel):
        if channel not in self.wanted:
            self.wanted.append(channel)
            self.logs[channel] = Log()
            if self.link and self.link.open and self.link.awaited is not None:
                self.link.subscribe([channel])

    def _close_unused(self):
        for channel in list(self.wanted):
            if any(channel in c.channels for c in self.connections):
                self.used[channel] = self.world.now
            elif self.world.now - self.used.get(channel, 0) > LINGER:
                self.wanted.remove(channel)
                if channel in self.complete:
                    self.complete.remove(channel)
                del self.logs[channel]
                self.heard.pop(channel, None)
                link = self.link
                if link and link.open:
                    link.subscribe([channel], False)
                    for known in (link.last, link.noted):
                        known.pop(channel, None)
                    link.acknowledged = [c for c in link.acknowledged if c != channel]

    def opened(self, channels, at):
        for channel in channels:
            if channel in self.wanted:
                if channel not in self.complete:
                    self.complete.append(channel)
                if self.logs[channel].start is None:
                    self.logs[channel].start = at
        self.reached(at)
        self._advance()

    def deliver(self, channel, at, event):
        if channel in self.logs:
            self._append([channel], ("event", at, event, channel))
        self.reached(at)

    def is_void(self, at):
        return at != self.set_back_to and (at < self.floor or self.floor == self.set_back_to)

    def reached(self, at):
        if self.position is None and self.rules["next-floor"]:
            self.floor = self.set_back_to = at
        elif self.floor == self.set_back_to and at > self.floor:
            self.floor = at
        self.position = max(self.position or 0, at)
        self._advance()

    def lost(self, channel, begin, end):
        """Tells clients that events of a channel, or of all channels, are missing up to an end."""
        channels = list(self.logs) if channel is None else [c for c in self.logs if c == channel]
        quiet = None if self.rules["quiet-reset"] else max(end, self.position)
        self._append(channels, ("reset", quiet, (channel, begin, end), None))
        for each in channels:
            log = self.logs[each]
            if log.start is not None:
                log.start = max(log.start, end)
        self._forget_heard(end)

    def rewound(self, begin, to):
        is_known = to >= self.position or not self.rules["open-end"]
        self._append(list(self.logs), ("reset", to, (None, begin, to if is_known else UNKNOWN), None))
        for log in self.logs.values():
            if log.start is not None:
                log.start = to
        self.rewinds += 1
        self.set_back_to = to if to < self.position and self.rules["next-floor"] else None
        self.floor = self.position = to
        self._forget_heard(to)
        for connection in list(self.connections):
            connection.replayed = False
        self._advance()

    def _forget_heard(self, void):
        self.heard = {c: at for c, at in self.heard.items() if at > void}

    def take(self, page, position):
        """Takes a page that a repair has read."""
        if page.broken:
            self.rewound(0 if self.rules["from"] else position, page.up_to)
        else:
            for channel, last in page.ends.items():
                self.prove_by(channel, last, "prev-below")
        for reset in page.resets:
            self.lost(*reset)
            self.gap_told(*reset[:2])
        for at, channel, event in page.events:
            self.heard[channel] = at
            self.world.events[event].is_heard = True
            self.deliver(channel, at, event)
        self.reached(page.up_to)

    def _append(self, channels, item):
        self.ordinal += 1
        for channel in channels:
            log = self.logs[channel]
            log.items.append((self.ordinal, item))
            if len(log.items) > LOG:
                log.trimmed, trimmed = log.items.pop(0)
                if trimmed[0] == "event" and log.start is not None:
                    log.start = max(log.start, trimmed[1])
        for connection in list(self.connections):
            connection.pump()

    def _advance(self):
        for connection in list(self.connections):
            connection.advance()
