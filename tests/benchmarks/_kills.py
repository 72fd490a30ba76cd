"""Roll-outs that are killed with SIGKILL, most of them while malls are being changed, and go on where they were."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.benchmarks._stack import ROOT, Stack, database_url

NAME = "bench-rollout"
# Tables of malls, not of the template, that a roll-out holds right now in a way in which it changes them.
AT_WORK = """
SELECT count(DISTINCT n.nspname) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid AND a.application_name = %s
JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE l.granted AND l.mode IN ('RowExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'AccessExclusiveLock')
AND n.nspname ~ '^m_[0-9a-z]{16}$' AND n.nspname NOT LIKE 'm_00%%'
"""
MOVED = "SELECT count(*), sum(step) FROM rollout_mallversion"
LEFT = "SELECT count(*) FILTER (WHERE step < (SELECT max(step) FROM rollout_mallversion)) FROM rollout_mallversion"
LONGEST_S = 600


@dataclass
class Kills:
    """What was killed: in all, while malls were being changed, and how many malls those were in all."""

    all: int = 0
    while_moving: int = 0
    malls_held: int = 0
    runs: int = 0


def kill_and_go_on(running: Stack, apps: str, *, kills: int, seed: int) -> Kills:
    """
    Start the roll-out of a release and kill it at a random moment, again and again, until it was killed so often or was quicker.

    One of ten is killed at any moment since its start, the others at most a second after malls began to be changed. When few malls are
    left to be brought forward, kills come early, so that there are enough.
    """
    chance, done = random.Random(seed), Kills()
    environment = {**running.environment, "HUTONG_TRIAL_APPS": apps, "PGAPPNAME": NAME}
    starter = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.benchmarks._rollouts"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        bufsize=1,
    )
    with psycopg.connect(database_url(), autocommit=True) as watch, starter:
        while done.all < kills and _one(starter, watch, done, chance):
            if done.all % 10 == 0:
                print(f"{done.all} of {kills} kills, {done.while_moving} while malls were moving", flush=True)
        assert starter.stdin
        starter.stdin.close()
    return done


def _one(
    starter: "subprocess.Popen[str]", watch: "psycopg.Connection[Any]", done: Kills, chance: random.Random
) -> bool:
    """Start one roll-out and kill it; False when it was through before."""
    assert starter.stdin
    assert starter.stdout
    done.runs += 1
    before = watch.execute(MOVED).fetchone()
    starter.stdin.write("go\n")
    pid = int(starter.stdout.readline())
    if chance.random() < 0.1:
        time.sleep(chance.uniform(0, 1.5))
    elif _await_work(watch, pid):
        row = watch.execute(LEFT).fetchone()
        is_scarce = done.runs > 1 and row is not None and 0 < row[0] < 40
        time.sleep(chance.uniform(0, 0.1 if is_scarce else 1.0))
    held = watch.execute(AT_WORK, [NAME]).fetchone()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    was_killed = int(starter.stdout.readline()) == -signal.SIGKILL
    done.all += was_killed
    holding = held[0] if held else 0
    done.malls_held += holding * was_killed
    done.while_moving += was_killed and (holding > 0 or watch.execute(MOVED).fetchone() != before)
    return was_killed


def _await_work(watch: "psycopg.Connection[Any]", pid: int) -> bool:
    """Wait until malls are being changed; False when the process ended before."""
    deadline = time.monotonic() + LONGEST_S
    while time.monotonic() < deadline:
        row = watch.execute(AT_WORK, [NAME]).fetchone()
        if row and row[0]:
            return True
        if not _lives(pid):
            return False
        time.sleep(0.01)
    raise SystemExit("the roll-out did not begin to change malls")


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
