"""Tests as functions: the name says the behaviour, an AssertionError says what was seen instead."""

import json

TESTS = []


def test(name):
    def keep(function):
        TESTS.append((name, function))
        return function
    return keep


def equal(found, expected, what=""):
    assert found == expected, f"{what}: found {json.dumps(found)[:600]}, expected {json.dumps(expected)}"


def true(fact, what):
    assert fact, what
