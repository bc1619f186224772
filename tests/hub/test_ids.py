"""UUIDv7: sorts by the moment it was made, ascending within a process, on any number of threads."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from hypothesis import given as every
from hypothesis import strategies as st

from hub.ids import AgentId, Ids, actor_agent, agent_actor


def test_an_id_is_a_uuid_of_version_seven() -> None:
    made = uuid.UUID(Ids().new())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


@every(st.lists(st.integers(0, 10**12), min_size=2, max_size=50))
def test_ids_rise_even_when_the_clock_goes_back(moments: list[int]) -> None:
    """Wrong clock: jumping back and forth."""
    clock = iter(moments)
    ids = Ids(milliseconds=lambda: next(clock))
    made = [ids.new() for _ in moments]
    assert all(one < other for one, other in pairwise(made))


def test_more_than_a_millisecond_holds() -> None:
    """Burst: ten thousand in one millisecond are all different and rise."""
    ids = Ids(milliseconds=lambda: 1)
    made = [ids.new() for _ in range(10_000)]
    assert made == sorted(set(made))


def test_threads_share_one_source() -> None:
    ids = Ids()
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: ids.new(), range(4000)))
    assert len(set(made)) == 4000


def test_an_actor_names_its_agent() -> None:
    assert actor_agent(agent_actor(AgentId("mia"))) == "mia"
