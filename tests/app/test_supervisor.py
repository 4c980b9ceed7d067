"""The supervisor with real processes: what dies comes back, what should stop stops, nothing is left over."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from app import supervisor
from core.settings import Settings, load

PATIENCE = 20.0

STAGE = """
import asyncio, sys
from app.supervisor import Process, Supervisor
python = (sys.executable, "-u", "-c")
processes = [Process(name, (*python, program)) for name, program in {programs!r}.items()]
asyncio.run(Supervisor(processes, lambda: print("open", flush=True)).run())
"""
"""A supervisor of tiny programs, as a program of its own."""

SITE = """
import sys
from pathlib import Path
from app import supervisor
from core.settings import Settings
TINY = "import time; time.sleep(600)"
WEB = '''
import http.server, socket, sys
class Well(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Well, bind_and_activate=False)
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.serve_forever()
'''
def tiny_web(settings, listening, env):
    health = supervisor.partial(supervisor._is_well, "127.0.0.1", settings.port)
    fd = listening.fileno()
    return [supervisor.Process("web", (sys.executable, "-c", WEB, str(fd)), env, health, (fd,))]
supervisor._web = tiny_web
sys.exit(supervisor.run(Settings(data_dir=Path(sys.argv[1]), port=int(sys.argv[2]))))
"""
"""The whole of `supervisor.run` with a tiny web process; the worker is whatever the checkout has."""


def eventually(happened: Callable[[], object]) -> None:
    """Wait for it; fail when it never happens. How long it takes is nobody's business here."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


class Stage:
    """A supervisor that runs in a process of its own, and what it has printed."""

    def __init__(self, folder: Path, argv: list[str]) -> None:
        self._output = folder / f"output-{time.monotonic_ns()}"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT, process_group=0)
        self.family: set[psutil.Process] = set()

    @property
    def output(self) -> str:
        return self._output.read_text()

    def says(self, words: str, times: int = 1) -> None:
        """Wait until it has said so."""
        eventually(lambda: self.output.count(words) >= times)
        self.family |= set(psutil.Process(self.process.pid).children(recursive=True))

    def ends(self) -> int:
        """Wait for the end of the supervisor and check that nothing it started is alive."""
        status = self.process.wait(PATIENCE)
        _, alive = psutil.wait_procs(self.family, timeout=PATIENCE)
        assert alive == []
        return status


@contextmanager
def on_stage(folder: Path, argv: list[str]) -> Iterator[Stage]:
    stage = Stage(folder, argv)
    try:
        yield stage
    finally:
        stage.process.terminate()
        stage.process.wait(PATIENCE)


@contextmanager
def supervising(folder: Path, **programs: str) -> Iterator[Stage]:
    with on_stage(folder, [sys.executable, "-c", STAGE.format(programs=programs)]) as stage:
        yield stage


STEADY = "import time; print('here', flush=True); time.sleep(600)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {STEADY}"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STEADY!r}]).wait()"


def test_what_dies_is_started_again(tmp_path: Path) -> None:
    with supervising(tmp_path, steady=STEADY) as stage:
        stage.says("steady | here")
        [child] = stage.family
        child.kill()
        stage.says("steady | here", times=2)
        assert "steady stopped (signal 9); starting it again." in stage.output


def test_what_dies_again_and_again_is_told_in_plain_words_and_the_others_go_on(tmp_path: Path) -> None:
    with supervising(tmp_path, steady=STEADY, broken="raise SystemExit('no key')") as stage:
        stage.says("broken has stopped 3 times in a row (exit code 1)")
        assert "broken | no key" in stage.output
        assert stage.output.count("steady | here") == 1


def test_a_program_that_does_not_exist_is_told_and_tried_again(tmp_path: Path) -> None:
    program = STAGE.format(programs={"ghost": ""}).replace("(*python, program)", "('/no/such/program',)")
    with on_stage(tmp_path, [sys.executable, "-c", program]) as stage:
        stage.says("ghost | /no/such/program: No such file or directory", times=2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_polite_signal_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with supervising(tmp_path, steady=STEADY, parent=PARENT) as stage:
        stage.says("| here", times=2)
        assert len(stage.family) == 3
        stage.process.send_signal(number)
        assert stage.ends() == 0


def test_a_second_ctrl_c_does_not_wait_for_the_stubborn(tmp_path: Path) -> None:
    with supervising(tmp_path, stubborn=STUBBORN) as stage:
        stage.says("| here")
        stage.process.send_signal(signal.SIGINT)
        time.sleep(0.1)  # two signals in one moment would count as one
        stage.process.send_signal(signal.SIGINT)
        assert stage.ends() == 0


def test_nobody_is_left_after_a_kill(tmp_path: Path) -> None:
    with supervising(tmp_path, steady=STEADY, stubborn=STUBBORN) as stage:
        stage.says("| here", times=2)
        stage.process.kill()
        assert stage.ends() == -signal.SIGKILL


def test_what_a_dead_process_had_started_goes_with_it(tmp_path: Path) -> None:
    with supervising(tmp_path, parent=PARENT) as stage:
        stage.says("| here")
        parent, child = sorted(stage.family, key=lambda each: len(each.parents()))
        parent.kill()
        psutil.wait_procs([child], timeout=PATIENCE)
        assert not child.is_running()
        stage.says("| here", times=2)


def test_long_lines_and_odd_bytes_get_through(tmp_path: Path) -> None:
    program = "import sys; sys.stdout.buffer.write(b'x' * 200_000 + b'\\n\\xff\\n' + '集市'.encode())"
    with supervising(tmp_path, talker=program) as stage:
        stage.says("talker | 集市")
        assert stage.output.count("x") >= 200_000


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def site(data: Path, port: int) -> Iterator[Stage]:
    with on_stage(data.parent, [sys.executable, "-c", SITE, str(data), str(port)]) as stage:
        yield stage


def status_of(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/healthz")
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.serial
def test_the_site_opens_and_ctrl_c_closes_all_of_it(tmp_path: Path, port: int) -> None:
    with site(tmp_path / "data", port) as stage:
        stage.says(f"Jishi is open at http://127.0.0.1:{port}")
        assert f"集市开门了：http://127.0.0.1:{port}" in stage.output
        assert any("valkey" in process.name() for process in stage.family)
        assert status_of(port) == http.HTTPStatus.OK
        stage.process.send_signal(signal.SIGINT)
        assert stage.ends() == 0


@pytest.mark.serial
def test_after_a_kill_the_site_opens_again_at_once(tmp_path: Path, port: int) -> None:
    for _ in range(2):
        with site(tmp_path / "data", port) as stage:
            stage.says("Jishi is open")
            stage.process.kill()
            stage.ends()


@pytest.mark.serial
def test_a_second_start_on_the_same_folder_is_refused_and_names_the_first(tmp_path: Path, port: int) -> None:
    with site(tmp_path / "data", port) as first:
        first.says("Jishi is open")
        with site(tmp_path / "data", port + 7) as second:
            assert second.ends() == 1
            assert f"already running: process {first.process.pid}, port {port}" in second.output
        assert status_of(port) == http.HTTPStatus.OK


def test_a_taken_port_is_told_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert supervisor.run(Settings(data_dir=tmp_path / "data"), port) == 1
    assert f"Port {port} on 127.0.0.1 cannot be used (Address already in use)" in capsys.readouterr().out
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["jishi.lock"]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert supervisor.run(Settings(data_dir=tmp_path / "file" / "data")) == 1
    assert "cannot be written" in capsys.readouterr().out


def test_children_read_the_settings_we_have() -> None:
    settings = Settings(
        demo=True, allowed_hosts=("a.example", "b.example"), redis_url="unix:///x", media_port=9
    )
    assert load(supervisor._environment(settings)) == settings


def test_the_media_process_says_that_it_is_well(tmp_path: Path, port: int) -> None:
    with on_stage(tmp_path, [sys.executable, "-m", "livestream.media", "--port", str(port)]):
        eventually(lambda: supervisor._is_well("127.0.0.1", port))
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/healthz")
        assert json.load(connection.getresponse()) == {"status": "ok", "part": "media"}
        connection.close()


def test_the_packages_above_the_media_process_import_nothing() -> None:
    for file in ("livestream/__init__.py", "livestream/media/__init__.py"):
        assert not re.search(r"^\s*(import|from)\s", Path(file).read_text(), re.MULTILINE)
