from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

KINDS = [
    ("stripe_cash", "Held by Stripe"),
    ("stripe_fees", "Stripe's fees"),
    ("shopper_prepaid", "Prepaid by shoppers"),
    ("merchant_pending", "Earned, pending"),
    ("merchant_available", "Available"),
    ("merchant_receivable", "Owed by the merchant"),
    ("commission", "Commission"),
    ("commission_tax", "Tax on commission"),
    ("agency_share", "Agency’s share"),
    ("package_fees", "Service packages"),
    ("payouts_in_transit", "On its way to the bank"),
    ("merchant_stripe", "In the merchant’s Stripe account"),
    ("disputes", "Held back in disputes"),
    ("going_back", "Going back to shoppers"),
    ("goodwill", "Borne by the platform"),
    ("breakage", "Expired, not refundable"),
]


class Migration(migrations.Migration):
    # Indexes are built while the books are written.
    atomic = False
    dependencies = [("ledger", "0002_append_only")]
    operations = [
        migrations.AlterField("account", "kind", models.CharField(choices=KINDS, max_length=24)),
        migrations.RemoveConstraint("account", "account_not_below_zero"),
        migrations.AddConstraint(
            "account",
            models.CheckConstraint(
                condition=models.Q(
                    ("balance_minor__gte", 0),
                    ("kind__in", ["stripe_cash", "stripe_fees", "commission", "agency_share", "goodwill"]),
                    _connector="OR",
                ),
                name="account_not_below_zero",
            ),
        ),
        AddIndexConcurrently(
            "transfer", models.Index(fields=["tenant_schema", "booked_at"], name="transfer_by_mall_booked")
        ),
    ]
