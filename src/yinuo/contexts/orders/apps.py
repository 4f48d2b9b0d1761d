from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "yinuo.contexts.orders"
    label = "orders"
