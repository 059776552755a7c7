"""Two bridges on one database: what an operator of one wants of a call of the other."""

import os
import time
import urllib.request

from checks import equal, test, true
from client import AdminSocket
from processes import Program, free_port
from stage import ask
from world import BUILD


class SecondNode:
    """Another `tandem serve` with the world's database and parties, and a spool of its own."""

    def __init__(self, world):
        self.port = free_port()
        environment = {**world.environment, "PORT": str(self.port), "SPOOL_DIR": str(world.folder / f"spool-{self.port}")}
        self.program = Program("second tandem", [BUILD / "tandem", "serve"], {**os.environ, **environment},
                               world.folder / f"node-{self.port}.log")
        world.until("the second node answers", lambda: self._is_ready() or not self.program.is_alive(), 30)

    def clients(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return [int(line.split()[1]) for line in lines if line.startswith("tandem_admin_ws_clients ")][0]

    def _is_ready(self):
        try:
            return ask(self.port, "GET", "/api/v1/calls?limit=1")[0] == 200
        except OSError:
            return False


def asked_and_done(stage, call_id, event):
    return stage.world.until(event, lambda: stage.world.sql(
        f"select extract(epoch from timestamp), event_data ->> 'by' from bridge.events where call_id = '{call_id}' "
        f"and event_type = '{event}'"))[0]


@test("A13: commands for a call of another node reach it within two seconds, over the socket and over HTTP")
def other_node(stage):
    watcher = stage.watch()
    node = SecondNode(stage.world)
    try:
        sid, call_id = stage.talking(watcher)
        afar = stage.open("operator", "ben", world=node)
        equal(afar.ask("subscribe", calls="all")["type"], "ack", "subscribe")
        equal(afar.wait_for("snapshot")["calls"], [], "it carries no call itself")
        began = time.time()
        equal(afar.ask("say", call_id=call_id, text="From the other node.")["type"], "ack", "say")
        done, by = asked_and_done(stage, call_id, "operator_say")
        equal(by, "token:ben", "who")
        true(float(done) - began <= 2, f"said after {float(done) - began:.2f} s")
        watcher.wait_for("operator_action", call_id, action="say", by="token:ben")
        began = time.time()
        equal(ask(node.port, "POST", f"/api/v1/calls/{call_id}/hangup", {}),
              (202, {"call_id": call_id, "command": "hangup", "state": "accepted"}), "hangup over HTTP")
        done, by = asked_and_done(stage, call_id, "operator_hang_up")
        equal(by, "local", "who")
        true(float(done) - began <= 2, f"hung up after {float(done) - began:.2f} s")
        equal(watcher.wait_for("call_ended", call_id, patience_s=15)["end_reason"], "operator_hung_up", "the end")
        stage.world.control.get(f"/calls/{sid}/wait?seconds=20", timeout_s=30)
        stage.world.until("the row ends", lambda: stage.world.row(sid)["end_reason"])
        equal(ask(node.port, "POST", f"/api/v1/calls/{call_id}/hangup", {})[0], 404, "it is over everywhere")
        equal(stage.world.sql("select * from bridge.node_commands"), [], "nothing stays in the table")
    finally:
        node.program.stop()


@test("64 clients are let in, one more is told to come later")
def crowd(stage):
    node = SecondNode(stage.world)
    clients = []
    try:
        while len(clients) < 80 and not any(client.is_over for client in clients):
            clients.append(AdminSocket(node, stage.ticket(port=node.port)))
            stage.world.until("an answer", lambda: clients[-1].messages or clients[-1].is_over)
        equal([len(clients), clients[-1].close_code], [65, 1013], "the last")
        stage.world.until("it is gone", lambda: node.clients() == 64)
        for client in clients:
            client.close()
        stage.world.until("all are gone", lambda: node.clients() == 0)
    finally:
        node.program.stop()
