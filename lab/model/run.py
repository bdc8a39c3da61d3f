"""
python3 run.py [short | long]             all rules on: nothing may be found; then each off: it must be
python3 run.py seeds MODE FIRST COUNT [RULE …]   runs of one mode, with some rules off
python3 run.py show MODE SEED [RULE …]    one run, and what came before the first thing that the oracle found
"""

import sys
import time

from common import Rules
from rules import RULES
from world import MODES, World

SHOWS = {
    "probe": ("clean", 0),
    "acks": ("handover", 6),
    "repair": ("clean", 0),
    "look": ("refusing", 0),
    "same-run": ("handover", 0, "own-ears"),
    "wait": ("clean", 0),
    "merge": ("clean", 0),
    "first": ("trimmed", 0),
    "chain": ("rollback", 71),
    "last-ids": ("lossier", 15),
    "pruned": ("trimmed", 373),
    "own-starts": ("newcomers", 0),
    "newcomer-floors": ("late", 0),
    "log-start": ("clean", 0),
    "next-floor": ("emptied", 0),
    "zero": ("emptied", 0),
    "quiet-reset": ("trimmed", 72),
    "margin": ("restarts", 0),
    "bounded": ("restarts", 1),
    "lineage": ("restarts", 1),
    "told-seen": ("skewed", 13),
    "order": ("rollback", 2),
    "floor": ("restarts", 0),
    "from": ("lossy", 0),
    "open-end": ("emptied", 0),
    "gaps": ("lossy", 0),
    "heard-gaps": ("lossier", 0),
    "audit": ("lossy", 0),
    "above": ("few", 45),
    "answers": ("rollback", 7),
    "token-run": ("handover", 0),
    "own-ears": ("refusing", 0),
    "since": ("comeback", 45),
    "prev-below": ("rollback", 13),
    "last-below": ("rollback", 4166),
}
"""
For each rule, the mode whose faults show that the rule is off, and the first seed to try; then a
rule that must be off as well, since either rule is enough.
"""


def runs(mode, first, count, off=(), until_found=False):
    """The number of runs, and (seed, findings) of the runs with findings."""
    bad, done = [], 0
    for seed in range(first, first + count):
        found = World(seed, Rules(RULES, off), mode).run()
        done += 1
        if found:
            bad.append((seed, found))
            if until_found:
                break
    return done, bad


def check(seeds, most):
    """Whether the oracle finds nothing with all rules, and something without each of them."""
    kept = True
    began = time.monotonic()
    for mode in [name for name, mode in MODES.items() if not mode.is_beyond]:
        done, bad = runs(mode, 0, seeds)
        kept = kept and not bad
        found = f"{len(bad)} BROKEN, first seed {bad[0][0]}: {bad[0][1][0]}" if bad else "nothing found"
        print(f"all rules, {mode:10} {done:4} runs: {found}", flush=True)
    for rule, (mode, first, *too) in SHOWS.items():
        done, bad = runs(mode, first, most, (rule, *too), until_found=True)
        kept = kept and bool(bad)
        found = f"{bad[0][1][0][1]}, seed {bad[0][0]}" if bad else f"NOT MISSED in {done} runs"
        print(f"without {rule:12} {mode:10} {found}", flush=True)
    print(f"{'The model holds.' if kept else 'THE MODEL FAILS.'} {time.monotonic() - began:.0f} s")
    missing = [rule for rule in RULES if rule not in SHOWS]
    if missing:
        raise SystemExit(f"nothing shows {', '.join(missing)}")
    return kept


def show(mode, seed, off):
    world = World(seed, Rules(RULES, off), mode)
    found = world.run()
    print(found[:5])
    if found:
        number, _, event, at = found[0]
        print(vars(world.events[event]) if event else "")
        for entry in world.trace:
            if at - 200 <= entry[0] <= at + 400 and (not entry[1].startswith("client") or entry[1] == f"client {number}"):
                print(*entry)


def main(args):
    if args[0] in ("short", "long"):
        return check(*((4, 60) if args[0] == "short" else (300, 500)))
    if args[0] == "seeds":
        done, bad = runs(args[1], int(args[2]), int(args[3]), args[4:])
        print(f"{done} runs, {len(bad)} broken", *bad[:3], sep="\n")
        return not bad
    if args[0] == "show":
        show(args[1], int(args[2]), args[3:])
        return True
    raise SystemExit(__doc__)


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:] or ["short"]) else 1)
