from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "yinuo.contexts.ledger"
    label = "ledger"
