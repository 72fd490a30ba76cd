from django.apps import AppConfig


class SeasonConfig(AppConfig):
    name = "tests.trial.season"
    label = "season"
