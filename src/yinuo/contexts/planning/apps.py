from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "yinuo.contexts.planning"
    label = "planning"
