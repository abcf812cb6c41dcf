"""What a statement reads, told without running it; what is no single SELECT over tables is refused."""

from __future__ import annotations

import pytest

from auditor import sql
from auditor.engine.reads import UnknownTableError, statement_reads
from auditor.library import shipped

SCHEMA = shipped().engine_schema


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1; SELECT 2",
        "",
        "   ",
        "SELEC 1",
        "DELETE FROM ec2_vpcs",
        "INSERT INTO ec2_vpcs SELECT * FROM ec2_vpcs",
        "CREATE TABLE t AS SELECT 1",
        "COPY ec2_vpcs TO 'file.csv'",
        "COPY (SELECT 1) TO 'file.csv'",
        "ATTACH 'other.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "SET threads = 1",
        "CALL pragma_version()",
        "EXPORT DATABASE 'folder'",
        "EXPLAIN ANALYZE SELECT 1",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('ec2_vpcs')",
        "SELECT * FROM duckdb_settings()",
        "SELECT (SELECT count(*) FROM read_csv('/etc/passwd'))",
        "WITH x AS (SELECT * FROM read_parquet('x')) SELECT * FROM x",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM main.ec2_vpcs",
    ],
)
def test_what_is_no_single_select_over_tables_is_refused(text: str) -> None:
    with pytest.raises(sql.SqlError):
        sql.read(text)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'data.parquet'",
        "FROM 'https://example.org/x.csv'",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM no_such_table",
        "SELECT (SELECT count(*) FROM no_such_table)",
        "SELECT * FROM facts_of_the_check",
    ],
)
def test_a_table_that_does_not_exist_is_refused(text: str) -> None:
    with pytest.raises(UnknownTableError, match="there is no table"):
        statement_reads(text, SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "WITH ec2_vpcs AS (SELECT 1 AS arn) SELECT * FROM ec2_vpcs",
        "WITH EC2_VPCS AS (SELECT 1 AS arn) SELECT * FROM ec2_vpcs",
        "SELECT * FROM (WITH subnets AS (SELECT 1) SELECT * FROM subnets), subnets",
        "WITH RECURSIVE schedules AS (SELECT 1 AS a UNION ALL SELECT a FROM schedules) SELECT * FROM schedules",
        "WITH audit_regions AS MATERIALIZED (SELECT 1) SELECT * FROM audit_regions",
    ],
)
def test_a_cte_that_hides_a_table_is_refused(text: str) -> None:
    with pytest.raises(UnknownTableError, match="may not have the name of a table"):
        statement_reads(text, SCHEMA)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT arn, State FROM ec2_vpcs", {"arn", "state"}),
        ('SELECT "State" FROM EC2_VPCS v WHERE v.IsDefault', {"state", "v", "isdefault"}),
        ("SELECT * FROM ec2_vpcs", {"*"}),
        ("FROM ec2_vpcs", {"*"}),
        ("SELECT v.* FROM ec2_vpcs v", {"*"}),
        ("SELECT * EXCLUDE (State) FROM ec2_vpcs", {"*"}),
        ("SELECT COLUMNS('State') FROM ec2_vpcs", {"*"}),
        ("SELECT * FROM (SUMMARIZE ec2_vpcs)", {"*"}),
        ("SELECT to_json(v) FROM ec2_vpcs v", {"*", "v"}),
        ("SELECT struct_extract(ec2_vpcs, 'State') FROM ec2_vpcs", {"*", "ec2_vpcs"}),
        ("WITH x AS (SELECT arn FROM ec2_vpcs) SELECT x.arn FROM x", {"arn", "x"}),
        ("SELECT 1 FROM ec2_vpcs a SEMI JOIN ec2_vpcs b USING (VpcId)", {"vpcid"}),
        ("SELECT a.arn FROM ec2_vpcs a NATURAL JOIN ec2_vpcs b", {"*", "a", "arn"}),
        ("SELECT t.tag.key FROM ec2_vpcs, unnest(map_entries(tags)) AS t(tag)", {"t", "tag", "key", "tags"}),
        ("SELECT [s.CidrBlock FOR s IN CidrBlockAssociationSet] FROM ec2_vpcs", {"s", "cidrblock"}),
    ],
)
def test_the_columns_of_a_table_that_are_read(text: str, columns: set[str]) -> None:
    assert statement_reads(text, SCHEMA)["ec2_vpcs"] >= columns
    if "*" not in columns:
        assert "*" not in statement_reads(text, SCHEMA)["ec2_vpcs"]


def test_tables_are_found_wherever_they_stand() -> None:
    text = """
    SELECT arn, (SELECT count(*) FROM kms_keys) FROM ec2_vpcs
    WHERE VpcId IN (SELECT VpcId FROM ec2_subnets) AND EXISTS (SELECT 1 FROM iam_roles)
    UNION ALL SELECT arn, 1 FROM (SELECT * FROM rds_clusters JOIN rds_instances USING (arn))
    """
    assert set(statement_reads(text, SCHEMA)) == {
        "ec2_vpcs",
        "kms_keys",
        "ec2_subnets",
        "iam_roles",
        "rds_clusters",
        "rds_instances",
    }


def test_a_view_and_a_derived_table_read_what_they_are_made_of() -> None:
    assert {"ec2_subnets", "ec2_route_tables"} <= set(statement_reads("SELECT is_public FROM subnets", SCHEMA))
    assert "iam_policies" in statement_reads("SELECT * FROM iam_broad_grants", SCHEMA)


def test_a_table_about_the_audit_asks_for_no_collecting() -> None:
    assert statement_reads("SELECT * FROM audit_regions, out_of_scope, collection_ledger", SCHEMA) == {}


def test_parameters_are_named() -> None:
    assert sql.read("SELECT $a, $b FROM ec2_vpcs WHERE State = $a").parameters == {"a", "b"}


@pytest.mark.parametrize(
    "text",
    [
        "true; SELECT 1",
        "a) FROM ec2_vpcs WHERE (true",
        "a) AS x, (b",
        "1) UNION SELECT (2",
        "(SELECT true FROM ec2_vpcs)",
        "a /* unfinished",
        "a = ",
    ],
)
def test_what_is_no_single_expression_over_the_facts_is_refused(text: str) -> None:
    with pytest.raises(sql.SqlError):
        sql.read_expression(text)


def test_an_expression_names_its_columns_and_parameters_whatever_comment_ends_it() -> None:
    found = sql.read_expression("enabled AND days <= $limit -- days")
    assert found.identifiers == {"enabled", "days"}
    assert found.parameters == {"limit"}
