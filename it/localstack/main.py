"""Starts LocalStack on the loopback interface: it takes a host from GATEWAY_LISTEN, but listens on every interface.

Its one argument is the folder it keeps its files in; it is there to tell this process and its engines from others.
"""

import functools

from twisted.internet import endpoints

endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")

from localstack.runtime.main import main  # noqa: E402  only after the change above

if __name__ == "__main__":
    main()
