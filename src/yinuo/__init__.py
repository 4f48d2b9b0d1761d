"""Yinuo: a delivery and service system in which a promise is an object."""

__version__ = "0.1.0"
