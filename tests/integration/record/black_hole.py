"""P03 on a real black hole: packets that go nowhere, and nobody says so.

Run as `unshare -n python3 black_hole.py DRIVER UNIX_SOCKET SPOOL` in a network of its own. The driver reaches PostgreSQL
through a relay on this network's loopback; the loopback is then switched off. Prints {"noticed_s": ..., "back_s": ...}.
"""

import fcntl
import json
import socket
import struct
import subprocess
import sys
import threading
import time

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def switch_loopback(is_up):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sH14s", b"lo", 0, b"")
        flags, = struct.unpack_from("H", fcntl.ioctl(probe, SIOCGIFFLAGS, request), 16)
        flags = flags | IFF_UP if is_up else flags & ~IFF_UP
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags, b""))


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def relay(listener, path):
    while True:
        client, _ = listener.accept()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(path)
        except OSError:
            client.close()
            continue
        for ends in ((client, server), (server, client)):
            threading.Thread(target=pump, args=ends, daemon=True).start()


def wait_for(lines, word):
    begun = time.monotonic()
    for line in lines:
        if line.strip() == f"state {word}":
            return round(time.monotonic() - begun, 2)
    raise SystemExit(f"the driver ended before its state was {word}")


def main(driver, path, spool):
    switch_loopback(True)
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=relay, args=(listener, path), daemon=True).start()
    url = f"host=127.0.0.1 port={listener.getsockname()[1]} user=tandem dbname=tandem"
    process = subprocess.Popen([driver, spool, url, "1"], stdout=subprocess.PIPE, text=True)
    try:
        wait_for(process.stdout, "importing")
        time.sleep(0.5)
        switch_loopback(False)
        noticed = wait_for(process.stdout, "connecting")
        switch_loopback(True)
        print(json.dumps({"noticed_s": noticed, "back_s": wait_for(process.stdout, "importing")}))
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
