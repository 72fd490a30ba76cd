"""A backend's own memory, as Linux counts it."""

import re
from pathlib import Path

# Memory that all backends share. Linux counts its pages as private for as long as one backend alone has touched them.
SHARED = ("/dev/zero (deleted)", "/dev/shm/", "/SYSV")  # noqa: S108  names of mappings


def private_mb(pid: int) -> float:
    """
    Return the megabytes (2**20 bytes) that only this process has: Private_Clean + Private_Dirty of its mappings.

    The same as `smaps_rollup` says, without the mappings of the server's shared memory.
    """
    kilobytes, is_shared = 0, False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            parts = line.split(maxsplit=5)
            is_shared = len(parts) > 5 and parts[5].startswith(SHARED)
        elif not is_shared and line.startswith(("Private_Clean:", "Private_Dirty:")):
            kilobytes += int(line.split()[1])
    return kilobytes / 1024
