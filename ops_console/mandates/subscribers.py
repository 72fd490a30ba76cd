"""What malls tell of visits. Called by the relay, once for each event, inside its transaction."""

from tenants.relay.events import Event

from . import operations


def agency_acted(event: Event) -> None:
    """A request of a visit was answered."""
    operations.note_request(event)


def agency_left(event: Event) -> None:
    """A visit was ended in the mall."""
    operations.note_end(event)
