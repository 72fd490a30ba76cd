"""Start-up checks: every function that the settings name exists."""

from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

from .tasks import known_tasks

# Settings that name one thing, mostly a function.
NAMES = ("AGENCY_BUYERS", "DEAL_PAGES", "TASK_TITLES", "VISIT_STANDING", "WORK_ANSWERED_AT")


@checks.register
def names_resolve(**_later: object) -> list[checks.CheckMessage]:
    """Resolve the dotted names in the settings, and the task names in STRIPE_…_TASKS and the beat schedule."""
    missing = []
    named = {f"OUTBOX_SUBSCRIBERS[{kind!r}]": paths for kind, paths in settings.OUTBOX_SUBSCRIBERS.items()}
    lists = (
        "MALL_RESTORED",
        "MALL_MOVED",
        "MALL_OWES",
        "MALL_ERASED",
        "OVERVIEW_BESIDE",
        "TODAY_BESIDE",
        "WORK_BESIDE",
    )
    named |= {name: getattr(settings, name) for name in lists}
    named |= {f"APPROVED_ACTS[{kind!r}]": [path] for kind, path in settings.APPROVED_ACTS.items()}
    named |= {name: [getattr(settings, name)] for name in NAMES}
    for name, paths in named.items():
        for path in paths:
            try:
                import_string(path)
            except ImportError as error:
                missing.append(f"{name} names {path}: {error}")
    wanted = set(settings.STRIPE_EVENT_TASKS.values()) | {
        name for names in settings.STRIPE_PLATFORM_TASKS.values() for name in names
    }
    wanted |= {one["task"] for one in settings.CELERY_BEAT_SCHEDULE.values()}
    missing += [
        f"the settings name the task {name}, which no tasks.py defines" for name in sorted(wanted - known_tasks())
    ]
    return [checks.Error(text, id="hutong.E001") for text in missing]
