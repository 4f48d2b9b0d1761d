from django.apps import AppConfig


class TransitConfig(AppConfig):
    name = "yinuo.contexts.transit"
    label = "transit"
