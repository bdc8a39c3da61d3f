"""One state channel in Redis: state.lua and the part of page.lua that reads it, each in one step."""


class Redis:
    def __init__(self, rules, age):
        self.rules, self.age = rules, age
        self.clock = self.floor = self.last = 0
        self.stream = {}
        """(key, value) by id, in the order of ids. The value of a removal is None."""
        self.keys, self.removed = {}, []

    def publish(self, key, value, now):
        """
        A value of None removes the key. Returns the id, None if there is nothing to remove, and
        whether the channel started over.
        """
        lost = self.rules["count"] and (
            len(self.stream) != len(self.keys) or (self.last > 0 and self.keys == {} and not self.emptied)
        )
        if lost:
            self.stream, self.keys, self.removed = {}, {}, []
            self.clock += 1
            self.floor = self.clock
        self._forget(now)
        former = self.keys.get(key)
        if value is None and (former is None or self.stream.get(former, (key, None))[1] is None):
            return None, lost
        self.clock += 1
        self.last = self.clock
        if former and self.rules["supersede"]:
            self.stream.pop(former, None)
        if value is None and not self.rules["removals"]:
            del self.keys[key]
        else:
            self.stream[self.clock] = (key, value)
            self.keys[key] = self.clock
            if value is None:
                self.removed.append((self.clock, key, now))
        return self.clock, lost

    @property
    def emptied(self):
        """Whether the table exists and has no keys: the model's stand-in for its field of bytes."""
        return self.floor >= self.last > 0 or not self.rules["removals"]

    def _forget(self, now):
        while self.removed and now - self.removed[0][2] > self.age:
            at, key, _ = self.removed.pop(0)
            if self.keys.get(key) == at or not self.rules["still-removed"]:
                self.stream.pop(self.keys.pop(key, at), None)
                if self.rules["floor"]:
                    self.floor = max(self.floor, at)

    def page(self, after, most, loading):
        """
        Entries after an id, the id up to which they are complete, and whether missing entries are
        unknown.
        """
        judged = not loading or not self.rules["unjudged-load"]
        broken = judged and after < self.floor and not (loading and after == 0)
        found = [(at, *self.stream[at]) for at in sorted(self.stream) if at > after]
        some = found[:most]
        return some, (some[-1][0] if len(found) > most else self.clock), broken
