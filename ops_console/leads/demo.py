"""The demo's pipeline: businesses that the agency has heard of, visited, written a quote for, and one that it has lost."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from saas.accounts.middleware import actor_for
from saas.accounts.models import User
from saas.kernel.money import to_minor

from . import operations
from .models import Contact, Entry, Lead
from .operations import ContactDraft, EntryDraft, LeadDraft

Stage, Role, Kind = Lead.Stage, Contact.Role, Entry.Kind


@dataclass(frozen=True)
class Story:
    """
    A business: what is known of it, who is there, what happened (so many days ago, how, whom one met, what was said), the next step in
    so many days. `worth` is a month's, in major units; `lost` says why it was given up.
    """

    name: str
    trade: str
    place: str
    source: str
    worth: str
    people: tuple[ContactDraft, ...] = ()
    told: tuple[tuple[int, str, str, str], ...] = ()
    step: tuple[str, int] | None = None
    stage: str = Stage.LEAD
    lost: str = ""


STORIES = (
    Story(
        "Copper Kettle", "restaurant", "12 Wharf Street, Old Town", "Walked by: full at noon, empty at six", "900",
        step=("Have lunch there and ask who decides", 2),
    ),
    Story(
        "Bloom & Stem", "home", "Market Hall, stand 7", "Alma of Riverside Noodles spoke of them", "600",
        people=(ContactDraft("Tessa Boyd", Role.DOOR, note="Mornings only"),),
        told=((3, Kind.CALL, "Tessa Boyd", "The owner is her aunt, back on Monday."),),
        step=("Call the owner, Ms Boyd", -1),
    ),
    Story(
        "Palm Cinema", "cinema", "40 Grand Avenue", "Wrote to us", "1400",
        people=(ContactDraft("Victor Lam", Role.DECIDES, "+19515550120", "victor@palm.example", "Likes figures, not slides"),),
        told=((6, Kind.VISIT, "Victor Lam", "Weekdays sell a third of the seats. Wants two deals a month and a letter to members."),),
        step=("Send two packages to choose from", 1), stage=Stage.VISITED,
    ),
    Story(
        "Sunrise Nails", "salon", "3 Station Road", "Reads our news", "500",
        people=(
            ContactDraft("Hana Sato", Role.DECIDES, "+19515550133", "hana@sunrise.example"),
            ContactDraft("Joe Sato", Role.PAYS, "+19515550134", note="Signs what costs money"),
        ),
        told=(
            (9, Kind.VISIT, "Hana Sato", "Two stations, open six days. Burnt once by a deal that sold out in a night."),
            (4, Kind.NOTE, "", "Show her the capacity guard before the price."),
        ),
        step=("Second visit, with the guard's figures", 0), stage=Stage.VISITED,
    ),
    Story(
        "Old Mill Bakery", "restaurant", "1 Mill Lane, next to Riverside Noodles", "Neighbour of a mall of ours", "700",
        people=(ContactDraft("Greta Olsen", Role.DECIDES, "+19515550155", "greta@oldmill.example"),),
        told=(
            (14, Kind.VISIT, "Greta Olsen", "Bread until ten, then nobody. Wants breakfast for two as a deal."),
            (5, Kind.CALL, "Greta Olsen", "Has our quote. Asks whether she can stop after three months."),
        ),
        step=("Ask what she thinks of the quote", 3), stage=Stage.QUOTED,
    ),
    Story(
        "Night Owl Market", "convenience", "77 Harbour Street", "Fair in spring", "400",
        told=((20, Kind.VISIT, "The cousin at the till", "Nobody there decides anything."),),
        stage=Stage.VISITED, lost="Has signed with another agency until next summer.",
    ),
)  # fmt: skip
# Malls whose weeks of hosting are told: what they have now is daily work.
LIVE = ("riverside", "hillside")


def make(*, now: datetime) -> int:
    """Put the demo's businesses into the pipeline and return how many are new. Repeated it leaves what is there as it is."""
    manager = User.objects.filter(email="mei@hutong.example").first()
    if manager is None:
        return 0
    new = [story for story in STORIES if not Lead.objects.filter(name=story.name).exists()]
    for story in new:
        _tell(story, manager, now=now)
    rows = Lead.objects.filter(tenant__opening_key__in=[f"demo-{slug}" for slug in LIVE], stage=Stage.ONBOARDING)
    for lead in rows:
        operations.move(lead=lead.public_id, stage=Stage.LIVE, by=actor_for(manager), now=now)
    return len(new)


def _tell(story: Story, manager: User, *, now: datetime) -> None:
    by = actor_for(manager)
    first = now - timedelta(days=max([days for days, *_rest in story.told], default=1) + 1)
    worth_minor = to_minor(story.worth, "usd")
    draft = LeadDraft(story.name, story.trade, story.place, story.source, worth_minor, "usd", manager)
    lead = operations.add(draft=draft, by=by, now=first).public_id
    for person in story.people:
        operations.add_contact(lead=lead, draft=person, by=by, now=first)
    for days, kind, met, text in story.told:
        at = now - timedelta(days=days)
        operations.note(lead=lead, draft=EntryDraft(kind, at.date(), text, met), by=by, now=at)
    if story.stage == Stage.QUOTED:
        operations.move(lead=lead, stage=Stage.QUOTED, by=by, now=now - timedelta(days=6))
    if story.lost:
        operations.lose(lead=lead, reason=story.lost, by=by, now=now - timedelta(days=10))
    if story.step:
        words, days = story.step
        # Planned a week ago, so that one of them is overdue today.
        day = now.date() + timedelta(days=days)
        operations.plan(lead=lead, step=words, day=day, today=day - timedelta(days=7))
