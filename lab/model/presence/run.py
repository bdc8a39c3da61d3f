"""
python3 run.py [short | long]              all rules on: nothing may be found; then each off: it must be
python3 run.py seeds FIRST COUNT [RULE …]  runs with some rules off
"""

import sys
import time

from rules import RULES
from world import World


def runs(first, count, off=(), until_found=False):
    bad = []
    for seed in range(first, first + count):
        found = World(seed, off).run()
        if found:
            bad.append((seed, found))
            if until_found:
                break
    return bad


def check(seeds, most):
    began = time.monotonic()
    bad = runs(0, seeds)
    print(f"presence, all rules: {seeds} runs: {f'BROKEN, {bad[0]}' if bad else 'nothing found'}", flush=True)
    kept = not bad
    for rule in RULES:
        shown = runs(0, most, (rule,), until_found=True)
        kept = kept and bool(shown)
        print(f"without {rule:14} {f'{shown[0][1][0]}, seed {shown[0][0]}' if shown else 'NOT MISSED'}", flush=True)
    print(f"{'The model holds.' if kept else 'THE MODEL FAILS.'} {time.monotonic() - began:.0f} s")
    return kept


def main(args):
    if args[0] in ("short", "long"):
        return check(*((200, 300) if args[0] == "short" else (20000, 5000)))
    if args[0] == "seeds":
        bad = runs(int(args[1]), int(args[2]), args[3:])
        print(f"{len(bad)} broken", *bad[:5], sep="\n")
        return not bad
    raise SystemExit(__doc__)


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:] or ["short"]) else 1)
