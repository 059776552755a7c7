"""Exports: whole, readable by other people's parsers, harmless to spreadsheets, and no burden while nobody reads."""

import csv
import io
import json
import socket
import subprocess
import time

from checks import equal, test, true
from world import BUILD

OCTOBER = "from=2026-10-01&to=2026-10-31"
ODDS = ["'=1+1", 'a,"b"\r\nc', "'@SUM(A1)", "caf\u00e9"]


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


@test("A03: the CSV of thousands of calls reads back row by row, and no cell is a formula")
def csv_file(world):
    answer = world.http.get(f"/api/v1/calls/export.csv?{OCTOBER}")
    equal([answer.headers.get("transfer-encoding"), answer.headers.get("content-disposition")],
          ["chunked", 'attachment; filename="calls.csv"'], "headers")
    rows = rows_of(answer.text)
    equal(len(rows), world.invented, "rows")
    equal([row["id"] for row in rows], sorted((row["id"] for row in rows), reverse=True), "newest first")
    equal(sorted({row["purpose"] for row in rows}), sorted(ODDS), "purposes")
    true(all(row["phone_number"].startswith("'+1415555") for row in rows), "numbers are neutralised")
    formulas = [cell for row in rows for cell in row.values() if cell[:1] in set("=+-@\t\r\n") - {""}]
    equal(formulas, [], "formulas")


@test("JSON, NDJSON and the command hold the same calls as the list")
def json_file(world):
    array = world.http.get(f"/api/v1/calls/export.json?{OCTOBER}").json()
    lines = [json.loads(line) for line in
             world.http.get(f"/api/v1/calls/export.json?{OCTOBER}", Accept="application/x-ndjson").text.splitlines()]
    equal(len(array), world.invented, "calls")
    equal(array, lines, "NDJSON")
    done = subprocess.run([BUILD / "tandem", "export", "--ndjson", "--from=2026-10-01", "--to=2026-10-31"],
                          env=world.environment, check=True, text=True, stdout=subprocess.PIPE)
    equal([json.loads(line) for line in done.stdout.splitlines()], array, "tandem export")
    listed = world.http.get(f"/api/v1/calls?{OCTOBER}&limit=500").json()["calls"]
    equal([call["id"] for call in array[:500]], [call["id"] for call in listed], "the list")


@test("an export of no call is an empty file of its kind, and a wrong filter a problem, by command too")
def empty_file(world):
    equal(len(world.http.get("/api/v1/calls/export.csv?from=2020-01-01&to=2020-01-02").text.splitlines()), 1, "CSV")
    equal(world.http.get("/api/v1/calls/export.json?from=2020-01-01&to=2020-01-02").json(), [], "JSON")
    equal(world.http.get("/api/v1/calls/export.csv?bom=true&to=2020-01-02").text[:3], "\ufeffid", "byte order mark")
    done = subprocess.run([BUILD / "tandem", "export", "--outcome=great"], env=world.environment, check=False, text=True,
                          capture_output=True)
    equal([done.returncode, done.stdout, done.stderr.splitlines()[0][:20]], [2, "", "tandem: --outcome: o"], "command")


@test("a client that goes away in the middle of an export leaves nothing behind, and lists answer meanwhile")
def gone(world):
    clients = []
    for _ in range(8):
        client = socket.create_connection(("127.0.0.1", world.port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /api/v1/calls/export.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        true(client.recv(100).startswith(b"HTTP/1.1 200"), "the export begins")
        clients.append(client)
    begun = time.monotonic()
    equal(world.http.get("/api/v1/calls?limit=1").status, 200, "list while eight exports wait for their readers")
    true(time.monotonic() - begun < 5, "and soon")
    for client in clients:
        client.close()
    equal(world.http.get("/readyz").status, 200, "ready")
