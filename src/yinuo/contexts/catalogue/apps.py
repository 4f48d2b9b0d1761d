from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "yinuo.contexts.catalogue"
    label = "catalogue"
