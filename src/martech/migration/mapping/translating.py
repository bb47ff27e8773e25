"""From what the source has to what the target is to be written: pure, and every loss is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from martech.errors import InvalidRequest
from martech.migration.mapping.losses import LossKind, Lost
from martech.migration.mapping.rules import FIELDS, AttributeRule, MappingRules
from martech.migration.mapping.values import converted, narrows, type_of
from martech.models import AttributeDefinition, AttributeType, Contact
from martech.provider.keeping import Free, Keeping

__all__ = ["Route", "Schema", "Translated", "Translation", "resolved"]


@dataclass(frozen=True, slots=True)
class Schema:
    """What the target takes."""

    title: str
    keeping: Keeping
    attributes: Sequence[AttributeDefinition] = ()
    creates_attributes: bool = False
    named_by: Sequence[str] = ()
    """The fields of a contact by which it knows people; of a person without any of them nothing can be written."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where the values of one attribute of the source go."""

    source: str
    kind: AttributeType
    """The type it has at the source."""
    target: str | None = None
    """Its name at the target; None where it goes nowhere, or into fields."""
    target_kind: AttributeType = AttributeType.ANY
    fields: tuple[str, ...] = ()
    """Fields of the contact, or attributes, that it is split into; one for a plain move into a field."""
    split_at: str | None = None
    convert: AttributeType | None = None
    creates: bool = False
    """Whether it has to be made at the target first."""
    lost: tuple[Lost, ...] = ()
    """What is lost of everybody who has it."""


@dataclass(frozen=True, slots=True)
class Translated:
    """One person for the target: everything but consent, which the law of the run decides."""

    contact: Contact
    lost: tuple[Lost, ...] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    """A mapping held against both schemas."""

    rules: MappingRules
    target: Schema
    routes: Mapping[str, Route]
    constants: Mapping[str, Any] = field(default_factory=dict)

    def created(self) -> Iterator[AttributeDefinition]:
        """Yield the attributes that have to be made at the target first."""
        made: set[str] = set()
        for route in self.routes.values():
            if route.creates and route.target is not None and route.target not in made:
                made.add(route.target)
                yield AttributeDefinition(name=route.target, type=route.target_kind)

    def translate(self, contact: Contact) -> Translated:
        """Return what is written of one person, consent apart, with what is lost of them.

        What the source does not have is not said, so it is left alone at the target. Of somebody who is only in
        the source's bin nothing goes along but their names, for the no that they may have said.
        """
        if contact.deleted:
            return self._binned(contact)
        lost: list[Lost] = []
        fields: dict[str, Any] = {}
        attributes: dict[str, Any] = {}
        keeping = self.target.keeping
        for name in FIELDS:
            value = getattr(contact, name)
            if not value:
                continue
            rule = self.rules.fields.get(name)  # type: ignore[call-overload]  # FIELDS are the literal's names
            if rule is not None and rule.to is not None:
                attributes[rule.to] = value
            elif rule is not None and rule.drop:
                lost.append(Lost(LossKind.FIELD, name, "dropped by the mapping"))
            elif name in keeping.fields:
                fields[name] = value
            else:
                lost.append(Lost(LossKind.FIELD, name))
        for name, value in contact.custom_ids.items():
            if "custom_ids" in keeping.fields:
                fields.setdefault("custom_ids", {})[name] = value
            else:
                lost.append(Lost(LossKind.FIELD, f"custom_ids.{name}"))
        for name, value in contact.attributes.items():
            if value is not None and value != "":
                self._one(name, value, fields, attributes, lost)
        attributes |= {name: value for name, value in self.constants.items() if name not in attributes}
        source = self.rules.people.own_id_from
        stand_in = getattr(contact, source) if source is not None else None
        if stand_in and "own_id" in keeping.fields:
            fields.setdefault("own_id", stand_in)
        if attributes:
            fields["attributes"] = attributes
        lost += (Lost(LossKind.EVIDENCE, one.channel) for one in contact.consents if not keeping.keeps(one))
        return Translated(Contact.giving(fields), tuple(dict.fromkeys(lost)))

    def _binned(self, contact: Contact) -> Translated:
        kept = {name for name in ("email", "mobile", "own_id") if name in self.target.keeping.fields}
        fields: dict[str, Any] = {name: value for name in kept if (value := getattr(contact, name))}
        return Translated(Contact.giving(fields), (Lost(LossKind.PERSON_IN_BIN, "people"),))

    def _one(
        self, name: str, value: Any, fields: dict[str, Any], attributes: dict[str, Any], lost: list[Lost]
    ) -> None:
        route = self.routes.get(name)
        if route is None:
            lost.append(Lost(LossKind.ATTRIBUTE, name, "the plan has not seen it"))
            return
        lost += route.lost
        try:
            value = converted(value, route.convert) if route.convert is not None else value
            if route.fields:
                self._into_fields(route, value, fields, attributes)
            elif route.target is not None:
                kept = converted(value, route.target_kind)
                lost += _narrowed(route, value)
                value = kept
                longest = self.target.keeping.longest_text
                if longest is not None and isinstance(value, str) and len(value) > longest:
                    raise ValueError(f"is longer than {longest} letters")
                attributes[route.target] = value
        except ValueError as wrong:
            lost.append(Lost(LossKind.VALUE, name, _plain(wrong)))

    def _into_fields(self, route: Route, value: Any, fields: dict[str, Any], attributes: dict[str, Any]) -> None:
        text = str(converted(value, AttributeType.TEXT)).strip()
        pieces = [text] if route.split_at is None else text.split(route.split_at, len(route.fields) - 1)
        for name, piece in zip(route.fields, pieces, strict=False):
            if not piece.strip():
                continue
            if name not in FIELDS:
                attributes.setdefault(name, piece.strip())
            elif name in self.target.keeping.fields:
                # What the source said of the field itself goes before what was made of an attribute.
                fields.setdefault(name, _checked(name, piece.strip()))


def _narrowed(route: Route, value: Any) -> tuple[Lost, ...]:
    """Return that a value's type has no place of its own; a text is as much as its attribute's type says."""
    kind = type_of(value)
    if kind is AttributeType.TEXT and route.kind is not AttributeType.ANY:
        kind = route.kind
    if not narrows(kind, route.target_kind):
        return ()
    return (Lost(LossKind.ATTRIBUTE_NARROWED, route.source, f"{kind} kept as {route.target_kind}"),)


def _plain(wrong: ValueError) -> str:
    text = str(wrong)
    return text if text.startswith(("is ", "can ")) else "is none of the target's type"


def _checked(name: str, text: str) -> str:
    from martech.models import email, mobile

    if name == "email":
        return email(text).value
    return mobile(text).value if name == "mobile" else text


# ── holding a mapping against both schemas ───────────────────────────────────────────────────────────────────


def resolved(
    rules: MappingRules, source: Mapping[str, AttributeType], target: Schema, *, name: str = "the mapping"
) -> Translation:
    """Hold a mapping against what the source has and the target takes.

    Args:
        rules: The mapping.
        source: The attributes of the source with their types, those seen in the data included.
        target: The target.
        name: How the mapping's file is called, for what is said of it.

    Raises:
        InvalidRequest: It names what is not there, or writes two things into one place; says file and keys.
    """
    return _Resolving(rules, source, target, name).all()


class _Resolving:
    """One mapping on its way to routes."""

    def __init__(
        self, rules: MappingRules, source: Mapping[str, AttributeType], target: Schema, name: str
    ) -> None:
        self._rules, self._source, self._target, self._name = rules, source, target, name
        self._keeping = target.keeping
        self._there = {self._same(one.name): one for one in target.attributes}
        self._taken: dict[str, str] = {}
        self._problems: list[str] = []

    def all(self) -> Translation:
        """Return the translation; every problem is told at once."""
        for named in self._rules.attributes:
            if named not in self._source:
                self._problem(f"attributes.{named}", "the source has no such attribute")
        routes: dict[str, Route] = {}
        # What somebody named goes first, so that it gets the name it asks for.
        ordered = sorted(self._source, key=lambda one: (one not in self._rules.attributes, one))
        for named in ordered:
            routes[named] = self._route(named, self._rules.attributes.get(named, AttributeRule()))
        for field_name, rule in self._rules.fields.items():
            if rule.to is not None:
                placed = self._place(f"fields.{field_name}.to", rule.to, AttributeType.TEXT, said=True)
                if placed is not None:
                    routes[f"fields.{field_name}"] = Route(
                        f"fields.{field_name}", AttributeType.TEXT, placed[0], placed[1], creates=placed[2]
                    )
        constants = dict(self._constants(routes))
        self._check_names(routes)
        if self._problems:
            raise InvalidRequest(f"{self._name}: {'; '.join(self._problems)}")
        return Translation(self._rules, self._target, routes, constants)

    def _check_names(self, routes: Mapping[str, Route]) -> None:
        """Object to a mapping by which nobody at all could be written."""
        made = {name for route in routes.values() for name in route.fields}
        made |= {"own_id"} if self._rules.people.own_id_from is not None else set()
        moved = {name for name, rule in self._rules.fields.items() if rule.drop or rule.to is not None}
        names = self._target.named_by
        if names and set(names) <= moved - made:
            words = f"{self._target.title} knows people by nothing else, so that nobody would be moved"
            self._problem(f"fields.{names[0]}", words)

    def _constants(self, routes: dict[str, Route]) -> Iterator[tuple[str, Any]]:
        for named, value in self._rules.constants.items():
            placed = self._place(f"constants.{named}", named, type_of(value), said=True)
            if placed is None:
                continue
            target, kind, creates = placed
            try:
                yield target, converted(value, kind)
            except ValueError as wrong:
                self._problem(f"constants.{named}", f"{_plain(wrong)} ({kind})")
            routes[f"constants.{named}"] = Route(
                f"constants.{named}", type_of(value), target, kind, creates=creates
            )

    def _route(self, named: str, rule: AttributeRule) -> Route:
        kind = self._source[named]
        if rule.drop:
            return Route(named, kind, lost=(Lost(LossKind.ATTRIBUTE, named, "dropped by the mapping"),))
        convert = AttributeType(rule.convert) if rule.convert is not None else None
        if rule.to_field is not None:
            return self._into_fields(named, kind, (rule.to_field,), None, convert)
        if rule.split is not None:
            return self._into_fields(named, kind, rule.split.into, rule.split.at, convert)
        known = self._there.get(self._same(named))
        if rule.to is None and self._keeping.names.problem(named) and known is None:
            return self._renamed(named, kind, convert)
        key = f"attributes.{named}.to" if rule.to is not None else f"attributes.{named}"
        placed = self._place(key, rule.to or named, convert or kind, said=rule.to is not None)
        if placed is None:
            return Route(named, kind, lost=(Lost(self._without_place(), named),))
        target, target_kind, creates = placed
        if target.casefold() in self._keeping.read_only:
            return Route(named, kind, lost=(Lost(LossKind.ATTRIBUTE_READ_ONLY, named),))
        lost: tuple[Lost, ...] = ()
        if rule.to is not None or convert is not None:
            lost = (Lost(LossKind.ATTRIBUTE_MAPPED, named, f"kept as {target}, {target_kind}"),)
        elif target != (named.upper() if self._keeping.names.capitals else named):
            lost = (Lost(LossKind.ATTRIBUTE_RENAMED, named, f"kept as {target}"),)
        return Route(named, kind, target, target_kind, convert=convert, creates=creates, lost=lost)

    def _renamed(self, named: str, kind: AttributeType, convert: AttributeType | None) -> Route:
        problem = self._keeping.names.problem(named)
        fitted = self._free_name(self._keeping.names.fitted(named))
        placed = self._place(f"attributes.{named}", fitted, convert or kind, said=False)
        if placed is None:
            return Route(named, kind, lost=(Lost(self._without_place(), named, f"the name {problem}"),))
        target, target_kind, creates = placed
        lost = (Lost(LossKind.ATTRIBUTE_RENAMED, named, f"the name {problem}: kept as {target}"),)
        return Route(named, kind, target, target_kind, convert=convert, creates=creates, lost=lost)

    def _without_place(self) -> LossKind:
        public = self._keeping.free is Free.PUBLIC
        return LossKind.ATTRIBUTE_PUBLIC if public else LossKind.ATTRIBUTE

    def _free_name(self, fitted: str) -> str:
        """Return a name that nothing else goes to, with a number at its end where it must differ."""
        longest = self._keeping.names.longest or 200
        name, number = fitted, 1
        while self._same(name) in self._taken or self._same(name) in {self._same(one) for one in self._source}:
            number += 1
            name = f"{fitted[: longest - len(str(number)) - 1]}_{number}"
        return name

    def _into_fields(
        self, named: str, kind: AttributeType, into: Sequence[str], at: str | None, convert: AttributeType | None
    ) -> Route:
        lost = [Lost(LossKind.ATTRIBUTE_MAPPED, named, f"goes into {' and '.join(into)}")]
        placed: list[str] = []
        for one in into:
            if one in FIELDS:
                placed.append(one)
                if one not in self._keeping.fields:
                    lost.append(Lost(LossKind.FIELD, one))
            elif (there := self._place(f"attributes.{named}", one, AttributeType.TEXT, said=True)) is not None:
                placed.append(there[0])
        return Route(named, kind, None, fields=tuple(placed), split_at=at, convert=convert, lost=tuple(lost))

    def _place(
        self, key: str, name: str, kind: AttributeType, *, said: bool
    ) -> tuple[str, AttributeType, bool] | None:
        """Return the name and type at the target, and whether it has to be made; None where there is no place."""
        known = self._there.get(self._same(name))
        fixed = {self._same(one): one for one in self._keeping.fixed}
        if known is not None:
            found = known.name, known.type, False
        elif self._same(name) in fixed:
            place = fixed[self._same(name)]
            found = place, self._keeping.fixed[place], False
        elif (problem := self._keeping.names.problem(name)) is not None:
            self._problem(key, f"the name {name!r} {problem}")
            return None
        elif self._target.creates_attributes:
            kept = self._keeping.names.fitted(name)
            found = kept, self._keeping.kept_as(kind), True
        elif self._keeping.free is Free.YES or (self._keeping.free is Free.PUBLIC and said):
            found = name, self._keeping.types.get(kind, AttributeType.ANY), False
        elif said:
            self._problem(key, f"{self._target.title} has no attribute {name!r}, and none can be made there")
            return None
        else:
            return None
        same = self._same(found[0])
        if same in self._taken and self._taken[same] != key:
            if not said:
                return self._elsewhere(key, found[0], kind)
            self._problem(key, f"{found[0]!r} is written by {self._taken[same]} too")
            return None
        self._taken[same] = key
        return found

    def _elsewhere(self, key: str, name: str, kind: AttributeType) -> tuple[str, AttributeType, bool] | None:
        """Return another place for what would go where something else goes already."""
        if not self._target.creates_attributes:
            return None
        other = self._free_name(self._keeping.names.fitted(name))
        self._taken[self._same(other)] = key
        return other, self._keeping.kept_as(kind), True

    def _same(self, name: str) -> str:
        return name.upper() if self._keeping.names.capitals else name

    def _problem(self, key: str, words: str) -> None:
        self._problems.append(f"{key}: {words}")
