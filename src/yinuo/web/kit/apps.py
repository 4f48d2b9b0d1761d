from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "yinuo.web.kit"
    label = "web_kit"
