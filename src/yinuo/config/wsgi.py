"""The WSGI entry for the application server."""

import os
import signal

from django.core.wsgi import get_wsgi_application

from yinuo.config.tether import SERVER, follow_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yinuo.config.settings")
if SERVER in os.environ:
    # A page process whose server was killed would keep the port for itself. Its parent now need
    # not be its server: that may have died while this was being loaded.
    follow_parent(int(os.environ[SERVER]), signal.SIGKILL)
application = get_wsgi_application()
