"""See ../common.py for the arguments."""

import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import common
from rules import RULES
from world import World

if __name__ == "__main__":
    common.main("states", RULES, lambda seed, off: World(seed, off).run(), (200, 300), (20000, 5000))
