from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "yinuo.jobs"
    label = "jobs"
