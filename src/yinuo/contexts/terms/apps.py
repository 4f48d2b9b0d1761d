from django.apps import AppConfig


class TermsConfig(AppConfig):
    name = "yinuo.contexts.terms"
    label = "terms"
