"""Simulated time, and all that happens in it: servers, nodes, clients, a publisher, faults."""

import collections
import heapq
import random

import oracle
from client import Client
from node import Node
from server import Data, Server

SETTLE = 3000
RECOVERY = 1200
"""After a loss, no node is killed for so long: nodes that saw lost ids must live to tell."""

ROLLBACKS = ("rollback", "stale-rollback", "unheard-rollback", "restore-scope", "empty-and-behind")
"""Faults after which an id may be given again, before any node can prove the loss."""

HEAVY = ("kill", "failover", "restart", "empty-and-refusing", "restore-stream", "comeback", *ROLLBACKS)
"""Faults that are kept apart."""

CLEAN = ["client"] * 8 + ["kill", "subscription", "subscription", "pause"]


class Mode:
    """The faults of a run, and their frequency."""

    def __init__(self, faults, every=(20, 60, 150, 400), clients=6, is_clean=False, is_beyond=False, apart=RECOVERY, has_newcomers=False):
        self.rolls_back = any(fault in ROLLBACKS for fault in faults)
        self.faults = faults
        self.every = every
        self.clients = clients
        self.is_clean = is_clean
        """Nothing is lost: every reset is a false alarm."""
        self.is_beyond = is_beyond
        """Beyond the protocol's promise: the mode is run without a rule only."""
        self.apart = apart
        self.has_newcomers = has_newcomers
        """New clients start in the past; others leave for good."""


MODES = {
    "clean": Mode(CLEAN, is_clean=True),
    "handover": Mode(
        ["client"] * 6 + ["handover", "there-and-back", "subscription", "kill", "pause"], is_clean=True
    ),
    "refusing": Mode(
        ["client"] * 6 + ["refuse", "refuse", "refusing-handover", "subscription", "kill"], is_clean=True
    ),
    # Histories are short, and clients fall out of them.
    "trimmed": Mode(CLEAN),
    "newcomers": Mode(["newcomer"] * 6 + CLEAN, has_newcomers=True),
    "late": Mode(["newcomer"] * 6 + ["client", "kill", "subscription", "failover", "rollback"], has_newcomers=True),
    "lossy": Mode(["client"] * 6 + ["lossy"] * 2),
    "lossier": Mode(["client"] * 2 + ["lossy"] * 3, every=(20, 60), is_beyond=True),
    # Redis loses what it had acknowledged.
    "failover": Mode(["client"] * 6 + ["failover", "restart", "clock-back", "subscription", "kill"]),
    "restarts": Mode(["client"] * 3 + ["restart"] * 4 + ["flush"], every=(20, 60), apart=60),
    "deleted": Mode(["client"] * 6 + ["flush", "del-clock", "del-scope", "del-stream", "subscription"]),
    "skewed": Mode(["client"] * 4 + ["empty-and-behind"] * 2 + ["subscription"], is_beyond=True),
    # The same process has older data.
    "rollback": Mode(
        ["client"] * 4
        + ["rollback", "stale-rollback", "stale-rollback", "unheard-rollback", "restore-stream", "restore-scope"]
    ),
    "comeback": Mode(["client"] * 4 + ["comeback", "comeback", "rollback", "subscription", "pause"]),
    # Most channels are open nowhere.
    "few": Mode(["client"] * 6 + ["rollback", "stale-rollback", "failover", "comeback"], clients=2),
    "all": Mode(
        CLEAN
        + ["failover", "restart", "rollback", "comeback", "flush", "del-clock", "del-stream", "clock-back"]
        + ["refuse", "refusing-handover"]
    ),
    "emptied": Mode(["client"] * 4 + ["kill", "empty-and-refusing"], every=(20, 60), apart=300),
}


class Event:
    def __init__(self, channel, sent_at):
        self.channel = channel
        self.sent_at = sent_at
        self.id = 0
        self.is_acknowledged = False
        self.is_stored_twice = False
        """Redis had lost the event, and the token with it."""
        self.stored_at = self.flushed_at = None
        self.is_heard = False
        """Whether a node has heard the event, over pub/sub or in a repair."""
        self.is_exempt = False
        """Lost with all nodes that saw the event or a later id: no node can know of the loss."""


class World:
    def __init__(self, seed, rules, mode, length=4000):
        self.random = random.Random(seed)
        self.rules = rules
        self.mode = MODES[mode]
        self.length = length
        self.now = 0
        self.skew = 1_000_000
        self.runs = 0
        self.trace = []
        self.stat = collections.Counter()
        self.events = {}
        self.quiet = False
        self._queue = []
        self._serial = 0
        self._lost_at = -RECOVERY
        self.channels = ["a", "b", "c", "d"]
        short = not self.mode.is_clean
        self.lengths = collections.defaultdict(lambda: 40 if short else 10**6)
        self.ages = collections.defaultdict(lambda: 10**6)
        if short:
            self.lengths["a"] = 6
            self.ages.update(c=50, d=500)
        self.primary = Server(self, Data())
        self.nodes = [Node(self, i) for i in range(3)]
        self.clients = [Client(self, i) for i in range(self.mode.clients)]
        self._copies = collections.deque([self.primary.data.copy()], maxlen=12)

    # Time

    def log(self, who, *words):
        self.trace.append((self.now, who, *words))

    def serial(self):
        self._serial += 1
        return self._serial

    def at(self, time, action, *args):
        heapq.heappush(self._queue, (time, self.serial(), action, args))

    def after(self, delay, action, *args):
        self.at(self.now + delay, action, *args)

    def latency(self):
        return self.random.choice([1, 1, 2, 3, 5, 8, 20])

    def run(self):
        """Returns the oracle's findings."""
        for node in self.nodes:
            node.boot()
        for client in list(self.clients):
            self.at(self.random.randint(0, 200), client.connect)
        self.at(30, self._publish)
        self.at(20, self._copy)
        self.at(150, self._break)
        end = self.length + SETTLE
        while self._queue and self._queue[0][0] <= end:
            self.now, _, action, args = heapq.heappop(self._queue)
            self.quiet = self.now > self.length
            action(*args)
        found = [(c.number, *each) for c in self.clients for each in oracle.judge(c, self)]
        return found if self.mode.rolls_back else found + oracle.ids_given_twice(self)

    # Events

    def event(self, channel):
        number = len(self.events) + 1
        self.events[number] = Event(channel, self.now)
        return number

    def stored(self, number, at):
        event = self.events[number]
        event.is_stored_twice = event.id != 0
        event.is_exempt = event.is_heard = False
        event.stored_at, event.flushed_at = self.now, None
        event.id = at
        self.log("PUBLISH", event.channel, number, at)

    def answered(self, number, at):
        """A node tells the publisher, which may not hear it."""
        event = self.events[number]
        if self.random.random() < 0.9:
            event.id = at
            event.is_acknowledged = True

    def _try(self, number):
        """Publishes an event again and again, on any node, until it is acknowledged."""
        event = self.events[number]
        if not event.is_acknowledged:
            node = self.random.choice(self.nodes)
            if node.alive:
                node.publish(event.channel, number)
            self.after(self.random.choice([40, 60, 100]), self._try, number)

    def _publish(self):
        if self.now < self.length + SETTLE / 2:
            channel = self.random.choices(self.channels, [6, 5, 1, 2])[0]
            if self.quiet:
                channel = self.channels[len(self.events) % 4]
            elif self.random.random() < 0.1:
                channel = f"new-{self.serial()}"
            self._try(self.event(channel))
        pause = self.random.choice([2, 5, 15, 40]) if self.random.random() < 0.97 else 700
        self.after(pause, self._publish)

    # Faults

    def _copy(self):
        """Copies the data, as a replica that is behind, a snapshot or a backup does."""
        self._copies.append(self.primary.data.copy())
        self.after(self.random.choice([5, 20, 60]), self._copy)

    def _break(self):
        if self.quiet:
            return
        fault = self.random.choice(self.mode.faults)
        if fault not in HEAVY or self.now - self._lost_at >= self.mode.apart:
            self.stat[fault] += 1
            self.log("FAULT", fault)
            getattr(self, "_" + fault.replace("-", "_"))()
        self.after(self.random.choice(self.mode.every), self._break)

    def _a_node(self):
        nodes = [n for n in self.nodes if n.alive]
        return self.random.choice(nodes) if nodes else None

    def _client(self):
        self.random.choice([c for c in self.clients if not c.gone]).leave()

    def _newcomer(self):
        present = [c for c in self.clients if not c.gone]
        self.random.choice(present).replace()

    def _kill(self):
        node = self._a_node()
        if node:
            node.kill()

    def _subscription(self):
        node = self._a_node()
        if node and node.link:
            node.link.cut()

    def _pause(self):
        node = self._a_node()
        if node:
            node.paused_until = self.now + self.random.randint(20, 300)

    def _lossy(self):
        node = self._a_node()
        if node and node.link:
            node.link.lossy_until = self.now + 40

    def _clock_back(self):
        self.skew -= self.random.randint(1, 150)

    def _lose(self, data, by_channel=False):
        """
        Acknowledged events that data lacks are lost; exempt if no node knows of them. By channel:
        the next publish makes the clock step over all seen ids, and only events that were heard on
        their channels can still prove the loss.
        """
        self._lost_at = self.now
        known = max([0, *(n.highest_seen() for n in self.nodes if n.alive)])
        for event in self.events.values():
            unknown = event.id > known or (by_channel and not event.is_heard)
            if event.id > (data.clock or 0) and unknown:
                event.is_exempt = True

    def _old(self):
        return self.random.choice(self._copies).copy()

    def _replace(self, data, share):
        """Makes another process the primary, with some data. A share of subscriptions breaks."""
        old = self.primary
        old.alive = False
        self.primary = Server(self, data)
        for link in list(old.links):
            if self.random.random() < share:
                link.cut()
        return old

    def _handover(self):
        self._replace(self.primary.data, 0.5)

    def _refuse(self):
        """Refuses writes, for lack of memory, of a replica or of a right."""
        self.primary.refuses_until = self.now + self.random.randint(20, 400)

    def _refusing_handover(self):
        """Hands over like a restart that loads its data, or waits for its replicas."""
        self._handover()
        self._refuse()

    def _there_and_back(self):
        """Hands over to another process and back, without a loss."""
        old = self._replace(self.primary.data, 1)
        self.after(self.random.randint(5, 400), self._back, old, lambda: self.primary.data)

    def _back(self, old, data):
        self._copies.append(self.primary.data.copy())
        self.primary.alive = False
        for link in list(self.primary.links):
            link.cut()
        old.data = data()
        old.alive = True
        self.primary = old

    def _failover(self):
        data = self._old()
        self._lose(data)
        if self.random.random() < 0.5:
            self.skew -= self.random.randint(0, 80)
        self._replace(data, 0.5)
        self._copies.clear()
        self._copies.append(self.primary.data.copy())

    def _restart(self):
        data = self._old()
        self._lose(data)
        self._replace(data, 1)
        self._copies.clear()
        self._copies.append(self.primary.data.copy())

    def _rollback(self):
        """REPLICAOF a stale replica, REPLICAOF NO ONE: older data in the same process. Subscriptions stand."""
        data = self._old()
        self._lose(data)
        self.primary.data = data

    def _stale_rollback(self):
        """A rollback after which the first publishing node has heard less than Redis still has."""
        node = self._a_node()
        if not (node and node.link):
            return
        self._lost_at = self.now
        node.link.cut()

        def copy():
            data = self.primary.data.copy()
            self.after(self.random.choice([5, 10, 20]), roll, data)

        def roll(data):
            self._lose(data, by_channel=True)
            self.primary.data = data
            if node.alive:
                self._publish_directly(node)

        self.after(self.random.choice([5, 10]), copy)

    def _unheard_rollback(self):
        """
        A rollback with broken subscriptions: the node with the last reply knows of the last events,
        and publishes first.
        """
        data = self.primary.data.copy()
        for link in list(self.primary.links):
            link.cut()

        def roll():
            self._lose(data)
            self.primary.data = data
            nodes = [n for n in self.nodes if n.alive]
            if nodes:
                self._publish_directly(max(nodes, key=Node.highest_seen))

        self._lost_at = self.now
        self.after(self.random.choice([10, 20, 40]), roll)

    def _publish_directly(self, node):
        """Publishes on a node, before any other node can."""
        server, channel = self.primary, self.random.choice(self.channels)
        server.publish(channel, self.event(channel), node.position or 0, node.seen.get(server.run, 0))

    def _restore_scope(self):
        """RESTORE of the scope hash from a backup; the streams stay."""
        data = self._old()
        self._lose(data)
        self.primary.data.take_scope(data)

    def _restore_stream(self):
        """RESTORE of one stream."""
        channel = self.random.choice(self.channels)
        data = self._old()
        self._lose(data)
        self.primary.data.streams[channel] = data.streams.get(channel, [])

    def _comeback(self):
        """
        A failover that loses the tail, then a failover back to the first process, with the other
        process' data.
        """
        data = self._old()
        self._lose(data)
        old = self._replace(data, 1)
        self._copies.clear()
        self._copies.append(data.copy())
        self.after(self.random.choice([1, 5, 30, 200]), self._back, old, lambda: self.primary.data)

    def _flush(self):
        self._lost_at = self.now
        self.primary.data = Data()
        for event in self.events.values():
            if event.id and event.flushed_at is None:
                event.flushed_at = self.now

    def _empty_and_refusing(self):
        """Another server takes over: it is empty, and waits for its replicas before it takes writes."""
        self._flush()
        self._replace(Data(), 1)
        self._refuse()

    def _empty_and_behind(self):
        """Another server takes over: it is empty, and its clock is behind by more than the margin."""
        self._lose(Data())
        self.skew -= self.random.randint(900, 1500)
        self._replace(Data(), 0.5)

    def _del_clock(self):
        self.primary.data.clock = None

    def _del_scope(self):
        self.primary.data.take_scope(Data())

    def _del_stream(self):
        self.primary.data.streams.pop(self.random.choice(self.channels), None)
