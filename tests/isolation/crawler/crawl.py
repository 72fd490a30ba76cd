"""Sends the plan, and judges each answer and what it left behind."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .canaries import Canaries
from .plan import Request
from .world import World, changed

# What a mall shows to everybody: its shop window. Words of these tables may stand in an answer of the victim's host.
SHOP_WINDOW = (
    "cms_pages_", "cms_theming_", "cms_media_", "cms_news_notice.", "wagtailcore_page.", "wagtailcore_site.", "deals_deal.", "stores_",
    "catalog_product", "catalog_variant", "catalog_category", "a file",
)  # fmt: skip


@dataclass(frozen=True)
class Reply:
    """An answer: its status, its header lines and its body, as text."""

    status: int
    headers: str
    body: str


@dataclass
class Findings:
    """What the crawl found. `leaks`, `writes` and `open_doors` must stay empty; the counts say how much work was done."""

    requests: int = 0
    leaks: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    open_doors: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    covered: set[tuple[str, str, str, str]] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    shown: int = 0


@dataclass(frozen=True)
class Judge:
    """Knows both malls' canaries and watches the victim."""

    attacker: Canaries
    victim: Canaries
    world: World

    def judge(self, request: Request, reply: Reply, findings: Findings) -> None:
        """Count the answer, and note what it gives away."""
        findings.requests += 1
        findings.statuses[reply.status] += 1
        findings.covered.add((request.address.place, request.address.name, request.method, request.stance))
        text = reply.headers + reply.body
        stolen = self.victim.found(text)
        if request.stance == "away":
            findings.shown += bool(stolen)
            stolen = {place for place in stolen if not place.startswith(SHOP_WINDOW)} | self.attacker.found(text)
            if reply.status == 200 and request.method == "GET" and request.row.who != "anyone":
                findings.open_doors.append(str(request))
        elif request.stance == "platform":
            stolen |= self.attacker.found(text)
        else:
            findings.shown += bool(self.attacker.found(text))
        if stolen:
            findings.leaks.append(f"{request}: {sorted(stolen)}")
        # Wagtail's own views may fail at a PUT or for a page that is gone, and one fails on purpose.
        if reply.status >= 500 and reply.status != 503 and not request.address.name.startswith("wagtail"):
            findings.crashes.append(f"{reply.status} {request}")


def crawl(
    plan: Iterable[Request],
    send: Callable[[Request], Reply],
    judge: Judge,
    *,
    requests: int,
    look_each: int = 500,
    renew: Callable[[], None] = lambda: None,
) -> Findings:
    """
    Send so many requests of the plan. After every `look_each` the victim is looked at, and the sessions are renewed.

    A write is told with the requests among which it happened.
    """
    findings, before = Findings(), judge.world.state()
    since: list[Request] = []
    for request in plan:
        if findings.requests >= requests:
            break
        reply = send(request)
        judge.judge(request, reply, findings)
        since.append(request)
        if len(since) == look_each:
            before, since = look(judge.world, before, since, findings), []
            renew()
    look(judge.world, before, since, findings)
    return findings


def look(world: World, before: dict[str, str], since: list[Request], findings: Findings) -> dict[str, str]:
    """Look at the victim, note what changed since and among which requests, and return its state."""
    after = world.state()
    for name in changed(before, after):
        unsafe = [str(request) for request in since if request.method not in ("GET", "HEAD", "OPTIONS")]
        findings.writes.append(f"{name} changed among: " + "; ".join(unsafe[:400] or map(str, since)))
    return after
