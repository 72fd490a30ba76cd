"""Two texts side by side, with the words in which they differ."""

import re
from collections import Counter
from difflib import SequenceMatcher

# Words of letters as one, everything else (Chinese too) sign by sign.
_PIECES = re.compile(r"\s+|[^\W\d_\u3400-\u9fff]+|\d+|.", re.DOTALL)
# Longer texts, and those in which the same pieces come again and again, are shown whole: comparing takes for each difference as long as
# there are pairs of a piece in one text and the same in the other.
_MOST, _MOST_PAIRS = 4000, 50_000
Part = tuple[bool, str]


def parts(before: str, after: str) -> tuple[list[Part], list[Part]]:
    """Return both texts as pieces of (whether it differs, text). Spaces alone are nothing that two texts have in common."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    known = Counter(new)
    if len(old) + len(new) > _MOST or sum(known[one] for one in old if not one.isspace()) > _MOST_PAIRS:
        return [(True, before)], [(True, after)]
    left: list[Part] = []
    right: list[Part] = []
    for kind, a, b, c, d in SequenceMatcher(str.isspace, old, new, autojunk=False).get_opcodes():
        for side, text in ((left, "".join(old[a:b])), (right, "".join(new[c:d]))):
            if text:
                side.append((kind != "equal", text))
    return left, right
