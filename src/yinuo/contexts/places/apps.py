from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "yinuo.contexts.places"
    label = "places"
