"""Resources that differ, as the page shows them: field by field, with who changed them, grouped, as many as fit."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from auditor.reports import summary
from auditor.reports.differences import name_of, place_of, value_text
from auditor.reports.page.cover import moment
from auditor.reports.sanitize import clip, visible

Document = Mapping[str, Any]

MAX_LISTED = 200
"""Resources of one kind of difference that are listed; results.json has all."""
MAX_FIELDS = 40
MAX_BY = 3
MAX_VALUE = 400
"""Characters of one value."""
MAX_NAMES = 10
"""Resources that are named for one reason why they could not be compared."""
MAX_GROUPS = 100
"""Types, and reasons why something could not be compared, that are told apart."""
_ORIGIN = 120
_LONG = 60
"""Characters from which a list or map is shown over several lines."""
_OPEN, _OPEN_OF_TYPE = 20, 5
"""A list that is longer is folded away."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Some(Generic[Item]):
    """The first items of a list, and how many more there are; `folded` where they would bury what follows."""

    items: tuple[Item, ...]
    left_out: int = 0
    limit: int = _OPEN

    @property
    def total(self) -> int:
        """How many there are in all."""
        return len(self.items) + self.left_out

    @property
    def folded(self) -> bool:
        """Whether they are too many to be shown unasked."""
        return self.total > self.limit


@dataclass(frozen=True, slots=True)
class Value:
    """A value as JSON; `absent` where there is none."""

    text: str
    absent: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A field that differs: what it is in the baseline or the code, and live."""

    path: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class By:
    """A change that CloudTrail tells of."""

    who: str
    event: str
    source: str
    when: str
    id: str
    origin: str
    """The address that the call came from, and by what program; empty where the document does not say."""


@dataclass(frozen=True, slots=True)
class Claim:
    """How the code declares a resource; `standing` is empty where it is simply managed."""

    address: str
    state: str
    tool: str
    standing: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource that differs."""

    name: str
    type: str
    arn: str
    """Empty where nobody knows one, and the name says all."""
    place: str
    claim: Claim | None
    fields: Some[Field]
    by: Some[By]
    by_unknown: str
    """Why that is not known, or why it may not be all."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Resources that differ in the same way, or are of one type."""

    kind: str
    title: str
    entries: Some[Entry]


@dataclass(frozen=True, slots=True)
class NotCompared:
    """Why something could not be compared, and what."""

    action: str
    code: str
    reason: str
    names: Some[tuple[str, str]]
    """(name, type and place)"""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A difference that a rule of the configuration covers."""

    name: str
    type: str
    what: str
    fields: tuple[Field, ...]
    reason: str
    until: str


class Shown:
    """Makes what the page shows of the resources of an audit."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def listed(self, kind: str, title: str, items: Sequence[Document]) -> Listed:
        """Resources that differ in one way, in the document's order."""
        return Listed(kind, title, some(items, self.entry))

    def by_type(self, kind: str, items: Iterable[Document]) -> Some[Listed]:
        """Resources grouped by type, the largest group first; each type gets its share of what is listed."""
        groups: dict[str, list[Document]] = defaultdict(list)
        for one in items:
            groups[visible(one["type"])].append(one)
        ordered = sorted(groups, key=lambda name: (-len(groups[name]), name))
        shown, rest = ordered[:MAX_GROUPS], ordered[MAX_GROUPS:]
        shares = summary.share({name: len(groups[name]) for name in shown}, MAX_LISTED)
        listed = [some(groups[name], self.entry, shares[name], unfolded=_OPEN_OF_TYPE) for name in shown]
        return Some(
            tuple(Listed(kind, clip(name, MAX_VALUE), entries) for name, entries in zip(shown, listed, strict=True)),
            sum(len(groups[name]) for name in rest),
        )

    def entry(self, one: Document) -> Entry:
        """A resource that differs."""
        name, arn = name_of(one), visible(one["arn"])
        return Entry(
            name=clip(name, MAX_VALUE),
            type=clip(visible(one["type"]), MAX_VALUE),
            arn=clip(arn, MAX_VALUE) if arn != name else "",
            place=place_of(one, self.names),
            claim=claim(one["claim"]) if one.get("claim") else None,
            fields=some(one.get("fields") or (), field, MAX_FIELDS),
            by=some(one.get("by") or (), _by, MAX_BY),
            by_unknown=visible(one.get("by_unknown") or ""),
        )

    def not_compared(self, items: Iterable[Document]) -> Some[NotCompared]:
        """What could not be compared by reason, most resources first; what is left out are resources too."""
        groups: dict[tuple[str, str, str], list[Document]] = defaultdict(list)
        for one in items:
            groups[one["action"], one["code"], one["reason"]].append(one)
        ordered = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
        shown = tuple(self._not_compared(why, found) for why, found in ordered[:MAX_GROUPS])
        return Some(shown, sum(len(found) for _, found in ordered[MAX_GROUPS:]))

    def _not_compared(self, why: tuple[str, str, str], items: Sequence[Document]) -> NotCompared:
        action, code, reason = (clip(visible(part), MAX_VALUE) for part in why)
        return NotCompared(action, code, reason, some(items, self._named, MAX_NAMES))

    def _named(self, one: Document) -> tuple[str, str]:
        return clip(name_of(one), MAX_VALUE), self._about(one)

    def _about(self, one: Document) -> str:
        only = f"; only {visible(', '.join(one['columns']))}" if one["columns"] else ""
        return f"{visible(one['type'])}, {place_of(one, self.names)}{clip(only, MAX_VALUE)}"


def claim(one: Document) -> Claim:
    """How the code declares a resource."""
    standing = "" if one["standing"] == "managed" else visible(one["standing"])
    address, state = (clip(visible(one[key]), MAX_VALUE) for key in ("address", "state"))
    return Claim(address, state, visible(one["tool"]), standing)


def field(one: Document) -> Field:
    """A field that differs."""
    return Field(clip(visible(one["path"]), MAX_VALUE), _value(one["old"]), _value(one["new"]))


def _value(value: object) -> Value:
    """As JSON, a long list or map over several lines; a very long value is cut."""
    text = value_text(value)
    if isinstance(value, list | dict) and len(text) > _LONG:
        text = visible(json.dumps(value, ensure_ascii=False, indent=2), lines=True)
    if len(text) > MAX_VALUE:
        text = f"{clip(text, MAX_VALUE)} (cut; results.json has all {len(text):,} characters)"
    return Value(text, value is None)


def _by(one: Document) -> By:
    who, event, source, identity = (visible(one[key] or "") for key in ("who", "event", "source", "event_id"))
    origin = ", ".join(clip(visible(one[key]), _ORIGIN) for key in ("from", "user_agent") if one.get(key))
    return By(clip(who, MAX_VALUE), event, source, visible(moment(str(one["time"]))), identity, origin)


# ---------------------------------------------------------------------------------------- rules of the configuration


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of `[[drift.ignore]]`, and how it stands."""

    resource: str
    attribute: str
    reason: str
    until: str
    state: str
    covers: bool


def ignored(part: Document, words: Mapping[str, str]) -> Some[Ignored]:
    """What the rules cover in a comparison."""
    return some(part["ignored"], lambda one: _ignored(one, part["rules"], words))


def _ignored(one: Document, rules: Sequence[Document], words: Mapping[str, str]) -> Ignored:
    rule = rules[one["rule"]] if one["rule"] in range(len(rules)) else {"reason": "", "expires": ""}
    name = visible(one["address"]) if one.get("address") else name_of(one)
    return Ignored(
        clip(name, MAX_VALUE),
        visible(one["type"]),
        summary.short(words.get(one["kind"], visible(one["kind"]))),
        tuple(field(each) for each in one.get("fields") or ()),
        visible(rule["reason"]),
        visible(rule["expires"]),
    )


def rules(parts: Iterable[Document]) -> tuple[Rule, ...]:
    """The rules of the configuration, each once, with what they cover in all comparisons together."""
    matched: Counter[tuple[str, str, str, str, bool]] = Counter()
    for one in (one for part in parts for one in part["rules"]):
        key = (one["resource"], one["attribute"] or "", one["reason"], one["expires"], bool(one["expired"]))
        matched[key] += one["matched"]
    return tuple(
        Rule(
            visible(resource),
            visible(attribute),
            visible(reason),
            visible(expires),
            _state(count, expired=expired),
            covers=bool(count) and not expired,
        )
        for (resource, attribute, reason, expires, expired), count in matched.items()
    )


def _state(matched: int, *, expired: bool) -> str:
    if expired:
        return f"expired: it covers nothing any more, and would cover {matched:,}"
    return f"in force: covers {matched:,}" if matched else "matches nothing: remove it, or correct it"


def some(
    items: Sequence[Any], make: Callable[[Any], Item], limit: int = MAX_LISTED, *, unfolded: int = _OPEN
) -> Some[Item]:
    """The first `limit` of a list, made into what is shown; more than `unfolded` are folded away."""
    return Some(tuple(make(one) for one in items[:limit]), max(0, len(items) - limit), unfolded)
