from django.apps import AppConfig


class VehiclesConfig(AppConfig):
    name = "yinuo.contexts.vehicles"
    label = "vehicles"
