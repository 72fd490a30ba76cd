from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "ops_console.contracts"
    label = "contracts"
