from django.apps import AppConfig


class CustomerConfig(AppConfig):
    name = "yinuo.web.customer"
    label = "web_customer"
