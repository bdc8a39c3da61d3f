"""Simulated time: nodes with producers and viewers, a Redis, and their faults."""

import heapq
import random

from common import Rules
from redis import KEEP, Redis
from rules import RULES

LEASE = 1000
TICK = 250
RETRY = 50
STEADY = 3
"""Ticks in a row before a node ends lost answers."""
SLACK = 400
"""Time for commands under way, and their repetition."""
LENGTH = 12_000
ENDINGS = ("done", "failed", "cancelled", "producer-lost")


class Node:
    """A node. A kill changes its life: actions of an earlier life don't go on."""

    def __init__(self, world, number):
        self.world, self.number, self.life, self.alive, self.paused_until = world, number, 0, True, 0
        self.producers = {}
        self.steady, self.ticked = 0, 0
        self._ticking()

    def kill(self):
        self.alive, self.life, self.producers = False, self.life + 1, {}
        self.world.after(self.world.random.choice([200, 2000]), self._boot)

    def _boot(self):
        self.alive, self.steady = True, 0
        self._ticking()

    def pause(self, time):
        self.paused_until = self.world.now + time

    def later(self, delay, action):
        life = self.life

        def run():
            if not self.alive or self.life != life:
                return
            if self.world.now < self.paused_until:
                self.later(self.paused_until - self.world.now, action)
            else:
                action()

        self.world.after(delay, run)

    def command(self, script, then, failed, may_be_late=False):
        """
        Runs a script; then(reply), or failed(), perhaps though the script has run, or, if it may be
        late, runs only after that.
        """
        world = self.world
        if may_be_late and world.random.random() < 0.02:
            world.after(world.random.choice([60, 200]), lambda: script(world.redis) if world.redis.up else None)
            self.later(world.latency(), failed)
            return

        def run():
            if not world.redis.up:
                self.later(world.latency(), failed)
                return
            reply = script(world.redis)
            lost = world.random.random() < 0.05
            self.later(world.latency(), failed if lost else lambda: then(reply))

        world.after(world.latency(), lambda: run() if self.alive else None)

    def _ticking(self):
        own = [(name, producer) for name, producer in self.producers.items()]
        if self.world.now - self.ticked > 2 * TICK:
            self.steady = 0
        self.ticked = self.world.now
        ends_lost = self.steady >= STEADY or not self.world.rules["steady"]

        def failed():
            self.steady = 0

        def done(states):
            self.steady += 1
            for name, state in states.items():
                if state != "running" and name in self.producers:
                    self.producers.pop(name).told(state)

        self.command(lambda redis: redis.tick(own, LEASE, ends_lost), done, failed)
        self.later(TICK, self._ticking)


class Producer:
    """Starts an answer on a node, sends its events one after the other, and ends it."""

    def __init__(self, world, node, name):
        self.world, self.node, self.name = world, node, name
        self.count = world.random.choice([0, 3, 12])
        self.how = world.random.choice(["done", "done", "failed"])
        self.slow = world.random.random() < 0.3
        self.sequence = 0
        self.over = None
        self._start()

    def _start(self):
        def done(refused):
            if refused:
                self.told(refused)
                return
            self.world.granted.setdefault(self.name, set()).add(self)
            self.node.producers[self.name] = self
            self._next()

        self.node.command(lambda redis: redis.start(self.name, self, LEASE), done, self._later(self._start))

    def _later(self, action):
        return lambda: self.node.later(RETRY, action)

    def told(self, state):
        self.over = self.over or state

    def _next(self):
        if not self.over:
            self.sequence += 1
            self._send()

    def _send(self):
        if self.over:
            return
        sequence = self.sequence
        how = self.how if sequence > self.count else None
        what = how or (self, sequence)

        def done(reply):
            at, refused = reply
            if refused:
                self.node.producers.pop(self.name, None)
                self.told(refused)
                return
            self.world.acknowledged.append((self.name, what, at))
            if how:
                self._ended(how)
            else:
                self.node.later(self.world.random.choice([5, 40, 1500 if self.slow else 80]), self._next)

        self.node.command(
            lambda redis: redis.send(self.name, self, sequence, what, how), done, self._later(self._send), True
        )

    def _ended(self, how):
        def over(_=None):
            self.node.producers.pop(self.name, None)
            self.over = how

        if self.world.rules["atomic-end"]:
            over()
        else:
            self.node.command(lambda redis: redis.ended(self.name, how), over, self._later(lambda: self._ended(how)))


class Viewer:
    """Reads an answer from the start, on any node, comes back, and stops after the ending. Resume has its own model."""

    def __init__(self, world, name):
        self.world, self.name, self.at, self.seen, self.refused = world, name, 0, [], None
        self.began = world.now
        self._read()

    def _read(self):
        if self.refused or (self.seen and self.seen[-1] in ENDINGS):
            return
        if self.world.redis.up:
            answer = self.world.redis.answers.get(self.name)
            if answer is None and self.name in self.world.redis.last_ids:
                self.refused = "expired"
                return
            for at, what in self.world.redis.streams.get(self.name, []):
                if at > self.at:
                    self.at = at
                    self.seen.append(what)
                    if what in ENDINGS:
                        return
        self.world.after(self.world.random.choice([10, 30, 200]), self._read)


class World:
    def __init__(self, seed, off=()):
        self.random = random.Random(seed)
        self.rules = Rules(RULES, off)
        self.now, self._queue, self._serial = 0, [], 0
        self.granted, self.acknowledged, self.log, self.viewers, self.excused = {}, [], {}, [], []
        self.stops = []
        self.found = []
        """Violations that the oracle could not see afterwards."""
        self.redis = Redis(self)
        self.nodes = [Node(self, i) for i in range(3)]
        self.producers = []

    def after(self, delay, action):
        self._serial += 1
        heapq.heappush(self._queue, (self.now + delay, self._serial, action))

    def latency(self):
        return self.random.choice([1, 1, 2, 5, 20])

    def stored(self, name, what, at):
        self.log.setdefault(name, []).append((self.now, at, what))
        if what == "producer-lost" and self._is_kept(name):
            self.found.append(("lost alive", name))

    def _is_kept(self, name):
        """Whether the producer of an answer is alive, and could renew its lease, but for an outage of Redis."""
        producer = next(iter(self.granted.get(name, [])), None)
        if producer is None or producer.node.producers.get(name) is not producer:
            return False
        return not any(
            node is producer.node and begin <= self.now <= end + TICK + SLACK
            for node, begin, end in self.excused
        )

    def run(self):
        for number in range(8):
            self.after(self.random.randint(0, LENGTH // 2), lambda n=f"answer-{number}": self._answer(n))
        self._faults()
        while self._queue and self._queue[0][0] <= LENGTH + 2 * KEEP + 25_000:
            self.now, _, action = heapq.heappop(self._queue)
            action()
        return self

    def _answer(self, name):
        """One to three racing starts, one more later; viewers early and late; perhaps a stop."""
        for delay in [0] * self.random.choice([1, 2, 3]) + [self.random.randint(0, LENGTH + 2 * KEEP)]:
            self.after(delay, lambda: self._start(name))
        for delay in (0, self.random.randint(0, 3000), self.random.randint(0, LENGTH)):
            self.after(delay, lambda: self.viewers.append(Viewer(self, name)))
        if self.random.random() < 0.4:
            self.after(self.random.choice([0, 2, 50, 400]), lambda: self._stop(name))

    def _start(self, name):
        nodes = [n for n in self.nodes if n.alive]
        if nodes:
            self.producers.append(Producer(self, self.random.choice(nodes), name))

    def _stop(self, name):
        node = self.random.choice([n for n in self.nodes if n.alive] or self.nodes)
        again = lambda: node.later(RETRY, lambda: self._stop(name))
        node.command(lambda redis: redis.stop(name), lambda ended: self._stopped(name, ended), again)

    def _stopped(self, name, ended):
        if ended:
            self.stops.append(name)
        elif not any(what in ENDINGS for _, _, what in self.log.get(name, [])):
            self.found.append(("stopped in vain", name))

    def _faults(self):
        """A node dies, or stands still for longer than a lease; Redis is away, and comes back with its data."""
        if self.now < LENGTH:
            fault = self.random.choice(["kill", "pause", "redis", "none"])
            node = self.random.choice(self.nodes)
            if fault == "kill" and node.alive:
                node.kill()
            elif fault == "pause":
                time = self.random.choice([100, 800, 1600])
                self.excused.append((node, self.now, self.now + time + LEASE))
                node.pause(time)
            elif fault == "redis" and self.redis.up:
                time = self.random.choice([100, 400, 1500])
                self.redis.up = False
                self.after(time, lambda: setattr(self.redis, "up", True))
            self.after(self.random.choice([150, 500, 1500]), self._faults)
