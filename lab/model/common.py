"""Shared by the models: rules, some of them off; for the small models, check and command line."""

import sys
import time

USAGE = """
python3 run.py [short | long]              all rules on: nothing may be found; then each off: it must be
python3 run.py seeds FIRST COUNT [RULE …]  runs with some rules off
"""


class Rules:
    """The rules, some of them off: rules["margin"] is whether that rule is on."""

    def __init__(self, known, off=()):
        unknown = [rule for rule in off if rule not in known]
        if unknown:
            raise SystemExit(f"no rule is named {', '.join(unknown)}; there are {', '.join(known)}")
        self.known = known
        self.off = frozenset(off)

    def __getitem__(self, rule):
        if rule not in self.known:
            raise KeyError(rule)
        return rule not in self.off


def _runs(judge, first, count, off=(), until_found=False):
    """(seed, findings) of the runs with findings."""
    bad = []
    for seed in range(first, first + count):
        found = judge(seed, off)
        if found:
            bad.append((seed, found))
            if until_found:
                break
    return bad


def _check(name, rules, judge, seeds, most):
    """Whether the judge finds nothing with all rules, and something without each of them."""
    began = time.monotonic()
    bad = _runs(judge, 0, seeds)
    print(f"{name}, all rules: {seeds} runs: {f'BROKEN, {bad[0]}' if bad else 'nothing found'}", flush=True)
    kept = not bad
    for rule in rules:
        shown = _runs(judge, 0, most, (rule,), until_found=True)
        kept = kept and bool(shown)
        print(f"without {rule:14} {f'{shown[0][1][0]}, seed {shown[0][0]}' if shown else 'NOT MISSED'}", flush=True)
    print(f"{'The model holds.' if kept else 'THE MODEL FAILS.'} {time.monotonic() - began:.0f} s")
    return kept


def main(name, rules, judge, short, long):
    """
    Runs a small model by its command line. judge(seed, off) returns the findings. short and long
    are pairs: the number of seeds with all rules, and the most seeds without each rule.
    """
    args = sys.argv[1:] or ["short"]
    if args[0] in ("short", "long"):
        kept = _check(name, rules, judge, *(short if args[0] == "short" else long))
    elif args[0] == "seeds":
        bad = _runs(judge, int(args[1]), int(args[2]), args[3:])
        print(f"{len(bad)} broken", *bad[:5], sep="\n")
        kept = not bad
    else:
        raise SystemExit(USAGE)
    sys.exit(0 if kept else 1)
