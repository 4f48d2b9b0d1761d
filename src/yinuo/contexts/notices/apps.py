from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "yinuo.contexts.notices"
    label = "notices"
