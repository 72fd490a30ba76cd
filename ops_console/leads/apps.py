from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "ops_console.leads"
    label = "leads"
