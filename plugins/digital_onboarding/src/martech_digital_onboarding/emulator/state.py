"""What the emulator remembers, and its switches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, get_type_hints

from martech.emulation import Clock, Emulator, Response, reply
from martech_digital_onboarding.emulator.assumptions import (
    DEFAULT_BODY_BYTES,
    DEFAULT_TEAM_OBJECTIVES,
    DEFAULT_TEMPLATES,
    DEFAULT_TOKEN_SECONDS,
)
from martech_digital_onboarding.emulator.credentials import Credentials
from martech_digital_onboarding.emulator.people import People
from martech_digital_onboarding.emulator.posts import ContactReader, IgnoredMember, Spelling
from martech_digital_onboarding.emulator.switches import (
    BadObjectiveValues,
    BadRecords,
    CredentialChannels,
    ExpiresIn,
    FlagsShown,
    JourneySpellings,
    MetaPublicUpdate,
    TokenEncodings,
    UnauthorizedBody,
    ValidationErrors,
    fits,
)
from martech_digital_onboarding.emulator.vocabulary import PLATFORM_OBJECTIVES
from martech_digital_onboarding.emulator.webhooks import WebhookSender

__all__ = ["Completion", "DigitalOnboardingState", "Journey", "JourneyStart", "Objective", "Route"]

Route = Literal["journeys", "contacts", "csv"]
"""What started a journey: the journeys endpoint, a contact with `journey.template_id`, or a CSV row with one."""
_NO_SWITCHES: Final = frozenset({"clock", "seed", "templates", "team_objectives", "return"})


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective; `team_id` is null for those of the platform (seed, "Objectives")."""

    key: str
    name: str
    id: str
    team_id: str | None


@dataclass(frozen=True, slots=True)
class Completion:
    """One objective that was posted as completed; only the first time of each contact counts."""

    unique_id: str
    objective: str
    completed_at: datetime
    counted: bool


@dataclass(slots=True)
class Journey:
    """One journey of one contact."""

    id: str
    slug: str
    web_client_url: str
    template_id: str
    contact_id: str
    name: str
    owner_id: str | None


@dataclass(frozen=True, slots=True)
class JourneyStart:
    """One time that a journey was created or updated, and on which channel it reached the contact, if it did."""

    journey_id: str
    template_id: str
    unique_id: str
    route: Route
    spelling: Spelling | None
    created: bool
    channel: str | None
    at: datetime


class DigitalOnboardingState(Emulator):
    """The memory and the switches of the pretended vendor; the routes are in the classes built on it."""

    name = "digital_onboarding"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        seed: int = 0,
        templates: Mapping[str, str] = DEFAULT_TEMPLATES,
        team_objectives: Mapping[str, str] = DEFAULT_TEAM_OBJECTIVES,
        token_seconds: float = DEFAULT_TOKEN_SECONDS,
        token_type: str = "Bearer",  # noqa: S107 - a word
        token_encodings: TokenEncodings = "both",  # noqa: S107 - a word
        credential_channels: CredentialChannels = "both",
        expires_in: ExpiresIn = "number",
        force_401_once: bool = False,
        force_401_always: bool = False,
        unauthorized_body: UnauthorizedBody = "invalid_token",
        success_status: int = 200,
        validation_errors: ValidationErrors = "fields",
        bare_arrays: bool = False,
        omit_unset_members: bool = False,
        flags_shown: FlagsShown = "always",
        undocumented_members: bool = False,
        undocumented_endpoints: bool = False,
        meta_public_update: MetaPublicUpdate = "replace",
        bad_objective_values: BadObjectiveValues = "refuse",
        journey_spellings: JourneySpellings = "both",
        journey_update_sends: bool = True,
        max_batch_contacts: int | None = None,
        max_body_bytes: int | None = DEFAULT_BODY_BYTES,
        bad_records: BadRecords = "refuse_all",
        absent_every: int = 0,
        absent_keys: Collection[str] = (),
        absent_are_stored: bool = False,
        shuffle_batch_answers: bool = False,
        collect_webhooks: bool = False,
        webhook_url: str = "https://hooks.example-bank.test/digital-onboarding",
    ) -> None:
        """Start with no contacts. Everything after `team_objectives` is a switch, also an attribute at any time.

        Args:
            clock: The emulator's clock.
            seed: What everything random is drawn from.
            templates: The team's templates, names by id.
            team_objectives: The team's own objectives, names by key, beside the twelve of the platform.
            token_seconds: How long a token lives.
            token_type: What the token endpoint calls it; the casing is not stated.
            token_encodings: How the body of a token request may be written.
            credential_channels: Where the token endpoint takes credentials from.
            expires_in: What it answers as lifetime: the number, the number as text, no number, or no member.
            force_401_once: Refuse the next token for good, whatever it is; turns itself off.
            force_401_always: Refuse every token.
            unauthorized_body: What a refused token is told.
            success_status: The status of upserts and new journeys; none is stated.
            validation_errors: How the body of a 422 is written; none is stated.
            bare_arrays: Answer lists as arrays without their documented wrapper, as a third party saw them.
            omit_unset_members: Leave members without a value out of contacts instead of showing null.
            flags_shown: When contacts show their opt-out flags; whether a false one is shown is not stated.
            undocumented_members: Show the members that were seen in real answers and are not documented.
            undocumented_endpoints: Offer `GET /v1/contacts` and `GET /v1/contacts/{id}`, which are not documented.
            meta_public_update: Whether an update replaces `meta_public` or merges into it.
            bad_objective_values: Refuse objectives whose value completes nothing, or pass over them.
            journey_spellings: Which spelling of `journey.template_id` works in JSON.
            journey_update_sends: Whether updating a journey messages its contact again.
            max_batch_contacts: Batches above it are answered 413; None is no limit.
            max_body_bytes: Bodies above it are answered 413; None is no limit.
            bad_records: What one bad record does to its batch.
            absent_every: Every how many-eth contact a batch's answer leaves out; 0 is none.
            absent_keys: `unique_id`s that a batch's answer leaves out.
            absent_are_stored: Whether what an answer leaves out was stored nevertheless.
            shuffle_batch_answers: Answer batches in another order than they came.
            collect_webhooks: Keep a `contact.updated` delivery in `webhooks.collected` for every update.
            webhook_url: Where deliveries are addressed to.
        """
        super().__init__(clock=clock, seed=seed)
        self.token_seconds = token_seconds
        self.token_type = token_type
        self.token_encodings: TokenEncodings = token_encodings
        self.credential_channels: CredentialChannels = credential_channels
        self.expires_in: ExpiresIn = expires_in
        self.force_401_once = force_401_once
        self.force_401_always = force_401_always
        self.unauthorized_body: UnauthorizedBody = unauthorized_body
        self.success_status = success_status
        self.validation_errors: ValidationErrors = validation_errors
        self.bare_arrays = bare_arrays
        self.omit_unset_members = omit_unset_members
        self.flags_shown: FlagsShown = flags_shown
        self.undocumented_members = undocumented_members
        self.undocumented_endpoints = undocumented_endpoints
        self.meta_public_update: MetaPublicUpdate = meta_public_update
        self.bad_objective_values: BadObjectiveValues = bad_objective_values
        self.journey_spellings: JourneySpellings = journey_spellings
        self.journey_update_sends = journey_update_sends
        self.max_batch_contacts = max_batch_contacts
        self.max_body_bytes = max_body_bytes
        self.bad_records: BadRecords = bad_records
        self.absent_every = absent_every
        self.absent_keys = absent_keys
        self.absent_are_stored = absent_are_stored
        self.shuffle_batch_answers = shuffle_batch_answers
        self.collect_webhooks = collect_webhooks

        self.team_id = self.new_id()
        self.credentials = Credentials()
        self.people = People()
        self.templates = dict(templates)
        self.objectives: dict[str, Objective] = {}
        self.completions: list[Completion] = []
        self.journeys: dict[str, Journey] = {}
        self.latest_journey: dict[tuple[str, str], Journey] = {}
        """The newest journey by the id of its contact and the id of its template."""
        self.journey_starts: list[JourneyStart] = []
        self.ignored_members: list[IgnoredMember] = []
        self.plain_http: list[str] = []
        self.webhooks = WebhookSender(clock=self.clock, new_secret=self.new_id, url=webhook_url)
        for key in PLATFORM_OBJECTIVES:
            self._add_objective(key, key.replace("-", " ").title(), team_id=None)
        for key, name in team_objectives.items():
            self.add_objective(key, name)

    @property
    def webhook_url(self) -> str:
        """Where deliveries are addressed to."""
        return self.webhooks.url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self.webhooks.url = url

    def add_objective(self, key: str, name: str) -> Objective:
        """Add an objective of the team's own."""
        return self._add_objective(key, name, team_id=self.team_id)

    def add_template(self, template_id: str, name: str) -> None:
        """Add a template to the team's."""
        self.templates[template_id] = name

    def listing(self, name: str, items: Sequence[Mapping[str, Any]]) -> Response:
        """Answer a list under its documented name, or bare where the switch says so."""
        return reply(200, list(items) if self.bare_arrays else {name: list(items)})

    def contact_reader(self, *, journey_spellings: JourneySpellings | None = None) -> ContactReader:
        """Return a reader of posted contacts that knows what the team has now."""
        return ContactReader(
            templates=self.templates,
            objectives=self.objectives,
            journey_spellings=journey_spellings or self.journey_spellings,
            bad_objective_values=self.bad_objective_values,
        )

    def set_switch(self, name: str, value: Any) -> None:
        """Set a switch by its name, as it comes over HTTP.

        Raises:
            ValueError: There is no such switch, or it does not take this value.
        """
        hints = get_type_hints(DigitalOnboardingState.__init__)
        if name not in hints or name in _NO_SWITCHES:
            raise ValueError(f"there is no switch {name!r}")
        if not fits(value, hints[name]):
            raise ValueError(f"{name!r} does not take {value!r}")
        setattr(self, name, value)

    def _add_objective(self, key: str, name: str, *, team_id: str | None) -> Objective:
        self.objectives[key] = Objective(key, name, self.new_id(), team_id)
        return self.objectives[key]
