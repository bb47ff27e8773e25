"""What can be lost on the way, by name, with the choice that was taken and how to change it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

__all__ = ["CHOICES", "LossKind", "Lost"]


class LossKind(StrEnum):
    """What sort of thing is lost."""

    PERSON_UNREADABLE = "person_unreadable"
    PERSON_NAMELESS = "person_nameless"
    PERSON_IN_BIN = "person_in_bin"
    PERSON_TWICE = "person_twice"
    PERSON_CONFLICTING = "person_conflicting"
    FIELD = "field"
    ATTRIBUTE = "attribute"
    ATTRIBUTE_PUBLIC = "attribute_public"
    ATTRIBUTE_MAPPED = "attribute_mapped"
    ATTRIBUTE_RENAMED = "attribute_renamed"
    ATTRIBUTE_NARROWED = "attribute_narrowed"
    ATTRIBUTE_READ_ONLY = "attribute_read_only"
    VALUE = "value"
    STATE = "state"
    STATE_CLOSED = "state_closed"
    STATE_TIME = "state_time"
    TARGET_STANDS = "target_stands"
    OPT_OUT = "opt_out"
    TOPIC = "topic"
    EVIDENCE = "evidence"
    SUPPRESSION = "suppression"
    LIST = "list"
    SEGMENT = "segment"
    MEMBERSHIP = "membership"
    DELETION = "deletion"
    TEMPLATE = "template"
    MERGE_TAG = "merge_tag"
    IMAGE = "image"
    HISTORY = "history"
    DATASET = "dataset"


class Lost(NamedTuple):
    """One thing of one person that does not arrive as it was."""

    kind: LossKind
    name: str
    detail: str = ""


class Choice(NamedTuple):
    """What a loss means, what is done about it, and how to have it otherwise."""

    what: str
    choice: str
    change: str


CHOICES: Mapping[LossKind, Choice] = {
    LossKind.PERSON_UNREADABLE: Choice(
        "rows that could not be read as a person", "left out, and named in the report", "mend the rows in the file"
    ),
    LossKind.PERSON_NAMELESS: Choice(
        "people without any identifier that the target writes by",
        "left out; who of them said no is listed as undelivered",
        "say people.own_id_from in the mapping, or give them one at the source",
    ),
    LossKind.PERSON_IN_BIN: Choice(
        "people who are only in the source's bin",
        "left out: they were deleted there; a no of theirs is carried",
        "restore them at the source",
    ),
    LossKind.PERSON_TWICE: Choice(
        "people who are at the source several times under one identifier",
        "written as one person; a no of any of them counts",
        "mend them at the source",
    ),
    LossKind.PERSON_CONFLICTING: Choice(
        "people of whom another identifier belongs to somebody else at the target",
        "the target will refuse them; they are listed with its words",
        "drop that field in the mapping, or mend it on one side",
    ),
    LossKind.FIELD: Choice(
        "a field that the target has no place for",
        "left out",
        "say fields.NAME.to in the mapping to keep it as an attribute",
    ),
    LossKind.ATTRIBUTE: Choice(
        "an attribute that the target has no place for",
        "left out",
        "make it at the target, or say attributes.NAME.to in the mapping",
    ),
    LossKind.ATTRIBUTE_PUBLIC: Choice(
        "an attribute that people outside could read at the target",
        "left out",
        "name it in the mapping (attributes.NAME.to), if anybody may read it",
    ),
    LossKind.ATTRIBUTE_MAPPED: Choice(
        "an attribute that the mapping changes", "as the mapping says", "change attributes.NAME in the mapping"
    ),
    LossKind.ATTRIBUTE_RENAMED: Choice(
        "an attribute whose name the target does not take",
        "kept under the nearest name that it takes",
        "say attributes.NAME.to in the mapping",
    ),
    LossKind.ATTRIBUTE_NARROWED: Choice(
        "an attribute whose type the target does not have as it is",
        "kept as the target's nearest type",
        "say attributes.NAME.to with an attribute of another type",
    ),
    LossKind.ATTRIBUTE_READ_ONLY: Choice(
        "an attribute that only the vendor sets", "left out", "say attributes.NAME.to with another name"
    ),
    LossKind.VALUE: Choice(
        "values that are none of the target's type", "left out; the rest of the person is written",
        "say attributes.NAME.convert in the mapping, or mend them at the source",
    ),
    LossKind.STATE: Choice(
        "a state of a channel that the target has no word for",
        "written as the nearest state that forbids contact",
        "it cannot be changed: nothing weaker is ever written",
    ),
    LossKind.STATE_CLOSED: Choice(
        "people of whom the source does not say that they are subscribed",
        "made with a no, so that nobody is moved towards being contacted; who is there stays as they are",
        "subscribe them with evidence, or say in the file's layout that they are subscribed",
    ),
    LossKind.STATE_TIME: Choice(
        "since when a state has held",
        "left out: the target does not keep it",
        "it stays in a bundle of the source",
    ),
    LossKind.TARGET_STANDS: Choice(
        "people who are subscribed at the source and not at the target",
        "the target's no stands",
        "consent.lift in the run's rules, where the evidence is later",
    ),
    LossKind.OPT_OUT: Choice(
        "a no on a channel that the target does not keep",
        "listed as undelivered; nothing can be sent there either",
        "keep it where the channel is used",
    ),
    LossKind.TOPIC: Choice(
        "what people said about a topic: each yes, and a no where the target has no such topic",
        "kept in the journal and the bundle; nobody is put into a topic",
        "set the topics afterwards, with evidence (consent.set_topic)",
    ),
    LossKind.EVIDENCE: Choice(
        "evidence of consent that the target keeps none like, or that lacks what a record of it needs there",
        "kept in the journal and the bundle",
        "complete it at the source: where, from which address and with which program it was given",
    ),
    LossKind.SUPPRESSION: Choice(
        "blocks on somebody who is not among the people",
        "they are made with their no where the target takes that identifier; else listed as undelivered",
        "it cannot be changed",
    ),
    LossKind.LIST: Choice("a list", "left out", "keep it as an attribute by hand"),
    LossKind.SEGMENT: Choice(
        "a segment, which the vendor computes by a rule that cannot be read",
        "left out",
        "say segments.ID.as_list = true in the mapping, which freezes who is in it today",
    ),
    LossKind.MEMBERSHIP: Choice("who is on a list", "left out", "it cannot be changed"),
    LossKind.DELETION: Choice(
        "deletions at the source between the first run and the last",
        "found by comparing everybody at the end, since no listing of changes shows them",
        "delete nobody at the source in between",
    ),
    LossKind.TEMPLATE: Choice("a template", "left out", "it stays in a bundle of the source"),
    LossKind.MERGE_TAG: Choice(
        "a place in templates that names an attribute in the source's way",
        "rewritten where the mapping knows it, else left as it stands",
        "say merge_tags.NAME in the mapping",
    ),
    LossKind.IMAGE: Choice(
        "images in templates that are kept on another host",
        "their addresses stay, and end when that host lets them go",
        "move the images and change the templates",
    ),
    LossKind.HISTORY: Choice(
        "campaigns of the past and their counts", "left out: no vendor takes a past", "they stay in a bundle"
    ),
    LossKind.DATASET: Choice(
        "a dataset with its records, or what of it the target does not take",
        "left out; every record left out is listed with the reason",
        "it stays in a bundle of the source",
    ),
}  # fmt: skip
"""One for each kind."""
