from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("erasure", "0002_ended_people")]

    operations = [migrations.AddField("erasure", "moves_at", models.DateTimeField(null=True))]
