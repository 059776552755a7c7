"""What the cases do to a call and ask about it."""

# No new stream after a broken one: this caller is gone.
GONE = {"fall_through_ms": 30000}
SOME_SECONDS = "We have a great many appointments left this week, so please take your time. " * 4


def talking(lane, **body):
    """A call whose caller only listens; its stream is open and its agent is heard."""
    sid, = lane.start(script=[], **body)
    lane.stream(sid)
    lane.until(f"the agent of {sid} is heard", lambda: heard_ms(lane, sid) > 500)
    return sid


def heard_ms(lane, sid):
    """How much agent audio the carrier has got in the call's last stream."""
    return lane.report(sid)["streams"][-1].get("agent_ms_received", 0)


def agent_is_heard_again(lane, sid, heard_before_ms, patience_s=15):
    lane.until(f"the agent of {sid} is heard again", lambda: heard_ms(lane, sid) > heard_before_ms + 300, patience_s)


def greeting_is_over(lane, sid):
    """Until the caller has heard the agent fall silent."""
    lane.control.post(f"/calls/{sid}/steps", [{"do": "wait_agent"}, {"do": "dtmf", "digits": "1"}])
    lane.until(f"the greeting of {sid} is over", lambda: lane.events(sid, "dtmf"))


def order(lane, chat, fault, **details):
    """Something goes wrong in a live session of the stand-in."""
    lane.control.post(f"/evi/chats/{chat['id']}/do", {"fault": fault, **details})


def agent_talks_on(lane, sid, text=SOME_SECONDS):
    order(lane, lane.sessions(sid)[-1], "say", text=text)


def caller_says(lane, sid, clip="book"):
    lane.control.post(f"/calls/{sid}/steps", [{"do": "say", "clip": clip}])


def hang_up(lane, sid):
    lane.control.post(f"/calls/{sid}/hangup", {})


def ends_well(lane, sid):
    """The call was alive to its last moment: the caller is the one who ends it."""
    hang_up(lane, sid)
    reason = lane.row(sid)["end_reason"]
    assert reason == "caller_hung_up", f"end of {sid}: {reason}"


def sessions_are_closed(lane, sid):
    lane.until(f"the agent's sessions of {sid} are closed", lambda: all(chat["done"] for chat in lane.sessions(sid)))


def apology(lane, sid):
    """The last TwiML of the call, once it is over; text."""
    return str(lane.control.get(f"/calls/{sid}/wait?seconds=30", timeout_s=40)["twiml"][-1])
