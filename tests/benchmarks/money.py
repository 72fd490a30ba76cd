"""
`./hutong bench money --operations N`: the whole money core beside its model, step by step, by chance.

Orders, late payments, redemptions, undoing, refunds, disputes, terms, settlements that are cut off and taken up, payouts that come back:
after every step the books are compared with the model, every tenth step and at the end of each round the mall's facts and the sums
too. A round of steps has a seed of its own and leaves nothing behind; `--seed S --operations 100` plays the round with seed S again.
With `--minutes` it ends after the round in which the time is over; `seeds` says how many rounds were played from `seed` on.
"""

import argparse
import json
import os
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

ROUND = 100
NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)


def play(seed: int, steps: int) -> tuple[Any, list[str]]:
    """Play one round and return its world and what was found wrong; everything is rolled back."""
    from django.db import transaction

    from saas.accounts.models import User
    from tenants.isolation.entrance import inside
    from tenants.registry.models import Tenant
    from tests.factories.money import World
    from tests.factories.money import play as play_steps

    unit = transaction.atomic()
    unit._from_testcase = True  # no unit of work: the product's own transactions are inside
    with unit:
        tenant = Tenant.objects.get(slug="riverside")
        with inside(tenant):
            staff = User.objects.get(email="bo@riverside.example")
        world = World(tenant, staff, NOW)
        found = play_steps(world, seed=seed, steps=steps)
        world.step("resume", 0)
        transaction.set_rollback(True)
    return world, found


def main() -> int:
    """Play rounds until so many operations are done, and print the figures."""
    parser = argparse.ArgumentParser(prog="./hutong bench money", description=__doc__)
    parser.add_argument("--operations", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0)
    wanted = parser.parse_args()
    os.environ["HUTONG_TEST_ON_BASE"] = "1"  # what commits would start stays out
    from tests import database

    database.ensure()
    import django

    django.setup()
    from django.conf import settings

    done, refused, violations = Counter[str](), Counter[str](), []
    unknown = resolved = played = 0
    begun = time.perf_counter()
    seed, until = wanted.seed, begun + (wanted.minutes * 60 or float("inf"))
    while played < wanted.operations and time.perf_counter() < until:
        steps = min(ROUND, wanted.operations - played)
        settings.JURISDICTION = "cn" if seed % 2 else "other"  # where what ends unused may lapse, and where it is kept
        world, found = play(seed, steps)
        played += world.serial - 1
        done.update({act: world.done[act] for act in {*world.ACTS, "lapsed", "discounted", "recovered"}})
        refused.update(world.refused)
        unknown, resolved = unknown + world.unknown, resolved + world.resolved
        violations += found
        seed += 1
        if seed % 10 == 0:
            print(f"{played} steps, {len(violations)} violations", flush=True)
    took_s = time.perf_counter() - begun
    for line in violations:
        print(line)
    print(f"done: {dict(done.most_common())}\nrefused, with nothing changed: {dict(refused.most_common())}")
    checks = {"orders": done["buy"] > played / 20, "redemptions": done["redeem"] > played / 40}
    assert played < ROUND or all(checks.values()), f"too little was done: {checks}"
    figures = {
        "bench": "money",
        "operations": played,
        "violations": len(violations),
        "seed": wanted.seed,
        "seeds": seed - wanted.seed,
        "unknown": unknown,
        "resolved": resolved,
        "per_s": round(played / took_s, 1),
    }
    print(json.dumps(figures))
    return 1 if violations or unknown != resolved else 0


if __name__ == "__main__":
    raise SystemExit(main())
