"""The OpenAPI document of the bridge: its operations, example values of its parameters, and whether an answer is as it says."""

from jsonschema import Draft202012Validator

# Of each parameter a value that is right when its schema names none, and values that are wrong.
RIGHT = {"q": "table", "cursor": None, "id": None}
WRONG = {
    "outcome": ["great", "Booked"], "q": ["%FF", "a" * 201], "number": ["abc", "1" * 16], "from": ["yesterday", "2026-02-30"],
    "to": ["2026-13-01", "soon"], "min_duration": ["-1", "86401", "1.5"], "max_duration": ["x"], "status": ["done"],
    "direction": ["sideways"], "provider": ["nobody"], "cursor": ["%00", "!", "1_2", "no-such-page"], "limit": ["0", "501", "many"],
    "actor": ["%FF", "a" * 129], "action": ["a%0Ab"], "bom": ["yes"], "window": ["2m", "ever"], "allowed": ["yes", "1"], "answered": ["yes"], "hour": ["24", "-1", "noon"], "weekday": ["0", "8", "Monday"], "bucket": ["minute"],
}


def ends_of(value):
    """A long list without its middle: validating takes milliseconds an item."""
    return value[:10] + value[-10:] if isinstance(value, list) and len(value) > 20 else value


class Document:
    def __init__(self, text):
        self.text = text
        self.components = text["components"]

    def resolve(self, part):
        while "$ref" in part:
            name = part["$ref"].removeprefix("#/").split("/")
            part = self.text
            for step in name:
                part = part[step]
        return part

    def operations(self):
        """(method, path, operation) of all."""
        return [(method.upper(), path, operation) for path, methods in self.text["paths"].items()
                for method, operation in methods.items()]

    def parameters(self, operation):
        return [self.resolve(parameter) for parameter in operation.get("parameters", [])]

    def query_parameters(self, operation):
        return [parameter for parameter in self.parameters(operation) if parameter["in"] == "query"]

    def right_value(self, parameter):
        schema = self.resolve(parameter["schema"])
        return parameter.get("example") or (schema["enum"][0] if "enum" in schema else RIGHT[parameter["name"]])

    def complaints(self, operation, answer):
        """What about this answer is not as the operation says; empty when all is."""
        described = operation["responses"].get(str(answer.status))
        if described is None:
            return [f"status {answer.status} is not described: {answer.text[:200]}"]
        content = self.resolve(described).get("content", {})
        media_type = answer.media_type
        if media_type not in content:
            return [f"{media_type} with status {answer.status} is not described"]
        return self.mismatch(content[media_type]["schema"], answer)

    def mismatch(self, schema, answer):
        validator = Draft202012Validator({**schema, "components": self.components})
        if answer.media_type == "application/x-ndjson":
            values = [answer.parse(line) for line in ends_of(answer.text.splitlines())]
        else:
            values = [ends_of(answer.parse(answer.text)) if "json" in answer.media_type else answer.text]
        return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
                for value in values for error in validator.iter_errors(value)]
