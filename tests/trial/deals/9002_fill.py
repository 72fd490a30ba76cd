from django.db import migrations


def fill(apps, _editor):
    """A season named after the mall's first deal, and the deals in it."""
    deal, season = apps.get_model("deals", "Deal"), apps.get_model("deals", "Season")
    first = deal.objects.order_by("pk").first()
    if first:
        deal.objects.update(season=season.objects.create(name=first.title[:40]))


class Migration(migrations.Migration):
    dependencies = [("deals", "9001_season")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
