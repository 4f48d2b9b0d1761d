"""What the application server runs: the framework, and before it the short way to a ticket.

The first import makes the tables ready that the second one needs.
"""

from yinuo.config.wsgi import application as framework
from yinuo.web.api.door import with_door

application = with_door(framework)
