"""Who does which clause of a contract."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from billing.packages.trade import named
from ops_console.mandates import roles
from ops_console.work import assigning
from ops_console.work import queries as work
from ops_console.work.models import Plan
from saas.accounts.models import User
from saas.accounts.requests import SignedInRequest
from saas.kernel import clock

from .draft_views import form_page, saved
from .views import row_or_404


class PeopleForm(forms.Form):
    """One person for each plan of a contract."""

    def __init__(self, data: Any = None, *, plans: Sequence[Plan], people: Sequence[User]) -> None:
        super().__init__(data)
        self._people = {one.public_id: one for one in people}
        names = [(key, one.get_full_name()) for key, one in self._people.items()]
        versions = {one.version for one in plans}
        for one in plans:
            said = f"{one.number} {named(one.terms.title)}"
            if len(versions) > 1:
                said = _("%(clause)s, version %(version)d from %(day)s on") % {
                    "clause": said, "version": one.version, "day": date_format(one.starts_on),
                }  # fmt: skip
            first = one.assignee.public_id if one.assignee else ""
            self.fields[one.public_id] = forms.ChoiceField(
                label=said,
                choices=names if first in self._people else [("", _("Nobody yet")), *names],
                initial=first,
                required=first in self._people,
            )

    def shown(self) -> str:
        """Return who does which plan as the form shows it, to be sent back with it."""
        return " ".join(f"{plan}:{field.initial}" for plan, field in self.fields.items())

    def chosen(self, seen: str) -> dict[str, User]:
        """Return who does which plan, by its public id, where that is not as it was `seen`: what others have changed since stays theirs."""
        before = dict(one.split(":", 1) for one in seen.split() if ":" in one)
        return {plan: self._people[who] for plan, who in self.cleaned_data.items() if who and who != before.get(plan)}


@never_cache
@roles.staff_only(*roles.MAY_SELL)
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: SignedInRequest, public_id: str) -> HttpResponse:
    """Give clauses to people; tasks that stand go along."""
    row, now = row_or_404(public_id), clock.now()
    plans = assigning.lasting(public_id, today=now.date())
    form = PeopleForm(request.POST if request.method == "POST" else None, plans=plans, people=work.people())
    seen, moved = request.POST.get("seen", ""), list[int]()
    facts: dict[str, Any] = {"contract": public_id, "by": request.actor, "now": now}
    if saved(form, lambda: moved.append(assigning.assign(people=form.chosen(seen), **facts))):
        words = ngettext("Kept. %(n)d task goes along.", "Kept. %(n)d tasks go along.", moved[0])
        messages.success(request, words % {"n": moved[0]})
        return redirect("contracts:detail", public_id)
    context = {
        "title": _("Who does what"),
        "back": f"/ops/contracts/{public_id}/",
        "button": _("Save"),
        "seen": seen or form.shown(),
    }
    return form_page(request, form, row=row, **context)
