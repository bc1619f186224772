"""Whose work it is: which queues an agent serves, and who may act on a conversation."""

from __future__ import annotations

from hub.catalog import Catalog, Queue
from hub.errors import Forbidden
from hub.ids import AgentId, QueueId
from hub.interactions import Interaction
from hub.store import users
from hub.store.users import User
from hub.turn import Turn


def serves(queue: Queue, user: User) -> bool:
    if queue.members is not None:
        return user.agent_id in queue.members
    return not user.queues or queue.queue_id in user.queues


def queues_of(catalog: Catalog, user: User) -> list[QueueId]:
    return [queue.queue_id for queue in catalog.queues.values() if serves(queue, user)]


def require_right(turn: Turn, agent_id: AgentId, interaction: Interaction) -> None:
    """Theirs, offered to them, or of a queue they serve; supervisors act on everything. Raises Forbidden."""
    if turn.leads or agent_id in (interaction.agent_id, interaction.offered_to, interaction.preferred):
        return
    user = users.user(turn.tx, agent_id)
    queue = turn.queue_of(interaction)
    if user is None or not serves(queue, user):
        raise Forbidden(f"This belongs to {queue.name}, which is not your queue.", queue_id=queue.queue_id)
