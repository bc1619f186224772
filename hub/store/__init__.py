"""The store: events are the truth, everything else beside them follows. All SQL of the hub lives in this folder."""

from hub.store.schema import SchemaTooNew, SchemaTooOld, check_schema, migrate
from hub.store.store import Store, head, open_store
from hub.store.tx import New, Slot, Tx, View
from hub.store.writer import Counters

__all__ = [
    "Counters",
    "New",
    "SchemaTooNew",
    "SchemaTooOld",
    "Slot",
    "Store",
    "Tx",
    "View",
    "check_schema",
    "head",
    "migrate",
    "open_store",
]
