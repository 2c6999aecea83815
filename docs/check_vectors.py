#!/usr/bin/env python3
"""Judges the test vectors of a protocol by its JSON Schema, with nothing but Python.

    python3 check_vectors.py generated/local-im/schemas.json generated/local-im/vectors.json

Only the keywords that the four protocols use are known; another one ends the run.
"""
import json
import re
import sys

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
SAID = {"$schema", "$comment", "title", "description", "contentMediaType", "contentSchema", "if", "then", "else"}


def is_type(value, name):
    if name in ("number", "integer"):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return is_number and (name == "number" or value == int(value))
    return isinstance(value, TYPES[name])


def same(one, other):
    """True is not 1 here."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def step(path, name):
    return path + "/" + str(name).replace("~", "~0").replace("/", "~1")


class Schemas:
    def __init__(self, document):
        self.definitions = document["definitions"]

    def faults(self, schema, value, path=""):
        """Every (keyword, path) that fails, those of branches included."""
        if schema is True:
            return []
        if schema is False:
            return [("false schema", path)]
        if "$ref" in schema:
            return self.faults(self.definitions[schema["$ref"].split("/")[-1]], value, path)
        found = []
        for keyword, given in schema.items():
            if keyword not in SAID:
                found += getattr(self, "check_" + keyword)(given, value, path, schema)
        if "if" in schema:
            branch = "else" if self.faults(schema["if"], value, path) else "then"
            inner = self.faults(schema.get(branch, True), value, path)
            found += inner + ([("if", path)] if inner else [])
        return found

    def check_type(self, given, value, path, _):
        names = given if isinstance(given, list) else [given]
        return [] if any(is_type(value, name) for name in names) else [("type", path)]

    def check_const(self, given, value, path, _):
        return [] if same(given, value) else [("const", path)]

    def check_enum(self, given, value, path, _):
        return [] if any(same(each, value) for each in given) else [("enum", path)]

    def check_required(self, given, value, path, _):
        return [("required", path) for name in given if isinstance(value, dict) and name not in value]

    def check_properties(self, given, value, path, _):
        present = [name for name in given if isinstance(value, dict) and name in value]
        return [fault for name in present for fault in self.faults(given[name], value[name], step(path, name))]

    def check_additionalProperties(self, given, value, path, schema):
        others = [name for name in value if name not in schema.get("properties", {})] if isinstance(value, dict) else []
        if given is False:
            return [("additionalProperties", path) for _ in others]
        return [fault for name in others for fault in self.faults(given, value[name], step(path, name))]

    def check_items(self, given, value, path, _):
        items = value if isinstance(value, list) else []
        return [fault for index, item in enumerate(items) for fault in self.faults(given, item, step(path, index))]

    def check_minItems(self, given, value, path, _):
        return [("minItems", path)] if isinstance(value, list) and len(value) < given else []

    def check_maxItems(self, given, value, path, _):
        return [("maxItems", path)] if isinstance(value, list) and len(value) > given else []

    def check_minLength(self, given, value, path, _):
        return [("minLength", path)] if isinstance(value, str) and len(value) < given else []

    def check_maxLength(self, given, value, path, _):
        return [("maxLength", path)] if isinstance(value, str) and len(value) > given else []

    def check_pattern(self, given, value, path, _):
        # Python's $ lets a line break follow.
        pattern = re.sub(r"\$$", r"\\Z", given)
        return [("pattern", path)] if isinstance(value, str) and not re.search(pattern, value) else []

    def check_minimum(self, given, value, path, _):
        return [("minimum", path)] if is_type(value, "number") and value < given else []

    def check_maximum(self, given, value, path, _):
        return [("maximum", path)] if is_type(value, "number") and value > given else []

    def check_allOf(self, given, value, path, _):
        return [fault for branch in given for fault in self.faults(branch, value, path)]

    def check_anyOf(self, given, value, path, _):
        found = [self.faults(branch, value, path) for branch in given]
        return [] if any(not each for each in found) else sum(found, []) + [("anyOf", path)]

    def check_oneOf(self, given, value, path, _):
        found = [self.faults(branch, value, path) for branch in given]
        return [] if sum(not each for each in found) == 1 else sum(found, []) + [("oneOf", path)]

    def check_not(self, given, value, path, _):
        return [] if self.faults(given, value, path) else [("not", path)]


def refuse_constant(name):
    raise ValueError(name + " is no JSON")


def parse(text):
    return json.loads(text, parse_constant=refuse_constant)


def text_faults(schemas, texts, value):
    """What the JSON texts within a message say wrong."""
    found = []
    for place, held in texts.items():
        text = value.get(place[1:]) if isinstance(value, dict) else None
        if isinstance(text, str):
            try:
                found += schemas.faults({"$ref": held}, parse(text))
            except ValueError:
                found.append(("contentMediaType", ""))
    return found


def deviation(schemas, messages, vector):
    """What is said of a vector against what it says of itself; None where that is the same."""
    try:
        value = parse(vector["frame"])
    except ValueError:
        return None if vector.get("keyword") == "json" else "it is no JSON"
    outer = [schemas.faults({"$ref": each["schema"]}, value) for each in messages]
    inner = [text_faults(schemas, each.get("texts", {}), value) for each in messages]
    # Every message is tried here, whatever its tag.
    is_read = any(not one and not other for one, other in zip(outer, inner))
    if is_read != (vector["valid"] or "fits" in vector):
        return "it is accepted" if is_read else "it is refused"
    inside = vector.get("inside")
    if vector["valid"] or vector["keyword"] in ("message", "json") or (vector["keyword"] == "contentSchema" and not inside):
        return None
    wanted = (inside or vector)["keyword"].replace("discriminator", "oneOf"), (inside or vector)["path"]
    places = [index for index, each in enumerate(messages) if each["message"] == vector["message"]]
    said = [fault for index in places for fault in (inner if inside else outer)[index]]
    return None if wanted in said else f"{wanted} was expected, not {said}"


def main(schema_file, vector_file):
    with open(schema_file, encoding="utf8") as file:
        document = json.load(file)
    with open(vector_file, encoding="utf8") as file:
        vectors = json.load(file)
    schemas = Schemas(document)
    count = good = 0
    for way in vectors["ways"]:
        messages = next(each["messages"] for each in document["x-ways"] if (each["channel"], each["direction"]) == (way["channel"], way["direction"]))
        for vector in way["vectors"]:
            count += 1
            wrong = deviation(schemas, messages, vector)
            good += wrong is None
            if wrong:
                print(f"{way['direction']} {json.dumps(vector['frame'])}: {wrong}")
    print(f"{good} of {count} vectors of {vectors['protocol']} are judged as they say")
    return 0 if good == count else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: check_vectors.py SCHEMAS.json VECTORS.json")
    sys.exit(main(sys.argv[1], sys.argv[2]))
