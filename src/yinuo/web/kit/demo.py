"""Whether this installation is a demo, where picking a role replaces the login."""

from yinuo.platform.models import Installation


def is_demo() -> bool:
    """Whether this database was filled by `yinuo demo load` and holds no real person."""
    return Installation.objects.filter(kind=Installation.Kind.DEMO).exists()
