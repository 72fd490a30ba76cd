"""
Which cookies of a request are believed.

A name that begins with `__Host-` is kept to its own host by browsers, so that a mall's page cannot set one for its siblings. But
Django strips every white space of Unicode from a name, and a browser does not: to it, U+2000 before `__Host-sessionid` is a name
like any other, which a sibling may set for the common domain, and Django would read the session's.
"""

import re
from collections import Counter

# What a name may consist of (RFC 6265, 4.1.1: a token of RFC 2616).
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HELD = "__host-"


def believed(header: str) -> str:
    """
    Return a Cookie header without the pairs whose name is no token exactly as it was sent, and without those that have none.

    A name that begins with `__Host-`, in whatever case, is believed in one spelling and once: a browser has one such cookie for a host.
    """
    pairs = [pair.strip(" \t") for pair in header.split(";")]
    names = [pair.partition("=")[0] for pair in pairs if "=" in pair]
    held = Counter(name.lower() for name in names if name.lower().startswith(_HELD))
    kept = [
        pair
        for pair in pairs
        if "=" in pair and _TOKEN.fullmatch(name := pair.partition("=")[0]) and held[name.lower()] <= 1
    ]
    return "; ".join(kept)
