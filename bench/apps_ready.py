"""Imported first by a process that measures: Django's apps, which tables need, are ready after."""

import django

django.setup()
