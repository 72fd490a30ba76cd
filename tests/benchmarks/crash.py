"""
`./hutong bench crash --kills N`: shoppers pay, use and give back vouchers over HTTP, while web, worker, PostgreSQL and Valkey are killed
(SIGKILL, with all their processes) at moments of chance and started again, N times (faults I1 to I4).

At the end, when nothing is under way any more: what any shopper was told is so, once; what Stripe took is an order's; books, malls and
Stripe agree. `unknown` requests got no answer or an error at first, `resolved` of them a clear one when repeated.
"""

import argparse
import json
import random
import threading
import time
from collections import Counter
from typing import Any

from tests.benchmarks._product import Product, product
from tests.benchmarks._shoppers import Heard, Person, Shop, Shopper

VICTIMS = ("web", "worker", "postgres", "valkey")


def opened(running: Product) -> Shop:
    """Make the deal and sign the clerk in."""
    told = json.loads(running.python("-m", "tests.benchmarks._shop").splitlines()[-1])
    return Shop(running.port, running.sandbox_port, **told)


def accounted(running: Product, heard: Heard) -> dict[str, Any]:
    """Wait until nothing is under way, and count what was heard."""
    told = running.python("-m", "tests.benchmarks._accounted", text=json.dumps(heard.facts()))
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    return found


def shopping(shop: Shop, heard: Heard, *, shoppers: int, seed: int) -> tuple[list[threading.Thread], threading.Event]:
    """Let shoppers shop, each with a clerk of their own; return their threads, and the event that ends it."""
    over = threading.Event()
    threads = []
    for number in range(shoppers):
        clerk = Person(shop, heard, cookie=shop.session)
        clerk.expect((200, 302), "GET", "/counter/store/")
        one = Shopper(shop, heard, clerk, random.Random(seed * 100 + number))
        threads.append(threading.Thread(target=one.shop_until, args=(over.is_set,)))
        threads[-1].start()
    return threads, over


def kill_and_go_on(
    running: Product, heard: Heard, *, kills: int, chance: random.Random, until: float
) -> tuple[Counter[str], int]:
    """
    Kill so many parts at moments of chance, each in its turn, until all or the time is over; return how often which, and how often a
    request was under way. While a worker starts, the next part is killed already: only its own next kill waits until it works again.
    """
    done, under_way = Counter[str](), 0
    order: list[str] = []
    for number in range(kills):
        if time.monotonic() > until:
            break
        order = order or chance.sample(VICTIMS, len(VICTIMS))
        victim = order.pop()
        running.await_ready(victim)
        time.sleep(chance.uniform(0.2, 2.5))
        under_way += heard.in_flight > 0
        running.kill(victim)
        time.sleep(chance.uniform(0, 0.7))
        running.begin(victim)
        if victim != "worker":
            running.await_ready(victim)
        done[victim] += 1
        print(f"kill {number + 1}: {victim}; {heard.acknowledged} acknowledged, {heard.unknown} unknown", flush=True)
    return done, under_way


def main() -> int:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(prog="./hutong bench crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=0, help="end the kills in time and tell how many they were")
    parser.add_argument("--shoppers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    heard = Heard()
    begun = time.monotonic()
    with product("crash") as running:
        threads, over = shopping(opened(running), heard, shoppers=wanted.shoppers, seed=wanted.seed)
        started = time.monotonic()
        until, chance = started + (wanted.minutes * 60 or float("inf")), random.Random(wanted.seed)
        try:
            done, under_way = kill_and_go_on(running, heard, kills=wanted.kills, chance=chance, until=until)
            killing_s = time.monotonic() - started
            time.sleep(2)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        found = accounted(running, heard)
    for name in ("lost", "doubled", "breaks"):
        print(name, *found[name][:10], sep="\n  ")
    print(
        f"killed {dict(done)}; not as expected: {heard.refused[:5]}; left under way: {found['left']}; compared {found['compared']}"
    )
    figures = {
        "bench": "crash",
        "kills": done.total(),
        "kills_with_requests_under_way": under_way,
        "orders": len(heard.orders),
        "acknowledged": heard.acknowledged,
        "unknown": heard.unknown,
        "resolved": heard.resolved,
        "found_by_the_sweep": found["swept"],
        "lost": len(found["lost"]),
        "doubled": len(found["doubled"]),
        "breaks": len(found["breaks"]),
        "seed": wanted.seed,
        "seconds_a_kill": round(killing_s / max(done.total(), 1), 1),
        "lasted_s": round(time.monotonic() - begun),
    }
    print(json.dumps(figures))
    is_wrong = found["lost"] or found["doubled"] or found["breaks"] or found["left"] or heard.refused
    return 1 if is_wrong or heard.unknown != heard.resolved or not heard.acknowledged else 0


if __name__ == "__main__":
    raise SystemExit(main())
