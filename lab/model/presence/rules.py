"""The rules of presence. With any rule off, the oracle finds a violation."""

RULES = {
    "expiry": "a name expires unless its node tells it again",
    "refresh": "a node tells all its names again, once in a while",
    "by-node": "a name is noted for each node that has it",
    "grace": "a name leaves some time after its last connection",
    "one-step": "the list is made and published in the step that notes names",
    "compare": "the list is held against the stream at every call, whether the call has changed anything or not",
    "below-floor": "a list below the floor is published again: those who were told of a loss get it",
    "listeners": "a node that has listeners and no names tells that, too",
}
