"""The rules of the protocol. With any rule off, the oracle finds a violation."""

RULES = {
    # Attaching, repair
    "probe": "a node's position begins at its own probe, heard over the subscription, not at a clock that it read",
    "acks": "the probe is sent when every SUBSCRIBE has been acknowledged",
    "repair": "a node that comes back reads what it has missed, from its position to its probe",
    "look": "a Redis that takes no writes is attached to by its clock, which is no id that was seen on its run",
    "same-run": "commands and subscription are answered by one run of one server",
    "wait": "a client that has a page beyond its node's position waits until the node has come as far",
    # Judging a page
    "merge": "a page of several channels ends where the first of its full channels does",
    "first": "the first entry that a page holds of a channel must name one that the reader has",
    "chain": "every further entry must name the one before it",
    "last-ids": "the last id of every channel is kept apart from its stream",
    "pruned": "forgetting the last id of a quiet channel raises the bound for unknown ones",
    "own-starts": "each channel of a newcomer starts at its own place, behind its first page, too",
    "newcomer-floors": "a floor that stood when a newcomer was first read for is no loss to it, and one that was told is not told again",
    "log-start": "a node's own log serves who stands at or behind its start only",
    "next-floor": "when a node has begun, or was set back, its log serves nobody who stands below the first new id that it hears",
    "zero": "an id 0-0 is that of an empty Redis, whichever time it was empty: unknown",
    "quiet-reset": "a reset of one channel carries no id",
    # Losses of Redis
    "margin": "after a change of run new ids begin beyond the time by the margin",
    "bounded": "that is the later of the clock's next step and time + margin, so that no id is further ahead",
    "lineage": "what a node has seen of a run, above where the data says that it ended, proves a loss",
    "told-seen": "a publish says what its node has seen, so that a scope which is born again begins beyond it",
    "order": "an id that is not above the one before it on a subscription is a step back in time",
    "floor": "a proven loss raises the floor: whoever stands below it is told, whenever they come",
    "from": "the range of a reset begins where the last event is that nobody lost, not at the last one that was heard",
    "open-end": "the range of a reset has no end where the id that it continues at lies below what was heard or had",
    # Losses of pub/sub
    "gaps": "a message that names one which was not heard is told to all nodes, by a floor of its channel",
    "heard-gaps": "that is told again where a node has heard its own later probe, and not its notice",
    "audit": "the reply to a probe has the last ids, so that the last message of a channel is missed, too",
    # Back in time within one run
    "above": "an id that a caller has seen on the same run, above the clock, proves a loss",
    "answers": "the id that a publish is answered counts as seen, heard or not, with a token or without",
    "token-run": "but not the answer to a token whose event is of an earlier run, or time of the run",
    "own-ears": "of a run a node has seen what came over its subscription, not what a repair read beyond",
    "since": "to a probe, what was seen of the present run, below its first id, belongs to an earlier time of the same process",
    "prev-below": "so does an entry or a message that names one before the last one heard of its channel",
    "last-below": "so does a last id below the last one heard of its channel",
}
