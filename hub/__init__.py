"""Meaning, storage and delivery. Imports none of the other folders."""
