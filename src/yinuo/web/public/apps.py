from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "yinuo.web.public"
    label = "web_public"
