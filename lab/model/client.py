"""A client, which comes back with its last event ID, and its connection on a node (Resumes.java)."""

from page import UNKNOWN
from server import NEWEST


class Connection:
    """
    opening ──► live, at its place in the node's logs ◄──► a page of Redis, until the logs go on from there

    A newcomer that starts in the past is given a page first, which says where each channel starts.
    """

    def __init__(self, node, client, channels, at):
        self.node = node
        self.client = client
        self.channels = channels
        self.rules = node.rules
        self.at = at
        self.is_unknown = at == 0 and self.rules["zero"]
        self.starts = client.starts if at is None else {}
        """Channel starts that the client has not reached: first (NEWEST, number), then ids."""
        self.since = {}
        """
        For each channel, the clock at a newcomer's first page, or at the last reset: floors up to
        this clock are no news.
        """
        self.told = set()
        self.open = True
        self.live = False
        self.asking = False
        self.replayed = False
        self.cursor = 0
        self.announced = at
        self._sent_at = node.world.now
        node.connections.append(self)
        for channel in channels:
            node.want(channel)
        self.advance()

    def _write(self, block):
        world = self.node.world
        self._sent_at = max(self._sent_at, world.now + world.latency())
        world.at(self._sent_at, self.client.receive, self, block)

    def _announce(self, at):
        if at != self.announced:
            self.announced = at
            self._write(("id", at))

    def advance(self):
        node = self.node
        if not self.open or self.live or self.asking:
            return
        logs = [node.logs[c] for c in self.channels]
        if node.position is None or any(log.start is None for log in logs):
            return
        if self.is_unknown:
            self.is_unknown = False
            self.at = self.announced = node.position
            self._write(("reset", self.at, (None, 0, UNKNOWN), None))
            self._go_live(node.ordinal)
            return
        ahead = self.at is not None and self.at > node.position and self.rules["wait"]
        if self.at is None and self.starts:
            self._ask()
        elif self.at is None:
            self._go_live(node.ordinal)
            self._announce(node.position)
        elif not ahead and self._is_served(logs):
            self._go_live(self._place(logs))
        elif not (ahead and self.replayed):
            self._ask()

    def _is_served(self, logs):
        starts = all(self.node.logs[c].start <= self._start(c) for c in self.channels)
        return (starts or not self.rules["log-start"]) and not self.node.is_void(self.at)

    def _start(self, channel):
        """The id after which the client needs a channel: its position or, if higher, the start."""
        start = self.starts.get(channel, 0)
        return start if self.at is None else max(start, self.at)

    def _place(self, logs):
        """The ordinal of the last item that the client has, or 0."""
        place = 0
        for log in logs:
            for ordinal, (kind, at, what, _) in log.items:
                known = at <= self.at if at is not None else what[2] <= self.at
                if known:
                    place = max(place, ordinal)
        return place

    def _go_live(self, cursor):
        self.live = True
        self.cursor = cursor
        self.pump()

    def _ask(self):
        node, link = self.node, self.node.link
        self.asking = True
        if not (link and link.open and link.attached):
            self._again()
            return
        rewinds = node.rewinds
        is_first = self.at is None and bool(self.starts)

        def take(page):
            self.asking = False
            if self.open:
                if is_first:
                    self._started(page)
                if page.broken:
                    end = UNKNOWN if self.rules["open-end"] else page.up_to
                    self._write(("reset", page.up_to, (None, 0 if self.rules["from"] else self.at, end), None))
                else:
                    for reset in page.resets:
                        self._tell(reset, page.clock)
                        if not self.client.has_returned:
                            self.client.alarms.append(reset)
                        id_too = None if self.rules["quiet-reset"] else page.up_to
                        self._write(("reset", id_too, reset, None))
                    for at, channel, event in page.events:
                        self._write(("event", at, event, channel))
                    if page.up_to > (node.position or 0):
                        node.probe()
                self.at = page.up_to
                self._announce(self.at)
                self.replayed = rewinds == node.rewinds
                self.advance()

        node.page(link, self.at, None if is_first else self.since, {c: self._start(c) for c in self.channels}, take, self._again)

    def _started(self, page):
        self.client.started(page)
        self.since = {c: page.clock for c in self.channels}
        self.starts = page.starts if self.rules["own-starts"] else {c: 0 for c in page.starts}

    def _tell(self, reset, clock):
        if reset[1] == 0 and reset in self.told:
            self.client.has_been_told_twice = True
        self.told.add(reset)
        for channel in self.channels if reset[0] is None else [reset[0]]:
            self.since[channel] = clock

    def _again(self):
        def again():
            self.asking = False
            self.advance()

        self.node._later(10, again)

    def pump(self):
        """Writes new items, in the order of the node."""
        if not (self.live and self.open):
            return
        logs = [self.node.logs[c] for c in self.channels]
        if any(log.trimmed > self.cursor for log in logs):
            self.client.leave()
            return
        news = {o: item for log in logs for o, item in log.items if o > self.cursor}
        for ordinal in sorted(news):
            kind, at, _, channel = news[ordinal]
            if kind != "event" or at > self.starts.get(channel, 0):
                self._write(news[ordinal])
            self.cursor = ordinal

    def idle(self):
        if self.live and self.open:
            self.pump()
            if self.open and (self.announced or 0) < self.node.position:
                self._announce(self.node.position)

    def close(self):
        self.open = False
        if self in self.node.connections:
            self.node.connections.remove(self)


class Client:
    """A client like a browser's EventSource. The oracle judges its trace."""

    def __init__(self, world, number):
        self.world = world
        self.number = number
        self.gone = False
        self.came_at = 0
        """When the client last connected without an id."""
        self.has_returned = False
        self.channels = world.random.sample(world.channels, world.random.choice([1, 2, 2, 3, 4]))
        self.last_event_id = None
        self.starts = {}
        """The start of each channel in the past; empty for a start from now on."""
        if world.mode.has_newcomers:
            self.starts = {c: (NEWEST, world.random.choice([0, 3, 8, 10**6])) for c in self.channels}
        self.wanted = []
        """Events that a newcomer must get."""
        self.began = {}
        """The ids after which the client's channels started."""
        self.alarms = []
        """The resets of the client's pages before the client came back."""
        self.first_page = None
        self.has_been_told_twice = False
        self.connection = None
        self.trace = []
        """(time, kind, id or None, event or range)"""

    def connect(self):
        nodes = [n for n in self.world.nodes if n.alive]
        if self.connection or self.gone:
            return
        if not nodes:
            self.world.after(20, self.connect)
            return
        node = self.world.random.choice(nodes)
        self.world.log(f"client {self.number}", "asks node", node.number, self.channels, self.last_event_id)
        self.has_returned = self.last_event_id is not None
        if not self.has_returned:
            self.came_at = self.world.now
        self.connection = Connection(node, self, self.channels, self.last_event_id)

    def leave(self):
        if self.connection:
            self.connection.close()
            self.connection = None
        pause = 5 if self.world.quiet else self.world.random.choice([5, 50, 300, 900])
        self.world.after(pause, self.connect)

    def started(self, page):
        """Records the first page, perhaps again, if the client got nothing of the page before."""
        self.began, self.first_page = page.starts, page
        self.alarms = []
        self.wanted = [(channel, event) for channel, kept in page.wanted.items() for _, _, event in kept]

    def replace(self):
        """Leaves for good; a new client comes."""
        if self.connection:
            self.connection.close()
            self.connection = None
        self.gone = True
        other = Client(self.world, len(self.world.clients))
        self.world.clients.append(other)
        self.world.after(self.world.random.choice([5, 50]), other.connect)

    def receive(self, connection, block):
        if self.connection is not connection:
            return
        kind, at, what, _ = block if len(block) == 4 else (*block, None, None)
        if at is not None:
            self.last_event_id = at
        self.trace.append((self.world.now, kind, at, what))
        self.world.log(f"client {self.number}", *block)
