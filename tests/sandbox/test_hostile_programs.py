"""Programs that try to use too much, or to reach the functions of the host."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.limits import MIB, Limits
from sandbox.process import ConfinedProcess
from tests.sandbox.conftest import Run

# Above the instance's 64 MiB and the 40 MiB of Python and wasmtime.
PEAK_MAX_BYTES = 160 * MIB
CPU_S = 0.2
ENOUGH_S = 10.0

TIME = "TimeLimitError"
MEMORY = "MemoryLimitError"

# Each with the error it ends with; None if it ends well.
PROGRAMS: dict[str, tuple[str, str | None]] = {
    "endless-loop": ("while (true) {}", TIME),
    "endless-promises": ("const again = () => Promise.resolve().then(again); await again()", TIME),
    "endless-getter": ("Error.prototype.message; ({ get a() { for (;;); } }).a", TIME),
    "endless-toJSON": ("({ toJSON() { for (;;); } })", TIME),
    "regex-bomb": ("/^(a+)+$/.test('a'.repeat(50) + 'b')", TIME),
    "output-flood": ("for (;;) console.log('x'.repeat(1e4))", TIME),
    "memory-bomb": ("const a = []; for (;;) a.push(new Array(1e5).fill(a.length))", MEMORY),
    "string-bomb": ("let s = 'ä'; for (;;) s += s", "InternalError"),
    "caught-memory": ("const a = []; for (;;) try { a.push('x'.repeat(1e6)) } catch {}", TIME),
    "buffer-bomb": ("const a = []; for (;;) a.push(new Uint8Array(1e6).fill(1))", MEMORY),
    "huge-sparse-array": ("const a = new Array(2 ** 32 - 1); console.log(a.length, a); 1", None),
    "engine-error-name": ("InternalError.prototype.name = new Array(2 ** 32 - 1); for (;;);", TIME),
    "bigint-bomb": ("let n = 3n; for (;;) n *= n", "any"),
    "recursion": ("(function f() { f() })()", "RangeError"),
    "deep-json": ("JSON.parse('['.repeat(1e5))", "RangeError"),
    "deep-value": ("let a = []; for (let i = 0; i < 1e5; i += 1) a = [a]; a", "any"),
    "lone-surrogate-output": ("console.log('\\ud800', '\\0'); 1", None),
    "broken-prototypes": (
        """
        const owners = [Object, Array, String, Function, Map, Number, Promise, RegExp, Date];
        const { ownKeys } = Reflect;
        for (let i = 0; i < owners.length; i += 1) {
          const keys = ownKeys(owners[i].prototype);
          for (let j = 0; j < keys.length; j += 1)
            try { owners[i].prototype[keys[j]] = () => { throw new Error('broken') } } catch {}
        }
        JSON.stringify = () => '}'; globalThis.String = () => { throw 1 };
        try { console.log({ a: 1 }, [2]) } catch {}
        1
        """,
        "Error",
    ),
    "proxy": ("new Proxy({}, { ownKeys() { throw 1 }, get() { throw 2 } })", None),
    "imports": ("await import('fs')", "ReferenceError"),
    "host-function": ("print('x'); ", "ReferenceError"),
    # Finds functions of the prelude, and calls one with an array of 4 billion elements.
    "host-function-by-stack": (
        """
        Error.prepareStackTrace = (_, frames) => frames.map((frame) => frame.getFunction?.());
        let found; const o = { get [Symbol.toStringTag]() { found = new Error().stack; return '' },
          toString() { found = new Error().stack; return 'x' } };
        try { console.log('%d', { valueOf() { found = new Error().stack; return 1 } }) } catch {}
        for (const f of found ?? [])
          for (const args of [[1, new Array(2 ** 32 - 1)], [9, 'x'], [], [{}, {}]])
            try { f?.(...args) } catch {}
        """,
        TIME,
    ),
    "nul-in-source": ("1;\0 2", "any"),
}


# The engine ends these; the kernel or the server would have to end the others without the last
# report, which is what notes the output that was left out.
ENDED_BY_THE_ENGINE = {
    "endless-loop",
    "endless-promises",
    "endless-getter",
    "endless-toJSON",
    "regex-bomb",
    "output-flood",
    "caught-memory",
}
LONG_OUTPUT = "console.log('x'.repeat(2e4)); "


class Watch:
    """The largest amount of memory that a process had, in bytes."""

    def __init__(self) -> None:
        self.peak_bytes = 0

    def follow(self, pid: int) -> None:
        while True:
            try:
                lines = Path(f"/proc/{pid}/status").read_text().splitlines()
                [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
            except (OSError, ValueError):
                return  # it has ended
            self.peak_bytes = max(self.peak_bytes, int(peak) * 1024)
            time.sleep(0.002)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    watch = Watch()
    enter = ConfinedProcess.__enter__
    threads = []

    def enter_watched(self: ConfinedProcess) -> ConfinedProcess:
        threads.append(threading.Thread(target=watch.follow, args=[self.pid]))
        threads[-1].start()
        return enter(self)

    monkeypatch.setattr(ConfinedProcess, "__enter__", enter_watched)
    yield watch
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_hostile_program_is_contained(
    run: Run, watch: Watch, record_property: Callable[[str, object], None], name: str
) -> None:
    code, error = PROGRAMS[name]
    cpu_s = CPU_S if error == TIME else ENOUGH_S
    outcome = run(LONG_OUTPUT + code, limits=Limits(cpu_s=cpu_s, wall_s=20))
    record_property("peak_mib", watch.peak_bytes // MIB)
    record_property("seconds", round(outcome.duration_s, 2))
    got = outcome.error and outcome.error.name
    assert got == error or (error == "any" and got), outcome
    assert watch.peak_bytes < PEAK_MAX_BYTES
    if name in ENDED_BY_THE_ENGINE:
        assert "more characters were left out" in outcome.stdout


def test_output_before_the_end_is_kept(run: Run) -> None:
    outcome = run(
        "console.log('before'); setInterval(() => {}, 20)", limits=Limits(cpu_s=1, wall_s=0.2)
    )
    assert outcome.stdout == "before\n"
    assert outcome.error
    assert outcome.error.name == TIME
