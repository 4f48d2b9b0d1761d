from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "yinuo.contexts.people"
    label = "people"
