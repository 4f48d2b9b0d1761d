from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "yinuo.web.api"
    label = "web_api"
