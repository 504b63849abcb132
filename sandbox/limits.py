"""What a program may use, and how much of it is kept."""

from dataclasses import dataclass

MIB = 1024 * 1024

CODE_MAX_BYTES = 65_536
INPUT_MAX_BYTES = MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one run. Times begin when the process is confined and about to read the program.

    ``memory_bytes`` bounds the memory of the WebAssembly instance, in which the engine and
    everything the program creates live. Texts are counted in UTF-16 units, like ``length`` in
    JavaScript.
    """

    cpu_s: float = 5.0
    wall_s: float = 10.0
    memory_bytes: int = 64 * MIB
    output_max_chars: int = 16_384
    value_max_bytes: int = 32_768
