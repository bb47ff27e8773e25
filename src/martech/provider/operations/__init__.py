"""The contract, one file per row: what a plugin defines or refuses."""

from martech.provider.operations.account import AccountOperations
from martech.provider.operations.attributes import AttributeOperations
from martech.provider.operations.automations import AutomationOperations
from martech.provider.operations.base import Extra, Operations, no_row
from martech.provider.operations.campaigns import CampaignOperations
from martech.provider.operations.consent import ConsentOperations
from martech.provider.operations.contacts import ContactOperations, Saving
from martech.provider.operations.datasets import DatasetOperations
from martech.provider.operations.events import EventOperations
from martech.provider.operations.jobs import JobOperations
from martech.provider.operations.lists import ListOperations
from martech.provider.operations.messages import MessageOperations
from martech.provider.operations.reports import ReportOperations
from martech.provider.operations.templates import TemplateOperations

__all__ = [
    "AccountOperations",
    "AttributeOperations",
    "AutomationOperations",
    "CampaignOperations",
    "ConsentOperations",
    "ContactOperations",
    "DatasetOperations",
    "EventOperations",
    "Extra",
    "JobOperations",
    "ListOperations",
    "MessageOperations",
    "Operations",
    "ReportOperations",
    "Saving",
    "TemplateOperations",
    "no_row",
]
