"""Changes to the corrected payment platform: each breaks one requirement, and no other. What answers, and the roles.

Databases and secrets are in test_breaks_payment_data, the rest in test_breaks_payment_operations.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from auditor.cli import audits
from auditor.cli.options import Options
from auditor.demo.worlds.building import Builder, document, trusts_service
from auditor.demo.worlds.data import MONITORING_POLICY
from auditor.demo.worlds.edge import TLS_1_0_UP, import_certificate, upload_server_certificate
from tests.systems import (
    MARKS,
    PRIMARY,
    Break,
    Breaks,
    Change,
    System,
    Variations,
    broken_alone,
    serving,
    stays_satisfied,
    system,
)

pytestmark = MARKS
served = serving("payment-migration")
BREAKS = Breaks()
FINE = Variations()
BALANCER, SERVICE = "payment-alb-prod", "payment-api-prod"
BLUE, GREEN = "payment-blue-prod", "payment-green-prod"
DATABASE, MACHINE, SWITCH = "payment-aurora-prod", "payment-migration-prod", "payment-switch-traffic-prod"
ACTIVE, COLORS = "no-active-internet-facing-load-balancer", "no-blue-and-green-target-groups"
TLS, PLAIN = "tls-listener-allows-old-protocol", "http-listener-does-not-redirect"
CERTIFICATE = "certificate-not-issued-or-expiring"


# ---------------------------------------------------------------------------------------- LB-01 to LB-04


def balancer(system: System) -> dict[str, Any]:
    [found] = system.client("elbv2").describe_load_balancers()["LoadBalancers"]
    return dict(found)


def listener(system: System, protocol: str) -> str:
    arn = balancer(system)["LoadBalancerArn"]
    listed = system.client("elbv2").describe_listeners(LoadBalancerArn=arn)["Listeners"]
    [found] = [one["ListenerArn"] for one in listed if one["Protocol"] == protocol]
    return str(found)


def modify(system: System, protocol: str, **settings: object) -> None:
    system.client("elbv2").modify_listener(ListenerArn=listener(system, protocol), **settings)


def group(system: System, name: str) -> dict[str, Any]:
    [found] = system.client("elbv2").describe_target_groups(Names=[name])["TargetGroups"]
    return dict(found)


def forward(system: System, **weights: int) -> list[dict[str, Any]]:
    """The action that forwards to `blue` and `green` by weight."""
    groups = [
        {"TargetGroupArn": group(system, f"payment-{color}-prod")["TargetGroupArn"], "Weight": weight}
        for color, weight in weights.items()
    ]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]


def redirect(**target: str) -> list[dict[str, Any]]:
    return [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **target}}]


def rule(system: System, protocol: str, actions: list[dict[str, Any]]) -> None:
    system.client("elbv2").create_rule(
        ListenerArn=listener(system, protocol),
        Priority=10,
        Conditions=[{"Field": "path-pattern", "Values": ["/partners/*"]}],
        Actions=actions,
    )


@BREAKS("LB-01", ACTIVE, BALANCER)
def load_balancer_leaves_a_zone(system: System) -> None:
    subnets = [zone["SubnetId"] for zone in balancer(system)["AvailabilityZones"]]
    system.client("elbv2").set_subnets(LoadBalancerArn=balancer(system)["LoadBalancerArn"], Subnets=subnets[:2])


# Without a load balancer there is nothing behind it either, and its security group is open to the world for nobody.
@BREAKS("LB-01", ACTIVE, ":elasticloadbalancing:us-east-1:123456789012:*", also=("LB-04", "NET-11"))
def load_balancer_is_gone(system: System) -> None:
    system.client("elbv2").delete_load_balancer(LoadBalancerArn=balancer(system)["LoadBalancerArn"])


@BREAKS("LB-02", TLS, f"{BALANCER}:443")
def old_policy(system: System) -> None:
    modify(system, "HTTPS", SslPolicy=TLS_1_0_UP)


@BREAKS("LB-02", PLAIN, f"{BALANCER}:80")
def plain_http_forwards(system: System) -> None:
    modify(system, "HTTP", DefaultActions=forward(system, blue=1))


@BREAKS("LB-02", PLAIN, f"{BALANCER}:80")
def plain_http_forwards_in_a_rule(system: System) -> None:
    rule(system, "HTTP", forward(system, blue=1))


@BREAKS("LB-02", PLAIN, f"{BALANCER}:80")
def plain_http_answers_by_itself(system: System) -> None:
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    modify(system, "HTTP", DefaultActions=[answer])


@BREAKS("LB-02", PLAIN, f"{BALANCER}:80")
def plain_http_redirects_to_itself(system: System) -> None:
    modify(system, "HTTP", DefaultActions=redirect(Host="www.payment-prod.net"))


@BREAKS("LB-02", "load-balancer-without-tls-listener", BALANCER)
def there_is_no_tls_listener(system: System) -> None:
    system.client("elbv2").delete_listener(ListenerArn=listener(system, "HTTPS"))
    plain_http_forwards(system)


def builder(system: System) -> Builder:
    """What builds worlds, on the system's account."""
    url, key = system.client("sts").meta.endpoint_url, "FOOBARKEY"
    session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=key)
    return Builder(session, project="payment", ideal=True, endpoint_url=url)


def present(system: System, certificate: str) -> None:
    """Let the listener present another certificate."""
    modify(system, "HTTPS", Certificates=[{"CertificateArn": certificate}])


@BREAKS("LB-03", CERTIFICATE, "payment-next-prod.*")
def certificate_expires_in_a_month(system: System) -> None:
    present(system, import_certificate(builder(system), PRIMARY, "payment-next-prod", days_left=29))


@BREAKS("LB-03", CERTIFICATE, "payment-partners-prod.*")
def certificate_for_a_further_name_expires(system: System) -> None:
    made = import_certificate(builder(system), PRIMARY, "payment-partners-prod", days_left=5)
    certificates = [{"CertificateArn": made}]
    system.client("elbv2").add_listener_certificates(ListenerArn=listener(system, "HTTPS"), Certificates=certificates)


@BREAKS("LB-03", CERTIFICATE, "payment-next-prod")
def certificate_has_expired(system: System) -> None:
    """One in IAM, which tells no status; Certificate Manager imports no expired one."""
    present(system, upload_server_certificate(builder(system), "payment-next-prod", days_left=-3))


@BREAKS("LB-03", CERTIFICATE, "payment.payment-prod.net")
def certificate_is_revoked(system: System) -> None:
    acm = system.client("acm")
    made = acm.request_certificate(
        DomainName="payment.payment-prod.net", ValidationMethod="DNS", Options={"Export": "ENABLED"}
    )["CertificateArn"]
    present(system, made)
    acm.revoke_certificate(CertificateArn=made, RevocationReason="KEY_COMPROMISE")


def colored(system: System, name: str, *colors: str) -> None:
    """Tag a target group with a colour, or take its tag away."""
    elb, arn = system.client("elbv2"), [group(system, name)["TargetGroupArn"]]
    elb.remove_tags(ResourceArns=arn, TagKeys=["DeploymentColor"])
    for color in colors:
        elb.add_tags(ResourceArns=arn, Tags=[{"Key": "DeploymentColor", "Value": color}])


@BREAKS("LB-04", COLORS, BALANCER)
def green_has_lost_its_tag(system: System) -> None:
    colored(system, GREEN)


@BREAKS("LB-04", COLORS, BALANCER)
def green_is_spelt_otherwise(system: System) -> None:
    colored(system, GREEN, "Green")


@BREAKS("LB-04", COLORS, BALANCER)
def both_are_blue(system: System) -> None:
    colored(system, GREEN, "blue")


@BREAKS("LB-04", COLORS, BALANCER)
def health_checks_differ(system: System) -> None:
    arn = group(system, GREEN)["TargetGroupArn"]
    system.client("elbv2").modify_target_group(TargetGroupArn=arn, HealthCheckPath="/ready")


@BREAKS("LB-04", COLORS, BALANCER)
def green_is_gone(system: System) -> None:
    modify(system, "HTTPS", DefaultActions=forward(system, blue=1))
    system.client("elbv2").delete_target_group(TargetGroupArn=group(system, GREEN)["TargetGroupArn"])


@BREAKS("LB-04", COLORS, BALANCER)
def green_has_another_port(system: System) -> None:
    green_is_gone(system)
    system.client("elbv2").create_target_group(
        Name=GREEN,
        Protocol="HTTP",
        Port=9090,
        VpcId=balancer(system)["VpcId"],
        TargetType="ip",
        HealthCheckPath="/health",
        Tags=[{"Key": "DeploymentColor", "Value": "green"}],
    )


@BREAKS("LB-04", COLORS, BALANCER)
def nothing_is_forwarded_to_either(system: System) -> None:
    modify(system, "HTTPS", DefaultActions=redirect(Protocol="HTTPS", Host="www.payment-prod.net"))


@BREAKS("LB-04", COLORS, "payment-admin-prod")
def second_load_balancer_has_none(system: System) -> None:
    """What is attached to the first is not ready for the second."""
    subnets = [zone["SubnetId"] for zone in balancer(system)["AvailabilityZones"]]
    system.client("elbv2").create_load_balancer(Name="payment-admin-prod", Subnets=subnets, Scheme="internal")


@FINE("LB-04")
def switched_to_green(system: System) -> None:
    modify(system, "HTTPS", DefaultActions=forward(system, blue=0, green=100))


@FINE("LB-04")
def green_waits_unattached(system: System) -> None:
    modify(system, "HTTPS", DefaultActions=forward(system, blue=1))


@FINE("LB-02")
def second_plain_listener_redirects(system: System) -> None:
    rule(system, "HTTP", redirect(Protocol="HTTPS", Port="443", Path="/v2/#{path}"))
    system.client("elbv2").create_listener(
        LoadBalancerArn=balancer(system)["LoadBalancerArn"],
        Protocol="HTTP",
        Port=8080,
        DefaultActions=redirect(Protocol="HTTPS", Port="443"),
    )


# ---------------------------------------------------------------------------------------- IAM-04


def trust(system: System, role: str, service: str) -> None:
    policy = document(trusts_service(service))
    system.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=policy)


def remove(system: System, role: str) -> None:
    iam = system.client("iam")
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=role, PolicyArn=attached["PolicyArn"])
    iam.delete_role(RoleName=role)


@BREAKS("IAM-04", "instance-monitoring-role-missing-or-without-policy", f"{DATABASE}-1")
def monitoring_role_lacks_its_policy(system: System) -> None:
    system.client("iam").detach_role_policy(RoleName="payment-rds-monitoring-prod", PolicyArn=MONITORING_POLICY)


@BREAKS("IAM-04", "instance-monitoring-role-missing-or-without-policy", f"{DATABASE}-2")
def monitoring_role_is_gone(system: System) -> None:
    remove(system, "payment-rds-monitoring-prod")


@BREAKS("IAM-04", "function-role-missing-or-not-trusting-lambda", SWITCH)
def function_s_role_is_gone(system: System) -> None:
    remove(system, SWITCH)


@BREAKS("IAM-04", "task-definition-role-missing-or-not-trusting-ecs", SERVICE)
def task_s_role_trusts_functions(system: System) -> None:
    trust(system, "payment-task-prod", "lambda")


@BREAKS("IAM-04", "task-definition-role-missing-or-not-trusting-ecs", SERVICE)
def execution_role_is_gone(system: System) -> None:
    remove(system, "payment-task-start-prod")


@BREAKS("IAM-04", "state-machine-role-missing-or-not-trusting-states", MACHINE)
def state_machine_s_role_trusts_events(system: System) -> None:
    trust(system, f"{MACHINE}-states", "events")


@BREAKS("IAM-04", "backup-selection-role-missing-or-not-trusting-backup", "payment-daily-prod-databases")
def backup_role_trusts_nobody_of_use(system: System) -> None:
    trust(system, "payment-backup-prod", "rds")


# ---------------------------------------------------------------------------------------- all of them


@pytest.mark.parametrize("one", BREAKS.all, ids=lambda one: one.id)
def test_a_requirement_is_broken_alone(one: Break, served: System) -> None:
    broken_alone(one, served)


@pytest.mark.parametrize(("requirement", "change"), FINE.all)
def test_what_may_be_breaks_nothing(requirement: str, change: Change, served: System) -> None:
    stays_satisfied(requirement, change, served)


@pytest.mark.parametrize(("ideal", "status"), [(True, "pass"), (False, "fail")])
def test_a_nat_gateway_in_each_zone_is_no_single_one(*, ideal: bool, status: str, tmp_path: Path) -> None:
    """PAY 16: one is demanded where the standard's nat_strategy says so; by default ("any") either will do."""
    config = tmp_path / "config.toml"
    config.write_text(
        'standard = "payment-migration"\nenvironment = "production"\nenvironment_suffix = "prod"\n'
        '[parameters]\nnat_strategy = "single"\n'
    )
    with system("payment-migration", tmp_path, ideal=ideal):
        options = Options(
            config=config, output=tmp_path / "out", format=("json",), check=("nat-gateways-*",), quiet=True
        )
        audits.run(options, None)
    results = json.loads((tmp_path / "out" / "results.json").read_bytes())
    told = [one for one in results["findings"] if one["resource"]["name"] != "payment-old-vpc-prod"]
    assert [one["status"] for one in told] == [status]
    assert "2 NAT gateways" in told[0]["message"] or ideal
