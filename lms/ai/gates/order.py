"""The gates in their order: a draft goes as far as the first that does not let it pass."""

from collections.abc import Callable, Mapping, Sequence

from lms.ai.gates import blind, duplicate, grounding, risk, safety, schema, structure
from lms.ai.gates.model import Case, Verdict, Wants
from lms.ai.model import Finding, GateName
from lms.grading.model import BY_HAND

Look = Callable[[Case], Finding]

GATES: Sequence[tuple[GateName, Look]] = (
    ("schema", schema.look),
    ("structure", structure.look),
    ("grounding", grounding.look),
    ("blind", blind.look),
    ("duplicate", duplicate.look),
    ("safety", safety.look),
    ("risk", risk.look),
)
NEEDS: Mapping[GateName, Wants] = {"blind": "blind", "duplicate": "near"}


def judge(case: Case) -> Verdict:
    """What the gates say. Where one needs what nobody has found out yet, the verdict says so: find it out and judge again."""
    findings = list[Finding]()
    for name, look in GATES:
        wants = _missing(case, name)
        if wants:
            return Verdict(findings=tuple(findings), wants=wants)
        findings.append(look(case))
        if not findings[-1].passed:
            return Verdict(findings=tuple(findings))
    return Verdict(findings=tuple(findings), risk=risk.total(findings[-1]))


def _missing(case: Case, gate: GateName) -> Wants:
    wants = NEEDS.get(gate, "")
    if wants == "blind" and case.blind is None and case.draft.kind not in BY_HAND:
        return "blind"
    return "near" if wants == "near" and case.near is None else ""
