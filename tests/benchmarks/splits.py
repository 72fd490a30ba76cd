"""
`./hutong bench splits --splits N`: prices are divided among platform, agency and merchant as an order's are, and by weights among up to
seven parties, by chance (M8). Each time the parts add up to the price exactly, and each is less than one unit from its exact share.
"""

import argparse
import json
import random
import time

from saas.kernel import money

NAMES = "abcdefg"


def play(*, seed: int, splits: int) -> list[str]:
    """Divide so many prices and return what was wrong."""
    chance = random.Random(seed)
    wrong = []
    for number in range(splits):
        amount = chance.randrange(money.MAXIMUM_MINOR) if number % 3 else chance.randrange(100)
        parties = number % 7 + 1
        weights = {name: chance.randrange(10_001) for name in NAMES[:parties]}
        weights["a"] += 1
        owner = NAMES[number % parties]
        parts, total = money.split(amount, weights, rest_to=owner), sum(weights.values())
        is_near = all(
            0 <= amount * weights[name] - part * total < total for name, part in parts.items() if name != owner
        )
        commission = money.share(amount, weights["a"])
        units = chance.randrange(1, 20)
        even = money.split_evenly(amount, parts=units)
        is_even = sum(even) == amount and max(even) - min(even) <= 1
        is_right = sum(parts.values()) == amount and min(parts.values()) >= 0 and is_near and is_even
        if not is_right or abs(commission * money.BASIS_POINTS - amount * weights["a"]) * 2 > money.BASIS_POINTS:
            wrong.append(f"seed {seed}, split {number}: {amount} by {weights} to {owner}: {parts}, {even}")
    return wrong


def main() -> int:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="./hutong bench splits", description=__doc__)
    parser.add_argument("--splits", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    begun = time.perf_counter()
    wrong = play(seed=wanted.seed, splits=wanted.splits)
    print(*wrong[:10], sep="\n")
    per_s = round(wanted.splits / (time.perf_counter() - begun))
    figures = {"bench": "splits", "splits": wanted.splits, "wrong": len(wrong), "seed": wanted.seed, "per_s": per_s}
    print(json.dumps(figures))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
