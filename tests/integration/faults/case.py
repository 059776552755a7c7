"""Faults as functions: each belongs to a lane, and its name begins with the ids of the faults it shows."""

from dataclasses import dataclass
from typing import Callable

CASES = []


@dataclass(frozen=True)
class Case:
    lane: str
    name: str
    run: Callable
    alone: bool  # nothing else happens in its lane meanwhile; those come last, in their order


def fault(lane, name, alone=False):
    def keep(function):
        CASES.append(Case(lane, name, function, alone))
        return function
    return keep
