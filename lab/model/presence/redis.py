"""One presence channel in Redis: presence.lua, in one step, and the part of page.lua that reads it."""

LIFETIME = 15


class Redis:
    def __init__(self, rules):
        self.rules = rules
        self.clock = self.floor = self.gaps = 0
        self.names = {}
        """The expiry of each name, by (node, name)."""
        self.newest = None
        """The list that was published last: (id, names), or None."""

    def note(self, node, names, gone, now):
        """The first half of the script. Returns whether it has changed anything, and the list."""
        before = set(self.names)
        if self.rules["expiry"]:
            self.names = {of: until for of, until in self.names.items() if until > now}
        for name in gone:
            self.names.pop(self._of(node, name), None)
        for name in names:
            self.names[self._of(node, name)] = now + LIFETIME
        return set(self.names) != before, frozenset(name for _, name in self.names)

    def _of(self, node, name):
        return (node if self.rules["by-node"] else "any", name)

    def publish(self, changed, here):
        """The second half. Returns the list with its id if it was published, else None."""
        at, held = self.newest or (0, None)
        if at and self.rules["below-floor"] and at < self.floor:
            held = None
        differs = held != here if self.rules["compare"] or not at else changed and held != here
        if not differs or not (here or self.clock > self.gaps):
            return None
        self.clock += 1
        self.newest = (self.clock, here)
        return self.newest

    def lose(self, names, stream):
        """Loses the names, the list, or both."""
        self.names = {} if names else self.names
        self.newest = None if stream else self.newest

    def gap(self):
        """Clients below the floor are told that events are missing. Returns the floor."""
        self.clock += 1
        self.gaps += 1
        self.floor = self.clock
        return self.floor

    def page(self, after):
        """The list with its id for a client that has everything up to an id, or None."""
        return self.newest if self.newest and self.newest[0] > after else None
