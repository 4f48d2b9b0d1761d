from django.apps import AppConfig


class HandoverConfig(AppConfig):
    name = "yinuo.contexts.handover"
    label = "handover"
