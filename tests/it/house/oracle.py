"""Runs the scripts given as arguments on asyncio, and prints the trace of each on a line of its own.

The other half is oracle.rs, which says what a script is and does the same on our loop.
"""
import asyncio
import socket
import struct
import sys
import threading

DEADLINE = 10


class Log:
    """What has happened, in order. Written by the loop, waited for by the peer."""

    def __init__(self):
        self.events = []
        self.changed = threading.Condition()

    def add(self, event):
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def add_data(self, name, n):
        """Counts bytes; how they were grouped does not matter."""
        with self.changed:
            last, _, total = self.events[-1].rpartition(" ")
            if last == name:
                self.events.pop()
                n += int(total)
            self.events.append("%s %d" % (name, n))
            self.changed.notify_all()

    def wait_for(self, wanted):
        def happened():
            return any(event == wanted or event.startswith(wanted + " ") for event in self.events)

        with self.changed:
            if not self.changed.wait_for(happened, DEADLINE):
                raise TimeoutError("no %s in %s" % (wanted, self.events))


class Recorder(asyncio.Protocol):
    def __init__(self, log, keep_open, name=""):
        self.log, self.keep_open, self.name = log, keep_open, name

    def connection_made(self, transport):
        self.log.add(self.name + "made")

    def data_received(self, data):
        self.log.add_data(self.name + "data", len(data))

    def eof_received(self):
        self.log.add(self.name + "eof")
        return self.keep_open

    def pause_writing(self):
        self.log.add(self.name + "pause")

    def resume_writing(self):
        self.log.add(self.name + "resume")

    def connection_lost(self, exc):
        self.log.add(self.name + ("lost" if exc is None else "lost %d" % exc.errno))


def act(transport, log, action):
    """One `do` of a script, on the loop's own thread."""
    log.add("do " + action)
    name, _, number = action.partition(" ")
    if name == "write":
        transport.write(bytes(int(number)))
    elif name == "limits":
        transport.set_write_buffer_limits(high=int(number))
    elif name == "set_protocol":
        transport.set_protocol(Recorder(log, False, "second "))
    else:
        getattr(transport, name)()


def receive(peer, wanted):
    """Reads so many bytes, or as many as come before the end; how many, and whether it ended."""
    total = 0
    while total < wanted:
        n = len(peer.recv(min(65536, wanted - total)))
        if n == 0:
            return "%d end" % total
        total += n
    return str(total)


def play(loop, transport, peer, log, steps):
    """The peer's thread: one step after the other; what it has read."""
    reads = []
    for step in steps:
        name, _, rest = step.partition(" ")
        if name == "do":
            done = threading.Event()
            loop.call_soon_threadsafe(lambda: (act(transport, log, rest), done.set()))
            if not done.wait(DEADLINE):
                raise TimeoutError(step)
        elif name == "await":
            log.wait_for(rest)
        elif name == "send":
            peer.sendall(bytes(int(rest)))
        elif name == "read":
            reads.append(receive(peer, sys.maxsize if rest == "all" else int(rest)))
        elif name == "end":
            peer.shutdown(socket.SHUT_WR)
        elif name == "reset":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
        else:
            raise ValueError(step)
    return reads


def tcp_pair():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = socket.create_connection(listener.getsockname())
        return listener.accept()[0], peer


async def run(script):
    head, *steps = script.split("; ")
    ours, peer = tcp_pair() if "tcp" in head else socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
    peer.settimeout(DEADLINE)
    loop = asyncio.get_running_loop()
    log = Log()
    transport, _ = await loop.create_connection(lambda: Recorder(log, "keep open" in head), sock=ours)
    reads = await loop.run_in_executor(None, play, loop, transport, peer, log, steps)
    peer.close()
    return ", ".join(log.events) + " | " + ", ".join(reads)


if sys.version_info < (3, 8):
    sys.exit(77)
for argument in sys.argv[1:]:
    print(asyncio.run(run(argument)))
