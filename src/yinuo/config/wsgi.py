"""The WSGI entry for the application server."""

import os

from django.core.wsgi import get_wsgi_application

from yinuo.config.tether import follow_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yinuo.config.settings")
if "YINUO_SUPERVISED" in os.environ:
    # A page process whose server was killed would keep the port for itself.
    follow_parent(os.getppid())
application = get_wsgi_application()
