"""A job that emits, and ends in the way that its arguments name.

Run as `python -m tests.producers.ending WAY EVENTS NAME`; the environment configures the emitter.
Prints the name of each event that `emit` has taken, and `ends at` a reading of the clock.
"""

import multiprocessing
import os
import signal
import sys
import time

from headwater.producers import Emitter


def emit(name: str, events: int) -> None:
    """Emit events, and say so once each is taken."""
    for number in range(events):
        event = f"{sys.argv[3]}-{name}-{number}"
        Emitter.default().emit({"id": event})
        os.write(1, f"{event}\n".encode())


def end(way: str, events: int) -> None:
    """End this process."""
    os.write(1, f"ends at\n{time.monotonic()}\n".encode())
    match way:
        case "exit":
            return
        case "exception":
            raise RuntimeError("the job fails")
        case "os._exit":
            os._exit(0)
        case "SIGKILL" | "SIGTERM":
            os.kill(os.getpid(), signal.Signals[way])
        case "fork then exit" | "fork then kill":
            child = os.fork()
            if child:
                emit("parent", events)
                os.waitpid(child, 0)
            else:
                emit("child", events)
                if way == "fork then kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                sys.exit()
        case "spawn":
            spawned = multiprocessing.get_context("spawn").Process(
                target=emit, args=("spawned", events)
            )
            spawned.start()
            emit("parent", events)
            spawned.join()


if __name__ == "__main__":
    emit("job", int(sys.argv[2]))
    end(sys.argv[1], int(sys.argv[2]))
