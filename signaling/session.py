"""One connection of a browser: who it is, which class, since when it has been silent."""

from dataclasses import dataclass

from signaling.context import JoinClaims
from signaling.routing.place import Place


@dataclass(slots=True, kw_only=True)
class Session:
    """`number` tells the connections of one person apart (the newest counts); `seq` is the snapshot's that it got."""

    sid: str
    claims: JoinClaims
    number: int
    seq: int
    heard_at: float

    @property
    def user_id(self) -> str:
        """Whose connection it is."""
        return self.claims.user_id

    @property
    def place(self) -> Place:
        """The class that its token opens."""
        return Place(tenant_id=self.claims.tenant_id, class_id=self.claims.class_id)
