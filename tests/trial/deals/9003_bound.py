from django.db import migrations, models


class Migration(migrations.Migration):
    """After the rows: only SQL again."""

    dependencies = [("deals", "9002_fill")]
    operations = [
        migrations.AddConstraint(
            "deal", models.CheckConstraint(condition=~models.Q(badge="sold"), name="deal_badge_is_no_state")
        ),
    ]
