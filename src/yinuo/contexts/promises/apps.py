from django.apps import AppConfig


class PromisesConfig(AppConfig):
    name = "yinuo.contexts.promises"
    label = "promises"
