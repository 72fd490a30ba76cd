"""
`./hutong bench checkout --orders N`: how many orders a second get from the buy form to "paid" over HTTP, through the Stripe sandbox, with
web and worker as `./hutong up` runs them; and how long one takes a shopper who comes straight back. Each order is checked to be paid once.
"""

import argparse
import json
import random
import threading
import time
from dataclasses import dataclass, field

from tests.benchmarks._product import product
from tests.benchmarks._shoppers import Heard, Shop, Shopper
from tests.benchmarks._stack import percentile
from tests.benchmarks.crash import accounted, opened


@dataclass
class Took:
    """Seconds from the buy form's opening to the paid order, for each order."""

    seconds: list[float] = field(default_factory=list)
    lasted_s: float = 0.0


def bought(shop: Shop, heard: Heard, *, orders: int, shoppers: int, seed: int) -> Took:
    """Let shoppers at once buy so many orders, each one after the other."""
    took, left, lock = Took(), iter(range(orders)), threading.Lock()

    def run(number: int) -> None:
        shopper = Shopper(shop, heard, None, random.Random(seed + number))
        while True:
            with lock:
                if next(left, None) is None:
                    return
            begun = time.perf_counter()
            shopper.come_back(shopper.buy())
            with lock:
                took.seconds.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(shoppers)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took.lasted_s = time.perf_counter() - begun
    return took


def main() -> int:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="./hutong bench checkout", description=__doc__)
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--shoppers", type=int, default=3)
    wanted = parser.parse_args()
    heard = Heard()
    with product("crash") as running:  # the state of `bench crash`, so that it is prepared once
        shop = opened(running)
        bought(shop, Heard(), orders=3, shoppers=1, seed=0)  # the first pages load what later ones have
        took = bought(shop, heard, orders=wanted.orders, shoppers=wanted.shoppers, seed=1)
        found = accounted(running, heard)
    figures = {
        "bench": "checkout",
        "orders": len(took.seconds),
        "paid_per_s": round(len(took.seconds) / took.lasted_s, 2),
        "median_ms": round(percentile(took.seconds, 0.5) * 1000),
        "p95_ms": round(percentile(took.seconds, 0.95) * 1000),
        "shoppers": wanted.shoppers,
        "lost": len(found["lost"]),
        "doubled": len(found["doubled"]),
        "breaks": len(found["breaks"]),
    }
    print(json.dumps(figures))
    return 1 if found["lost"] or found["doubled"] or heard.refused or len(took.seconds) != wanted.orders else 0


if __name__ == "__main__":
    raise SystemExit(main())
