"""A provider in a few lines, for looking at one thing at a time. It talks to a function instead of a vendor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from martech.client import AsyncClient, Client
from martech.errors import MartechError
from martech.models import Contact, ContactQuery, Identifier, IfNew, ItemOutcome, ItemResult, Page
from martech.provider import (
    AccountOperations,
    AttributeOperations,
    Auth,
    AutomationOperations,
    CampaignOperations,
    ConsentOperations,
    ContactOperations,
    DatasetOperations,
    EventOperations,
    Host,
    HttpRequest,
    JobOperations,
    Limit,
    ListOperations,
    MessageOperations,
    Provider,
    ReportOperations,
    Response,
    Saving,
    Settings,
    TemplateOperations,
    error_for_status,
    get,
    no_row,
    not_offered,
)
from martech.testing.clock import ManualClock

NOTHING = not_offered("This fake has only contacts.")
App = Callable[[HttpRequest], Response]


class FakeContacts(ContactOperations):
    """Each of its methods does one thing a test asks about."""

    batch_size = 10

    async def get(self, ref: Identifier) -> Contact:
        reply = await get("/people/{email}", email=ref.value)
        return Contact(email=reply.json()["email"])

    async def list(self, query: ContactQuery, cursor: str | None) -> Page[Contact]:
        del query
        answer = (await get("/people", query={"after": cursor})).json()
        return Page([Contact(email=one) for one in answer["people"]], answer.get("next"))

    async def upsert_batch(self, contacts: Sequence[Contact], *, how: Saving) -> Sequence[ItemResult]:
        del how
        return [ItemResult(outcome=ItemOutcome.SAVED) for _ in contacts]

    create = update = upsert = submit_import = NOTHING
    change_identifier = delete = submit_delete = count = NOTHING


class Fake(Provider):
    """A fake provider; `auth`, `limits` and `contacts` may be replaced."""

    name = "fake"
    title = "Fake"

    def __init__(
        self,
        *,
        contacts: ContactOperations | None = None,
        auth: Auth | None = None,
        limits: Sequence[Limit] = (),
        hosts: dict[str, Host] | None = None,
        refusal: Callable[[Response], MartechError | None] | None = None,
    ) -> None:
        super().__init__(Settings(account="fake-account"))
        self.auth = auth or Auth()
        self.hosts = hosts or {"api": Host("https://api.fake.test")}
        self.limits = limits
        self._refusal = refusal
        self.contacts = contacts or FakeContacts()
        self.attributes = no_row(AttributeOperations, NOTHING)
        self.lists = no_row(ListOperations, NOTHING)
        self.consent = no_row(ConsentOperations, NOTHING)
        self.messages = no_row(MessageOperations, NOTHING)
        self.templates = no_row(TemplateOperations, NOTHING)
        self.campaigns = no_row(CampaignOperations, NOTHING)
        self.automations = no_row(AutomationOperations, NOTHING)
        self.reports = no_row(ReportOperations, NOTHING)
        self.events = no_row(EventOperations, NOTHING)
        self.datasets = no_row(DatasetOperations, NOTHING)
        self.jobs = no_row(JobOperations, NOTHING)
        self.account = no_row(AccountOperations, NOTHING)

    def refusal(self, response: Response) -> MartechError | None:
        if self._refusal is not None:
            return self._refusal(response)
        return error_for_status(response) if response.status >= 400 else None


class Vendor:
    """Answers requests from a script, the last answer again and again, and remembers what was asked."""

    def __init__(self, *answers: Response | BaseException | type[BaseException]) -> None:
        self._answers = list(answers) or [answer({})]
        self.asked: list[HttpRequest] = []

    def __call__(self, request: HttpRequest) -> Response:
        self.asked.append(request)
        said = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(said, Response):
            return said
        raise said


def answer(json: Any = None, status: int = 200, **headers: str) -> Response:
    """Return an answer with a JSON body."""
    from martech.emulation import reply

    return reply(status, json, headers={name.replace("_", "-"): value for name, value in headers.items()})


def client(provider: Fake | None = None, app: App | None = None, **options: Any) -> Client:
    """Return a blocking client for a fake."""
    return Client(provider or Fake(), app=app or Vendor(), clock=options.pop("clock", ManualClock()), **options)


def aclient(provider: Fake | None = None, app: App | None = None, **options: Any) -> AsyncClient:
    """Return an asyncio client for a fake."""
    return AsyncClient(
        provider or Fake(), app=app or Vendor(), clock=options.pop("clock", ManualClock()), **options
    )


SAVE = IfNew.VENDOR_DEFAULT
