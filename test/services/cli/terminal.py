"""Runs a program on a terminal of its own and answers what it shows: steps as JSON in, what happened as JSON out.

A step waits until the output since the step before has a regular expression in it, and then does one thing: send keys, send a signal to
the program, or resize.
"""
import fcntl, json, os, pty, re, select, signal, struct, sys, termios, time

request = json.loads(sys.argv[1])


def resize(columns, rows):
    fcntl.ioctl(parent, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


parent, child = pty.openpty()
resize(*request["size"])
before = termios.tcgetattr(child)
pid = os.fork()
if pid == 0:
    os.setsid()
    fcntl.ioctl(child, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(child, descriptor)
    os.environ.update(request["environment"])
    os.execvp(request["command"][0], request["command"])

output = b""
deadline = time.monotonic() + request["seconds"]


def read_more():
    """Whether anything may still come."""
    global output
    if time.monotonic() > deadline:
        os.kill(pid, signal.SIGKILL)
        return False
    ready, _, _ = select.select([parent], [], [], 0.1)
    if ready:
        output += os.read(parent, 65536)
    return True


seen = 0
missed = None
for step in request["steps"]:
    wanted = re.compile(step["expect"].encode())
    while not wanted.search(output, seen):
        if not read_more():
            missed = step["expect"]
            break
    if missed is not None:
        break
    seen = len(output)
    if "send" in step:
        os.write(parent, step["send"].encode())
    if "resize" in step:
        resize(*step["resize"])
        os.kill(pid, signal.SIGWINCH)
    if "signal" in step:
        os.kill(pid, getattr(signal, step["signal"]))

ended = 0
while ended == 0:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended == 0:
        read_more()
while select.select([parent], [], [], 0.1)[0]:
    output += os.read(parent, 65536)
after = termios.tcgetattr(child)
print(json.dumps({
    "code": os.waitstatus_to_exitcode(status),
    "output": output.decode(errors="replace"),
    "missed": missed,
    # Echo, lines and signals of keys as they were.
    "restored": before[:4] == after[:4],
}))
