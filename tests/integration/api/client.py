"""HTTP as the tests of the API speak it: any target as it is, no redirects, no clever encoding."""

import http.client
import json
from dataclasses import dataclass


@dataclass
class Answer:
    status: int
    headers: dict
    text: str

    @property
    def media_type(self):
        return self.headers.get("content-type", "").split(";")[0]

    @staticmethod
    def parse(text):
        def once(pairs):
            names = [name for name, _ in pairs]
            assert len(names) == len(set(names)), f"a name twice in one object: {names}"
            return dict(pairs)
        return json.loads(text, object_pairs_hook=once)

    def json(self):
        return self.parse(self.text)


class Http:
    def __init__(self, port):
        self._port = port

    def ask(self, method, target, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=40)
        try:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()},
                          answer.read().decode("utf-8"))
        finally:
            connection.close()

    def get(self, target, **headers):
        return self.ask("GET", target, headers={name.replace("_", "-"): value for name, value in headers.items()})
