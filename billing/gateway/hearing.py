"""How what Stripe's news starts goes on until Stripe has been asked: the news itself is done when its task is on its way (W6)."""

from typing import Any

from saas.kernel.errors import Busy

from .client import GatewayUnavailable

# Options of a task that asks Stripe what happened: tried again for about half a day, at last every ten minutes. The broker gives a
# message that waits longer than its visibility timeout (15 minutes) to a second worker.
UNTIL_ANSWERED: dict[str, Any] = {
    "autoretry_for": (GatewayUnavailable, Busy),
    "max_retries": 80,
    "retry_backoff": 5,
    "retry_backoff_max": 600,
}
