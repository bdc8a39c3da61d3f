"""The rules of answer streams. With any rule off, the oracle finds a violation."""

RULES = {
    "one-start": "a start looks whether the answer has been started, or stopped, before",
    "tombstone": "an answer whose keys have expired is known by the last id of its channel: it is not begun again",
    "fencing": "what a producer sends is stored only while the answer runs, and is the producer's own",
    "atomic-end": "the ending and the state that says so are stored in one step",
    "sequence": "an event that is sent again, since no answer came, is stored once",
    "late": "so is an event whose first attempt arrives after later events",
    "renew": "a node renews the leases of its producers by itself, also while they send nothing",
    "lease": "a producer is lost only when its lease has passed",
    "steady": "a node ends lost answers only after three ticks in a row: after an outage, producers renew first",
    "any-node": "any node ends the answer of a lost producer, not its own alone",
    "stop-first": "a stop before the start leaves an ending, which refuses the start",
    "keep": "the keys of an answer that runs don't expire",
}
