"""QuickJS in WebAssembly, driven through ``quickjs-rs``.

Its public API needs an event loop, has no hard bound on memory, and compiles the engine in each
process (0.8 s). So this uses the layer below, ``quickjs_rs._engine``, which is why
``requirements.txt`` pins the version exactly. ``tests/sandbox/test_programs.py`` notices a change.

Values cross the border as text only: ``quickjs-rs`` would copy an array of 4 billion elements into
Python, one by one.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import wasmtime
from quickjs_rs import _engine, _wasmtime

from sandbox.limits import Limits

_PRELUDE = Path(__file__).with_name("prelude.js").read_text()

# The most that wasmtime allows. About 2,700 calls of a small function.
_STACK_BYTES = 2 * 1024 * 1024
_PENDING, _FULFILLED = 0, 1

Print = Callable[[int, str], None]


class ProgramFailedError(Exception):
    """The program did not reach its end. ``stack`` is empty unless an error object was thrown."""

    def __init__(self, name: str, message: str, stack: str = "") -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message
        self.stack = stack


class OutOfTimeError(Exception):
    """The program used up its time. Where it was is unknown: the engine names an earlier line."""


def make_engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.max_wasm_stack = _STACK_BYTES
    return wasmtime.Engine(config)


def compile_guest() -> bytes:
    """Return the guest as machine code for :func:`load_guest` on this machine. Takes a second."""
    return bytes(wasmtime.Module(make_engine(), _engine._read_guest_wasm()).serialize())


def load_guest(path: str) -> None:
    """Load the file with what :func:`compile_guest` returned, which others must not change."""
    engine = make_engine()
    module = wasmtime.Module.deserialize_file(engine, path)
    _wasmtime._SHARED_ENGINE = engine
    _wasmtime._SHARED_ARTIFACTS["quickjs"] = _wasmtime.SharedWasmArtifact(
        module=module,
        linker=_engine._build_shared_linker(engine),
        build_id=b"",
    )


class Guest:
    """An instance that runs one program. ``print_`` gets its output: 1 or 2, and text."""

    def __init__(self, limits: Limits, print_: Print) -> None:
        self._cpu_end_s = time.process_time() + limits.cpu_s
        self._wall_end_s = time.monotonic() + limits.wall_s
        self._print = print_
        runtime = _engine.QjsRuntime(memory_limit=limits.memory_bytes)
        runtime.set_interrupt_handler(self._is_out_of_time)
        self._context = _engine.QjsContext(runtime)
        # The hard bound; the engine's own is for errors that a program can catch.
        self._context._inst.store.set_limits(memory_size=limits.memory_bytes)
        self._context.set_host_call_dispatcher(self._call_host)
        self._context.register_host_function("print", 1)
        self._exports = self._context.eval_handle(_PRELUDE, module=True)

    def run(self, code: str, input_json: str) -> str:
        """Run a program until nothing is left to do; return what ``describe`` in the prelude says.

        :raises ProgramFailedError: if it throws, or cannot go on.
        :raises OutOfTimeError: if it took too long.
        """
        try:
            self._call("setInput", input_json)
            return self._run(code)
        except _engine.JSError as error:
            if self._is_out_of_time():
                raise OutOfTimeError from None
            name, message, stack = error.args
            raise ProgramFailedError(name, message, stack or "") from None
        except wasmtime.Trap as trap:
            raise _describe_trap(trap) from None

    def _run(self, code: str) -> str:
        promise = self._context.eval_handle(code, promise=True)
        while True:
            self._run_jobs()
            if self._context.promise_state(promise) not in {_PENDING, _FULFILLED}:
                raise self._failure(self._call("explain", self._context.promise_result(promise)))
            pause_ms = float(self._call("untilTimer"))
            if pause_ms < 0:
                break
            self._wait(pause_ms / 1000)
            failure = self._call("callTimer")
            if failure != "null":
                raise self._failure(failure)
        if self._context.promise_state(promise) == _PENDING:
            raise ProgramFailedError(
                "Error", "The program waits for a promise that nothing settles."
            )
        # A fulfilled promise holds `{value}`, of which only the engine has set the property.
        return self._describe(self._context.promise_result(promise).get("value"))

    def _describe(self, value: _engine.QjsHandle) -> str:
        if value.is_promise():
            self._run_jobs()
            state = self._context.promise_state(value)
            result = self._context.promise_result(value) if state != _PENDING else value
            if state not in {_PENDING, _FULFILLED}:
                raise self._failure(self._call("explain", result))
            value = result
        return self._call("describe", value)

    def _run_jobs(self) -> None:
        """Run the reactions of promises until there are none. The guest runs some at a time."""
        while self._context.run_pending_jobs():
            self._check_time()
        self._check_time()

    def _wait(self, pause_s: float) -> None:
        rest_s = self._wall_end_s - time.monotonic()
        time.sleep(max(0.0, min(pause_s, rest_s)))
        self._check_time()

    def _call(self, name: str, *arguments: str | _engine.QjsHandle) -> str:
        return str(self._exports.get(name).call(*arguments).to_python(allow_opaque=False) or "")

    def _failure(self, text: str) -> Exception:
        return ProgramFailedError(**json.loads(text))

    def _call_host(self, function_id: int, arguments: tuple[Any, ...]) -> None:
        stream, text = arguments
        if stream in {1, 2} and isinstance(text, str):
            self._print(stream, text)

    def _check_time(self) -> None:
        if self._is_out_of_time():
            raise OutOfTimeError

    def _is_out_of_time(self) -> bool:
        return time.process_time() > self._cpu_end_s or time.monotonic() > self._wall_end_s


def _describe_trap(trap: wasmtime.Trap) -> ProgramFailedError:
    if trap.trap_code == wasmtime.TrapCode.STACK_OVERFLOW:
        return ProgramFailedError("RangeError", "Maximum call stack size exceeded")
    return ProgramFailedError("InternalError", "The engine could not go on.")
