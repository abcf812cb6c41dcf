"""Every mapping is readable, names columns that there are, and leaves no attribute of recorded states unexplained."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.drift.code import paths
from auditor.drift.code.mapping import TypeMapping, load_mappings
from auditor.errors import ConfigError
from auditor.library import shipped
from auditor.resources import data_dir

MAPPINGS = load_mappings(data_dir("mappings"))


def of_each(mapping: TypeMapping) -> str:
    return mapping.kind


@pytest.mark.parametrize("mapping", MAPPINGS.by_kind.values(), ids=of_each)
def test_a_mapping_reads_columns_that_there_are(mapping: TypeMapping) -> None:
    catalogue = shipped().catalogue
    assert mapping.table in catalogue.tables()
    assert mapping.columns <= set(catalogue.columns(mapping.table)), mapping.columns
    assert paths.members(mapping.row[0][1]), "which row it is hangs on an attribute"


@pytest.mark.parametrize("mapping", MAPPINGS.by_kind.values(), ids=of_each)
def test_a_mapping_compares_something(mapping: TypeMapping) -> None:
    assert mapping.attributes or mapping.part is not None or mapping.exists


def test_mistakes_are_told_with_file_type_and_key(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(
        '[aws_x]\ntable = "t"\nrow = { A = "id" }\nroute = 1\n'
        '[aws_y]\ntable = "t"\nrow = { "a[" = "id" }\ncomputed = ["z"]\nsecret = ["z"]\n'
        '[aws_y.attributes]\nq = { live = "Q", form = "nonsense", held_by = ["aws_none"] }\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_mappings(tmp_path)
    told = "\n".join(caught.value.problems)
    for part in ("aws_x.route", "aws_y.row", "aws_y.z: stands in two", "no form nonsense", "aws_none is not mapped"):
        assert part in told
