from django.apps import AppConfig


class ProductionConfig(AppConfig):
    name = "yinuo.contexts.production"
    label = "production"
