"""◇ The name of a class on the wire between nodes, and the channels that belong to it."""

import msgspec


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One class of one school."""

    tenant_id: str
    class_id: str

    @property
    def room(self) -> str:
        """Its name at the SFU."""
        return f"{self.tenant_id}.{self.class_id}"

    @property
    def channel(self) -> str:
        """Its sharded channel; the hash tag keeps all keys of a class on one shard."""
        return f"class:{{t{self.tenant_id}.c{self.class_id}}}"


def place_of_room(room: str) -> Place:
    """The inverse of `room`."""
    tenant_id, _, class_id = room.partition(".")
    return Place(tenant_id=tenant_id, class_id=class_id)


def inbox_channel(node_id: str) -> str:
    """Where a node hears letters."""
    return f"node:{{n{node_id}}}"
