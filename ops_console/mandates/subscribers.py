"""What malls tell of visits. Called by the relay, once for each event, inside its transaction."""

from tenants.relay.events import Event

from . import asked, operations


def agency_acted(event: Event) -> None:
    """A request of a visit was answered."""
    operations.note_request(event)


def agency_left(event: Event) -> None:
    """A visit was ended in the mall."""
    operations.note_end(event)


def approval_changed(event: Event) -> None:
    """A second person is asked for, or answered, or the yes was used."""
    asked.follow(event)


def ticket_misused(event: Event) -> None:
    """A way in was used a second time."""
    operations.note_misuse(event)
