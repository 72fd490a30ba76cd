from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("entry", "0003_second_persons"),
    ]

    operations = [
        migrations.AddField(
            model_name="supportinvitation",
            name="permissions",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
