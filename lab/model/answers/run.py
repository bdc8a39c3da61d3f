"""See ../common.py for the arguments."""

import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

import common
import oracle
from rules import RULES
from world import World

if __name__ == "__main__":
    common.main("answers", RULES, lambda seed, off: oracle.judge(World(seed, off).run()), (40, 60), (2000, 500))
