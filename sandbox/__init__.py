"""Runs untrusted JavaScript programs in a confined process; knows no app.

Call :func:`sandbox.runner.run_program`. QuickJS runs in WebAssembly (``quickjs-rs`` on
``wasmtime``), in a process of its own for each program; :mod:`sandbox.confinement` confines that
process before the program starts.

``child`` and what it imports run in the confined process, so they import neither Django nor
``apikit``.
"""
