from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "ops_console.people"
    label = "console_people"
