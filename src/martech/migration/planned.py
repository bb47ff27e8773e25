"""From a plan that was signed off to what a run is given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from martech.migration.journal.words import Kind
from martech.migration.law import Rules
from martech.migration.mapping import MappingRules, Schema, Translation, resolved
from martech.migration.mapping.templates import moved_template
from martech.migration.order import Order, Translated
from martech.migration.target import Target
from martech.models import AttributeDefinition, Contact, Template

if TYPE_CHECKING:
    from martech.client import Client
    from martech.migration.mapping.rules import ThingPart
    from martech.migration.plan import Plan
    from martech.migration.sources.contract import Source

__all__ = ["Mapped", "order_of", "translation_of"]


class Mapped:
    """A mapping held against both schemas, as a run uses it."""

    def __init__(self, translation: Translation) -> None:
        self._translation = translation

    def contact(self, contact: Contact) -> Translated:
        """Return a person in the target's words, without states and evidence, which the law decides on."""
        done = self._translation.translate(contact)
        kept = done.contact.model_fields_set - {"subscriptions", "consents"}
        fields = {name: getattr(done.contact, name) for name in kept}
        losses = [f"{one.kind}: {one.name}" + (f" ({one.detail})" if one.detail else "") for one in done.lost]
        made = Contact.giving(fields)
        return Translated(made, tuple(losses))

    def attributes(self, known: Sequence[AttributeDefinition]) -> Sequence[AttributeDefinition]:
        """Return the definitions that the target needs and does not have."""
        del known
        return list(self._translation.created())

    def name_of(self, part: ThingPart, thing_id: str, name: str) -> str | None:
        """Return how a thing is called at the target."""
        return self._translation.rules.name_of(part, thing_id, name)

    def template(self, template: Template, name: str) -> Template:
        """Return a template with its places in the target's way, as far as the mapping knows them."""
        tag = self._translation.target.keeping.merge_tag
        return moved_template(template, name, self._translation.rules, tag)


def translation_of(plan: Plan, client: Client) -> Mapped:
    """Return the translation that a plan was made with: by the schemas it saw, not by those of today."""
    provider = client._provider  # noqa: SLF001 - a migration goes by what a provider declares
    from martech.provider.keeping import Keeping

    schema = Schema(
        plan.target.title,
        provider.keeping or Keeping(),
        attributes=plan.target_attributes,
        creates_attributes=client.why_not("attributes.create") is None,
    )
    rules: MappingRules = plan.mapping
    return Mapped(resolved(rules, plan.source_attributes, schema))


def order_of(plan: Plan, source: Source, client: Client, *, kind: Kind = Kind.FULL, plan_name: str = "") -> Order:
    """Return what a run of a plan is to do."""
    rules = Rules(**plan.rules)  # type: ignore[arg-type]  # a plan holds exactly the fields of the rules, as JSON
    return Order(
        source=source,
        target=Target(client, restore=rules.restore),
        translation=translation_of(plan, client),
        rules=rules,
        kind=kind,
        live=source.stamp().digest is None,
        parameters={"plan": plan_name, "digest": plan.digest(), "rules": dict(plan.rules)},
    )
