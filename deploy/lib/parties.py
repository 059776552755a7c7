"""The settings of one run: which outside parties are real, which are stand-ins, and what the bridge is told."""

import contextlib
import os
import secrets
from dataclasses import dataclass

from processes import Failure

PUBLIC_HOST = "tandem.test"  # reserved name (RFC 6761); the Twilio stand-in knows the way to it


@dataclass(frozen=True)
class Party:
    name: str  # for people
    flag: str  # of tandem-standins
    keys: tuple  # settings that mean: use the real one
    url_setting: str
    stands_for: str  # besides being a voice agent, where the settings want that
    voice: str = ""  # its name in VOICE_PROVIDER and VOICE_FALLBACK


PARTIES = (
    Party("Twilio", "twilio", ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"), "TWILIO_API_URL",
          "telephony, with a scripted caller"),
    Party("Hume EVI", "evi", ("HUME_API_KEY",), "HUME_URL", "", "hume"),
    Party("Gemini", "gemini", ("GEMINI_API_KEY",), "GEMINI_URL", "the outcome analysis", "gemini"),
    Party("OpenAI", "openai", ("OPENAI_API_KEY",), "OPENAI_URL", "", "openai"),
)


def read_settings(env_file):
    """The environment over the lines of .env."""
    settings = {}
    if env_file.is_file():
        for number, line in enumerate(env_file.read_text().splitlines(), 1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            name, equals, value = line.partition("=")
            if not equals:
                raise Failure(f"{env_file}:{number}: not NAME=value")
            settings[name.strip()] = value.strip()
    settings.update(os.environ)
    return settings


def has(settings, key):
    aliases = {"GEMINI_API_KEY": ["GOOGLE_API_KEY"]}
    return any(settings.get(name) for name in [key, key + "_FILE", *aliases.get(key, [])])


def tasks(party, settings):
    """What the settings want of a party, in words; nothing: it is not needed."""
    agents = {settings.get("VOICE_PROVIDER") or "hume": "the voice agent",
              settings.get("VOICE_FALLBACK") or "none": "the voice agent of the fallback"}
    return [task for task in (agents.get(party.voice), party.stands_for) if task]


def stand_ins_needed(settings):
    return [party for party in PARTIES
            if tasks(party, settings) and not all(has(settings, key) for key in party.keys)]


def invented_credentials(stand_ins):
    """Thrown away with this run. Stand-in and bridge get the same, over the environment, never as arguments."""
    made = {
        "twilio": {"TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16), "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
                   "TWILIO_API_KEY": "SK" + secrets.token_hex(16), "TWILIO_API_SECRET": secrets.token_hex(16),
                   "TWILIO_PHONE_NUMBER": "+14155550100"},
        "evi": {"HUME_API_KEY": secrets.token_urlsafe(32)},
        "gemini": {"GEMINI_API_KEY": secrets.token_urlsafe(32)},
        "openai": {"OPENAI_API_KEY": secrets.token_urlsafe(32)},
    }
    return {name: value for party in stand_ins for name, value in made[party.flag].items()}


def private_key(path):
    """A file with a key of 256 bits that nobody else may read, made once."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
    return path
