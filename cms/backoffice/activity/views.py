"""The activity log: every act and every request of the agency, with who did it."""

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cms.backoffice import fields, frame
from cms.backoffice.access import needs
from saas.audit.models import AuditEntry
from storefront.stores import moments

from .words import matching, word_of

KINDS = [
    ("", gettext_lazy("Everybody")),
    ("merchant", gettext_lazy("Your people")),
    ("agency", gettext_lazy("The agency")),
    ("shopper", gettext_lazy("Shoppers")),
    ("guest", pgettext_lazy("actor", "Guests")),
    ("system", gettext_lazy("The system")),
]


class LogFilter(forms.Form):
    """Who did what when."""

    q = forms.CharField(label=gettext_lazy("Person or act"), required=False, max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("Who"), required=False, choices=KINDS)
    since = fields.DayField(label=pgettext_lazy("day", "From"), required=False)
    until = fields.DayField(label=pgettext_lazy("day", "To"), required=False)

    def entries(self) -> "QuerySet[AuditEntry]":
        """Return the entries, newest first; what cannot be read filters nothing."""
        self.is_valid()
        data = self.cleaned_data
        rows = AuditEntry.objects.order_by("-at", "-pk")
        if words := data.get("q"):
            rows = rows.filter(
                Q(actor_name__icontains=words)
                | Q(action__icontains=words)
                | Q(action__in=matching(words))
                | Q(summary__icontains=words)
            )
        if data.get("kind"):
            rows = rows.filter(actor_kind=data["kind"])
        if since := fields.start_of_day(data.get("since")):
            rows = rows.filter(at__gte=since)
        if until := fields.after_day(data.get("until")):
            rows = rows.filter(at__lt=until)
        return rows


@require_safe
@needs("audit.view_auditentry")
def index(request: HttpRequest) -> HttpResponse:
    """List what was done."""
    form = LogFilter(request.GET)
    page = frame.paginate(request, form.entries(), 50)
    entries = [
        (
            entry,
            word_of(entry.action),
            moments.when(entry.at),
            entry.subject_id if entry.subject_kind == "order" else "",
        )
        for entry in page.object_list
    ]
    is_filtered = any(request.GET.get(name) for name in form.fields)
    return frame.page(
        request,
        "backoffice/activity/index.html",
        _("Activity log"),
        form=form,
        page=page,
        entries=entries,
        is_filtered=is_filtered,
    )
