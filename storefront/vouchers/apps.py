from django.apps import AppConfig


class VouchersConfig(AppConfig):
    name = "storefront.vouchers"
    label = "vouchers"
