"""
Random steps: a publisher, clients that come, leave and return, and losses of Redis. The oracle is
at the end.
"""

import random

from common import Rules
from redis import Redis
from rules import RULES

AGE = 60
PAGE = 3
STEPS = 400


class Client:
    """A page with a map. When told of a loss, it starts over: as a newcomer, with an empty map."""

    def __init__(self, world):
        self.world, self.resets = world, 0
        self.left = self.excused = False
        self._anew()

    def _anew(self):
        self.map, self.at, self.loading, self.live, self.here = {}, 0, True, False, True

    def reset(self):
        if not (self.excused or self.left):
            self.world.found.append("a reset without a loss")
        self.resets += 1
        self._anew()

    def hear(self, at, key, value):
        if self.here and self.live:
            self._put(at, key, value)

    def _put(self, at, key, value):
        if value is None:
            self.map.pop(key, None)
        else:
            self.map[key] = value
        self.at = at

    def read(self):
        """Reads the next page; live events follow once the client has all entries."""
        if not self.here or self.live:
            return
        some, up_to, broken = self.world.redis.page(self.at, PAGE, self.loading)
        if broken:
            self.reset()
            return
        for entry in some:
            self._put(*entry)
        self.at = up_to
        self.live = up_to == self.world.redis.clock

    def leave(self):
        self.here = self.live = self.loading = False
        self.left = True

    def come_back(self):
        self.here = True
        self.loading = self.at == 0


class World:
    def __init__(self, seed, off=()):
        self.random, rules = random.Random(seed), Rules(RULES, off)
        self.found, self.truth, self.clients = [], {}, []
        self.redis = Redis(rules, AGE if rules["age"] else 0)
        self.rules, self.now, self.values = rules, 0, 0
        self.has_lost = False

    def run(self):
        keys = self.random.choice([2, 6, 20])
        faulty = self.random.random() < 0.4
        for self.now in range(STEPS):
            self._step(keys, faulty)
        self.values += 1
        self._publish("end", self.values)
        for client in self.clients:
            if not client.here:
                client.come_back()
        for _ in range(60):
            self._read()
        if len(self.redis.stream) > 2 * keys + 1:
            self.found.append("more entries than keys")
        self.found += ["another map than the oracle" for client in self.clients if client.map != self.truth]
        return self.found

    def _step(self, keys, faulty):
        what = self.random.random()
        key = f"key-{self.random.randrange(keys)}"
        if what < 0.25:
            self.values += 1
            self._publish(key, self.values)
        elif what < 0.4:
            self._publish(key, None)
        elif what < 0.45:
            self.clients.append(Client(self))
        elif what < 0.55 and self.clients:
            client = self.random.choice(self.clients)
            client.leave() if client.here else client.come_back()
        elif what < 0.56 and faulty:
            self._lose()
        self._read()

    def _read(self):
        for client in self.clients:
            client.read()

    def _lose(self):
        which = self.random.choice(["stream", "keys", "both"])
        self.has_lost = True
        for client in self.clients:
            client.excused = True
        if which != "keys":
            self.redis.stream = {}
        if which != "stream":
            self.redis.keys = {}

    def _publish(self, key, value):
        if self.has_lost and (self.redis.stream or self.redis.keys or self.redis.last):
            self.truth = {}
            self.has_lost = False
        at, anew = self.redis.publish(key, value, self.now)
        if anew and self.rules["told"]:
            for client in self.clients:
                client.excused = True
                if client.here:
                    client.reset()
        if at is None:
            return
        if value is None:
            self.truth.pop(key, None)
        else:
            self.truth[key] = value
        for client in self.clients:
            client.hear(at, key, value)
