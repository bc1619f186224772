"""What a store promises to its callers."""

from hub.store import Store
from hub.store import events as stream
from tests import given


async def test_what_was_written_is_read_back(store: Store) -> None:
    """A customer writes; the stream gives the same events in the order they were appended."""
    ada = await store.write(given.customer("Ada"))
    chat = await store.write(given.interaction(ada))
    said = await store.write(given.message(chat, "Where is my parcel?"))
    events = await store.read(lambda view: stream.events_after(view, 0, 100))
    assert [event.position for event in events] == [1, 2, 3, 4, 5]
    assert events[-1] == said.event
