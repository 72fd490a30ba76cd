from django.db import migrations


def fill(apps, _editor):
    """One season that all deals have."""
    season = apps.get_model("season", "Season")
    season.objects.create(name="All year")


class Migration(migrations.Migration):
    dependencies = [("season", "0002_opening")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
