from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "yinuo.platform"
    label = "platform"
