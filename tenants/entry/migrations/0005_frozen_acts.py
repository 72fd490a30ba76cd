from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("entry", "0004_invited_to_what")]

    operations = [
        migrations.AddField(model_name="approval", name="act", field=models.JSONField(db_default={}, default=dict)),
    ]
