"""The rules of state channels. With any rule off, the oracle finds a violation."""

RULES = {
    "supersede": "an event takes the place of the former one of its key, in the same step",
    "removals": "a removal leaves an entry of its own, for those who come back",
    "floor": "a removal that is forgotten raises the floor: who was away since before it begins anew",
    "still-removed": "a removal is forgotten only with the key, if the key has not come again",
    "age": "a removal is kept for longer than a newcomer takes to read all keys",
    "count": "the stream and the table of keys are held against each other: if one is lost, both begin anew",
    "told": "if they begin anew, connected clients are told",
    "unjudged-load": "a newcomer that reads on is not judged by the floor, which lies above old keys for good",
}
