"""What may be asked of the gate: exactly these keys and values, nothing else (see tcp_gate.py)."""

DIRECTIONS = {"up": ("up",), "down": ("down",), "both": ("up", "down")}
MODES = ("forward", "black_hole", "refuse", "deaf")
FAULTS = {  # fault: (required, optional)
    "delay": ({"direction", "ms"}, set()),
    "stall": ({"direction"}, {"ms"}),
    "release": ({"direction"}, set()),
    "slice": ({"direction", "bytes"}, {"pause_ms"}),
    "corrupt": ({"direction", "offset", "bit"}, set()),
    "reset": (set(), {"direction", "after_bytes"}),
    "half_close": ({"direction"}, set()),
}


class BadOrder(Exception):
    """What is wrong with a line of input."""


def checked(order, required, optional=frozenset()):
    """The order itself, if it has exactly the keys it may have."""
    keys = set(order)
    if required - keys or keys - required - set(optional):
        raise BadOrder(f"needs {sorted(required)}, may have {sorted(optional)}: {sorted(keys)}")
    return order


def checked_fault(order):
    kind = order.get("fault")
    if kind not in FAULTS:
        raise BadOrder(f"no such fault: {kind}")
    checked(order, FAULTS[kind][0] | {"fault"}, FAULTS[kind][1])
    if order.get("direction", "both") not in DIRECTIONS:
        raise BadOrder(f"no such direction: {order['direction']}")
    for key in ("ms", "bytes", "pause_ms", "offset", "bit", "after_bytes"):
        if not isinstance(order.get(key, 0), int) or order.get(key, 0) < 0:
            raise BadOrder(f"{key} is a whole number, at least 0")
    if order.get("bit", 0) > 7 or ("after_bytes" in order and order.get("direction") not in ("up", "down")):
        raise BadOrder("bit is 0 to 7; after_bytes needs one direction")
    return order
