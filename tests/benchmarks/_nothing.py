"""
Prints how long a roll-out takes to find that there is nothing to do, Python's start apart: the first time, with the connection and the
reading of all migrations for the release's fingerprint, and as the median of later times; a process of its own, with settings.
"""

import json
import time
from statistics import median

import django

django.setup()

from saas.kernel import clock  # noqa: E402
from tenants.rollout import operations, template  # noqa: E402
from tenants.rollout.models import MallVersion  # noqa: E402


def decided() -> float:
    """Return the milliseconds of one decision."""
    begun = time.perf_counter()
    assert operations.roll_out(now=clock.now(), say=print).nothing_to_do
    return (time.perf_counter() - begun) * 1000


first = decided()
again = median(decided() for _time in range(50))
template.fingerprint.cache_clear()
begun = time.perf_counter()
template.fingerprint()
told = {"first_ms": first, "again_ms": again, "fingerprint_ms": (time.perf_counter() - begun) * 1000}
print(json.dumps({**told, "versions": MallVersion.objects.count()}))
