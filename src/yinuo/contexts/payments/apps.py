from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "yinuo.contexts.payments"
    label = "payments"
