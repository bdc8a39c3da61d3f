"""Redis, as far as answers need it: the scripts, each in one step."""

KEEP = 4000
"""Time for which an ended answer is kept."""


class Answer:
    def __init__(self, producer, lease):
        self.state = "running"
        self.producer = producer
        self.lease = lease
        self.sequence = 0
        self.last = None
        self.expires = None


class Redis:
    def __init__(self, world):
        self.world = world
        self.rules = world.rules
        self.up = True
        self.answers = {}
        self.streams = {}
        self.last_ids = {}
        """The last id of each channel; outlives the keys."""
        self._clock = 0

    def _answer(self, name):
        answer = self.answers.get(name)
        if answer and answer.expires is not None and answer.expires <= self.world.now:
            del self.answers[name]
            self.streams.pop(name, None)
            return None
        return answer

    def _gone(self, name):
        """The state of an answer that has no keys."""
        return "expired" if name in self.last_ids and self.rules["tombstone"] else None

    def _publish(self, name, what):
        self._clock = max(self._clock + 1, self.world.now * 1000)
        self.streams.setdefault(name, []).append((self._clock, what))
        self.last_ids[name] = self._clock
        self.world.stored(name, what, self._clock)
        return self._clock

    def _keep(self, answer, time):
        answer.expires = None if time is None else self.world.now + time

    def start(self, name, producer, lease):
        """answer-start.lua: None, or the reason of the refusal."""
        answer = self._answer(name)
        if answer and answer.producer == producer and answer.state == "running":
            return None
        if answer and self.rules["one-start"]:
            return answer.state
        if self._gone(name):
            return self._gone(name)
        self.answers[name] = Answer(producer, self.world.now + lease)
        self._keep(self.answers[name], None if self.rules["keep"] else KEEP)
        return None

    def send(self, name, producer, sequence, what, how):
        """answer.lua, by a producer: (id, None), or (None, reason). how is the ending, or None."""
        answer = self._answer(name)
        own = answer is not None and answer.producer == producer
        late = own and answer.sequence > sequence and self.rules["late"]
        if late or (own and answer.sequence == sequence and self.rules["sequence"]):
            return answer.last, None
        if not (own and answer.state == "running") and self.rules["fencing"]:
            return None, (answer.state if answer else "expired")
        at = self._publish(name, what)
        if answer:
            answer.sequence, answer.last = sequence, at
            if how and self.rules["atomic-end"]:
                self.ended(name, how)
        return at, None

    def ended(self, name, how):
        answer = self.answers.get(name)
        if answer:
            answer.state = how
            self._keep(answer, KEEP)

    def stop(self, name):
        """answer.lua, by anybody: whether this call has ended the answer."""
        answer = self._answer(name)
        if answer is None:
            if self._gone(name) or not self.rules["stop-first"]:
                return False
            answer = self.answers[name] = Answer(None, 0)
        elif answer.state != "running":
            return False
        self._publish(name, "cancelled")
        self.ended(name, "cancelled")
        return True

    def tick(self, own, lease, ends_lost):
        """
        answers.lua: renews the leases of a node's producers, and perhaps ends lost answers. Returns
        the states of the node's answers.
        """
        states = {}
        for name, producer in own:
            answer = self._answer(name)
            states[name] = answer.state if answer and answer.producer == producer else "expired"
            if states[name] == "running" and self.rules["renew"]:
                answer.lease = self.world.now + lease
        for name in list(self.answers):
            answer = self._answer(name)
            if not answer or answer.state != "running":
                continue
            mine = any(name == n for n, _ in own)
            passed = answer.lease <= self.world.now or (not self.rules["lease"] and not mine)
            if passed and ends_lost and (mine or self.rules["any-node"]):
                self._publish(name, "producer-lost")
                self.ended(name, "producer-lost")
        return states
