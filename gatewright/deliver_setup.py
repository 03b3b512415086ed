"""How finished tasks are delivered, from the settings."""

from importlib import import_module

from gatewright.deliver_settings import DeliverSettings
from gatewright.domain.plan_ports import Merging
from gatewright.settings import Settings
from gatewright.workspace.delivery import Delivery
from gatewright.workspace.resigning import Identity


def delivery_of(settings: DeliverSettings, *, merging: Merging | None = None) -> Delivery:
    """As the workspace takes it; `merging` is for the kind `merge`."""
    return Delivery(
        kind=settings.kind,
        branch=settings.branch,
        one_commit=settings.one_commit,
        author=Identity(name=settings.author_name, email=settings.author_email),
        current_branch=settings.current_branch,
        folder=settings.folder,
        pull_request=settings.pull_request,
        hooks=settings.hooks,
        timeout_s=settings.timeout_s,
        merging=merging,
        merge_into=settings.merge_into,
    )


def merging_of(settings: Settings) -> Merging | None:
    """Who merges, where that is wanted."""
    if settings.deliver.kind != "merge":
        return None
    # By name: it runs a plan, and whoever composes such runs stands on a floor above this one.
    merging: Merging = import_module("gatewright.deliver_merging").PlanMerging(settings)
    return merging
