"""JSON over HTTP to programs on this machine: the bridge's API and the stand-ins' control port."""

import json
import urllib.error
import urllib.request

from processes import Failure

# never through a proxy: both ends are here
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Client:
    def __init__(self, name, url):
        self._name, self.url = name, url
        self.token = None  # once the bridge has users, programs identify themselves

    def get(self, path, timeout_s=10):
        return self._ask("GET", path, None, timeout_s)

    def post(self, path, body, timeout_s=10):
        return self._ask("POST", path, body, timeout_s)

    def put(self, path, body, timeout_s=10):
        return self._ask("PUT", path, body, timeout_s)

    def status(self, path):
        """HTTP status, or 0 when nobody answers."""
        try:
            with _OPENER.open(self.url + path, timeout=2) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def _ask(self, method, path, body, timeout_s):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with _OPENER.open(request, timeout=timeout_s) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise Failure(f"{self._name} answered {method} {path} with {error.code}: "
                          f"{error.read(300).decode(errors='replace')}") from error
        except (OSError, ValueError) as error:
            raise Failure(f"{self._name} did not answer {method} {path}: {error}") from error
