"""Who is taken away, how, when, and who takes over. Everything follows from the seed."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Control:
    """Where a voice provider's stand-in takes orders."""
    orders: str
    sessions: str
    kind: str  # key of the list in its answer
    spent: dict  # the close with which it says that it will not serve this call any more


CONTROL = {
    "hume": Control("/evi", "/evi/chats", "chats", {"close_code": 1008}),
    "gemini": Control("/gemini/live", "/gemini/live/sessions", "sessions", {
        "close_code": 1011, "close_reason": "You exceeded your current quota, please check your plan and billing details."}),
    "openai": Control("/openai", "/openai/sessions", "sessions", {"close_code": 1008}),
}
REFUSALS = (401, 403, 404, 429, 500, 503)
LATEST_S = 18.5  # then the agent says goodbye


@dataclass(frozen=True)
class Pair:
    primary: str
    fallback: str
    lost: int  # calls whose session breaks
    frozen: int  # calls whose agent falls mute with its socket open
    seed: int

    @property
    def name(self):
        return f"{self.primary} to {self.fallback}"

    @property
    def calls(self):
        return self.lost + self.frozen

    def losses(self):
        """One way to lose the session for each call, as faults of the primary's stand-in; the freezes come first."""
        numbers = random.Random(self.seed)

        def moment():
            return round(numbers.uniform(0.3, LATEST_S) * 1000)
        return ([{"mute_after_ms": moment()} for _ in range(self.frozen)]
                + [self._loss(way % 4, moment()) for way in range(self.lost)])

    def _loss(self, way, after_ms):
        if way == 0:
            return {"reset_after_ms": after_ms}
        if way == 1:
            return {"eof_after_ms": after_ms}
        if way == 2:
            return {"close_after_ms": after_ms, "close_code": 1011}
        return {"close_after_ms": after_ms, **CONTROL[self.primary].spent}

    def refusals(self):
        """What the primary answers to the next upgrades; after them it answers 503."""
        numbers = random.Random(self.seed + 1)
        return [numbers.choice(REFUSALS) for _ in range(self.calls)]


PAIRS = (Pair("hume", "gemini", 40, 10, 4), Pair("gemini", "openai", 12, 4, 5), Pair("openai", "hume", 12, 4, 6))

# "One moment, please." is no answer to this caller, who hangs up when nothing more comes: nobody may have heard the last words.
PATIENT = [{"do": "wait_agent", "min_ms": 1800}, {"do": "say", "clip": "book"},
           {"do": "wait_agent", "min_ms": 1800, "timeout_ms": 30000}, {"do": "say", "clip": "pick"},
           {"do": "wait_agent", "min_ms": 1800, "timeout_ms": 30000}, {"do": "say", "clip": "thanks"},
           {"do": "wait_agent"}, {"do": "pause", "ms": 9000}, {"do": "hang_up"}]
