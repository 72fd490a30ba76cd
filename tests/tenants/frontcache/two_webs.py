"""Two gunicorns of one worker each on the ports of the command line, from one import of the product."""

import os
import sys
from typing import Any

from gunicorn.app.base import BaseApplication

from saas.project.wsgi import application


class Web(BaseApplication):
    """A gunicorn on one port."""

    def __init__(self, port: str) -> None:
        self.port = port
        super().__init__()

    def load_config(self) -> None:
        given: dict[str, Any] = {
            "bind": f"127.0.0.1:{self.port}",
            "worker_class": "gthread",
            "threads": 8,
            "loglevel": "error",
            "graceful_timeout": 2,
            "control_socket_disable": True,
        }
        for name, value in given.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return application


children = []
for one in sys.argv[1:]:
    child = os.fork()
    if not child:
        Web(one).run()
        sys.exit()
    children.append(child)
for child in children:
    os.waitpid(child, 0)
