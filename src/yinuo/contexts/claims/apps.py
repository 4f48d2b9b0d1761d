from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "yinuo.contexts.claims"
    label = "claims"
