"""What was asked: the requirements as controls, an activity and a task for every check."""

from __future__ import annotations

from auditor.reports.oscal.audit import Audit, Document, activity_uuid, objective_id, task_uuid
from auditor.reports.oscal.text import Part, code, identity, line, prop, prose, token


def activities(audit: Audit) -> list[Part]:
    """What each check does and which requirements it serves."""
    return [_activity(one) for one in audit.checks]


def _activity(check: Document) -> Part:
    controls = [{"control-id": token(one)} for one in check["requirements"]]
    steps = _steps(check)
    return {
        "uuid": activity_uuid(check["id"]),
        "title": line(check["title"]),
        "description": prose(check.get("description") or check["title"]),
        "props": [
            {"name": "method", "value": "TEST"},
            prop("check", check["id"]),
            prop("severity", check["severity"]),
        ],
        **({"steps": steps} if steps else {}),
        "related-controls": {"control-selections": [{"include-controls": controls}]},
    }


def _steps(check: Document) -> list[Part]:
    """How the check is made: what it calls, what it asks of the answers, what passes."""
    calls = sorted({call["action"] for table in check.get("tables") or () for call in table.get("operations") or ()})
    parts = {
        "Collect what AWS answers": line(", ".join(calls)) if calls else "",
        "Select the facts": code(check["facts"]) if check.get("facts") else "",
        "Judge each row: it passes where this is true": code(check["pass_when"]) if check.get("pass_when") else "",
    }
    return [
        {"uuid": identity("step", check["id"], title), "title": title, "description": said}
        for title, said in parts.items()
        if said
    ]


def tasks(audit: Audit) -> list[Part]:
    """Each check's being carried out on the accounts of the scope, with the size of its population."""
    return [_task(audit, one) for one in audit.checks]


def _task(audit: Audit, check: Document) -> Part:
    population = check.get("population") or {}
    left_out = population.get("left_out") or check.get("left_out") or {}
    counts = {name: population[name] for name in ("rows", "judged") if name in population}
    counts |= {f"left-out.{rule}": count for rule, count in sorted(left_out.items())}
    props = [prop(name, count, group="population") for name, count in counts.items()]
    subjects = [{"type": "component", "include-all": {}}]
    return {
        "uuid": task_uuid(audit, check["id"]),
        "type": "action",
        "title": line(check["title"]),
        **({"props": props} if props else {}),
        "associated-activities": [{"activity-uuid": activity_uuid(check["id"]), "subjects": subjects}],
    }


def reviewed_controls(audit: Audit) -> Part:
    """The requirements as controls, and their objectives."""
    names = [one["id"] for one in audit.requirements]
    if not names:
        nothing = {"description": "The audit was asked for no requirement.", "include-all": {}}
        return {"control-selections": [nothing]}
    objectives = [{"objective-id": objective_id(one)} for one in names]
    return {
        "control-selections": [{"include-controls": [{"control-id": token(one)} for one in names]}],
        "control-objective-selections": [{"include-objectives": objectives}],
    }
