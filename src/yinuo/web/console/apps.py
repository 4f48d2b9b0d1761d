from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "yinuo.web.console"
    label = "web_console"
