"""How finished tasks are delivered, from the settings."""

from gatewright.deliver_settings import DeliverSettings
from gatewright.workspace.delivery import Delivery
from gatewright.workspace.resigning import Identity


def delivery_of(settings: DeliverSettings) -> Delivery:
    """As the workspace takes it."""
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
    )
