from django.apps import AppConfig


class YearRoundConfig(AppConfig):
    name = "tests.trial.yearround"
    label = "yearround"
