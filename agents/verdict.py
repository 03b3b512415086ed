"""The answer of both reviewers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from gatewright.domain.findings import Finding
from gatewright.domain.review import Review


class Concern(BaseModel):
    """One thing that must be mended before the work may go on."""

    model_config = ConfigDict(extra="forbid")

    message: str = Field(min_length=1, max_length=4000)
    file: str | None = None
    line: int | None = None


class Verdict(BaseModel):
    """Approved or rejected, why, and what must be mended."""

    model_config = ConfigDict(extra="forbid")

    verdict: Literal["approved", "rejected"]
    why: str = Field(min_length=1, max_length=8000)
    concerns: list[Concern] = []

    def review(self, by: str) -> Review:
        """As the graph's record; a rejection without concerns is one concern itself."""
        findings = tuple(
            Finding(
                check=by,
                message=concern.message,
                file=concern.file,
                line=concern.line,
                severity="blocking" if self.verdict == "rejected" else "note",
            )
            for concern in self.concerns
        )
        if self.verdict == "rejected" and not findings:
            findings = (Finding(check=by, message=self.why),)
        return Review(verdict=self.verdict, why=self.why, findings=findings)
