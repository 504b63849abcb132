"""What programs print and return, and what is said about their errors."""

import pytest

from sandbox.limits import Limits
from sandbox.outcomes import Outcome
from tests.sandbox.conftest import LIMITS, Run


def test_the_program_of_the_contract_says_hello(run: Run) -> None:
    outcome = run("console.log('Hello World')")
    assert outcome == Outcome(
        stdout="Hello World\n", stderr="", value=None, error=None, duration_s=outcome.duration_s
    )
    assert 0 < outcome.duration_s < LIMITS.wall_s


def test_the_console_shows_values_and_keeps_its_two_streams_apart(run: Run) -> None:
    outcome = run("""
        const loop = { name: 'loop' }; loop.self = loop;
        console.log('a', 1, null, undefined, true, 10n, Symbol('s'));
        console.info({ a: [1, 'b', [2]], 'c-d': new Map([[1, new Set([2])]]), get e() { throw 1 }
        });
        class P {}
        console.debug(loop, [undefined, () => 1], new Uint8Array(2), /x/g, new P());
        console.log('%s is %d%% of %j', 'this', '50', { a: 1 }, 'rest');
        console.warn('careful'); console.error(new TypeError('wrong'));
    """)
    assert outcome.stdout.splitlines() == [
        "a 1 null undefined true 10n Symbol(s)",
        '{ a: [1, "b", [2]], "c-d": Map(1) { 1 => Set(1) { 2 } }, e: [Getter] }',
        '{ name: "loop", self: [Circular] } [undefined, [Function]] Uint8Array(2) [0, 0] /x/g P {}',
        'this is 50% of {"a":1} rest',
    ]
    assert outcome.stderr.splitlines()[:2] == ["careful", "TypeError: wrong"]
    assert "program.js:9:" in outcome.stderr


def test_the_value_is_that_of_the_last_expression(run: Run) -> None:
    value = run(
        "const { a } = input; [a, 'ä\\u0000\\ud800', 1.5, null, await Promise.resolve(2)]",
        input_value={"a": {"b": 1}},
    ).value
    # Databases take neither NUL nor unpaired surrogates.
    assert value == [{"b": 1}, "ä\ufffd\ufffd", 1.5, None, 2]


def test_promises_and_timers_end_before_the_program_does(run: Run) -> None:
    outcome = run("""
        let ticks = 0;
        const timer = setInterval(() => { ticks += 1; if (ticks === 3) clearInterval(timer); }, 1);
        clearTimeout(setTimeout(() => console.log('never'), 1));
        setTimeout((text) => console.log(text, ticks), 50, 'last');
        queueMicrotask(() => console.log('first'));
        new Promise((resolve) => setTimeout(resolve, 2, 'value'));
    """)
    assert (outcome.stdout, outcome.value) == ("first\nlast 3\n", "value")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("\n  null.x", ("TypeError", "cannot read property 'x' of null", 2)),
        ("1;\nlet let = 2", ("SyntaxError", "variable name expected", 2)),
        ("throw 'text'", ("Error", "text", None)),
        ("setTimeout(() => {\n throw new RangeError('late') })", ("RangeError", "late", 2)),
        ("Promise.reject(new Error('no'))", ("Error", "no", 1)),
        (
            "await new Promise(() => {})",
            ("Error", "The program waits for a promise that nothing settles.", None),
        ),
    ],
    ids=["runtime", "syntax", "no-error", "timer", "rejection", "never-settled"],
)
def test_an_error_names_its_line(run: Run, code: str, error: tuple[str, str, int | None]) -> None:
    got = run(code).error
    assert got is not None
    assert (got.name, got.message, got.line) == error


def test_the_stack_shows_the_program_only(run: Run) -> None:
    error = run("function f() { console.log({ get: 1 }, g()) }\nf()").error
    assert error
    column = error.column
    assert error.stack == f"    at f (program.js:1:{column})\n    at <eval> (program.js:2:1)"


def test_functions_may_call_themselves_two_thousand_times(run: Run) -> None:
    assert run("function f(n) { return n ? f(n - 1) + 1 : 0 }\nf(2000)").value == 2000


def test_output_and_value_are_cut_with_a_note(run: Run) -> None:
    outcome = run(
        "console.log('x'.repeat(15)); console.log('y'.repeat(15)); console.log('z');"
        "console.error('e'); 'v'.repeat(100)",
        limits=Limits(cpu_s=1, wall_s=30, output_max_chars=20, value_max_bytes=50),
    )
    assert outcome.stdout == "x" * 15 + "\nyyyy\n[14 more characters were left out]\n"
    assert outcome.stderr == "e\n[the value was left out: it has 102 bytes of JSON]\n"
    assert outcome.value is None
    assert outcome.error is None


def test_output_is_cut_between_characters(run: Run) -> None:
    outcome = run(
        "console.log('\\u{1f600}'.repeat(9))", limits=Limits(cpu_s=1, wall_s=30, output_max_chars=7)
    )
    assert outcome.stdout == "\U0001f600" * 3 + "\n[7 more characters were left out]\n"


@pytest.mark.parametrize(
    ("code", "note"),
    [
        ("10n", "[the value cannot be written as JSON: TypeError"),
        (
            "({ toJSON() { throw new Error('no') } })",
            "[the value cannot be written as JSON: Error: no]",
        ),
        (
            "let a = []; for (let i = 0; i < 40; i += 1) a = [a]; a",
            "[the value was left out: it has too",
        ),
    ],
    ids=["bigint", "throws", "deep"],
)
def test_a_value_that_cannot_be_kept_is_explained(run: Run, code: str, note: str) -> None:
    outcome = run(code)
    assert outcome.value is None
    assert outcome.error is None
    assert outcome.stderr.startswith(note)
