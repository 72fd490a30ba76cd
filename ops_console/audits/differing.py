"""Two texts side by side, with the words in which they differ."""

import re
from difflib import SequenceMatcher

# Words of letters as one, everything else (Chinese too) sign by sign.
_PIECES = re.compile(r"\s+|[^\W\d_\u3400-\u9fff]+|\d+|.", re.DOTALL)
# Longer texts are shown whole: comparing takes the square of their length.
_MOST = 4000
Part = tuple[bool, str]


def parts(before: str, after: str) -> tuple[list[Part], list[Part]]:
    """Return both texts as pieces of (whether it differs, text)."""
    old, new = _PIECES.findall(before), _PIECES.findall(after)
    if len(old) + len(new) > _MOST:
        return [(True, before)], [(True, after)]
    left: list[Part] = []
    right: list[Part] = []
    for kind, a, b, c, d in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        for side, text in ((left, "".join(old[a:b])), (right, "".join(new[c:d]))):
            if text:
                side.append((kind != "equal", text))
    return left, right
