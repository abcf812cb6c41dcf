"""Credentials that are told by their form alone, from their issuers' published formats. Pure.

Every pattern begins at a literal prefix that is searched for first, has bounded or possessive repetitions, and starts
at a boundary: time stays linear in the text, whatever it is.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.collectors.credentials.literals import is_reference


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found in a text: from where to where, what, and the credential itself."""

    start: int
    end: int
    reason: str
    value: str


@dataclass(frozen=True, slots=True)
class _Format:
    reason: str
    hints: tuple[str, ...]
    """The text holds one of these, or the pattern is not tried."""
    pattern: re.Pattern[str]


def _format(reason: str, hints: str, pattern: str) -> _Format:
    return _Format(reason, tuple(hints.split()), re.compile(rf"(?<![A-Za-z0-9_-])(?:{pattern})"))


_END = r"(?![A-Za-z0-9_-])"

FORMATS = (
    _format("AWS access key id", "AKIA ASIA ABIA ACCA", rf"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{{16}}{_END}"),
    _format("Amazon Bedrock API key", "ABSK", r"ABSK[A-Za-z0-9+/]{100,300}+={0,2}"),
    _format("Amazon MWS key", "amzn.mws.", r"amzn\.mws\.[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
    _format("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9_]{36,600}+"),
    _format("GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9_]{22,255}+"),
    _format(
        "GitLab token",
        "glpat- gldt- glrt- glcbt- glptt- glft- glsoat- gloas- glagent- glimt- glffct- GR1348941",
        r"(?:gl(?:pat|dt|rt|cbt|ptt|ft|soat|oas|agent|imt|ffct)-|GR1348941)[\w.-]{20,300}+",
    ),
    _format("Slack token", "xox", r"xox[abcdeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,300}+"),
    _format("Slack token", "xapp-", r"xapp-\d-[A-Za-z0-9-]{10,300}+"),
    _format("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/+-]{20,200}+"),
    _format("Discord webhook", "/api/webhooks/", r"discord(?:app)?\.com/api/webhooks/\d{10,25}/[\w-]{20,100}+"),
    _format("Teams webhook", "webhook.office.com", r"[\w.]{0,64}webhook\.office\.com/webhookb2/[\w@/-]{40,300}+"),
    _format("Discord token", ".", r"[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}" + _END),
    _format("Telegram bot token", ":AA", r"\d{8,10}:AA[\w-]{33}" + _END),
    _format("Stripe key", "sk_live_ rk_live_ sk_test_ rk_test_", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,250}+"),
    _format("Stripe webhook secret", "whsec_", r"whsec_[A-Za-z0-9+/=]{24,100}+"),
    _format("SendGrid key", "SG.", r"SG\.[\w-]{16,64}\.[\w-]{16,64}" + _END),
    _format("npm token", "npm_", r"npm_[A-Za-z0-9]{36}" + _END),
    _format("PyPI token", "pypi-AgE", r"pypi-AgE[\w-]{40,1000}+"),
    _format("RubyGems key", "rubygems_", r"rubygems_[0-9a-f]{48}" + _END),
    _format("NuGet key", "oy2", r"oy2[a-z0-9]{43}" + _END),
    _format("Docker Hub token", "dckr_", r"dckr_[op]at_[\w-]{20,100}+"),
    _format("Google API key", "AIza", r"AIza[\w-]{35}" + _END),
    _format("Google OAuth secret", "GOCSPX-", r"GOCSPX-[\w-]{28}" + _END),
    _format("Google OAuth token", "ya29.", r"ya29\.[\w-]{20,1000}+"),
    _format("Firebase key", ":APA91b", r"AAAA[\w-]{7}:APA91b[\w-]{100,200}+"),
    _format("Azure client secret", "Q~", r"[\w.~-]{3}\dQ~[\w.~-]{31,34}" + _END),
    _format("Databricks token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?" + _END),
    _format("Hugging Face token", "hf_ api_org_", r"(?:hf|api_org)_[A-Za-z]{34}" + _END),
    _format("Anthropic key", "sk-ant-", r"sk-ant-[\w-]{20,300}+"),
    _format("OpenAI key", "sk-proj- sk-svcacct- sk-admin- T3BlbkFJ", r"sk-[\w-]{20,300}+"),
    _format("API key that begins with sk-", "sk-", r"sk-(?:or-v1-)?[A-Za-z0-9]{32,80}+" + _END),
    _format("Groq key", "gsk_", r"gsk_[A-Za-z0-9]{52}" + _END),
    _format("Replicate token", "r8_", r"r8_[A-Za-z0-9]{37}" + _END),
    _format("xAI key", "xai-", r"xai-[A-Za-z0-9]{80}" + _END),
    _format("Perplexity key", "pplx-", r"pplx-[A-Za-z0-9]{48}" + _END),
    _format("age secret key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{58}" + _END),
    _format("HashiCorp Vault token", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{20,300}+"),
    _format("Terraform Cloud token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,80}+"),
    _format("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"do[por]_v1_[0-9a-f]{64}" + _END),
    _format("Linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{40}" + _END),
    _format("Notion token", "ntn_", r"ntn_[A-Za-z0-9]{40,60}+"),
    _format("Airtable token", "pat", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}" + _END),
    _format("Atlassian token", "ATATT3 ATCTT3", r"AT[AC]TT3[\w=-]{100,300}+"),
    _format("Bitbucket token", "ATBB", r"ATBB[A-Za-z0-9]{32}" + _END),
    _format("Shopify token", "shpat_ shpca_ shppa_ shpss_", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}" + _END),
    _format("Square token", "sq0atp- sq0csp-", r"sq0(?:atp|csp)-[\w-]{22,43}" + _END),
    _format("Braintree token", "access_token$production$", r"access_token\$production\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    _format("Twilio key", "SK", r"SK[0-9a-f]{32}" + _END),
    _format("Mailgun key", "key-", r"key-[0-9a-f]{32}" + _END),
    _format("Mailchimp key", "-us", r"[0-9a-f]{32}-us\d{1,2}" + _END),
    _format("New Relic key", "NRAK- NRII- NRAL", r"NR(?:AK|II)-[\w-]{20,64}+|[0-9a-f]{36}NRAL"),
    _format(
        "Grafana token",
        "glsa_ glc_ eyJrIjoi",
        r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[\w+/=]{32,400}+|eyJrIjoi\w{60,400}+",
    ),
    _format("Sentry token", "sntrys_ sntryu_", r"sntry[su]_[\w+/=]{40,400}+"),
    _format("Dynatrace token", "dt0", r"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}" + _END),
    _format("Doppler token", "dp.", r"dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,100}+"),
    _format("Pulumi token", "pul-", r"pul-[0-9a-f]{40}" + _END),
    _format("Postman key", "PMAK-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}" + _END),
    _format("Heroku key", "HRKU-", r"HRKU-[\w-]{36,80}+"),
    _format("Fly.io token", "fo1_ fm1 fm2_", r"fo1_[\w-]{43}|fm[12][ar]?_[\w+/=]{100,1000}+"),
    _format("Supabase key", "sbp_ sb_secret_", r"sbp_[0-9a-f]{40}|sb_secret_[\w-]{20,60}+"),
    _format("PlanetScale token", "pscale_", r"pscale_(?:tkn|oauth|pw)_[\w.-]{32,64}+"),
    _format("Figma token", "figd_", r"figd_[\w-]{40,60}+"),
    _format("Tailscale key", "tskey-", r"tskey-[a-z]{2,10}-[\w-]{16,100}+"),
    _format("Cloudflare key", "v1.0-", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}"),
    _format("Artifactory key", "AKCp cmVmdGtu", r"AKCp[A-Za-z0-9]{60,80}+|cmVmdGtu[A-Za-z0-9]{50,80}+"),
    _format("Contentful token", "CFPAT-", r"CFPAT-[\w-]{43}" + _END),
    _format("EasyPost key", "EZAK EZTK", r"EZ[AT]K[A-Za-z0-9]{54}" + _END),
    _format("Buildkite token", "bkua_", r"bkua_[0-9a-f]{40}" + _END),
    _format("CircleCI token", "CCIPAT_ CCIPRJ_", r"CCIP(?:AT|RJ)_[\w-]{20,100}+"),
    _format("Netlify token", "nfp_", r"nfp_[A-Za-z0-9]{36,64}+"),
    _format("Aiven password", "AVNS_", r"AVNS_[\w-]{15,40}+"),
    _format("Alibaba access key id", "LTAI", r"LTAI[A-Za-z0-9]{20}" + _END),
    _format("1Password token", "ops_eyJ", r"ops_eyJ[\w=-]{100,2000}+"),
    _format(
        "LaunchDarkly key",
        "sdk- mob- api-",
        r"(?:sdk|api)-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}" + _END,
    ),
    _format("PagerDuty key", "pdus+", r"pdus\+[\w+-]{20,40}+"),
    _format("Datadog key", "ddapp_ ddapi_", r"dda(?:pp|pi)_[A-Za-z0-9]{32,40}" + _END),
    _format("JSON web token", "eyJ", r"eyJ[\w-]{8,4000}+\.eyJ[\w-]{8,8000}+\.[\w-]{16,2000}+"),
    _format("PuTTY private key", "PuTTY-User-Key-File-", r"PuTTY-User-Key-File-\d: [^\n]{1,64}"),
)

_URL = re.compile(r"://([^\s:/@'\"<>\\]{0,128}+):([^\s/@'\"<>\\]{1,256}+)@")
_HASH = re.compile(
    r"(?<![\w$])\$(?:1|2[abxy]?|5|6|7|y|gy|apr1|argon2(?:id|i|d)|pbkdf2-sha\d{3}|scrypt)\$[./A-Za-z0-9$=,+]{20,400}+"
)
_SALTED = re.compile(r"\{(?:SSHA|SHA|SMD5|CRYPT|SSHA512|SSHA256)\}[A-Za-z0-9+/=$.]{20,200}+")
_AUTHORIZATION = re.compile(
    r"authorization\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?(bearer|basic|token|apikey|ssws|splunk|key)\s{1,4}([^\s\"'\\,;]{8,4000}+)",
    re.IGNORECASE,
)
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_LONGEST_PEM = 16_384
_BODY = re.compile(r"[A-Za-z0-9+/=]{32}")
_FORTY = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_NEAR = 200
_FEWEST_CHARACTERS = 5


def by_format(text: str) -> Iterator[Hit]:
    """Everything in a text that is a credential by its form, format by format."""
    yield from _private_keys(text)
    for form in FORMATS:
        if any(hint in text for hint in form.hints):
            for match in form.pattern.finditer(text):
                if not is_sample(match[0]):
                    yield Hit(match.start(), match.end(), form.reason, match[0])
    yield from _secret_access_keys(text)
    yield from _in_addresses(text)
    yield from _hashes(text)
    yield from _authorizations(text)


def is_sample(value: str) -> bool:
    """Whether a value of the right form is a documentation's: AWS's own …EXAMPLE keys, or `ghp_xxxxxxxx…`."""
    return "example" in value.lower() or len(set(value[len(value) // 4 :])) < _FEWEST_CHARACTERS


def _private_keys(text: str) -> Iterator[Hit]:
    if "PRIVATE KEY" not in text:
        return
    starts = [*_PEM.finditer(text)]
    for match, following in itertools.zip_longest(starts, starts[1:]):
        limit = min(match.end() + _LONGEST_PEM, following.start() if following else len(text))
        end = _PEM_END.search(text, match.end(), limit)
        body = text[match.end() : end.start() if end else limit]
        if _BODY.search(body) and not is_sample(body):
            stop = end.end() if end else match.end() + len(body)
            yield Hit(match.start(), stop, "private key", text[match.start() : stop])


def _secret_access_keys(text: str) -> Iterator[Hit]:
    """Forty characters of base64 near an access key id."""
    reached = 0
    for match in FORMATS[0].pattern.finditer(text):
        start = max(reached, match.start() - _NEAR)
        reached = match.end() + _NEAR
        for found in _FORTY.finditer(text, start, reached):
            if is_mixed(found[0]) and not is_sample(found[0]):
                yield Hit(found.start(), found.end(), "AWS secret access key", found[0])


def is_mixed(value: str) -> bool:
    """Whether upper case, lower case and digits all occur, as in random base64."""
    return any(map(str.isupper, value)) and any(map(str.islower, value)) and any(map(str.isdigit, value))


def _in_addresses(text: str) -> Iterator[Hit]:
    if "://" not in text:
        return
    for match in _URL.finditer(text):
        if not is_reference(match[2]) and not match[2].startswith(("$", "%", "{")):
            yield Hit(match.start(2), match.end(2), "password in a URL", match[2])


def _hashes(text: str) -> Iterator[Hit]:
    for hint, pattern in (("$", _HASH), ("}", _SALTED)):
        if hint in text:
            for match in pattern.finditer(text):
                yield Hit(match.start(), match.end(), "password hash", match[0])


def _authorizations(text: str) -> Iterator[Hit]:
    for match in _AUTHORIZATION.finditer(text):
        if not is_reference(match[2]) and not match[2].startswith("$"):
            yield Hit(match.start(2), match.end(2), f"{match[1].lower()} authorization header", match[2])
