from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "ops_console.work"
    label = "work"
