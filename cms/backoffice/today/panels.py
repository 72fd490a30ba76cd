"""The parts of the home page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from wagtail.admin.ui.components import Component

from cms.backoffice.access import mall_time
from saas.kernel import clock

from . import queries


class Part(Component):
    """A part of the home page: its template, its context, and where it stands (lead, main or side)."""

    def __init__(self, template: str, place: str, order: int, **context: Any) -> None:
        self.template_name = f"backoffice/today/{template}.html"
        self.place, self.order, self.context = place, order, context

    def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Return the part's context beside the page's request."""
        request = parent_context["request"] if parent_context else None
        return {**self.context, "request": request, "perms": (parent_context or {}).get("perms")}


def for_request(request: HttpRequest) -> list[Part]:
    """Return the parts that the person may see: sales and money only with their permissions."""
    now = clock.now()
    with mall_time():
        parts = _of_sales(now) if request.user.has_perm("orders.view_order") else [Part("welcome", "lead", 10)]
        if request.user.has_perm("deals.change_deal"):
            steps = queries.steps_of(request.user)
            if not queries.is_set_up(steps):
                parts.append(Part("setup", "side", 30, items=steps, done=sum(step.state == "done" for step in steps)))
            parts.append(
                Part(
                    "alerts",
                    "side",
                    20,
                    alerts=queries.alerts(at=now, of_hosting=request.user.has_perm("payments.view_payment")),
                )
            )
    return sorted(parts, key=lambda part: part.order)


def _of_sales(now: datetime) -> list[Part]:
    figures = queries.figures(at=now)
    return [
        Part("lead", "lead", 10, sentence=queries.sentence(figures)),
        Part(
            "figures",
            "main",
            20,
            figures=figures,
            balances=queries.balances(),
            orders_url=f"{reverse('backoffice:orders')}?since={figures.day}",
            vouchers_url=f"{reverse('backoffice:vouchers')}?state=redeemed&since={figures.day}",
        ),
        Part("chart", "main", 30, figure=queries.chart(at=now)),
        Part("feed", "main", 40, redemptions=queries.latest(at=now)),
    ]
