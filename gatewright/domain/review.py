"""A reviewer's verdict on a plan or on a change."""

from typing import Literal

from gatewright.domain.findings import Clean, Finding, Frozen


class Review(Frozen):
    """Approved, or rejected with what is wrong."""

    verdict: Literal["approved", "rejected"]
    why: Clean
    findings: tuple[Finding, ...] = ()

    @property
    def approved(self) -> bool:
        """Whether the work may go on."""
        return self.verdict == "approved"
