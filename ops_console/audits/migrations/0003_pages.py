"""Pages of deals are audited: the stages that look at the deal's words look at the page's, those that look at its pictures at the gallery."""

from typing import Any

from django.db import migrations, models

WORDS = ["page_description", "page_steps", "page_search"]
GALLERY = "page_gallery"


def look_at_pages(apps: Any, _schema_editor: Any) -> None:
    """Add the page's fields to stages of pipelines and of cases. A stage that has one already stays as it is."""
    for name in ("Stage", "CaseStage"):
        for stage in apps.get_model("audits", name).objects.only("fields", "is_final").iterator():
            if {*WORDS, GALLERY} & set(stage.fields):
                continue
            known, found = set(stage.fields), []
            if stage.is_final or known & {"title", "summary", "rules"}:
                found += WORDS
            if stage.is_final or known & {"picture_id", "contents"}:
                found.append(GALLERY)
            if found:
                stage.fields = [*stage.fields, *found]
                stage.save(update_fields=["fields"])


class Migration(migrations.Migration):
    dependencies = [("audits", "0002_writers")]

    operations = [
        migrations.AddField(
            model_name="auditcase",
            name="page",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.RunPython(look_at_pages, migrations.RunPython.noop),
    ]
