from django.apps import AppConfig


class MailroomConfig(AppConfig):
    name = "saas.mailroom"
    label = "mailroom"
