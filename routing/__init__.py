"""Decisions. The kernel is pure; the engine reads the stream and writes what the kernel decides."""
