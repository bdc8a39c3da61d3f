"""
Random steps: pages that come, reload and leave, nodes that die, calls that fail, and losses of
Redis. The oracle is at the end.
"""

import random

from common import Rules
from redis import LIFETIME, Redis
from rules import RULES

GRACE, REFRESH, STEPS = 3, 5, 300
QUIET = LIFETIME + 2 * REFRESH + GRACE


class Page:
    """A page that shows the last list it got. A page without a name is an onlooker."""

    def __init__(self, name, node):
        self.name, self.node, self.at, self.shown = name, node, 0, frozenset()


class Node:
    def __init__(self, number, now):
        self.number, self.refreshed = number, now - REFRESH
        self.leaving, self.told = [], set()

    def names(self, pages, now):
        """The names of the node's pages, and the names that have left within the grace time."""
        self.leaving = [(name, until) for name, until in self.leaving if until > now]
        return {page.name for page in pages if page.node is self and page.name} | {name for name, _ in self.leaving}


class World:
    def __init__(self, seed, off=()):
        self.random, self.rules = random.Random(seed), Rules(RULES, off)
        self.redis, self.now, self.found = Redis(self.rules), 0, []
        self.most = self.random.choice([2, 4, 12])
        self.nodes, self.pages, self.pending = [Node(n, 0) for n in range(3)], [], []
        self.faulty, self.steady, self.reloading = self.random.random() < 0.7, {}, []

    def run(self):
        for self.now in range(STEPS):
            self._step()
            self._tick(self.faulty)
            self._judge_lists()
        for self.now in range(STEPS, STEPS + QUIET):
            if self.reloading:
                self._connect(self.reloading.pop()[0])
            self._tick(False)
        here = frozenset(page.name for page in self.pages if page.name)
        self.found += ["a page shows another list than who is here" for page in self.pages if page.shown != here]
        return self.found

    def _step(self):
        for page in [page for page, at in self.reloading if at <= self.now]:
            self._connect(page)
        self.reloading = [(page, at) for page, at in self.reloading if at > self.now]
        what = self.random.random()
        if what < 0.12 and len(self.pages) < self.most:
            name = self.random.choice(["Ann", "Bob", "Cid", None])
            self._connect(Page(name, None))
        elif what < 0.2 and self.pages:
            self._leave(self.random.choice(self.pages))
        elif what < 0.3 and self.pages:
            page = self.random.choice(self.pages)
            self._leave(page)
            self.reloading.append((page, self.now + self.random.randrange(GRACE)))
        elif what < 0.32 and self.faulty:
            self._kill(self.random.choice(self.nodes))
        elif what < 0.34 and self.faulty:
            self.redis.lose(self.random.random() < 0.6, self.random.random() < 0.6)
        elif what < 0.36 and self.faulty:
            floor = self.redis.gap()
            for page in self.pages:
                # The page is told, and its list is no longer valid.
                page.at, page.shown = floor, None

    def _connect(self, page):
        page.node = self.random.choice(self.nodes)
        self.pages.append(page)
        if page.shown is not None and page.at < self.redis.floor:
            page.shown = None
        got = self.redis.page(page.at)
        if got:
            page.at, page.shown = got
        elif page.at == 0:
            page.shown = frozenset()

    def _leave(self, page):
        self.pages.remove(page)
        if page.name and self.rules["grace"]:
            page.node.leaving.append((page.name, self.now + GRACE))

    def _kill(self, node):
        self.nodes[self.nodes.index(node)] = Node(1000 + self.now, self.now)
        for page in [page for page in self.pages if page.node is node]:
            self.pages.remove(page)
            if self.random.random() < 0.5:
                self._connect(page)

    def _tick(self, faulty):
        later, self.pending = self.pending, []
        for changed, here in later:
            self._tell(self.redis.publish(changed, here))
        for node in self.nodes:
            self._call(node, faulty)

    def _call(self, node, faulty):
        names = node.names(self.pages, self.now)
        due = self.rules["refresh"] and self.now - node.refreshed >= REFRESH
        has_pages = any(page.node is node for page in self.pages)
        if not (names != node.told or (due and (names or (has_pages and self.rules["listeners"])))):
            return
        fault = self.random.choice(["refused", "unheard", "half"]) if faulty and self.random.random() < 0.1 else None
        if fault == "refused":
            return
        changed, here = self.redis.note(node.number, names if due else names - node.told, node.told - names, self.now)
        if fault == "half":
            # Redis refused the list, for example for a missing right. The node got the error, or
            # lost the reply.
            self._told(node, names, due)
            return
        if self.rules["one-step"]:
            self._tell(self.redis.publish(changed, here))
        elif self.random.random() < 0.5:
            self.pending.insert(0, (changed, here))
        else:
            self.pending.append((changed, here))
        if fault != "unheard":
            self._told(node, names, due)

    def _told(self, node, names, due):
        node.told = names
        node.refreshed = self.now if due else node.refreshed

    def _tell(self, published):
        if published:
            for page in self.pages:
                page.at, page.shown = published

    def _judge_lists(self):
        """Without failures, names that have been here for a while, or reload, are in the list."""
        pages = self.pages + [page for page, _ in self.reloading]
        here = {page.name for page in pages if page.name}
        self.steady = {name: self.steady.get(name, self.now) for name in here}
        if self.faulty or not self.redis.newest:
            return
        for name, since in self.steady.items():
            if self.now - since > 1 and name not in self.redis.newest[1]:
                self.found.append("somebody who is here is not listed")
