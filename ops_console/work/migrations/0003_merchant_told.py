from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("work", "0002_bulk")]

    operations = [
        migrations.AddField(model_name="task", name="merchant_told_at", field=models.DateTimeField(null=True)),
    ]
